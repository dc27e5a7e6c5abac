//! Answers of the doors that have no form of their own.

use std::time::Duration;

use axum::response::Response;
use dingtalk_template::suggest;
use hyper::{
    StatusCode,
    header::{HeaderValue, RETRY_AFTER},
};
use serde_json::json;

use crate::transport::http::{as_json, failure};

/// Seconds after which a refused request may be repeated.
const RETRY: Duration = Duration::from_secs(5);

/// Maximum length of a name that an answer repeats, in characters.
pub(super) const MAX_SHOWN: usize = 128;

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

/// A request with one fault.
pub(super) fn invalid(problem: &str) -> Response {
    faults(StatusCode::BAD_REQUEST, &[problem.to_owned()])
}

/// A name that is none of the known ones. `none` says that there are none.
pub(super) fn unknown(what: &str, named: &str, known: &[&str], none: &str) -> Response {
    let cut: String = named.chars().take(MAX_SHOWN).collect();
    let problem = match suggest(named, known.iter().copied()) {
        Some(meant) => format!("unknown {what} {cut:?}; did you mean `{meant}`?"),
        None if known.is_empty() => format!("unknown {what} {cut:?}; {none}"),
        None => format!("unknown {what} {cut:?}; expected one of `{}`", known.join("`, `")),
    };
    failure(StatusCode::NOT_FOUND, "not_found", problem)
}
