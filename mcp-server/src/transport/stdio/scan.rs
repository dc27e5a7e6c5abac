//! Search for the id of the request in a line that cannot be parsed, for the error that answers it.
//!
//! The line is invalid JSON, or too long to store, so no parser reads it. The search looks only at the top level, where
//! a string or a bracket is unambiguous, and ends at the first byte that does not fit.

use rmcp::model::RequestId;
use serde_json::Value;

/// Maximum length of a name or an id, as written in the line; real ones are far shorter.
const MAX_TOKEN: usize = 256;

/// Searches one line, piece by piece, in bounded memory.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    place: Place,
    /// Set if the next value is the id.
    is_id: bool,
    /// The bytes read of a name or a value, with its quotes, if any.
    token: Vec<u8>,
    id: Id,
    is_request: bool,
    is_batch: bool,
}

/// State of the search before the next byte.
#[derive(Debug, Clone, Copy, Default)]
enum Place {
    #[default]
    BeforeObject,
    BeforeName,
    InName(Text),
    BeforeColon,
    BeforeValue,
    InText(Text),
    /// In a number, `true`, `false` or `null`.
    InWord,
    /// In a list or an object, with its depth.
    InNested(usize, Option<Text>),
    AfterValue,
    /// After the object, or after a byte that does not fit.
    Done,
}

/// State of reading a string.
#[derive(Debug, Clone, Copy)]
enum Text {
    Plain,
    /// After a backslash.
    Escape,
}

#[derive(Debug, Default)]
enum Id {
    #[default]
    None,
    One(Value),
    /// Ambiguous or invalid: two ids, or one that is neither a string nor a whole number.
    Unclear,
}

impl Scan {
    /// Reads the next piece.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        for &byte in piece {
            self.place = self.step(byte);
        }
    }

    /// Returns the id of the request, a string or a whole number. `None` if it is in doubt, or if the line is not a
    /// request: a notification needs no answer, and the id of an answer is one of ours.
    pub(crate) fn request_id(self) -> Option<RequestId> {
        match self.id {
            Id::One(id) if self.is_request => serde_json::from_value(id).ok(),
            _ => None,
        }
    }

    /// Reports whether the line may hold requests whose ids are not known: it is a batch, or a request with a doubtful
    /// id. Such a line is answered without an id, or its sender would wait for ever.
    pub(crate) fn may_have_requests(&self) -> bool {
        self.is_batch || (self.is_request && matches!(self.id, Id::Unclear))
    }

    fn step(&mut self, byte: u8) -> Place {
        let is_space = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        match self.place {
            Place::BeforeObject => match byte {
                // The byte order mark, which some programs write first.
                0xEF | 0xBB | 0xBF => Place::BeforeObject,
                b'{' => Place::BeforeName,
                b'[' => {
                    self.is_batch = true;
                    Place::Done
                }
                _ if is_space => Place::BeforeObject,
                _ => Place::Done,
            },
            Place::BeforeName if byte == b'"' => {
                self.begin(byte);
                Place::InName(Text::Plain)
            }
            Place::InName(text) => {
                self.keep(byte);
                match text.step(byte) {
                    Some(text) => Place::InName(text),
                    None => {
                        self.end_name();
                        Place::BeforeColon
                    }
                }
            }
            Place::BeforeColon if byte == b':' => Place::BeforeValue,
            Place::BeforeValue => match byte {
                b'"' => {
                    self.begin(byte);
                    Place::InText(Text::Plain)
                }
                b'{' | b'[' => {
                    self.token.clear();
                    self.end_value();
                    Place::InNested(1, None)
                }
                b'-' | b'0'..=b'9' | b'a'..=b'z' => {
                    self.begin(byte);
                    Place::InWord
                }
                _ if is_space => Place::BeforeValue,
                _ => Place::Done,
            },
            Place::InText(text) => {
                self.keep(byte);
                match text.step(byte) {
                    Some(text) => Place::InText(text),
                    None => {
                        self.end_value();
                        Place::AfterValue
                    }
                }
            }
            Place::InWord => match byte {
                b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E' => {
                    self.keep(byte);
                    Place::InWord
                }
                _ => {
                    self.end_value();
                    after_value(byte)
                }
            },
            Place::InNested(depth, None) => match byte {
                b'"' => Place::InNested(depth, Some(Text::Plain)),
                b'{' | b'[' => Place::InNested(depth.saturating_add(1), None),
                b'}' | b']' if depth == 1 => Place::AfterValue,
                b'}' | b']' => Place::InNested(depth - 1, None),
                _ => Place::InNested(depth, None),
            },
            Place::InNested(depth, Some(text)) => Place::InNested(depth, text.step(byte)),
            Place::AfterValue => after_value(byte),
            place @ (Place::BeforeName | Place::BeforeColon) if is_space => place,
            Place::BeforeName | Place::BeforeColon | Place::Done => Place::Done,
        }
    }

    fn begin(&mut self, byte: u8) {
        self.token.clear();
        self.token.push(byte);
    }

    fn keep(&mut self, byte: u8) {
        // A truncated string has no closing quote, so it does not parse.
        if self.token.len() < MAX_TOKEN {
            self.token.push(byte);
        }
    }

    fn end_name(&mut self) {
        let name: Option<String> = serde_json::from_slice(&self.token).ok();
        self.is_request |= name.as_deref() == Some("method");
        self.is_id = name.as_deref() == Some("id");
    }

    fn end_value(&mut self) {
        if !self.is_id {
            return;
        }
        let id = serde_json::from_slice(&self.token).ok();
        let id = id.filter(|id: &Value| id.is_string() || id.is_i64());
        self.id = match (&self.id, id) {
            (Id::None, Some(id)) => Id::One(id),
            _ => Id::Unclear,
        };
    }
}

fn after_value(byte: u8) -> Place {
    match byte {
        b',' => Place::BeforeName,
        b' ' | b'\t' | b'\r' | b'\n' => Place::AfterValue,
        _ => Place::Done,
    }
}

impl Text {
    /// Returns the state after this byte; `None` if the string ends with it.
    fn step(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Plain, b'"') => None,
            (Self::Plain, b'\\') => Some(Self::Escape),
            _ => Some(Self::Plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use serde_json::json;

    use super::*;

    fn id(line: impl AsRef<[u8]>) -> Option<Value> {
        let mut scan = Scan::default();
        scan.feed(line.as_ref());
        scan.request_id().and_then(|id| serde_json::to_value(id).ok())
    }

    #[test]
    fn the_id_of_a_line_that_cannot_be_parsed() {
        for (line, expected) in [
            // The TypeScript SDK writes the id last, and half a surrogate pair as an escape.
            (r#"{"method":"tools/call","params":{"text":"\ud800"},"jsonrpc":"2.0","id":7}"#, json!(7)),
            (r#"{"jsonrpc": "2.0", "id": 7, "method":"#, json!(7)),
            (r#" {"id" : "a\"b\u4f60" , "method" : "x", "params": {"id": 1, "x": "#, json!("a\"b你")),
            (r#"{"id":-3,"method":"x","params":[{"a":"}]"},[]]"#, json!(-3)),
            (r#"{"\u0069d":1,"m\u0065thod":"x",}"#, json!(1)),
            (r#"{"method":"x","id":1} and more"#, json!(1)),
        ] {
            assert_eq!(id(line), Some(expected), "{line}");
        }
        assert_eq!(id(b"\xEF\xBB\xBF{\"id\":1,\"method\":\"\xFF\xFE\"}"), Some(json!(1)));
        assert_eq!(id(b"{\"params\":\"\xB0\xE6\xD6\xD5\",\"id\":\"x\",\"method\":\"y\""), Some(json!("x")));
    }

    #[test]
    fn an_id_that_is_in_doubt_is_none() {
        for line in [
            "",
            "not JSON",
            "[]",
            r#"[{"id":1,"method":"x"}]"#,
            // A notification, and answers to questions of ours.
            r#"{"method":"x","params":{"id":1}"#,
            r#"{"id":1,"result":{"method":"x"}"#,
            r#"{"id":1,"error":"#,
            r#"{"method":"x","id":1,"id":2}"#,
            r#"{"method":"x","id":1,"id":null}"#,
            r#"{"method":"x","id":[0],"id":1}"#,
            r#"{"method":"x","id":null}"#,
            r#"{"method":"x","id":1.5}"#,
            r#"{"method":"x","id":9223372036854775808}"#,
            r#"{"method":"x","id":{"a":1}}"#,
            r#"{"method":"x","id":"\ud800"}"#,
            // The id may be incomplete.
            r#"{"method":"x","id":12"#,
            r#"{"method":"x","id":"12"#,
            r#"{"method":"x" "id":1}"#,
            r#"{"method":"x","params":"a"b","id":1}"#,
            r#"{"method":"x","params":{,"id":1}"#,
        ] {
            assert_eq!(id(line), None, "{line}");
        }
        assert_eq!(id(format!(r#"{{"method":"x","id":"{}"}}"#, "a".repeat(MAX_TOKEN))), None);
        assert_eq!(id(format!(r#"{{"method":"x","id":{}}}"#, "[".repeat(1_000_000))), None);
    }

    /// Lines that are requests, or nearly so.
    fn nearly() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("{"),
            Just("}"),
            Just("["),
            Just("]"),
            Just(","),
            Just(":"),
            Just("\""),
            Just("\\"),
            Just(" "),
            Just("\"id\":"),
            Just("\"method\":"),
            Just("\"params\":"),
            Just("\"x\""),
            Just("1"),
            Just("null"),
            Just("\\ud800"),
            Just("{\"id\":1,"),
            Just("\"id\""),
            Just("\"\\u0069d\""),
            Just("\"a\":{\"id\":2},"),
            Just("é"),
        ];
        vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    fn message() -> impl Strategy<Value = Value> {
        let id = prop_oneof![
            any::<i64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
            Just(Value::Null)
        ];
        let names = vec(prop_oneof![Just("id"), Just("method"), Just("params"), Just("jsonrpc")], 0..5);
        let leaf =
            prop_oneof![any::<bool>().prop_map(Value::from), any::<f64>().prop_map(Value::from), id.clone()];
        let value = leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::hash_map("id|method|.{0,5}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        });
        (names, vec(value, 5), id).prop_map(|(names, values, id)| {
            let fields = names.into_iter().zip(values);
            let fields =
                fields.map(|(name, value)| (name.to_owned(), if name == "id" { id.clone() } else { value }));
            Value::Object(fields.collect())
        })
    }

    fn expected(message: &Value) -> Option<Value> {
        let id = message.get("id").filter(|id| id.is_i64() || id.is_string());
        id.filter(|_| message.get("method").is_some()).cloned()
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces(bytes in vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>()) {
            let mut scan = Scan::default();
            let (before, after) = bytes.split_at(at.index(bytes.len() + 1));
            scan.feed(before);
            scan.feed(after);
            prop_assert_eq!(scan.request_id().and_then(|id| serde_json::to_value(id).ok()), id(&bytes));
        }

        #[test]
        fn a_parser_finds_the_same_id(message in message(), pretty in any::<bool>()) {
            let line = if pretty { format!("{message:#}") } else { message.to_string() };
            prop_assert_eq!(id(line), expected(&message));
        }

        #[test]
        fn half_a_message_has_its_own_id_or_no_id(message in message(), at in any::<prop::sample::Index>()) {
            let line = message.to_string();
            let found = id(&line.as_bytes()[..at.index(line.len() + 1)]);
            prop_assert!(found.is_none() || found == message.get("id").cloned(), "{:?}", found);
        }

        #[test]
        fn a_malformed_message_has_no_wrong_id(line in nearly()) {
            let found = id(&line);
            if let Ok(message @ Value::Object(_)) = serde_json::from_str(&line) {
                // A parser takes the last of two ids; the search takes neither.
                prop_assert!(found.is_none() || found == expected(&message), "{:?}", found);
            }
        }
    }
}
