//! Cuts in plain text, and their rank.

use unicode_segmentation::UnicodeSegmentation as _;

use super::cut::{Body, Cut, Rank, Seam};

/// Returns the cuts of a text without structure.
pub(super) fn body(source: &str) -> Body<'_> {
    let mut cuts = Vec::new();
    for (at, cluster) in source.grapheme_indices(true).skip(1) {
        let before = &source[..at];
        let Some((last, next)) = before.chars().next_back().zip(cluster.chars().next()) else { continue };
        // Cuts follow white space; they are never before it or within it.
        if is_space(next) || is_break(next) {
            continue;
        }
        let end = before.trim_end_matches(|c| is_space(c) || is_break(c)).len();
        let gap = &source[end..at];
        let breaks = gap.graphemes(true).filter(|cluster| cluster.contains(is_break)).count();
        let (rank, resume) = match breaks {
            0 if gap.is_empty() => (between(last, next), at),
            0 => (behind_space(&source[..end]), at),
            // The next line keeps its indentation.
            _ => {
                let line = at - (gap.len() - gap.trim_end_matches(is_space).len());
                (if breaks > 1 { Rank::Block } else { Rank::Line }, line)
            }
        };
        if end > 0 {
            cuts.push(Cut { end, resume, rank, seam: 0 });
        }
    }
    Body::new(source, cuts, vec![Seam::default()])
}

/// Reports whether a character is white space within a line.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

/// Returns the rank of a cut between two characters without white space between them.
pub(super) fn between(before: char, after: char) -> Rank {
    if !(is_ideographic(before) || is_ideographic(after)) {
        return Rank::Character;
    }
    if may_not_begin_a_line(after) || may_not_end_a_line(before) {
        return Rank::Character;
    }
    if ends_sentence(before) { Rank::Sentence } else { Rank::Word }
}

/// Returns the rank of a cut at the white space after this text.
pub(super) fn behind_space(before: &str) -> Rank {
    let quoted = before.trim_end_matches(['"', '\'', ')', '”', '’', '）', '」']);
    if quoted.ends_with(|c| ends_sentence(c) || matches!(c, '.' | '!' | '?')) {
        Rank::Sentence
    } else {
        Rank::Word
    }
}

fn ends_sentence(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '；' | '…')
}

/// Reports whether a character is punctuation that belongs to the text before it.
fn may_not_begin_a_line(c: char) -> bool {
    matches!(
        c,
        '。' | '，'
            | '、'
            | '；'
            | '：'
            | '！'
            | '？'
            | '…'
            | '—'
            | '）'
            | '】'
            | '》'
            | '〉'
            | '」'
            | '』'
            | '”'
            | '’'
            | '％'
            | '℃'
            | ')'
            | ']'
            | '}'
            | ','
            | '.'
            | ';'
            | ':'
            | '!'
            | '?'
            | '%'
    )
}

/// Reports whether a character is punctuation that belongs to the text after it, or a mention's `@`.
fn may_not_end_a_line(c: char) -> bool {
    matches!(
        c,
        '（' | '【' | '《' | '〈' | '「' | '『' | '“' | '‘' | '￥' | '(' | '[' | '{' | '@' | '#' | '$'
    )
}

/// Reports whether a character belongs to a script without spaces between words, or is punctuation of one.
fn is_ideographic(c: char) -> bool {
    matches!(
        u32::from(c),
        0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0xfe30..=0xfe4f | 0xff00..=0xffef | 0x2_0000..=0x3_ffff
    ) || matches!(c, '…' | '“' | '”')
}

#[cfg(test)]
mod tests {
    use super::{super::cut::cut_all, *};

    fn cut(text: &str, room: usize) -> Vec<String> {
        cut_all(&body(text), room).expect("text can be cut anywhere")
    }

    #[test]
    fn the_best_place_is_taken() {
        for (text, room, parts) in [
            ("one two three\n\nfour\nfive six", 24, &["one two three", "four\nfive six"][..]),
            ("one two\nthree four\nfive", 20, &["one two\nthree four", "five"]),
            ("  one two\n\n\n  three four five", 18, &["  one two", "  three four five"]),
            ("One two. Three four five", 16, &["One two.", "Three four five"]),
            ("one two three four", 10, &["one two", "three four"]),
            ("磁盘已满。请立即处理，谢谢！", 24, &["磁盘已满。", "请立即处理，谢", "谢！"]),
            ("a「磁盘」已满", 9, &["a「磁", "盘」已", "满"]),
            ("0123456789", 4, &["0123", "4567", "89"]),
            ("one two\r\nthree", 10, &["one two", "three"]),
        ] {
            assert_eq!(cut(text, room), parts, "{text:?}");
        }
    }

    #[test]
    fn a_cluster_is_never_cut() {
        let family = "👨‍👩‍👧";
        assert_eq!(cut(&family.repeat(3), 40), [family.repeat(2), family.to_owned()]);
        assert_eq!(cut("e\u{301}e\u{301}", 5), ["e\u{301}", "e\u{301}"]);
        assert!(cut_all(&body(family), 10).is_none());
    }
}
