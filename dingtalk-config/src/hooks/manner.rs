//! The manner in which the messages of a hook are sent: how urgent they are, with which others, and how often.

use std::time::Duration;

use dingtalk_core::{
    Envelope,
    delivery::{Throttle, Urgency},
};

use super::{
    condition::{Conditions, text},
    evaluate::Selected,
    path::Scope,
    select::{Select, read_selections, read_span},
};
use crate::{Wording, section::Section};

/// Maximum time for which a message about something that ended waits for the next message.
const WITH_NEXT: Duration = Duration::from_secs(5 * 60);

/// Rules for all messages of a hook.
#[derive(Debug, Clone, Default)]
pub(super) struct Manner {
    /// Selections that identify what a payload is about, such as an alert; the same at its begin and at its end.
    subject: Vec<Select>,
    resolved: Resolved,
    urgent: Conditions,
    informational: Conditions,
    /// Minimum time between two messages about one subject.
    at_most_every: Option<Duration>,
    /// Maximum time for which a message waits for others.
    digest: Option<Duration>,
    /// Names of people whom a payload mentions.
    mention_by: Option<Select>,
}

/// Treatment of an event that ends something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Resolved {
    /// A line of the next message.
    #[default]
    WithNext,
    /// A message of its own, at once.
    Own,
    /// No message.
    Off,
}

/// Weight of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Weight {
    /// It needs somebody's attention.
    Ordinary,
    /// Something ended that an earlier event told of.
    Resolved,
    /// Worth knowing, but nobody needs to act.
    Informational,
}

/// The rules, applied to one payload.
#[derive(Debug, Clone)]
pub(super) struct Applied {
    pub(super) weight: Weight,
    pub(super) subject: Option<String>,
    pub(super) people: Vec<String>,
    /// Maximum time for which the message waits for others.
    pub(super) hold: Option<Duration>,
    is_urgent: bool,
    at_most_every: Option<Duration>,
}

impl Manner {
    /// Reads the rules. Those of a preset apply where the file has none.
    pub(super) fn read(section: &mut Section<'_>, preset: Self) -> Self {
        let subject =
            if section.has("subject") { read_selections(section, "subject") } else { preset.subject };
        let choices = [("with_next", Resolved::WithNext), ("own", Resolved::Own), ("off", Resolved::Off)];
        let resolved = section.choice("resolved", &choices).unwrap_or(preset.resolved);
        let mut conditions = |key: &str, preset: Conditions| {
            if section.asks_for(key) { Conditions::read(section, key) } else { preset }
        };
        let urgent = conditions("urgent", preset.urgent);
        let informational = conditions("informational", preset.informational);
        let mut span = |key: &str| section.asks_for(key).then(|| read_span(section, key)).flatten();
        let (at_most_every, digest) = (span("at_most_every"), span("digest"));
        if at_most_every.is_some() && subject.is_empty() && section.is_sound("subject") {
            let problem = Wording::new(
                "needs `subject`: selections that identify an alert, for example `subject = [\"alert.id\"]`",
                "需要 `subject`：能识别同一告警的选择，例如 `subject = [\"alert.id\"]`",
            );
            section.fault("at_most_every", problem);
        }
        let mention_by =
            section.asks_for("mention_by").then(|| Select::read(section, "mention_by")).flatten();
        Self { subject, resolved, urgent, informational, at_most_every, digest, mention_by }
    }

    /// Applies the rules to a payload. Returns `None` if it becomes no message. `resolves` says that its event ends
    /// something.
    pub(super) fn apply(&self, scope: Scope<'_>, resolves: bool) -> Option<Applied> {
        let holds = |conditions: &Conditions| !conditions.is_empty() && conditions.hold(scope);
        let weight = match resolves {
            true => Weight::Resolved,
            false if holds(&self.informational) => Weight::Informational,
            false => Weight::Ordinary,
        };
        let mut hold = self.digest;
        if weight == Weight::Resolved {
            match self.resolved {
                Resolved::Off => return None,
                Resolved::WithNext => hold = Some(hold.unwrap_or(WITH_NEXT)),
                Resolved::Own => {}
            }
        }
        let is_urgent = weight == Weight::Ordinary && holds(&self.urgent);
        Some(Applied {
            weight,
            subject: self.subject(scope),
            people: self.people(scope),
            hold: hold.filter(|_| !is_urgent),
            is_urgent,
            at_most_every: self.at_most_every,
        })
    }

    pub(super) fn has_subject(&self) -> bool {
        !self.subject.is_empty()
    }

    /// Returns what identifies the subject of a payload; `None` if a part of it is missing.
    pub(super) fn subject(&self, scope: Scope<'_>) -> Option<String> {
        let part = |select: &Select| select.evaluate(scope).map(|selected| selected.value.to_string());
        let parts: Vec<String> = self.subject.iter().map(part).collect::<Option<_>>()?;
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    fn people(&self, scope: Scope<'_>) -> Vec<String> {
        let selected = self.mention_by.as_ref().and_then(|select| select.evaluate(scope));
        let names = match selected {
            Some(Selected { value: serde_json::Value::Array(list), .. }) => {
                list.iter().filter_map(text).collect()
            }
            Some(Selected { value, .. }) => text(&value).into_iter().collect(),
            None => Vec::new(),
        };
        // One label has several names, too: `owner = "li, wang"`.
        names
            .iter()
            .flat_map(|names: &String| names.split([',', ';', '，', '；', '、']))
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect()
    }
}

impl Applied {
    /// Sets the delivery options of a message. `source` and `event` are the names of the hook and of the event.
    pub(super) fn set(&self, envelope: &mut Envelope, source: &str, event: &str) {
        if self.is_urgent {
            envelope.urgency = Urgency::Urgent;
        }
        if let (None, Some(subject), Some(span)) = (&envelope.throttle, &self.subject, self.at_most_every) {
            envelope.throttle = Some(Throttle::new(format!("hooks/{source}/{event}/{subject}"), 1, span));
        }
    }
}
