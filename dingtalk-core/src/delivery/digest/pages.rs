//! Layout of entries in a few messages.

use super::{
    entry::{Entry, heading_line, in_line},
    words::Words,
};
use crate::delivery::overflow::escaped_len;

/// Entries with one key.
#[derive(Debug)]
pub(super) struct Group {
    /// Key of the group; `None` for entries without a key, or alone with their key.
    pub(super) key: Option<String>,
    pub(super) entries: Vec<Shared>,
}

/// An entry and the notifications with this content.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) entry: Entry,
    pub(super) items: Vec<usize>,
}

impl Group {
    fn items(&self) -> usize {
        self.entries.iter().map(|entry| entry.items.len()).sum()
    }

    fn has_blocks(&self) -> bool {
        self.entries.iter().any(|shared| matches!(shared.entry, Entry::Blocks { .. }))
    }
}

/// Content of one message.
#[derive(Debug, Default)]
pub(super) struct Page {
    sections: Vec<Section>,
    /// Groups of which no message shows any entry.
    unseen: Vec<usize>,
}

/// Part of a group.
#[derive(Debug)]
struct Section {
    group: usize,
    entries: std::ops::Range<usize>,
    /// Set for the last part of its group, which gives the number of omitted entries.
    last: bool,
}

/// Capacity of one message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Bytes inside a JSON string.
    pub(super) bytes: usize,
    pub(super) entries: usize,
    pub(super) pages: usize,
}

/// Line between entries of different kinds: a list after blocks would become part of them.
pub(super) const SEPARATOR: &str = "———";

/// Maximum number of groups that a title names.
const NAMES: usize = 3;

/// Upper limit for the size of a line that counts omitted entries.
const COUNT_LINE: usize = 100;

/// Reports whether this entry fits into a message, below the heading of its group.
pub(super) fn fits(entry: &Entry, key: Option<&String>, room: Room, words: Words) -> bool {
    let Some(bytes) = room.bytes.checked_sub(COUNT_LINE) else { return false };
    let shared = Shared { entry: entry.clone(), items: vec![0] };
    let alone = [Group { key: key.cloned(), entries: vec![shared] }];
    everything(&alone, Room { bytes, ..room }, words).is_some()
}

/// Moves entries that are alone in their group to those without a group, after all others.
pub(super) fn with_rest(groups: Vec<Group>) -> Vec<Group> {
    let (mut groups, alone): (Vec<Group>, Vec<Group>) =
        groups.into_iter().partition(|group| group.key.is_some() && group.items() > 1);
    let mut entries: Vec<Shared> = alone.into_iter().flat_map(|group| group.entries).collect();
    if !entries.is_empty() {
        entries.sort_by_key(|shared| shared.items[0]);
        groups.push(Group { key: None, entries });
    }
    groups
}

/// Returns the longest end of a title that [`Page::names`] can return, with names of at most `bytes` and the mark of a
/// cut.
pub(super) fn widest_names(bytes: usize) -> String {
    // Quotation marks take the most room in JSON.
    ", ".to_owned() + &format!("{}…, ", "\"".repeat(bytes)).repeat(NAMES + 1)
}

/// Lays out all entries, if there is room.
pub(super) fn everything(groups: &[Group], room: Room, words: Words) -> Option<Vec<Page>> {
    let shown: Vec<usize> = groups.iter().map(|group| group.entries.len()).collect();
    fill(groups, &shown, room, words)
}

/// Lays out the first entries of each group, as many as there is room for. The groups take turns, so that one with many
/// entries does not hide the others. Returns `None` if there is no room for any entry.
pub(super) fn first_few(groups: &[Group], room: Room, words: Words) -> Option<Vec<Page>> {
    let longest = groups.iter().map(|group| group.entries.len()).max().unwrap_or(0);
    let all = 0..groups.len();
    let turn = |turn| all.clone().filter(move |&group| groups[group].entries.len() > turn);
    let turns: Vec<usize> = (0..longest).flat_map(turn).collect();
    let with = |count: usize| {
        let mut shown = vec![0; groups.len()];
        for &group in &turns[..count] {
            shown[group] += 1;
        }
        fill(groups, &shown, room, words)
    };
    if let Some(pages) = with(turns.len()) {
        return Some(pages);
    }
    let (mut fits, mut too_many, mut pages) = (0, turns.len(), None);
    while fits + 1 < too_many {
        let middle = usize::midpoint(fits, too_many);
        match with(middle) {
            Some(found) => (fits, pages) = (middle, Some(found)),
            None => too_many = middle,
        }
    }
    pages
}

/// Fills pages with the first entries of each group, in order.
fn fill(groups: &[Group], shown: &[usize], room: Room, words: Words) -> Option<Vec<Page>> {
    if groups.is_empty() {
        return Some(Vec::new());
    }
    let mut pages = vec![Page::default()];
    // Every page has room for the line that counts entries shown on no page.
    let budget = room.bytes.checked_sub(COUNT_LINE)?;
    let (mut bytes, mut entries) = (0, 0);
    for (index, group) in groups.iter().enumerate() {
        if shown[index] == 0 {
            continue;
        }
        // Two line breaks are four bytes of JSON.
        let heading = escaped_len(&group_heading(group, true, words)) + 4;
        let count = if shown[index] < group.entries.len() { COUNT_LINE } else { 0 };
        let between = if group.has_blocks() { SEPARATOR.len() + 8 } else { 4 };
        let mut open = false;
        for (at, shared) in group.entries[..shown[index]].iter().enumerate() {
            let len = escaped_len(&shared.entry.write(shared.items.len())) + between;
            let above = if open { 0 } else { heading + count };
            if bytes + above + len > budget || entries == room.entries {
                if heading + count + len > budget || pages.len() == room.pages {
                    return None;
                }
                pages.push(Page::default());
                (bytes, entries, open) = (0, 0, false);
            }
            if !open {
                bytes += heading + count;
                pages.last_mut()?.sections.push(Section { group: index, entries: at..at, last: false });
                open = true;
            }
            bytes += len;
            entries += 1;
            pages.last_mut()?.sections.last_mut()?.entries.end = at + 1;
        }
        pages.last_mut()?.sections.last_mut()?.last = true;
    }
    // Entries shown on no page are counted once, at the very end.
    pages.last_mut()?.unseen = (0..groups.len()).filter(|&group| shown[group] == 0).collect();
    Some(pages)
}

impl Page {
    /// Returns the notifications that the page shows.
    pub(super) fn shown(&self, groups: &[Group]) -> Vec<usize> {
        let entries = self.sections.iter().flat_map(|part| &groups[part.group].entries[part.entries.clone()]);
        let mut items: Vec<usize> = entries.flat_map(|shared| shared.items.iter().copied()).collect();
        items.sort_unstable();
        items
    }

    /// Returns the notifications that the page only counts.
    pub(super) fn left_out(&self, groups: &[Group]) -> Vec<usize> {
        let ends = self.sections.iter().filter(|part| part.last).map(|part| (part.group, part.entries.end));
        let unseen = self.unseen.iter().map(|group| (*group, 0));
        let entries = ends.chain(unseen).flat_map(|(group, end)| &groups[group].entries[end..]);
        let mut items: Vec<usize> = entries.flat_map(|shared| shared.items.iter().copied()).collect();
        items.sort_unstable();
        items
    }

    /// Returns the names of the page's first groups, as the end of a title.
    pub(super) fn names(&self, groups: &[Group]) -> String {
        let mut names = self.sections.iter().filter_map(|section| groups[section.group].key.as_deref());
        let first: Vec<&str> = names.by_ref().take(NAMES).collect();
        match names.next() {
            _ if first.is_empty() => String::new(),
            Some(_) => format!(": {}, …", first.join(", ")),
            None => format!(": {}", first.join(", ")),
        }
    }

    /// Renders the Markdown below the page's own heading.
    pub(super) fn write(&self, groups: &[Group], words: Words) -> String {
        let mut text = String::new();
        for section in &self.sections {
            let group = &groups[section.group];
            let mut after_item = false;
            if group.key.is_some() || groups.len() > 1 {
                push_block(&mut text, &group_heading(group, section.entries.start > 0, words));
            }
            let mut after_blocks = false;
            for shared in &group.entries[section.entries.clone()] {
                let entry = shared.entry.write(shared.items.len());
                let is_item = matches!(shared.entry, Entry::Item(_));
                if is_item && after_item {
                    text.push('\n');
                    text.push_str(&entry);
                } else {
                    if is_item && after_blocks {
                        push_block(&mut text, SEPARATOR);
                    }
                    push_block(&mut text, &entry);
                }
                (after_item, after_blocks) = (is_item, !is_item);
            }
            let more: usize =
                group.entries[section.entries.end..].iter().map(|shared| shared.items.len()).sum();
            if section.last && more > 0 {
                if after_item {
                    text.push_str("\n- ");
                    text.push_str(&words.more(more));
                } else {
                    push_block(&mut text, &words.more(more));
                }
            }
        }
        let unseen: usize = self.unseen.iter().map(|group| groups[*group].items()).sum();
        if unseen > 0 {
            push_block(&mut text, &words.more_in_groups(unseen, self.unseen.len()));
        }
        text
    }
}

fn group_heading(group: &Group, continued: bool, words: Words) -> String {
    let key = group.key.as_deref().map_or_else(|| words.other().to_owned(), in_line);
    heading_line(4, &format!("{key} {}", words.count(group.items(), continued)))
}

/// Appends a block after a blank line.
pub(super) fn push_block(text: &mut String, block: &str) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(block);
}
