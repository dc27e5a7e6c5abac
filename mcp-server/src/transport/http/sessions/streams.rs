//! Answers as streams of events: each goes on without its reader, who can continue it over another connection.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::MAX_SESSIONS;
use futures_util::{Stream, StreamExt as _, stream};
use rmcp::{
    ErrorData,
    model::{ClientJsonRpcMessage, RequestId, ServerJsonRpcMessage},
    transport::streamable_http_server::session::{
        RestoreOutcome, ServerSseMessage, SessionId, SessionManager,
        local::{LocalSessionManager, LocalSessionManagerError},
    },
};
use serde_json::json;
use tokio::{sync::watch, time::Instant};
use ulid::Ulid;

/// Time for which a complete answer is kept for a reader who may not have received it.
const KEPT: Duration = Duration::from_secs(120);

/// Maximum number of complete answers that are kept per session.
const MAX_KEPT: usize = 8;

/// Maximum length of a request's id within an event's id, in bytes.
const MAX_REQUEST_ID: usize = 64;

/// The library's sessions, with answers that outlive the connection of their request.
///
/// The library itself forgets a complete answer at once, and repeats the last event that its reader has received: a
/// person would be asked twice.
#[derive(Default)]
pub(in super::super) struct ResumableSessions {
    local: LocalSessionManager,
    answers: Mutex<HashMap<SessionId, VecDeque<Arc<Answer>>>>,
}

/// The events of one answer.
struct Answer {
    name: Ulid,
    request: Option<RequestId>,
    progress: watch::Sender<Progress>,
}

#[derive(Default)]
struct Progress {
    events: Vec<ServerSseMessage>,
    ended: Option<Instant>,
    /// Number of readers so far: only the last one reads on.
    readers: u64,
}

/// Id of an event: the answer, the event's place there, and the request, in case that the answer is not known.
#[derive(Debug, PartialEq)]
struct EventId {
    answer: Ulid,
    index: usize,
    request: Option<RequestId>,
}

impl ResumableSessions {
    pub(super) fn new(local: LocalSessionManager) -> Self {
        // A table that grows when there are most sessions would keep the memory of those that have ended from being
        // given back.
        Self { local, answers: Mutex::new(HashMap::with_capacity(MAX_SESSIONS)) }
    }

    /// Reports whether nothing follows the event that a client of the session has received last.
    pub(super) fn is_complete(&self, session: &SessionId, last_event: &str) -> bool {
        // Numbers alone are the library's, for the stream that belongs to no request.
        if last_event.parse::<u32>().is_ok() {
            return false;
        }
        let Some(id) = EventId::read(last_event) else { return true };
        match self.find(session, &id) {
            Some(answer) => {
                let progress = answer.progress.borrow();
                progress.ended.is_some() && progress.events.len() <= id.index + 1
            }
            None => id.request.is_none(),
        }
    }

    /// Forgets complete answers that are old.
    pub(super) fn forget_old(&self) {
        self.lock().retain(|_, answers| {
            forget_old(answers);
            !answers.is_empty()
        });
    }

    fn find(&self, session: &SessionId, id: &EventId) -> Option<Arc<Answer>> {
        self.lock().get(session)?.iter().find(|answer| answer.name == id.answer).cloned()
    }

    /// Records an answer of the library, whether somebody reads it or not.
    fn record(
        &self,
        session: &SessionId,
        request: Option<RequestId>,
        events: impl Stream<Item = ServerSseMessage> + Send + 'static,
    ) -> Arc<Answer> {
        let answer = Arc::new(Answer { name: Ulid::generate(), request, progress: watch::Sender::default() });
        {
            let mut answers = self.lock();
            let answers = answers.entry(session.clone()).or_default();
            forget_old(answers);
            answers.push_back(Arc::clone(&answer));
        }
        let recorded = Arc::clone(&answer);
        tokio::spawn(async move {
            let mut events = std::pin::pin!(events);
            while let Some(event) = events.next().await {
                recorded.push(event);
            }
            recorded.progress.send_modify(|progress| progress.ended = Some(Instant::now()));
        });
        answer
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, VecDeque<Arc<Answer>>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_old(answers: &mut VecDeque<Arc<Answer>>) {
    let ended = |answer: &Arc<Answer>| answer.progress.borrow().ended;
    answers.retain(|answer| ended(answer).is_none_or(|at| at.elapsed() < KEPT));
    let mut surplus =
        answers.iter().filter(|answer| ended(answer).is_some()).count().saturating_sub(MAX_KEPT);
    answers.retain(|answer| {
        let is_surplus = surplus > 0 && ended(answer).is_some();
        surplus -= usize::from(is_surplus);
        !is_surplus
    });
}

impl Answer {
    fn push(&self, mut event: ServerSseMessage) {
        self.progress.send_modify(|progress| {
            let id =
                EventId { answer: self.name, index: progress.events.len(), request: self.request.clone() };
            event.event_id = Some(id.write());
            progress.events.push(event);
        });
    }

    /// Returns the events from an index on, those to come too. An earlier reader's stream ends.
    fn read(&self, from: usize) -> impl Stream<Item = ServerSseMessage> + Send + Sync + use<> {
        let mut reader = 0;
        self.progress.send_modify(|progress| {
            progress.readers += 1;
            reader = progress.readers;
        });
        stream::unfold((self.progress.subscribe(), from), move |(mut progress, next)| async move {
            let has_news = |progress: &Progress| {
                progress.events.len() > next || progress.ended.is_some() || progress.readers != reader
            };
            let event = {
                let progress = progress.wait_for(has_news).await.ok()?;
                let is_last_reader = progress.readers == reader;
                progress.events.get(next).filter(|_| is_last_reader).cloned()?
            };
            Some((event, (progress, next + 1)))
        })
    }
}

impl EventId {
    fn write(&self) -> String {
        let request = self.request.as_ref().map(|request| json!(request).to_string());
        let fits = |request: &String| {
            request.len() <= MAX_REQUEST_ID && request.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let request = request.filter(fits).unwrap_or_default();
        format!("{}/{}/{request}", self.answer, self.index)
    }

    fn read(id: &str) -> Option<Self> {
        let (answer, rest) = id.split_once('/')?;
        let (index, request) = rest.split_once('/')?;
        let request = serde_json::from_str(request).ok();
        // Within the bounds of numbers even after it.
        let index = index.parse::<u32>().ok()?;
        Some(Self { answer: answer.parse().ok()?, index: usize::try_from(index).ok()?, request })
    }
}

/// Returns the event for a request whose answer is not known: its client would wait in vain.
fn unknown(request: RequestId) -> ServerSseMessage {
    let problem = "the answer to this request is not known any more. Make the same call again: a message that was sent \
                   will not be sent a second time";
    ServerSseMessage::from_message(ServerJsonRpcMessage::error(
        ErrorData::internal_error(problem, None),
        Some(request),
    ))
}

impl SessionManager for ResumableSessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        self.local.create_session().await
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.local.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        self.local.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.lock().remove(id);
        self.local.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let request = match &message {
            ClientJsonRpcMessage::Request(request) => Some(request.id.clone()),
            _ => None,
        };
        let events = self.local.create_stream(id, message).await?;
        Ok(self.record(id, request, events).read(0))
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        self.local.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.local.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let Some(last) = EventId::read(&last_event_id) else {
            return Ok(self.local.resume(id, last_event_id).await?.left_stream());
        };
        let events = match self.find(id, &last) {
            Some(answer) => answer.read(last.index + 1).left_stream(),
            None => stream::iter(last.request.map(unknown)).right_stream(),
        };
        Ok(events.right_stream())
    }

    async fn restore_session(&self, id: SessionId) -> Result<RestoreOutcome<Self::Transport>, Self::Error> {
        self.local.restore_session(id).await
    }
}
