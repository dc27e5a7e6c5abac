//! Requests of other programs.

use serde_json::Value;

/// A request of another program: its body, and the headers by their names in lower case.
#[derive(Clone, Copy)]
pub struct Payload<'p> {
    /// The body.
    pub body: &'p Value,
    /// Returns the value of a header.
    pub header: &'p dyn Fn(&str) -> Option<String>,
}

impl std::fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A payload may hold secrets.
        f.debug_struct("Payload").finish_non_exhaustive()
    }
}
