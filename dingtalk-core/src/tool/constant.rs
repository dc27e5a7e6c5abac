//! Texts in constants: what the standard library cannot do at compile time yet.

/// Compares texts; `==` is not constant yet.
pub(super) const fn equal(one: &str, other: &str) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let (one, one_rest) = one.as_bytes().as_chunks::<8>();
    let (other, other_rest) = other.as_bytes().as_chunks::<8>();
    let mut index = 0;
    while index < one.len() {
        if u64::from_le_bytes(one[index]) != u64::from_le_bytes(other[index]) {
            return false;
        }
        index += 1;
    }
    let mut index = 0;
    while index < one_rest.len() {
        if one_rest[index] != other_rest[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// Capacity for an error of the compiler, in bytes; longer text is cut.
const CAPACITY: usize = 8192;

/// A text that is assembled in a constant.
pub(super) struct Text {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Text {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; CAPACITY], length: 0 }
    }

    pub(super) const fn push(&mut self, piece: &str) {
        let piece = piece.as_bytes();
        if self.length + piece.len() > CAPACITY {
            return;
        }
        let mut index = 0;
        while index < piece.len() {
            self.bytes[self.length + index] = piece[index];
            index += 1;
        }
        self.length += piece.len();
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(super) const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "the tools cannot be served together",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_is_equal() {
        for (one, other) in
            [("", ""), ("a", "a"), ("告警", "告警"), ("a", "b"), ("a", ""), ("ab", "a"), ("a", "ab")]
        {
            assert_eq!(equal(one, other), one == other, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_full_buffer_keeps_whole_pieces() {
        let mut text = Text::new();
        text.push("告");
        for _ in 0..CAPACITY {
            text.push("警告");
        }
        assert!(text.as_str().starts_with("告警告") && text.as_str().ends_with("警告"));
        assert!(text.length > CAPACITY - 6);
    }
}
