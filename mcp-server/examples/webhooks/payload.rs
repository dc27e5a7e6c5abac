//! Reading a webhook's body, and all that can be wrong with it.

use std::{fmt::Display, str::FromStr};

use dingtalk_core::Invalid;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};

/// What is wrong with a payload, a sentence each.
pub(crate) type Problems = Vec<String>;

/// Reads what is needed of a body.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problems> {
    serde_json::from_slice(body).map_err(|error| vec![format!("the payload cannot be read: {error}")])
}

/// Reads one of a few values, for `serde(deserialize_with)`.
pub(crate) fn choice<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(from: D) -> Result<T, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}

/// The values of a payload that its notification does not take.
pub(crate) fn problems(invalid: &Invalid) -> Problems {
    invalid.faults().iter().map(ToString::to_string).collect()
}
