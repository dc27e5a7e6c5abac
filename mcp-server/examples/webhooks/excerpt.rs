//! Truncates texts that are too long for a chat message, so that the reader sees the truncation.

use dingtalk_core::Markdown;

/// The beginning of a text, at most this many characters; a truncated text ends in `…`.
pub(crate) fn excerpt(text: &str, characters: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(characters.saturating_sub(1)).collect();
    format!("{}…", beginning.trim_end())
}

/// The first line of a text, at most this many characters. For a Git commit, this is its summary.
pub(crate) fn first_line(text: &str, characters: usize) -> String {
    excerpt(text.trim().lines().next().unwrap_or_default(), characters)
}

/// The first paragraph of a text, at most this many characters; `…` stands for the rest.
pub(crate) fn first_paragraph(text: &str, characters: usize) -> String {
    let text = text.trim();
    let lines: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let more = if lines.len() < text.lines().count() { " …" } else { "" };
    excerpt(&format!("{}{more}", lines.join("\n")), characters)
}

/// The first items of a list: at most `items`, and together at most `bytes`; and the number of omitted ones.
pub(crate) fn first_items(
    mut list: Vec<Markdown>,
    items: usize,
    bytes: usize,
) -> (Vec<Markdown>, Option<usize>) {
    let mut room = bytes;
    let fitting = list.iter().take(items).take_while(|item| {
        let fits = item.as_str().len() <= room;
        room = room.saturating_sub(item.as_str().len());
        fits
    });
    let left_out = list.len() - fitting.count();
    list.truncate(list.len() - left_out);
    (list, (left_out > 0).then_some(left_out))
}
