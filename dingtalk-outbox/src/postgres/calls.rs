//! Rows of calls in PostgreSQL. A claim is two requests: one reads the call and locks it, and one writes.

use std::{sync::Arc, time::Duration};

use dingtalk_core::delivery::{Attempt, RobotKey};
use tokio_postgres::{Row, types::ToSql};

use super::{rows::PostgresRows, trouble};
use crate::{
    calls::rows::{CallRows, Granted, IN_PROGRESS, Known, RowKey, UNKNOWN},
    moment::Access,
    trouble::Trouble,
    units::micros,
};

/// Reads the answer of `read_call`.
fn known(row: &Row) -> Result<Option<Known>, trouble::Trouble> {
    let Some(id) = row.try_get("o_id")? else { return Ok(None) };
    let number = |name: &str| -> Result<u32, trouble::Trouble> {
        Ok(u32::try_from(row.try_get::<_, i64>(name)?).unwrap_or(u32::MAX))
    };
    Ok(Some(Known {
        meaning: key(row.try_get("o_meaning")?),
        id,
        state: row.try_get("o_state")?,
        at: row.try_get("o_at")?,
        process: row.try_get::<_, i32>("o_process")?.to_string(),
        is_running: Some(row.try_get("o_is_running")?),
        robot: key(row.try_get("o_robot")?),
        delivered: number("o_delivered")?,
        parts: number("o_parts")?,
    }))
}

fn key(bytes: Option<&[u8]>) -> Option<RowKey> {
    bytes?.try_into().ok()
}

/// Returns bytes as an expression of SQL.
fn bytes(bytes: &[u8]) -> String {
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("decode('{}', 'hex')", hex.concat())
}

/// Returns a text as an expression of SQL.
fn quoted(text: &str) -> String {
    let text = super::store::text(text).replace('\\', "\\\\").replace('\'', "''");
    format!("E'{text}'")
}

/// Returns the number of a process; that of a claim that was made elsewhere is unknown here.
fn number(process: &str) -> i32 {
    process.parse().unwrap_or(0)
}

/// Returns the condition for the row of a claim.
fn of_claim(granted: &Granted) -> String {
    let Granted { key, claim, process } = granted;
    format!("key = {} AND claim = {claim} AND process = {}", bytes(key), number(process))
}

impl PostgresRows<'_> {
    /// Returns the time of the transaction as an expression of SQL.
    fn now(&self) -> String {
        self.given.map_or_else(|| "micros(clock())".to_owned(), |(now, _)| now.to_string())
    }
}

impl CallRows for PostgresRows<'_> {
    fn secret(&self) -> Result<Vec<u8>, Trouble> {
        Ok(self.link.secret.to_vec())
    }

    fn process(&self) -> Result<Option<String>, Trouble> {
        let (session, postgres) = (Arc::clone(self.session), self.postgres.clone());
        let owner = self.request(async move { session.wait(&postgres).await })?;
        Ok(Some(owner.to_string()))
    }

    fn known_process(&self) -> Option<String> {
        self.session.known().map(|owner| owner.to_string())
    }

    fn find(&self, key: &RowKey) -> Result<Option<Known>, Trouble> {
        let (link, key) = (self.link.clone(), key.to_vec());
        let locks = self.access == Access::Write;
        let clock = self.given.map(|(now, _)| now);
        let begins = locks && !self.begun.replace(true);
        let answer = self.request(async move {
            let client = Arc::clone(&link.client);
            let values: [&(dyn ToSql + Sync); 3] = [&key, &clock, &locks];
            let read = client.query_one(&link.read_call, &values);
            if !begins {
                return Ok(read.await?);
            }
            // Both are sent at once, in this order.
            let (begun, read) = tokio::join!(biased; client.batch_execute("BEGIN"), read);
            begun?;
            Ok(read?)
        })?;
        let read = answer.try_get("o_now").map_err(Into::into).and_then(|now| Ok((now, known(&answer)?)));
        let (now, known) = self.checked(read)?;
        self.see_time(now);
        Ok(known.map(|known| Known { at: self.local(known.at), ..known }))
    }

    /// The function `clean` does so, which running programs call.
    fn forget(&self, _: i64) -> Result<(), Trouble> {
        Ok(())
    }

    fn add(
        &self,
        granted: &Granted,
        meaning: Option<&RowKey>,
        id: &str,
        _: i64,
        kept: Duration,
    ) -> Result<(), Trouble> {
        let Granted { key, claim, process } = granted;
        let (key, meaning) = (bytes(key), meaning.map_or_else(|| "NULL".to_owned(), |key| bytes(key)));
        let (id, process, now, kept) = (quoted(id), number(process), self.now(), micros(kept));
        self.write(format_args!("UPDATE owner SET seen = clock() WHERE owner = {process}"));
        self.write(format_args!(
            "INSERT INTO call (key, meaning, id, state, at, forget_at, claim, process)
             VALUES ({key}, {meaning}, {id}, {IN_PROGRESS}, {now}, {now} + {kept}, {claim}, {process})
             ON CONFLICT (key) DO UPDATE SET meaning = excluded.meaning, id = excluded.id, state = excluded.state,
                 at = excluded.at, forget_at = excluded.forget_at, claim = excluded.claim, process = excluded.process,
                 earlier_at = NULL, robot = NULL, delivered = 0, parts = 0"
        ));
        Ok(())
    }

    fn claim_again(&self, granted: &Granted, _: i64, kept: Duration) -> Result<(), Trouble> {
        let Granted { key, claim, process } = granted;
        let (key, process, now, kept) = (bytes(key), number(process), self.now(), micros(kept));
        // Others must not take over the claim before the session has begun anew.
        self.write(format_args!("UPDATE owner SET seen = clock() WHERE owner = {process}"));
        self.write(format_args!(
            "UPDATE call SET state = {IN_PROGRESS}, claim = {claim}, process = {process}, forget_at = {now} + {kept},
                 earlier_at = least(at, {now}), at = {now} WHERE key = {key}"
        ));
        Ok(())
    }

    fn begin(&self, granted: &Granted, attempt: &Attempt) -> Result<bool, Trouble> {
        let (link, granted) = (self.link.clone(), granted.clone());
        let robot = attempt.robot.as_ref().map(|robot| RobotKey::as_bytes(robot).to_vec());
        let (delivered, parts) =
            (super::store::number(attempt.delivered), super::store::number(attempt.parts));
        self.request(async move {
            let Granted { key, claim, process } = &granted;
            let (key, process) = (key.to_vec(), number(process));
            let values: [&(dyn ToSql + Sync); 6] = [&key, claim, &process, &robot, &delivered, &parts];
            Ok(link.client.query_one(&link.begin_call, &values).await?.try_get(0)?)
        })
    }

    fn end(&self, granted: &Granted, state: i16, _: i64, kept: Duration) -> Result<(), Trouble> {
        let (of_claim, now, kept) = (of_claim(granted), self.now(), micros(kept));
        self.write(format_args!(
            "UPDATE call SET state = {state}, at = {now}, forget_at = {now} + {kept} WHERE {of_claim}"
        ));
        Ok(())
    }

    fn give_up(&self, granted: &Granted, kept: Duration) -> Result<(), Trouble> {
        let (of_claim, kept) = (of_claim(granted), micros(kept));
        self.write(format_args!("DELETE FROM call WHERE {of_claim} AND earlier_at IS NULL"));
        self.write(format_args!(
            "UPDATE call SET state = {UNKNOWN}, at = earlier_at, forget_at = earlier_at + {kept} WHERE {of_claim}"
        ));
        Ok(())
    }
}
