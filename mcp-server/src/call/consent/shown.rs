//! A message as a question shows it: every part within limits of its own, so that none can push another out of sight.
//!
//! Everything that comes from the message is indented, as code in Markdown: a client that renders questions shows it
//! as it is, and no value can pass for the words of the question.

use dingtalk_core::Message;

use super::{
    links,
    words::{Part, Words},
};
use crate::call::visible::is_invisible;

/// Marks code in Markdown, which contains no links, pictures or headings.
const INDENT: &str = "    ";

/// Precedes each line of a body, so that none can pass for another part.
const QUOTE: &str = "| ";

/// Maximum number of buttons, items or hosts that are listed.
const MAX_LISTED: usize = 40;

const TITLE: Limits = Limits { first: 80, last: 40, lines: 1 };
const LABEL: Limits = Limits { first: 40, last: 20, lines: 1 };
const BODY: Limits = Limits { first: 400, last: 200, lines: 10 };

/// Limits of one part: its beginning and its end are shown.
#[derive(Clone, Copy)]
struct Limits {
    /// Characters of the beginning.
    first: usize,
    /// Characters of the end.
    last: usize,
    /// Lines of the beginning, and of the end.
    lines: usize,
}

/// Describes a message to the person who confirms it: type, mentions, links, and the text of every part. `hide`
/// replaces numbers of people with their names.
pub(super) fn describe(message: &Message, words: Words, hide: impl Fn(&mut String)) -> String {
    let hosts = links::hosts(message);
    let mut lines = Vec::new();
    if !hosts.is_empty() {
        let listed = listed(hosts.iter().map(|host| one_line(host, LABEL, words, &hide)), ", ", words);
        lines.push(format!("{}{listed}", words.part(Part::Links)));
    }
    lines.extend(parts(message, words, &hide));
    let lines: Vec<String> = lines.into_iter().map(|line| format!("\n{INDENT}{line}")).collect();
    format!("{}\n{}", words.summary(message, hosts.len()), lines.concat())
}

/// Returns the lines of the parts: short ones first, so that the body cannot push them out.
fn parts(message: &Message, words: Words, hide: &impl Fn(&mut String)) -> Vec<String> {
    let title = |text: &str| format!("{}{}", words.part(Part::Title), one_line(text, TITLE, words, hide));
    let opens = |part: Part, title: &str, url: &str| {
        let label = one_line(title, LABEL, words, hide);
        let hosts = links::hosts_of(url).into_iter().map(|host| one_line(&host, LABEL, words, hide));
        let steps = std::iter::once(label).chain(hosts).filter(|step| !step.is_empty());
        format!("{}{}", words.part(part), steps.collect::<Vec<_>>().join(" -> "))
    };
    let mut lines = Vec::new();
    let body = match message {
        Message::Text(text) => &text.content,
        Message::Markdown(markdown) => {
            lines.push(title(&markdown.title));
            &markdown.text
        }
        Message::Link(link) => {
            lines.push(title(&link.title));
            lines.push(opens(Part::Opens, "", &link.url));
            &link.text
        }
        Message::ActionCard(card) => {
            lines.push(title(&card.title));
            let buttons =
                card.buttons.as_slice().iter().map(|button| opens(Part::Button, &button.title, &button.url));
            lines.push(listed(buttons, &format!("\n{INDENT}"), words));
            &card.text
        }
        Message::FeedCard(card) => {
            let items = card.items.iter().map(|item| opens(Part::Item, &item.title, &item.url));
            lines.push(listed(items, &format!("\n{INDENT}"), words));
            return lines;
        }
        _ => return lines,
    };
    lines.push(words.part(Part::Text).to_owned());
    lines.extend(several_lines(body, BODY, words, hide).into_iter().map(|line| format!("{QUOTE}{line}")));
    lines
}

/// Joins the first ones, and says how many are left out.
fn listed(all: impl ExactSizeIterator<Item = String>, separator: &str, words: Words) -> String {
    let further = all.len().saturating_sub(MAX_LISTED);
    let mut shown: Vec<String> = all.take(MAX_LISTED).collect();
    if further > 0 {
        shown.push(words.more(further));
    }
    shown.join(separator)
}

fn one_line(text: &str, limits: Limits, words: Words, hide: &impl Fn(&mut String)) -> String {
    let mut text = seen(text).join(" ");
    hide(&mut text);
    excerpt(&[text], limits, words).join(" ")
}

fn several_lines(text: &str, limits: Limits, words: Words, hide: &impl Fn(&mut String)) -> Vec<String> {
    let mut text = seen(text).join("\n");
    hide(&mut text);
    let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    excerpt(&lines, limits, words)
}

/// Returns the lines as a reader sees them: no invisible characters, no blank lines, single spaces.
fn seen(text: &str) -> Vec<String> {
    let ends_line =
        |c: char| matches!(c, '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let lines = text.split(ends_line).map(|line| {
        let visible: String =
            line.chars().filter(|&c| c.is_whitespace() || !(c.is_control() || is_invisible(c))).collect();
        visible.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    lines.filter(|line| !line.is_empty()).collect()
}

/// Returns the beginning and the end of these lines, and says between them how much is left out.
fn excerpt(lines: &[String], limits: Limits, words: Words) -> Vec<String> {
    let count = |lines: &[String]| lines.iter().map(|line| line.chars().count()).sum::<usize>();
    let all = count(lines);
    if all <= limits.first + limits.last && lines.len() <= 2 * limits.lines {
        return lines.to_vec();
    }
    let mut first = Vec::new();
    let mut room = limits.first;
    for line in lines.iter().take(limits.lines) {
        let shown: String = line.chars().take(room).collect();
        room -= shown.chars().count();
        first.push(shown);
        if room == 0 {
            break;
        }
    }
    let mut last = Vec::new();
    // The end does not repeat the beginning.
    let mut room = limits.last.min(all - count(&first));
    for line in lines.iter().rev().take(limits.lines) {
        let skipped = line.chars().count().saturating_sub(room);
        let shown: String = line.chars().skip(skipped).collect();
        room -= shown.chars().count();
        last.insert(0, shown);
        if room == 0 {
            break;
        }
    }
    let left_out = all - count(&first) - count(&last);
    if left_out > 0 {
        first.push(words.more_characters(left_out));
    }
    first.append(&mut last);
    first
}

#[cfg(test)]
mod tests {
    use dingtalk_core::{
        Mobile, Url,
        delivery::Language,
        message::{Button, Buttons, FeedItem, Mentions},
    };
    use expect_test::expect;
    use proptest::prelude::*;

    use super::*;

    const ENGLISH: Words = Words(Language::En);

    fn describe(message: &Message) -> String {
        super::describe(message, ENGLISH, |_| ())
    }

    fn url(text: &str) -> Url {
        Url::new(text).unwrap()
    }

    #[test]
    fn a_long_title_or_body_hides_nothing() {
        let body = format!("Begin{}the [end](https://evil.example)", "好".repeat(18_000));
        let mut everybody = Mentions::everybody();
        everybody.merge(Mentions::mobiles([Mobile::new("13800000000").unwrap()]));
        let message = Message::markdown("T".repeat(200), body).with_mentions(everybody);
        let shown = describe(&message).replace(&"好".repeat(100), "好");
        expect![[r"
            A Markdown message that mentions everybody and 1 person, with links to 1 host.

                Links to: evil.example
                Title: TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT … 80 more characters … TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT
                Text:
                | Begin好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好
                | … 17,453 more characters …
                | 好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好the [end](https://evil.example)
                | @13800000000 @all"]]
        .assert_eq(&shown);
    }

    #[test]
    fn blank_lines_and_invisible_characters_are_left_out() {
        let text = format!(
            "a\u{202E}b{}c\u{2028}\u{200B}\u{2029}d \u{3000} e\u{3164}\r\n\u{1b}[31mf",
            "\n \n\u{200B}".repeat(200)
        );
        assert!(describe(&Message::text(text)).ends_with("Text:\n    | ab\n    | c\n    | d e\n    | [31mf"));
    }

    #[test]
    fn many_short_lines_hide_nothing() {
        let text = format!("begin\n{}end", "x\n".repeat(500));
        let shown = describe(&Message::text(text));
        assert!(shown.contains("| begin\n") && shown.ends_with("| end"), "{shown}");
        assert!(shown.contains("… 482 more characters …"), "{shown}");
        assert!(shown.lines().count() < 30);
    }

    #[test]
    fn the_hosts_of_buttons_and_items_are_named() {
        let buttons = [
            Button::new("Yes", url("https://a.example/1")),
            Button::new("No\n\nText:", url("https://b.example")),
        ];
        let card = Message::action_card("Deploy?", "### Deploy", Buttons::Several(buttons.into()));
        expect![[r"
            An action card that mentions nobody, with links to 2 hosts.

                Links to: a.example, b.example
                Title: Deploy?
                Button: Yes -> a.example
                Button: No Text: -> b.example
                Text:
                | ### Deploy"]]
        .assert_eq(&describe(&card));
        let items = [FeedItem::new("One", url("https://a.example"), url("https://pictures.example/1.png"))];
        expect![[r"
            A feed card that mentions nobody, with links to 2 hosts.

                Links to: a.example, pictures.example
                Item: One -> a.example"]]
        .assert_eq(&describe(&Message::feed_card(items)));
        let link = Message::link("Title", "Summary", url("https://a.example"));
        assert!(describe(&link).contains("    Opens: a.example\n"), "{}", describe(&link));
    }

    #[test]
    fn a_chinese_question_has_no_english_words_around_the_message() {
        let describe = |message: &Message| super::describe(message, Words(Language::Zh), |_| ());
        let mut mentions = Mentions::everybody();
        mentions.merge(Mentions::mobiles([Mobile::new("13800000000").unwrap()]));
        let body = format!("开始{}结束", "好".repeat(18_000));
        let message = Message::markdown("发布", body).with_mentions(mentions);
        let shown = describe(&message).replace(&"好".repeat(100), "好");
        expect![[r"
            一条 Markdown 消息，@ 所有人和 1 个人，不含链接。

                标题：发布
                正文：
                | 开始好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好
                | … 另有 17,421 个字符 …
                | 好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好结束
                | @13800000000 @all"]].assert_eq(&shown);
        let buttons = Buttons::Several([Button::new("同意", url("https://a.example"))].into());
        expect![[r"
            一张带按钮的卡片，@ 正文里写在 @ 后面的人，含有指向 1 个主机的链接。

                链接指向：a.example
                标题：上线
                按钮：同意 -> a.example
                正文：
                | @123 请确认"]]
        .assert_eq(&describe(&Message::action_card("上线", "@123 请确认", buttons)));
        let items = [FeedItem::new("一", url("https://a.example"), url("https://a.example/1.png"))];
        expect![[r"
            一张多条链接的卡片，不 @ 任何人，含有指向 1 个主机的链接。

                链接指向：a.example
                条目：一 -> a.example"]]
        .assert_eq(&describe(&Message::feed_card(items)));
        expect![[r"
            一条文本消息，不 @ 任何人，不含链接。

                正文：
                | 你好"]]
        .assert_eq(&describe(&Message::text("你好")));
        expect![[r"
            一条链接消息，不 @ 任何人，含有指向 1 个主机的链接。

                链接指向：a.example
                标题：标题
                打开：a.example
                正文：
                | 摘要"]]
        .assert_eq(&describe(&Message::link("标题", "摘要", url("https://a.example"))));
    }

    proptest! {
        #[test]
        fn any_message_is_short_and_shows_both_ends(
            title in "[^@]{0,300}",
            text in "[a-z][^@]{0,3000}[a-z]",
        ) {
            let shown = describe(&Message::markdown(title, &*text));
            prop_assert!(shown.lines().count() <= 80, "{shown}");
            prop_assert!(shown.chars().count() <= 5_000, "{shown}");
            let body = shown.split_once("Text:\n    | ").unwrap().1;
            prop_assert!(body.starts_with(&text[..1]), "{shown}");
            prop_assert!(body.ends_with(&text[text.len() - 1..]), "{shown}");
            // Only the first paragraph is not code.
            prop_assert!(shown.lines().skip(2).all(|line| line.starts_with(INDENT)), "{shown}");
        }

        #[test]
        fn an_excerpt_accounts_for_every_character(lines in proptest::collection::vec("x{0,900}", 1..40)) {
            let shown = excerpt(&lines, BODY, ENGLISH);
            let mut characters = 0;
            for line in &shown {
                match line.strip_prefix("… ") {
                    Some(rest) => {
                        let number = rest.split_once(' ').unwrap().0.replace(',', "");
                        characters += number.parse::<usize>().unwrap();
                    }
                    None => characters += line.len(),
                }
            }
            prop_assert_eq!(characters, lines.iter().map(String::len).sum::<usize>());
        }
    }
}
