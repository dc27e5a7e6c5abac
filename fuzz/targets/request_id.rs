//! Any line on stdin: the id that is read from it is its own.

#![no_main]

#[path = "../../mcp-server/src/transport/stdio/scan.rs"]
mod scan;

use libfuzzer_sys::fuzz_target;
use scan::Scan;
use serde::{
    Deserialize,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

/// The request as a parser sees it.
#[derive(Default)]
struct Parsed {
    ids: Vec<Value>,
    is_request: bool,
}

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Parsed;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Parsed, A::Error> {
                let mut parsed = Parsed::default();
                while let Some(name) = members.next_key::<String>()? {
                    match &*name {
                        "id" => parsed.ids.push(members.next_value()?),
                        "method" => {
                            parsed.is_request = true;
                            members.next_value::<IgnoredAny>()?;
                        }
                        _ => drop(members.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(parsed)
            }
        }

        deserializer.deserialize_map(Members)
    }
}

fn id(pieces: [&[u8]; 2]) -> Option<Value> {
    let mut scan = Scan::default();
    pieces.into_iter().for_each(|piece| scan.feed(piece));
    scan.request_id().and_then(|id| serde_json::to_value(id).ok())
}

fuzz_target!(|input: (usize, &[u8])| {
    let (at, line) = input;
    let found = id([line, &[]]);
    assert_eq!(id(line.split_at(at % (line.len() + 1)).into()), found, "it depends on how the line arrives");
    if let Ok(parsed) = serde_json::from_slice::<Parsed>(line) {
        let expected = match &parsed.ids[..] {
            [id] if parsed.is_request && (id.is_string() || id.is_i64()) => Some(id),
            _ => None,
        };
        // An id that exceeds the maximum length is not read.
        if found.is_some() || line.len() < 256 {
            assert_eq!(found.as_ref(), expected);
        }
    }
});
