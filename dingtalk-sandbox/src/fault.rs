//! Faults that are injected on demand.

use std::{collections::VecDeque, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncWriteExt as _, copy, sink},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::fault_rule::{Applies, FaultRule, name_of};

/// A fault that the sandbox injects into a request to a robot. The page and scripts ([`Sandbox::page_url`]) are not
/// affected, except by [`Fault::ResetOnConnect`], which applies before the purpose of a connection is known.
///
/// [`Sandbox::page_url`]: crate::Sandbox::page_url
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Resets the connection when the client begins to send, before a byte is read. On an open connection, resets it
    /// after the next request is read.
    ResetOnConnect,
    /// Reads the request, then resets the connection. The message is not accepted.
    ResetBeforeAnswer,
    /// Reads the request and never answers. The message is not accepted.
    Hang,
    /// Checks the message and accepts it if it is valid, then resets the connection. The sender cannot tell that the
    /// message arrived, so a careless retry sends it twice.
    AcceptThenReset,
    /// Checks the message and accepts it if it is valid, but never answers.
    AcceptThenHang,
    /// Checks the message and accepts it if it is valid, then injects this fault.
    AcceptThen(Box<Fault>),
    /// Checks and answers the message as usual, but sends the body of the answer at one byte per second.
    SlowAnswer,
    /// Checks and answers the message as usual, but compresses the answer although the client did not ask for it.
    Gzip,
    /// Announces a longer answer than it sends.
    Truncate,
    /// Answers HTTP 200 with a web page, as gateways do.
    Html,
    /// Answers HTTP 302 to a page of the sandbox that returns `errcode` 0: a client that follows it sees a success.
    /// [`Sandbox::redirects_followed`](crate::Sandbox::redirects_followed) counts these requests.
    Redirect,
    /// Sends these bytes instead of an HTTP answer.
    Garbage(Vec<u8>),
    /// Answers with this HTTP status (200 to 999; 500 for any other) and a short web page.
    Status(u16),
    /// Answers HTTP 200 with exactly this body as `application/json`.
    Reply(String),
    /// Answers HTTP 200 with the whole request line and body, including secrets, which the client must not show.
    Echo,
    /// Answers with 256 MiB.
    Huge,
    /// Answers `errcode` -1, busy.
    Busy,
    /// Answers as to a throttled robot, without blocking the robot.
    Throttle,
}

impl Fault {
    /// Reports whether the message is checked before the fault is injected.
    pub(crate) fn follows_checks(&self) -> bool {
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

/// The queued faults, those by chance, and the standing one.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// One element per request; `None` is a request without a fault.
    next: VecDeque<Option<Fault>>,
    by_chance: Vec<ByChance>,
    standing: Option<Fault>,
}

/// A fault that some requests meet.
#[derive(Debug)]
struct ByChance {
    fault: Fault,
    chance: f64,
    dice: Dice,
}

/// Random numbers that the same seed repeats, in every version of the sandbox (`SplitMix64`).
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    /// Returns a number of at least 0 and less than 1.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // 32 bits are precise enough for a chance, and fit a float exactly.
        let bits = u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or_default();
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }
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

    pub(crate) fn by_chance(&mut self, chance: f64, seed: u64, fault: Fault) {
        self.by_chance.push(ByChance { fault, chance, dice: Dice(seed) });
    }

    /// Adds the faults of a rule.
    pub(crate) fn follow(&mut self, rule: FaultRule) {
        match rule.applies {
            Applies::Always => self.stand(rule.fault),
            Applies::Next(times) => self.queue(times, rule.fault),
            Applies::ByChance { chance, seed } => self.by_chance(chance, seed, rule.fault),
        }
    }

    /// Returns the faults as JSON, by the names that [`FaultRule`] reads.
    pub(crate) fn to_json(&self) -> Value {
        let by_chance = |one: &ByChance| json!({"fault": name_of(&one.fault), "chance": one.chance});
        json!({
            "next": self.next.iter().map(|next| next.as_ref().map(name_of)).collect::<Vec<_>>(),
            "by_chance": self.by_chance.iter().map(by_chance).collect::<Vec<_>>(),
            "always": self.standing.as_ref().map(name_of),
        })
    }

    /// Takes the fault for the current request.
    pub(crate) fn take(&mut self) -> Option<Fault> {
        if let Some(next) = self.next.pop_front() {
            return next;
        }
        // Each rolls at every request, so that one does not change the luck of another.
        let hits: Vec<bool> = self.by_chance.iter_mut().map(|one| one.dice.roll() < one.chance).collect();
        let hit = self.by_chance.iter().zip(hits).find(|(_, hit)| *hit);
        hit.map(|(one, _)| one.fault.clone()).or_else(|| self.standing.clone())
    }

    /// Reports whether the new connection must be reset at once, and takes that fault from the queue.
    pub(crate) fn take_on_connect(&mut self) -> bool {
        let next = self.next.front().map_or(self.standing.as_ref(), Option::as_ref);
        let reset = next == Some(&Fault::ResetOnConnect);
        if reset {
            self.next.pop_front();
        }
        reset
    }
}

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
    fn a_script_can_skip_requests() {
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
    fn answers_announce_a_length_that_serves_their_fault() {
        let text = String::from_utf8_lossy(TRUNCATED);
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let announced: usize = head.rsplit(' ').next().unwrap().parse().unwrap();
        assert!(announced > body.len());
        assert!(String::from_utf8_lossy(HUGE_HEAD).contains(&HUGE_BYTES.to_string()));
    }

    #[test]
    fn a_chance_is_kept_and_the_same_seed_repeats_it() {
        let run = |seed| {
            let mut faults = Faults::default();
            faults.by_chance(0.25, seed, Fault::Busy);
            std::iter::repeat_with(|| faults.take().is_some()).take(4000).collect::<Vec<_>>()
        };
        let hits = run(7).iter().filter(|hit| **hit).count();
        assert!((900..1100).contains(&hits), "{hits} of 4,000");
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn a_chance_of_one_hits_always_and_of_zero_never() {
        let mut faults = Faults::default();
        faults.by_chance(0.0, 1, Fault::Hang);
        faults.by_chance(1.0, 1, Fault::Busy);
        faults.stand(Fault::Throttle);
        assert!((0..100).all(|_| faults.take() == Some(Fault::Busy)));
    }
}
