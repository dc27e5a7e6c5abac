//! Mentions in a body: `@` and an id as a word of its own.

use std::ops::Range;

/// Returns the position of each `@id` that counts as a mention: it is neither a part of an address (`x@id`,
/// `@id.example.com`) nor the beginning of a longer id. In Markdown, characters of the id may be escaped.
pub(super) fn mentions_of<'b>(
    id: &'b str,
    body: &'b str,
    is_markdown: bool,
) -> impl Iterator<Item = Range<usize>> + 'b {
    body.match_indices('@').filter_map(move |(at, _)| {
        if body[..at].chars().next_back().is_some_and(joins_before) {
            return None;
        }
        let mut end = at + 1;
        for c in id.chars() {
            if is_markdown && escaped(&body[end..]).is_some() {
                end += 1;
            }
            end += body[end..].strip_prefix(c).map(|_| c.len_utf8())?;
        }
        ends(id, &body[end..], is_markdown).then_some(at..end)
    })
}

/// Reports whether a mention directly behind this character would be read as a part of a longer word.
pub(crate) fn joins_before(c: char) -> bool {
    matches!(c, '.' | '/' | '@') || (c.is_alphanumeric() && !is_ideographic(c))
}

/// Reports whether a mention directly before this character would be read as a longer id.
pub(crate) fn joins_after(c: char) -> bool {
    matches!(c, '-' | '/' | '@') || c.is_alphanumeric()
}

fn ends(id: &str, rest: &str, is_markdown: bool) -> bool {
    let punctuation = if is_markdown { escaped(rest) } else { None };
    let mut further = rest.chars();
    let Some(next) = punctuation.or_else(|| further.next()) else { return true };
    match next {
        // A mark of emphasis ends the id, an escaped one belongs to it.
        '_' => is_markdown && punctuation.is_none() && !further.next().is_some_and(char::is_alphanumeric),
        '.' => !further.next().is_some_and(|c| c.is_ascii_alphanumeric()),
        // A user id may be Chinese; a number or a Latin id ends before Chinese text.
        c if is_ideographic(c) => id.is_ascii() || !c.is_alphanumeric(),
        c => !joins_after(c),
    }
}

/// Returns the ASCII punctuation that is escaped here.
fn escaped(text: &str) -> Option<char> {
    text.strip_prefix('\\')?.chars().next().filter(char::is_ascii_punctuation)
}

/// Scripts without spaces between words, and their punctuation.
fn is_ideographic(c: char) -> bool {
    c >= '\u{2e80}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_counts() {
        for (body, markdown, plain) in [
            ("@1380", 1, 1),
            ("请@1380处理", 1, 1),
            ("请@1380，谢谢", 1, 1),
            ("(@1380), **@1380** @1380: @1380.", 4, 4),
            ("x@1380", 0, 0),
            ("é@1380 1@1380 a.@1380 /@1380 @@1380", 0, 0),
            ("ops@1380.example.com @1380.example.com", 0, 0),
            ("@13800 @1380a @1380-1 @1380/x @1380@x @1380é", 0, 0),
            ("_@1380_", 1, 0),
            ("@1380_x @1380\\_", 0, 1),
            ("@13\\80", 0, 0),
        ] {
            assert_eq!(mentions_of("1380", body, true).count(), markdown, "{body} as Markdown");
            assert_eq!(mentions_of("1380", body, false).count(), plain, "{body} as text");
        }
        assert_eq!(mentions_of("张", "@张三 @张 @张，", false).count(), 2);
        assert_eq!(mentions_of("_x_", "@\\_x\\_，@\\_x\\_\\_", true).count(), 1);
    }
}
