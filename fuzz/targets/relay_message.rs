//! Any body at the relay's door for messages of DingTalk: it is refused with a short text, or becomes a message that,
//! sent again, is the same.

#![no_main]
#![allow(dead_code)]

use dingtalk_core::message::WireMessage;
use libfuzzer_sys::fuzz_target;

// The door's reader is a part of the server, so its modules are compiled here a second time.
#[path = "../../mcp-server/src/relay"]
mod relay {
    pub mod body;
    pub mod reply;

    pub mod raw {
        pub mod refusal;
        pub mod shape;

        use crate::call::people::People;

        /// Reads a message; fails with the code and the text of the refusal.
        pub fn read(body: &[u8]) -> Result<dingtalk_core::Message, (i64, String)> {
            let read =
                shape::read(body, &People::default()).map_err(|refusal| (refusal.code, refusal.message))?;
            assert!(read.id.is_none_or(|id| !id.trim().is_empty()), "an empty id is none");
            Ok(read.message)
        }
    }
}

#[path = "../../mcp-server/src/call"]
mod call {
    pub mod people;
    pub mod visible;
}

#[path = "../../mcp-server/src/transport"]
mod transport {
    pub mod http {
        mod answer;

        pub(crate) use answer::{as_json, failure};
    }
}

/// An error of the settings, of which there are none here.
#[derive(Debug)]
struct Error;

impl Error {
    fn setting(_: impl Into<String>, _: impl Into<String>) -> Self {
        Self
    }
}

fuzz_target!(|body: &[u8]| {
    match relay::raw::read(body) {
        Ok(message) => {
            let sent = serde_json::to_vec(&WireMessage::new(message.clone())).expect("a message is JSON");
            assert_eq!(relay::raw::read(&sent), Ok(message), "it is another message when it is sent again");
        }
        Err((code, text)) => {
            assert_ne!(code, 0, "0 is success");
            assert!(!text.is_empty() && text.len() < 1_000, "{text}");
        }
    }
});
