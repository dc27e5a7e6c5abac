//! Notifications that are added within a transaction of the program's own: they are sent if it is committed.

use dingtalk_core::{Envelope, Error, ErrorKind, queue::store::Enqueued};
use tokio_postgres::Transaction;

use super::{letters, store, trouble::Trouble};

/// Adds a notification to a lane within a transaction, which may change the program's own tables, too: the notification
/// is sent if, and only if, the transaction is committed. Works as [`Store::enqueue`](dingtalk_core::queue::store::Store)
/// otherwise, and locks neither the lane nor its other notifications.
///
/// `schema` is that of the [`Postgres`](super::Postgres) whose queue delivers, and has to exist. The lane's name is
/// [`Deliver::lane_key`](dingtalk_core::Deliver::lane_key) of the robot. Nothing is added with a default expiry: set
/// one with [`Envelope::with_expiry`].
///
/// ```no_run
/// use dingtalk_core::{Deliver as _, Envelope, Message, Robot};
/// use dingtalk_outbox::enqueue_in_postgres;
///
/// # async fn order(client: &mut tokio_postgres::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let lane = Robot::from_env()?.lane_key().expect("a robot has one");
/// let mut transaction = client.transaction().await?;
/// transaction.execute("INSERT INTO orders (name) VALUES ('book')", &[]).await?;
/// let envelope = Envelope::new(Message::text("A book was ordered"));
/// enqueue_in_postgres(&mut transaction, "dingtalk", &lane, &envelope, 10_000).await?;
/// transaction.commit().await?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// Fails with [`ErrorKind::Store`] if the transaction fails. It cannot be committed then.
pub async fn enqueue_in_postgres(
    transaction: &mut Transaction<'_>,
    schema: &str,
    lane: &str,
    envelope: &Envelope,
    capacity: usize,
) -> Result<Enqueued, Error> {
    super::connection::check(schema)?;
    let added = add(transaction, schema, lane, envelope, capacity).await;
    added.map_err(|trouble| Error::new(ErrorKind::Store, trouble.words().to_owned()))
}

async fn add(
    transaction: &mut Transaction<'_>,
    schema: &str,
    lane: &str,
    envelope: &Envelope,
    capacity: usize,
) -> Result<Enqueued, Trouble> {
    // The functions name their tables without the schema.
    let path: String =
        transaction.query_one("SELECT current_setting('search_path')", &[]).await?.try_get(0)?;
    let set = "SELECT set_config('search_path', $1, true)";
    transaction.query_one(set, &[&format!("{schema}, pg_temp")]).await?;
    let (outcome, letter) = store::enqueue(&*transaction, lane, envelope, capacity).await?;
    let letter = match letter {
        Some(number) => {
            let sql = format!("SELECT {} FROM dead WHERE dead = $1", letters::LETTER);
            Some(letters::read(&transaction.query_one(&sql, &[&number]).await?)?)
        }
        None => None,
    };
    transaction.query_one(set, &[&path]).await?;
    Ok(store::outcome(&outcome, letter))
}
