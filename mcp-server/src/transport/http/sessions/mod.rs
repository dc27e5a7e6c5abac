//! Sessions of clients before 2026-07-28. A session in memory is a cache of its id: one that is put away comes back
//! when its client does.

mod seal;
mod streams;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    future::{Future, ready},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hyper::header::HeaderValue;
use rmcp::{
    model::ProtocolVersion,
    transport::streamable_http_server::session::{
        SessionId, SessionManager as _, SessionState, SessionStore, SessionStoreError,
        local::LocalSessionManager,
    },
};
use serde_json::Value;
use tokio::time::Instant;
use ulid::Ulid;

use self::seal::Begun;
pub(super) use self::{seal::Seal, streams::ResumableSessions};

/// Maximum number of sessions in memory, each of about 50 kB.
const MAX_SESSIONS: usize = 1_000;

/// Maximum number of sessions in memory that have begun with one token.
const MAX_SESSIONS_OF_TOKEN: usize = 600;

/// Maximum number of ended sessions that are remembered, so that their ids are refused.
const MAX_ENDED: usize = 10_000;

/// The sessions of a server.
pub(super) struct Sessions {
    manager: Arc<ResumableSessions>,
    table: Arc<Mutex<Table>>,
    lifetime: Duration,
    /// Time after which a session without a stream or a call is put away.
    idle: Duration,
}

#[derive(Default)]
struct Table {
    /// Sessions in memory, by their serial numbers.
    live: HashMap<String, Live>,
    ended: HashSet<String>,
    /// The same, the first to be forgotten first.
    ended_in_order: VecDeque<String>,
}

/// A session in memory.
struct Live {
    /// The id by which the protocol's library knows it; another one each time that it comes back.
    internal: SessionId,
    begun: Begun,
    token: Option<Arc<str>>,
    used: Instant,
    /// Requests and streams in progress.
    in_use: usize,
}

/// A session in use, until its answer has been read.
pub(super) struct InUse {
    serial: String,
    internal: SessionId,
    version: Option<ProtocolVersion>,
    table: Arc<Mutex<Table>>,
}

/// No session can be put away for another one.
#[derive(Debug)]
pub(super) struct AllInUse;

impl Sessions {
    pub(super) fn new(lifetime: Duration, idle: Duration) -> Self {
        let mut manager = LocalSessionManager::default();
        // The library would end a session with an open stream, too.
        manager.session_config.keep_alive = None;
        Self { manager: Arc::new(ResumableSessions::new(manager)), table: Arc::default(), lifetime, idle }
    }

    pub(super) fn manager(&self) -> Arc<ResumableSessions> {
        Arc::clone(&self.manager)
    }

    /// Returns the store from which the protocol's library restores sessions.
    pub(super) fn store(&self) -> Arc<dyn SessionStore> {
        Arc::new(Store(Arc::clone(&self.table)))
    }

    /// Returns the number of sessions in memory.
    pub(super) fn count(&self) -> usize {
        lock(&self.table).live.len()
    }

    /// Makes room for a session that begins with this token.
    pub(super) async fn make_room(&self, token: Option<&Arc<str>>) -> Result<(), AllInUse> {
        let Some(internal) = lock(&self.table).make_room(token)? else { return Ok(()) };
        self.close(&internal).await;
        Ok(())
    }

    /// Enters a session that the protocol's library has begun, and returns its id.
    pub(super) fn begin(
        &self,
        internal: &str,
        params: &Value,
        seal: &Seal,
        token: Option<Arc<str>>,
    ) -> Option<String> {
        let begun = Begun::new(params);
        let id = seal.seal(&begun, self.lifetime)?;
        let live =
            Live { internal: internal.into(), begun: begun.clone(), token, used: Instant::now(), in_use: 0 };
        lock(&self.table).live.insert(begun.serial, live);
        Some(id)
    }

    /// Finds the session of an id, or brings it back. `None` if there is no such session.
    pub(super) async fn resume(
        &self,
        id: &str,
        seal: &Seal,
        token: Option<&Arc<str>>,
    ) -> Result<Option<InUse>, AllInUse> {
        let Some(begun) = seal.open(id) else { return Ok(None) };
        let put_away = {
            let mut table = lock(&self.table);
            if table.ended.contains(&begun.serial) {
                return Ok(None);
            }
            let serial = begun.serial.clone();
            let put_away = if table.live.contains_key(&serial) { None } else { table.make_room(token)? };
            let live = table.live.entry(serial).or_insert_with(|| Live {
                internal: Ulid::generate().to_string().into(),
                begun: begun.clone(),
                token: token.cloned(),
                used: Instant::now(),
                in_use: 0,
            });
            live.in_use += 1;
            let in_use = InUse {
                version: begun.params().map(|params| params.protocol_version),
                serial: begun.serial,
                internal: Arc::clone(&live.internal),
                table: Arc::clone(&self.table),
            };
            (put_away, in_use)
        };
        let (put_away, in_use) = put_away;
        if let Some(internal) = put_away {
            self.close(&internal).await;
        }
        Ok(Some(in_use))
    }

    /// Ends a session for good.
    pub(super) async fn end(&self, session: &InUse) {
        lock(&self.table).end(&session.serial);
        self.close(&session.internal).await;
    }

    /// Reports whether nothing follows the event that a client has received last.
    pub(super) fn is_complete(&self, session: &InUse, last_event: &HeaderValue) -> bool {
        last_event.to_str().map_or(true, |event| self.manager.is_complete(&session.internal, event))
    }

    /// Puts sessions away that are idle, and forgets old answers, from time to time.
    pub(super) async fn put_idle_away(&self) {
        self.manager.forget_old();
        let idle = lock(&self.table).take_idle(Instant::now(), self.idle);
        for internal in idle {
            self.close(&internal).await;
        }
    }

    async fn close(&self, internal: &SessionId) {
        // An error means that it has ended by itself.
        let _ = self.manager.close_session(internal).await;
    }
}

impl Table {
    /// Removes the session that was used least recently if there are too many, and returns it.
    fn make_room(&mut self, token: Option<&Arc<str>>) -> Result<Option<SessionId>, AllInUse> {
        let is_of_token = |live: &Live| live.token.as_ref() == token;
        let of_token = self.live.values().filter(|live| is_of_token(live)).count() >= MAX_SESSIONS_OF_TOKEN;
        if !of_token && self.live.len() < MAX_SESSIONS {
            return Ok(None);
        }
        let unused =
            self.live.iter().filter(|(_, live)| live.in_use == 0 && (!of_token || is_of_token(live)));
        let oldest = unused.min_by_key(|(_, live)| live.used).map(|(serial, _)| serial.clone());
        let removed = oldest.and_then(|serial| self.live.remove(&serial)).ok_or(AllInUse)?;
        Ok(Some(removed.internal))
    }

    fn take_idle(&mut self, now: Instant, idle: Duration) -> Vec<SessionId> {
        let is_idle = |live: &Live| live.in_use == 0 && now.duration_since(live.used) >= idle;
        self.live.extract_if(|_, live| is_idle(live)).map(|(_, live)| live.internal).collect()
    }

    fn end(&mut self, serial: &str) {
        self.live.remove(serial);
        if self.ended.insert(serial.to_owned()) {
            self.ended_in_order.push_back(serial.to_owned());
        }
        if self.ended_in_order.len() > MAX_ENDED
            && let Some(forgotten) = self.ended_in_order.pop_front()
        {
            self.ended.remove(&forgotten);
        }
    }
}

impl InUse {
    /// Returns the serial number, the same for the whole life of the session.
    pub(super) fn serial(&self) -> &str {
        &self.serial
    }

    /// Returns the version of the protocol with which it began.
    pub(super) fn version(&self) -> Option<&ProtocolVersion> {
        self.version.as_ref()
    }

    /// Returns the id by which the protocol's library knows the session.
    pub(super) fn internal(&self) -> &str {
        &self.internal
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        if let Some(live) = lock(&self.table).live.get_mut(&self.serial) {
            live.in_use = live.in_use.saturating_sub(1);
            live.used = Instant::now();
        }
    }
}

/// The store as the protocol's library asks for it: what there is to know stands in the ids.
struct Store(Arc<Mutex<Table>>);

/// The future of an answer of the store.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionStoreError>> + Send + 'a>>;

impl SessionStore for Store {
    fn load<'s, 'i, 'a>(&'s self, id: &'i str) -> Answer<'a, Option<SessionState>>
    where
        's: 'a,
        'i: 'a,
        Self: 'a,
    {
        let table = lock(&self.0);
        let live = table.live.values().find(|live| &*live.internal == id);
        let state = live.and_then(|live| live.begun.params()).map(SessionState::new);
        Box::pin(ready(Ok(state)))
    }

    fn store<'s, 'i, 't, 'a>(&'s self, _: &'i str, _: &'t SessionState) -> Answer<'a, ()>
    where
        's: 'a,
        'i: 'a,
        't: 'a,
        Self: 'a,
    {
        Box::pin(ready(Ok(())))
    }

    fn delete<'s, 'i, 'a>(&'s self, _: &'i str) -> Answer<'a, ()>
    where
        's: 'a,
        'i: 'a,
        Self: 'a,
    {
        Box::pin(ready(Ok(())))
    }
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn live(token: Option<&str>, used: Instant, in_use: usize) -> (String, Live) {
        let begun = Begun::new(&json!({}));
        let internal = begun.serial.clone().into();
        (begun.serial.clone(), Live { internal, begun, token: token.map(Into::into), used, in_use })
    }

    fn table(token: Option<&str>, sessions: usize, in_use: impl Fn(usize) -> usize) -> (Table, Vec<String>) {
        let start = Instant::now();
        let sessions: Vec<_> = (0..sessions)
            .map(|number| live(token, start + Duration::from_secs(number as u64), in_use(number)))
            .collect();
        let serials = sessions.iter().map(|(serial, _)| serial.clone()).collect();
        (Table { live: sessions.into_iter().collect(), ..Table::default() }, serials)
    }

    #[test]
    fn the_session_used_least_recently_makes_room_unless_it_is_in_use() {
        let (mut table, serials) = table(None, MAX_SESSIONS_OF_TOKEN, |number| usize::from(number < 3));
        assert_eq!(table.make_room(None).unwrap().as_deref(), Some(&*serials[3]));
        assert!(table.make_room(None).unwrap().is_none(), "there is room");
    }

    #[test]
    fn sessions_of_one_token_leave_room_for_others() {
        let (mut table, _) = table(Some("a"), MAX_SESSIONS_OF_TOKEN, |_| 1);
        assert!(table.make_room(Some(&"a".into())).is_err(), "all are in use");
        assert!(table.make_room(Some(&"b".into())).unwrap().is_none());
        let (serial, session) = live(Some("b"), Instant::now(), 0);
        table.live.insert(serial.clone(), session);
        assert!(table.make_room(Some(&"a".into())).is_err(), "not at the cost of another token");
        assert!(table.live.contains_key(&serial));
    }

    #[test]
    fn idle_sessions_are_put_away_and_those_in_use_are_not() {
        let (mut table, serials) = table(None, 2, |number| number);
        let idle = Duration::from_secs(60);
        let later = Instant::now() + 2 * idle;
        assert!(table.take_idle(later, 3 * idle).is_empty());
        assert_eq!(table.take_idle(later, idle), [Arc::from(&*serials[0])]);
        assert_eq!(table.live.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_was_put_away_comes_back() {
        let (seal, minute) = (Seal::new(b"a"), Duration::from_secs(60));
        let sessions = Sessions::new(60 * minute, minute);
        let id = sessions.begin("internal", &json!({"protocolVersion": "2025-11-25"}), &seal, None).unwrap();
        tokio::time::advance(minute / 2).await;
        sessions.put_idle_away().await;
        assert_eq!(sessions.count(), 1);
        tokio::time::advance(minute / 2).await;
        sessions.put_idle_away().await;
        assert_eq!(sessions.count(), 0);
        assert!(sessions.resume(&id, &seal, None).await.unwrap().is_some());
        assert_eq!(sessions.count(), 1);
    }

    #[tokio::test]
    async fn a_session_comes_back_to_its_token_until_it_is_ended() {
        let (seal, other) = (Seal::new(b"a"), Seal::new(b"b"));
        let sessions = || Sessions::new(Duration::from_secs(60), Duration::from_secs(60));
        let before = sessions();
        let id = before.begin("internal", &json!({"protocolVersion": "2025-11-25"}), &seal, None).unwrap();
        let after = sessions();
        assert!(after.resume(&id, &other, None).await.unwrap().is_none());
        let session = after.resume(&id, &seal, None).await.unwrap().unwrap();
        assert!(after.store().load(session.internal()).await.unwrap().is_some());
        assert!(after.store().load("internal").await.unwrap().is_none());
        after.end(&session).await;
        assert!(after.resume(&id, &seal, None).await.unwrap().is_none());
    }
}
