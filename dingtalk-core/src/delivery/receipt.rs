//! Receipts of messages that did not fail.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// A receipt of a message that did not fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Receipt {
    /// Id of the envelope.
    pub id: String,
    /// Outcome of the delivery.
    pub outcome: Outcome,
    /// Name of the robot that sent it, if it has one.
    pub robot: Option<String>,
    /// Identifier of the robot that does not reveal its token; see [`Robot::id`](crate::Robot::id).
    pub robot_id: Option<String>,
    /// Number of requests, for all parts together.
    pub attempts: u32,
    /// Size of the body, in bytes; of all parts' bodies together.
    pub bytes: usize,
    /// Ids of the parts of a split message: `{id}-{n}`. Empty for an undivided message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Part of [`elapsed`](Self::elapsed) spent waiting for a slot and between attempts. Serialized in milliseconds.
    #[serde(rename = "wait_ms", serialize_with = "as_milliseconds")]
    pub wait: Duration,
    /// Time from the call to the outcome. Serialized in milliseconds.
    #[serde(rename = "elapsed_ms", serialize_with = "as_milliseconds")]
    pub elapsed: Duration,
}

/// Outcome of a message that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// DingTalk confirmed that it accepted the message.
    Delivered,
    /// The message waits in a queue, which will deliver it.
    Queued,
    /// An attempt failed, and the message waits for its next attempt.
    Deferred,
    /// The message is part of a digest.
    Merged,
    /// A rule for repetitions excludes the message: it was not queued, and is not sent.
    Suppressed,
}

impl Receipt {
    /// Creates a receipt for one attempt, without a robot.
    pub fn new(id: impl Into<String>, outcome: Outcome) -> Self {
        Self {
            id: id.into(),
            outcome,
            robot: None,
            robot_id: None,
            attempts: 1,
            bytes: 0,
            parts: Vec::new(),
            wait: Duration::ZERO,
            elapsed: Duration::ZERO,
        }
    }
}

fn as_milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_serializes_flat() {
        let mut receipt = Receipt::new("mine", Outcome::Delivered);
        receipt.elapsed = Duration::from_micros(12_345);
        let json = serde_json::to_value(&receipt).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "id": "mine", "outcome": "delivered", "robot": null, "robot_id": null,
                "attempts": 1, "bytes": 0, "wait_ms": 0, "elapsed_ms": 12
            })
        );
    }
}
