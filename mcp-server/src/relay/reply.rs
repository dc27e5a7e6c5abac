//! Answers of the doors that have no form of their own.

use std::time::Duration;

use axum::response::Response;
use hyper::{
    StatusCode,
    header::{HeaderValue, RETRY_AFTER},
};
use serde_json::json;

use crate::transport::http::as_json;

/// Seconds after which a refused request may be repeated.
const RETRY: Duration = Duration::from_secs(5);

/// A message that is in the queue. The form does not depend on how far its delivery is: a repetition has the same.
pub(super) fn queued(id: &str, is_replayed: bool) -> Response {
    let mut body = json!({"status": "queued", "id": id});
    if is_replayed {
        body["replayed"] = true.into();
    }
    as_json(StatusCode::OK, body.to_string())
}

/// A request with faults, each of which is named.
pub(super) fn faults(status: StatusCode, faults: &[String]) -> Response {
    let body = json!({"error": "invalid_request", "error_description": faults.join("; "), "faults": faults});
    as_json(status, body.to_string())
}

/// Adds the time after which the request may be repeated.
pub(super) fn retry_after(mut response: Response, wait: Option<Duration>) -> Response {
    let wait = wait.unwrap_or(RETRY);
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}
