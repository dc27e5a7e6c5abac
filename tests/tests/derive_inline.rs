//! Lists, optional values and flags within other text, and texts that keep their own lines.

use dingtalk_core::{Choice, FeedItem, Fragment, Markdown, Message, Notification, Url, message::Invalid};

fn texts(notification: &impl Notification) -> (String, String) {
    match notification.message().expect("a valid notification") {
        Message::Markdown(markdown) => (markdown.title, markdown.text),
        Message::Text(text) => (String::new(), text.content),
        Message::ActionCard(card) => (card.title, card.text),
        other => panic!("{other:?}"),
    }
}

const MOST: usize = 2;

#[derive(Notification)]
#[dingtalk(markdown(
    title = "{hosts} down, {urgent}",
    text = "
        ### {hosts} ({loads:.1})
        Owner: **{owner}**, {urgent}
        {hosts}
        {owner_line}
        {silenced}
    "
))]
struct Down<'a> {
    #[dingtalk(line = "- {}", join = ", ", else = "no host", max_shown = MOST, more = "and {} more", truncate = 6)]
    hosts: Vec<&'a str>,
    #[dingtalk(join = "/")]
    loads: Vec<f64>,
    #[dingtalk(else = "nobody")]
    owner: Option<&'a str>,
    #[dingtalk(line = "> {}", else = "*nobody* looks")]
    owner_line: Option<&'a str>,
    #[dingtalk(then = "urgent", else = "routine")]
    urgent: bool,
    #[dingtalk(line = "**Silenced.**", else = "Not silenced.")]
    silenced: bool,
}

#[test]
fn values_stand_within_other_text() {
    let mut down = Down {
        hosts: vec!["web-3", "*db*", "gateway"],
        loads: vec![1.25, 3.0],
        owner: Some("li_lei_"),
        owner_line: Some("li"),
        urgent: true,
        silenced: true,
    };
    assert_eq!(
        texts(&down),
        (
            "web-3, *db*, and 1 more down, urgent".into(),
            "### web-3, \\*db\\*, and 1 more (1.2/3.0)\n\nOwner: **li_lei\\_**, urgent\n\n- web-3\n- \\*db\\*\n\n\
             and 1 more\n\n> li\n\n**Silenced.**"
                .into(),
        )
    );
    down = Down {
        hosts: vec!["gateway"],
        loads: vec![],
        owner: None,
        owner_line: None,
        urgent: false,
        silenced: false,
    };
    assert_eq!(
        texts(&down),
        (
            "gatew… down, routine".into(),
            "### gatew… ()\n\nOwner: **nobody**, routine\n\n- gatew…\n\n\\*nobody\\* looks  \n  Not silenced.".into()
        )
    );
    down.hosts.clear();
    assert!(texts(&down).1.starts_with("### no host ()\n\nOwner: **nobody**, routine  \n  no host"));
}

#[derive(Choice)]
enum Level {
    #[dingtalk(text("very high"))]
    High,
    Low,
}

#[derive(Fragment)]
#[dingtalk(fragment("{name} ({tags}, {owner}, {state})"))]
struct Host {
    name: String,
    #[dingtalk(join = "+", else = "no tags")]
    tags: Vec<String>,
    #[dingtalk(else = "nobody")]
    owner: Option<String>,
    #[dingtalk(then = "up", else = "down")]
    state: bool,
}

#[derive(FeedItem)]
#[dingtalk(item(title = "{authors}: {hot}", url = "https://e.com", picture = "https://e.com/a.png"))]
struct Story {
    #[dingtalk(join = " and ")]
    authors: Vec<String>,
    #[dingtalk(then = "hot")]
    hot: bool,
}

#[derive(Notification)]
enum Any<T> {
    #[dingtalk(text("{levels}; {hosts}\n{names}"))]
    Listed {
        #[dingtalk(join = " | ")]
        levels: Vec<Level>,
        #[dingtalk(join = "; ")]
        hosts: Vec<Host>,
        #[dingtalk(join = ", ")]
        names: Vec<T>,
    },
    #[dingtalk(markdown(title = "t", text = "[{names}](https://e.com) {notes}\n{note}\n{page}"))]
    Linked {
        #[dingtalk(join = "][")]
        names: Vec<String>,
        #[dingtalk(join = " ")]
        notes: Vec<Markdown>,
        #[dingtalk(else = "")]
        note: Option<Markdown>,
        #[dingtalk(line = "[page]({})", else = "no page")]
        page: Option<Url>,
    },
    #[dingtalk(feed_card(items = stories))]
    News { stories: Vec<Story> },
}

#[test]
fn every_value_that_can_be_shown_can_be_joined() -> Result<(), Invalid> {
    let host = |tags: &[&str]| Host {
        name: "web".into(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        owner: None,
        state: tags.is_empty(),
    };
    let listed = Any::Listed {
        levels: vec![Level::High, Level::Low],
        hosts: vec![host(&[]), host(&["a", "b"])],
        names: vec!["one\ntwo", "", " ", "three", "\n"],
    };
    assert_eq!(
        listed.message()?,
        Message::text("very high | low; web (no tags, nobody, up); web (a+b, nobody, down)\none two, three")
    );
    let linked = Any::<u8>::Linked {
        names: vec!["a](x)".into(), "[b".into()],
        notes: vec![Markdown::trusted("**x**\n- y"), Markdown::trusted("z")],
        note: Some(Markdown::trusted("### head\n\ntext")),
        page: None,
    };
    let text = texts(&linked).1;
    assert_eq!(text, "[a\\](x)\\]\\[\\[b](https://e.com) **x** - y z\n\n### head\n\ntext\n\nno page");
    let linked = Any::<u8>::Linked {
        names: vec![],
        notes: vec![],
        note: None,
        page: Some(Url::new("https://e.com/p").expect("a URL")),
    };
    assert_eq!(texts(&linked).1, "[https://e.com](https://e.com)  \n  [page](https://e.com/p)");
    let story = Story { authors: vec!["Li".into(), "Han".into()], hot: false };
    let news = Any::<u8>::News { stories: vec![story] };
    let Message::FeedCard(card) = news.message()? else { panic!("not a feed card") };
    assert_eq!(card.items[0].title, "Li and Han:");
    Ok(())
}

const TRACEBACK: &str = "
Traceback (most recent call last):
  File \"backup.py\", line 3, in <module>
\tdump(*args)

    ^^^^^^^^^^^
# OSError: __no__  space `left`

";

const SHOWN: &str = "Traceback (most recent call last):  \n  &nbsp;&nbsp;File \"backup.py\", line 3, in \\<module>  \n  \
                     &nbsp;&nbsp;&nbsp;&nbsp;dump(\\*args)  \n  &nbsp;  \n  &nbsp;&nbsp;&nbsp;&nbsp;^^^^^^^^^^^  \n  \
                     \\# OSError: \\_\\_no\\_\\_ &nbsp;space \\`left\\`";

#[derive(Notification)]
enum Failed {
    #[dingtalk(markdown(title = "{log}", text = "Log:\n{log}\n{rest}\n- end"))]
    Markdown {
        #[dingtalk(multiline)]
        log: String,
        #[dingtalk(multiline, line = "{}", truncate = 12)]
        rest: Option<String>,
    },
    #[dingtalk(markdown(title = "Logs"))]
    Lines {
        #[dingtalk(multiline, line = "{}", max_shown = 1)]
        logs: Vec<Box<str>>,
        #[dingtalk(multiline, line = "{}", else = "no output")]
        output: Option<String>,
    },
    #[dingtalk(text("{log}"))]
    Text {
        #[dingtalk(multiline)]
        log: String,
    },
    #[dingtalk(action_card(title = "t", text = "{log}", button("b", url = "https://e.com")))]
    Card {
        #[dingtalk(multiline, else = "no log")]
        log: Option<String>,
    },
}

#[test]
fn a_text_keeps_its_lines() {
    let failed = Failed::Markdown { log: TRACEBACK.into(), rest: Some("\n  a  b\n c d e f".into()) };
    let (title, text) = texts(&failed);
    assert!(title.starts_with("Traceback (most recent call last):   File"), "{title}");
    assert_eq!(text, format!("Log:  \n  {SHOWN}  \n  &nbsp;&nbsp;a &nbsp;b  \n  &nbsp;c d…\n\n- end"));
    let failed = Failed::Lines { logs: vec!["a\n b".into(), "c".into()], output: None };
    assert_eq!(texts(&failed).1, "a  \n  &nbsp;b  \n  …and 1 more  \n  no output");
    let failed = Failed::Text { log: " a\n\n\tb ".into() };
    assert_eq!(texts(&failed).1, " a\n\n\tb");
    for (log, text) in [(Some("a\n b"), "a  \n  &nbsp;b"), (None, "no log")] {
        assert_eq!(texts(&Failed::Card { log: log.map(str::to_owned) }).1, text);
    }
    let failed = Failed::Card { log: Some(" \n\0".into()) };
    assert_eq!(texts(&failed).1, "no log");
}

#[test]
fn markdown_from_text_keeps_lines_too() {
    assert_eq!(Markdown::from_text(TRACEBACK).as_str(), SHOWN);
}
