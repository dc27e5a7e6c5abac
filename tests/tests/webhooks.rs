//! The example service `webhooks`: the messages that a group reads for real payloads, and the answers to the
//! senders.

#![allow(clippy::unwrap_used, reason = "a payload that cannot be read fails the test")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use dingtalk_core::{Deliver, Error, ErrorKind, Message, Robot, Stub, message::WireMessage};
use dingtalk_sandbox::{Fault, Sandbox};
use expect_test::{expect, expect_file};
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::{Request, Response, body::Bytes};
use proptest::prelude::{ProptestConfig, prop, proptest};
use pulldown_cmark::{Event, Options, Parser};
use serde_json::{Value, json};
use sha2::Sha256;

#[path = "../../mcp-server/examples/webhooks/alertmanager.rs"]
mod alertmanager;
#[path = "../../mcp-server/examples/webhooks/excerpt.rs"]
mod excerpt;
#[path = "../../mcp-server/examples/webhooks/github/mod.rs"]
mod github;
#[path = "../../mcp-server/examples/webhooks/notifications/mod.rs"]
mod notifications;
#[path = "../../mcp-server/examples/webhooks/payload.rs"]
mod payload;
#[path = "../../mcp-server/examples/webhooks/service.rs"]
mod service;
#[path = "../../mcp-server/examples/webhooks/signature.rs"]
mod signature;
#[path = "../../mcp-server/examples/webhooks/unsettled.rs"]
mod unsettled;

use service::Service;

/// Each payload, by its path below `payloads/`, without `.json`.
const PAYLOADS: [&str; 8] = [
    "alertmanager/firing-and-resolved-v4",
    "alertmanager/firing-v3",
    "github/dependabot_alert.created",
    "github/deployment_status",
    "github/pull_request.opened",
    "github/push",
    "github/release.published",
    "github/workflow_run.completed",
];

fn payloads() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../mcp-server/examples/webhooks/payloads")
}

fn payload(name: &str) -> String {
    fs::read_to_string(payloads().join(format!("{name}.json"))).unwrap()
}

/// The request that posts a payload as its sender does.
fn request(name: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    let (sender, file) = name.split_once('/').unwrap();
    let event = file.split('.').next().unwrap();
    let request = Request::post(format!("/{sender}")).header("X-GitHub-Event", event);
    request.body(body.into()).unwrap()
}

async fn post<D: Deliver>(service: &Service<D>, name: &str, body: impl Into<Bytes>) -> (u16, Value) {
    read(&service.answer(request(name, body)).await)
}

fn read(response: &Response<String>) -> (u16, Value) {
    (response.status().as_u16(), serde_json::from_str(response.body()).unwrap())
}

/// The message that the group reads.
async fn message(name: &str, body: impl Into<Bytes>) -> String {
    let stub = Stub::new();
    let (status, answer) = post(&Service::new(stub.clone(), None), name, body).await;
    assert_eq!(status, 200, "{name}: {answer}");
    let [envelope] = &stub.envelopes()[..] else { panic!("{name}: one message expected") };
    assert_eq!(answer, json!({"sent": [envelope.id]}));
    let Message::Markdown(markdown) = &envelope.message else { panic!("{name}: not Markdown") };
    format!("{}\n\n{}", markdown.title, markdown.text)
}

#[test]
fn every_payload_is_covered() {
    let mut found = BTreeSet::new();
    for sender in fs::read_dir(payloads()).unwrap().map(|entry| entry.unwrap().path()) {
        if sender.is_dir() {
            let directory = sender.file_name().unwrap().to_str().unwrap().to_owned();
            found.extend(fs::read_dir(sender).unwrap().map(|entry| {
                let file = entry.unwrap().file_name().into_string().unwrap();
                format!("{directory}/{}", file.strip_suffix(".json").unwrap_or(&file))
            }));
        }
    }
    assert_eq!(found, PAYLOADS.map(str::to_owned).into());
}

#[tokio::test]
async fn every_payload_matches_its_golden_message_and_the_sandbox_accepts_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let robot = Robot::from_webhook(sandbox.webhook()).secret(sandbox.secret().unwrap()).build().unwrap();
    let service = Service::new(robot, None);
    for (index, name) in PAYLOADS.into_iter().enumerate() {
        let (status, answer) = post(&service, name, payload(name)).await;
        assert_eq!(status, 200, "{name}: {answer}");
        let accepted = sandbox.accepted();
        let WireMessage { message, id, .. } = accepted[index].clone();
        assert_eq!(answer, json!({"sent": [id]}), "{name}");
        assert_eq!(sandbox.log()[index].warnings, [""; 0], "{name}");
        let json = serde_json::to_string_pretty(&WireMessage::new(message)).unwrap() + "\n";
        expect_file![format!("../golden/webhooks/{}.json", name.replace('/', "."))].assert_eq(&json);
    }
}

/// The payload of a push of these commits, oldest first, by their messages.
fn push(messages: &[String], forced: bool) -> String {
    let mut push: Value = serde_json::from_str(&payload("github/push")).unwrap();
    let url = "https://github.com/Codertocat/Hello-World/commit/6113728f27ae";
    let commits = messages
        .iter()
        .map(|message| json!({"message": message, "url": url, "author": {"name": "monalisa_[1]"}}));
    push["commits"] = commits.collect();
    push["after"] = push["before"].clone();
    push["ref"] = "refs/heads/feature/a_b".into();
    push["deleted"] = false.into();
    push["forced"] = forced.into();
    push.to_string()
}

#[tokio::test]
async fn a_push_lists_its_newest_commits_and_counts_the_others() {
    let messages: Vec<String> = (1..=13).map(|n| format!("Fix #{n}: *all* of it\n\nAt length.")).collect();
    let text = message("github/push", push(&messages, true)).await;
    expect![[r#"
        Codertocat pushed to feature/a_b of Codertocat/Hello-World

        ### Codertocat pushed to the branch feature/a_b

        [Codertocat/Hello-World](https://github.com/Codertocat/Hello-World)  
          **Force-pushed: history was rewritten**

        - Fix #13: \*all\* of it (monalisa\_[1]) [diff](https://github.com/Codertocat/Hello-World/commit/6113728f27ae)
        - Fix #12: \*all\* of it (monalisa\_[1]) [diff](https://github.com/Codertocat/Hello-World/commit/6113728f27ae)
        - Fix #11: \*all\* of it (monalisa\_[1]) [diff](https://github.com/Codertocat/Hello-World/commit/6113728f27ae)
        - Fix #10: \*all\* of it (monalisa\_[1]) [diff](https://github.com/Codertocat/Hello-World/commit/6113728f27ae)
        - Fix #9: \*all\* of it (monalisa\_[1]) [diff](https://github.com/Codertocat/Hello-World/commit/6113728f27ae)
        - Fix #8: \*all\* of it (monalisa\_[1]) [diff](https://github.com/Codertocat/Hello-World/commit/6113728f27ae)
        - Fix #7: \*all\* of it (monalisa\_[1]) [diff](https://github.com/Codertocat/Hello-World/commit/6113728f27ae)
        - Fix #6: \*all\* of it (monalisa\_[1]) [diff](https://github.com/Codertocat/Hello-World/commit/6113728f27ae)
        - Fix #5: \*all\* of it (monalisa\_[1]) [diff](https://github.com/Codertocat/Hello-World/commit/6113728f27ae)
        - Fix #4: \*all\* of it (monalisa\_[1]) [diff](https://github.com/Codertocat/Hello-World/commit/6113728f27ae)
        - +3 more

        [Compare](https://github.com/Codertocat/Hello-World/compare/6113728f27ae...000000000000)"#]].assert_eq(&text);
    let text = message("github/push", push(&messages[..10], false)).await;
    assert!(text.contains("Fix #1:") && !text.contains("more"), "{text}");
}

#[tokio::test]
async fn a_branch_is_created_or_moved_without_commits() {
    let created = push(&[], false).replace(r#""created":false"#, r#""created":true"#);
    expect![[r#"
        Codertocat created the branch feature/a_b of Codertocat/Hello-World

        ### Codertocat created the branch feature/a_b

        [Codertocat/Hello-World](https://github.com/Codertocat/Hello-World)  
          Now at 6113728"#]]
    .assert_eq(&message("github/push", created).await);
    expect![[r#"
        Codertocat moved the branch feature/a_b of Codertocat/Hello-World

        ### Codertocat moved the branch feature/a_b

        [Codertocat/Hello-World](https://github.com/Codertocat/Hello-World)  
          Now at 6113728"#]]
    .assert_eq(&message("github/push", push(&[], true)).await);
}

#[tokio::test]
async fn missing_values_leave_no_trace_and_long_ones_are_truncated_visibly() {
    let mut pull_request: Value = serde_json::from_str(&payload("github/pull_request.opened")).unwrap();
    let details = &mut pull_request["pull_request"];
    details["draft"] = true.into();
    details["body"] = "<!-- Say why -->\nBecause **it** broke.\n\n## Details\n- many".into();
    details["requested_reviewers"] = json!([]);
    details["requested_teams"] = json!([{"name": "Back end"}]);
    details["labels"] = json!([]);
    expect![[r#"
        Codertocat opened #2 in Codertocat/Hello-World: Update the README with new information.

        ### [#2 Update the README with new information.](https://github.com/Codertocat/Hello-World/pull/2)

        Codertocat wants to merge Codertocat:changes into master of Codertocat/Hello-World  
          **Draft**

        > \<!-- Say why --> Because \*\*it\*\* broke. …

        - Commits: 1, files: 1, lines: +1 −1
        - Review by Back end"#]]
    .assert_eq(&message("github/pull_request.opened", pull_request.to_string()).await);

    let mut release: Value = serde_json::from_str(&payload("github/release.published")).unwrap();
    release["release"]["name"] = "Version 1".into();
    release["release"]["prerelease"] = true.into();
    release["release"]["body"] = format!("## Changes\n* Faster by @octocat\n{}", "x".repeat(700)).into();
    let text = message("github/release.published", release.to_string()).await.replace("xxxxxxxxxx", "");
    expect![[r#"
        Codertocat/Hello-World Version 1 is out

        ### [Codertocat/Hello-World Version 1](https://github.com/Codertocat/Hello-World/releases/tag/0.0.1)

        Tag 0.0.1, published by Codertocat  
          **Pre-release: not for production**

        \## Changes  
          \* Faster by @octocat  
          xxxxxxx…"#]]
    .assert_eq(&text);
}

#[tokio::test]
async fn irrelevant_events_are_not_sent() {
    let service = Service::new(Stub::new(), None);
    let steps = payload("github/deployment_status").replace(r#""success""#, r#""in_progress""#);
    let closed = payload("github/pull_request.opened").replace(r#""opened""#, r#""closed""#);
    for (name, body) in [
        ("github/deployment_status", steps),
        ("github/pull_request.closed", closed),
        ("github/ping", r#"{"zen": "Design for failure.", "hook_id": 1}"#.to_owned()),
    ] {
        assert_eq!(post(&service, name, body).await, (200, json!({"sent": []})), "{name}");
    }
}

/// A group of firing alerts, by their labels, all with this summary.
fn alerts(summary: &str, labels: &[Value], common: &Value) -> String {
    let alerts = labels.iter().map(|labels| {
        json!({"status": "firing", "labels": labels, "annotations": {"summary": summary, "description": summary},
            "startsAt": "2026-11-20T18:03:11.4+08:00", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "/graph"})
    });
    json!({"version": "4", "status": "firing", "receiver": "ops", "groupLabels": {"cluster": "a"},
        "commonLabels": common, "commonAnnotations": {}, "externalURL": "http://alerts.example:9093",
        "alerts": alerts.collect::<Vec<_>>()})
    .to_string()
}

#[tokio::test]
async fn a_group_without_a_name_is_named_after_its_labels() {
    let labels = [json!({"alertname": "Up", "cluster": "a"}), json!({"alertname": "Down", "cluster": "a"})];
    let text = message("alertmanager/x", alerts("", &labels, &json!({"cluster": "a"}))).await;
    expect![[r#"
        Firing: cluster=a

        ### Firing: cluster=a

        cluster=a

        **2 firing**

        - alertname=Up · since 2026-11-20 18:03 +08:00
        - alertname=Down · since 2026-11-20 18:03 +08:00

        [Alertmanager](http://alerts.example:9093)"#]]
    .assert_eq(&text);
}

#[tokio::test]
async fn a_flood_of_alerts_fits_into_one_message_that_counts_them_all() {
    let sandbox = Sandbox::start().await.unwrap();
    let robot = Robot::from_webhook(sandbox.webhook()).secret(sandbox.secret().unwrap()).build().unwrap();
    let service = Service::new(robot, None);
    let most = |text: &str| text.repeat(1000);
    for (text, labels) in [
        ("x".to_owned(), json!({})),
        (most("\""), json!({"pod": most("\"")})),
        (most("𝄞"), json!({"pod": most("𝄞")})),
        (most("*"), json!({"pod": most("*")})),
    ] {
        let body = alerts(&text, &vec![labels; 500], &json!({"alertname": text, "job": text}));
        let (status, answer) = post(&service, "alertmanager/x", body).await;
        assert_eq!(status, 200, "{answer}");
        let accepted = sandbox.accepted();
        let Message::Markdown(markdown) = &accepted.last().unwrap().message else { panic!("not Markdown") };
        let (shown, more) = markdown.text.split_once("\n- +").unwrap();
        let shown = shown.matches("\n- ").count();
        let more: usize = more.split(' ').next().unwrap().parse().unwrap();
        assert!((1..=10).contains(&shown), "{}", markdown.text);
        assert_eq!(shown + more, 500, "{}", markdown.text);
        assert!(markdown.text.contains("**500 firing**"), "{}", markdown.text);
    }
}

/// The message without its words: its blocks, emphasis and links.
fn structure(message: &str) -> Vec<Event<'_>> {
    // The title is plain text.
    let (_, markdown) = message.split_once("\n\n").unwrap();
    Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
        .filter(|event| !matches!(event, Event::Text(_) | Event::SoftBreak))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_external_text_changes_the_structure_of_a_message(
        parts in prop::collection::vec(prop::sample::select(vec![
            "a", "主", "1", "*", "**", "_", "`", "[", "](", "]", "](https://evil.example)", "<b>", "<", "!", "&", "&lt;",
            "~~", "|", "\\", "#", "-", "+", ".", ")", ":", "\n", "\n\n- ", " ", "https://evil.example",
        ]), 1..8),
    ) {
        let text = format!("a{}", parts.concat());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let commits = |text: &str| {
            let commits = [text.to_owned(), "b".to_owned()];
            runtime.block_on(message("github/push", push(&commits, false)))
        };
        assert_eq!(structure(&commits(&text)), structure(&commits("a")));
        let group = |text: &str| {
            let labels = [json!({"pod": text, "a": "b"}), json!({"pod": "x"})];
            runtime.block_on(message("alertmanager/x", alerts(text, &labels, &json!({"alertname": text}))))
        };
        assert_eq!(structure(&group(&text)), structure(&group("a")));
    }
}

#[tokio::test]
async fn the_answer_lists_all_faults_of_a_payload() {
    let service = Service::new(Stub::new(), None);
    let empty = payload("github/dependabot_alert.created")
        .replace(r#""name": "semver""#, r#""name": """#)
        .replace(r#""full_name": "wolfy1339/pika-pack""#, r#""full_name": """#);
    for (request, status, expected) in [
        (
            request("github/dependabot_alert", empty),
            400,
            expect![[r#"
                `repository` must have 1 to 200 characters, not "" (0 characters)
                `package` must have 1 to 200 characters, not "" (0 characters)"#]],
        ),
        (
            request("github/push", r#"{"ref": "refs/heads/main"}"#),
            400,
            expect!["the payload cannot be read: missing field `after` at line 1 column 26"],
        ),
        (
            request("alertmanager/x", "[]"),
            400,
            expect![
                "the payload cannot be read: invalid length 0, expected struct Webhook with 8 elements at line 1 column 2"
            ],
        ),
        (
            Request::post("/github").body(Bytes::from("{}")).unwrap(),
            400,
            expect!["the header X-GitHub-Event is missing"],
        ),
        (Request::get("/github").body(Bytes::new()).unwrap(), 405, expect!["send it with POST"]),
        (request("gitlab/push", "{}"), 404, expect!["there are /github and /alertmanager"]),
    ] {
        let (answered, answer) = read(&service.answer(request).await);
        assert_eq!(answered, status, "{answer}");
        let errors: Vec<&str> =
            answer["errors"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        expected.assert_eq(&errors.join("\n"));
    }
}

#[tokio::test]
async fn a_sender_retries_only_if_that_helps() {
    let stub = Stub::new();
    let service = Service::new(stub.clone(), None);
    for (kind, status, retry) in [
        (ErrorKind::NotSent, 502, "safe"),
        (ErrorKind::Throttled, 502, "after_rest"),
        (ErrorKind::Busy, 502, "same_id"),
        (ErrorKind::Unknown, 502, "same_id"),
        (ErrorKind::UnknownToken, 424, "never"),
        (ErrorKind::Keyword, 424, "never"),
        (ErrorKind::QuotaExhausted, 424, "never"),
    ] {
        let error = Error::new(kind, "");
        stub.fail_next(error.clone());
        let (answered, answer) = post(&service, "github/push", payload("github/push")).await;
        assert_eq!(answered, status, "{kind:?}");
        assert_eq!(answer, json!({"errors": [error.to_string()], "retry": retry}));
    }
}

#[tokio::test]
async fn a_retry_has_the_same_id_until_the_message_has_arrived() {
    let sandbox = Sandbox::start().await.unwrap();
    let robot = Robot::from_webhook(sandbox.webhook()).secret(sandbox.secret().unwrap()).attempts(1);
    let robot = robot.build().unwrap();
    let service = Service::new(robot, None);
    let body = payload("alertmanager/firing-v3");
    let other = payload("alertmanager/firing-and-resolved-v4");

    // It arrives, but the answer is lost.
    sandbox.fault_next(1, Fault::AcceptThenReset);
    assert_eq!(post(&service, "alertmanager/x", body.clone()).await.0, 502);
    assert_eq!(post(&service, "alertmanager/x", other).await.0, 200);
    assert_eq!(post(&service, "alertmanager/x", body.clone()).await.0, 200);
    assert_eq!(sandbox.requests(), 3);
    assert_eq!(sandbox.accepted().len(), 2, "the repetition must not be shown again");

    // The alert still fires hours later, which is a new message.
    assert_eq!(post(&service, "alertmanager/x", body).await.0, 200);
    assert_eq!(sandbox.accepted().len(), 3);
}

#[tokio::test]
async fn with_a_secret_only_github_may_post() {
    // The values are those of GitHub's page on validating deliveries.
    let (secret, body) = ("It's a Secret to Everybody", "Hello, World!");
    let documented = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert!(signature::is_valid(documented, body.as_bytes(), secret));

    let service = Service::new(Stub::new(), Some(secret.to_owned()));
    let body = payload("github/push");
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hmac.update(body.as_bytes());
    let right = format!("{:x}", Bytes::copy_from_slice(&hmac.finalize().into_bytes()));
    for (signature, status) in [
        (format!("sha256={right}"), 200),
        (right.clone(), 401),
        (format!("sha256={}", &right[..62]), 401),
        (format!("sha256={}", right.replace('a', "b")), 401),
        (documented.to_owned(), 401),
        (String::new(), 401),
    ] {
        let mut request = request("github/push", body.clone());
        request.headers_mut().insert("X-Hub-Signature-256", signature.parse().unwrap());
        assert_eq!(read(&service.answer(request).await).0, status, "{signature}");
    }
}
