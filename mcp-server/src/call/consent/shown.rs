//! A message as a question shows it: every part within limits of its own, so that none can push another out of sight.
//!
//! Everything that comes from the message is indented, as code in Markdown: a client that renders questions shows it
//! as it is, and no value can pass for the words of the question.

use dingtalk_core::{Message, message::Mentions};

use super::links;
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
pub(super) fn describe(message: &Message, hide: impl Fn(&mut String)) -> String {
    let hosts = links::hosts(message);
    let kind = match message {
        Message::Text(_) => "A text message",
        Message::Markdown(_) => "A Markdown message",
        Message::Link(_) => "A link",
        Message::ActionCard(_) => "An action card",
        Message::FeedCard(_) => "A feed card",
        _ => "A message",
    };
    let linked = match hosts.len() {
        0 => "without links".to_owned(),
        1 => "with links to 1 host".to_owned(),
        count => format!("with links to {} hosts", grouped(count)),
    };
    let mut lines = Vec::new();
    if !hosts.is_empty() {
        lines.push(format!(
            "Links to: {}",
            listed(hosts.iter().map(|host| one_line(host, LABEL, &hide)), ", ")
        ));
    }
    lines.extend(parts(message, &hide));
    let lines: Vec<String> = lines.into_iter().map(|line| format!("\n{INDENT}{line}")).collect();
    // A card mentions those whose user ids its text names.
    let by_text = match message {
        Message::ActionCard(card) if card.text.contains(['@', '＠']) => {
            " and anyone named after an @ in its text"
        }
        _ => "",
    };
    format!("{kind} that mentions {}{by_text}, {linked}.\n{}", mentioned(message.mentions()), lines.concat())
}

fn mentioned(mentions: Option<&Mentions>) -> String {
    let people = mentions.map_or(0, Mentions::people);
    let people = match people {
        0 => None,
        1 => Some("1 person".to_owned()),
        people => Some(format!("{} people", grouped(people))),
    };
    let everybody = mentions.is_some_and(|mentions| mentions.all).then(|| "everybody".to_owned());
    let mentioned: Vec<String> = everybody.into_iter().chain(people).collect();
    if mentioned.is_empty() { "nobody".to_owned() } else { mentioned.join(" and ") }
}

/// Returns the lines of the parts: short ones first, so that the body cannot push them out.
fn parts(message: &Message, hide: &impl Fn(&mut String)) -> Vec<String> {
    let title = |text: &str| format!("Title: {}", one_line(text, TITLE, hide));
    let opens = |kind: &str, title: &str, url: &str| {
        let label = one_line(title, LABEL, hide);
        let hosts = links::hosts_of(url).into_iter().map(|host| one_line(&host, LABEL, hide));
        let steps = std::iter::once(label).chain(hosts).filter(|step| !step.is_empty());
        format!("{kind}: {}", steps.collect::<Vec<_>>().join(" -> "))
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
            lines.push(opens("Opens", "", &link.url));
            &link.text
        }
        Message::ActionCard(card) => {
            lines.push(title(&card.title));
            let buttons =
                card.buttons.as_slice().iter().map(|button| opens("Button", &button.title, &button.url));
            lines.push(listed(buttons, &format!("\n{INDENT}")));
            &card.text
        }
        Message::FeedCard(card) => {
            let items = card.items.iter().map(|item| opens("Item", &item.title, &item.url));
            lines.push(listed(items, &format!("\n{INDENT}")));
            return lines;
        }
        _ => return lines,
    };
    lines.push("Text:".to_owned());
    lines.extend(several_lines(body, BODY, hide).into_iter().map(|line| format!("{QUOTE}{line}")));
    lines
}

/// Joins the first ones, and says how many are left out.
fn listed(all: impl ExactSizeIterator<Item = String>, separator: &str) -> String {
    let further = all.len().saturating_sub(MAX_LISTED);
    let mut shown: Vec<String> = all.take(MAX_LISTED).collect();
    if further > 0 {
        shown.push(format!("… {} more", grouped(further)));
    }
    shown.join(separator)
}

fn one_line(text: &str, limits: Limits, hide: &impl Fn(&mut String)) -> String {
    let mut text = seen(text).join(" ");
    hide(&mut text);
    excerpt(&[text], limits).join(" ")
}

fn several_lines(text: &str, limits: Limits, hide: &impl Fn(&mut String)) -> Vec<String> {
    let mut text = seen(text).join("\n");
    hide(&mut text);
    let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    excerpt(&lines, limits)
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
fn excerpt(lines: &[String], limits: Limits) -> Vec<String> {
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
        first.push(format!("… {} more characters …", grouped(left_out)));
    }
    first.append(&mut last);
    first
}

/// Writes a number with a comma after every third digit from the right.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use dingtalk_core::{
        Mobile, Url,
        message::{Button, Buttons, FeedItem},
    };
    use expect_test::expect;
    use proptest::prelude::*;

    use super::*;

    fn describe(message: &Message) -> String {
        super::describe(message, |_| ())
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
    fn numbers_are_easy_to_read() {
        let shown: Vec<String> = [0, 999, 1_000, 18_700, 1_234_567].map(grouped).into();
        assert_eq!(shown, ["0", "999", "1,000", "18,700", "1,234,567"]);
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
            let shown = excerpt(&lines, BODY);
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
