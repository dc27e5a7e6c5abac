//! Truncation of a message, with a mark at its end.

use super::{Frame, Task, cut::Position, json::escaped_len, markdown, plain};
use crate::{
    Error, Message,
    message::{FeedCard, FeedItem, Link, Mentions, without_mention_line},
};

/// Minimum size of a message, in hundredths of the limit, at which it may end at a better cut than the last possible
/// one.
const FILLED: usize = 75;

pub(super) fn truncate(message: Message, task: Task<'_>) -> Result<Message, Error> {
    match message {
        Message::Link(link) => truncate_link(link, task),
        Message::FeedCard(card) => truncate_feed(&card, task),
        message => match Frame::of(message) {
            Some((frame, text, mentions)) => truncate_text(&frame, &text, mentions, task),
            None => Err(task.too_long("")),
        },
    }
}

/// Returns the beginning of a text that takes at most `room` bytes inside a JSON string, and the number of omitted
/// characters.
pub(crate) fn beginning(text: &str, is_markdown: bool, room: usize) -> (String, usize) {
    if escaped_len(text) <= room {
        return (text.to_owned(), 0);
    }
    let body = if is_markdown { markdown::body(text) } else { plain::body(text) };
    let (beginning, next) =
        body.take(Position::START, room, FILLED).unwrap_or((String::new(), Position::START));
    (beginning, body.characters_left(next))
}

/// Returns the mark at the end of a truncated text.
fn mark(left_out: usize) -> String {
    format!("… (+{left_out} characters)")
}

fn truncate_text(frame: &Frame, text: &str, mentions: Mentions, task: Task<'_>) -> Result<Message, Error> {
    let text = without_mention_line(text, &mentions);
    let widest = format!("{}{}", frame.blank(), mark(text.chars().count()));
    let room = frame
        .room("", task.id, &mentions, task)?
        .and_then(|room| room.checked_sub(escaped_len(&widest)))
        .ok_or_else(|| task.too_long(" even without its text"))?;
    let (mut text, left_out) = beginning(text, !matches!(frame, Frame::Text), room);
    if left_out > 0 {
        if text.is_empty() {
            return Err(
                task.too_long("; it begins with a construct that cannot be cut and is longer than the limit")
            );
        }
        text.push_str(frame.blank());
        text.push_str(&mark(left_out));
    }
    Ok(frame.message("", text, mentions))
}

/// Truncates the text of a link. DingTalk shows it next to a picture and only in part, so the mark has no line of its
/// own.
fn truncate_link(mut link: Link, task: Task<'_>) -> Result<Message, Error> {
    let text = std::mem::take(&mut link.text);
    link.text = mark(text.chars().count());
    let taken = task.body_len(Message::Link(link.clone()), task.id)?;
    let room = task
        .limits
        .bytes
        .checked_sub(taken)
        .ok_or_else(|| task.too_long("; only the text of a link can be truncated"))?;
    let (text, left_out) = beginning(&text, false, room);
    link.text = format!("{text}{}", mark(left_out));
    Ok(Message::Link(link))
}

/// Omits the last items; the title of the last remaining one gives their number. A separate item would need an address
/// and a picture.
fn truncate_feed(card: &FeedCard, task: Task<'_>) -> Result<Message, Error> {
    let shown = |count: usize| {
        let mut items: Vec<FeedItem> = card.items[..count].to_vec();
        if let Some(last) = items.last_mut() {
            last.title.push_str(&format!(" … (+{})", card.items.len() - count));
        }
        Message::feed_card(items)
    };
    let mut most = None;
    for count in 1..card.items.len() {
        let message = shown(count);
        if task.body_len(message.clone(), task.id)? > task.limits.bytes {
            break;
        }
        most = Some(message);
    }
    most.ok_or_else(|| task.too_long("; the first item is too long by itself"))
}
