//! Serving over stdin and stdout, with an end that is prompt.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, ReadBuf},
    sync::Notify,
    time::sleep,
};

use crate::{Error, Server, stop::told_to_stop};

/// How long calls that are in flight may take once the client has gone.
const GRACE: Duration = Duration::from_secs(1);

pub(crate) async fn serve(server: &Server) -> Result<(), Error> {
    let (reader, writer) = rmcp::transport::stdio_pipes();
    let ended = Arc::new(Notify::new());
    let reader = NotesEnd { reader, ended: Arc::clone(&ended) };
    let grace = async {
        ended.notified().await;
        sleep(GRACE).await;
    };
    tokio::select! {
        done = server.serve((reader, writer)) => done,
        () = grace => Ok(()),
        () = told_to_stop() => Ok(()),
    }
}

/// Tells when the stream has ended, which the protocol's own loop keeps to itself.
struct NotesEnd<R> {
    reader: R,
    ended: Arc<Notify>,
}

impl<R: AsyncRead + Unpin> AsyncRead for NotesEnd<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.reader).poll_read(context, buffer);
        let ended = match &read {
            Poll::Ready(Ok(())) => buffer.filled().len() == before && buffer.remaining() > 0,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        if ended {
            self.ended.notify_one();
        }
        read
    }
}
