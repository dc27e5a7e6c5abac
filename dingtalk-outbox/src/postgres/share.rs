//! Notifications of sources that have places of their own.

use dingtalk_core::{Error, delivery::Urgency};
use tokio_postgres::types::ToSql;

use super::store::{PostgresStore, milliseconds, number, storable, text};
use crate::outbox::{
    Admitted, Arrival,
    share::{DIGESTS, LINES},
};

impl PostgresStore {
    pub(super) async fn add_arrival(&self, lane: &str, arrival: &Arrival) -> Result<Admitted, Error> {
        let Arrival { envelope, share, line, is_excess, marks, marked_for } = arrival;
        let digest = arrival.digest();
        let json = |envelope| serde_json::to_string(envelope).map_err(|error| self.postgres.error(&error.into()));
        let (dedupe, throttle) = (envelope.dedupe.as_ref(), envelope.throttle.as_ref());
        let marks: Vec<String> = marks.iter().map(|key| text(key)).collect();
        let lines = i32::try_from(LINES).unwrap_or(i32::MAX);
        let values: [&(dyn ToSql + Sync); 22] = [
            &text(lane),
            &text(&envelope.id),
            &(envelope.urgency == Urgency::Urgent),
            &envelope.expires_at.map(storable),
            &dedupe.map(|rule| text(&rule.key)),
            &dedupe.map(|rule| milliseconds(rule.span)),
            &throttle.map(|rule| text(&rule.key)),
            &throttle.map(|rule| i64::from(rule.limit)),
            &throttle.map(|rule| milliseconds(rule.span)),
            &envelope.robot.as_deref().map(text),
            &json(envelope)?,
            &share.notifications(),
            &number(share.places),
            is_excess,
            &share.digests(),
            &DIGESTS,
            &lines,
            line,
            &digest.id,
            &json(&digest)?,
            &marks,
            &milliseconds(*marked_for),
        ];
        let sql = "SELECT o_outcome, o_digest FROM admit_item($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
             $15, $16, $17, $18, $19, $20, $21, $22)";
        let rows = self.rows(sql, &values).await?;
        let row = rows.first();
        let outcome: &str = row.map_or("", |row| row.get(0));
        Ok(match (outcome, row.and_then(|row| row.get(1))) {
            ("merged", Some(digest)) => Admitted::Merged(digest),
            ("added", _) => Admitted::Added,
            ("known", _) => Admitted::Known,
            ("suppressed", _) => Admitted::Suppressed,
            _ => Admitted::Full,
        })
    }

    pub(super) async fn marked_keys(&self, lane: &str, keys: &[String]) -> Result<Vec<bool>, Error> {
        let keys: Vec<String> = keys.iter().map(|key| text(key)).collect();
        let sql = "SELECT EXISTS (SELECT FROM dedupe JOIN lane USING (lane), clock() AS now
                 WHERE lane.name = $1 AND dedupe.key = asked.key AND at <= now AND at + span > now)
             FROM unnest($2::text[]) WITH ORDINALITY AS asked (key, number) ORDER BY number";
        let rows = self.rows(sql, &[&text(lane), &keys]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}
