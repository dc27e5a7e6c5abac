//! Dead letters, as rows.

use std::time::SystemTime;

use dingtalk_core::{
    Envelope, Error, ErrorKind, Message,
    queue::store::{DeadLetter, Failure, Loss},
};
use tokio_postgres::Row;

use super::trouble::Trouble;

/// Columns of a dead letter.
pub(super) const LETTER: &str =
    "id, lane, at, loss, last_failure, failure, attempts, may_have_arrived, envelope";

/// Reads a dead letter. One whose envelope cannot be read is shown as a text: its content is not lost, and its failure
/// says what is invalid.
pub(super) fn read(row: &Row) -> Result<DeadLetter, Trouble> {
    let loss: Loss = serde_json::from_str(row.get("loss"))?;
    let failure = match row.get::<_, Option<String>>("failure") {
        Some(json) => serde_json::from_str(&json)?,
        None => reason(loss, row.get::<_, Option<String>>("last_failure").as_deref())?,
    };
    let json: String = row.get("envelope");
    let envelope: Envelope = serde_json::from_str(&json)
        .unwrap_or_else(|_| Envelope::new(Message::text(json)).with_id(row.get::<_, String>("id")));
    let at: SystemTime = row.get("at");
    let mut letter = DeadLetter::new(row.get::<_, String>("lane"), envelope, loss, failure, at);
    letter.attempts = u32::try_from(row.get::<_, i32>("attempts")).unwrap_or(0);
    letter.may_have_arrived = row.get("may_have_arrived");
    Ok(letter)
}

/// Returns the failure of a notification that the store itself gave up.
fn reason(loss: Loss, last: Option<&str>) -> Result<Failure, Trouble> {
    if loss == Loss::Displaced {
        return Ok(Failure::from(&Error::new(ErrorKind::QueueFull, "an urgent notification took its place")));
    }
    let last: Option<Failure> = last.map(serde_json::from_str).transpose()?;
    let cause = last.map_or_else(String::new, |last| format!("the last attempt failed: {}", last.text));
    Ok(Failure::from(&Error::new(ErrorKind::Expired, cause)))
}
