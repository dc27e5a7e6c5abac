//! Any text as a mobile number, a user id and a URL: an accepted value prints as its input, and a URL cannot
//! end the link that contains it.

#![no_main]

use dingtalk_core::{Mobile, Url, UserId};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, from_value, to_value};

#[path = "../../dingtalk-template/tests/judge/mod.rs"]
#[allow(dead_code, reason = "the text of a message is not compared here")]
mod judge;

fuzz_target!(|text: &str| {
    if let Ok(mobile) = Mobile::new(text) {
        assert_eq!(Mobile::new(mobile.as_str()).as_ref(), Ok(&mobile), "{text:?}");
        assert_eq!(mobile.to_string().parse().as_ref(), Ok(&mobile), "{text:?}");
        assert!(
            mobile.as_str().bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-')),
            "{mobile}"
        );
        assert_eq!(from_value::<Mobile>(to_value(&mobile).unwrap()).unwrap(), mobile);
    }
    if let Ok(id) = UserId::new(text) {
        assert_eq!(id.to_string().parse().as_ref(), Ok(&id), "{text:?}");
        assert_eq!(from_value::<UserId>(to_value(&id).unwrap()).unwrap(), id);
    }
    if let Ok(url) = Url::new(text) {
        assert_eq!(url.to_string().parse().as_ref(), Ok(&url), "{text:?}");
        assert_eq!(from_value::<Url>(to_value(&url).unwrap()).unwrap(), url);
        let link = format!("a [b]({url}) c");
        let expected = [
            "Start(Paragraph)",
            "text",
            &format!("link {url}"),
            "text",
            "End(Link)",
            "text",
            "End(Paragraph)",
        ];
        assert_eq!(judge::structure(&link), expected, "{link}");
    }
    // As agents send it: as any JSON.
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        let _ = (
            from_value::<Mobile>(value.clone()),
            from_value::<UserId>(value.clone()),
            from_value::<Url>(value),
        );
    }
});
