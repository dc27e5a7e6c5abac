//! Splitting of a message into numbered parts.

use std::mem;

use super::{
    Frame, Part, Task,
    cut::{Body, Position},
    json::escaped_len,
};
use crate::{
    Error, Message,
    message::{FeedItem, Mentions, without_mention_line},
};

/// Minimum size of a part, in hundredths of the limit, at which it may end at a better cut than the last possible one.
const FILLED: usize = 50;

pub(super) fn split(message: Message, task: Task<'_>) -> Result<Vec<Part>, Error> {
    let Task { id, limits, len, .. } = task;
    if len / limits.bytes.max(1) >= limits.parts {
        return Err(too_many(task));
    }
    let messages = match message {
        Message::Link(_) => {
            return Err(task.too_long("; a link cannot be split, only its text can be truncated"));
        }
        Message::FeedCard(card) => {
            let parts = numbered(|digits| feed_cards(&card.items, &Widest::new(id, digits), task))?;
            let of = parts.len();
            parts
                .into_iter()
                .enumerate()
                .map(|(index, items)| feed_card(&number(index + 1, of), items))
                .collect()
        }
        message => match Frame::of(message) {
            Some((frame, text, mentions)) => texts(&frame, &text, &mentions, task)?,
            None => return Err(task.too_long("")),
        },
    };
    if messages.len() == 1 {
        // Only white space at the end exceeded the limit.
        return Ok(messages.into_iter().map(|message| Part { id: id.to_owned(), message }).collect());
    }
    let part = |(index, message)| Part { id: format!("{id}-{}", index + 1), message };
    Ok(messages.into_iter().enumerate().map(part).collect())
}

fn too_many(task: Task<'_>) -> Error {
    task.too_long(&format!("; it would be more than {} parts", task.limits.parts))
}

fn number(part: usize, of: usize) -> String {
    if of == 1 { String::new() } else { format!("({part}/{of})") }
}

/// Longest number and id of a part while the number of parts has this many digits.
struct Widest {
    number: String,
    id: String,
}

impl Widest {
    fn new(id: &str, digits: usize) -> Self {
        let nines = "9".repeat(digits);
        Self { number: format!("({nines}/{nines})"), id: format!("{id}-{nines}") }
    }
}

/// Splits with room for numbers of one digit, of two, and so on, until the number of parts has no more digits than
/// that.
fn numbered<T>(split: impl Fn(usize) -> Result<Vec<T>, Error>) -> Result<Vec<T>, Error> {
    let mut digits = 1;
    loop {
        let parts = split(digits)?;
        if parts.len().to_string().len() <= digits {
            return Ok(parts);
        }
        digits += 1;
    }
}

fn texts(frame: &Frame, text: &str, mentions: &Mentions, task: Task<'_>) -> Result<Vec<Message>, Error> {
    let text = without_mention_line(text, mentions);
    let body = frame.body(text);
    // Buttons follow the end of the text.
    let early = match frame {
        Frame::Card(card) => &Frame::Markdown { title: card.title.clone() },
        frame => frame,
    };
    let pieces = numbered(|digits| {
        let widest = Widest::new(task.id, digits);
        let head = escaped_len(&widest.number) + escaped_len(frame.blank());
        let room = |frame: &Frame, mentions: &Mentions| -> Result<usize, Error> {
            frame
                .room(&format!(" {}", widest.number), &widest.id, mentions, task)?
                .and_then(|room| room.checked_sub(head))
                .ok_or_else(|| task.too_long(" even without its text"))
        };
        let nobody = Mentions::default();
        let first = Rooms { early: room(early, mentions)?, last: room(frame, mentions)? };
        let further = Rooms { early: room(early, &nobody)?, last: room(frame, &nobody)? };
        pieces(&body, &first, &further, task)
    })?;
    let of = pieces.len();
    let message = |(index, piece): (usize, String)| {
        let number = number(index + 1, of);
        let frame = if index + 1 == of { frame } else { early };
        let mentions = if index == 0 { mentions.clone() } else { Mentions::default() };
        if number.is_empty() {
            return frame.message("", piece, mentions);
        }
        frame.message(&format!(" {number}"), format!("{number}{}{piece}", frame.blank()), mentions)
    };
    Ok(pieces.into_iter().enumerate().map(message).collect())
}

/// Bytes available for text in a part, and in the last part.
struct Rooms {
    early: usize,
    last: usize,
}

fn pieces(body: &Body<'_>, first: &Rooms, further: &Rooms, task: Task<'_>) -> Result<Vec<String>, Error> {
    let mut pieces = Vec::new();
    let mut position = Position::START;
    loop {
        if pieces.len() == task.limits.parts {
            return Err(too_many(task));
        }
        let rooms = if pieces.is_empty() { first } else { further };
        if let Some(rest) = body.rest(position, rooms.last) {
            pieces.push(rest);
            return Ok(pieces);
        }
        // Text that fits without the buttons but not with them is cut, so that some of it is left for the part with the
        // buttons.
        let only_buttons_left = body.rest(position, rooms.early).is_some();
        let room = if only_buttons_left { rooms.last } else { rooms.early };
        let Some((piece, next)) = body.take(position, room, FILLED) else {
            return Err(task.too_long(
                "; a construct that cannot be cut (a picture, an address, HTML, a table row) is longer than a part",
            ));
        };
        pieces.push(piece);
        position = next;
    }
}

fn feed_card(number: &str, mut items: Vec<FeedItem>) -> Message {
    if let Some(first) = items.first_mut().filter(|_| !number.is_empty()) {
        first.title = format!("{number} {}", first.title);
    }
    Message::feed_card(items)
}

fn feed_cards(items: &[FeedItem], widest: &Widest, task: Task<'_>) -> Result<Vec<Vec<FeedItem>>, Error> {
    let fits = |card: &[FeedItem]| -> Result<bool, Error> {
        Ok(task.body_len(feed_card(&widest.number, card.to_vec()), &widest.id)? <= task.limits.bytes)
    };
    let mut cards = Vec::new();
    let mut card = Vec::new();
    for item in items {
        card.push(item.clone());
        if fits(&card)? {
            continue;
        }
        card.pop();
        let full = mem::replace(&mut card, vec![item.clone()]);
        if full.is_empty() || !fits(&card)? {
            return Err(task.too_long("; one item is too long by itself"));
        }
        cards.push(full);
        if cards.len() == task.limits.parts {
            return Err(too_many(task));
        }
    }
    cards.push(card);
    Ok(cards)
}
