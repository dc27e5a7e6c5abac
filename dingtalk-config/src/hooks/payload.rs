//! Requests of other programs.

use std::time::Duration;

use serde_json::Value;

/// A request of another program: its body, and the headers by their names in lower case.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Payload<'p> {
    /// The body.
    pub body: &'p Value,
    /// Returns the value of a header.
    pub header: &'p dyn Fn(&str) -> Option<String>,
    /// Time since the beginning of what the payload ends, if its beginning is [known](super::HookSource::incident).
    pub lasted: Option<Duration>,
}

impl<'p> Payload<'p> {
    /// Creates a payload of which nothing earlier is known.
    pub fn new(body: &'p Value, header: &'p dyn Fn(&str) -> Option<String>) -> Self {
        Self { body, header, lasted: None }
    }
}

/// Something with a beginning and an end, such as an outage, of which a payload tells one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Incident {
    /// Subject: the same at its beginning and at its end.
    pub subject: String,
    /// The payload tells of its end.
    pub is_over: bool,
}

impl std::fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A payload may hold secrets.
        f.debug_struct("Payload").finish_non_exhaustive()
    }
}
