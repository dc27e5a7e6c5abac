use dingtalk_core::{Message, message::WireMessage};
use serde_json::{Value, json};

use super::*;

fn read_json(body: &Value) -> Result<Valid, Refusal> {
    let body = body.to_string();
    validate(body.as_bytes(), body.len(), &[])
}

fn refused(body: &Value) -> (i64, String) {
    let refusal = read_json(body).expect_err(&format!("accepted: {body}"));
    (refusal.code, refusal.message)
}

/// The five types with all their fields.
fn whole() -> Vec<Value> {
    vec![
        json!({"msgtype": "text", "text": {"content": "c @1380000"}, "at": {"atUserIds": ["1380000"]}, "msgUuid": "u"}),
        json!({"msgtype": "markdown", "markdown": {"title": "t", "text": "x"}, "at": {"isAtAll": true}}),
        json!({"msgtype": "link", "link": {"title": "t", "text": "x", "messageUrl": "https://e.com", "picUrl": "@media"}}),
        json!({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "x", "singleTitle": "s",
            "singleURL": "https://e.com", "btnOrientation": "0", "hideAvatar": "1"}}),
        json!({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "x", "btnOrientation": "1",
            "btns": [{"title": "a", "actionURL": "https://e.com/a"}, {"title": "b", "actionURL": "dingtalk://b"}]}}),
        json!({"msgtype": "feedCard", "feedCard": {"links": [
            {"title": "t", "messageURL": "https://e.com", "picURL": "https://e.com/p.png"}]}}),
    ]
}

#[test]
fn the_documented_forms_are_accepted() {
    for body in whole() {
        let valid = read_json(&body).unwrap_or_else(|refusal| panic!("{body}: {refusal:?}"));
        assert_eq!(valid.warnings, [] as [&str; 0], "{body}");
        assert_eq!(valid.message.message.kind(), body["msgtype"]);
    }
    let Ok(Valid { message, .. }) = read_json(&whole()[0]) else { unreachable!() };
    let Message::Text(text) = &message.message else { panic!("{message:?}") };
    assert_eq!((text.content.as_str(), message.id.as_deref()), ("c @1380000", Some("u")));
}

#[test]
fn twenty_thousand_bytes_are_accepted_and_one_more_is_not() {
    let frame = json!({"msgtype": "text", "text": {"content": ""}}).to_string().len();
    let body = |length: usize| {
        // Chinese, to tell bytes from characters.
        let content = format!("{}{}", "钉".repeat(5000), "x".repeat(length - frame - 15_000));
        json!({"msgtype": "text", "text": {"content": content}})
    };
    assert!(read_json(&body(20_000)).is_ok());
    assert_eq!(refused(&body(20_001)), (460_101, refusal::TOO_LONG.message.to_owned()));
}

#[test]
fn a_body_must_be_a_json_object() {
    for body in ["", "{", "[]", "null", "\"text\"", "a=b", "{'msgtype':'text'}", "{\"msgtype\":\"text\"}x"] {
        let refusal = validate(body.as_bytes(), body.len(), &[]).unwrap_err();
        assert_eq!(refusal, refusal::NOT_JSON.into(), "{body}");
    }
    assert_eq!(validate(b"{\"msgtype\":\"\xff\"}", 16, &[]), Err(refusal::NOT_JSON.into()), "not UTF-8");
}

#[test]
fn the_type_must_be_present_and_supported() {
    for body in [json!({}), json!({"msgtype": null}), json!({"msgtype": "", "text": {"content": "x"}})] {
        assert_eq!(refused(&body), (300_001, "msgtype is null".to_owned()));
    }
    for kind in ["image", "file", "Text", "action_card", "empty"] {
        let (code, message) = refused(&json!({"msgtype": kind, kind: {}}));
        assert_eq!(code, 400_105);
        assert!(message.contains(&format!("msgType:{kind} ")), "{message}");
    }
}

#[test]
fn missing_required_fields_are_refused_with_their_codes() {
    let item = |without: &str| {
        let mut item = json!({"title": "t", "messageURL": "https://e.com", "picURL": "https://e.com/p"});
        item.as_object_mut().unwrap().remove(without);
        json!({"msgtype": "feedCard", "feedCard": {"links": [item]}})
    };
    let card = |fields: Value| {
        let mut card = json!({"title": "t", "text": "x"});
        card.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({"msgtype": "actionCard", "actionCard": card})
    };
    for (body, code, path) in [
        (json!({"msgtype": "text"}), 400_201, "text"),
        (json!({"msgtype": "text", "text": {}}), 400_202, "text->content"),
        (json!({"msgtype": "link", "link": null}), 400_301, "link"),
        (json!({"msgtype": "link", "link": {"title": "t"}}), 400_302, "link->text"),
        (json!({"msgtype": "link", "link": {"text": "x"}}), 400_303, "link->title"),
        (json!({"msgtype": "link", "link": {"title": "t", "text": "x"}}), 400_304, "link->messageUrl"),
        (json!({"msgtype": "markdown"}), 400_401, "markdown"),
        (json!({"msgtype": "markdown", "markdown": {"text": "x"}}), 400_402, "markdown->title"),
        (json!({"msgtype": "markdown", "markdown": {"title": "t"}}), 400_403, "markdown->text"),
        (json!({"msgtype": "actionCard"}), 400_501, "actionCard"),
        (json!({"msgtype": "actionCard", "actionCard": {"text": "x"}}), 400_502, "actionCard->title"),
        (json!({"msgtype": "actionCard", "actionCard": {"title": "t"}}), 400_503, "actionCard->text"),
        (card(json!({})), 400_504, "actionCard->btns"),
        (card(json!({"btns": []})), 400_504, "actionCard->btns"),
        (card(json!({"singleURL": "https://e.com"})), 400_505, "actionCard->singleTitle"),
        (card(json!({"singleTitle": "s"})), 400_506, "actionCard->singleURL"),
        (card(json!({"btns": [{"actionURL": "https://e.com"}]})), 400_507, "actionCard->btns[0]->title"),
        (card(json!({"btns": [{"title": "b"}]})), 400_508, "actionCard->btns[0]->actionURL"),
        (json!({"msgtype": "feedCard"}), 400_601, "feedCard"),
        (json!({"msgtype": "feedCard", "feedCard": {"links": []}}), 400_602, "feedCard->links"),
        (item("title"), 400_603, "feedCard->links[0]->title"),
        (item("messageURL"), 400_604, "feedCard->links[0]->messageURL"),
        (item("picURL"), 400_605, "feedCard->links[0]->picURL"),
    ] {
        assert_eq!(refused(&body), (code, format!("miss param : {path}")), "{body}");
    }
}

#[test]
fn empty_values_count_as_missing() {
    for empty in [json!(""), json!("  \n"), Value::Null] {
        assert_eq!(refused(&json!({"msgtype": "text", "text": {"content": empty}})).0, 400_202);
    }
    // An empty value of an optional field counts as absent.
    let body = json!({"msgtype": "link", "link": {"title": "t", "text": "x", "messageUrl": "https://e.com", "picUrl": ""}});
    let Message::Link(link) = read_json(&body).unwrap().message.message else { unreachable!() };
    assert_eq!(link.picture, None);
}

#[test]
fn unknown_fields_are_refused_and_named() {
    let case =
        json!({"msgtype": "link", "link": {"title": "t", "text": "x", "messageUrl": "u", "picURL": "p"}});
    let (code, message) = refused(&case);
    assert_eq!(code, refusal::STRICT);
    assert!(message.contains("sandbox: unknown field `link.picURL`"), "{message}");
    for (body, field) in [
        (json!({"msgtype": "text", "text": {"content": "x", "title": "t"}}), "text.title"),
        (json!({"msgtype": "text", "text": {"content": "x"}, "isAtAll": true}), "isAtAll"),
        (json!({"msgtype": "text", "text": {"content": "x"}, "markdown": {}}), "markdown"),
        (json!({"msgtype": "text", "text": {"content": "x"}, "at": {"atAll": true}}), "at.atAll"),
        (
            json!({"msgtype": "feedCard", "feedCard": {"links": [
                {"title": "t", "messageURL": "u", "picURL": "p", "text": "x"}]}}),
            "feedCard->links[0].text",
        ),
    ] {
        let (_, message) = refused(&body);
        assert!(message.contains(&format!("unknown field `{field}`")), "{message}");
    }
}

#[test]
fn values_of_the_wrong_type_are_refused() {
    let card = |flag: Value| {
        json!({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "x", "singleTitle": "s",
            "singleURL": "https://e.com", "btnOrientation": flag}})
    };
    for flag in [json!(0), json!(1), json!(true), json!("2"), json!("vertical")] {
        let (code, message) = refused(&card(flag));
        assert_eq!(code, refusal::STRICT);
        assert!(message.contains("`actionCard.btnOrientation`"), "{message}");
    }
    let text = |at: Value| json!({"msgtype": "text", "text": {"content": "x"}, "at": at});
    for (body, named) in [
        (json!({"msgtype": "text", "text": "x"}), "`text`"),
        (json!({"msgtype": "text", "text": {"content": 1}}), "`text.content`"),
        (json!({"msgtype": "feedCard", "feedCard": {"links": {}}}), "`feedCard.links`"),
        (json!({"msgtype": "text", "text": {"content": "x"}, "msgUuid": 1}), "`msgUuid`"),
        (text(json!([])), "`at`"),
        (text(json!({"isAtAll": "true"})), "`at.isAtAll`"),
        (text(json!({"atMobiles": "13800000000"})), "`at.atMobiles`"),
        (text(json!({"atMobiles": [null]})), "`at.atMobiles`"),
        (text(json!({"atMobiles": ["13800000000,13900000000"]})), "mobile number"),
    ] {
        let (code, message) = refused(&body);
        assert_eq!(code, refusal::STRICT, "{body}");
        assert!(message.contains(named), "{message}");
    }
}

#[test]
fn fifty_people_can_be_mentioned() {
    let body = |mobiles: usize, users: usize| {
        let mobiles: Vec<_> = (0..mobiles).map(|n| format!("138{n:08}")).collect();
        let users: Vec<_> = (0..users).map(|n| format!("user{n}")).collect();
        json!({"msgtype": "text", "text": {"content": "x"}, "at": {"atMobiles": mobiles, "atUserIds": users}})
    };
    assert!(read_json(&body(25, 25)).is_ok());
    let (code, message) = refused(&body(26, 25));
    assert_eq!(code, refusal::STRICT);
    assert!(message.contains("51 people"), "{message}");
}

#[test]
fn a_mention_that_the_text_does_not_contain_is_accepted_with_a_warning() {
    let warnings = |content: &str, at: Value| {
        let body = json!({"msgtype": "text", "text": {"content": content}, "at": at});
        read_json(&body).unwrap().warnings
    };
    let at = json!({"atMobiles": ["13800000000"], "atUserIds": ["li.si"]});
    assert_eq!(warnings("看 @13800000000@li.si，谢谢", at.clone()), [] as [&str; 0]);
    assert_eq!(
        warnings("@138000000001 13800000000 li.si @li.si", at),
        ["the mention notifies nobody: the text does not contain `@13800000000`"]
    );
    assert_eq!(warnings("x", json!({"isAtAll": true})), [] as [&str; 0]);
    assert_eq!(warnings("@+852-12345678", json!({"atMobiles": ["+852-12345678"]})), [] as [&str; 0]);

    let mut link = whole()[2].clone();
    link["at"] = json!({"isAtAll": true});
    assert_eq!(
        read_json(&link).unwrap().warnings,
        ["the mention notifies nobody: DingTalk does not document `at` for link"]
    );
    link["at"] = json!({"isAtAll": false, "atMobiles": []});
    assert_eq!(read_json(&link).unwrap().warnings, [] as [&str; 0]);
}

#[test]
fn buttons_beside_a_single_one_are_ignored_with_a_warning() {
    let mut body = whole()[3].clone();
    body["actionCard"]["btns"] = whole()[4]["actionCard"]["btns"].clone();
    let valid = read_json(&body).unwrap();
    assert_eq!(valid.warnings.len(), 1, "{:?}", valid.warnings);
    assert!(valid.warnings[0].contains("`btns` is ignored"));
}

#[test]
fn a_text_of_the_message_must_contain_a_keyword() {
    let keywords = ["Alert".to_owned(), "告警".to_owned()];
    let validate = |body: &Value| {
        let body = body.to_string();
        validate(body.as_bytes(), body.len(), &keywords).map_err(|refusal| refusal.message)
    };
    let refused = Err(refusal::NO_KEYWORD.message.to_owned());
    for body in [
        json!({"msgtype": "text", "text": {"content": "CPU 告警: web-3"}}),
        json!({"msgtype": "markdown", "markdown": {"title": "Alert", "text": "x"}}),
        json!({"msgtype": "feedCard", "feedCard": {"links": [{"title": "Alert", "messageURL": "u", "picURL": "p"}]}}),
    ] {
        assert!(validate(&body).is_ok(), "{body}");
    }
    for body in [
        json!({"msgtype": "text", "text": {"content": "alert"}}),
        json!({"msgtype": "text", "text": {"content": "x"}, "msgUuid": "Alert"}),
        json!({"msgtype": "link", "link": {"title": "t", "text": "x", "messageUrl": "https://e.com/Alert"}}),
    ] {
        assert_eq!(validate(&body).map(drop), refused, "{body}");
    }
}

/// The sandbox's own table accepts the messages that the model writes: the names agree.
#[test]
fn the_model_and_the_table_agree() {
    for body in whole() {
        let message: WireMessage = serde_json::from_value(body).unwrap();
        let written = serde_json::to_value(&message).unwrap();
        assert_eq!(read_json(&written).map(|valid| valid.message), Ok(message));
    }
}
