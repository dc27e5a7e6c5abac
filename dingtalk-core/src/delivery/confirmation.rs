//! Confirmation of a message by a person.

use serde::{Deserialize, Serialize};

/// A person's "yes" to a message. It is stored with the message, so that a process that delivers it later can apply a
/// policy that asks a person first.
///
/// ```
/// use dingtalk_core::{Envelope, Message, delivery::Confirmation, message::Mentions};
///
/// let everybody = Message::text("The office is closed today").with_mentions(Mentions::everybody());
/// let asked = Confirmation::of_everybody("editor");
/// let envelope = Envelope::new(everybody).with_confirmation(asked);
/// assert!(envelope.confirmation.is_some_and(|confirmation| confirmation.everybody));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Confirmation {
    /// Client or command that has the answer, for people who read it later.
    pub by: String,
    /// Set if the person agreed that the message is sent.
    #[serde(default)]
    pub message: bool,
    /// Set if the person agreed that everybody in the group is notified.
    #[serde(default)]
    pub everybody: bool,
}

impl Confirmation {
    /// Creates the confirmation of a message.
    pub fn of_message(by: impl Into<String>) -> Self {
        Self { by: by.into(), message: true, everybody: false }
    }

    /// Creates the confirmation of a message that notifies everybody in the group.
    pub fn of_everybody(by: impl Into<String>) -> Self {
        Self { everybody: true, ..Self::of_message(by) }
    }

    /// Joins the confirmations of the messages in a digest, each with whether the message notifies everybody. The
    /// result covers only what holds for each of them.
    pub(super) fn join<'a>(members: impl Iterator<Item = (Option<&'a Self>, bool)> + Clone) -> Option<Self> {
        let message = members.clone().all(|(given, _)| given.is_some_and(|given| given.message));
        let mut notifying = members.clone().filter(|(_, notifies_all)| *notifies_all).peekable();
        let everybody = notifying.peek().is_some()
            && notifying.all(|(given, _)| given.is_some_and(|given| given.everybody));
        let mut by: Vec<&str> = Vec::new();
        for given in members.filter_map(|(given, _)| given) {
            if !by.contains(&&*given.by) {
                by.push(&given.by);
            }
        }
        (message || everybody).then(|| Self { by: by.join(", "), message, everybody })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_confirmed_as_far_as_each_of_its_messages() {
        let (message, everybody) = (Confirmation::of_message("a"), Confirmation::of_everybody("b"));
        let join = |members: &[(Option<&Confirmation>, bool)]| {
            let joined = Confirmation::join(members.iter().copied());
            joined.map(|joined| (joined.by, joined.message, joined.everybody))
        };
        let of = |by: &str, message, everybody| Some((by.to_owned(), message, everybody));
        assert_eq!(join(&[(None, false), (None, true)]), None);
        assert_eq!(join(&[(Some(&message), false), (Some(&message), false)]), of("a", true, false));
        assert_eq!(join(&[(Some(&message), false), (None, false)]), None);
        assert_eq!(join(&[(Some(&message), false), (Some(&everybody), true)]), of("a, b", true, true));
        // The message that notifies everybody is confirmed, another one is not.
        assert_eq!(join(&[(None, false), (Some(&everybody), true)]), of("b", false, true));
        // Two notify everybody, and one of them is not confirmed for that.
        assert_eq!(join(&[(Some(&message), true), (Some(&everybody), true)]), of("a, b", true, false));
    }
}
