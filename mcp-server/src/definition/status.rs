//! The tool that reports the status of a queued message, which a server has beside those of its notifications.

use dingtalk_core::tool::ToolSet;
use serde_json::{Map, Value, json};

use super::{Annotations, Definition};
use crate::call::{
    answer::CallStatus,
    status::{ID, MAX_ID, MessageStatus},
};

/// Name of the tool, without a prefix.
pub(crate) const STATUS_TOOL: &str = "get_message_status";

/// Returns the definition of the tool, as the set serves it.
pub(super) fn definition(set: &ToolSet) -> Definition {
    Definition {
        name: set.served_name(STATUS_TOOL).into_owned(),
        title: "Message status".to_owned(),
        description: format!(
            "Get the delivery status of a queued DingTalk (钉钉) message: waiting with its position and approximate wait, \
             sending, delivered, or failed with the reason. Use this when a call has returned status {} and the user \
             wants to know if the message was delivered; it is sent without further calls. Reads only, and never returns \
             the message. Queued messages are known until 7 days after delivery or 30 days after a failure.",
            CallStatus::Queued.as_str()
        ),
        input_schema: input_schema(),
        output_schema: output_schema(),
        annotations: Annotations { read_only: true, destructive: false, idempotent: true, open_world: false },
    }
}

fn input_schema() -> Map<String, Value> {
    object(json!({
        "type": "object",
        "properties": {
            ID: {
                "type": "string",
                "description": format!(
                    "`id` in the answer with status {}, for example `3KZ8Q1V5N0J4T7M2XRCBYHWDGF`. 1 to {} characters.",
                    CallStatus::Queued.as_str(),
                    MAX_ID
                ),
                "minLength": 1,
                "maxLength": MAX_ID,
            },
        },
        "required": [ID],
        "additionalProperties": false,
    }))
}

fn output_schema() -> Map<String, Value> {
    object(json!({
        "type": "object",
        "properties": {
            "status": {"type": "string", "enum": MessageStatus::ALL.map(MessageStatus::as_str)},
            "id": {"type": "string"},
            "robot": {"type": "string"},
            "position": {"type": "integer"},
            "waitSeconds": {"type": "integer"},
            "ageSeconds": {"type": "integer"},
            "reason": {"type": "string"},
            "detail": {"type": "string"},
            "faults": {"type": "array", "items": {"type": "string"}},
            "advice": {"type": "string"},
        },
        "required": ["status"],
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
