//! Messages with parts other than text: cards and links.

use dingtalk_core::{
    Message, Url,
    delivery::{Limits, Overflow, Part},
    message::{Button, Buttons, FeedItem},
};

use crate::{ID, body_len, limits};

fn url(path: &str) -> Url {
    Url::new(format!("https://example.com/{path}")).unwrap()
}

fn feed(count: usize) -> Message {
    Message::feed_card(
        (1..=count).map(|n| FeedItem::new(format!("Item {n}"), url("item"), url("picture.png"))),
    )
}

fn titles(part: &Part) -> Vec<&str> {
    let Message::FeedCard(card) = &part.message else { panic!("{part:?} is no feed card") };
    card.items.iter().map(|item| item.title.as_str()).collect()
}

#[test]
fn buttons_follow_the_end_of_a_card() {
    let buttons =
        Buttons::Several(vec![Button::new("Approve", url("yes")), Button::new("Reject", url("no"))]);
    let text = "### Deploy?\n\nThe first change is long.\n\nThe second change is long, too.\n\nThe third one is short.";
    let card = Message::action_card("Deploy?", text, buttons.clone());
    let parts = Overflow::Split.fit(card, ID, limits(330)).unwrap();
    let [first, last] = &parts[..] else { panic!("{parts:#?}") };
    assert_eq!(
        first.message,
        Message::markdown(
            "Deploy? (1/2)",
            "(1/2)\n\n### Deploy?\n\nThe first change is long.\n\nThe second change is long, too."
        )
    );
    assert_eq!(
        last.message,
        Message::action_card("Deploy? (2/2)", "(2/2)\n\nThe third one is short.", buttons)
    );
    assert!(parts.iter().all(|part| body_len(part) <= 330));
}

/// The text would fit by itself but not with its buttons, so some of it must remain in the card.
#[test]
fn a_card_is_never_left_without_text() {
    let buttons = Buttons::Several((0..10).map(|_| Button::new("Approve", url("yes"))).collect());
    for words in 60..260 {
        let text = "word ".repeat(words);
        let card = Message::action_card("Deploy?", text.as_str(), buttons.clone());
        let parts = Overflow::Split.fit(card, ID, limits(1_200)).unwrap();
        let Some(Message::ActionCard(card)) = parts.last().map(|part| &part.message) else {
            panic!("{parts:#?}")
        };
        assert!(card.text.contains("word") && card.buttons == buttons, "{card:?}");
        let count: usize =
            parts.iter().map(|part| crate::text_of(&part.message).matches("word").count()).sum();
        assert_eq!(count, words);
        assert!(parts.iter().all(|part| body_len(part) <= 1_200));
    }
}

#[test]
fn a_card_that_is_truncated_keeps_its_buttons() {
    let button = Buttons::Single(Button::new("Open", url("deploy")));
    let card = Message::action_card("Deploy?", "word ".repeat(6_000), button.clone());
    let parts = Overflow::Truncate.fit(card, ID, Limits::default()).unwrap();
    let Message::ActionCard(card) = &parts[0].message else { panic!("{parts:#?}") };
    assert_eq!(card.buttons, button);
    assert!(card.text.ends_with("word\n\n… (+10195 characters)"), "{}", &card.text[card.text.len() - 40..]);
    assert!(body_len(&parts[0]) <= 20_000);
}

#[test]
fn a_feed_is_split_between_items() {
    let parts = Overflow::Split.fit(feed(5), ID, limits(350)).unwrap();
    assert_eq!(
        parts.iter().map(titles).collect::<Vec<_>>(),
        [vec!["(1/3) Item 1", "Item 2"], vec!["(2/3) Item 3", "Item 4"], vec!["(3/3) Item 5"],]
    );
    assert!(parts.iter().all(|part| body_len(part) <= 350));

    let error = Overflow::Split.fit(feed(5), ID, limits(150)).unwrap_err();
    assert!(error.to_string().contains("one item is too long by itself"), "{error}");
}

#[test]
fn a_truncated_feed_states_its_number_of_items() {
    let parts = Overflow::Truncate.fit(feed(5), ID, limits(350)).unwrap();
    assert_eq!(titles(&parts[0]), ["Item 1", "Item 2 … (+3)"]);
    let error = Overflow::Truncate.fit(feed(5), ID, limits(150)).unwrap_err();
    assert!(error.to_string().contains("the first item is too long by itself"), "{error}");
}

#[test]
fn a_link_is_shortened_but_never_split() {
    let link = Message::link("Release", "word ".repeat(6_000), url("notes"));
    let error = Overflow::Split.fit(link.clone(), ID, Limits::default()).unwrap_err();
    assert!(error.to_string().contains("a link cannot be split"), "{error}");
    let parts = Overflow::Truncate.fit(link, ID, Limits::default()).unwrap();
    let Message::Link(link) = &parts[0].message else { panic!("{parts:#?}") };
    assert!(link.text.ends_with("word… (+10160 characters)"), "{}", &link.text[link.text.len() - 40..]);
    assert!(body_len(&parts[0]) <= 20_000);
}
