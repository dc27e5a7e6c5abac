//! The id that identifies an HTTP request in the logs.

use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
    http::request::Parts,
};
use rmcp::model::Extensions;
use ulid::Ulid;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Maximum length of a request id; a longer one is replaced.
const MAX_REQUEST_ID: usize = 64;

/// Returns the id of the HTTP request of a call.
pub(crate) fn of(context: &Extensions) -> Option<&str> {
    let head = context.get::<Parts>()?;
    head.headers.get(&REQUEST_ID)?.to_str().ok()
}

/// Returns a request's own id if it is harmless in a log, else a new one.
pub(crate) fn of_headers(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(&REQUEST_ID).filter(|id| {
        let is_harmless = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
        !id.is_empty() && id.len() <= MAX_REQUEST_ID && id.as_bytes().iter().all(is_harmless)
    });
    given.cloned().unwrap_or_else(|| {
        // A ULID consists of letters and digits.
        HeaderValue::from_str(&Ulid::generate().to_string()).unwrap_or(HeaderValue::from_static("-"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_kept_if_it_is_harmless() {
        let id = |given: &str| {
            let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_str(given).unwrap())]);
            of_headers(&headers).to_str().unwrap().to_owned()
        };
        assert_eq!(id("7f3a-1:b.c_d"), "7f3a-1:b.c_d");
        for given in ["", "a b", "x\"y", &"a".repeat(65)] {
            assert_eq!(id(given).len(), 26, "{given}");
        }
        assert_ne!(of_headers(&HeaderMap::new()), of_headers(&HeaderMap::new()));
    }
}
