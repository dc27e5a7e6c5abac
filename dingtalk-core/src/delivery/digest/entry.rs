//! Notifications as entries of a digest.

use std::sync::LazyLock;

use dingtalk_template::{Resolved, Syntax, Template, Value, compile, escape_markdown, normalize, render};

use super::{
    outline::{Block, Outline, letters},
    waiting::Waiting,
    words::Words,
};
use crate::{
    Message,
    delivery::overflow::beginning,
    message::{Link, MarkdownText, Text, without_mention_line},
};

/// Level of a notification's own heading, below those of the digest and its groups; the notification's other headings
/// are one level lower.
const HEADING: usize = 5;

/// Content of a notification in a digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Entry {
    /// An item of a list, without its marker.
    Item(String),
    /// Separate blocks below a heading, without its `#`s.
    Blocks { heading: String, rest: String },
}

impl Entry {
    /// Creates an entry of a notification, with the text cut to about `room` bytes of JSON. Returns `None` for messages
    /// that are not merged: cards, and messages without text.
    pub(super) fn new(item: &Waiting<'_>, room: usize, words: Words) -> Option<Self> {
        match (item.line, item.message) {
            (_, Message::ActionCard(_) | Message::FeedCard(_)) => return None,
            (Some(line), _) => return of_line(line, room, words),
            (None, _) => {}
        }
        match item.message {
            Message::Text(text) => of_text(text, room, words),
            Message::Markdown(markdown) => of_markdown(markdown, room, words),
            Message::Link(link) => Some(of_link(link, room, words)),
            Message::ActionCard(_) | Message::FeedCard(_) => None,
        }
    }

    /// Renders the entry; `times` is the number of notifications with the same content.
    pub(super) fn write(&self, times: usize) -> String {
        let times = if times > 1 { format!("{times}× ") } else { String::new() };
        match self {
            Self::Item(text) => format!("- {times}{text}"),
            Self::Blocks { heading, rest } if rest.is_empty() => heading_line(HEADING, &(times + heading)),
            Self::Blocks { heading, rest } => {
                format!("{}\n\n{rest}", heading_line(HEADING, &(times + heading)))
            }
        }
    }
}

fn of_line(line: &str, room: usize, words: Words) -> Option<Entry> {
    let (line, left_out) = beginning(line, false, room);
    let line = in_line(&line);
    (!line.is_empty()).then(|| Entry::Item(line + &end_of_item(left_out, words)))
}

fn of_text(text: &Text, room: usize, words: Words) -> Option<Entry> {
    let body = without_mention_line(&text.content, &text.mentions);
    let (body, left_out) = beginning(body, false, room);
    let body = escaped(&body);
    (!body.is_empty()).then(|| Entry::Item(body + &end_of_item(left_out, words)))
}

fn of_link(link: &Link, room: usize, words: Words) -> Entry {
    static LINK: LazyLock<Template> = LazyLock::new(|| template("[{a}]({b})"));
    let (text, left_out) = beginning(link.text.trim(), false, room);
    let mut item = fill(&LINK, &[&link.title, &link.url]);
    if !text.is_empty() && text != link.title.trim() {
        item.push_str(": ");
        item.push_str(&in_line(&text));
    }
    Entry::Item(item + &end_of_item(left_out, words))
}

fn of_markdown(markdown: &MarkdownText, room: usize, words: Words) -> Option<Entry> {
    let title = markdown.title.trim();
    let body = without_mention_line(&markdown.text, &markdown.mentions);
    let (body, left_out) = beginning(body, true, room);
    let body = body.trim_matches(['\n', '\r']);
    if body.trim().is_empty() {
        // The text is empty, or it is one construct, such as a link, that is longer than its share.
        let shortened = left_out > 0 && !title.is_empty();
        return shortened.then(|| Entry::Item(escaped(title) + &end_of_item(left_out, words)));
    }
    if let Some(outline) = Outline::read(body) {
        if let Some(item) = as_item(body, &outline, title) {
            return Some(Entry::Item(item + &end_of_item(left_out, words)));
        }
        if let Some((heading, rest)) = as_blocks(body, &outline, title) {
            let more = (left_out > 0).then(|| words.more_characters(left_out));
            let rest: Vec<String> = [Some(rest), more].into_iter().flatten().collect();
            return Some(Entry::Blocks { heading, rest: rest.join("\n\n").trim_matches('\n').to_owned() });
        }
    }
    // Markdown that would affect the text after it is shown as plain text.
    let title = if body.contains(title) { String::new() } else { escaped(title) + ": " };
    Some(Entry::Item(title + &escaped(body) + &end_of_item(left_out, words)))
}

fn end_of_item(left_out: usize, words: Words) -> String {
    if left_out > 0 { format!(" {}", words.more_characters(left_out)) } else { String::new() }
}

/// Returns a notification as one item, if it consists only of a heading, a paragraph, or both.
fn as_item(body: &str, outline: &Outline, title: &str) -> Option<String> {
    let paragraph = |range: &std::ops::Range<usize>| {
        let lines: Vec<&str> = body[range.clone()].trim_ascii().lines().map(str::trim_ascii_start).collect();
        lines.join("\n  ")
    };
    let item = match &outline.blocks[..] {
        [Block::Paragraph(text)] if outline.shows(title) => paragraph(text),
        [Block::Paragraph(text)] => format!("{}: {}", in_line(title), paragraph(text)),
        [Block::Heading(heading)] => heading.text(body)?,
        [Block::Heading(heading), Block::Paragraph(text)] => {
            format!("{}  \n  {}", heading.text(body)?, paragraph(text))
        }
        _ => return None,
    };
    // Marks that had no meaning in separate lines could form a pair.
    let read = Outline::read(&format!("- {item}"))?;
    let same = read.letters == outline.letters
        || read.letters.strip_suffix(&outline.letters) == Some(&*(letters(title) + ":"));
    (same && matches!(read.blocks[..], [Block::Item])).then_some(item)
}

/// Returns the heading and the text below it, with its own headings one level lower.
fn as_blocks(body: &str, outline: &Outline, title: &str) -> Option<(String, String)> {
    let first = match outline.blocks.first()? {
        Block::Heading(heading) => Some(heading),
        _ if title.is_empty() => return None,
        _ => None,
    };
    let mut rest = body.to_owned();
    for heading in outline.headings.iter().rev() {
        if first == Some(heading) {
            rest.replace_range(..heading.range.end, "");
            continue;
        }
        let level = HEADING + usize::from(first.is_none_or(|first| heading.level > first.level));
        let end = heading.range.start + body[heading.range.clone()].trim_ascii_end().len();
        rest.replace_range(heading.range.start..end, &heading_line(level, &heading.text(body)?));
    }
    let rest = rest.trim_matches(['\n', '\r']).to_owned();
    let heading = first.map_or_else(|| Some(in_line(title)), |heading| heading.text(body))?;
    let read = Outline::read(&format!("{}\n\n{rest}", heading_line(HEADING, &heading)))?;
    let same = match first {
        Some(_) => read.letters == outline.letters,
        None => read.letters == letters(title) + &outline.letters,
    };
    same.then_some((heading, rest))
}

/// Renders a heading of this level. The text is Markdown; white space and `#`s at its end would be decoration.
pub(super) fn heading_line(level: usize, text: &str) -> String {
    format!("{} {text}", "#".repeat(level))
}

/// Escapes text of any number of lines. Leading characters that carry no text are removed: they would hide a marker
/// after them.
fn escaped(text: &str) -> String {
    let carries_nothing = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    escape_markdown(&normalize(text).replace(carries_nothing, ""))
}

/// Escapes a text and joins its lines.
pub(super) fn in_line(text: &str) -> String {
    static LINE: LazyLock<Template> = LazyLock::new(|| template("## {a}"));
    // Rendered after the marker of a heading, so that `#`s at its end are escaped too.
    fill(&LINE, &[text]).trim_start_matches('#').trim_start().to_owned()
}

fn template(text: &str) -> Template {
    compile(text, Syntax::Markdown, &mut |name, _| Resolved::inline(u16::from(name == "b")))
        .unwrap_or_else(|problems| unreachable!("{text}: {problems:?}"))
}

fn fill(template: &Template, values: &[&str]) -> String {
    let values: Vec<Value<'_>> = values.iter().map(|value| Value::One(value)).collect();
    render(template, &values)
}
