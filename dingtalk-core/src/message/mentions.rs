//! Mentions of people, in DingTalk's JSON and in a message's body.

use std::borrow::Cow;

use super::{Mobile, UserId};

/// Maximum number of people that one message can mention, as the documentation of `atUserIds` says
/// (`custom-robots-send-group-messages`, open.dingtalk.com).
pub const MAX_MENTIONS: usize = 50;

/// Text in the body that mentions everyone. The documentation asks only for `isAtAll`; DingTalk's own command line
/// client writes this text as well, and users report that some clients need it.
pub const AT_ALL_TEXT: &str = "@all";

/// People whom a text or Markdown message mentions.
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
    /// Mentions everyone in the group (`isAtAll`).
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

    /// Mentions everyone in the group.
    pub fn everybody() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// Returns `true` if no one is mentioned.
    pub fn is_empty(&self) -> bool {
        self.people() == 0 && !self.all
    }

    /// Returns the number of mentioned people, without those reached by a mention of everyone.
    pub fn people(&self) -> usize {
        self.mobiles.len() + self.user_ids.len()
    }

    /// Adds the people of `other` that are not mentioned yet.
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

    /// Returns the `@…` of all mentions, as they appear in a body.
    pub(crate) fn body_text(&self) -> String {
        self.ids().map(|id| format!("@{id}")).collect::<Vec<_>>().join(" ")
    }

    /// Appends the `@…` that are missing in a plain body, on a line of their own.
    pub(crate) fn append_to_text(&self, body: &mut String) {
        let missing = self.missing_in(body);
        append(body, "\n", &missing);
    }

    /// Appends the `@…` that are missing in a Markdown body, where a slot may have escaped an id.
    pub(crate) fn append_to_markdown(&self, body: &mut String) {
        if self.is_empty() {
            return;
        }
        let missing = self.missing_in(&without_escapes(body));
        // A blank line keeps the mentions out of a preceding list item.
        append(body, "\n\n", &missing);
    }

    /// Returns the `@…` that are missing in this text.
    fn missing_in(&self, text: &str) -> Vec<String> {
        self.ids().filter(|id| !mentions_in(text, id)).map(|id| format!("@{id}")).collect()
    }

    /// Returns the text behind each `@`.
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

/// Removes the escapes of Markdown, as its renderer does: `\_` is `_`.
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

/// Reports whether `body` contains `@id`, not followed by more of a longer id.
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
        // A backslash in plain text is an ordinary character.
        mentions.append_to_text(&mut body);
        assert_eq!(body, "@\\_x\\_, please look\n@_x_");
        // This body contains the escaped form of a longer id.
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
