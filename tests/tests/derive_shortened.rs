//! Lists and texts that are shown in part: shortened, never refused.

use dingtalk_core::{Choice, FeedItem, Fragment, Message, Notification, Url, message::Invalid};

const MOST: usize = 2;

#[derive(Notification)]
#[dingtalk(markdown(title = "Backup of {host} failed", text = "{host}: {exit}\n{stderr}\n{sizes}"))]
struct BackupFailed<'a, E> {
    #[dingtalk(truncate = 6)]
    host: &'a str,
    #[dingtalk(truncate = 9)]
    exit: E,
    #[dingtalk(line = "- {}", max_shown = MOST, more = "- …and {} more", truncate = 7)]
    stderr: Vec<String>,
    #[dingtalk(line = "{:.1} GB", max_shown = 1)]
    sizes: Vec<f64>,
}

fn texts(notification: &impl Notification) -> (String, String) {
    match notification.message().expect("a valid notification") {
        Message::Markdown(markdown) => (markdown.title, markdown.text),
        Message::Text(text) => (String::new(), text.content),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_left_out_is_counted() {
    let failed = BackupFailed {
        host: "gateway",
        exit: std::num::NonZeroU8::new(9).expect("it is not zero"),
        stderr: (1..=30).map(|line| format!("*line* {line}")).collect(),
        sizes: vec![1.25, 2.0, 3.0],
    };
    let (title, text) = texts(&failed);
    assert_eq!(title, "Backup of gatew… failed");
    assert_eq!(text, "gatew…: 9\n\n- \\*line\\*…\n- \\*line\\*…\n- …and 28 more\n\n1.2 GB  \n  …and 2 more");
}

#[test]
fn what_fits_is_shown_whole() {
    let failed = BackupFailed {
        host: "db-1",
        exit: "no space left on device",
        stderr: vec!["ab".into(), "1234567".into()],
        sizes: vec![1.0],
    };
    assert_eq!(texts(&failed).1, "db-1: no space…\n\n- ab\n- 1234567\n\n1.0 GB");
    let failed = BackupFailed { exit: "", stderr: vec![], sizes: vec![], ..failed };
    assert_eq!(texts(&failed).1, "db-1:");
}

#[derive(Notification)]
#[dingtalk(markdown(title = "Lines"))]
struct OwnLines {
    #[dingtalk(line = "1. {}", max_shown = 2, more = "and others")]
    steps: Vec<u8>,
    #[dingtalk(line = "> {}", truncate = 4)]
    note: Option<String>,
}

#[test]
fn lines_without_a_template_are_shortened_too() {
    let lines = OwnLines { steps: vec![7, 8, 9], note: Some("a\nbcd".into()) };
    assert_eq!(texts(&lines).1, "1. 7\n2. 8\n\nand others\n\n> a b…");
}

#[derive(Choice)]
enum Level {
    #[dingtalk(text("very high"))]
    High,
}

#[derive(Fragment)]
#[dingtalk(fragment("**{name}**"))]
struct Host {
    #[dingtalk(truncate = 4)]
    name: String,
}

#[derive(FeedItem)]
#[dingtalk(item(title = "{headline}", url = "https://e.com", picture = "https://e.com/a.png"))]
struct Story {
    #[dingtalk(truncate = 5)]
    headline: String,
}

#[derive(Notification)]
enum Any {
    #[dingtalk(text("{level} {count}"), with(count = hosts.len()))]
    Counted {
        #[dingtalk(truncate = 5)]
        level: Level,
        hosts: Vec<Host>,
    },
    #[dingtalk(text("{hosts}\n{log}"))]
    Listed {
        #[dingtalk(line = "{}", max_shown = 1)]
        hosts: Vec<Host>,
        #[dingtalk(truncate = 7)]
        log: String,
    },
    #[dingtalk(feed_card(items = stories))]
    News { stories: Vec<Story> },
    #[dingtalk(action_card(title = "{label}", text = "{label}", button("{label}", url = "{page}")))]
    Card {
        #[dingtalk(truncate = 3)]
        label: String,
        page: Url,
    },
}

#[test]
fn every_place_shows_the_shortened_value() -> Result<(), Invalid> {
    let host = |name: &str| Host { name: name.into() };
    let counted = Any::Counted { level: Level::High, hosts: vec![host("a")] };
    assert_eq!(counted.message()?, Message::text("very… 1"));
    // Alone on a line of plain text, a text keeps its line breaks.
    let listed = Any::Listed { hosts: vec![host("web-3"), host("b")], log: "one\ntwo\nthree".into() };
    assert_eq!(listed.message()?, Message::text("web…\n…and 1 more\none\ntw…"));
    let news = Any::News { stories: vec![Story { headline: "We moved".into() }] };
    let Message::FeedCard(card) = news.message()? else { panic!("not a feed card") };
    assert_eq!(card.items[0].title, "We m…");
    let page = Url::new("https://e.com").expect("a URL");
    let Message::ActionCard(card) = (Any::Card { label: "Open it".into(), page }).message()? else {
        panic!("not an action card")
    };
    assert_eq!((&*card.title, &*card.text), ("Op…", "Op…"));
    Ok(())
}
