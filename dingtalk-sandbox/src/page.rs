//! Responses to a browser and to scripts: the page, its live stream, the log as JSON.

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

/// Placeholder in the page for the nonce of its style and script.
const NONCE: &str = "{nonce}";

/// Answers every request that is not for the robot endpoint.
pub(crate) fn respond(request: &Request<Incoming>, shared: &Arc<Shared>) -> Response<Body> {
    if !is_loopback(request.headers().get(HOST)) {
        return plain(
            StatusCode::FORBIDDEN,
            "This page is only available on the machine it runs on. Open it as http://localhost.\n",
        );
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response =
            plain(StatusCode::METHOD_NOT_ALLOWED, "Use GET here. Send messages to POST /robot/send.\n");
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
        _ => plain(StatusCode::NOT_FOUND, "Not found. The chat is at /, the robot at POST /robot/send.\n"),
    }
}

/// Reports whether the `Host` header has a loopback name. A web site that points its own name to 127.0.0.1 (DNS
/// rebinding) could read the chat otherwise; the header still has the site's name.
fn is_loopback(host: Option<&HeaderValue>) -> bool {
    let Some(host) = host.and_then(|host| host.to_str().ok()) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|loopback| name.eq_ignore_ascii_case(loopback))
}

/// Number of the last entry that the page has: `Last-Event-ID` of a browser that reconnects, or `after` in the query.
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

    #[test]
    fn only_loopback_names_are_accepted() {
        let accepts = |host: &'static str| is_loopback(Some(&HeaderValue::from_static(host)));
        for host in ["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]", "[::1]:80"] {
            assert!(accepts(host), "{host}");
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
            assert!(!accepts(host), "{host}");
        }
        assert!(!is_loopback(None));
    }

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
