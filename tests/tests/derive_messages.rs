//! Rendering of derived notifications.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use dingtalk_core::{Markdown, Message, Mobile, Notification, Url, UserId, message::Mentions};

#[derive(Notification)]
#[dingtalk(markdown(
    title = "CPU {percent:.0}% on {host}",
    text = "
        ### CPU {percent:.1}% on {host}
        {processes}
        {urgent}

        {runbook}
    ",
))]
struct CpuAlert {
    #[dingtalk(length(1..=64))]
    host: String,
    #[dingtalk(range(0..=100))]
    percent: f64,
    #[dingtalk(line = "- {}", length(..=40), max_items = 3)]
    processes: Vec<String>,
    #[dingtalk(line = "**Look now!**")]
    urgent: bool,
    #[dingtalk(line = "[Runbook]({})")]
    runbook: Option<Url>,
    #[dingtalk(at)]
    on_call: Vec<Mobile>,
}

fn alert() -> CpuAlert {
    CpuAlert {
        host: "web-3".into(),
        percent: 97.25,
        processes: vec!["nginx".into(), "*backup*\n# now".into()],
        urgent: true,
        runbook: Some(Url::new("https://example.com/cpu").unwrap()),
        on_call: vec![Mobile::new("13800000000").unwrap()],
    }
}

#[test]
fn markdown_with_every_kind_of_line() {
    let mentions = Mentions::mobiles([Mobile::new("13800000000").unwrap()]);
    let expected = "### CPU 97.2% on web-3\n\n- nginx\n- \\*backup\\* # now\n\n**Look now!**\n\n\
                    [Runbook](https://example.com/cpu)";
    assert_eq!(
        alert().message().unwrap(),
        Message::markdown("CPU 97% on web-3", expected).with_mentions(mentions)
    );
    let Message::Markdown(markdown) = alert().message().unwrap() else { unreachable!() };
    assert!(markdown.text.ends_with("\n\n@13800000000"), "{}", markdown.text);
}

#[test]
fn lines_without_values_are_omitted() {
    let quiet = CpuAlert { processes: vec![], urgent: false, runbook: None, on_call: vec![], ..alert() };
    assert_eq!(quiet.message().unwrap(), Message::markdown("CPU 97% on web-3", "### CPU 97.2% on web-3"));
}

#[test]
fn every_fault_is_named() {
    let wrong = CpuAlert {
        host: String::new(),
        percent: 120.0,
        processes: vec!["a".into(), "b".repeat(41), "c".into(), "d".into()],
        ..alert()
    };
    let faults: Vec<String> = wrong.message().unwrap_err().faults().iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "`host` must have 1 to 64 characters, not \"\" (0 characters)",
            "`percent` must be 0 to 100, not 120",
            "`processes` must have at most 3 items, not 4",
            "`processes[1]` must have at most 40 characters, not \"bbbbbbbbbbbbbbbbbbbbbbbb\"… (41 characters)",
        ]
    );
}

#[derive(Notification)]
#[dingtalk(text("{who} deployed {version:04} to {target} {everybody}"))]
struct Deployed<'a, T: std::fmt::Display> {
    who: &'a str,
    version: u32,
    target: T,
    #[dingtalk(at)]
    owner: Option<UserId>,
    #[dingtalk(at_all)]
    everybody: bool,
}

#[test]
fn text_with_generics_and_a_mention_in_place() {
    let deployed = Deployed {
        who: "张三\nforged line",
        version: 42,
        target: "prod_1 *",
        owner: Some(UserId::new("manager4220").unwrap()),
        everybody: true,
    };
    let Message::Text(text) = deployed.message().unwrap() else { unreachable!() };
    assert_eq!(text.content, "张三 forged line deployed 0042 to prod_1 * @all\n@manager4220");
    assert!(text.mentions.all);
    assert_eq!(text.mentions.user_ids.len(), 1);
}

#[derive(Notification)]
#[dingtalk(markdown(title = "{title}"))]
struct OwnLines {
    #[dingtalk(line = "## {}")]
    body_title: String,
    title: String,
    #[dingtalk(line = "- load {:.1}")]
    load: Vec<f32>,
    #[dingtalk(line = "{}")]
    body: Markdown,
    #[dingtalk(line = "> {}")]
    r#type: Option<&'static str>,
    #[dingtalk(skip)]
    _internal: (),
}

#[test]
fn without_a_text_every_line_is_written_in_order() {
    let own = OwnLines {
        body_title: "C #".into(),
        title: "t".into(),
        load: vec![0.25, 1.0],
        body: Markdown::trusted("**bold**\n\n- a\n- b"),
        r#type: Some("x_y"),
        _internal: (),
    };
    let Message::Markdown(markdown) = own.message().unwrap() else { unreachable!() };
    assert_eq!(markdown.text, "## C \\#\n\n- load 0.2\n- load 1.0\n\n**bold**\n\n- a\n- b\n\n> x_y");
}

#[derive(Notification)]
#[dingtalk(text("{text}"))]
struct Raw {
    text: String,
    #[dingtalk(at)]
    people: Vec<Mobile>,
}

#[test]
fn a_text_alone_on_its_line_keeps_its_line_breaks() {
    let raw = Raw { text: "\n  一\n\n\t二 *three* & <four>\r\nfünf\n".into(), people: vec![] };
    assert_eq!(raw.message().unwrap(), Message::text("  一\n\n\t二 *three* & <four>\nfünf"));
}

#[test]
fn an_empty_message_and_too_many_mentions_are_refused() {
    let people: Vec<Mobile> = (0..51).map(|n| Mobile::new(format!("138000000{n:02}")).unwrap()).collect();
    let invalid = Raw { text: " \n".into(), people }.message().unwrap_err();
    let faults: Vec<String> = invalid.faults().iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        ["`people` must have at most 50 items, not 51", "the message's text must not be empty"]
    );
}
