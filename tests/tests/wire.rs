//! Each message type as DingTalk documents it, in golden files; rendered and parsed.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use dingtalk_core::{
    Message, Mobile, Url, UserId,
    message::{Button, Buttons, FeedItem, Mentions, WireMessage},
};
use expect_test::{ExpectFile, expect_file};

fn url(path: &str) -> Url {
    Url::new(format!("https://example.com/{path}")).unwrap()
}

fn check(message: &WireMessage, golden: &ExpectFile) {
    let json = serde_json::to_string_pretty(message).unwrap() + "\n";
    golden.assert_eq(&json);
    assert_eq!(serde_json::from_str::<WireMessage>(&json).unwrap(), *message);
}

#[test]
fn text() {
    let mut mentions =
        Mentions::mobiles([Mobile::new("13800000000").unwrap(), Mobile::new("+852-12345678").unwrap()]);
    mentions.merge(Mentions::user_ids([UserId::new("manager4220").unwrap()]));
    mentions.merge(Mentions::everybody());
    let message = Message::text("磁盘已满 \"95%\"").with_mentions(mentions);
    check(
        &WireMessage::with_id(message, "01JD0000000000000000000000"),
        &expect_file!["../golden/wire/text.json"],
    );
}

#[test]
fn markdown() {
    let message = Message::markdown("Release 1.4", "### Release 1.4\n\n- [Notes](https://example.com/notes)");
    check(&WireMessage::new(message), &expect_file!["../golden/wire/markdown.json"]);
}

#[test]
fn link() {
    let Message::Link(mut link) = Message::link("Release 1.4", "What is new", url("notes")) else {
        unreachable!()
    };
    link.picture = Some("@media-id".to_owned());
    check(&WireMessage::new(Message::Link(link)), &expect_file!["../golden/wire/link.json"]);
}

#[test]
fn action_card_with_one_button() {
    let button = Button::new("Open", url("deploy"));
    let message = Message::action_card("Deploy?", "### Deploy?", Buttons::Single(button));
    check(&WireMessage::new(message), &expect_file!["../golden/wire/action_card_single.json"]);
}

#[test]
fn action_card_with_several_buttons() {
    let buttons = vec![Button::new("Approve", url("approve")), Button::new("Reject", url("reject"))];
    let message = Message::action_card("Deploy?", "### Deploy?", Buttons::Several(buttons));
    let Message::ActionCard(mut card) = message else { unreachable!() };
    card.horizontal = true;
    card.hide_avatar = true;
    check(&WireMessage::new(Message::ActionCard(card)), &expect_file!["../golden/wire/action_card.json"]);
}

#[test]
fn feed_card() {
    let items = [FeedItem::new("One", url("1"), url("1.png")), FeedItem::new("Two", url("2"), url("2.png"))];
    check(&WireMessage::new(Message::feed_card(items)), &expect_file!["../golden/wire/feed_card.json"]);
}

#[test]
fn undocumented_fields_are_rejected() {
    for wrong in [
        r#"{"msgtype":"text","text":{"content":"x"},"colour":1}"#,
        r#"{"msgtype":"text","text":{"content":"x","bold":true}}"#,
        r#"{"msgtype":"text","text":{"content":"x"},"markdown":{"title":"x","text":"x"}}"#,
        r#"{"msgtype":"text","markdown":{"title":"x","text":"x"}}"#,
        r#"{"msgtype":"link","link":{"title":"x","text":"x","messageURL":"https://x"}}"#,
        r#"{"msgtype":"feedCard","feedCard":{"links":[{"title":"x","messageUrl":"https://x","picURL":"https://x"}]}}"#,
        r#"{"msgtype":"actionCard","actionCard":{"title":"x","text":"x","btnOrientation":1,"singleTitle":"x","singleURL":"x"}}"#,
        r#"{"msgtype":"actionCard","actionCard":{"title":"x","text":"x"}}"#,
        r#"{"msgtype":"image","image":{"picURL":"x"}}"#,
        r#"{"text":{"content":"x"}}"#,
    ] {
        assert!(serde_json::from_str::<WireMessage>(wrong).is_err(), "{wrong}");
    }
}
