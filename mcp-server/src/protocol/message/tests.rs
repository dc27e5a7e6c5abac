use rmcp::model::ClientJsonRpcMessage;
use serde_json::json;

use super::*;

fn one(text: &str) -> Result<Incoming, Refused> {
    read(text.as_bytes()).map(|input| match input {
        Input::One(incoming) => incoming,
        Input::Batch(_) => panic!("a batch: {text}"),
    })
}

fn call(params: &str) -> Result<Incoming, Refused> {
    one(&format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{params}}}"#))
}

#[test]
fn arguments_become_an_object() {
    for (arguments, expected) in [
        (r#"{"text":"x"}"#, json!({"text": "x"})),
        (r#""{\"text\":\"x\"}""#, json!({"text": "x"})),
        (r#"" {\"text\": \"{}\"} ""#, json!({"text": "{}"})),
        (r#""{}""#, json!({})),
        ("null", json!({})),
    ] {
        let incoming = call(&format!(r#"{{"name":"t","arguments":{arguments}}}"#)).unwrap();
        assert_eq!(incoming.message["params"]["arguments"], expected, "{arguments}");
        assert!(incoming.unfit.is_none(), "{arguments}");
        assert_eq!(incoming.is_changed, !arguments.starts_with('{'), "{arguments}");
    }
    assert!(call(r#"{"name":"t"}"#).unwrap().unfit.is_none());
}

#[test]
fn other_arguments_are_a_fault_of_the_call() {
    for (arguments, expected) in [
        (r#""""#, "`arguments` must be a JSON object with the tool's parameters, not a string"),
        (r#""hello""#, "not a string"),
        (r#""[]""#, "not a string"),
        (r#""null""#, "not a string"),
        (r#""\"{}\"""#, "not a string"),
        (r#""{} {}""#, "not a string"),
        (r#""{\"text\":1,\"text\":2}""#, "must not have a key twice"),
        (r#""{\"a\":{\"text\":1,\"text\":2}}""#, "must not have a key twice"),
        (r#""{\"text\":\"\\ud83d\"}""#, "`text` contains half of a surrogate pair"),
        (r#"{"links":[{"title":"\ud83d"}]}"#, "`links[0].title` contains half of a surrogate pair"),
        ("[]", "not a list"),
        ("7", "not a number"),
        ("true", "not a boolean"),
    ] {
        let incoming = call(&format!(r#"{{"name":"t","arguments":{arguments}}}"#)).unwrap();
        let faults = incoming.unfit.expect(arguments).0.to_string();
        assert!(faults.contains(expected), "{arguments}: {faults}");
    }
}

#[test]
fn invalid_parameters_are_named() {
    for (params, expected) in [
        ("null", "`tools/call`: missing"),
        ("[]", "`params` must be an object"),
        (r#""x""#, "`params` must be an object"),
        ("{}", "missing field `name`"),
        (r#"{"name":null}"#, "invalid type: null"),
        (r#"{"name":7}"#, "invalid type: integer"),
        (r#"{"name":"a","name":"b"}"#, "a key twice"),
        (r#"{"name":"a","arguments":{"text":1,"text":2}}"#, "a key twice"),
        (r#"{"name":"a","\u006eame":"b"}"#, "a key twice"),
    ] {
        let refused = call(params).expect_err(params);
        assert_eq!((refused.error.code.0, refused.id), (-32_602, Some(RequestId::Number(7))), "{params}");
        assert!(refused.error.message.contains(expected), "{params}: {}", refused.error.message);
    }
    let refused = one(r#"{"jsonrpc":"2.0","id":7,"method":"tools/call"}"#).unwrap_err();
    assert!(refused.error.message.ends_with("`tools/call`: missing"), "{}", refused.error.message);
    for method in ["initialize", "prompts/get", "resources/read", "completion/complete"] {
        let refused = one(&format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{{}}}}"#));
        let error = refused.unwrap_err().error;
        assert!(
            error.message.contains(method) && error.message.contains("missing field"),
            "{}",
            error.message
        );
    }
    let long = "x".repeat(1_000_000);
    let refused = call(&format!(r#"{{"name":"t","inputResponses":"{long}"}}"#)).unwrap_err();
    assert!(refused.error.message.len() < 400, "{}", refused.error.message.len());
    let refused = one(&format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{long}"}}"#)).unwrap_err();
    assert_eq!(refused.error.code.0, -32_601);
    assert!(refused.error.message.len() < 100);
}

#[test]
fn a_message_with_a_key_twice_is_in_doubt() {
    for text in [
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"action":"decline","action":"accept"}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"requestId":2}}"#,
    ] {
        let refused = one(text).expect_err(text);
        assert_eq!((refused.error.code.0, refused.id), (-32_600, None), "{text}");
    }
}

#[test]
fn half_of_a_pair_outside_of_arguments_is_not_json() {
    for text in [
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\ud800","arguments":{}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"\ud800"}"#,
    ] {
        assert_eq!(one(text).expect_err(text).error.code.0, -32_700, "{text}");
    }
}

#[test]
fn a_call_is_taken_as_the_library_reads_it() {
    let library = |message: &Value| serde_json::from_value::<ClientJsonRpcMessage>(message.clone()).unwrap();
    for (id, params) in [
        (json!(7), json!({"name": "t"})),
        (json!("a"), json!({"name": "t", "arguments": {"text": "x", "people": ["1"]}})),
        (json!(0), json!({"name": "t", "arguments": {}, "_meta": {"progressToken": 3, "a/b": {"c": null}}})),
        (json!(1), json!({"name": "t", "requestState": "s", "inputResponses": {}, "unknown": 1})),
    ] {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
        let (id, call) = take_call(message.clone()).unwrap();
        let taken = ClientJsonRpcMessage::request(call.unwrap().into(), id);
        assert_eq!(format!("{taken:?}"), format!("{:?}", library(&message)));
    }
    for other in [
        json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}),
        json!({"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "t"}}),
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "t"}, "error": {}}),
    ] {
        assert_eq!(take_call(other.clone()).unwrap_err(), other);
    }
}
