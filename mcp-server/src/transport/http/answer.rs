//! Answers of the server itself, in the form that clients of HTTP and OAuth read.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use hyper::{
    StatusCode,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::json;

/// Returns a failure. Clients that look for OAuth parse every answer as its errors are written.
pub(crate) fn failure(status: StatusCode, error: &str, description: impl AsRef<str>) -> Response {
    let body = json!({"error": error, "error_description": description.as_ref()});
    as_json(status, body.to_string())
}

/// Returns JSON that is already written.
pub(crate) fn as_json(status: StatusCode, body: String) -> Response {
    let mut response = (status, Body::from(body)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
