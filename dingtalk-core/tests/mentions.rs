//! A person who is mentioned in a slot is mentioned once, as a reader sees it.
#![cfg(feature = "derive")]

use dingtalk_core::{Message, Notification, UserId};
use proptest::{prelude::*, sample::select};
use pulldown_cmark::{Event, Options, Parser};

#[derive(Notification)]
enum Asked {
    #[dingtalk(markdown(title = "Down", text = "### web-3 is down\n{lead}: please look"))]
    InALine {
        #[dingtalk(at)]
        lead: UserId,
    },
    #[dingtalk(markdown(title = "Down", text = "web-3 is down\n{lead}"))]
    Alone {
        #[dingtalk(at)]
        lead: UserId,
    },
    #[dingtalk(markdown(title = "Down", text = "- **{lead}** (first), please look"))]
    Marked {
        #[dingtalk(at)]
        lead: UserId,
    },
    #[dingtalk(text("{lead}, web-3 is down"))]
    Plain {
        #[dingtalk(at)]
        lead: UserId,
    },
    #[dingtalk(text("请{lead}处理"))]
    InChinese {
        #[dingtalk(at)]
        lead: UserId,
    },
    #[dingtalk(markdown(title = "Down", text = "x{lead}y **{lead}**-"))]
    Twice {
        #[dingtalk(at)]
        lead: UserId,
    },
}

/// The text as a reader sees it.
fn shown(message: Message) -> String {
    let markdown = match message {
        Message::Text(text) => return text.content,
        Message::Markdown(markdown) => markdown.text,
        other => panic!("neither text nor Markdown: {other:?}"),
    };
    let mut text = String::new();
    for event in Parser::new_ext(&markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Text(part) => text.push_str(&part),
            Event::Start(_) | Event::End(_) => {}
            _ => text.push(' '),
        }
    }
    text
}

proptest! {
    #[test]
    fn a_person_in_a_slot_is_mentioned_once(
        id in "[a-z0-9_*.\\[\\]()!~`<>&;#|\\\\中-]{1,8}",
        make in select(vec![
            (|lead| Asked::InALine { lead }) as fn(UserId) -> Asked,
            |lead| Asked::Alone { lead },
            |lead| Asked::Marked { lead },
            |lead| Asked::Plain { lead },
            |lead| Asked::InChinese { lead },
        ]),
    ) {
        let message = make(UserId::new(&id).unwrap()).message().unwrap();
        let shown = shown(message);
        prop_assert_eq!(shown.matches('@').count(), 1, "{}", shown);
        prop_assert!(shown.contains(&format!("@{id}")), "{}", shown);
    }
}

#[test]
fn a_slot_writes_the_separators_that_its_mention_needs() {
    let id = || UserId::new("13800000000").unwrap();
    assert_eq!(shown(Asked::InChinese { lead: id() }.message().unwrap()), "请@13800000000 处理");
    assert_eq!(shown(Asked::Twice { lead: id() }.message().unwrap()), "x @13800000000 y @13800000000-");
}

#[test]
fn a_value_that_is_no_mention_replaces_none() {
    #[derive(Notification)]
    #[dingtalk(text("{nickname} paid"))]
    struct Paid {
        nickname: String,
        #[dingtalk(at)]
        seller: UserId,
    }
    for nickname in ["x@13800000000", "ops@13800000000.example.com", "@138000000001"] {
        let seller = UserId::new("13800000000").unwrap();
        let message = Paid { nickname: nickname.to_owned(), seller }.message().unwrap();
        assert_eq!(shown(message), format!("{nickname} paid\n@13800000000"));
    }
}

#[test]
fn an_unreadable_id_is_invalid() {
    for id in ["a\u{202e}b", "\u{2066}a", "a@b", "a b"] {
        assert!(UserId::new(id).is_err(), "{id:?}");
    }
}
