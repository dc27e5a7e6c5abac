//! Pages of browsers: which origins may call the server, and which may read its answers.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
mod served;

use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use served::{Served, TOKEN, answer, client, modern};

const NAMED: &str = "https://app.example.com";

fn serve() -> Served {
    let arguments = ["--dry-run", "--allow-origin", "https://app.example.com:443"];
    Served::serve(&arguments, &[("DINGTALK_NOTIFY_HTTP_TOKEN", TOKEN)])
}

fn shared_with(response: &Response) -> Option<&str> {
    response.headers().get("access-control-allow-origin").map(|origin| origin.to_str().unwrap())
}

/// A preflight, as browsers send it before a page's request with a token.
async fn preflight(served: &Served, origin: &str) -> Response {
    client()
        .request(Method::OPTIONS, &served.url)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type,mcp-protocol-version,mcp-session-id",
        )
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_preflight_of_a_named_origin_needs_no_token() {
    let served = serve();
    let response = preflight(&served, NAMED).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(shared_with(&response), Some(NAMED));
    let list = |name: &str| response.headers()[name].to_str().unwrap().to_ascii_lowercase();
    for header in [
        "authorization",
        "content-type",
        "accept",
        "mcp-session-id",
        "mcp-protocol-version",
        "last-event-id",
        "mcp-method",
        "mcp-name",
    ] {
        assert!(
            list("access-control-allow-headers").split(',').any(|name| name.trim() == header),
            "{header}"
        );
    }
    for method in ["get", "post", "delete"] {
        assert!(list("access-control-allow-methods").contains(method), "{method}");
    }
    assert!(!response.headers().contains_key("access-control-allow-credentials"));
    assert!(list("vary").contains("origin"));
}

#[tokio::test]
async fn every_answer_can_be_read_by_a_page_of_a_named_origin() {
    let served = serve();
    let list = || modern(&served.url, "tools/list", json!({})).header("origin", NAMED);
    let unknown = client().get(served.at("/.well-known/oauth-protected-resource")).header("origin", NAMED);
    for (request, status) in [
        (list().bearer_auth(TOKEN), StatusCode::OK),
        (list(), StatusCode::UNAUTHORIZED),
        (list().bearer_auth(TOKEN).header("host", "evil.example"), StatusCode::FORBIDDEN),
        (unknown, StatusCode::NOT_FOUND),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!((response.status(), shared_with(&response)), (status, Some(NAMED)));
        let exposed =
            response.headers()["access-control-expose-headers"].to_str().unwrap().to_ascii_lowercase();
        for header in ["mcp-session-id", "www-authenticate", "x-request-id"] {
            assert!(exposed.contains(header), "{exposed}");
        }
        assert!(
            response
                .headers()
                .get_all("vary")
                .iter()
                .any(|vary| vary.as_bytes().eq_ignore_ascii_case(b"origin"))
        );
    }
}

/// A page that this machine serves may send a request, as before, and does not see the answer.
#[tokio::test]
async fn no_other_origin_may_read_an_answer() {
    let served = serve();
    for origin in ["http://localhost:5173", "https://evil.example", "null", "http://app.example.com"] {
        let response = preflight(&served, origin).await;
        assert!(!response.status().is_success(), "{origin}: {response:?}");
        let list = modern(&served.url, "tools/list", json!({})).bearer_auth(TOKEN).header("origin", origin);
        for response in [response, list.send().await.unwrap()] {
            let headers = response.headers();
            assert!(
                !headers.keys().any(|name| name.as_str().starts_with("access-control-")),
                "{origin}: {headers:?}"
            );
            assert_eq!(headers["vary"], "Origin", "{origin}");
        }
    }
}

#[tokio::test]
async fn a_refused_request_says_what_to_allow() {
    let served = serve();
    let list = |header: &'static str, value: &'static str| {
        modern(&served.url, "tools/list", json!({})).bearer_auth(TOKEN).header(header, value).send()
    };
    for (header, value, advice) in
        [("host", "evil.example", "`--allow-host`"), ("origin", "https://evil.example", "`--allow-origin`")]
    {
        let response = list(header, value).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        let problem = answer(response).await;
        let problem = problem["error_description"].as_str().unwrap();
        assert!(problem.contains(advice) && problem.contains("evil.example"), "{problem}");
    }
}
