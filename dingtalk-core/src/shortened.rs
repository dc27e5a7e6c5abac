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

/// A text, shown with at most this number of characters.
#[derive(Debug)]
pub struct Truncated<'a, T>(&'a T, usize, Write<T>);

/// The `fmt` of a type. As data, it lets rustc report a type without it only once.
type Write<T> = fn(&T, &mut Formatter<'_>) -> fmt::Result;

/// Wraps a text of which at most `most` characters are shown.
pub fn truncated<T: Text>(text: &T, most: usize) -> Truncated<'_, T> {
    Truncated(text, most, T::fmt)
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
        let text = text.trim();
        match cut(text, self.1) {
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
pub struct TruncatedEach<'a, T>(&'a [T], usize, Write<T>);

/// Wraps texts of each of which at most `most` characters are shown.
pub fn truncated_each<T: Text>(texts: &[T], most: usize) -> TruncatedEach<'_, T> {
    TruncatedEach(texts, most, T::fmt)
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
            assert_eq!(truncated(&text, most).to_string(), shown, "{text:?} in {most}");
        }
    }

    #[test]
    fn the_rest_of_a_list_is_counted() {
        assert_eq!((first(&[1, 2, 3], 2), left_out(3, 2)), (&[1, 2][..], Some(1)));
        assert_eq!((first(&[1, 2], 2), left_out(2, 2)), (&[1, 2][..], None));
        assert_eq!((first(&[1], 2), left_out(1, 2)), (&[1][..], None));
    }
}
