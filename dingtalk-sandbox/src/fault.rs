//! Faults that are injected on demand.

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
