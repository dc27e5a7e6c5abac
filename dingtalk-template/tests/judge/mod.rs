//! A message as a reader's Markdown parser sees it. Independent of this crate.

use pulldown_cmark::{Event, Options, Parser, Tag};

fn parser(markdown: &str) -> Parser<'_> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
}

/// The message without its words: adjacent text is one element, which only shows that there is some.
pub(crate) fn structure(markdown: &str) -> Vec<String> {
    let mut structure: Vec<String> = Vec::new();
    for event in parser(markdown) {
        let event = match event {
            Event::Text(_) => "text".to_owned(),
            Event::Start(Tag::Link { dest_url, .. }) => format!("link {dest_url}"),
            Event::Start(Tag::Image { dest_url, .. }) => format!("image {dest_url}"),
            event => format!("{event:?}"),
        };
        if event != "text" || structure.last().is_none_or(|last| last != "text") {
            structure.push(event);
        }
    }
    structure
}

/// The words of the message.
pub(crate) fn text(markdown: &str) -> String {
    let mut text = String::new();
    for event in parser(markdown) {
        match event {
            Event::Text(part) => text.push_str(&part),
            Event::HardBreak | Event::SoftBreak => text.push(' '),
            _ => {}
        }
    }
    text
}
