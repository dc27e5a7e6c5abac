//! Messages as lines. Unlike the protocol library's own transport, it answers requests that it cannot parse: a client
//! whose call contains half a surrogate pair would otherwise wait for ever.

use std::{
    io::{self, Cursor},
    pin::Pin,
    sync::Arc,
};

use rmcp::{
    RoleServer,
    model::{ErrorData, RequestId},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use serde_json::{Value, error::Category};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    sync::{Mutex, Notify},
};

use super::{
    lines::{Line, Lines, MAX_LINE_BYTES},
    scan::Scan,
};

/// Byte order mark, which some programs write first; JSON allows ignoring it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

type Sending = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

pub(super) struct LineTransport<R, W> {
    lines: Lines<R>,
    output: Arc<Mutex<Option<Output<W>>>>,
    /// An answer of the transport itself that is being written. The protocol's loop may drop `receive` at any time.
    answering: Option<Sending>,
    ended: Arc<Notify>,
}

impl<R, W> LineTransport<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    /// Creates a transport. `ended` is notified at the end of input, which the protocol's loop does not report.
    pub(super) fn new(reader: R, writer: W, ended: Arc<Notify>) -> Self {
        let output = Output { writer, rest: Cursor::default() };
        Self { lines: Lines::new(reader), output: Arc::new(Mutex::new(Some(output))), answering: None, ended }
    }

    fn refuse(&mut self, id: Option<Value>, problem: ErrorData) {
        let id = id.and_then(|id| serde_json::from_value::<RequestId>(id).ok());
        tracing::warn!(
            name: "dingtalk_notify.unreadable",
            answered = id.is_some(),
            "a line on stdin could not be read: {}",
            problem.message
        );
        if let Some(id) = id {
            let answer = TxJsonRpcMessage::<RoleServer>::error(problem, Some(id));
            self.answering = Some(Box::pin(self.send(answer)));
        }
    }
}

impl<R, W> Transport<RoleServer> for LineTransport<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let output = Arc::clone(&self.output);
        async move {
            let mut line = serde_json::to_vec(&message)?;
            line.push(b'\n');
            match output.lock().await.as_mut() {
                Some(output) => output.write(line).await,
                None => Err(io::ErrorKind::NotConnected.into()),
            }
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(answering) = &mut self.answering {
                let sent = answering.await;
                self.answering = None;
                sent.ok()?;
            }
            match self.lines.next().await {
                Ok(Some(Line::Whole(line))) => match parse(&line) {
                    Ok(Some(message)) => return Some(message),
                    Ok(None) => {}
                    Err(problem) => {
                        let mut scan = Scan::default();
                        scan.feed(&line);
                        self.refuse(scan.request_id(), problem);
                    }
                },
                Ok(Some(Line::TooLong(scan))) => {
                    let problem = format!("the message is longer than {MAX_LINE_BYTES} bytes");
                    self.refuse(scan.request_id(), ErrorData::invalid_request(problem, None));
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(name: "dingtalk_notify.stdin", %error, "stdin cannot be read");
                    break;
                }
            }
        }
        self.ended.notify_one();
        None
    }

    async fn close(&mut self) -> io::Result<()> {
        self.output.lock().await.take();
        Ok(())
    }
}

/// Parses a line; `None` for an empty one.
fn parse(line: &[u8]) -> Result<Option<RxJsonRpcMessage<RoleServer>>, ErrorData> {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(line).map(Some).map_err(|error| problem(line, &error))
}

/// Returns the error of a line, without its content.
fn problem(line: &[u8], error: &serde_json::Error) -> ErrorData {
    match error.classify() {
        _ if str::from_utf8(line).is_err() => ErrorData::parse_error("the message is not UTF-8", None),
        Category::Syntax | Category::Eof => {
            ErrorData::parse_error(format!("the message is not valid JSON: {error}"), None)
        }
        Category::Data | Category::Io => ErrorData::invalid_request(
            "the message is neither a request nor a notification of JSON-RPC 2.0",
            None,
        ),
    }
}

/// Writes line by line, even if the future that writes one is dropped halfway.
struct Output<W> {
    writer: W,
    /// Rest of the previous line, not yet written.
    rest: Cursor<Vec<u8>>,
}

impl<W: AsyncWrite + Unpin> Output<W> {
    async fn write(&mut self, line: Vec<u8>) -> io::Result<()> {
        self.write_rest().await?;
        self.rest = Cursor::new(line);
        self.write_rest().await
    }

    async fn write_rest(&mut self) -> io::Result<()> {
        self.writer.write_all_buf(&mut self.rest).await?;
        self.writer.flush().await
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::ServerResult;
    use tokio::{
        io::{AsyncBufReadExt as _, BufReader, DuplexStream, duplex},
        task::yield_now,
    };

    use super::*;

    const UNREADABLE: &[u8] =
        b"{\"method\":\"x\",\"params\":{\"text\":\"\\ud800\"},\"jsonrpc\":\"2.0\",\"id\":1}\n";

    /// Creates a transport, and the ends of the client for writing and reading: pipes with room for a few bytes.
    fn transport() -> (LineTransport<DuplexStream, DuplexStream>, DuplexStream, DuplexStream) {
        let (input, reader) = duplex(1024);
        let (writer, output) = duplex(8);
        (LineTransport::new(reader, writer, Arc::default()), input, output)
    }

    fn answer(id: i64) -> TxJsonRpcMessage<RoleServer> {
        TxJsonRpcMessage::<RoleServer>::response(ServerResult::empty(()), RequestId::Number(id))
    }

    async fn ids(output: DuplexStream, count: usize) -> Vec<Value> {
        let mut lines = BufReader::new(output).lines();
        let mut ids = Vec::new();
        for _ in 0..count {
            let line = lines.next_line().await.unwrap().unwrap();
            let message: Value = serde_json::from_str(&line).unwrap();
            ids.push(message["id"].clone());
        }
        ids
    }

    #[tokio::test]
    async fn a_pending_answer_survives_a_dropped_receive() {
        let (mut transport, mut input, output) = transport();
        input.write_all(UNREADABLE).await.unwrap();
        input.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n").await.unwrap();
        for _ in 0..20 {
            tokio::select! {
                biased;
                _ = transport.receive() => panic!("nobody has read the answer"),
                () = yield_now() => {}
            }
        }
        let other = tokio::spawn(transport.send(answer(3)));
        let (received, ids) = tokio::join!(transport.receive(), ids(output, 2));
        assert!(matches!(received, Some(RxJsonRpcMessage::<RoleServer>::Request(_))), "{received:?}");
        assert_eq!(ids, [1, 3]);
        other.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_half_written_line_is_finished_by_the_next_send() {
        let (mut transport, _input, output) = transport();
        let given_up = tokio::spawn(transport.send(answer(1)));
        yield_now().await;
        given_up.abort();
        assert!(given_up.await.unwrap_err().is_cancelled());
        let (sent, ids) = tokio::join!(transport.send(answer(2)), ids(output, 2));
        sent.unwrap();
        assert_eq!(ids, [1, 2]);
    }
}
