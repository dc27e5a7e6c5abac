//! Any answer of a server: only an explicit success counts as delivered.

#![no_main]

use std::fmt;

use arbitrary::Arbitrary;
use dingtalk_core::delivery::classify;
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::Value;

#[derive(Arbitrary)]
struct Reply<'a> {
    status: u16,
    body: &'a [u8],
}

impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}, body \"{}\"", self.status, self.body.escape_ascii())
    }
}

/// The ignored parts may be any JSON, including a number too large for any type.
#[derive(Deserialize)]
struct Body {
    errcode: Value,
}

fuzz_target!(|reply: Reply<'_>| {
    // Most numbers are not a status.
    let status = reply.status % 600;
    let answer = classify(status, reply.body);
    if answer.failure.is_none() {
        assert!((200..300).contains(&status), "{status} is no success");
        assert_eq!(answer.code, Some(0));
        let Body { errcode } = serde_json::from_str(&String::from_utf8_lossy(reply.body))
            .expect("a delivered message has an answer in JSON");
        let is_zero = match &errcode {
            Value::Number(number) => number.as_i64() == Some(0),
            Value::String(text) => text.trim().parse() == Ok(0),
            _ => false,
        };
        assert!(is_zero, "{errcode} is not 0");
    }
});
