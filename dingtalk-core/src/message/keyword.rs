//! The keyword that a robot demands, and notes of a queue, appended to a message.

use super::{
    ActionCard, FeedCard, Link, MarkdownText, Mentions, Message, Text, mention_line::without_mention_line,
};
use crate::Markdown;

/// A keyword of a robot's security settings (自定义关键词), appended visibly to a message that lacks it.
///
/// DingTalk does not document in which part of a message it looks for a keyword. Clients put it into the text, and that
/// works; in a feed card, which has no text, into the first item's title. A line of mentions stays the last one.
///
/// ```
/// use dingtalk_core::{Message, message::Keyword};
///
/// let mut message = Message::text("Disk is full");
/// Keyword::new("alert").unwrap().append_to(&mut message);
/// assert_eq!(message, Message::text("Disk is full\nalert"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyword(String);

impl Keyword {
    /// Creates a keyword without surrounding blanks; `None` if nothing is left.
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
        match message {
            Message::Text(Text { content, mentions }) if self.is_missing_in(&[content]) => {
                add_line(content, "\n", &self.0, mentions);
            }
            Message::Markdown(MarkdownText { title, text, mentions })
                if self.is_missing_in(&[title, text]) =>
            {
                self.add_to_markdown(title, text, mentions);
            }
            Message::ActionCard(ActionCard { title, text, mentions, .. })
                if self.is_missing_in(&[title, text]) =>
            {
                self.add_to_markdown(title, text, mentions);
            }
            Message::Link(Link { title, text, .. }) if self.is_missing_in(&[title, text]) => {
                add(text, " ", &self.0);
            }
            Message::FeedCard(FeedCard { items })
                if !items.iter().any(|item| item.title.contains(&self.0)) =>
            {
                if let Some(first) = items.first_mut() {
                    add(&mut first.title, " ", &self.0);
                }
            }
            _ => {}
        }
    }

    /// Returns the longest text that [`append_to`](Self::append_to) adds to a text or a title.
    #[cfg(feature = "robot")]
    pub(crate) fn longest_addition(&self) -> String {
        let escaped = Markdown::from_text(&self.0);
        let longer = if escaped.as_str().len() > self.0.len() { escaped.as_str() } else { &self.0 };
        format!("\n\n{longer}")
    }

    fn is_missing_in(&self, parts: &[&String]) -> bool {
        !parts.iter().any(|part| part.contains(&self.0))
    }

    /// Adds to the body; to the title, which is not escaped, if the escaped keyword would not be found.
    fn add_to_markdown(&self, title: &mut String, text: &mut String, mentions: &Mentions) {
        let markdown = Markdown::from_text(&self.0);
        if markdown.as_str().contains(&self.0) {
            add_line(text, "\n\n", markdown.as_str(), mentions);
        } else {
            add(title, " ", &self.0);
        }
    }
}

/// Appends a note to the text of a message; in a feed card, to the first item's title.
#[cfg(feature = "robot")]
pub(crate) fn append_note(message: &mut Message, note: &str) {
    match message {
        Message::Text(Text { content, mentions }) => add_line(content, "\n", note, mentions),
        Message::Markdown(MarkdownText { text, mentions, .. }) => {
            add_line(text, "\n\n", Markdown::from_text(note).as_str(), mentions);
        }
        Message::ActionCard(ActionCard { text, .. }) => {
            add(text, "\n\n", Markdown::from_text(note).as_str());
        }
        Message::Link(Link { text, .. }) => add(text, " ", note),
        Message::FeedCard(FeedCard { items }) => {
            if let Some(first) = items.first_mut() {
                add(&mut first.title, " ", note);
            }
        }
    }
}

/// Adds a line before the line of mentions, so that this can still be told from the text.
fn add_line(body: &mut String, separator: &str, keyword: &str, mentions: &Mentions) {
    let end = without_mention_line(body, mentions).len();
    let mention_line = body.split_off(end);
    add(body, separator, keyword);
    body.push_str(&mention_line);
}

fn add(text: &mut String, separator: &str, keyword: &str) {
    if !text.is_empty() {
        text.push_str(separator);
    }
    text.push_str(keyword);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Url, UserId,
        message::{Button, Buttons, FeedItem},
    };

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
            Keyword::new("[通知]").unwrap().append_to(&mut message);
            assert_eq!(words(&message), expected);
        }
    }

    #[test]
    fn a_word_stands_below_markdown() {
        let mut message = Message::markdown("disk", "- full");
        Keyword::new("通知").unwrap().append_to(&mut message);
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
            Keyword::new("通知").unwrap().append_to(&mut appended);
            assert_eq!(appended, message);
        }
    }

    #[test]
    fn mentions_stay_the_last_line() {
        let mentions = Mentions::user_ids([UserId::new("a").unwrap()]);
        for (message, expected) in [
            (Message::text("disk full"), "disk full\n通知\n@a"),
            (Message::markdown("disk", "full"), "disk|full\n\n通知\n\n@a"),
            (
                Message::action_card("disk", "full", Buttons::Single(Button::new("x", url()))),
                "disk|full\n\n通知\n\n@a",
            ),
            (Message::text(""), "@a\n通知"),
        ] {
            let mut message = message.with_mentions(mentions.clone());
            Keyword::new("通知").unwrap().append_to(&mut message);
            assert_eq!(words(&message), expected);
        }
    }
}
