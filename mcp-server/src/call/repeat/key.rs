//! The identity of a call: equal for calls with the same meaning, in any spelling.

use dingtalk_core::delivery::{Deliver, RobotKey};
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

/// A call, and the way in which a repetition of it is recognised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity {
    pub(crate) key: Key,
    pub(crate) recognition: Recognition,
    /// Set if one of several robots sends the message.
    pub(crate) several_robots: bool,
}

/// Recognition of a repeated call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recognition {
    /// By its meaning, for minutes.
    Meaning,
    /// By an id that the caller chose, for days. All messages under it have this meaning.
    Id(Key),
    /// Never: it is sent each time.
    Never,
}

/// The caller of a call, by whom its repetitions are recognised.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Caller<'c> {
    /// A client, by its name. The same call of another client is another call.
    Client(Option<&'c str>),
    /// A person or a script, with an id for the message. Without one, each call is sent.
    Person { id: Option<&'c str> },
}

/// The group of a message.
#[derive(Debug)]
pub(crate) enum Group<'g> {
    /// By its robots, which keep their keys when they are renamed.
    Robots(Vec<RobotKey>),
    /// By the name of a delivery whose robots are not known.
    Name(Option<&'g str>),
}

/// Hash of a call: of its group, its caller, its tool and the meaning of its arguments. Not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Identity {
    /// Creates the identity of a call with these arguments, in their
    /// [canonical form](dingtalk_core::tool::Call::canonical).
    pub(crate) fn new(group: &Group<'_>, caller: Caller<'_>, tool: &str, canonical: &str) -> Self {
        let several_robots = !matches!(group, Group::Robots(robots) if robots.len() == 1);
        let meaning = [tool, canonical].map(str::as_bytes);
        let (key, recognition) = match caller {
            Caller::Client(client) => {
                let client = client.unwrap_or_default().as_bytes();
                (Key::of(group, &[b"call", client, meaning[0], meaning[1]]), Recognition::Meaning)
            }
            Caller::Person { id: Some(id) } => {
                let message = Key::of(group, &[b"message", meaning[0], meaning[1]]);
                (Key::of(group, &[b"id", id.as_bytes()]), Recognition::Id(message))
            }
            Caller::Person { id: None } => {
                (Key::of(group, &[b"once", &Ulid::generate().to_bytes()]), Recognition::Never)
            }
        };
        Self { key, recognition, several_robots }
    }

    /// Returns the `msgUuid` of a message whose caller chose an id: the same on every machine.
    pub(crate) fn message_id(&self) -> Option<String> {
        let [high, ..] = self.key.0.as_chunks::<16>().0 else { return None };
        matches!(self.recognition, Recognition::Id(_))
            .then(|| Ulid::from(u128::from_be_bytes(*high)).to_string())
    }
}

impl<'g> Group<'g> {
    /// Returns the group of messages that the delivery sends with this name of a robot.
    pub(crate) fn of(deliver: &dyn Deliver, robot: Option<&'g str>) -> Self {
        let mut robots = deliver.robots(robot);
        robots.sort_unstable();
        if robots.is_empty() { Self::Name(robot) } else { Self::Robots(robots) }
    }
}

impl Key {
    fn of(group: &Group<'_>, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        // The length before each part tells where it ends.
        let mut add = |part: &[u8]| {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        };
        match group {
            Group::Robots(keys) => keys.iter().for_each(|key| add(key.as_bytes())),
            Group::Name(name) => add(name.unwrap_or_default().as_bytes()),
        }
        add(b"");
        for part in parts {
            add(part);
        }
        Self(hash.finalize().into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
impl Identity {
    /// Creates the identity of a call with this text.
    pub(crate) fn of_text(text: &str) -> Self {
        Self::new(&Group::Name(None), Caller::Client(None), text, "{}")
    }
}

#[cfg(test)]
mod tests {
    use dingtalk_core::tool::ToolSet;
    use serde_json::{Value, json};

    use super::*;
    use crate::builtin_tools;

    fn key(tool: &str, arguments: &Value) -> Key {
        let set = ToolSet::new(builtin_tools()).unwrap();
        let arguments = arguments.as_object().unwrap().clone();
        let call = set.get(tool).unwrap().read(arguments, |_| None).unwrap();
        Identity::new(&Group::Name(None), Caller::Client(None), tool, &call.canonical).key
    }

    #[test]
    fn spelling_does_not_change_the_key() {
        let plain = json!({"text": "x", "atMobiles": ["13800000000", "13900000000"]});
        for other in [
            json!({"atMobiles": ["13800000000", "13900000000"], "text": "x"}),
            json!({"text": "x", "atMobiles": "[\"13800000000\", 13900000000]", "atAll": false, "atUserIds": []}),
            json!({"text": "x", "atMobiles": ["+86 138 0000 0000", 13_900_000_000_u64], "atUserIds": null}),
        ] {
            assert_eq!(key("send_text_message", &plain), key("send_text_message", &other), "{other}");
        }
        let url = "https://example.com";
        let one = json!({"items": [{"title": "a", "url": url, "pictureUrl": url}]});
        let other = format!("[{{\"url\": \"{url}\", \"pictureUrl\": \"{url}\", \"title\": \"a\"}}]");
        let other = json!({"items": other});
        assert_eq!(key("send_feed_card_message", &one), key("send_feed_card_message", &other));
    }

    #[test]
    fn meaning_changes_the_key() {
        let plain = json!({"text": "x"});
        for other in [
            json!({"text": "x "}),
            json!({"text": "x", "atAll": true}),
            json!({"text": "x", "atMobiles": ["13800000000"]}),
            json!({"text": "x", "atUserIds": ["13800000000"]}),
        ] {
            assert_ne!(key("send_text_message", &plain), key("send_text_message", &other), "{other}");
        }
    }

    #[test]
    fn robots_clients_and_tools_tell_calls_apart() {
        let robot = |name: &str| RobotKey::from_bytes(Sha256::digest(name).into());
        let of = |group: Group<'_>, caller, tool| Identity::new(&group, caller, tool, "{}").key;
        let client = |name| Caller::Client(Some(name));
        let plain = of(Group::Name(Some("ops")), client("editor"), "a");
        for other in [
            of(Group::Name(Some("sales")), client("editor"), "a"),
            of(Group::Name(Some("ops")), client("terminal"), "a"),
            of(Group::Name(Some("ops")), client("editor"), "b"),
            of(Group::Name(Some("ops")), Caller::Client(None), "a"),
            of(Group::Name(Some("editor")), client("ops"), "a"),
            of(Group::Robots(vec![robot("ops")]), client("editor"), "a"),
            of(Group::Name(Some("ops")), Caller::Person { id: Some("editor") }, "a"),
        ] {
            assert_ne!(plain, other);
        }
        let pool = |names: [&str; 2]| of(Group::Robots(names.map(robot).to_vec()), client("editor"), "a");
        assert_ne!(pool(["a", "b"]), pool(["a", "c"]));
    }

    #[test]
    fn an_id_names_one_message_of_a_group() {
        let of = |group: &str, id, text| {
            Identity::new(&Group::Name(Some(group)), Caller::Person { id }, "send_text_message", text)
        };
        let named = of("ops", Some("nightly"), "a");
        let id = named.message_id().unwrap();
        assert_eq!(id.len(), 26);
        assert_eq!(of("ops", Some("nightly"), "b").message_id().unwrap(), id, "the id decides");
        assert_ne!(of("ops", Some("nightly"), "b").recognition, named.recognition, "another message");
        assert_eq!(of("ops", Some("nightly"), "a").recognition, named.recognition);
        assert_ne!(of("sales", Some("nightly"), "a").message_id().unwrap(), id, "another group");
        assert_ne!(of("ops", Some("hourly"), "a").message_id().unwrap(), id);
        // Without an id, each is a call of its own.
        assert_ne!(of("ops", None, "a").key, of("ops", None, "a").key);
        assert_eq!(of("ops", None, "a").message_id(), None);
    }
}
