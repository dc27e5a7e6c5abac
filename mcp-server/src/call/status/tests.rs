use dingtalk_core::{Error, delivery::BoxFuture};
use serde_json::json;

use super::*;

/// A queue in which each message has this state.
struct Known(Result<Standing, ErrorKind>);

impl Accepted for Known {
    fn find<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Standing, Error>> {
        let known = self.0.clone().map_err(|kind| Error::new(kind, "disk I/O error"));
        Box::pin(std::future::ready(known))
    }
}

fn failed(may_have_arrived: bool) -> Standing {
    let text = "keyword missing\nset it".to_owned();
    Standing::Failed(Failed {
        kind: ErrorKind::Keyword,
        text,
        may_have_arrived,
        age: Duration::from_millis(61_900),
    })
}

fn waiting() -> Standing {
    Standing::Waiting(Waiting {
        robot: Some("ops".to_owned()),
        position: Some(3),
        wait: Some(Duration::from_millis(6_100)),
        failure: Some("no connection".to_owned()),
    })
}

async fn facts(known: Result<Standing, ErrorKind>) -> Value {
    serde_json::to_value(of(&Known(known), "3KZ8").await).unwrap()
}

#[tokio::test]
async fn each_state_has_its_facts() {
    let waits = facts(Ok(waiting())).await;
    let expected = json!({
        "status": "waiting", "id": "3KZ8", "robot": "ops", "position": 3, "waitSeconds": 7,
        "detail": "the last attempt failed: no connection",
        "advice": "It is sent without further calls. Do not repeat the call.",
    });
    assert_eq!(waits, expected);
    assert_eq!(facts(Ok(Standing::Sending)).await, json!({"status": "sending", "id": "3KZ8"}));
    let delivered = facts(Ok(Standing::Delivered { age: Duration::from_secs(90) })).await;
    assert_eq!(delivered, json!({"status": "delivered", "id": "3KZ8", "ageSeconds": 90}));
    let given_up = facts(Ok(failed(false))).await;
    assert_eq!((&given_up["status"], &given_up["reason"]), (&json!("failed"), &json!("keyword")));
    assert_eq!(
        (&given_up["detail"], &given_up["ageSeconds"]),
        (&json!("keyword missing\\nset it"), &json!(61))
    );
    assert!(given_up["advice"].as_str().unwrap().starts_with("Not delivered"), "{given_up}");
    let may_have_arrived = facts(Ok(failed(true))).await;
    assert_eq!(may_have_arrived["status"], "unknown");
    assert!(may_have_arrived["advice"].as_str().unwrap().starts_with("May have arrived; do not repeat."));
    assert_eq!(facts(Ok(Standing::Removed)).await["status"], "removed");
    assert_eq!(facts(Ok(Standing::Unknown)).await["status"], "not_found");
    let unavailable = facts(Err(ErrorKind::Store)).await;
    assert_eq!(unavailable["status"], "unavailable");
    assert!(unavailable["detail"].as_str().unwrap().contains("disk I/O error"), "{unavailable}");
}

#[tokio::test]
async fn answers_fit_the_output_schema() {
    use dingtalk_core::tool::ToolSet;

    use crate::{Deployment, builtin_tools};

    let set = ToolSet::new(builtin_tools()).unwrap();
    let definition = Deployment::new().queue(true).definitions(&set).pop().unwrap();
    let properties = definition.output_schema["properties"].as_object().unwrap();
    let delivered = Standing::Delivered { age: Duration::ZERO };
    let states = [waiting(), Standing::Sending, delivered, failed(false), failed(true), Standing::Removed];
    let states = states.map(Ok).into_iter().chain([Ok(Standing::Unknown), Err(ErrorKind::Store)]);
    let mut seen = Vec::new();
    for state in states {
        let facts = facts(state).await;
        for (name, value) in facts.as_object().unwrap() {
            let kind = if value.is_number() { "integer" } else { "string" };
            assert_eq!(properties[name]["type"], kind, "{name}");
        }
        seen.push(facts["status"].clone());
    }
    assert_eq!(properties["status"]["enum"], json!(seen), "each status is listed, and each one can come");
}

#[tokio::test]
async fn a_call_without_a_valid_id_is_told_every_fault() {
    let ask = async |arguments: Value| {
        let Value::Object(arguments) = arguments else { unreachable!() };
        serde_json::to_value(answer(&Known(Ok(Standing::Sending)), arguments).await).unwrap()
    };
    assert_eq!(ask(json!({"id": " 3KZ8 "})).await, json!({"status": "sending", "id": "3KZ8"}));
    for (arguments, fault) in [
        (json!({}), "`id` is missing"),
        (json!({"id": null}), "`id` is missing"),
        (json!({"id": "  "}), "`id` is missing"),
        (json!({"id": 3}), "`id` must be a string, not 3"),
        (json!({"id": "x".repeat(65)}), "`id` must have at most 64 characters, not 65"),
        (json!({"id": "3KZ8", "verbose": true}), "`verbose` is unknown: the only parameter is `id`"),
    ] {
        let answer = ask(arguments).await;
        assert_eq!((&answer["status"], &answer["faults"]), (&json!("not_found"), &json!([fault])));
    }
    let both = ask(json!({"message": "x"})).await;
    assert_eq!(both["faults"].as_array().unwrap().len(), 2, "{both}");
}
