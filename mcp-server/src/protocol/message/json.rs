//! JSON with its irregularities: keys that occur twice, and halves of surrogate pairs.

use std::{borrow::Cow, cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A parsed text.
#[derive(Debug)]
pub(super) struct Json {
    pub(super) value: Value,
    /// Depth of the first object that has a key twice: 1 is the outermost. Parsers differ on which value counts.
    pub(super) duplicate_at: Option<usize>,
}

/// Parses a text, and notes duplicate keys.
pub(super) fn parse(text: &[u8]) -> serde_json::Result<Json> {
    let duplicate_at = Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Reader { depth: 0, duplicate_at: &duplicate_at }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(Json { value, duplicate_at: duplicate_at.get() })
}

/// Replaces escapes that are half of a surrogate pair; `None` if there are none.
pub(super) fn with_whole_characters(text: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Cow::Borrowed(text);
    let mut at = 0;
    while at < text.len() {
        if text[at] != b'\\' {
            at += 1;
            continue;
        }
        let length = match (unit(text, at), unit(text, at + ESCAPE)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 2 * ESCAPE,
            (Some(0xD800..=0xDFFF), _) => {
                whole.to_mut()[at..at + ESCAPE].copy_from_slice(br"\ufffd");
                ESCAPE
            }
            (Some(_), _) => ESCAPE,
            (None, _) => 2,
        };
        at += length;
    }
    match whole {
        Cow::Owned(whole) => Some(whole),
        Cow::Borrowed(_) => None,
    }
}

/// Length of an escape such as `\u4f60`.
const ESCAPE: usize = 6;

/// Returns the UTF-16 unit that is escaped at this position.
fn unit(text: &[u8], at: usize) -> Option<u32> {
    let digits = text.get(at..at + ESCAPE)?.strip_prefix(br"\u")?;
    let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
    u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[derive(Clone, Copy)]
struct Reader<'c> {
    depth: usize,
    duplicate_at: &'c Cell<Option<usize>>,
}

impl Reader<'_> {
    fn inner(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(self.inner())? {
            list.push(element);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        let inner = self.inner();
        while let Some(key) = fields.next_key::<String>()? {
            let value = fields.next_value_seed(inner)?;
            if object.insert(key, value).is_some()
                && self.duplicate_at.get().is_none_or(|at| at > inner.depth)
            {
                self.duplicate_at.set(Some(inner.depth));
            }
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_outermost_duplicate_is_noted() {
        for (text, expected) in [
            (r#"{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}"#, None),
            (r#"{"a":1,"\u0061":2}"#, Some(1)),
            (r#"{"a":{"b":[{"c":1,"c":1}]},"d":{"e":1,"e":2}}"#, Some(2)),
            (r#"[{"a":1,"a":1}]"#, Some(2)),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap().duplicate_at, expected, "{text}");
        }
    }

    #[test]
    fn halves_of_pairs_are_replaced_and_nothing_else() {
        for (text, expected) in [
            (r#""\ud83d""#, Some(r#""\ufffd""#)),
            (r#""\uDE00\ud83d\ud83d\ude00\ud83dx""#, Some(r#""\ufffd\ufffd\ud83d\ude00\ufffdx""#)),
            (r#""\ud83d\ude00""#, None),
            (r#""\\ud83d""#, None),
            (r#""\\\ud83d""#, Some(r#""\\\ufffd""#)),
            (r#""\ud8""#, None),
            (r#""\u+d83""#, None),
        ] {
            let whole = with_whole_characters(text.as_bytes());
            assert_eq!(whole.as_deref(), expected.map(str::as_bytes), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_without_duplicates_is_read_as_by_the_library(
            keys in proptest::collection::vec("[a-c\"\\\\]{0,2}", 0..6),
            number in any::<f64>(),
            text in ".{0,9}",
        ) {
            let fields = keys.into_iter().zip([text.into(), number.into(), Value::Null, true.into(), vec![1, 2].into()]);
            let value = Value::Object(fields.collect());
            let text = value.to_string();
            let json = parse(text.as_bytes()).unwrap();
            prop_assert_eq!(&json.value, &serde_json::from_str::<Value>(&text).unwrap());
            prop_assert_eq!(json.duplicate_at, None);
        }
    }
}
