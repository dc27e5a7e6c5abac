//! Parses a webhook's body, and collects all its faults.

use std::{fmt::Display, str::FromStr};

use dingtalk_core::message::Invalid;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};

/// Faults of a payload, one sentence each.
pub(crate) type Problems = Vec<String>;

/// Parses the required part of a body.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problems> {
    serde_json::from_slice(body).map_err(|error| vec![format!("the payload cannot be read: {error}")])
}

/// Parses one of a fixed set of values, for `serde(deserialize_with)`.
pub(crate) fn choice<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(from: D) -> Result<T, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}

/// Values of a payload that violate the constraints of its notification.
pub(crate) fn problems(invalid: &Invalid) -> Problems {
    invalid.faults().iter().map(ToString::to_string).collect()
}
