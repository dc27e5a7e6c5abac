//! The documents of the page: head, controls, and the places of their content.

use std::sync::Arc;

use super::{
    KEPT,
    article::{self, Extent},
    conversations, entry,
    options::Options,
};
use crate::{
    log::Entry,
    render::{Element, Language, colour_rules, escape, icon, style_sheet},
    shared::Shared,
};

const STYLE: &str = concat!(include_str!("page.css"), include_str!("verdict.css"));
const SCRIPT: &str = concat!(include_str!("page.js"), include_str!("verdict.js"));

/// Message types, as filters have them.
const TYPES: [&str; 5] = ["text", "markdown", "link", "actionCard", "feedCard"];

/// Returns the chat.
pub(super) fn chat(shared: &Shared, options: &Options, nonce: &str) -> String {
    let entries = shared.state().log.newest_since(0, KEPT);
    let articles: Vec<_> = entries.iter().map(|entry| filtered(entry, shared, options)).collect();
    let newest = entries.last().map_or(0, |entry| entry.number);
    let colours = colour_rules(&articles);
    let log = Element::of("div", "log")
        .with("id", "log")
        .with("role", "log")
        .with("aria-live", "off")
        .with("aria-label", options.say(["Messages", "消息"]))
        .with("tabindex", "0")
        .with("data-last", newest.to_string())
        .with("data-kept", KEPT.to_string())
        .children(articles);
    let side = Element::of("nav", "side")
        .with("aria-label", options.say(["Conversations", "会话"]))
        .child(Element::new("div").with("id", "conversations").child(conversations::list(shared, options)));
    let chat = Element::of("main", "chat dt-chat")
        .with("id", "chat")
        .child(empty(options, entries.is_empty()))
        .child(log)
        .child(
            Element::of("button", "newer")
                .with("id", "newer")
                .with("type", "button")
                .with("hidden", "")
                .text(options.say(["Newer messages ↓", "有新消息 ↓"])),
        );
    let frame = Element::of("div", "frame")
        .child(header(options, "h1"))
        .child(filters(shared, options))
        .child(connect(options))
        .child(verdict_place(options))
        .child(Element::of("div", "columns").child(side).child(chat))
        .child(footer(options));
    document(shared, options, nonce, &colours, &frame)
}

/// Returns the page of one request; `None` if the log does not have it.
pub(super) fn one(shared: &Shared, number: u64, options: &Options, nonce: &str) -> Option<String> {
    let entry = shared.state().log.get(number)?;
    let article = article::article(&entry, &shared.names, options, Extent::Whole);
    let colours = colour_rules([&article]);
    let back =
        Element::new("a").with("href", options.link("/")).text(options.say(["← All messages", "← 全部消息"]));
    let main =
        Element::of("main", "chat dt-chat single").child(Element::of("p", "back").child(back)).child(article);
    let frame = Element::of("div", "frame").child(header(options, "h1")).child(main).child(footer(options));
    Some(document(shared, options, nonce, &colours, &frame))
}

/// Returns the page "how sure are we".
pub(super) fn sure(shared: &Shared, options: &Options, nonce: &str) -> String {
    let frame = Element::of("div", "frame")
        .child(header(options, "p"))
        .child(super::sure::content(options))
        .child(footer(options));
    document(shared, options, nonce, "", &frame)
}

/// Returns the article of an entry, hidden if the filter leaves it out.
pub(super) fn filtered(entry: &Arc<Entry>, shared: &Shared, options: &Options) -> Element {
    let article = article::article(entry, &shared.names, options, Extent::Short);
    if options.shows(entry, &article) { article } else { article.with("hidden", "") }
}

fn document(shared: &Shared, options: &Options, nonce: &str, colours: &str, frame: &Element) -> String {
    let mut body = String::new();
    frame.write(&mut body);
    let mut token = String::new();
    escape(&shared.token, &mut token);
    let (lang, theme, client) = (options.language.tag(), options.theme, options.client.name());
    let title = options.say(["DingTalk sandbox", "钉钉沙箱"]);
    let style = format!("{}{STYLE}{colours}", style_sheet());
    let run = &shared.run;
    let noscript = options.say([
        "Without JavaScript, reload the page to see new messages.",
        "未启用 JavaScript：请刷新页面查看新消息。",
    ]);
    format!(
        "<!doctype html>\n<html lang=\"{lang}\" data-theme=\"{theme}\" data-client=\"{client}\">\n<head>\n\
         <meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"sandbox-token\" content=\"{token}\">\n\
         <meta name=\"sandbox-run\" content=\"{run}\">\n<title>{title}</title>\n\
         <style nonce=\"{nonce}\">\n{style}</style>\n</head>\n<body>\n{body}\n<noscript>{noscript}</noscript>\n\
         <script nonce=\"{nonce}\">\n{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

/// Returns the head of a page. Its title is the heading of pages that have no other.
fn header(options: &Options, heading: &'static str) -> Element {
    let mark = Element::of("span", "mark")
        .with("aria-hidden", "true")
        .child(icon(&["M4 5h16v11H9l-5 4z", "M8 9h8M8 12h5"]));
    let title = Element::of(heading, "title").child(
        Element::new("a").with("href", options.link("/")).text(options.say(["DingTalk sandbox", "钉钉沙箱"])),
    );
    let state = Element::of("p", "state").with("id", "state").with("role", "status");
    let heading = Element::of("div", "heading").child(title).child(state);
    let client = switch(
        options,
        "client",
        ["Client", "客户端"],
        options.client.name(),
        &[("desktop", "", ["Desktop", "桌面"]), ("phone", "phone", ["Phone", "手机"])],
    );
    let theme = switch(
        options,
        "theme",
        ["Theme", "主题"],
        options.theme,
        &[
            ("auto", "", ["Auto", "自动"]),
            ("light", "light", ["Light", "浅色"]),
            ("dark", "dark", ["Dark", "深色"]),
        ],
    );
    let language = options.say(["en", "zh"]);
    let language = switch(
        options,
        "lang",
        ["Language", "语言"],
        language,
        &[("en", "en", ["English", "English"]), ("zh", "zh", ["中文", "中文"])],
    );
    let current = if options.pictures { "1" } else { "0" };
    let pictures = switch(
        options,
        "pictures",
        ["Pictures", "图片"],
        current,
        &[("0", "", ["No pictures", "不加载图片"]), ("1", "1", ["Load pictures", "加载图片"])],
    );
    let switches = [client, theme, language, pictures];
    Element::of("header", "top")
        .child(mark)
        .child(heading)
        .child(Element::of("div", "switches").children(switches))
}

type Choice = (&'static str, &'static str, [&'static str; 2]);

/// Returns links that change one option. The script changes client and theme without a reload.
fn switch(
    options: &Options,
    key: &'static str,
    label: [&'static str; 2],
    current: &str,
    choices: &[Choice],
) -> Element {
    let choice = |(name, value, text): &Choice| {
        let link = Element::new("a")
            .with("href", options.link_with("", key, value))
            .with("data-set", *name)
            .text(options.say(*text));
        let link =
            if options.link_with("", key, value).is_empty() { link.with("data-home", "") } else { link };
        if *name == current { link.with("aria-current", "true") } else { link }
    };
    Element::of("div", "switch")
        .with("role", "group")
        .with("aria-label", options.say(label))
        .with("data-switch", key)
        .children(choices.iter().map(choice))
}

fn filters(shared: &Shared, options: &Options) -> Element {
    let all = options.say(["all", "全部"]);
    let select = |name: &'static str, label, chosen: &str, values: Vec<(String, String)>| {
        let label = Element::new("label").with("for", format!("f-{name}")).text(options.say(label));
        let option = |(value, text): (String, String)| {
            let option = Element::new("option").with("value", &*value).text(text);
            if value == chosen { option.with("selected", "") } else { option }
        };
        let values = std::iter::once((String::new(), all.to_owned())).chain(values);
        let select = Element::new("select").with("id", format!("f-{name}")).with("name", name);
        Element::of("span", "field").child(label).child(select.children(values.map(option)))
    };
    let same = |value: &str| (value.to_owned(), value.to_owned());
    let robots = (0..shared.robots.len()).map(|at| same(shared.name(at))).collect();
    let verdicts =
        entry::VERDICTS.map(|(name, label)| (name.to_owned(), options.say(label).to_owned())).to_vec();
    let filter = &options.filter;
    let text = Element::of("span", "field grow")
        .child(Element::new("label").with("for", "f-q").text(options.say(["Text", "文本"])))
        .child(
            Element::new("input")
                .with("id", "f-q")
                .with("name", "q")
                .with("type", "search")
                .with("autocomplete", "off")
                .with("value", &*filter.text),
        );
    let hidden = options.hidden().map(|(key, value)| {
        Element::new("input").with("type", "hidden").with("name", key).with("value", value)
    });
    let button = |id: &'static str, text| {
        Element::of("button", "act scripted").with("type", "button").with("id", id).text(options.say(text))
    };
    Element::of("form", "filters")
        .with("id", "filters")
        .with("action", "/")
        .with("role", "search")
        .with("aria-label", options.say(["Filter", "筛选"]))
        .children(hidden)
        .child(select("robot", ["Robot", "机器人"], &filter.robot, robots))
        .child(select("type", ["Type", "类型"], &filter.kind, TYPES.map(same).to_vec()))
        .child(select("verdict", ["Verdict", "结果"], &filter.verdict, verdicts))
        .child(text)
        .child(Element::of("button", "act unscripted").text(options.say(["Filter", "筛选"])))
        .child(
            button("show-connect", ["Connect", "连接"])
                .with("aria-expanded", "false")
                .with("aria-controls", "connect"),
        )
        .child(
            button("show-verdict", ["Try a message", "试一条消息"])
                .with("aria-expanded", "false")
                .with("aria-controls", "verdict-tab"),
        )
        .child(button("clear", ["Clear", "清空"]))
}

/// Returns the place for the variables, which the script loads when somebody asks for them: they are secrets.
fn connect(options: &Options) -> Element {
    Element::of("section", "connect")
        .with("id", "connect")
        .with("hidden", "")
        .with("aria-label", options.say(["Connect", "连接"]))
}

fn verdict_place(options: &Options) -> Element {
    Element::of("section", "verdict")
        .with("id", "verdict-tab")
        .with("hidden", "")
        .with("aria-label", options.say(["Try a message", "试一条消息"]))
}

fn empty(options: &Options, is_empty: bool) -> Element {
    let texts = match options.language {
        Language::English => [
            "No messages yet",
            "Messages sent to the robot's webhook appear here immediately.",
            "“Connect” has the values of the variables in this example:",
        ],
        Language::Chinese => {
            ["还没有消息", "发送到机器人 Webhook 的消息会立即显示在这里。", "示例中的变量值见“连接”："]
        }
    };
    let text = options.say(["Hello", "你好"]);
    let example = format!(
        "timestamp=$(date +%s)000\nsign=$(printf '%s\\n%s' \"$timestamp\" \"$DINGTALK_BOT_SECRET\" |\n  openssl dgst \
         -sha256 -hmac \"$DINGTALK_BOT_SECRET\" -binary | base64)\ncurl \"$DINGTALK_BOT_BASE_URL/robot/send\" \
         --url-query \"access_token=$DINGTALK_BOT_ACCESS_TOKEN\" \\\n  --url-query \"timestamp=$timestamp\" \
         --url-query \"sign=$sign\" \\\n  --json '{{\"msgtype\":\"text\",\"text\":{{\"content\":\"{text}\"}}}}'"
    );
    let section = Element::of("section", "empty")
        .with("id", "empty")
        .child(Element::new("h2").text(texts[0]))
        .child(Element::new("p").text(texts[1]))
        .child(Element::new("p").text(texts[2]))
        .child(Element::new("pre").with("tabindex", "0").text(example));
    if is_empty { section } else { section.with("hidden", "") }
}

fn footer(options: &Options) -> Element {
    let link = Element::new("a")
        .with("href", options.link("/sure"))
        .text(options.say(["How sure are we?", "这些有多可靠？"]));
    Element::of("footer", "bottom")
        .text(options.say([
            "A local sandbox, not DingTalk. Messages are kept in memory only. ",
            "本地沙箱，并非钉钉；消息仅保存在内存中。",
        ]))
        .child(link)
}
