//! The keyword in every part and behind every cut.

use proptest::prelude::*;

use super::*;
use crate::{
    Mobile, Url,
    message::{Button, Buttons, FeedItem},
};

const ID: &str = "01JD";

/// Some of them stand in the text or a title, some are escaped in Markdown, some look like a part's number.
fn keyword() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["通知", "alert", "[告警]", "**", "disk", "1/2", "2", "- a", "CPU", "\"\\", "`"])
        .prop_map(str::to_owned)
}

fn message() -> impl Strategy<Value = Message> {
    let words = prop::sample::select(vec![
        "disk is full. ",
        "磁盘已满。",
        "a\n\n",
        "**bold** ",
        "- item\n",
        "`code` ",
        "通知 ",
    ]);
    let body = prop::collection::vec(words, 20..120).prop_map(|words| words.concat());
    let url = || Url::new("https://example.com/a").unwrap();
    (body, 0..5, any::<bool>()).prop_map(move |(body, kind, mentions)| {
        let mobile = Mobile::new("13800000000").unwrap();
        let mentions = if mentions { Mentions::mobiles([mobile]) } else { Mentions::default() };
        match kind {
            0 => Message::text(body).with_mentions(mentions),
            1 => Message::markdown("CPU", body).with_mentions(mentions),
            2 => Message::action_card("Card", body, Buttons::Single(Button::new("Open", url()))),
            3 => Message::link("Link", body, url()),
            _ => {
                Message::feed_card(body.split_inclusive('.').map(|title| FeedItem::new(title, url(), url())))
            }
        }
    })
}

/// Everything in a message that a reader sees.
fn is_in(keyword: &str, message: &Message) -> bool {
    let has = |text: &String| text.contains(keyword);
    match message {
        Message::Text(text) => has(&text.content),
        Message::Markdown(markdown) => has(&markdown.title) || has(&markdown.text),
        Message::Link(link) => has(&link.title) || has(&link.text),
        Message::ActionCard(card) => has(&card.title) || has(&card.text),
        Message::FeedCard(card) => card.items.iter().any(|item| has(&item.title)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_keyword_is_in_every_part(
        message in message(),
        text in keyword(),
        bytes in 400..1_500_usize,
        split in any::<bool>(),
    ) {
        let keyword = Keyword::new(&text).unwrap();
        let mut limits = Limits { bytes, ..Limits::default() };
        let overflow = if split { Overflow::Split } else { Overflow::Truncate };
        let with = overflow.write(message.clone(), ID, limits, Some(&keyword));
        // Room for the keyword is the only difference.
        limits.bytes = bytes.saturating_sub(60);
        if overflow.write(message.clone(), ID, limits, None).is_ok() {
            prop_assert!(with.is_ok(), "{:?}", with);
        }
        for (part, body) in with.unwrap_or_default() {
            prop_assert!(is_in(&text, &part.message), "{:?} lacks {:?}", part.message, text);
            prop_assert!(body.len() <= bytes);
        }
    }
}

#[test]
fn the_keyword_stands_behind_the_text_of_each_part() {
    let keyword = Keyword::new("alert").unwrap();
    let mentions = Mentions::mobiles([Mobile::new("13800000000").unwrap()]);
    let message =
        Message::text("Disk is full.\nAn alert was sent.\nPlease clean up.").with_mentions(mentions);
    let limits = Limits { bytes: 150, ..Limits::default() };
    let texts = |overflow: Overflow| -> Vec<String> {
        let parts = overflow.write(message.clone(), ID, limits, Some(&keyword)).unwrap();
        let text = |part: Part| match part.message {
            Message::Text(text) => text.content,
            other => panic!("{}", other.kind()),
        };
        parts.into_iter().map(|(part, _)| text(part)).collect()
    };
    assert_eq!(
        texts(Overflow::Split),
        ["(1/2)\nDisk is full.\nalert\n@13800000000", "(2/2)\nAn alert was sent.\nPlease clean up."]
    );
    assert_eq!(texts(Overflow::Truncate), ["Disk is full.\n… (+35 characters)\nalert\n@13800000000"]);
}

#[test]
fn a_card_keeps_its_mentions_when_it_is_cut() {
    let button = Buttons::Single(Button::new("Open", Url::new("https://e.com").unwrap()));
    let people = Mentions::user_ids([crate::UserId::new("li").unwrap()]);
    let card =
        Message::action_card("Full", "Disk is full. ".repeat(20), button).with_mentions(people.clone());
    let limits = Limits { bytes: 250, ..Limits::default() };
    let parts = Overflow::Truncate.write(card, ID, limits, None).unwrap();
    let Message::ActionCard(card) = &parts[0].0.message else { panic!("a card is a card") };
    assert!(card.text.ends_with(" characters)\n\n@li"), "{}", card.text);
    assert_eq!(card.mentions, people);
}
