//! Any text, escaped: a reader sees one paragraph of that text.

#![no_main]

use dingtalk_core::Markdown;
use dingtalk_fuzz::Text;
use dingtalk_template::escape_markdown;
use libfuzzer_sys::fuzz_target;

#[path = "../../dingtalk-template/tests/judge/mod.rs"]
mod judge;

fuzz_target!(|input: Text| {
    let Text(text) = input;
    let escaped = escape_markdown(&text);
    assert_eq!(Markdown::from_text(&text).as_str(), escaped);

    let structure = judge::structure(&escaped);
    let expected = |event: &String| {
        matches!(event.as_str(), "Start(Paragraph)" | "End(Paragraph)" | "text" | "HardBreak")
    };
    assert!(structure.iter().all(expected), "{text:?} is escaped as {escaped:?}: {structure:?}");
    let paragraphs = structure.iter().filter(|event| *event == "Start(Paragraph)").count();
    assert_eq!(paragraphs, usize::from(!escaped.is_empty()), "{text:?} is escaped as {escaped:?}");
    assert_eq!(letters(&judge::text(&escaped)), letters(&text), "{text:?} is escaped as {escaped:?}");
});

/// Without white space, which Markdown folds, and characters that carry no text.
fn letters(text: &str) -> String {
    let carries_none = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(|c| !carries_none(*c)).collect()
}
