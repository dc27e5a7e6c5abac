//! URLs with values in them, in each place that takes a URL.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use dingtalk_core::{Choice, FeedItem, Fragment, Message, Notification, Url, message::WireMessage};
use serde_json::json;

fn wire(notification: &impl Notification) -> serde_json::Value {
    serde_json::to_value(WireMessage::new(notification.message().unwrap())).unwrap()
}

#[derive(Choice)]
enum Stage {
    #[dingtalk(text("生产"))]
    Production,
}

#[derive(Notification)]
#[dingtalk(action_card(
    title = "{service} {version}",
    text = "[{service}](https://ci.example.com/{service}/builds/{build:04}?stage={stage}#{version})\n{steps}\n{log}",
    button("Roll back", url = "https://ci.example.com/rollback?service={service}&v={version}"),
    button("Dashboard", url = "dingtalk://dingtalkclient/page/link?url={dashboard}&pc_slide=false"),
))]
#[dingtalk(with(dashboard = page.clone().with_query("service", service)))]
struct Failed {
    #[dingtalk(truncate = 5)]
    service: String,
    version: &'static str,
    build: u32,
    stage: Stage,
    page: Url,
    #[dingtalk(line = "- [{}](https://ci.example.com/steps/{}/log)")]
    steps: Vec<&'static str>,
    #[dingtalk(line = "[Log](https://ci.example.com/{}.log)")]
    log: Option<String>,
}

#[test]
fn values_are_encoded_wherever_a_url_stands() {
    let failed = Failed {
        service: "shop & till".to_owned(),
        version: "1.4+2",
        build: 7,
        stage: Stage::Production,
        page: Url::new("https://grafana.example.com/d/1?from=now-1h#top").unwrap(),
        steps: vec!["build", "test/unit *", ""],
        log: Some("a b".to_owned()),
    };
    let card = wire(&failed)["actionCard"].clone();
    assert_eq!(
        card["text"],
        "[shop…](https://ci.example.com/shop%20%26%20till/builds/0007?stage=%E7%94%9F%E4%BA%A7#1.4%2B2)\n\n\
         - [build](https://ci.example.com/steps/build/log)\n\
         - [test/unit \\*](https://ci.example.com/steps/test%2Funit%20%2A/log)\n\n\
         [Log](https://ci.example.com/a%20b.log)"
    );
    assert_eq!(
        card["btns"],
        json!([
            {"title": "Roll back", "actionURL": "https://ci.example.com/rollback?service=shop%20%26%20till&v=1.4%2B2"},
            {
                "title": "Dashboard",
                "actionURL": "dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fgrafana.example.com%2Fd%2F1%3F\
                              from%3Dnow-1h%26service%3Dshop%2520%2526%2520till%23top&pc_slide=false",
            },
        ])
    );
}

#[derive(Notification)]
#[dingtalk(link(
    title = "{host}",
    text = "{host}",
    url = "https://example.com/hosts/{host}",
    picture = "https://example.com/{host}.png"
))]
struct Page<'a> {
    host: &'a str,
}

#[test]
fn no_value_leads_elsewhere() {
    for (host, path) in [
        ("web-3", "web-3"),
        ("..", "%252E%252E"),
        (".", "%252E"),
        ("%2e%2e", "%252e%252e"),
        ("../../admin", "..%2F..%2Fadmin"),
        ("//evil.example/", "%2F%2Fevil.example%2F"),
        ("?a=b#c", "%3Fa%3Db%23c"),
    ] {
        let Message::Link(link) = (Page { host }).message().unwrap() else { panic!("{host:?} is no link") };
        assert_eq!(link.url, format!("https://example.com/hosts/{path}"));
    }
}

#[derive(FeedItem)]
#[dingtalk(item(title = "{id}", url = "https://example.com/{id}", picture = "https://example.com/i?{id}"))]
struct Story {
    id: u32,
}

#[derive(Notification)]
#[dingtalk(feed_card(items = stories))]
struct Stories {
    stories: Vec<Story>,
}

#[derive(Fragment)]
#[dingtalk(fragment("[{name}](https://example.com/{name})"))]
struct Process {
    name: &'static str,
}

#[derive(Notification)]
#[dingtalk(markdown(title = "{process}", text = "{process} [log](https://example.com/log?of={process})"))]
struct Stopped {
    process: Process,
}

#[test]
fn items_and_fragments_have_urls_with_values() {
    let stories = Stories { stories: vec![Story { id: 1 }, Story { id: 22 }] };
    assert_eq!(
        wire(&stories)["feedCard"]["links"],
        json!([
            {"title": "1", "messageURL": "https://example.com/1", "picURL": "https://example.com/i?1"},
            {"title": "22", "messageURL": "https://example.com/22", "picURL": "https://example.com/i?22"},
        ])
    );
    let stopped = Stopped { process: Process { name: "a b" } };
    assert_eq!(
        wire(&stopped)["markdown"],
        json!({
            "title": "a b (https://example.com/a%20b)",
            "text": "[a b](https://example.com/a%20b) \
                     [log](https://example.com/log?of=a%20b%20%28https%3A%2F%2Fexample.com%2Fa%2520b%29)",
        })
    );
}
