//! A call is delivered with the options of its notification.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::time::Duration;

use dingtalk_core::{Notification, Stub, delivery::Urgency, tools};
use dingtalk_notify::Server;
use rmcp::{ServiceExt as _, model::CallToolRequestParams};
use serde_json::{Value, json};

/// Warn the people on call that a host does not answer any more.
#[derive(Notification)]
#[dingtalk(
    text("{host} is down"),
    urgent,
    group = "hosts",
    digest = "{host}",
    dedupe = "same for 10m",
    throttle = "1 per 1h by host",
    tool(when = "a host does not answer")
)]
struct HostDown {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(1..=64))]
    host: String,
}

#[tokio::test]
async fn a_call_carries_the_options_of_its_notification() {
    let stub = Stub::new();
    let server = Server::builder(stub.clone()).tools(tools![HostDown]).build().unwrap();
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move { server.serve(tokio::io::split(ours)).await });
    let client = ().serve(tokio::io::split(theirs)).await.unwrap();
    let Value::Object(arguments) = json!({"host": "web-3"}) else { unreachable!() };
    let call = CallToolRequestParams::new("send_host_down").with_arguments(arguments);
    client.call_tool(call).await.unwrap();

    let envelopes = stub.envelopes();
    let [envelope] = &envelopes[..] else { panic!("one envelope: {envelopes:?}") };
    assert_eq!(envelope.urgency, Urgency::Urgent);
    assert_eq!(envelope.group.as_deref(), Some("hosts"));
    assert_eq!(envelope.digest_line.as_deref(), Some("web-3"));
    assert_eq!(envelope.dedupe.as_ref().unwrap().span, Duration::from_secs(600));
    assert!(envelope.throttle.as_ref().unwrap().key.ends_with("::HostDown host=\"web-3\""));
}
