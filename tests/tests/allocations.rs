//! A message is rendered with one allocation per string of the request body.
//!
//! Counted per thread, including growth, from the second message on: the first message allocates the thread's
//! buffer in which texts are written before they are copied at their exact size.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use dingtalk_core::{
    FeedItem, Message, Mobile, Notification, Url, UserId,
    message::{Button, Invalid},
};

/// Number of allocations of a message beyond the strings of the body.
fn more_than_strings(notification: &impl Notification) -> u64 {
    let expected = notification.message().unwrap();
    let mut message: Option<Result<Message, Invalid>> = None;
    let counted = allocation_counter::measure(|| message = Some(notification.message()));
    assert_eq!(message.unwrap().unwrap(), expected);
    let strings = strings(&expected);
    counted.count_total.checked_sub(strings).expect("each string is allocated")
}

/// The message's own strings in the body, without empty ones.
fn strings(message: &Message) -> u64 {
    let button = |button: &Button| vec![button.title.clone(), button.url.clone()];
    let mut strings: Vec<String> = match message {
        Message::Text(text) => vec![text.content.clone()],
        Message::Markdown(markdown) => vec![markdown.title.clone(), markdown.text.clone()],
        Message::Link(link) => {
            let picture = link.picture.iter().cloned();
            [link.title.clone(), link.text.clone(), link.url.clone()].into_iter().chain(picture).collect()
        }
        Message::ActionCard(card) => {
            let buttons = card.buttons.as_slice().iter().flat_map(button);
            [card.title.clone(), card.text.clone()].into_iter().chain(buttons).collect()
        }
        Message::FeedCard(card) => card
            .items
            .iter()
            .flat_map(|item| [item.title.clone(), item.url.clone(), item.picture.clone()])
            .collect(),
        _ => unreachable!("a sixth type of message"),
    };
    if let Some(mentions) = message.mentions() {
        strings.extend(mentions.mobiles.iter().map(ToString::to_string));
        strings.extend(mentions.user_ids.iter().map(ToString::to_string));
    }
    strings.retain(|string| !string.is_empty());
    strings.len().try_into().unwrap()
}

const LONG: &str = "数据库主节点在凌晨切换到了备用机房，期间约有两分钟的写入请求失败，相关业务方请核对订单状态；\
    根本原因是存储网络的交换机固件存在缺陷，升级窗口定在周四晚间，届时会再次短暂切换。";

fn url() -> Url {
    Url::new("https://example.com/runbooks/cpu?host=web-3").unwrap()
}

#[derive(Notification)]
#[dingtalk(text("{database} 备份完成，用时 {seconds:.1} 秒\n{log}\n{note}\n{warnings}"))]
struct BackupFinished {
    database: String,
    seconds: f64,
    log: String,
    #[dingtalk(line = "说明：{}")]
    note: Option<String>,
    #[dingtalk(line = "! {}")]
    warnings: Vec<String>,
}

#[test]
fn text() {
    let backup = BackupFinished {
        database: "orders_2026".into(),
        seconds: 412.25,
        log: format!("  first line\r\n\t{LONG}\n").repeat(8),
        note: Some(LONG.repeat(10)),
        warnings: vec!["*slow*\ndisk".into(), " padded ".into()],
    };
    assert_eq!(more_than_strings(&backup), 0);
}

#[derive(Notification)]
#[dingtalk(markdown(
    title = "CPU {percent:.0}% on {host}",
    text = "
        ### CPU {percent:.1}% on {host}
        **{cluster}** ({level:#x}): *{summary}*
        {processes}
        {loads}
        {urgent}

        [{page}]({runbook})
        {picture}
        > {quote}
    ",
))]
struct CpuAlert {
    #[dingtalk(length(1..=64))]
    host: String,
    #[dingtalk(range(0..=100))]
    percent: f64,
    cluster: &'static str,
    level: u16,
    summary: String,
    #[dingtalk(line = "- {}", length(..=400), max_items = 10)]
    processes: Vec<String>,
    #[dingtalk(line = "1. {:.2}")]
    loads: Vec<f32>,
    #[dingtalk(line = "**Look now!**")]
    urgent: bool,
    page: String,
    runbook: Url,
    #[dingtalk(line = "![{}](https://example.com/cpu.png)")]
    picture: Option<String>,
    quote: String,
}

fn alert() -> CpuAlert {
    CpuAlert {
        host: "web-3".into(),
        percent: 97.25,
        cluster: "华东_prod",
        level: 31,
        summary: "load < 4 *expected*, `uptime` says [9.81, …] & <b>rising</b> ~~ #1".into(),
        processes: vec![
            "nginx: worker process".into(),
            "__main__.py --port=8080\nsecond line\r\nthird\u{202e}".into(),
            LONG.into(),
            String::new(),
            "# no heading".into(),
        ],
        loads: vec![9.81, 7.5, 3.0],
        urgent: true,
        page: "手册 [v2]!".into(),
        runbook: url(),
        picture: Some("load_1 *now*".into()),
        quote: LONG.repeat(20),
    }
}

#[test]
fn markdown() {
    assert_eq!(more_than_strings(&alert()), 0);
}

#[test]
fn markdown_with_empty_values() {
    let nothing = CpuAlert {
        cluster: "",
        summary: String::new(),
        processes: vec![],
        loads: vec![],
        urgent: false,
        page: " ".into(),
        picture: None,
        quote: "\n".into(),
        ..alert()
    };
    assert_eq!(more_than_strings(&nothing), 0);
}

#[derive(Notification)]
#[dingtalk(link(title = "{version} 发布", text = "{changes}", url = "{page}", picture = "{picture}"))]
struct Released {
    version: String,
    changes: String,
    page: Url,
    picture: Option<Url>,
}

#[test]
fn link() {
    let released =
        Released { version: "v1.4_rc*".into(), changes: LONG.into(), page: url(), picture: Some(url()) };
    assert_eq!(more_than_strings(&released), 0);
    assert_eq!(more_than_strings(&Released { picture: None, ..released }), 0);
}

#[derive(Notification)]
#[dingtalk(action_card(
    title = "{who} 申请合并",
    text = "### {title}\n{files}\n\n{note}",
    button("查看 {title}", url = "{page}"),
    button("拒绝", url = "{refuse}"),
    button("Wiki", url = "https://example.com/wiki"),
))]
struct MergeRequest {
    who: String,
    title: String,
    #[dingtalk(line = "- {}")]
    files: Vec<String>,
    #[dingtalk(line = "> {}")]
    note: Option<&'static str>,
    page: Url,
    refuse: Option<Url>,
}

fn merge_request() -> MergeRequest {
    MergeRequest {
        who: "张三".into(),
        title: "fix(parser): `a_b` & *c*".into(),
        files: vec!["src/__init__.py".into(), "README.md".into()],
        note: Some(LONG),
        page: url(),
        refuse: Some(url()),
    }
}

#[test]
fn action_card_with_several_buttons() {
    // The list of buttons.
    assert_eq!(more_than_strings(&merge_request()), 1);
}

#[derive(Notification)]
#[dingtalk(action_card(title = "{title}", text = "{text}", button("打开", url = "{page}"), hide_avatar))]
struct Announcement {
    title: String,
    text: String,
    page: Url,
}

#[test]
fn action_card_with_a_single_button() {
    let announcement = Announcement { title: "公告*".into(), text: LONG.repeat(3), page: url() };
    // The list of buttons: the number of buttons is known only after those without a target are removed.
    assert_eq!(more_than_strings(&announcement), 1);
}

#[derive(Notification)]
#[dingtalk(feed_card(items = articles))]
struct Digest {
    articles: Vec<Article>,
}

#[derive(FeedItem)]
#[dingtalk(item(title = "{number}. {title}", url = "{page}", picture = "{cover}"))]
struct Article {
    number: u8,
    title: String,
    page: Url,
    cover: Url,
}

#[test]
fn feed_card() {
    let article = |number| Article { number, title: LONG.into(), page: url(), cover: url() };
    let digest = Digest { articles: (1..=5).map(article).collect() };
    // The list of items; and for each item its path, `articles[0]`, for its faults. The path grows once.
    assert!(more_than_strings(&digest) <= 1 + 5 * 2);
}

#[derive(Notification)]
#[dingtalk(markdown(title = "{title}", text = "{text}"))]
struct Mentioning {
    title: String,
    text: String,
    #[dingtalk(at)]
    mobiles: Vec<Mobile>,
    #[dingtalk(at)]
    owner: Option<UserId>,
    #[dingtalk(at_all)]
    everybody: bool,
}

/// Mentions need more than their strings and two lists. The number is fixed here so that it does not grow.
#[test]
fn mentions() {
    let mobile = |n: u32| Mobile::new(format!("1380000000{n}")).unwrap();
    let mentioning = Mentioning {
        title: "CPU".into(),
        text: LONG.into(),
        mobiles: (0..4).map(mobile).collect(),
        owner: Some(UserId::new("manager4220").unwrap()),
        everybody: true,
    };
    // A list for each person, merged into two lists, which are merged into those of the message.
    let lists = 5 + 2 + 2;
    // `@…` for each person and for `@all`, each of which grows once, in a list that grows once, and joined.
    let texts = 6 * 2 + 2 + 1;
    // The body to which they are appended.
    let body = 1;
    assert!(more_than_strings(&mentioning) <= lists + texts + body);

    let nobody = Mentioning { mobiles: vec![], owner: None, everybody: false, ..mentioning };
    assert_eq!(more_than_strings(&nobody), 0);
}
