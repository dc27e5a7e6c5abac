//! HTTP/1.1 messages, read and written by hand, so that the client costs as little as possible.

use std::io::{self, BufRead};

/// Head and body of a request or an answer.
#[derive(Debug, Default)]
pub struct Message {
    /// The request or status line, then one line per header.
    head: Vec<String>,
    /// Without the markers between its chunks.
    pub body: Vec<u8>,
}

impl Message {
    /// Reads the next message; `None` at the end of the connection.
    pub fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut message = Self::default();
        while let Some(line) = read_line(reader)? {
            if !line.is_empty() {
                message.head.push(line);
                continue;
            }
            if message.header("transfer-encoding").is_some() {
                message.read_chunks(reader)?;
            } else if let Some(length) = message.header("content-length") {
                let length = length.parse().map_err(io::Error::other)?;
                message.append(reader, length)?;
            }
            return Ok(Some(message));
        }
        Ok(None)
    }

    /// The answer's status, or the second word of the first line.
    pub fn status(&self) -> &str {
        self.head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default()
    }

    /// The value of a header; its name may be in any case.
    pub fn header(&self, wanted: &str) -> Option<&str> {
        let headers = self.head.iter().filter_map(|line| line.split_once(':'));
        let mut headers = headers.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        headers.next().map(|(_, value)| value.trim())
    }

    fn read_chunks(&mut self, reader: &mut impl BufRead) -> io::Result<()> {
        loop {
            let line = read_line(reader)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let length = usize::from_str_radix(&line, 16).map_err(io::Error::other)?;
            self.append(reader, length)?;
            read_line(reader)?;
            if length == 0 {
                return Ok(());
            }
        }
    }

    fn append(&mut self, reader: &mut impl BufRead, length: usize) -> io::Result<()> {
        let had = self.body.len();
        self.body.resize(had + length, 0);
        reader.read_exact(&mut self.body[had..])
    }
}

/// A line without its line break; `None` at the end of the connection.
fn read_line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    let bytes = reader.read_line(&mut line)?;
    line.truncate(line.trim_end().len());
    Ok((bytes > 0).then_some(line))
}
