//! The keyword that a robot demands.

use dingtalk_core::{Markdown, Message};

/// A keyword of a robot's security settings (自定义关键词), appended visibly to a message that lacks it.
///
/// DingTalk does not document in which part of a message it looks for a keyword. Clients put it into the text, and that
/// works; in a feed card, which has no text, into the first item's title.
///
/// ```
/// use dingtalk_config::Keyword;
/// use dingtalk_core::Message;
///
/// let mut message = Message::text("Disk is full");
/// Keyword::new("alert").unwrap().append_to(&mut message);
/// assert_eq!(message, Message::text("Disk is full\nalert"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyword(String);

impl Keyword {
    /// A keyword without surrounding blanks; `None` if nothing is left.
    pub fn new(keyword: impl AsRef<str>) -> Option<Self> {
        Some(keyword.as_ref().trim())
            .filter(|keyword| !keyword.is_empty())
            .map(|keyword| Self(keyword.to_owned()))
    }

    /// Returns the keyword.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends the keyword to a message that lacks it.
    pub fn append_to(&self, message: &mut Message) {
        append(message, &self.0);
    }
}

/// Appends a keyword, visibly, to a message that lacks it.
pub(crate) fn append(message: &mut Message, keyword: &str) {
    let lacks = |parts: &[&str]| !parts.iter().any(|part| part.contains(keyword));
    match message {
        Message::Text(text) if lacks(&[&text.content]) => add_line(&mut text.content, "\n", keyword),
        Message::Markdown(message) if lacks(&[&message.title, &message.text]) => {
            add_to_markdown(&mut message.title, &mut message.text, keyword);
        }
        Message::ActionCard(card) if lacks(&[&card.title, &card.text]) => {
            add_to_markdown(&mut card.title, &mut card.text, keyword);
        }
        Message::Link(link) if lacks(&[&link.title, &link.text]) => add_line(&mut link.text, " ", keyword),
        Message::FeedCard(card) => {
            let has = card.items.iter().any(|item| item.title.contains(keyword));
            if let Some(first) = card.items.first_mut().filter(|_| !has) {
                add_line(&mut first.title, " ", keyword);
            }
        }
        _ => {}
    }
}

/// An escaped keyword may not be found by whoever looks for it; the title is not escaped.
fn add_to_markdown(title: &mut String, text: &mut String, keyword: &str) {
    let markdown = Markdown::from_text(keyword);
    if markdown.as_str().contains(keyword) {
        add_line(text, "\n\n", markdown.as_str());
    } else {
        add_line(title, " ", keyword);
    }
}

fn add_line(text: &mut String, between: &str, keyword: &str) {
    if !text.is_empty() {
        text.push_str(between);
    }
    text.push_str(keyword);
}

#[cfg(test)]
mod tests {
    use dingtalk_core::{Url, message::FeedItem};

    use super::*;

    fn url() -> Url {
        Url::new("https://example.com").unwrap()
    }

    /// Everything in a message that a reader sees.
    fn words(message: &Message) -> String {
        match message {
            Message::Text(text) => text.content.clone(),
            Message::Markdown(message) => format!("{}|{}", message.title, message.text),
            Message::Link(link) => format!("{}|{}", link.title, link.text),
            Message::ActionCard(card) => format!("{}|{}", card.title, card.text),
            Message::FeedCard(card) => {
                card.items.iter().map(|item| item.title.as_str()).collect::<Vec<_>>().join("|")
            }
            other => panic!("{}", other.kind()),
        }
    }

    #[test]
    fn what_lacks_the_keyword_gets_it_where_a_reader_sees_it() {
        let item = |title: &str| FeedItem::new(title, url(), url());
        for (message, expected) in [
            (Message::text("disk full"), "disk full\n[通知]"),
            // Escaped in the body it would not be found.
            (Message::markdown("disk", "full"), "disk [通知]|full"),
            (Message::link("disk", "full", url()), "disk|full [通知]"),
            (Message::feed_card([item("a"), item("b")]), "a [通知]|b"),
        ] {
            let mut message = message;
            append(&mut message, "[通知]");
            assert_eq!(words(&message), expected);
        }
    }

    #[test]
    fn a_word_stands_below_markdown() {
        let mut message = Message::markdown("disk", "- full");
        append(&mut message, "通知");
        assert_eq!(words(&message), "disk|- full\n\n通知");
    }

    #[test]
    fn what_has_it_stays_as_it_is() {
        for message in [
            Message::text("通知: disk full"),
            Message::markdown("通知", "disk full"),
            Message::link("disk", "通知", url()),
            Message::feed_card([FeedItem::new("a", url(), url()), FeedItem::new("通知", url(), url())]),
        ] {
            let mut appended = message.clone();
            append(&mut appended, "通知");
            assert_eq!(appended, message);
        }
    }
}
