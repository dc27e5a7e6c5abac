//! Results of calls, before anything puts them into words.

use std::time::Duration;

use dingtalk_core::{
    Error, Receipt,
    message::{Faults, WireMessage},
};

use super::{policy::Refusal, repeat::DeliveryOutcome};

/// The result of a call.
#[derive(Debug, Clone)]
pub(crate) enum CallOutcome {
    /// The arguments are invalid. Nothing was sent.
    Invalid(Faults),
    /// The policy of the robot forbids it, or nobody confirmed it. Nothing was sent.
    Refused(Refusal),
    /// A dry run, with the request that would be sent.
    DryRun(Box<WireMessage>),
    /// A dry run of a message that cannot be sent.
    Unsendable(Error),
    /// The same call delivered it so long ago. Nothing was sent.
    Duplicate {
        /// The receipt of that delivery.
        receipt: Box<Receipt>,
        /// How long ago it was delivered.
        age: Duration,
    },
    /// The message was handed to the robot.
    Delivery {
        /// Its `msgUuid`.
        id: String,
        /// The outcome.
        outcome: DeliveryOutcome,
    },
}

impl CallOutcome {
    /// The `msgUuid` of the message, if there was one to be sent under it.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Delivery { id, .. } => Some(id),
            Self::Duplicate { receipt, .. } => Some(&receipt.id),
            Self::Invalid(_) | Self::Refused(_) | Self::DryRun(_) | Self::Unsendable(_) => None,
        }
    }
}
