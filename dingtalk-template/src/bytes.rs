//! Sets of bytes that need a closer look. Most text has few of them.

/// A set of bytes: 1 for each byte in the set, else 0.
pub(crate) struct Set([u8; 256]);

impl Set {
    #[inline]
    pub(crate) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)] != 0
    }

    /// Returns the position of the next byte of this set. Most text has none, so eight bytes are checked at once.
    #[inline]
    pub(crate) fn find(&self, text: &str, from: usize) -> Option<usize> {
        let mut rest = text.as_bytes().get(from..)?;
        while let Some((eight, behind)) = rest.split_first_chunk::<8>() {
            if eight.iter().fold(0, |found, byte| found | self.0[usize::from(*byte)]) != 0 {
                break;
            }
            rest = behind;
        }
        let found = rest.iter().position(|byte| self.has(*byte))?;
        Some(text.len() - rest.len() + found)
    }
}

/// Reports whether the byte begins a row of a template's code, as in `table`.
#[inline]
pub(crate) fn begins_row(byte: u8) -> bool {
    byte.wrapping_sub(1) < 3
}

/// Reports whether the byte begins a piece other than text in a line of a template's code.
#[inline]
pub(crate) fn begins_piece(byte: u8) -> bool {
    byte.wrapping_sub(5) < 3 || byte.wrapping_sub(0xe) < 5
}

/// Returns the position of the first byte that begins a row. Rows are long, so sixteen bytes are compared at once.
#[inline]
pub(crate) fn find_row(code: &str) -> Option<usize> {
    let mut rest = code.as_bytes();
    while let Some((sixteen, behind)) = rest.split_first_chunk::<16>() {
        if sixteen.iter().fold(false, |found, byte| found | begins_row(*byte)) {
            break;
        }
        rest = behind;
    }
    let found = rest.iter().position(|byte| begins_row(*byte))?;
    Some(code.len() - rest.len() + found)
}

/// Control characters, line breaks and direction overrides, or the first bytes of some of them.
pub(crate) static INVISIBLE: Set = invisible_and(b"");

/// The bytes of [`INVISIBLE`], and characters that may have a meaning in Markdown.
pub(crate) static INVISIBLE_OR_ACTIVE: Set = invisible_and(b"`\\*_[]!<&~");

/// Characters that may end a link's target, or the first bytes of some of them: U+1000 to U+3FFF have white space.
pub(crate) static ENDS_TARGET: Set = invisible_and(b" ()<>\\`\xe1\xe3");

const fn invisible_and(bytes: &[u8]) -> Set {
    let mut set = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        set[control] = 1;
        control += 1;
    }
    // DEL, U+0080 to U+00BF, U+2000 to U+2FFF.
    set[0x7f] = 1;
    set[0xc2] = 1;
    set[0xe2] = 1;
    let mut at = 0;
    while at < bytes.len() {
        set[bytes[at] as usize] = 1;
        at += 1;
    }
    Set(set)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_byte_of_a_set_is_found(text in "([ a-c主“\u{2028}*_\n]|\u{85}){0,40}", from in 0..90_usize) {
            let from = from.min(text.len());
            let naive = text.bytes().enumerate().skip(from).find(|(_, byte)| INVISIBLE_OR_ACTIVE.has(*byte));
            prop_assert_eq!(INVISIBLE_OR_ACTIVE.find(&text, from), naive.map(|(at, _)| at));
        }
    }
}
