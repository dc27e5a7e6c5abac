//! Minimal gzip (RFC 1952) for a compressed answer: the bytes unchanged, in one stored block.

/// Maximum length of a stored block, in bytes.
const BLOCK_BYTES: usize = 0xffff;

/// Wraps at most 65,535 bytes; the rest is cut off.
pub(crate) fn stored(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[..bytes.len().min(BLOCK_BYTES)];
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    // Magic, deflate, no flags, no time, fastest compression, Unix; then the last block, stored.
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3, 1];
    gzip.extend_from_slice(&length.to_le_bytes());
    gzip.extend_from_slice(&(!length).to_le_bytes());
    gzip.extend_from_slice(bytes);
    gzip.extend_from_slice(&crc32(bytes).to_le_bytes());
    gzip.extend_from_slice(&u32::from(length).to_le_bytes());
    gzip
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Result of Python's `gzip.compress(b"123456789", 0, mtime=0)`.
    #[test]
    fn output_equals_that_of_python() {
        let mut expected = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3, 1, 9, 0, 0xf6, 0xff];
        expected.extend_from_slice(b"123456789");
        expected.extend_from_slice(&[0x26, 0x39, 0xf4, 0xcb, 9, 0, 0, 0]);
        assert_eq!(stored(b"123456789"), expected);
    }
}
