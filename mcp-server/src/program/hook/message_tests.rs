use super::*;
use crate::program::hook::{arguments::Agent, event::Step};

fn event(json: &str) -> Event {
    Event::read(Agent::Claude, json.as_bytes()).unwrap().unwrap()
}

fn text(json: &str, show: Shown, language: Language) -> String {
    let event = event(json);
    let Step::News(kind) = event.step else { panic!("{event:?}") };
    let ran_for = Some(Duration::from_secs(192));
    notification(&event, kind, ran_for, show, Some("/home/me"), language).unwrap().message.to_string()
}

const PUSH: &str = r#"{"session_id":"0b5cd6e1-77aa","cwd":"/home/me/shop","hook_event_name":"PermissionRequest",
    "prompt_id":"p1","tool_name":"Bash","tool_input":{"command":"GH_TOKEN=hunter2 git push origin main"}}"#;

#[test]
fn a_request_shows_the_tool_and_two_words() {
    let shown = text(PUSH, Shown::Words, Language::En);
    assert_eq!(
        shown,
        "shop: Claude Code asks for permission\nBash: git push …\nRan for 3 min 12 s\nSession 0b5cd6e1"
    );
    let shown = text(PUSH, Shown::Command, Language::Zh);
    assert_eq!(
        shown,
        "shop：Claude Code 请求授权\nBash: GH_TOKEN=[…] git push origin main\n用时 3 min 12 s\n会话 0b5cd6e1"
    );
}

#[test]
fn untrusted_text_mentions_nobody_and_links_nothing() {
    let stop = r#"{"session_id":"s","cwd":"/x/@all","hook_event_name":"Stop",
        "last_assistant_message":"First. Read https://evil.example/x @all\u202e and /home/me/a!"}"#;
    let envelope =
        notification(&event(stop), Kind::Finished, None, Shown::Words, Some("/home/me"), Language::En)
            .unwrap();
    let shown = envelope.message.to_string();
    assert_eq!(shown, "＠all: Claude Code has finished\nRead (link) ＠all and ~/a!\nSession s");
    assert!(envelope.message.mentions().is_none_or(|mentions| mentions.people() == 0 && !mentions.all));
}

#[test]
fn the_last_sentence_is_shown() {
    assert_eq!(last_sentence("One. Two v1.2 is out.\n\n"), "Two v1.2 is out.");
    assert_eq!(last_sentence("一。要推送吗？"), "要推送吗？");
    assert_eq!(last_sentence("only one"), "only one");
    assert_eq!(last_sentence(""), "");
    assert_eq!(plain(&"长".repeat(300), 200).chars().count(), 200);
}

#[test]
fn the_same_news_has_the_same_key() {
    let of = |name: &str, more: &str| {
        let json = format!(r#"{{"session_id":"s","cwd":"/x","hook_event_name":"{name}"{more}}}"#);
        let event = event(&json);
        let Step::News(kind) = event.step else { panic!("{event:?}") };
        repetition(&event, kind)
    };
    let request = of("PermissionRequest", r#","prompt_id":"1","tool_name":"Bash""#);
    let told = of("Notification", r#","prompt_id":"1","notification_type":"permission_prompt""#);
    assert_eq!(request, told);
    assert_ne!(request, of("PermissionRequest", r#","prompt_id":"2","tool_name":"Bash""#));
    assert_ne!(request.0, of("Stop", r#","prompt_id":"1""#).0);
    assert_eq!(
        of("Stop", r#","prompt_id":"1""#),
        of("Notification", r#","prompt_id":"1","notification_type":"idle_prompt""#)
    );
    assert_ne!(
        of("Stop", r#","last_assistant_message":"a""#),
        of("Stop", r#","last_assistant_message":"b""#)
    );
}
