//! What can go wrong on the way, on demand.

use std::{collections::VecDeque, time::Duration};

use tokio::{
    io::{AsyncWriteExt as _, copy, sink},
    net::TcpStream,
    time::{sleep, timeout},
};

/// Something that goes wrong with a request to the robot. Pages and scripts ([`Sandbox::page_url`]) are not affected,
/// except by [`Fault::ResetOnConnect`], which strikes before anybody can tell what a connection is for.
///
/// [`Sandbox::page_url`]: crate::Sandbox::page_url
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is reset when the client begins to send, before a byte is read. On a connection that is open
    /// already, the next request is.
    ResetOnConnect,
    /// The request is read, then the connection is reset. Nothing is accepted.
    ResetBeforeAnswer,
    /// The request is read and never answered. Nothing is accepted.
    Hang,
    /// The message is judged and, where it is right, accepted; then the connection is reset. This is how duplicates
    /// arise: the sender cannot know.
    AcceptThenReset,
    /// The message is judged and, where it is right, accepted; but never answered.
    AcceptThenHang,
    /// The message is judged and, where it is right, accepted; then this fault strikes.
    AcceptThen(Box<Fault>),
    /// The message is judged and answered as usual, but after the head the answer comes a byte a second.
    SlowAnswer,
    /// The message is judged and answered as usual, but the answer is compressed, which nobody asked for.
    Gzip,
    /// The answer announces more bytes than come.
    Truncate,
    /// HTTP 200 with a web page, as gateways answer.
    Html,
    /// HTTP 302 to a page of the sandbox that answers `errcode` 0: whoever follows it believes in a success.
    /// [`Sandbox::redirects_followed`](crate::Sandbox::redirects_followed) counts them.
    Redirect,
    /// These bytes instead of an HTTP answer.
    Garbage(Vec<u8>),
    /// This HTTP status (200 to 999, else 500) with a short web page.
    Status(u16),
    /// HTTP 200 with exactly this as `application/json`.
    Reply(String),
    /// HTTP 200 with the whole request line and body sent back, secrets and all: what a client does with an answer
    /// must not show them.
    Echo,
    /// An answer of 256 MiB.
    Huge,
    /// `errcode` -1, busy.
    Busy,
    /// The answer to a throttled robot, without any block on it.
    Throttle,
}

impl Fault {
    /// Is the message judged before things go wrong?
    pub(crate) fn is_after_judgement(&self) -> bool {
        matches!(
            self,
            Self::AcceptThenReset
                | Self::AcceptThenHang
                | Self::AcceptThen(_)
                | Self::SlowAnswer
                | Self::Gzip
        )
    }
}

/// Which fault strikes next.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// `None` is a request that meets none.
    next: VecDeque<Option<Fault>>,
    standing: Option<Fault>,
}

impl Faults {
    pub(crate) fn stand(&mut self, fault: Fault) {
        self.standing = Some(fault);
    }

    pub(crate) fn queue(&mut self, times: usize, fault: Fault) {
        self.script(std::iter::repeat_n(Some(fault), times));
    }

    pub(crate) fn script(&mut self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.next.extend(faults);
    }

    pub(crate) fn heal(&mut self) {
        *self = Self::default();
    }

    /// The fault for the request that has come.
    pub(crate) fn take(&mut self) -> Option<Fault> {
        self.next.pop_front().unwrap_or_else(|| self.standing.clone())
    }

    /// Is the connection that has come to be reset at once?
    pub(crate) fn take_on_connect(&mut self) -> bool {
        let next = self.next.front().map_or(self.standing.as_ref(), Option::as_ref);
        let strikes = next == Some(&Fault::ResetOnConnect);
        if strikes {
            self.next.pop_front();
        }
        strikes
    }
}

/// How a connection ends without a proper answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// RST.
    Reset,
    /// Silence until the client goes.
    Hang,
    /// Raw bytes, then FIN.
    Write(Vec<u8>),
    /// A head, then as many bytes.
    Flood { head: &'static [u8], bytes: u64 },
    /// A head for this body of JSON at once, then the body a byte at a time.
    Trickle(String),
}

/// Announces more than it holds, and what it holds begins like a success.
pub(crate) const TRUNCATED: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n{\"errcode\":0,\"err";

const HUGE_BYTES: u64 = 256 * 1024 * 1024;
const HUGE_HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 268435456\r\n\r\n";

/// Between the bytes of [`Ending::Trickle`].
const TRICKLE_PAUSE: Duration = Duration::from_secs(1);

/// For how long a connection that was answered with raw bytes is read on, so that closing it resets nothing.
const LINGER: Duration = Duration::from_millis(500);

impl Ending {
    pub(crate) const HUGE: Self = Self::Flood { head: HUGE_HEAD, bytes: HUGE_BYTES };

    /// Nobody is left to be told of an I/O error here: the connection is given up either way.
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
    fn queued_faults_come_before_the_standing_one() {
        let mut faults = Faults::default();
        assert_eq!(faults.take(), None);
        faults.stand(Fault::Hang);
        faults.queue(2, Fault::Busy);
        let taken: Vec<_> = std::iter::repeat_with(|| faults.take()).take(4).flatten().collect();
        assert_eq!(taken, [Fault::Busy, Fault::Busy, Fault::Hang, Fault::Hang]);
        faults.heal();
        assert_eq!(faults.take(), None);
    }

    #[test]
    fn a_script_may_spare_requests() {
        let mut faults = Faults::default();
        faults.stand(Fault::Hang);
        faults.script([None, Some(Fault::ResetOnConnect), None]);
        assert!(!faults.take_on_connect());
        assert_eq!(faults.take(), None);
        assert!(faults.take_on_connect());
        assert_eq!(faults.take(), None);
        assert_eq!(faults.take(), Some(Fault::Hang));
    }

    #[test]
    fn a_connection_takes_only_its_own_fault() {
        let mut faults = Faults::default();
        faults.queue(1, Fault::Busy);
        faults.queue(1, Fault::ResetOnConnect);
        assert!(!faults.take_on_connect());
        assert_eq!(faults.take(), Some(Fault::Busy));
        assert!(faults.take_on_connect());
        assert!(!faults.take_on_connect());
    }

    #[test]
    fn what_is_announced_is_not_what_comes() {
        let text = String::from_utf8_lossy(TRUNCATED);
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let announced: usize = head.rsplit(' ').next().unwrap().parse().unwrap();
        assert!(announced > body.len());
        assert!(String::from_utf8_lossy(HUGE_HEAD).contains(&HUGE_BYTES.to_string()));
    }
}
