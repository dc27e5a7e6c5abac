//! The page.

use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_SECURITY_POLICY, HeaderValue},
};

use crate::{
    response::{Body, full, typed},
    robot::random_hex,
    shared::Shared,
};

const PAGE: &str = include_str!("page.html");

/// Placeholder in the page for the nonce of its style and script.
const NONCE: &str = "{nonce}";

/// Placeholder for the token of this run.
const TOKEN: &str = "{token}";

/// Answers a request for the page, from a loopback name; `None` for every other path.
pub(crate) fn respond(request: &Request<Incoming>, shared: &Shared) -> Option<Response<Body>> {
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    (is_read && request.uri().path() == "/").then(|| page(shared))
}

fn page(shared: &Shared) -> Response<Body> {
    let nonce = random_hex();
    let mut response = typed(
        StatusCode::OK,
        "text/html; charset=utf-8",
        full(PAGE.replace(NONCE, &nonce).replace(TOKEN, &shared.token)),
    );
    // The page loads only the pictures of messages; its script builds no HTML from strings.
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
         img-src http: https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page contains its own style and script, and both have the nonce.
    #[test]
    fn the_page_loads_no_resources() {
        assert_eq!(PAGE.matches(NONCE).count(), 2);
        for loads in
            [" src=", "href=\"http", "stylesheet", "@import", "url(", "innerHTML", "style=\"", "onclick"]
        {
            assert!(!PAGE.contains(loads), "{loads}");
        }
    }
}
