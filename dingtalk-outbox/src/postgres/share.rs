//! Notifications of sources that have places of their own.

use std::time::SystemTime;

use dingtalk_core::{
    Error,
    delivery::Urgency,
    message::{Mobile, UserId},
};
use tokio_postgres::{Row, types::ToSql};

use super::{
    store::{PostgresStore, milliseconds, number, storable, text},
    trouble::Trouble,
};
use crate::outbox::{
    Admitted, Submission,
    share::{COLLECTS, DIGESTS, LINES, MARKS},
};

/// Number of parameters of the function `admit_item`.
const PARAMETERS: usize = 27;

impl PostgresStore {
    pub(super) async fn add_submissions(
        &self,
        submissions: Vec<(String, Submission)>,
    ) -> Result<Vec<Admitted>, Error> {
        if submissions.is_empty() {
            return Ok(Vec::new());
        }
        let values: Result<Vec<_>, Trouble> =
            submissions.iter().map(|(lane, submission)| parameters(lane, submission)).collect();
        let values = values.map_err(|trouble| self.postgres.error(&trouble))?;
        // One statement, and so one transaction.
        let calls = (0..submissions.len()).map(|number| {
            let first = number * PARAMETERS + 1;
            let names: Vec<String> = (first..first + PARAMETERS).map(|name| format!("${name}")).collect();
            format!("SELECT {number}, o_outcome, o_digest FROM admit_item({})", names.join(", "))
        });
        let sql = calls.collect::<Vec<_>>().join(" UNION ALL ") + " ORDER BY 1";
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().flatten().map(|value| &**value as _).collect();
        let rows = self.rows(&sql, &values).await?;
        let read = |row: &Row| match (row.get(1), row.get(2)) {
            ("merged", Some(digest)) => Admitted::Merged(digest),
            ("known", _) => Admitted::Known,
            ("suppressed", _) => Admitted::Suppressed,
            _ => Admitted::Added,
        };
        Ok(rows.iter().map(read).collect())
    }

    pub(super) async fn marked_keys(&self, keys: Vec<String>) -> Result<Vec<Option<SystemTime>>, Error> {
        let keys: Vec<String> = keys.iter().map(|key| text(key)).collect();
        let sql = "SELECT (SELECT at FROM dedupe JOIN lane USING (lane), clock() AS now
                 WHERE lane.name = $1 AND dedupe.key = asked.key AND at <= now AND at + span > now)
             FROM unnest($2::text[]) WITH ORDINALITY AS asked (key, number) ORDER BY number";
        let rows = self.rows(sql, &[&MARKS, &keys]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}

/// Returns the parameters of the function `admit_item`.
fn parameters(
    lane: &str,
    submission: &Submission,
) -> Result<[Box<dyn ToSql + Sync + Send>; PARAMETERS], Trouble> {
    let Submission { envelope, share, line, marks, marked_for } = submission;
    let digest = submission.digest();
    let (dedupe, throttle) = (envelope.dedupe.as_ref(), envelope.throttle.as_ref());
    let mentions = envelope.message.mentions();
    let (mobiles, user_ids): (Vec<&str>, Vec<&str>) = match mentions {
        Some(mentions) => (
            mentions.mobiles.iter().map(Mobile::as_str).collect(),
            mentions.user_ids.iter().map(UserId::as_str).collect(),
        ),
        None => (Vec::new(), Vec::new()),
    };
    let mobiles: Vec<String> = mobiles.into_iter().map(text).collect();
    let user_ids: Vec<String> = user_ids.into_iter().map(text).collect();
    let marks: Vec<String> = marks.iter().map(|key| text(key)).collect();
    Ok([
        Box::new(text(lane)),
        Box::new(text(&envelope.id)),
        Box::new(envelope.urgency == Urgency::Urgent),
        Box::new(envelope.expires_at.map(storable)),
        Box::new(dedupe.map(|rule| text(&rule.key))),
        Box::new(dedupe.map(|rule| milliseconds(rule.span))),
        Box::new(throttle.map(|rule| text(&rule.key))),
        Box::new(throttle.map(|rule| i64::from(rule.limit))),
        Box::new(throttle.map(|rule| milliseconds(rule.span))),
        Box::new(envelope.robot.as_deref().map(text)),
        Box::new(serde_json::to_string(envelope)?),
        Box::new(share.notifications()),
        Box::new(number(share.places)),
        Box::new(share.per_minute.map(i64::from)),
        Box::new(share.digests()),
        Box::new(DIGESTS),
        Box::new(i32::try_from(LINES).unwrap_or(i32::MAX)),
        Box::new(text(line)),
        Box::new(digest.id.clone()),
        Box::new(serde_json::to_string(&digest)?),
        Box::new(marks),
        Box::new(milliseconds(*marked_for)),
        Box::new(COLLECTS),
        Box::new(mobiles),
        Box::new(user_ids),
        Box::new(mentions.is_some_and(|mentions| mentions.all)),
        Box::new(number(share.max_mentions)),
    ])
}
