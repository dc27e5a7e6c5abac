//! The page: the chat, one request, and "how sure are we". It is made here, works without a script, and its script
//! gets new articles as JSON.

mod article;
mod conversations;
mod entry;
mod inspector;
mod options;
mod shell;
mod sure;

use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderValue},
};
use serde_json::json;

use self::options::Options;
use crate::{
    response::{Body, full, json as json_response, typed},
    robot::random_hex,
    shared::Shared,
};

/// Maximum number of entries on the page. A longer log is read through `GET /messages`, and by permalinks.
const KEPT: usize = 1000;

/// Answers a request for a page, from a loopback name; `None` for a path that belongs to no page.
pub(crate) fn respond(request: &Request<Incoming>, shared: &Shared) -> Option<Response<Body>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return None;
    }
    let query = request.uri().query().unwrap_or_default();
    let accepted = request.headers().get(ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let options = Options::read(query, accepted);
    let path = request.uri().path();
    let nonce = random_hex();
    let document = match path {
        "/" => Some(shell::chat(shared, &options, &nonce)),
        "/sure" => Some(shell::sure(shared, &options, &nonce)),
        "/articles" => return Some(json_response(articles(shared, query, &options))),
        "/conversations" => {
            return Some(json_response(conversations::list(shared, &options).json().to_string()));
        }
        _ => match path.strip_prefix("/view/")?.split_once('/') {
            None => path
                .strip_prefix("/view/")?
                .parse()
                .ok()
                .and_then(|it| shell::one(shared, it, &options, &nonce)),
            Some((number, part)) => return part_of(shared, number, part, &options),
        },
    };
    Some(match document {
        Some(document) => page(document, &options, &nonce),
        None => {
            let text = options.say(["This request is not in the log.\n", "日志中没有此请求。\n"]);
            typed(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", full(text))
        }
    })
}

/// Renders the articles after a number, as JSON.
fn articles(shared: &Shared, query: &str, options: &Options) -> String {
    let after = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "after");
    let after = after.and_then(|(_, after)| after.parse().ok()).unwrap_or(0);
    let entries = shared.state().log.newest_since(after, KEPT);
    let articles: Vec<_> = entries
        .iter()
        .map(|entry| json!({"number": entry.number, "element": shell::filtered(entry, shared, options).json()}))
        .collect();
    json!({"run": shared.run, "articles": articles}).to_string()
}

/// Renders a part of a request, which the page loads when somebody asks for it.
fn part_of(shared: &Shared, number: &str, part: &str, options: &Options) -> Option<Response<Body>> {
    let entry = number.parse().ok().and_then(|number| shared.state().log.get(number))?;
    match part {
        "request" => {
            let element = inspector::request(&entry, &shared.names, options);
            Some(json_response(element.json().to_string()))
        }
        "curl" => Some(typed(StatusCode::OK, "text/plain; charset=utf-8", full(inspector::curl(&entry)))),
        _ => None,
    }
}

fn page(document: String, options: &Options, nonce: &str) -> Response<Body> {
    let mut response = typed(StatusCode::OK, "text/html; charset=utf-8", full(document));
    // Pictures of messages tell their hosts about the reader, so nothing loads them unless it is asked for.
    let pictures = if options.pictures { "http: https:" } else { "'none'" };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
         img-src {pictures}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}
