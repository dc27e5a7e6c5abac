//! Whom a message mentions, on the wire and in its body.

use std::borrow::Cow;

use super::{Mobile, UserId};

/// At most this many people can be mentioned in one message, as the documentation of `atUserIds` says
/// (`custom-robots-send-group-messages`, open.dingtalk.com).
pub const MAX_MENTIONS: usize = 50;

/// What stands in the body for a mention of everybody. The documentation asks only for `isAtAll`; DingTalk's own
/// command line client writes this text as well, and users report that some clients need it.
pub const AT_ALL_TEXT: &str = "@all";

/// Whom a text or Markdown message mentions.
///
/// ```
/// use dingtalk_core::{Message, Mobile, message::Mentions};
///
/// let on_call = Mentions::mobiles([Mobile::new("13800000000")?]);
/// let Message::Text(text) = Message::text("Disk is full").with_mentions(on_call) else { unreachable!() };
/// assert_eq!(text.content, "Disk is full\n@13800000000");
/// # Ok::<(), dingtalk_core::message::ParseMobileError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mentions {
    /// Mobile numbers of members (`atMobiles`).
    pub mobiles: Vec<Mobile>,
    /// User ids of members (`atUserIds`).
    pub user_ids: Vec<UserId>,
    /// Everybody (`isAtAll`).
    pub all: bool,
}

impl Mentions {
    /// Mentions people by their mobile numbers.
    pub fn mobiles(mobiles: impl IntoIterator<Item = Mobile>) -> Self {
        Self { mobiles: mobiles.into_iter().collect(), ..Self::default() }
    }

    /// Mentions people by their user ids.
    pub fn user_ids(user_ids: impl IntoIterator<Item = UserId>) -> Self {
        Self { user_ids: user_ids.into_iter().collect(), ..Self::default() }
    }

    /// Mentions everybody in the group.
    pub fn everybody() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// Nobody is mentioned.
    pub fn is_empty(&self) -> bool {
        self.people() == 0 && !self.all
    }

    /// How many people are named, everybody not counted.
    pub fn people(&self) -> usize {
        self.mobiles.len() + self.user_ids.len()
    }

    /// Adds those of `other` that are not mentioned yet.
    pub fn merge(&mut self, other: Self) {
        for mobile in other.mobiles {
            if !self.mobiles.contains(&mobile) {
                self.mobiles.push(mobile);
            }
        }
        for user_id in other.user_ids {
            if !self.user_ids.contains(&user_id) {
                self.user_ids.push(user_id);
            }
        }
        self.all |= other.all;
    }

    /// The `@…` of everybody mentioned, as it stands in a body.
    pub(crate) fn body_text(&self) -> String {
        self.ids().map(|id| format!("@{id}")).collect::<Vec<_>>().join(" ")
    }

    /// Appends the `@…` that a plain body does not hold yet, on a line of their own.
    pub(crate) fn append_to_text(&self, body: &mut String) {
        let missing = self.missing_in(body);
        append(body, "\n", &missing);
    }

    /// The same for Markdown, where a slot may have escaped an id.
    pub(crate) fn append_to_markdown(&self, body: &mut String) {
        if self.is_empty() {
            return;
        }
        let missing = self.missing_in(&without_escapes(body));
        // A blank line, so that the mentions do not become part of the last list item.
        append(body, "\n\n", &missing);
    }

    /// The `@…` that this text does not hold.
    fn missing_in(&self, text: &str) -> Vec<String> {
        self.ids().filter(|id| !mentions_in(text, id)).map(|id| format!("@{id}")).collect()
    }

    /// What stands behind each `@`.
    fn ids(&self) -> impl Iterator<Item = &str> {
        let mobiles = self.mobiles.iter().map(Mobile::as_str);
        let user_ids = self.user_ids.iter().map(UserId::as_str);
        mobiles.chain(user_ids).chain(self.all.then(|| &AT_ALL_TEXT[1..]))
    }
}

fn append(body: &mut String, separator: &str, missing: &[String]) {
    if missing.is_empty() {
        return;
    }
    if !body.is_empty() {
        body.push_str(separator);
    }
    body.push_str(&missing.join(" "));
}

/// Markdown as a reader sees its characters: `\_` is `_`.
fn without_escapes(markdown: &str) -> Cow<'_, str> {
    if !markdown.contains('\\') {
        return Cow::Borrowed(markdown);
    }
    let mut text = String::with_capacity(markdown.len());
    let mut characters = markdown.chars().peekable();
    while let Some(c) = characters.next() {
        let escaped = characters.next_if(|next| c == '\\' && next.is_ascii_punctuation());
        text.push(escaped.unwrap_or(c));
    }
    Cow::Owned(text)
}

/// Does `body` hold `@id` as a whole: not as the beginning of a longer id?
fn mentions_in(body: &str, id: &str) -> bool {
    body.match_indices('@').any(|(at, _)| {
        body[at + 1..].strip_prefix(id).is_some_and(|rest| {
            !rest.chars().next().is_some_and(|next| next.is_alphanumeric() || matches!(next, '_' | '-'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_id_does_not_count_as_a_mention() {
        let mut body = "see @138000000001 and a@b".to_owned();
        Mentions::user_ids([UserId::new("13800000000").unwrap()]).append_to_text(&mut body);
        assert_eq!(body, "see @138000000001 and a@b\n@13800000000");
    }

    #[test]
    fn text_that_stands_already_is_not_repeated() {
        let mut body = "@all: please look".to_owned();
        Mentions::everybody().append_to_text(&mut body);
        assert_eq!(body, "@all: please look");
    }

    #[test]
    fn an_id_that_a_slot_escaped_is_not_repeated() {
        let mentions = Mentions::user_ids([UserId::new("_x_").unwrap()]);
        let mut body = "@\\_x\\_, please look".to_owned();
        mentions.append_to_markdown(&mut body);
        assert_eq!(body, "@\\_x\\_, please look");
        // In plain text a backslash is one.
        mentions.append_to_text(&mut body);
        assert_eq!(body, "@\\_x\\_, please look\n@_x_");
        // It is a longer id that was escaped here.
        let mut body = "@\\_x\\_\\_".to_owned();
        mentions.append_to_markdown(&mut body);
        assert_eq!(body, "@\\_x\\_\\_\n\n@_x_");
    }

    #[test]
    fn mentions_alone_are_the_whole_body() {
        let mut body = String::new();
        let mut mentions = Mentions::everybody();
        mentions.merge(Mentions::mobiles([Mobile::new("+852-12345678").unwrap()]));
        mentions.append_to_markdown(&mut body);
        assert_eq!(body, "@+852-12345678 @all");
    }
}
