//! Names in place of people: in the definitions, in the message, and in the answer.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use dingtalk_core::{Message, Mobile, Stub, UserId};
use dingtalk_notify::{AtAll, Person, Server, ServerBuilder, builtin_tools};
use rmcp::{RoleClient, ServiceExt as _, model::CallToolRequestParams, service::RunningService};
use serde_json::{Value, json};

fn server(stub: &Stub) -> ServerBuilder {
    let people = [
        ("oncall", Person::Mobile(Mobile::new("13800000000").unwrap())),
        ("dba", Person::UserId(UserId::new("manager01").unwrap())),
    ];
    Server::builder(stub.clone()).tools(builtin_tools()).people(people)
}

async fn connect(server: ServerBuilder) -> RunningService<RoleClient, ()> {
    let server = server.build().unwrap();
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move { server.serve(tokio::io::split(ours)).await });
    ().serve(tokio::io::split(theirs)).await.unwrap()
}

async fn call(client: &RunningService<RoleClient, ()>, tool: &'static str, arguments: Value) -> Value {
    let Value::Object(arguments) = arguments else { unreachable!() };
    let call = CallToolRequestParams::new(tool).with_arguments(arguments);
    serde_json::to_value(client.call_tool(call).await.unwrap()).unwrap()
}

#[tokio::test]
async fn names_are_resolved_and_numbers_are_not_revealed() {
    let stub = Stub::new();
    let client = connect(server(&stub)).await;
    let listed = serde_json::to_string(&client.list_all_tools().await.unwrap()).unwrap();
    assert!(listed.contains("Known names: oncall.") && listed.contains("Known names: dba."), "{listed}");
    let result =
        call(&client, "send_text_message", json!({"text": "x", "atMobiles": ["oncall", "DBA"]})).await;
    assert_eq!(result["structuredContent"]["status"], "delivered", "{result}");
    assert_eq!(result["structuredContent"]["mentioned"], json!(["oncall", "dba"]));
    for seen in [&listed, &result.to_string()] {
        assert!(!seen.contains("manager01"), "{seen}");
    }
    let envelopes = stub.envelopes();
    let Message::Text(text) = &envelopes[0].message else { unreachable!() };
    assert_eq!(text.content, "x\n@13800000000 @manager01");
    assert_eq!((text.mentions.mobiles.len(), text.mentions.user_ids.len()), (1, 1));
}

#[tokio::test]
async fn an_unknown_name_is_refused_and_never_guessed() {
    let stub = Stub::new();
    let client = connect(server(&stub)).await;
    let result = call(&client, "send_text_message", json!({"text": "x", "atMobiles": ["onkall"]})).await;
    let fault = result["structuredContent"]["faults"][0].as_str().unwrap();
    assert!(fault.contains("do not guess") && fault.contains("\"onkall\""), "{fault}");
    assert!(stub.envelopes().is_empty());
}

#[tokio::test]
async fn a_dry_run_shows_names() {
    let stub = Stub::new();
    let client = connect(server(&stub).dry_run(true)).await;
    let result = call(&client, "send_text_message", json!({"text": "x", "atMobiles": ["oncall"]})).await;
    assert_eq!(result["structuredContent"]["request"]["at"]["atMobiles"], json!(["<oncall>"]));
    assert!(!result.to_string().contains("13800000000"), "{result}");
    assert!(stub.envelopes().is_empty());
}

#[tokio::test]
async fn the_same_person_in_another_spelling_is_the_same_call() {
    let stub = Stub::new();
    let client = connect(server(&stub)).await;
    for (mobiles, status) in [
        (json!(["oncall"]), "delivered"),
        (json!("[\"OnCall\"]"), "duplicate"),
        (json!(["+86 13800000000"]), "duplicate"),
    ] {
        let result = call(&client, "send_text_message", json!({"text": "x", "atMobiles": mobiles})).await;
        assert_eq!(result["structuredContent"]["status"], status);
    }
    assert_eq!(stub.envelopes().len(), 1);
}

#[test]
fn an_invalid_name_prevents_the_server_from_starting() {
    let person = Person::Mobile(Mobile::new("13800000000").unwrap());
    let error = server(&Stub::new()).people([("the person on call", person)]).build().unwrap_err();
    assert!(error.to_string().contains("invalid name \"the person on call\""), "{error}");
    assert!(!error.to_string().contains("13800000000"), "{error}");
}

#[tokio::test]
async fn an_id_for_everybody_is_no_way_around_the_policy() {
    for (policy, reason) in [(AtAll::Deny, json!("at_all_denied")), (AtAll::Ask, Value::Null)] {
        let stub = Stub::new();
        let client = connect(server(&stub).at_all(policy)).await;
        for id in ["all", "@ALL", "所有人", "ａｌｌ", "a\u{200b}ll"] {
            let result = call(&client, "send_text_message", json!({"text": "x", "atUserIds": [id]})).await;
            let facts = &result["structuredContent"];
            assert_eq!((&facts["status"], &facts["reason"]), (&json!("refused"), &reason), "{id}: {result}");
        }
        assert!(stub.envelopes().is_empty());
        let result = call(&client, "send_text_message", json!({"text": "x", "atUserIds": ["allen"]})).await;
        assert_eq!(result["structuredContent"]["status"], "delivered", "{result}");
    }
}

#[tokio::test]
async fn an_id_that_resembles_a_name_is_a_fault() {
    let stub = Stub::new();
    let client = connect(server(&stub)).await;
    for id in ["d-b-a", "ｄｂａ", "on.call"] {
        let result = call(&client, "send_text_message", json!({"text": "x", "atUserIds": [id]})).await;
        let fault = result["structuredContent"]["faults"][0].as_str().unwrap();
        assert!(fault.contains("must not resemble the name"), "{fault}");
    }
    assert!(stub.envelopes().is_empty());
}
