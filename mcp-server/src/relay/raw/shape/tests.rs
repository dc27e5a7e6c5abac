use dingtalk_core::message::Text;
use proptest::prelude::*;

use super::*;

fn sent(body: &Value) -> Result<Sent, Refusal> {
    let on_call = Person::Mobile(Mobile::new("13800000000").unwrap());
    let people = People::new([("oncall".to_owned(), on_call)]).unwrap();
    read(body.to_string().as_bytes(), &people)
}

fn code(body: &Value) -> i64 {
    sent(body).unwrap_err().code
}

#[test]
fn all_five_types_are_read() {
    for body in [
        json!({"msgtype": "text", "text": {"content": "a"}}),
        json!({"msgtype": "markdown", "markdown": {"title": "a", "text": "b"}}),
        json!({"msgtype": "link", "link": {"title": "a", "text": "b", "messageUrl": "https://c.example"}}),
        json!({"msgtype": "actionCard", "actionCard": {
            "title": "a", "text": "b", "singleTitle": "c", "singleURL": "https://d.example",
        }}),
        json!({"msgtype": "actionCard", "actionCard": {
            "title": "a", "text": "b", "btnOrientation": "1",
            "btns": [{"title": "c", "actionURL": "https://d.example"}],
        }}),
        json!({"msgtype": "feedCard", "feedCard": {"links": [
            {"title": "a", "messageURL": "https://b.example", "picURL": "https://c.example/d.png"},
        ]}}),
    ] {
        let message = sent(&body).unwrap().message;
        assert_eq!(serde_json::to_value(WireMessage::new(message)).unwrap(), body);
    }
}

#[test]
fn what_is_missing_has_the_code_of_dingtalk() {
    for (body, expected) in [
        (json!([]), 40035),
        (json!({}), 300_001),
        (json!({"msgtype": "image"}), 400_105),
        (json!({"msgtype": "text"}), 400_201),
        (json!({"msgtype": "text", "text": {"content": " "}}), 400_202),
        (json!({"msgtype": "markdown", "markdown": {"text": "b"}}), 400_402),
        (json!({"msgtype": "link", "link": {"title": "a", "text": "b"}}), 400_304),
        (json!({"msgtype": "actionCard", "actionCard": {"title": "a", "text": "b"}}), 400_504),
        (
            json!({"msgtype": "actionCard", "actionCard": {"title": "a", "text": "b", "singleTitle": "c"}}),
            400_506,
        ),
        (json!({"msgtype": "feedCard", "feedCard": {"links": []}}), 400_602),
        (json!({"msgtype": "feedCard", "feedCard": {"links": [{"title": "a"}]}}), 400_604),
        (json!({"msgtype": "text", "text": "a"}), 40035),
    ] {
        assert_eq!(code(&body), expected, "{body}");
    }
}

#[test]
fn unknown_fields_are_ignored_and_numbers_may_be_flags() {
    let body = json!({
        "msgtype": "actionCard", "tags": ["x"],
        "actionCard": {
            "title": "a", "text": "b", "hideAvatar": 1, "btnOrientation": 0, "more": {},
            "btns": [{"title": "c", "actionURL": "https://d.example", "color": "red"}],
        },
    });
    let Message::ActionCard(card) = sent(&body).unwrap().message else { unreachable!() };
    assert!(card.hide_avatar && !card.horizontal);
}

#[test]
fn people_are_mentioned_by_number_id_or_name() {
    let text = |at: Value| sent(&json!({"msgtype": "text", "text": {"content": "a"}, "at": at}));
    let Message::Text(Text { content, mentions, .. }) =
        text(json!({"atMobiles": ["oncall", 13_900_000_000_u64, "", null], "atUserIds": ["manager01"]}))
            .unwrap()
            .message
    else {
        unreachable!()
    };
    assert_eq!(mentions.mobiles.len() + mentions.user_ids.len(), 3);
    assert_eq!(content, "a\n@13800000000 @13900000000 @manager01");
    for (at, all) in [
        (json!({"isAtAll": true}), true),
        (json!({"isAtAll": false}), false),
        (json!({"atMobiles": ["all"]}), true),
        (json!({"atUserIds": ["所有人"]}), true),
        (Value::Null, false),
        (json!({}), false),
    ] {
        let message = text(at.clone()).unwrap().message;
        assert_eq!(message.mentions().unwrap().all, all, "{at}");
    }
    let refusal = text(json!({"atMobiles": ["somebody"]})).unwrap_err();
    assert!(refusal.message.contains("at.atMobiles") && !refusal.message.contains("somebody"), "{refusal:?}");
    assert!(text(json!({"isAtAll": "yes"})).is_err());
    let many: Vec<String> = (0..51).map(|n| format!("1380000{n:04}")).collect();
    assert!(text(json!({"atMobiles": many})).is_err());
}

#[test]
fn an_id_is_read_unless_it_is_blank() {
    let id =
        |id: Value| sent(&json!({"msgtype": "text", "text": {"content": "a"}, "msgUuid": id})).unwrap().id;
    assert_eq!(id("x-1".into()).as_deref(), Some("x-1"));
    for none in [Value::Null, "".into(), " ".into(), 3.into()] {
        assert_eq!(id(none), None);
    }
}

/// Values that resemble those of messages.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z@ ]{0,6}".prop_map(Value::from),
        ".{0,4}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        "(text|markdown|link|actionCard|feedCard|at|msgtype|msgUuid|content|title)",
        "(messageUrl|picUrl|messageURL|picURL|singleTitle|singleURL|btns|links|actionURL|atMobiles|atUserIds|isAtAll)",
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name.clone(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Each body is a message that can be written again, or has a refusal with a code and a text.
    #[test]
    fn any_body_is_a_message_or_a_refusal(
        kind in "(text|markdown|link|actionCard|feedCard|image)",
        fields in value(),
        at in value(),
    ) {
        let body = json!({"msgtype": kind, &*kind: fields, "at": at});
        match sent(&body) {
            Ok(Sent { message, .. }) => {
                let json = serde_json::to_value(WireMessage::new(message.clone())).unwrap();
                prop_assert_eq!(json["msgtype"].as_str(), Some(message.kind()));
            }
            Err(refusal) => {
                prop_assert_ne!(refusal.code, 0);
                prop_assert!(!refusal.message.is_empty() && refusal.message.chars().count() < 400);
            }
        }
    }

    #[test]
    fn bytes_that_are_no_json_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let read = read(&bytes, &People::default());
        if serde_json::from_slice::<Map<String, Value>>(&bytes).is_err() {
            prop_assert_eq!(read, Err(Refusal::not_json()));
        }
    }
}
