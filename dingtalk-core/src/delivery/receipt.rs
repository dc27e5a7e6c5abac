//! What became of a message that did not fail.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The envelope's id.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The name of the robot that posted it, if it has one.
    pub robot: Option<String>,
    /// What the robot is known as where its token must not be: see [`Robot::id`](crate::Robot::id).
    pub robot_id: Option<String>,
    /// How many requests it took, for all parts together.
    pub attempts: u32,
    /// The size of the body, in bytes; of all parts' bodies together.
    pub bytes: usize,
    /// The ids of its parts, where the message was too long for one: `{id}-{n}`. Empty for a message in one piece.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// How much of [`elapsed`](Self::elapsed) it waited: for its turn, and between attempts. Milliseconds where it is
    /// serialized.
    #[serde(rename = "wait_ms", serialize_with = "as_milliseconds")]
    pub wait: Duration,
    /// How long it took; milliseconds where it is serialized.
    #[serde(rename = "elapsed_ms", serialize_with = "as_milliseconds")]
    pub elapsed: Duration,
}

/// What became of a message that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// DingTalk said that it took the message.
    Delivered,
    /// It waits in a queue, which will deliver it.
    Queued,
    /// It was tried, could not be delivered yet, and waits for its next attempt.
    Deferred,
    /// Its words are part of another message, together with others'.
    Merged,
}

impl Receipt {
    /// A receipt for one attempt, by nobody in particular.
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
