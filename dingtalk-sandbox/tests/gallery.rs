//! The outline of a gallery: each type, as text and structure.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use dingtalk_core::{Message, Notification, message::Invalid};
use dingtalk_sandbox::{Gallery, gallery, render::Language};
use expect_test::expect_file;
use serde_json::{Value, json};

struct Body(Value);

impl Notification for Body {
    fn message(&self) -> Result<Message, Invalid> {
        let wire: dingtalk_core::message::WireMessage =
            serde_json::from_value(self.0.clone()).expect("a message");
        Ok(wire.message)
    }
}

fn gallery() -> Gallery {
    let picture = "https://pictures.example/p.png";
    let button = |title: &str| json!({"title": title, "actionURL": "https://example.com/do"});
    let card = |extra: Value| {
        let mut card = json!({"title": "Deploy", "text": "![cover](https://pictures.example/c.png)\n\n### Deploy *1.4*?\n\n- one\n- two"});
        card.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        Body(json!({"msgtype": "actionCard", "actionCard": card}))
    };
    Gallery::new("ops")
        .person("13800138000", "刘炜")
        .with_named("Text", "", &Body(json!({"msgtype": "text", "text": {"content": "@13800138000 disk full\nhttps://example.com/run <now>"},
            "at": {"atMobiles": ["13800138000"]}})))
        .with_named("Markdown", "documented", &Body(json!({"msgtype": "markdown", "markdown": {"title": "CPU",
            "text": "### CPU 97%\n\n> last **five** minutes\n\n1. [run](https://example.com/run)\n2. wait"}})))
        .with_named("Markdown", "undocumented", &Body(json!({"msgtype": "markdown", "markdown": {"title": "CPU",
            "text": "| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n\n<font color=\"#ff0000\">red</font> CPU"}, "at": {"isAtAll": true}})))
        .with_named("Link", "", &Body(json!({"msgtype": "link", "link": {"title": "Release", "text": "Notes of the release",
            "messageUrl": "https://example.com/notes", "picUrl": picture}})))
        .with_named("Card", "one button", &card(json!({"singleTitle": "Read", "singleURL": "javascript:alert(1)"})))
        .with_named("Card", "two beside", &card(json!({"btnOrientation": "1", "btns": [button("Yes"), button("No")]})))
        .with_named("Feed", "", &Body(json!({"msgtype": "feedCard", "feedCard": {"links": [
            {"title": "First", "messageURL": "https://example.com/1", "picURL": picture},
            {"title": "Second", "messageURL": "https://example.com/2", "picURL": picture}]}})))
        .with_message("Broken", "", "", Err("`host` must not be empty".to_owned()))
}

#[test]
fn the_outline_has_text_and_structure() {
    expect_file!["golden/gallery.txt"].assert_eq(&gallery().outline());
}

#[test]
fn the_page_is_deterministic_and_loads_nothing() {
    let page = gallery().html();
    assert_eq!(page, gallery().html());
    for loads in ["src=", "<link", "<script", "url(", "@import", "javascript:alert(1)\"  "] {
        assert!(!page.contains(loads), "{loads}");
    }
    assert!(!page.contains("href=\"javascript"));
    assert!(page.contains("default-src 'none'; style-src 'sha256-"), "{}", &page[..600]);
    assert_eq!(
        page.matches("data-client=\"desktop\"").count(),
        page.matches("data-client=\"phone\"").count()
    );
    let chinese = gallery().language(Language::Chinese).html();
    assert!(chinese.contains("<html lang=\"zh-CN\"") && chinese.contains("手机端"));
}

#[test]
fn a_file_is_compared_by_its_lines() {
    let path = std::env::temp_dir().join(format!("dingtalk-gallery-{}.txt", std::process::id()));
    let shop = gallery!("shop", Message::text("open"), Message::text("closed at 18:00"),);
    let missing = shop.compare_with_file(&path).unwrap_err().to_string();
    assert!(
        missing.starts_with("cannot read ") && missing.ends_with("UPDATE_EXPECT=1 writes the file"),
        "{missing}"
    );

    std::fs::write(&path, shop.outline()).unwrap();
    shop.expect_file(&path);
    let later = gallery!("shop", Message::text("open"), Message::text("closed at 19:00"));
    let differs = later.compare_with_file(&path).unwrap_err().to_string();
    for line in ["  - text: closed at 18:00", "  + text: closed at 19:00"] {
        assert!(differs.lines().any(|found| found == line), "{line}: {differs}");
    }
    let stale = std::panic::catch_unwind(|| later.expect_file(&path));
    let kept = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        assert_eq!(kept, later.outline(), "the file is written");
    } else {
        assert!(stale.is_err() && kept == shop.outline(), "a stale file fails the test, and stays");
    }

    let page = path.with_extension("html");
    std::fs::write(&page, shop.html()).unwrap();
    let compared = (shop.compare_with_file(&page), later.compare_with_file(&page));
    std::fs::remove_file(&page).unwrap();
    assert!(compared.0.is_ok() && compared.1.is_err(), "a name with html is the page");
}
