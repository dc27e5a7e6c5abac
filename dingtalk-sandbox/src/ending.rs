//! Endings of connections that faults ask for.

use std::time::Duration;

use tokio::{
    io::{AsyncWriteExt as _, copy, sink},
    net::TcpStream,
    time::{sleep, timeout},
};

/// The ending of a connection without a proper answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// RST.
    Reset,
    /// Silence until the client disconnects.
    Hang,
    /// Raw bytes, then FIN.
    Write(Vec<u8>),
    /// A head, then this number of spaces.
    Flood { head: &'static [u8], bytes: u64 },
    /// The head for this JSON body at once, then the body one byte at a time.
    Trickle(String),
}

/// An answer that is shorter than it announces, and begins like a success.
pub(crate) const TRUNCATED: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n{\"errcode\":0,\"err";

const HUGE_BYTES: u64 = 256 * 1024 * 1024;
const HUGE_HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 268435456\r\n\r\n";

/// Pause between the bytes of [`Ending::Trickle`].
const TRICKLE_PAUSE: Duration = Duration::from_secs(1);

/// Time for which a connection is still read after raw bytes were sent: closing it with unread data would reset it.
const LINGER: Duration = Duration::from_millis(500);

impl Ending {
    pub(crate) const HUGE: Self = Self::Flood { head: HUGE_HEAD, bytes: HUGE_BYTES };

    /// Ends the connection. I/O errors are ignored, because the connection is abandoned either way.
    pub(crate) async fn carry_out(self, mut stream: TcpStream) {
        match self {
            Self::Reset => drop(stream.set_zero_linger()),
            Self::Hang => drop(copy(&mut stream, &mut sink()).await),
            Self::Write(bytes) => {
                if stream.write_all(&bytes).await.is_ok() && stream.shutdown().await.is_ok() {
                    drop(timeout(LINGER, copy(&mut stream, &mut sink())).await);
                }
            }
            Self::Trickle(body) => {
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                let mut open = stream.write_all(head.as_bytes()).await.is_ok();
                for byte in body.bytes() {
                    if !open {
                        break;
                    }
                    sleep(TRICKLE_PAUSE).await;
                    open = stream.write_all(&[byte]).await.is_ok();
                }
            }
            Self::Flood { head, bytes } => {
                let chunk = vec![b' '; 64 * 1024];
                let mut left = bytes;
                let mut open = stream.write_all(head).await.is_ok();
                while open && left > 0 {
                    let take = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
                    open = stream.write_all(&chunk[..take]).await.is_ok();
                    left -= take as u64;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_announce_a_length_that_serves_their_fault() {
        let text = String::from_utf8_lossy(TRUNCATED);
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let announced: usize = head.rsplit(' ').next().unwrap().parse().unwrap();
        assert!(announced > body.len());
        assert!(String::from_utf8_lossy(HUGE_HEAD).contains(&HUGE_BYTES.to_string()));
    }
}
