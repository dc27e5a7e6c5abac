//! Limits of a request's body: its size, and the time to send it.

use std::time::Duration;

use axum::{body::Body, response::Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::{StatusCode, body::Bytes};
use tokio::time::timeout;

use super::answer::failure;

/// Time for a client to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads a body of at most `max` bytes before anything else sees it, so that a slow client holds nothing but its place.
pub(crate) async fn read_body(body: Body, max: usize) -> Result<Bytes, Box<Response>> {
    let refuse = |status, description: &str| Err(Box::new(failure(status, "invalid_request", description)));
    match timeout(BODY_TIMEOUT, Limited::new(body, max).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            refuse(StatusCode::PAYLOAD_TOO_LARGE, &format!("the request exceeds {} KiB", max / 1024))
        }
        Ok(Err(_)) => refuse(StatusCode::BAD_REQUEST, "the request ended before its body was complete"),
        Err(_) => refuse(StatusCode::REQUEST_TIMEOUT, "timed out while reading the body"),
    }
}
