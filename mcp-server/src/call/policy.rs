//! Rules on confirmation: messages that a person confirms first, and messages that are never sent.

use dingtalk_core::Message;
use serde::Serialize;

pub(crate) use dingtalk_config::{AtAll, Confirm, Policy};

use super::people::stands_for_everybody;

/// A question to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// May it notify everybody?
    AtAll,
    /// May it be sent?
    Send,
}

/// Reason for not sending a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The robot never notifies everybody.
    Denied,
    /// The client cannot ask a person, and the policy requires it with this setting.
    CannotAsk(Confirm),
    /// No "yes" was received in time, for any reason.
    NotConfirmed,
}

/// A [`Refusal`] as a word for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefusalReason {
    AtAllDenied,
    NotConfirmed,
}

impl Refusal {
    /// Returns the reason as a word for programs.
    pub(crate) fn reason(self) -> RefusalReason {
        match self {
            Self::Denied => RefusalReason::AtAllDenied,
            Self::CannotAsk(_) | Self::NotConfirmed => RefusalReason::NotConfirmed,
        }
    }

    /// Returns the advice to an agent.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::Denied => {
                "Nothing was sent: this robot is configured never to notify everybody. Tell the user, who may agree to a message \
                 without that, or to one that mentions the people concerned."
            }
            Self::CannotAsk(Confirm::Always) => {
                "Nothing was sent: the message was not confirmed, because this client cannot ask a person and this robot asks \
                 before every message. Tell the user: it takes a client that can ask, or the server's operator, who can \
                 change this robot's `confirm` setting."
            }
            Self::CannotAsk(_) => {
                "Nothing was sent: the message was not confirmed, because this client cannot ask a person. Tell the user first, \
                 who may agree to a message without notifying everybody, or have the server's operator change this robot's \
                 `at_all` or `confirm` setting."
            }
            Self::NotConfirmed => {
                "Nothing was sent: the message was not confirmed. Tell the user, and ask how to proceed; do not repeat the call as \
                 it is."
            }
        }
    }
}

/// Returns the question that must be answered before this message is sent; an error if it must not be sent at all.
pub(crate) fn question(policy: Policy, message: &Message) -> Result<Option<Question>, Refusal> {
    let notifies_all = message.mentions().is_some_and(|mentions| mentions.all) || names_everybody(message);
    match (notifies_all, policy.at_all, policy.confirm) {
        (true, AtAll::Deny, _) => Err(Refusal::Denied),
        (true, AtAll::Ask, _) => Ok(Some(Question::AtAll)),
        (_, _, Confirm::Always) => Ok(Some(Question::Send)),
        _ => Ok(None),
    }
}

/// Reports whether a card's text names everybody after an `@`. A card mentions people by its text alone.
fn names_everybody(message: &Message) -> bool {
    let Message::ActionCard(card) = message else { return false };
    let named = card.text.split(['@', '＠']).skip(1);
    let mut first_words =
        named.map(|text| text.split(|c: char| c.is_whitespace() || c.is_ascii_punctuation()).next());
    first_words.any(|word| word.is_some_and(stands_for_everybody))
}

#[cfg(test)]
mod tests {
    use dingtalk_core::{
        Url,
        message::{Button, Buttons, Mentions},
    };

    use super::*;

    #[test]
    fn the_policy_decides_which_messages_need_a_question() {
        let everybody = Message::text("Come").with_mentions(Mentions::everybody());
        let nobody = Message::text("Come");
        for (at_all, confirm, for_everybody, for_nobody) in [
            (AtAll::Ask, Confirm::AtAll, Ok(Some(Question::AtAll)), Ok(None)),
            (AtAll::Allow, Confirm::AtAll, Ok(None), Ok(None)),
            (AtAll::Deny, Confirm::AtAll, Err(Refusal::Denied), Ok(None)),
            (AtAll::Ask, Confirm::Always, Ok(Some(Question::AtAll)), Ok(Some(Question::Send))),
            (AtAll::Allow, Confirm::Always, Ok(Some(Question::Send)), Ok(Some(Question::Send))),
            (AtAll::Deny, Confirm::Always, Err(Refusal::Denied), Ok(Some(Question::Send))),
        ] {
            let policy = Policy { at_all, confirm };
            assert_eq!(question(policy, &everybody), for_everybody, "{policy:?}");
            assert_eq!(question(policy, &nobody), for_nobody, "{policy:?}");
        }
    }

    #[test]
    fn a_card_that_names_everybody_in_its_text_notifies_everybody() {
        let policy = |at_all| Policy { at_all, confirm: Confirm::AtAll };
        for (text, expected) in [
            ("@all deploy now", true),
            ("Deploy now, @所有人!", true),
            ("Deploy now ＠A\u{200B}LL", true),
            ("@allen deploys to all", false),
            ("Ask all@example.com", false),
        ] {
            let button = Button::new("Open", Url::new("https://example.com").unwrap());
            let card = Message::action_card("Deploy", text, Buttons::Single(button));
            let denied = question(policy(AtAll::Deny), &card).is_err();
            let asked = question(policy(AtAll::Ask), &card) == Ok(Some(Question::AtAll));
            assert_eq!((denied, asked), (expected, expected), "{text}");
            assert_eq!(question(policy(AtAll::Allow), &card), Ok(None));
        }
        // The text of other messages mentions nobody.
        assert_eq!(question(policy(AtAll::Deny), &Message::text("@all")), Ok(None));
    }

    #[test]
    fn the_advice_names_no_way_around_a_question_before_every_message() {
        assert!(Refusal::CannotAsk(Confirm::AtAll).advice().contains("without notifying everybody"));
        assert!(!Refusal::CannotAsk(Confirm::Always).advice().contains("everybody"));
    }

    #[test]
    fn no_advice_claims_that_a_person_said_no() {
        for refusal in [
            Refusal::Denied,
            Refusal::CannotAsk(Confirm::AtAll),
            Refusal::CannotAsk(Confirm::Always),
            Refusal::NotConfirmed,
        ] {
            let words = refusal.advice();
            assert!(words.starts_with("Nothing was sent"), "{words}");
            for claim in ["refused", "declined", "rejected"] {
                assert!(!words.contains(claim), "{words}");
            }
        }
    }
}
