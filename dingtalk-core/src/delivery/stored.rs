//! Stored forms of envelopes, items and dead letters, for durable stores.
//!
//! Each form has a number. New properties are optional fields, which older readers ignore; the number rises only if
//! older readers must not read the form at all. An unknown number or name is an error, so that a store keeps the row
//! for the newer program that wrote it.

use std::time::{Duration, SystemTime};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        Error as _, IntoDeserializer as _,
        value::{Error as Mismatch, StringDeserializer},
    },
};

use super::{
    Confirmation, Dedupe, Envelope, ErrorKind, Throttle, Urgency,
    store::{DeadLetter, Failure, Item, Loss},
};
use crate::{Message, message::newer};

/// Number of the form that is written, and the newest that is read.
const FORM: u32 = 1;

#[derive(Serialize, Deserialize)]
struct StoredEnvelope {
    #[serde(deserialize_with = "form")]
    form: u32,
    id: String,
    message: Message,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    robot: Option<String>,
    #[serde(default, deserialize_with = "known")]
    urgency: Urgency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest_line: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dedupe: Option<StoredDedupe>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    throttle: Option<StoredThrottle>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmation: Option<Confirmation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_until_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct StoredDedupe {
    key: String,
    span_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredThrottle {
    key: String,
    limit: u32,
    span_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredItem {
    #[serde(deserialize_with = "form")]
    form: u32,
    envelope: Envelope,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    members: Vec<String>,
    enqueued_ms: u64,
    attempts: u32,
    #[serde(default)]
    interrupted: bool,
    #[serde(default)]
    may_have_arrived: bool,
    #[serde(default)]
    alone: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    suppressed: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_failure: Option<StoredFailure>,
    claim: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredLetter {
    #[serde(deserialize_with = "form")]
    form: u32,
    lane: String,
    envelope: Envelope,
    loss: StoredLoss,
    failure: StoredFailure,
    attempts: u32,
    may_have_arrived: bool,
    at_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredFailure {
    #[serde(deserialize_with = "known")]
    kind: ErrorKind,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct StoredLoss {
    #[serde(deserialize_with = "known")]
    reason: Reason,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "known_if_any")]
    kind: Option<ErrorKind>,
}

/// A [`Loss`] without the kind of the failure.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Expired,
    Refused,
    TooManyAttempts,
    Unknown,
    Displaced,
    Dropped,
}

/// Reads the number of a form.
fn form<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        known @ 1..=FORM => Ok(known),
        0 => Err(D::Error::custom("form: expected a number from 1")),
        unknown => Err(D::Error::custom(newer(&format!("form {unknown}")))),
    }
}

/// Reads a name to which a newer version may have added others.
fn known<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let name = String::deserialize(deserializer)?;
    let deserializer: StringDeserializer<Mismatch> = name.clone().into_deserializer();
    T::deserialize(deserializer).map_err(|_| D::Error::custom(newer(&format!("{name:?}"))))
}

fn known_if_any<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    known(deserializer).map(Some)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Milliseconds since 1970; 0 for a time before that.
fn to_milliseconds(time: SystemTime) -> u64 {
    milliseconds(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn time<E: serde::de::Error>(field: &str, milliseconds: u64) -> Result<SystemTime, E> {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds));
    time.ok_or_else(|| E::custom(format!("{field}: {milliseconds} is out of range")))
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let dedupe = |rule: &Dedupe| StoredDedupe { key: rule.key.clone(), span_ms: milliseconds(rule.span) };
        let throttle = |rule: &Throttle| StoredThrottle {
            key: rule.key.clone(),
            limit: rule.limit,
            span_ms: milliseconds(rule.span),
        };
        let stored = StoredEnvelope {
            form: FORM,
            id: self.id.clone(),
            message: self.message.clone(),
            robot: self.robot.clone(),
            urgency: self.urgency,
            group: self.group.clone(),
            digest_line: self.digest_line.clone(),
            dedupe: self.dedupe.as_ref().map(dedupe),
            throttle: self.throttle.as_ref().map(throttle),
            confirmation: self.confirmation.clone(),
            held_until_ms: self.held_until.map(to_milliseconds),
            not_before_ms: self.not_before.map(to_milliseconds),
            expires_at_ms: self.expires_at.map(to_milliseconds),
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredEnvelope::deserialize(deserializer)?;
        if stored.id.trim().is_empty() {
            return Err(D::Error::custom("id: must not be blank"));
        }
        let mut envelope = Self::new(stored.message).with_id(stored.id).with_urgency(stored.urgency);
        envelope.robot = stored.robot;
        envelope.group = stored.group;
        envelope.digest_line = stored.digest_line;
        envelope.dedupe =
            stored.dedupe.map(|rule| Dedupe::new(rule.key, Duration::from_millis(rule.span_ms)));
        envelope.throttle = stored
            .throttle
            .map(|rule| Throttle::new(rule.key, rule.limit, Duration::from_millis(rule.span_ms)));
        envelope.confirmation = stored.confirmation;
        envelope.held_until = stored.held_until_ms.map(|at| time("held_until_ms", at)).transpose()?;
        envelope.not_before = stored.not_before_ms.map(|at| time("not_before_ms", at)).transpose()?;
        envelope.expires_at = stored.expires_at_ms.map(|at| time("expires_at_ms", at)).transpose()?;
        Ok(envelope)
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = StoredItem {
            form: FORM,
            envelope: self.envelope.clone(),
            members: self.members.clone(),
            enqueued_ms: to_milliseconds(self.enqueued),
            attempts: self.attempts,
            interrupted: self.interrupted,
            may_have_arrived: self.may_have_arrived,
            alone: self.alone,
            suppressed: self.suppressed,
            last_failure: self.last_failure.as_ref().map(StoredFailure::from),
            claim: self.claim,
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredItem::deserialize(deserializer)?;
        let enqueued = time("enqueued_ms", stored.enqueued_ms)?;
        let mut item = Self::new(stored.envelope, enqueued, stored.claim);
        item.members = stored.members;
        item.attempts = stored.attempts;
        item.interrupted = stored.interrupted;
        item.may_have_arrived = stored.may_have_arrived;
        item.alone = stored.alone;
        item.suppressed = stored.suppressed;
        item.last_failure = stored.last_failure.map(Failure::from);
        Ok(item)
    }
}

impl Serialize for DeadLetter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = StoredLetter {
            form: FORM,
            lane: self.lane.clone(),
            envelope: self.envelope.clone(),
            loss: self.loss.into(),
            failure: (&self.failure).into(),
            attempts: self.attempts,
            may_have_arrived: self.may_have_arrived,
            at_ms: to_milliseconds(self.at),
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DeadLetter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredLetter::deserialize(deserializer)?;
        let loss = Loss::try_from(stored.loss).map_err(D::Error::custom)?;
        let at = time("at_ms", stored.at_ms)?;
        let mut letter = Self::new(stored.lane, stored.envelope, loss, stored.failure.into(), at);
        (letter.attempts, letter.may_have_arrived) = (stored.attempts, stored.may_have_arrived);
        Ok(letter)
    }
}

impl From<&Failure> for StoredFailure {
    fn from(failure: &Failure) -> Self {
        Self { kind: failure.kind, text: failure.text.clone() }
    }
}

impl From<StoredFailure> for Failure {
    fn from(StoredFailure { kind, text }: StoredFailure) -> Self {
        Self::new(kind, text)
    }
}

impl From<Loss> for StoredLoss {
    fn from(loss: Loss) -> Self {
        let (reason, kind) = match loss {
            Loss::Expired => (Reason::Expired, None),
            Loss::Refused(kind) => (Reason::Refused, Some(kind)),
            Loss::TooManyAttempts(kind) => (Reason::TooManyAttempts, Some(kind)),
            Loss::Unknown => (Reason::Unknown, None),
            Loss::Displaced => (Reason::Displaced, None),
            Loss::Dropped => (Reason::Dropped, None),
        };
        Self { reason, kind }
    }
}

impl TryFrom<StoredLoss> for Loss {
    type Error = &'static str;

    fn try_from(StoredLoss { reason, kind }: StoredLoss) -> Result<Self, Self::Error> {
        match (reason, kind) {
            (Reason::Expired, _) => Ok(Self::Expired),
            (Reason::Refused, Some(kind)) => Ok(Self::Refused(kind)),
            (Reason::TooManyAttempts, Some(kind)) => Ok(Self::TooManyAttempts(kind)),
            (Reason::Unknown, _) => Ok(Self::Unknown),
            (Reason::Displaced, _) => Ok(Self::Displaced),
            (Reason::Dropped, _) => Ok(Self::Dropped),
            (Reason::Refused | Reason::TooManyAttempts, None) => Err("loss.kind is missing"),
        }
    }
}
