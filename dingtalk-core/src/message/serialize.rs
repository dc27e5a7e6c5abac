//! Serialization of the texts in a message. Reading checks what the constructors check.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Mobile, Url, UserId};

macro_rules! serialize_as_text {
    ($($type:ident),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )*};
}

serialize_as_text!(Mobile, Url, UserId);

/// Accepts JSON numbers too, which agents and older clients send.
impl<'de> Deserialize<'de> for Mobile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Mobile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mobile number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Mobile, E> {
                Mobile::new(text).map_err(|error| {
                    // Models invent numbers for people whose names they know.
                    if text.contains(char::is_alphabetic) {
                        E::custom(format!(
                            "a name is not a mobile number; do not guess the number: ask for it or look it up; {error}"
                        ))
                    } else {
                        E::custom(error)
                    }
                })
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Mobile, E> {
                Mobile::new(number.to_string()).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
