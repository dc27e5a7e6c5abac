//! Batches: several messages in one text, which two early versions of the protocol allow.

use rmcp::{ErrorData, model::ProtocolVersion};
use serde_json::Value;

use super::{Incoming, Refused, check};

/// Maximum number of messages in a batch.
const MAX_BATCH: usize = 20;

/// The messages of a batch, each read by itself.
pub(crate) type Batch = Vec<Result<Incoming, Refused>>;

/// Reads the messages of a batch from a session of this version. `None` is a conversation without a version: one that
/// has not begun, or one of the versions without sessions.
pub(crate) fn read(
    elements: Result<Vec<Value>, Box<ErrorData>>,
    version: Option<&ProtocolVersion>,
) -> Result<Batch, Box<ErrorData>> {
    let invalid = |problem: String| Err(Box::new(ErrorData::invalid_request(problem, None)));
    if !version.is_some_and(has_batches) {
        return invalid(
            "batches are not supported in this version of the protocol: send each message alone".to_owned(),
        );
    }
    let elements = elements?;
    match elements.len() {
        0 => invalid("a batch must not be empty".to_owned()),
        1..=MAX_BATCH => Ok(elements.into_iter().map(read_element).collect()),
        count => invalid(format!("a batch has at most {MAX_BATCH} messages; this one has {count}")),
    }
}

/// Reports whether a version of the protocol has batches.
pub(crate) fn has_batches(version: &ProtocolVersion) -> bool {
    [ProtocolVersion::V_2024_11_05, ProtocolVersion::V_2025_03_26].contains(version)
}

fn read_element(element: Value) -> Result<Incoming, Refused> {
    let incoming = check(element, None)?;
    match incoming.request_id() {
        Some(id) if incoming.message["method"] == "initialize" => {
            let problem = "`initialize` must not be part of a batch".to_owned();
            let error = Box::new(ErrorData::invalid_request(problem, None));
            Err(Refused { id: Some(id), error, initializes: true })
        }
        _ => Ok(incoming),
    }
}
