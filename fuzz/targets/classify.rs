//! Any answer of a server: delivered is only what says so.

#![no_main]

use dingtalk_core::classify;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|input: (u16, &[u8])| {
    let (status, body) = input;
    // Most statuses are none.
    let status = status % 600;
    let answer = classify(status, body);
    if answer.failure.is_none() {
        assert!((200..300).contains(&status), "{status} is no success");
        assert_eq!(answer.code, Some(0));
        let reply: Map<String, Value> = serde_json::from_str(&String::from_utf8_lossy(body))
            .expect("a delivered message has an answer in JSON");
        let is_zero = match &reply["errcode"] {
            Value::Number(number) => number.as_i64() == Some(0),
            Value::String(text) => text.trim().parse() == Ok(0),
            _ => false,
        };
        assert!(is_zero, "{reply:?}");
    }
});
