//! Splits a stream into lines, without storing overlong ones.

use std::io;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::scan::Scan;

/// Maximum length of a line, in bytes. Four times the limit of a request over HTTP: a client that started this process
/// is trusted with more, and the tool's own error for an overlong text states its limit.
pub(super) const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// Buffer space for the next read.
const READ_BYTES: usize = 8 * 1024;

/// Buffer that is kept between lines; the memory of a longer line is freed.
const KEPT_BYTES: usize = 64 * 1024;

pub(super) enum Line {
    /// A line without its end.
    Whole(BytesMut),
    /// A line longer than [`MAX_LINE_BYTES`], with the result of scanning it.
    TooLong(Scan),
}

pub(super) struct Lines<R> {
    input: R,
    buffer: BytesMut,
    /// Length of the beginning of the buffer that contains no end of a line.
    searched: usize,
    /// Set while the rest of an overlong line is skipped.
    skipped: Option<Scan>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, buffer: BytesMut::new(), searched: 0, skipped: None }
    }

    /// Reads the next line; `None` at the end of the stream, which ends the last line too.
    ///
    /// Cancel-safe: dropping the future loses no data.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            if let Some(line) = self.take() {
                return Ok(Some(line));
            }
            self.buffer.reserve(READ_BYTES);
            if self.input.read_buf(&mut self.buffer).await? == 0 {
                return Ok(self.rest());
            }
        }
    }

    /// Returns the line that the end of the stream ends.
    fn rest(&mut self) -> Option<Line> {
        self.searched = 0;
        match self.skipped.take() {
            Some(scan) => Some(Line::TooLong(scan)),
            None if self.buffer.is_empty() => None,
            None => Some(Line::Whole(self.buffer.split())),
        }
    }

    /// Returns the next line if it is complete. After `None`, the whole buffer has been searched.
    fn take(&mut self) -> Option<Line> {
        let found = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n');
        let end = found.map(|at| self.searched + at);
        let length = end.unwrap_or(self.buffer.len());
        if self.skipped.is_none() && length <= MAX_LINE_BYTES {
            self.searched = length;
            let line = self.buffer.split_to(end?);
            self.buffer.advance(1);
            self.searched = 0;
            if line.len() > KEPT_BYTES {
                self.buffer = BytesMut::from(&self.buffer[..]);
            }
            return Some(Line::Whole(line));
        }
        let scan = self.skipped.get_or_insert_default();
        scan.feed(&self.buffer[..length]);
        self.searched = 0;
        match end {
            Some(end) => {
                self.buffer.advance(end + 1);
                self.skipped.take().map(Line::TooLong)
            }
            None => {
                self.buffer = BytesMut::new();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// Returns the lines of a stream that arrives in these pieces; `None` for an overlong line.
    async fn lines(pieces: Vec<Vec<u8>>) -> Vec<Option<Vec<u8>>> {
        let (mut writer, reader) = tokio::io::duplex(64 * 1024);
        let writing = async move {
            for piece in pieces {
                writer.write_all(&piece).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let reading = async {
            let mut lines = Lines::new(reader);
            let mut seen = Vec::new();
            while let Some(line) = lines.next().await.unwrap() {
                seen.push(match line {
                    Line::Whole(line) => Some(line.to_vec()),
                    Line::TooLong(_) => None,
                });
            }
            seen
        };
        tokio::join!(writing, reading).1
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_the_pieces(
            written in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..20),
            cuts in proptest::collection::vec(1_usize..2_000, 1..30),
        ) {
            let stream: Vec<u8> = written.join(&b'\n');
            let expected: Vec<Option<Vec<u8>>> = stream.split(|byte| *byte == b'\n').map(|line| Some(line.to_vec())).collect();
            // An empty last line is none.
            let expected = expected.strip_suffix(&[Some(Vec::new())]).unwrap_or(&expected);
            let mut rest = &stream[..];
            let mut pieces = Vec::new();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece.to_vec());
                rest = after;
            }
            prop_assert_eq!(block_on(lines(pieces)), expected);
        }
    }

    #[tokio::test]
    async fn the_longest_line_is_read_and_a_longer_one_is_not() {
        for (before, after) in [(0, 0), (1, 0), (READ_BYTES, 3)] {
            let line = |length: usize| vec![b'x'; length];
            let stream =
                [line(MAX_LINE_BYTES), line(MAX_LINE_BYTES + 1), line(3 * MAX_LINE_BYTES), line(7), line(0)];
            let mut stream = stream.join(&b'\n');
            stream.splice(0..0, [line(before), vec![b'\n']].concat());
            stream.splice(stream.len().., line(after));
            let seen = lines(stream.chunks(10_000).map(<[u8]>::to_vec).collect()).await;
            let lengths: Vec<Option<usize>> = seen.iter().map(|line| line.as_ref().map(Vec::len)).collect();
            let mut expected = vec![Some(before), Some(MAX_LINE_BYTES), None, None, Some(7)];
            expected.extend((after > 0).then_some(Some(after)));
            assert_eq!(lengths, expected);
        }
    }

    #[tokio::test]
    async fn a_dropped_read_loses_nothing() {
        let (mut writer, reader) = tokio::io::duplex(64);
        let mut lines = Lines::new(reader);
        writer.write_all(b"one li").await.unwrap();
        tokio::select! {
            biased;
            _ = lines.next() => panic!("half a line"),
            () = tokio::task::yield_now() => {}
        }
        writer.write_all(b"ne\n").await.unwrap();
        let Some(Line::Whole(line)) = lines.next().await.unwrap() else { panic!("no line") };
        assert_eq!(&line[..], b"one line");
    }
}
