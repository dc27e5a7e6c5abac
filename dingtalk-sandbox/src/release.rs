//! Sending a message from the sandbox to a real robot, after a person has seen its target and mentions.

use std::{
    collections::VecDeque,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dingtalk_core::{
    Message, Mobile, UserId,
    message::{Mentions, WireMessage},
};
use tokio::time::Instant;

use crate::robot::random_hex;

/// Number of messages that are offered at a time; a further one replaces the oldest.
const OFFERS: usize = 32;

/// Time for which an offer is valid.
const VALIDITY: Duration = Duration::from_secs(10 * 60);

/// The future of [`Release::send`].
pub type Released<'r> = Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'r>>;

/// Sends messages to a real robot; a program implements it for [`Builder::release`](crate::Builder::release).
pub trait Release: Send + Sync {
    /// Returns the name of the robot, for people.
    fn robot(&self) -> &str;

    /// Returns the host that the message is sent to.
    fn host(&self) -> &str;

    /// Sends a message that mentions not everybody, under its id, and returns the outcome in words.
    ///
    /// # Errors
    ///
    /// Returns the reason for not sending it, without any secret.
    fn send(&self, message: WireMessage) -> Released<'_>;
}

/// A message that a person may send by its nonce.
struct Offer {
    nonce: String,
    message: Message,
    since: Instant,
}

/// The way to a real robot, and the messages that are offered.
pub(crate) struct Releases {
    pub(crate) release: Arc<dyn Release>,
    offers: Mutex<VecDeque<Offer>>,
}

/// A message that is not sent, because it would notify everybody.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotifiesAll;

impl Releases {
    pub(crate) fn new(release: Arc<dyn Release>) -> Self {
        Self { release, offers: Mutex::default() }
    }

    /// Offers the message, and returns the nonce by which it can be sent once. Its own id is replaced: that of the
    /// message in the sandbox may be known to the real robot.
    pub(crate) fn offer(&self, message: Message) -> Result<String, NotifiesAll> {
        if notifies_all(&message) {
            return Err(NotifiesAll);
        }
        let nonce = random_hex();
        let mut offers = self.offers.lock().unwrap_or_else(PoisonError::into_inner);
        if offers.len() == OFFERS {
            offers.pop_front();
        }
        offers.push_back(Offer { nonce: nonce.clone(), message, since: Instant::now() });
        Ok(nonce)
    }

    /// Takes the message with this nonce, whose id is the nonce.
    pub(crate) fn take(&self, nonce: &str) -> Option<WireMessage> {
        let mut offers = self.offers.lock().unwrap_or_else(PoisonError::into_inner);
        offers.retain(|offer| offer.since.elapsed() < VALIDITY);
        let at = offers.iter().position(|offer| offer.nonce == nonce)?;
        offers.remove(at).map(|offer| WireMessage::with_id(offer.message, offer.nonce))
    }
}

/// Reports whether DingTalk might notify everybody because of this message.
fn notifies_all(message: &Message) -> bool {
    match message {
        // The text of a card mentions people; nothing documents if it can mention everybody, too.
        Message::ActionCard(card) => card.text.split('@').skip(1).any(|after| {
            let end = |next: char| !next.is_alphanumeric() && next != '.' && next != '-' && next != '_';
            stands_for_all(after.split(end).next().unwrap_or_default())
        }),
        _ => message.mentions().is_some_and(mention_all),
    }
}

fn mention_all(mentions: &Mentions) -> bool {
    let ids = mentions.user_ids.iter().map(UserId::as_str);
    mentions.all || ids.chain(mentions.mobiles.iter().map(Mobile::as_str)).any(stands_for_all)
}

fn stands_for_all(id: &str) -> bool {
    let id = id.trim_matches(|c: char| c == '@' || c.is_whitespace()).to_lowercase();
    ["all", "everyone", "everybody", "所有人", "全体成员"].contains(&&*id)
}

impl fmt::Debug for dyn Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Release").field("robot", &self.robot()).field("host", &self.host()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nowhere;

    impl Release for Nowhere {
        fn robot(&self) -> &'static str {
            "ops"
        }

        fn host(&self) -> &'static str {
            "oapi.dingtalk.com"
        }

        fn send(&self, _: WireMessage) -> Released<'_> {
            Box::pin(std::future::ready(Ok(String::new())))
        }
    }

    fn message(json: &str) -> Message {
        serde_json::from_str::<WireMessage>(json).unwrap().message
    }

    #[tokio::test(start_paused = true)]
    async fn an_offer_is_valid_once_and_for_ten_minutes() {
        let releases = Releases::new(Arc::new(Nowhere));
        let (one, other) = (Message::text("one"), Message::text("other"));
        let first = releases.offer(one.clone()).unwrap();
        let second = releases.offer(other).unwrap();
        assert_ne!(first, second);
        assert_eq!(releases.take(&first), Some(WireMessage::with_id(one, first.clone())));
        assert_eq!(releases.take(&first), None);
        assert_eq!(releases.take(""), None);
        tokio::time::advance(VALIDITY).await;
        assert_eq!(releases.take(&second), None);
    }

    #[tokio::test]
    async fn offers_are_bounded() {
        let releases = Releases::new(Arc::new(Nowhere));
        let first = releases.offer(Message::text("x")).unwrap();
        let last = (0..OFFERS).map(|_| releases.offer(Message::text("x")).unwrap()).last().unwrap();
        assert!(releases.take(&first).is_none() && releases.take(&last).is_some());
    }

    #[tokio::test]
    async fn a_message_to_everybody_is_never_offered() {
        let releases = Releases::new(Arc::new(Nowhere));
        for at in [r#"{"isAtAll":true}"#, r#"{"atUserIds":["ALL"]}"#, r#"{"atUserIds":["x","所有人"]}"#] {
            let json = format!(r#"{{"msgtype":"text","text":{{"content":"x"}},"at":{at}}}"#);
            assert_eq!(releases.offer(message(&json)), Err(NotifiesAll), "{at}");
        }
        let one = r#"{"msgtype":"text","text":{"content":"@manager"},"at":{"atUserIds":["manager"]}}"#;
        assert!(releases.offer(message(one)).is_ok());
    }
}
