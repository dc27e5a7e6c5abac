//! Alertmanager's webhook and its message: one for each group of alerts.
//!
//! Properties that all alerts of the group share are shown first, and each alert only adds its own. Payload:
//! <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>; version 3 lacks some fields.

use std::collections::BTreeMap;

use dingtalk_core::{Markdown, Message, Notification, Url};
use serde::Deserialize;

use crate::{
    excerpt::{excerpt, first_items},
    notifications::alert::{AlertGroup, Status},
    payload::{Problems, choice, problems, read},
};

/// Labels or annotations.
type Pairs = BTreeMap<String, String>;

/// Turns a group of alerts into a message.
pub(crate) fn message(body: &[u8]) -> Result<Message, Problems> {
    AlertGroup::from(read::<Webhook>(body)?).message().map_err(|invalid| problems(&invalid))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    #[serde(deserialize_with = "choice")]
    status: Status,
    receiver: String,
    #[serde(default)]
    truncated_alerts: usize,
    group_labels: Pairs,
    common_labels: Pairs,
    common_annotations: Pairs,
    #[serde(rename = "externalURL")]
    external_url: String,
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    #[serde(deserialize_with = "choice")]
    status: Status,
    labels: Pairs,
    annotations: Pairs,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: String,
}

impl From<Webhook> for AlertGroup {
    fn from(group: Webhook) -> Self {
        let alerts = |status: Status| -> Vec<Markdown> {
            let alerts = group.alerts.iter().filter(|alert| alert.status == status);
            alerts.map(|alert| alert.beside(&group)).collect()
        };
        let (firing, resolved) = (alerts(Status::Firing), alerts(Status::Resolved));
        let count = |alerts: usize| (alerts > 0).then_some(alerts);
        let (firing_count, resolved_count) = (count(firing.len()), count(resolved.len()));
        let (firing, more_firing) = first_items(firing, 10, 5000);
        let (resolved, more_resolved) = first_items(resolved, 10, 1500);
        Self {
            status: group.status,
            name: group.name(),
            labels: pairs(group.common_labels.iter().filter(|(name, _)| *name != "alertname")),
            summary: text(&group.common_annotations, "summary").unwrap_or_default(),
            description: text(&group.common_annotations, "description"),
            firing_count,
            firing,
            more_firing,
            resolved_count,
            resolved,
            more_resolved,
            truncated: count(group.truncated_alerts),
            runbook: group.common_annotations.get("runbook_url").and_then(|url| link(url)),
            alertmanager: link(&group.external_url),
        }
    }
}

impl Webhook {
    fn name(&self) -> String {
        match self.common_labels.get("alertname") {
            Some(name) => excerpt(name, 100),
            None if self.group_labels.is_empty() => excerpt(&self.receiver, 100),
            None => excerpt(&pairs(&self.group_labels), 100),
        }
    }
}

impl Alert {
    /// The alert on one line, without the properties that it shares with the others of its group.
    fn beside(&self, group: &Webhook) -> Markdown {
        let own = |annotation: &str| {
            let shared = self.annotations.get(annotation) == group.common_annotations.get(annotation);
            text(&self.annotations, annotation).filter(|_| !shared)
        };
        let escaped = |text: String| String::from(Markdown::from_text(text));
        let labels = pairs(self.labels.iter().filter(|(name, _)| !group.common_labels.contains_key(*name)));
        let time = match self.status {
            Status::Firing => format!("since {}", minute(&self.starts_at)),
            Status::Resolved => format!("until {}", minute(&self.ends_at)),
        };
        let parts = [
            own("summary").map(escaped),
            own("description").map(escaped),
            Some(escaped(labels)),
            Some(escaped(time)),
            link(&self.generator_url).map(|url| format!("[graph]({url})")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        // The spaces keep the end of one part from merging with the next.
        Markdown::trusted(parts.join(" · "))
    }
}

/// An annotation, truncated for a chat; `None` for one without text.
fn text(annotations: &Pairs, name: &str) -> Option<String> {
    annotations.get(name).map(|text| excerpt(text, 200)).filter(|text| !text.is_empty())
}

fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    excerpt(&pairs.join(", "), 300)
}

/// A link, if it is valid and fits into a message. An alert without its link is still an alert.
fn link(url: &str) -> Option<Url> {
    Url::new(url).ok().filter(|url| url.as_str().len() <= 1000)
}

/// `2026-11-20T18:03:11.482Z` as a person reads it: `2026-11-20 18:03 UTC`.
fn minute(time: &str) -> String {
    let (Some(date), Some(clock)) = (time.get(..10), time.get(11..16)) else { return excerpt(time, 40) };
    let zone = match time.strip_suffix('Z') {
        Some(_) => "UTC",
        None => time.get(time.len().saturating_sub(6)..).unwrap_or_default(),
    };
    format!("{date} {clock} {zone}")
}
