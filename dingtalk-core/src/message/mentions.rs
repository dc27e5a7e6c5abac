//! Mentions of people, in DingTalk's JSON and in a message's body.

use super::{Mobile, UserId, mention_scan::mentions_of};

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
        let missing = self.missing_in(body, false);
        append(body, "\n", &missing);
    }

    /// Appends the `@…` that are missing in a Markdown body, where a slot may have escaped an id.
    pub(crate) fn append_to_markdown(&self, body: &mut String) {
        if self.is_empty() {
            return;
        }
        let missing = self.missing_in(body, true);
        // A blank line keeps the mentions out of a preceding list item.
        append(body, "\n\n", &missing);
    }

    /// Returns the `@…` that are missing in this text.
    fn missing_in(&self, text: &str, is_markdown: bool) -> Vec<String> {
        let is_missing = |id: &&str| mentions_of(id, text, is_markdown).next().is_none();
        self.ids().filter(is_missing).map(|id| format!("@{id}")).collect()
    }

    /// Removes the `@` of each mention in this Markdown, except for the first mention of each person in `kept`.
    #[cfg(feature = "robot")]
    pub(crate) fn mention_once(&self, kept: &Self, markdown: &mut String) {
        for id in self.ids() {
            let first = usize::from(kept.ids().any(|kept| kept == id));
            let removed: Vec<usize> =
                mentions_of(id, markdown, true).skip(first).map(|mention| mention.start).collect();
            for at in removed.into_iter().rev() {
                markdown.remove(at);
            }
        }
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
    fn a_part_of_an_address_does_not_count_as_a_mention() {
        let mentions = Mentions::mobiles([Mobile::new("13800000000").unwrap()]);
        for (body, appended) in [
            ("x@13800000000", true),
            ("ops@13800000000.example.com", true),
            ("@13800000000.example.com", true),
            ("请@13800000000处理", false),
            ("@13800000000。", false),
        ] {
            let (mut text, mut markdown) = (body.to_owned(), body.to_owned());
            mentions.append_to_text(&mut text);
            mentions.append_to_markdown(&mut markdown);
            assert_eq!(text.ends_with("\n@13800000000"), appended, "{text}");
            assert_eq!(markdown.ends_with("\n\n@13800000000"), appended, "{markdown}");
        }
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
