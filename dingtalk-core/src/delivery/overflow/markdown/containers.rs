//! Quotes and list items around a position, and the markers that restart them.

use std::{mem, ops::Range};

/// Markers of quotes and items, outermost first.
#[derive(Debug, Default)]
pub(super) struct Containers(Vec<String>);

/// Marker of a list item.
#[derive(Debug)]
pub(super) struct Item {
    /// Text of the marker, as wide as the indentation of the item's other lines.
    pub(super) marker: String,
    /// Beginning of the text after the marker; `None` if the marker is alone on its line.
    pub(super) content: Option<usize>,
}

impl Containers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    pub(super) fn push_quote(&mut self) {
        self.0.push("> ".to_owned());
    }

    pub(super) fn push_item(&mut self, item: Item) {
        self.0.push(item.marker);
    }

    pub(super) fn pop(&mut self) {
        self.0.pop();
    }

    /// Returns the markers that restart all containers.
    pub(super) fn begin(&self) -> String {
        self.0.concat()
    }

    /// Returns the prefix of another line inside all containers.
    pub(super) fn further(&self) -> String {
        let further =
            |marker: &String| if is_quote(marker) { marker.clone() } else { " ".repeat(marker.len()) };
        self.0.iter().map(further).collect()
    }

    /// Returns the markers that restart all containers, for a block with additional indentation. More spaces directly
    /// after an item's marker would move the item's content, so the block is put on a new line, which only the
    /// narrowest markers allow.
    pub(super) fn begin_indented(&self, extra: usize) -> Option<String> {
        let mut begin = self.begin();
        if extra > 0
            && let Some(marker) = self.0.last().filter(|marker| !is_quote(marker))
        {
            if marker.len() - marker.trim_ascii_end().len() > 1 {
                return None;
            }
            begin.truncate(begin.trim_ascii_end().len());
            // Bullets alone on a line are a rule.
            if ['-', '*'].iter().any(|bullet| begin.chars().all(|c| c == *bullet || c == ' '))
                && self.0.len() > 2
            {
                return None;
            }
            begin.push('\n');
            begin.push_str(&self.further());
        }
        begin.push_str(&" ".repeat(extra));
        Some(begin)
    }

    /// Returns the indentation of the block at `start` beyond that of its containers.
    pub(super) fn extra(&self, source: &str, start: usize) -> usize {
        let line = line_start(source, start);
        let quoted = source[line..start].rfind('>').map_or(line, |at| {
            let behind = line + at + 1;
            behind + usize::from(source[behind..start].starts_with(' '))
        });
        if !source[quoted..start].trim_ascii().is_empty() {
            return 0; // It stands on the line of an item's marker.
        }
        let items = self.0.iter().rev().take_while(|marker| !is_quote(marker));
        let expected: usize = items.map(String::len).sum();
        (column(source, start) - column(source, quoted)).saturating_sub(expected).min(3)
    }

    /// Reads the marker of the item with this range. `number` is the parser's count for an ordered item: if a text says
    /// `1.` before each item, a part would otherwise count from one. Returns `None` if a restarted item would not keep
    /// its other lines and its siblings.
    pub(super) fn item(&self, source: &str, range: &Range<usize>, number: Option<u64>) -> Option<Item> {
        let mut before = self.extra(source, range.start);
        let text = &source[range.clone()];
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let marker_end = (digits + 1).min(text.len());
        let (line, further) = text[marker_end..].split_once('\n').unwrap_or((&text[marker_end..], ""));
        let has_content = !line.trim_ascii().is_empty();
        let mut spaces = line.len() - line.trim_start_matches([' ', '\t']).len();
        let behind = range.start + marker_end;
        let mut padding = column(source, behind + spaces) - column(source, behind);
        if !has_content || padding > 4 {
            // Five spaces or more begin an indented code block.
            spaces = spaces.min(1);
            padding = 1;
        }
        if before > 0 && self.0.last().is_some_and(|around| !is_quote(around)) {
            // Additional spaces before the marker would change the indentation of the item's content.
            padding += mem::take(&mut before);
            if padding > 4 || !has_content {
                return None;
            }
        }
        let counted = number.map(|number| number.to_string()).unwrap_or_default();
        // Another width would separate the content from the other lines.
        let keeps = counted.len() != digits && !further.trim_ascii().is_empty();
        let number = if keeps || !has_content { &text[..digits] } else { &counted };
        let marker = [&" ".repeat(before), number, &text[digits..marker_end], &" ".repeat(padding)].concat();
        Some(Item { marker, content: has_content.then_some(behind + spaces) })
    }
}

fn is_quote(marker: &str) -> bool {
    marker.starts_with('>')
}

/// Returns the beginning of the line that contains this position.
pub(super) fn line_start(source: &str, at: usize) -> usize {
    source[..at].rfind(['\n', '\r']).map_or(0, |line_break| line_break + 1)
}

/// Returns the column of a position; tab stops are at every fourth column.
fn column(source: &str, at: usize) -> usize {
    source[line_start(source, at)..at]
        .chars()
        .fold(0, |column, c| if c == '\t' { column / 4 * 4 + 4 } else { column + 1 })
}
