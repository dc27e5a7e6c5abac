//! Results of calls, before they are put into words.

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
    /// The policy of the robot forbids the message, or it was not confirmed. Nothing was sent.
    Refused(Refusal),
    /// A dry run, with the request that would be sent, or those of all parts.
    DryRun(Vec<WireMessage>),
    /// A dry run of a message that cannot be sent.
    Unsendable(Error),
    /// The same call has already delivered the message. Nothing was sent.
    Duplicate {
        /// The receipt of that delivery.
        receipt: Box<Receipt>,
        /// Time since that delivery.
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
    /// Returns the `msgUuid` of the message, if it was to be sent under one.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Delivery { id, .. } => Some(id),
            Self::Duplicate { receipt, .. } => Some(&receipt.id),
            Self::Invalid(_) | Self::Refused(_) | Self::DryRun(_) | Self::Unsendable(_) => None,
        }
    }
}
