//! Messages as lines. Unlike the protocol library's own transport, it answers requests that it cannot parse: a client
//! whose call contains half a surrogate pair would otherwise wait for ever.

use std::{
    collections::{HashSet, VecDeque},
    io::{self, Cursor},
    pin::Pin,
    sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError},
};

use rmcp::{
    RoleServer,
    model::{
        ClientNotification, ClientRequest, ErrorData, GetExtensions as _, GetMeta as _, ProtocolVersion,
        RequestId, ServerResult,
    },
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    sync::{Mutex, Notify},
};
use tokio_util::sync::CancellationToken;

use super::{
    lines::{Line, Lines, MAX_LINE_BYTES},
    scan::Scan,
    unanswered::{Answered, Unanswered},
};
use crate::protocol::message::{self, Incoming, Input, Refused, batch};

type Sending = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

pub(super) struct LineTransport<R, W> {
    lines: Lines<R>,
    output: Arc<Mutex<Option<Output<W>>>>,
    /// An answer of the transport itself that is being written. The protocol's loop may drop `receive` at any time.
    answering: Option<Sending>,
    ended: Arc<Notify>,
    /// Set once a message has begun the conversation, which the protocol's loop requires of the first one.
    has_begun: bool,
    unanswered: Arc<SyncMutex<Unanswered>>,
    /// Messages of a batch that the protocol's loop has not received yet.
    received: VecDeque<RxJsonRpcMessage<RoleServer>>,
    /// Version of the conversation, once `initialize` is answered.
    version: Option<ProtocolVersion>,
    /// Cancelled once stdout is closed: nobody would learn of a message that is sent now.
    closed: CancellationToken,
}

impl<R, W> LineTransport<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    /// Creates a transport. `ended` is notified at the end of input, which the protocol's loop does not report.
    pub(super) fn new(reader: R, writer: W, ended: Arc<Notify>) -> Self {
        let output = Output { writer, rest: Cursor::default() };
        Self {
            lines: Lines::new(reader),
            output: Arc::new(Mutex::new(Some(output))),
            answering: None,
            ended,
            has_begun: false,
            unanswered: Arc::default(),
            received: VecDeque::new(),
            version: None,
            closed: CancellationToken::new(),
        }
    }

    /// Reads a line: notes its messages for the protocol's loop, and answers what cannot be handled.
    fn read(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return;
        }
        let read = message::read(line).and_then(|input| match input {
            Input::One(incoming) => to_protocol(incoming).map(|message| self.accept(message)),
            Input::Batch(elements) => {
                self.read_batch(elements);
                Ok(())
            }
        });
        if let Err(Refused { id, error, .. }) = read {
            match id {
                Some(id) => self.refuse(Some(&id), &error),
                None => {
                    let mut scan = Scan::default();
                    scan.feed(line);
                    self.refuse_scanned(scan, &error);
                }
            }
        }
    }

    /// Notes a message that came alone for the protocol's loop, unless it is out of place or its id is in use.
    fn accept(&mut self, message: RxJsonRpcMessage<RoleServer>) {
        if !self.is_in_place(&message) {
            return;
        }
        match message {
            RxJsonRpcMessage::<RoleServer>::Request(request) if !self.unanswered().begin(&request.id) => {
                self.refuse(Some(&request.id), &message::id_in_use());
            }
            message => self.received.push_back(message),
        }
    }

    /// Notes the messages of a batch. Those that cannot be handled are answered with the others.
    fn read_batch(&mut self, elements: Result<Vec<Value>, Box<ErrorData>>) {
        let batch = match batch::read(elements, self.version.as_ref()) {
            Ok(batch) => batch,
            Err(problem) => {
                self.answering = Some(self.write(&error_of(None, &problem)));
                return;
            }
        };
        let (mut waiting, mut answers) = (HashSet::new(), Vec::new());
        for message in batch {
            match message.and_then(to_protocol) {
                Ok(RxJsonRpcMessage::<RoleServer>::Request(request))
                    if !self.unanswered().begin(&request.id) =>
                {
                    answers.push(error_of(Some(&request.id), &message::id_in_use()));
                }
                Ok(message) => {
                    if let RxJsonRpcMessage::<RoleServer>::Request(request) = &message {
                        waiting.insert(request.id.clone());
                    }
                    self.received.push_back(message);
                }
                Err(Refused { id, error, .. }) => answers.push(error_of(id.as_ref(), &error)),
            }
        }
        if !waiting.is_empty() {
            self.unanswered().begin_batch(waiting, answers);
        } else if !answers.is_empty() {
            self.answering = Some(self.write(&answers));
        }
    }

    /// Reports whether the message may come now: the first one is a request, else the protocol's loop ends.
    fn is_in_place(&mut self, message: &RxJsonRpcMessage<RoleServer>) -> bool {
        if !self.has_begun {
            let RxJsonRpcMessage::<RoleServer>::Request(request) = message else {
                tracing::debug!(name: "dingtalk_notify.too_early", "ignored a message that precedes `initialize`");
                return false;
            };
            self.has_begun = begins(&request.request);
        }
        true
    }

    fn unanswered(&self) -> MutexGuard<'_, Unanswered> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the wait for the answer to a request that this message cancels.
    fn note_cancelled(&mut self, message: &RxJsonRpcMessage<RoleServer>) {
        let RxJsonRpcMessage::<RoleServer>::Notification(notification) = message else { return };
        let ClientNotification::CancelledNotification(cancelled) = &notification.notification else { return };
        let Some(id) = &cancelled.params.request_id else { return };
        let complete = self.unanswered().cancel(id);
        if let Some(answers) = complete {
            self.answering = Some(self.write(&answers));
        }
    }

    fn refuse(&mut self, id: Option<&RequestId>, problem: &ErrorData) {
        tracing::debug!(
            name: "dingtalk_notify.unreadable",
            answered = id.is_some(),
            reason = %problem.message,
            "a line on stdin could not be read"
        );
        if let Some(id) = id {
            self.answering = Some(self.write(&error_of(Some(id), problem)));
        }
    }

    /// Refuses a line that no parser has read.
    fn refuse_scanned(&mut self, scan: Scan, problem: &ErrorData) {
        let may_have_requests = scan.may_have_requests();
        self.refuse(scan.request_id().as_ref(), problem);
        if may_have_requests {
            self.answering = Some(self.write(&error_of(None, problem)));
        }
    }

    fn write(&self, message: &impl Serialize) -> Sending {
        let (output, closed) = (Arc::clone(&self.output), self.closed.clone());
        let line = serde_json::to_vec(message);
        Box::pin(async move {
            let mut line = line?;
            line.push(b'\n');
            let written = match output.lock().await.as_mut() {
                Some(output) => output.write(line).await,
                None => Err(io::ErrorKind::NotConnected.into()),
            };
            if written.is_err() {
                closed.cancel();
            }
            written
        })
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
        if let TxJsonRpcMessage::<RoleServer>::Response(answer) = &message
            && let ServerResult::InitializeResult(greeting) = &answer.result
        {
            self.version = Some(greeting.protocol_version.clone());
        }
        let id = match &message {
            TxJsonRpcMessage::<RoleServer>::Response(answer) => Some(&answer.id),
            TxJsonRpcMessage::<RoleServer>::Error(answer) => answer.id.as_ref(),
            _ => None,
        };
        let answered = id.map(|id| self.unanswered().answer(id, || serde_json::to_value(&message)));
        match answered {
            None | Some(Answered::Alone) => self.write(&message),
            Some(Answered::Batch(answers)) => self.write(&answers),
            Some(Answered::NotYet) => Box::pin(std::future::ready(Ok(()))),
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(answering) = &mut self.answering {
                // A failure closes the transport.
                let _ = answering.await;
                self.answering = None;
            }
            if let Some(message) = self.received.pop_front() {
                self.note_cancelled(&message);
                return Some(message);
            }
            let line = tokio::select! {
                biased;
                () = self.closed.cancelled() => {
                    tracing::warn!(name: "dingtalk_notify.stdout", "stdout is closed");
                    break;
                }
                line = self.lines.next() => line,
            };
            match line {
                Ok(Some(Line::Whole(line))) => self.read(&line),
                Ok(Some(Line::TooLong(scan))) => {
                    let problem = format!("the message is longer than {MAX_LINE_BYTES} bytes");
                    let problem = ErrorData::invalid_request(problem, None);
                    self.refuse_scanned(scan, &problem);
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

/// Returns an error as it is written; one without an id answers a batch or an element that has none.
fn error_of(id: Option<&RequestId>, error: &ErrorData) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": error})
}

/// Returns the message in the terms of the protocol's library.
fn to_protocol(incoming: Incoming) -> Result<RxJsonRpcMessage<RoleServer>, Refused> {
    let message = match message::take_call(incoming.message) {
        Ok((id, call)) => call.map(|call| RxJsonRpcMessage::<RoleServer>::request(call.into(), id)),
        Err(message) => serde_json::from_value(message),
    };
    let mut message = message.map_err(|_| Refused::unidentified(message::not_a_message()))?;
    if let (Some(unfit), RxJsonRpcMessage::<RoleServer>::Request(call)) = (incoming.unfit, &mut message) {
        call.request.extensions_mut().insert(unfit);
    }
    Ok(message)
}

/// Reports whether the protocol's loop accepts this request as the beginning of a conversation. It answers others.
fn begins(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        request => {
            let meta = request.get_meta();
            meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
                && meta
                    .protocol_version()
                    .is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
        }
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
    use serde_json::Value;
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
