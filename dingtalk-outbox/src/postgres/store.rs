//! A durable store of a queue, in PostgreSQL. Its rules are functions of the schema (`schema/functions.sql`), so that a
//! step is one request, and programs in other languages follow the same ones.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use dingtalk_core::{
    Envelope, Error, ErrorKind,
    delivery::{BoxFuture, Urgency},
    queue::store::{
        Begun, Claim, Claimed, DeadLetter, Enqueued, Failure, Item, LanePending, Loss, Merge, Settlement,
        Store, Wake,
    },
};
use tokio_postgres::{GenericClient, Row, types::ToSql};

use super::{
    connection::Postgres,
    ended::Ended,
    letters::{self, LETTER},
    session::Session,
    trouble::Trouble,
};

/// Interval of the checks for notifications from other processes.
const POLL: Duration = Duration::from_secs(2);

/// The same while the server tells of them, and no lane can become free meanwhile.
const RARE_POLL: Duration = Duration::from_secs(30);

/// Runs of a transaction that others were in the way of.
const RUNS: u32 = 5;

/// Longest span that is stored; it is for ever.
const LONGEST: Duration = Duration::from_secs(9_500_000_000);

/// Notifications of queues in a PostgreSQL database, which programs on several machines use. A notification that was
/// accepted survives a crash of any of them, and one of the server.
///
/// Delivered messages are removed at once; their ids are known for 7 days, and dead letters are kept for 30 days. If a
/// process ends, its lanes are free after three seconds. While the server cannot be reached, every call fails, and the
/// queue tries again; nothing has to be started anew.
///
/// Nothing is delivered unless a process runs a [`Queue`](dingtalk_core::queue::Queue) with a lane for the robot.
///
/// ```no_run
/// use dingtalk_core::{DeliverExt, Message, Robot, queue::Queue};
/// use dingtalk_outbox::{Postgres, PostgresStore};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let postgres = Postgres::builder("postgresql://alerts@db.example.com/services").build()?;
/// let store = PostgresStore::new(postgres);
/// let queue = Queue::builder().lane("ops", Robot::from_env()?).store(store).build()?;
/// queue.send(&Message::text("Disk is full")).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pub(super) postgres: Postgres,
    /// `None` only in tests: then, claims end with their leases alone.
    pub(super) session: Option<Arc<Session>>,
    /// Lanes with a claim of this process that it may not know of, because a connection was lost.
    uncertain: Arc<Mutex<HashSet<String>>>,
    /// Lanes that another process may have claimed. It may end without a word.
    held: Arc<Mutex<HashSet<String>>>,
    /// Interval in place of both, in tests.
    interval: Option<Duration>,
    pub(super) ended: Arc<Ended>,
}

impl PostgresStore {
    /// Creates a store in a database. Connects to nothing.
    pub fn new(postgres: Postgres) -> Self {
        Self {
            postgres,
            session: Some(Arc::default()),
            uncertain: Arc::default(),
            held: Arc::default(),
            interval: None,
            ended: Arc::default(),
        }
    }

    /// Makes claims that say nothing of their process, so that a test decides on their ends.
    #[doc(hidden)]
    #[must_use]
    pub fn without_session(mut self) -> Self {
        self.session = None;
        self
    }

    /// Checks for notifications from other processes at this interval alone, so that a test sees what it is told.
    #[doc(hidden)]
    #[must_use]
    pub fn polling(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Ends the session of this process as a crash does, for tests.
    #[doc(hidden)]
    pub fn end_session(&self) {
        if let Some(session) = &self.session {
            session.end();
        }
    }

    /// Registers the names of robots, each with its lane, for the SQL function `enqueue`.
    ///
    /// # Errors
    ///
    /// Fails with [`ErrorKind::Store`] if the database cannot be used.
    pub async fn name_robots(&self, robots: &[(&str, &str)]) -> Result<(), Error> {
        let (names, lanes): (Vec<String>, Vec<String>) =
            robots.iter().map(|(name, lane)| (text(name), text(lane))).unzip();
        // The lanes, too: a transaction of a higher level could not add one that others have just added.
        self.rows("SELECT lane_of(lane) FROM unnest($1::text[]) AS lane", &[&lanes]).await?;
        let sql = "INSERT INTO alias (robot, lane) SELECT * FROM unnest($1::text[], $2::text[])
             ON CONFLICT (robot) DO UPDATE SET lane = excluded.lane WHERE alias.lane <> excluded.lane";
        self.rows(sql, &[&names, &lanes]).await.map(drop)
    }

    /// Returns the database.
    pub fn postgres(&self) -> &Postgres {
        &self.postgres
    }

    fn uncertain(&self) -> MutexGuard<'_, HashSet<String>> {
        self.uncertain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes whether another process may have claimed a lane.
    fn note_held(&self, lane: &str, is_held: bool) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if is_held {
            held.insert(lane.to_owned());
        } else {
            held.remove(lane);
        }
    }

    /// Runs a statement, which is a transaction, and returns its rows.
    pub(super) async fn rows(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.run(sql, values).await.map_err(|trouble| self.postgres.error(&trouble))
    }

    async fn run(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Trouble> {
        let mut runs = 1;
        loop {
            match self.attempt(sql, values).await {
                Err(trouble) if trouble.is_conflict() && runs < RUNS => runs += 1,
                result => return result,
            }
        }
    }

    async fn attempt(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Trouble> {
        let client = self.postgres.client().await?;
        self.ended.remove(&client).await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, values).await?)
    }

    /// Runs a statement that returns one value.
    pub(super) async fn value<T>(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<T, Error>
    where
        T: for<'a> tokio_postgres::types::FromSql<'a>,
    {
        first(&self.rows(sql, values).await?).map_err(|trouble| self.postgres.error(&trouble))
    }

    async fn letters(&self, condition: &str, value: &(dyn ToSql + Sync)) -> Result<Vec<DeadLetter>, Error> {
        let rows = self.rows(&format!("SELECT {LETTER} FROM dead {condition}"), &[value]).await?;
        let letters: Result<_, Trouble> = rows.iter().map(letters::read).collect();
        letters.map_err(|trouble| self.postgres.error(&trouble))
    }

    async fn claim_lane(&self, lane: &str, max: usize, lease: Duration) -> Result<Claimed, Error> {
        let owner = self.session.as_ref().and_then(|session| session.owner(&self.postgres));
        let again = self.uncertain().contains(lane);
        let (name, max, lease) = (text(lane), number(max), milliseconds(lease));
        let sql = "SELECT * FROM claim_lane($1, $2, $3, $4, $5)";
        let rows = match self.run(sql, &[&name, &max, &lease, &owner, &again]).await {
            Ok(rows) => rows,
            Err(trouble) => {
                if trouble.is_away() {
                    self.uncertain().insert(lane.to_owned());
                }
                return Err(self.postgres.error(&trouble));
            }
        };
        self.uncertain().remove(lane);
        let head = rows.iter().find(|row| row.get::<_, &str>("o_kind") == "lane");
        let head = head.ok_or_else(|| self.postgres.error(&Trouble::new("a claim has no answer")))?;
        let now: SystemTime = head.get("o_now");
        let mut claimed = Claimed::new(now);
        let claim: Option<i64> = head.get("o_claim");
        claimed.claim = claim.map(|claim| Claim::new(lane, claim.unsigned_abs()));
        let next: Option<SystemTime> = head.get("o_next");
        claimed.next = next.map(|at| at.duration_since(now).unwrap_or_default());
        claimed.last_sent = head.get("o_last_sent");
        self.note_held(lane, claimed.claim.is_none() && claimed.next.is_some());
        for row in &rows {
            match row.get::<_, &str>("o_kind") {
                "item" => match item(row) {
                    Ok(item) => claimed.items.push(item),
                    Err(invalid) => self.refuse(row, &invalid).await?,
                },
                "expired" => {
                    claimed
                        .expired
                        .extend(self.letters("WHERE dead = $1", &row.get::<_, i64>("o_number")).await?);
                }
                _ => {}
            }
        }
        if claimed.items.is_empty()
            && let Some(claim) = claimed.claim.take()
        {
            self.release(&claim).await?;
            claimed.next = Some(Duration::ZERO);
        }
        Ok(claimed)
    }

    /// Gives up an item that another program added and that is invalid. One of a newer version of this program remains.
    async fn refuse(&self, row: &Row, invalid: &serde_json::Error) -> Result<(), Error> {
        let loss = serde_json::to_string(&Loss::Refused(ErrorKind::Invalid));
        let failure = serde_json::to_string(&Failure::new(ErrorKind::Invalid, invalid.to_string()));
        let (Ok(loss), Ok(failure)) = (loss, failure) else { return Ok(()) };
        let item: i64 = row.get("o_number");
        if self.value("SELECT refuse_item($1, $2, $3)", &[&item, &loss, &failure]).await? {
            tracing::warn!(name: "dingtalk.invalid_item", "an item that another program added is invalid: {invalid}");
            return Ok(());
        }
        Err(self.postgres.error(&Trouble::new(invalid.to_string())))
    }
}

/// Returns the only value.
fn first<T>(rows: &[Row]) -> Result<T, Trouble>
where
    T: for<'a> tokio_postgres::types::FromSql<'a>,
{
    let row = rows.first().ok_or_else(|| Trouble::new("a function has no answer"))?;
    Ok(row.try_get(0)?)
}

/// Reads an item of a claim.
fn item(row: &Row) -> Result<Item, serde_json::Error> {
    let envelope: Envelope = serde_json::from_str(row.get("o_envelope"))?;
    let claim: i64 = row.get("o_claim");
    let mut item = Item::new(envelope, row.get("o_enqueued"), claim.unsigned_abs());
    item.members = row.get("o_members");
    item.attempts = count(row.get("o_attempts"));
    item.interrupted = row.get("o_interrupted");
    item.may_have_arrived = row.get("o_may_have_arrived");
    item.alone = row.get("o_alone");
    item.suppressed = count(row.get("o_suppressed"));
    item.last_failure = row.get::<_, Option<&str>>("o_failure").map(serde_json::from_str).transpose()?;
    Ok(item)
}

/// Adds a notification in the transaction of a client, if it has one. Returns the number of a displaced one's letter.
pub(super) async fn enqueue(
    client: &impl GenericClient,
    lane: &str,
    envelope: &Envelope,
    capacity: usize,
) -> Result<(String, Option<i64>), Trouble> {
    let json = serde_json::to_string(envelope)?;
    let (lane, id) = (text(lane), text(&envelope.id));
    let urgent = envelope.urgency == Urgency::Urgent;
    let expires = envelope.expires_at.map(storable);
    let dedupe_key = envelope.dedupe.as_ref().map(|rule| text(&rule.key));
    let dedupe_span = envelope.dedupe.as_ref().map(|rule| milliseconds(rule.span));
    let throttle = envelope.throttle.as_ref();
    let throttle_key = throttle.map(|rule| text(&rule.key));
    let throttle_limit = throttle.map(|rule| i64::from(rule.limit));
    let throttle_span = throttle.map(|rule| milliseconds(rule.span));
    let robot = envelope.robot.as_deref().map(text);
    let capacity = number(capacity);
    let sql = "SELECT * FROM enqueue_item($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let row = client
        .query_one(
            sql,
            &[
                &lane,
                &id,
                &urgent,
                &expires,
                &dedupe_key,
                &dedupe_span,
                &throttle_key,
                &throttle_limit,
                &throttle_span,
                &robot,
                &json,
                &capacity,
            ],
        )
        .await?;
    Ok((row.get(0), row.get(1)))
}

/// Returns the result of adding a notification, with the dead letter of one that was displaced.
pub(super) fn outcome(outcome: &str, displaced: Option<DeadLetter>) -> Enqueued {
    match (outcome, displaced) {
        ("displaced", Some(letter)) => Enqueued::Displaced(Box::new(letter)),
        ("added" | "displaced", _) => Enqueued::Added,
        ("known", _) => Enqueued::Known,
        ("suppressed", _) => Enqueued::Suppressed,
        _ => Enqueued::Full,
    }
}

/// A text as PostgreSQL can store it: without the character that ends one in C.
pub(super) fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub(super) fn number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

pub(super) fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// Milliseconds of a span, rounded up, so that nothing is due too early.
pub(super) fn milliseconds(span: Duration) -> i64 {
    let span = span.min(LONGEST);
    let exact = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    exact + i64::from(!span.subsec_nanos().is_multiple_of(1_000_000))
}

/// A time that PostgreSQL can store.
pub(super) fn storable(time: SystemTime) -> SystemTime {
    time.clamp(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + 3 * LONGEST)
}

pub(super) fn pending(row: &Row) -> LanePending {
    let (all, sending): (i64, i64) = (row.get("o_all"), row.get("o_sending"));
    LanePending::new(size(all - sending), size(sending))
}

impl Store for PostgresStore {
    fn enqueue<'a>(
        &'a self,
        lane: &'a str,
        envelope: Envelope,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Enqueued, Error>> {
        Box::pin(async move {
            let mut runs = 1;
            let result = loop {
                let result = match self.postgres.client().await {
                    Ok(client) => enqueue(&**client, lane, &envelope, capacity).await,
                    Err(trouble) => Err(trouble),
                };
                match result {
                    Err(trouble) if trouble.is_conflict() && runs < RUNS => runs += 1,
                    result => break result,
                }
            };
            let (added, letter) = result.map_err(|trouble| self.postgres.error(&trouble))?;
            let letter = match letter {
                Some(number) => self.letters("WHERE dead = $1", &number).await?.pop(),
                None => None,
            };
            Ok(outcome(&added, letter))
        })
    }

    fn claim<'a>(
        &'a self,
        lane: &'a str,
        max: usize,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claimed, Error>> {
        Box::pin(self.claim_lane(lane, max, lease))
    }

    fn release<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let sql = "SELECT release_lane($1, $2)";
            self.rows(sql, &[&text(&claim.lane), &claim.number.cast_signed()]).await.map(drop)
        })
    }

    fn merge<'a>(&'a self, claim: &'a Claim, merges: Vec<Merge>) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let ids: Vec<String> = merges.iter().map(|merge| text(&merge.digest.id)).collect();
            let envelopes: Result<Vec<String>, _> =
                merges.iter().map(|merge| serde_json::to_string(&merge.digest)).collect();
            let envelopes = envelopes.map_err(|error| self.postgres.error(&error.into()))?;
            let counts: Vec<i32> =
                merges.iter().map(|merge| i32::try_from(merge.members.len()).unwrap_or(i32::MAX)).collect();
            let members: Vec<String> =
                merges.iter().flat_map(|merge| &merge.members).map(|id| text(id)).collect();
            let (lane, number) = (text(&claim.lane), claim.number.cast_signed());
            let sql = "SELECT merge_items($1, $2, $3, $4, $5, $6)";
            self.value(sql, &[&lane, &number, &ids, &envelopes, &counts, &members]).await
        })
    }

    fn begin<'a>(
        &'a self,
        claim: &'a Claim,
        id: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(async move {
            let (lane, number) = (text(&claim.lane), claim.number.cast_signed());
            let sql = "SELECT begin_item($1, $2, $3, $4)";
            let begun = self.run(sql, &[&lane, &number, &text(id), &milliseconds(lease)]).await;
            match begun.and_then(|rows| first::<Option<i32>>(&rows)) {
                Ok(Some(attempt)) => Ok(Begun::Started(count(attempt))),
                Ok(None) => Ok(Begun::Lost),
                Err(trouble) => {
                    // No request will be made under this claim.
                    if trouble.is_away() {
                        self.uncertain().insert(claim.lane.clone());
                    }
                    Err(self.postgres.error(&trouble))
                }
            }
        })
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        id: &'a str,
        settlement: Settlement,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let json = |failure: &Failure| serde_json::to_string(failure).map_err(Trouble::from);
            let settled: Result<_, Trouble> = match &settlement {
                Settlement::Delivered => Ok(("delivered", Duration::ZERO, true, false, None, None)),
                Settlement::Unmerged => Ok(("unmerged", Duration::ZERO, true, false, None, None)),
                Settlement::Deferred { after, counts, may_have_arrived, failure } => json(failure)
                    .map(|json| ("deferred", *after, *counts, *may_have_arrived, None, Some(json))),
                Settlement::Dead { loss, may_have_arrived, failure } => json(failure).and_then(|json| {
                    let loss = Some(serde_json::to_string(loss)?);
                    Ok(("dead", Duration::ZERO, true, *may_have_arrived, loss, Some(json)))
                }),
                _ => Err(Trouble::new("this version of dingtalk-outbox is older than that of dingtalk-core")),
            };
            let (outcome, after, counts, may_have_arrived, loss, failure) =
                settled.map_err(|trouble| self.postgres.error(&trouble))?;
            let (lane, number) = (text(&claim.lane), claim.number.cast_signed());
            let (id, after) = (text(id), milliseconds(after));
            let sql = "SELECT settle_item($1, $2, $3, $4, $5, $6, $7, $8, $9)";
            self.value(
                sql,
                &[&lane, &number, &id, &outcome, &after, &counts, &may_have_arrived, &loss, &failure],
            )
            .await
        })
    }

    fn pending<'a>(&'a self, lane: &'a str) -> BoxFuture<'a, Result<LanePending, Error>> {
        Box::pin(async move {
            let rows = self.rows("SELECT * FROM pending($1)", &[&text(lane)]).await?;
            Ok(rows.first().map(pending).unwrap_or_default())
        })
    }

    fn lanes(&self) -> BoxFuture<'_, Result<Vec<(String, LanePending)>, Error>> {
        Box::pin(async move {
            let rows = self.rows("SELECT * FROM pending(NULL)", &[]).await?;
            Ok(rows.iter().map(|row| (row.get("o_lane"), pending(row))).collect())
        })
    }

    fn dead_letters(&self, max: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, Error>> {
        Box::pin(async move { self.letters("ORDER BY dead DESC LIMIT $1", &number(max)).await })
    }

    fn redeliver<'a>(
        &'a self,
        id: &'a str,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Option<Enqueued>, Error>> {
        Box::pin(async move {
            let Some(letter) = self.letters("WHERE id = $1", &text(id)).await?.pop() else { return Ok(None) };
            let failed = |trouble: Trouble| self.postgres.error(&trouble);
            let mut envelope = letter.envelope;
            (envelope.expires_at, envelope.not_before) = (None, None);
            let urgent = envelope.urgency == Urgency::Urgent;
            let robot = envelope.robot.as_deref().map(text);
            let envelope = serde_json::to_string(&envelope).map_err(|error| failed(error.into()))?;
            let failure = serde_json::to_string(&letter.failure).map_err(|error| failed(error.into()))?;
            let sql = "SELECT redeliver($1, $2, $3, $4, $5, $6)";
            let outcome: Option<String> = self
                .value(sql, &[&text(id), &urgent, &robot, &envelope, &failure, &number(capacity)])
                .await?;
            Ok(outcome.map(|outcome| if outcome == "added" { Enqueued::Added } else { Enqueued::Full }))
        })
    }

    fn poll_interval(&self) -> Option<Duration> {
        if self.interval.is_some() {
            return self.interval;
        }
        let told = self.session.as_ref().is_some_and(|session| session.listeners.are_told());
        let held = || !self.held.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        Some(if told && !held() { RARE_POLL } else { POLL })
    }

    fn watch(&self, wake: Wake) {
        if let Some(session) = &self.session {
            session.listeners.add(wake);
        }
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("postgres", &self.postgres).finish_non_exhaustive()
    }
}
