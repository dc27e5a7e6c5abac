//! Values that are shown in part: the first of a list, and the beginning of a text.

use std::fmt::{self, Display, Formatter};

use dingtalk_template::{Each, Show};
use unicode_segmentation::UnicodeSegmentation as _;

/// Returns the values that are shown.
pub fn first<T>(values: &[T], max_shown: usize) -> &[T] {
    values.get(..max_shown).unwrap_or(values)
}

/// Returns the number of values that are not shown; `None` if all are.
pub fn left_out(values: usize, max_shown: usize) -> Option<usize> {
    values.checked_sub(max_shown).filter(|left_out| *left_out > 0)
}

/// The values of a list within other text, and the number of those that are left out as the last one.
pub struct Counted<'a> {
    /// The values that are shown.
    pub values: &'a dyn Each,
    /// Number of those that are not.
    pub left_out: Option<usize>,
    /// Text before the number, and the text after it; `None` if the number is not shown.
    pub more: (&'a str, Option<&'a str>),
}

impl fmt::Debug for Counted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counted").field("left_out", &self.left_out).finish_non_exhaustive()
    }
}

impl Each for Counted<'_> {
    fn each(&self, visit: &mut dyn FnMut(&dyn Show)) {
        self.values.each(visit);
        match (self.left_out, self.more) {
            (None, _) => {}
            (Some(_), (text, None)) => visit(&text),
            (Some(count), (before, Some(after))) => visit(&format_args!("{before}{count}{after}")),
        }
    }
}

/// A text, shown with at most this number of characters.
#[derive(Debug)]
pub struct Truncated<'a, T>(&'a T, Cut, Write<T>);

/// The beginning of a text that is shown.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    /// Maximum number of characters.
    pub most: usize,
    /// Keeps the indentation of the first line.
    pub is_multiline: bool,
}

/// The `fmt` of a type. As data, it lets rustc report a type without it only once.
type Write<T> = fn(&T, &mut Formatter<'_>) -> fmt::Result;

/// Wraps a text of which only the beginning is shown.
pub fn truncated<T: Text>(text: &T, cut: Cut) -> Truncated<'_, T> {
    Truncated(text, cut, T::fmt)
}

/// A type whose values can be truncated.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no text to truncate",
    label = "does not implement `std::fmt::Display`",
    note = "remove `truncate`, or implement `Display` for the type"
)]
pub trait Text: Display {}

#[diagnostic::do_not_recommend]
impl<T: Display + ?Sized> Text for T {}

impl<T> Display for Truncated<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = Whole(self.0, self.2).to_string();
        // White space at the ends is not shown, so it does not count.
        let text = if self.1.is_multiline { without_blank_ends(&text) } else { text.trim() };
        match cut(text, self.1.most) {
            Some(kept) => write!(f, "{kept}…"),
            None => f.write_str(text),
        }
    }
}

/// The text itself.
struct Whole<'a, T>(&'a T, Write<T>);

impl<T> Display for Whole<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        (self.1)(self.0, f)
    }
}

/// Removes blank lines at both ends of a text, and white space at its end.
fn without_blank_ends(text: &str) -> &str {
    let text = text.trim_end();
    let indentation = text.len() - text.trim_start().len();
    let first_line = text[..indentation].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    &text[first_line..]
}

/// Returns the beginning of a text that is longer than `most` characters, one character shorter than that. The cut is
/// between graphemes.
fn cut(text: &str, most: usize) -> Option<&str> {
    let (room, _) = text.char_indices().nth(most.saturating_sub(1))?;
    // Exactly `most` characters are not too many.
    text[room..].chars().nth(1)?;
    let ends = text.grapheme_indices(true).map(|(start, _)| start);
    let end = ends.take_while(|start| *start <= room).last().unwrap_or_default();
    Some(text[..end].trim_end())
}

/// Texts, each shown with at most this number of characters.
#[derive(Debug)]
pub struct TruncatedEach<'a, T>(&'a [T], Cut, Write<T>);

/// Wraps texts of each of which only the beginning is shown.
pub fn truncated_each<T: Text>(texts: &[T], cut: Cut) -> TruncatedEach<'_, T> {
    TruncatedEach(texts, cut, T::fmt)
}

impl<T> Each for TruncatedEach<'_, T> {
    fn each(&self, visit: &mut dyn FnMut(&dyn Show)) {
        for text in self.0 {
            visit(&Truncated(text, self.1, self.2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_graphemes() {
        for (text, most, shown) in [
            ("nginx", 5, "nginx"),
            ("nginx", 4, "ngi…"),
            ("  nginx\n", 5, "nginx"),
            ("one two", 5, "one…"),
            ("数据库", 2, "数…"),
            ("e\u{301}e\u{301}e\u{301}", 4, "e\u{301}…"),
            ("👩‍💻👩‍💻", 5, "👩‍💻…"),
            ("👩‍💻👩‍💻", 3, "…"),
            ("ab", 1, "…"),
            ("ab", 0, "…"),
            ("", 0, ""),
        ] {
            let cut = Cut { most, is_multiline: false };
            assert_eq!(truncated(&text, cut).to_string(), shown, "{text:?} in {most}");
        }
        let cut = Cut { most: 8, is_multiline: true };
        for (text, shown) in [(" \r\n  a\n b \n", "  a\n b"), ("\n  abc\n  def", "  abc…")] {
            assert_eq!(truncated(&text, cut).to_string(), shown, "{text:?}");
        }
    }

    #[test]
    fn the_rest_of_a_list_is_counted() {
        assert_eq!((first(&[1, 2, 3], 2), left_out(3, 2)), (&[1, 2][..], Some(1)));
        assert_eq!((first(&[1, 2], 2), left_out(2, 2)), (&[1, 2][..], None));
        assert_eq!((first(&[1], 2), left_out(1, 2)), (&[1][..], None));
    }
}
