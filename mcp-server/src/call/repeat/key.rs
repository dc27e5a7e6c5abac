//! The key of a call: equal for calls with the same meaning, in any spelling.

use sha2::{Digest as _, Sha256};

/// Key of a call: its robot, its tool and the meaning of its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// Creates the key of a call with these arguments, in their [canonical form](dingtalk_core::tool::Call::canonical).
    pub(crate) fn new(robot: Option<&str>, tool: &str, canonical: &str) -> Self {
        let mut hash = Sha256::new();
        // A byte that never occurs in UTF-8 separates the parts.
        for part in [robot.unwrap_or_default(), tool, canonical] {
            hash.update(part);
            hash.update([0xff]);
        }
        Self(hash.finalize().into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
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
        Key::new(None, tool, &call.canonical)
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
        let of = |robot, tool| Key::new(robot, tool, "{}");
        assert_ne!(of(None, "a"), of(Some("ops"), "a"));
        assert_ne!(of(None, "a"), of(None, "b"));
    }
}
