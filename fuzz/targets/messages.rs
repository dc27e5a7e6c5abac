//! Any text from a client: it is handled or refused, and never as something that it is not.

#![no_main]

#[allow(dead_code)]
#[path = "../../mcp-server/src/protocol/message/mod.rs"]
mod message;

use libfuzzer_sys::fuzz_target;
use message::{Incoming, Input, Refused, batch};
use rmcp::model::ProtocolVersion;
use serde_json::{Map, Value};

fuzz_target!(|text: &[u8]| {
    let parsed = serde_json::from_slice::<Value>(text).ok();
    match message::read(text) {
        Ok(Input::One(incoming)) => handled(&incoming, parsed.as_ref()),
        Ok(Input::Batch(elements)) => {
            let count = elements.as_ref().map_or(0, Vec::len);
            match batch::read(elements, Some(&ProtocolVersion::V_2025_03_26)) {
                Ok(batch) => {
                    assert_eq!(batch.len(), count);
                    let elements = parsed.as_ref().and_then(Value::as_array).expect("a batch is a list");
                    for (read, element) in batch.iter().zip(elements) {
                        match read {
                            Ok(incoming) => handled(incoming, Some(element)),
                            Err(refused) => is_refused(refused),
                        }
                    }
                }
                Err(error) => assert!(error.message.len() < 1_000),
            }
        }
        Err(refused) => is_refused(&refused),
    }
});

/// Only the arguments of a call may differ from the text that was sent.
fn handled(incoming: &Incoming, sent: Option<&Value>) {
    assert!(incoming.message.is_object());
    let call = incoming.message["method"] == "tools/call" && incoming.request_id().is_some();
    if call {
        let arguments = incoming.message["params"].get("arguments");
        assert!(arguments.is_none_or(Value::is_object), "arguments are an object");
    }
    // Half of a surrogate pair is replaced; a parser does not read it.
    let Some(sent) = sent else { return };
    let without_arguments = |message: &Value| {
        let mut message = message.clone();
        message
            .get_mut("params")
            .and_then(Value::as_object_mut)
            .and_then(|params: &mut Map<_, _>| params.remove("arguments"));
        message
    };
    if incoming.is_changed {
        assert!(call);
        assert_eq!(without_arguments(&incoming.message), without_arguments(sent));
    } else {
        assert_eq!(incoming.message, *sent);
    }
}

fn is_refused(refused: &Refused) {
    assert!(refused.error.message.len() < 1_000, "{}", refused.error.message);
}
