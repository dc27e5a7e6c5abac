//! Requests of an MCP client, and the answers that it expects.

use serde_json::{Value, json};

use crate::Result;

/// The version with a handshake, which most clients use.
pub(crate) const WITH_HANDSHAKE: &str = "2025-11-25";

/// The version with independent requests.
pub(crate) const WITHOUT_HANDSHAKE: &str = "2026-07-28";

pub(crate) fn initialize() -> Value {
    let client = json!({"name": "bench", "version": "0"});
    let parameters = json!({"protocolVersion": WITH_HANDSHAKE, "capabilities": {}, "clientInfo": client});
    request(0, "initialize", &parameters)
}

pub(crate) fn initialized() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
}

pub(crate) fn list_tools() -> Value {
    request(0, "tools/list", &json!({}))
}

/// Sends a text that is unique to this number, because the server sends a repeated text only once.
pub(crate) fn send_text(number: u64) -> Value {
    let text = format!("备份完成: backup of orders_2026 finished, 1834.5 MB in 412 s, run {number}");
    let parameters = json!({"name": "send_text_message", "arguments": {"text": text}});
    request(number, "tools/call", &parameters)
}

fn request(id: u64, method: &str, parameters: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters})
}

/// Metadata of an independent request.
pub(crate) fn stand_alone(request: &mut Value) {
    request["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": WITHOUT_HANDSHAKE,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "0"},
    });
}

/// Checks that the answer is a list of tools.
pub(crate) fn check_list(answer: &Value) -> Result<()> {
    let tools = answer["result"]["tools"].as_array().map_or(0, Vec::len);
    if tools == 0 { Err(format!("no tools: {answer}").into()) } else { Ok(()) }
}

/// Checks that a text was sent.
pub(crate) fn check_sent(answer: &Value) -> Result<()> {
    let result = &answer["result"];
    let sent = result.is_object() && result["isError"] != json!(true);
    if sent { Ok(()) } else { Err(format!("a call failed: {answer}").into()) }
}
