//! The stored forms of messages, envelopes, items and dead letters, fixed by golden files.
//!
//! A durable store keeps them across versions: every later version must be able to read the files below. Add files for
//! new properties; change none of the existing ones.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::time::{Duration, SystemTime};

use dingtalk_core::{
    Envelope, ErrorKind, Message, Mobile, Url, UserId,
    delivery::{Confirmation, Dedupe, Throttle, Urgency},
    message::{Button, Buttons, FeedItem, Mentions},
    queue::store::{DeadLetter, Failure, Item, Loss},
};
use expect_test::{ExpectFile, expect_file};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn url(path: &str) -> Url {
    Url::new(format!("https://example.com/{path}")).unwrap()
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// One message of each type, with everything that it can have.
fn messages() -> Vec<Message> {
    let mut people = Mentions::mobiles([Mobile::new("13800000000").unwrap()]);
    people.merge(Mentions::user_ids([UserId::new("manager_1").unwrap()]));
    let buttons = Buttons::Several(vec![Button::new("Yes", url("yes")), Button::new("No", url("no"))]);
    let mut link = Message::link("Release", "What is new", url("notes"));
    if let Message::Link(link) = &mut link {
        link.picture = Some("@lADOpwk3K80C0M0FoA".to_owned());
    }
    let mut card = Message::action_card("Deploy?", "### Deploy?", buttons);
    if let Message::ActionCard(card) = &mut card {
        (card.horizontal, card.hide_avatar) = (true, true);
    }
    vec![
        Message::text("磁盘已满"),
        Message::text("Disk is full").with_mentions(Mentions::everybody()),
        Message::markdown("CPU", "### CPU\n\n- 93 %").with_mentions(people.clone()),
        link,
        Message::action_card("Open", "Text", Buttons::Single(Button::new("Open", url("page")))),
        card.clone(),
        card.with_mentions(people),
        Message::feed_card([FeedItem::new("News", url("news"), url("news.png"))]),
    ]
}

fn envelope() -> Envelope {
    let span = Duration::from_secs(600);
    Envelope::new(Message::text("web-3 is down"))
        .with_id("01JD0000000000000000000000")
        .with_robot("ops")
        .with_urgency(Urgency::Urgent)
        .with_group("web")
        .with_digest_line("web-3")
        .with_dedupe(Dedupe::new("down web-3", span))
        .with_throttle(Throttle::new("web", 3, span))
        .with_expiry(at(1_800_000_000))
}

fn item() -> Item {
    let mut item = Item::new(envelope(), at(1_790_000_000), 7);
    item.members = vec!["a".to_owned(), "b".to_owned()];
    (item.attempts, item.interrupted, item.may_have_arrived, item.alone) = (2, true, true, true);
    item.last_failure = Some(Failure::new(ErrorKind::Busy, "DingTalk is busy"));
    item
}

fn letters() -> Vec<DeadLetter> {
    let losses = [
        Loss::Expired,
        Loss::Refused(ErrorKind::Keyword),
        Loss::TooManyAttempts(ErrorKind::NotSent),
        Loss::Unknown,
        Loss::Dropped,
    ];
    let letter = |loss| {
        let envelope = Envelope::new(Message::text("hello")).with_id("mine");
        let failure = Failure::new(ErrorKind::NotSent, "the message was not sent");
        let mut letter = DeadLetter::new("ops", envelope, loss, failure, at(1_790_000_000));
        (letter.attempts, letter.may_have_arrived) = (3, true);
        letter
    };
    losses.map(letter).into()
}

fn suppressing() -> Item {
    let mut item = Item::new(Envelope::new(Message::text("hello")).with_id("mine"), at(1_790_000_000), 8);
    item.suppressed = 3;
    item
}

fn displaced() -> DeadLetter {
    let envelope = Envelope::new(Message::text("hello")).with_id("mine");
    let failure = Failure::new(ErrorKind::QueueFull, "the queue is full");
    DeadLetter::new("ops", envelope, Loss::Displaced, failure, at(1_790_000_000))
}

fn confirmed() -> Envelope {
    let message = Message::text("The office is closed").with_mentions(Mentions::everybody());
    let envelope = Envelope::new(message).with_id("01JD0000000000000000000005");
    envelope.with_confirmation(Confirmation::of_everybody("editor"))
}

/// Writes a value, compares it with the file, and reads the file.
fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, file: &ExpectFile) {
    let json = serde_json::to_string_pretty(value).unwrap() + "\n";
    file.assert_eq(&json);
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
}

#[test]
fn the_stored_forms_stay_readable() {
    check(&messages(), &expect_file!["../golden/stored/messages.json"]);
    check(&envelope(), &expect_file!["../golden/stored/envelope.json"]);
    check(&item(), &expect_file!["../golden/stored/item.json"]);
    check(&letters(), &expect_file!["../golden/stored/dead_letters.json"]);
    check(&suppressing(), &expect_file!["../golden/stored/item_with_suppressed.json"]);
    check(&displaced(), &expect_file!["../golden/stored/dead_letter_displaced.json"]);
    check(&confirmed(), &expect_file!["../golden/stored/envelope_confirmed.json"]);
}

/// The stored form of the value, changed, and read again.
fn changed<T: Serialize + DeserializeOwned>(value: &T, change: impl FnOnce(&mut Value)) -> Result<T, String> {
    let mut json = serde_json::to_value(value).unwrap();
    change(&mut json);
    serde_json::from_str(&json.to_string()).map_err(|error| error.to_string())
}

#[test]
fn unknown_fields_are_ignored() {
    for message in messages() {
        assert_eq!(changed(&message, |json| json["from_tomorrow"] = json!({"a": 1})).unwrap(), message);
    }
    let add = |json: &mut Value| {
        json["from_tomorrow"] = json!([1]);
        json["envelope"]["from_tomorrow"] = json!([1]);
    };
    assert_eq!(changed(&item(), add).unwrap(), item());
    let letter = letters().remove(1);
    assert_eq!(changed(&letter, add).unwrap(), letter);
}

#[test]
fn optional_fields_may_be_absent() {
    let bare = json!({"form": 1, "id": "mine", "message": {"type": "text", "content": "hello"}});
    let envelope: Envelope = serde_json::from_value(bare).unwrap();
    assert_eq!(envelope, Envelope::new(Message::text("hello")).with_id("mine"));
}

#[test]
fn an_unknown_name_is_left_to_a_newer_version() {
    let [letter, _, _, _, _] = &letters()[..] else { panic!("five letters") };
    for error in [
        changed(&messages()[0], |json| json["type"] = json!("poll")).unwrap_err(),
        changed(&envelope(), |json| json["message"]["type"] = json!("poll")).unwrap_err(),
        changed(&envelope(), |json| json["urgency"] = json!("eventually")).unwrap_err(),
        changed(&envelope(), |json| json["form"] = json!(2)).unwrap_err(),
        changed(&item(), |json| json["last_failure"]["kind"] = json!("haunted")).unwrap_err(),
        changed(letter, |json| json["loss"]["reason"] = json!("stolen")).unwrap_err(),
    ] {
        let said = "is unknown to this version of dingtalk-core: a newer one has stored it and can read it";
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn reading_checks_what_constructors_check() {
    let [text, all, markdown, link, single, card, _, feed] = &messages()[..] else {
        panic!("eight messages")
    };
    let not_a_url = json!("javascript:alert(1)");
    for (error, words) in [
        (
            changed(markdown, |json| json["mentions"]["mobiles"] = json!(["Zhang San"])),
            "do not guess the number",
        ),
        (changed(all, |json| json["mentions"]["user_ids"] = json!(["two words"])), "one word without @"),
        (changed(link, |json| json["url"] = not_a_url.clone()), "url: "),
        (changed(single, |json| json["buttons"][0]["url"] = not_a_url.clone()), "buttons.url: "),
        (changed(card, |json| json["single"] = json!(true)), "buttons: expected a single one, found 2"),
        (changed(feed, |json| json["items"][0]["picture"] = not_a_url.clone()), "items.picture: "),
        (changed(text, |json| drop(json.as_object_mut().unwrap().remove("content"))), "content"),
    ] {
        let error = error.unwrap_err();
        assert!(error.contains(words), "{error}");
    }
    let blank = changed(&envelope(), |json| json["id"] = json!(" ")).unwrap_err();
    assert!(blank.contains("id: must not be blank"), "{blank}");
}

#[test]
fn a_message_that_could_not_be_read_back_is_not_written() {
    let mut link = Message::link("Release", "Notes", url("notes"));
    if let Message::Link(link) = &mut link {
        link.url = "javascript:alert(1)".to_owned();
    }
    let error = serde_json::to_string(&Envelope::new(link)).unwrap_err().to_string();
    assert!(error.contains("url: "), "{error}");
}
