//! Serving over stdin and stdout, with a prompt end.

mod lines;
mod scan;
mod transport;
mod unanswered;

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::sleep};

use self::transport::LineTransport;
use crate::{
    Error, Server,
    transport::{HangUps, told_to_stop},
};

/// Time for calls in progress once the client has disconnected.
const GRACE: Duration = Duration::from_secs(1);

pub(crate) async fn serve(server: &Server) -> Result<(), Error> {
    let (reader, writer) = rmcp::transport::stdio_pipes();
    let ended = Arc::new(Notify::new());
    let transport = LineTransport::new(reader, writer, Arc::clone(&ended));
    let grace = async {
        ended.notified().await;
        sleep(GRACE).await;
    };
    let mut hang_ups = HangUps::new();
    tokio::select! {
        done = server.serve(transport) => done,
        () = grace => Ok(()),
        () = told_to_stop() => Ok(()),
        () = hang_ups.next() => Ok(()),
    }
}
