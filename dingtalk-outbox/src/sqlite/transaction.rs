//! Acceptance of notifications in transactions of the caller.

use std::time::{Duration, SystemTime};

use dingtalk_core::{Envelope, Error, queue::store::Enqueued};
use rusqlite::Transaction;

use super::{file, items::Work, trouble::Trouble};

/// Time after which a notification without an expiry of its own is outdated, as in a queue.
const EXPIRY: Duration = Duration::from_secs(24 * 60 * 60);

/// Adds a notification in a transaction of the caller: it is accepted if the transaction is committed, together with
/// everything else that the transaction changes, and not accepted otherwise.
///
/// The notifications are in tables of the caller's database whose names begin with `dingtalk_`; they are made if they
/// do not exist. A process that has a queue with [`SqliteStore::open`](crate::SqliteStore::open) of the same file
/// delivers them; it notices them within a second.
///
/// - `lane` is the [`lane_key`](dingtalk_core::Deliver::lane_key) of the robot.
/// - `capacity` is the maximum number of notifications in all lanes; see [`Store::enqueue`].
/// - A notification without an [expiry](Envelope::expires_at) expires after 24 hours, as in a queue.
///
/// The connection should use the WAL mode with `synchronous=FULL`; otherwise, a loss of power can undo the transaction.
/// All writers of the file need SQLite 3.51.3 or newer.
///
/// ```
/// use dingtalk_core::{Deliver as _, Envelope, Message, Robot};
/// use dingtalk_outbox::{enqueue_in, rusqlite::Connection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let robot = Robot::builder("0123abcd").build()?;
/// let lane = robot.lane_key().ok_or("a robot has a lane")?;
/// # let mut app = Connection::open_in_memory()?;
/// # app.execute_batch("CREATE TABLE orders (number INTEGER)")?;
/// // let mut app = Connection::open("app.db")?;
/// let mut transaction = app.transaction()?;
/// transaction.execute("INSERT INTO orders (number) VALUES (4711)", [])?;
/// enqueue_in(&mut transaction, &lane, Envelope::new(Message::text("Order 4711")), 1000)?;
/// transaction.commit()?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// Fails with [`ErrorKind::Store`](dingtalk_core::ErrorKind::Store), without any change, if the database cannot be used,
/// and says what to do.
///
/// [`Store::enqueue`]: dingtalk_core::queue::store::Store::enqueue
pub fn enqueue_in(
    transaction: &mut Transaction<'_>,
    lane: &str,
    mut envelope: Envelope,
    capacity: usize,
) -> Result<Enqueued, Error> {
    let now = SystemTime::now();
    if envelope.expires_at.is_none() {
        envelope.expires_at = now.checked_add(EXPIRY);
    }
    let file = transaction.path().filter(|path| !path.is_empty()).unwrap_or("the database").to_owned();
    let mut enqueue = || {
        file::check_version()?;
        let savepoint = transaction.savepoint()?;
        file::migrate_in(&savepoint)?;
        let enqueued = Work::new(&savepoint, now).enqueue(lane, &envelope, capacity)?;
        savepoint.commit()?;
        Ok(enqueued)
    };
    enqueue().map_err(|trouble: Trouble| trouble.error(&file))
}
