//! What a browser and scripts get: the page, its live stream, the log as JSON.

use std::sync::Arc;

use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ALLOW, CONTENT_SECURITY_POLICY, HOST, HeaderValue},
};

use crate::{
    config::random_hex,
    events::Events,
    response::{Body, full, json, live, plain, typed},
    shared::Shared,
    view,
};

const PAGE: &str = include_str!("page.html");

/// Stands in the page where the nonce of its style and script goes.
const NONCE: &str = "{nonce}";

/// Answers everything but the robot endpoint.
pub(crate) fn respond(request: &Request<Incoming>, shared: &Arc<Shared>) -> Response<Body> {
    if !is_loopback(request.headers().get(HOST)) {
        return plain(
            StatusCode::FORBIDDEN,
            "This page is for the machine it runs on: open it as localhost.\n",
        );
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response =
            plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET. Messages go to POST /robot/send.\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match request.uri().path() {
        "/" => page(),
        "/messages" => json(view::messages(shared)),
        "/robots" => json(view::robots(shared)),
        "/events" => typed(
            StatusCode::OK,
            "text/event-stream; charset=utf-8",
            live(Events::after(last_seen(request), shared)),
        ),
        "/healthz" => plain(StatusCode::OK, "ok\n"),
        _ => plain(StatusCode::NOT_FOUND, "Nothing here. The chat is at /, the robot at POST /robot/send.\n"),
    }
}

/// A web site that makes its name point to 127.0.0.1 (DNS rebinding) could read the chat, were it not for the name in
/// the `Host` header, which remains its own.
fn is_loopback(host: Option<&HeaderValue>) -> bool {
    let Some(host) = host.and_then(|host| host.to_str().ok()) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|loopback| name.eq_ignore_ascii_case(loopback))
}

/// The number of the last entry that the page has: what a browser says on reconnecting, or `after` in the query.
fn last_seen(request: &Request<Incoming>) -> u64 {
    let header = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let query = || {
        let query = request.uri().query().unwrap_or_default();
        let (_, after) = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "after")?;
        after.parse().ok()
    };
    header.or_else(query).unwrap_or(0)
}

fn page() -> Response<Body> {
    let nonce = random_hex();
    let mut response = typed(StatusCode::OK, "text/html; charset=utf-8", full(PAGE.replace(NONCE, &nonce)));
    // Nothing is loaded but the pictures that messages show; the script builds no HTML from strings.
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

    #[test]
    fn only_loopback_names() {
        let ask = |host: &'static str| is_loopback(Some(&HeaderValue::from_static(host)));
        for host in ["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]", "[::1]:80"] {
            assert!(ask(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1:evil",
            "::1:80",
            "192.168.0.1",
        ] {
            assert!(!ask(host), "{host}");
        }
        assert!(!is_loopback(None));
    }

    /// The page holds all it needs, and both of its parts carry the nonce.
    #[test]
    fn the_page_loads_nothing() {
        assert_eq!(PAGE.matches(NONCE).count(), 2);
        for loads in
            [" src=", "href=\"http", "stylesheet", "@import", "url(", "innerHTML", "style=\"", "onclick"]
        {
            assert!(!PAGE.contains(loads), "{loads}");
        }
    }
}
