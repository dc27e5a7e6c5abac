//! Sizes of texts inside a JSON string, and messages as the body of a request.

use crate::{Error, ErrorKind, Message, message::WireMessage};

/// Returns the length of `text` inside a JSON string, without the quotation marks, as `serde_json` writes it:
/// characters outside ASCII are not escaped.
pub(crate) fn escaped_len(text: &str) -> usize {
    text.bytes().map(escaped_byte).sum()
}

fn escaped_byte(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0x00..=0x1f => 6,
        _ => 1,
    }
}

/// Returns the length of the request's body for this message under this `msgUuid`.
pub(crate) fn body_len(message: &Message, id: &str) -> Result<usize, Error> {
    body(&WireMessage::with_id(message.clone(), id)).map(|body| body.len())
}

/// Returns the request's body.
pub(crate) fn body(message: &WireMessage) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(message).map_err(|_| Error::new(ErrorKind::Invalid, "it cannot be written as JSON"))
}

/// Escaped lengths of all ranges of one text, from one pass over it.
#[derive(Debug)]
pub(crate) struct Sizes(Vec<usize>);

impl Sizes {
    pub(crate) fn new(text: &str) -> Self {
        let mut sizes = Vec::with_capacity(text.len() + 1);
        let mut total = 0;
        sizes.push(total);
        for byte in text.bytes() {
            total += escaped_byte(byte);
            sizes.push(total);
        }
        Self(sizes)
    }

    pub(crate) fn between(&self, from: usize, to: usize) -> usize {
        self.0[to] - self.0[from]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_counts_as_it_is_written() {
        let text: String = (0..0x3000).filter_map(char::from_u32).collect();
        let written = serde_json::to_string(&text).unwrap();
        assert_eq!(escaped_len(&text), written.len() - 2);
        assert_eq!(Sizes::new(&text).between(0, text.len()), written.len() - 2);
    }
}
