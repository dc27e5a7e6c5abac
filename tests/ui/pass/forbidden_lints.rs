//! Lints that a user forbids: an `#[allow]` in generated code would be an error.

#![forbid(
    warnings,
    unused,
    dead_code,
    unused_variables,
    unused_mut,
    unused_qualifications,
    nonstandard_style
)]
#![forbid(clippy::all, clippy::pedantic, clippy::nursery)]

use dingtalk_core::{Choice, FeedItem, Fragment, Mobile, Notification, Url, tool::Tool as _};

#[derive(Debug, Clone, Copy, Choice)]
enum Severity {
    Low,
    High,
}

#[derive(Debug, Fragment)]
#[dingtalk(fragment("**{name}**"))]
struct Service {
    name: String,
}

/// Warn the on-call group that a service does not answer.
#[derive(Debug, Notification)]
#[dingtalk(
    markdown(title = "{severity}", text = "{hosts}\n{count} of {share:.1}\n{page}\n{urgent}"),
    with(count = hosts.len()),
    tool
)]
struct ServiceDown {
    /// Hosts that it ran on, most important first.
    #[dingtalk(line = "- {}", length(..=64), max_items = 9)]
    hosts: Vec<String>,
    /// Urgency of the incident.
    #[dingtalk(default = Severity::Low, example = "high")]
    severity: Severity,
    /// Share of the traffic, in percent.
    #[dingtalk(range(0..=100))]
    share: f64,
    /// A page that says what to do.
    #[dingtalk(line = "[Runbook]({})")]
    page: Option<Url>,
    /// Needs attention at once.
    #[dingtalk(line = "**now**")]
    urgent: bool,
    /// People to mention.
    #[dingtalk(at)]
    people: Vec<Mobile>,
    #[dingtalk(skip)]
    len: usize,
}

#[derive(Debug, FeedItem)]
#[dingtalk(item(title = "{title}", url = "{page}", picture = "https://example.com/a.png"))]
struct Story {
    title: String,
    page: Url,
}

#[derive(Debug, Notification)]
enum Told {
    #[dingtalk(text("{service} is {what:03}"))]
    Well { service: Service, what: u8 },
    #[dingtalk(feed_card(items = stories))]
    News { stories: Vec<Story> },
    #[dingtalk(text("over"))]
    Over(),
}

#[test]
fn nothing_is_allowed() {
    let arguments = serde_json::json!({"hosts": ["web-3"], "share": 2.5});
    let down = ServiceDown::parse(arguments.as_object().expect("an object")).expect("no rule is broken");
    assert_eq!((down.severity as u8, down.len), (Severity::Low as u8, 0));
    assert_eq!(super::body(&down), "low\n---\n- web-3\n\n1 of 2.5");
    let told = [Told::Well { service: Service { name: "orders".into() }, what: 7 }, Told::Over()];
    assert_eq!(told.each_ref().map(super::body), ["orders is 007", "over"]);
    let page = Url::new("https://example.com").expect("a URL");
    let news = Told::News { stories: vec![Story { title: "We moved".into(), page }] };
    assert!(news.message().is_ok());
    assert!(matches!("high".parse(), Ok(Severity::High)));
}
