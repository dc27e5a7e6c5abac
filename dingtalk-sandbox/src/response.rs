//! Responses of the page and of the robot endpoint: their bodies, and the headers that the page's responses share.

use http_body_util::{Either, Full};
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};

use crate::events::Events;

/// A complete body, or the live stream.
pub(crate) type Body = Either<Full<Bytes>, Events>;

/// Returns a complete body.
pub(crate) fn full(body: impl Into<Bytes>) -> Body {
    Either::Left(Full::new(body.into()))
}

/// Returns a body that grows while it is read.
pub(crate) fn live(events: Events) -> Body {
    Either::Right(events)
}

pub(crate) fn json(body: String) -> Response<Body> {
    typed(StatusCode::OK, "application/json", full(body))
}

pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    typed(status, "text/plain; charset=utf-8", full(text))
}

pub(crate) fn typed(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
