//! One robot of one group: signs a message, posts it, reads the answer.

mod attempt;
mod builder;
mod send;

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use reqwest::{Client, redirect, retry};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::{Instrument as _, Span, field::Empty};

pub use self::builder::RobotBuilder;
use self::{
    attempt::Failure,
    send::{Effort, Policy, Post},
};
use super::{
    BoxFuture, Deliver, Envelope, Error, ErrorKind, Outcome, Receipt, Signer,
    endpoint::{CHINA, Endpoint, INTERNATIONAL, Target, percent_encode},
};

/// Tells the time that a request is signed with.
type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// A custom robot of one DingTalk group.
///
/// It keeps to the rate that DingTalk takes ([`Pace`](crate::Pace)) and repeats what failed where that is safe: see
/// [`RobotBuilder::attempts`]. A send ends within its [deadline](RobotBuilder::deadline), 25 seconds unless set; one that
/// cannot make it fails at once. Redirects are not followed, proxy settings of the environment are not used, and the
/// HTTP client is made at the first message. Clones are cheap and share connections, pace and rests; two robots made
/// with the same token share nothing.
///
/// ```no_run
/// use dingtalk_core::{DeliverExt, Message, Robot};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
/// let robot = Robot::builder("the access token, or the whole webhook").secret("SEC…").build()?;
/// robot.send(&Message::text("Disk is full")).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Robot(Arc<Inner>);

struct Inner {
    name: Option<String>,
    id: String,
    token: SecretString,
    signer: Option<Signer>,
    endpoint: Endpoint,
    target: Target,
    policy: Policy,
    clock: Clock,
    client: OnceLock<Client>,
}

impl Robot {
    /// The address of DingTalk in China, and the default.
    pub const CHINA: &'static str = CHINA;

    /// The address of DingTalk outside China.
    pub const INTERNATIONAL: &'static str = INTERNATIONAL;

    /// Begins a robot with its access token. The whole webhook is taken as well: it is what people copy.
    pub fn builder(token: impl Into<SecretString>) -> RobotBuilder {
        RobotBuilder::new(token)
    }

    /// Begins a robot with its webhook, as DingTalk shows it: `https://oapi.dingtalk.com/robot/send?access_token=…`.
    pub fn from_webhook(webhook: impl Into<SecretString>) -> RobotBuilder {
        RobotBuilder::from_webhook(webhook)
    }

    /// A robot as the environment describes it: see [`RobotBuilder::from_env`].
    pub fn from_env() -> Result<Self, Error> {
        RobotBuilder::from_env()?.build()
    }

    /// The name that the robot was given.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// What the robot is known as where its token must not be: the first eight hexadecimal digits of the token's
    /// SHA-256. Two robots with one token have one id.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    async fn send(&self, envelope: Envelope) -> Result<Receipt, Error> {
        let started = Instant::now();
        let (robot, span) = (&*self.0, Span::current());
        robot.check_name(envelope.robot.as_deref())?;
        let expires_in = robot.expires_in(&envelope)?;
        let body = Bytes::from(envelope.body()?);
        let bytes = body.len();
        span.record("bytes", bytes);
        let posting = Posting { robot, body };
        let (result, effort) = robot.policy.send(envelope.urgency, expires_in, &posting).await;
        let Effort { attempts, wait } = effort;
        span.record("attempts", attempts);
        span.record("wait_ms", u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        result?;
        let mut receipt = Receipt::new(envelope.id, Outcome::Delivered);
        receipt.robot.clone_from(&robot.name);
        receipt.robot_id = Some(robot.id.clone());
        receipt.attempts = attempts;
        receipt.bytes = bytes;
        receipt.wait = wait;
        receipt.elapsed = started.elapsed();
        Ok(receipt)
    }
}

impl Deliver for Robot {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        let span = tracing::info_span!(
            "dingtalk.send",
            robot = self.name(),
            robot_id = self.id(),
            id = envelope.id,
            msgtype = envelope.message.kind(),
            bytes = Empty,
            attempts = Empty,
            wait_ms = Empty,
            outcome = Empty,
        );
        let deliver = async move {
            let id = envelope.id.clone();
            let result = self.send(envelope).await.map_err(|error| error.with_id(id));
            match &result {
                Ok(receipt) => {
                    Span::current().record("outcome", "delivered");
                    tracing::info!(name: "dingtalk.delivered", elapsed = ?receipt.elapsed, "delivered");
                }
                // Not the server's words: they may repeat the message.
                Err(error) => {
                    let kind = error.kind();
                    Span::current().record("outcome", tracing::field::debug(kind));
                    tracing::warn!(name: "dingtalk.failed", ?kind, code = error.code(), "not delivered");
                }
            }
            result
        };
        Box::pin(deliver.instrument(span))
    }
}

/// One body for one robot.
struct Posting<'a> {
    robot: &'a Inner,
    body: Bytes,
}

impl Post for Posting<'_> {
    async fn post(&self, limit: Duration) -> Result<(), Failure> {
        attempt::attempt(self.robot, self.body.clone(), limit).await
    }
}

impl Inner {
    /// An envelope for another robot would reach the wrong group.
    fn check_name(&self, wanted: Option<&str>) -> Result<(), Error> {
        match wanted {
            Some(wanted) if self.name.as_deref() != Some(wanted) => Err(Error::configuration(format!(
                "the message is for the robot `{wanted}`, which is not this one"
            ))),
            _ => Ok(()),
        }
    }

    /// For how long the message is still worth sending, if it says so.
    fn expires_in(&self, envelope: &Envelope) -> Result<Option<Duration>, Error> {
        let Some(expires_at) = envelope.expires_at else { return Ok(None) };
        match expires_at.duration_since((self.clock)()) {
            Ok(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(Error::new(ErrorKind::Expired, "")),
        }
    }

    /// Milliseconds since the Unix epoch, as DingTalk signs.
    fn timestamp_ms(&self) -> Result<u64, Error> {
        (self.clock)()
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()
            .and_then(|since| u64::try_from(since.as_millis()).ok())
            .ok_or_else(|| Error::new(ErrorKind::Clock, "this machine's clock is before 1970"))
    }

    /// The client, made when it is needed: reading the system's certificates takes longer than a program's start.
    fn client(&self) -> Result<&Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let builder = Client::builder();
        // On loopback there is no TLS: reading the certificate store would only cost time, or fail where there is none.
        let builder = if self.endpoint.is_https() { builder } else { builder.tls_certs_only([]) };
        let client = builder
            .user_agent(concat!("dingtalk-core/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.policy.connect_timeout)
            .timeout(self.policy.timeout)
            // A blocked robot is redirected to a page that says 200.
            .redirect(redirect::Policy::none())
            // Whether a message may be repeated is decided by its class, never below us.
            .retry(retry::never())
            .no_proxy()
            .https_only(self.endpoint.is_https())
            .build()
            .map_err(|_| {
                Error::configuration("the HTTPS client cannot be started; is there a certificate store?")
            })?;
        // Another thread may have been first; both clients are alike.
        Ok(self.client.get_or_init(|| client))
    }

    /// Everything that no text from outside may repeat.
    fn secrets(&self, signature: Option<&str>) -> Vec<String> {
        let secret = self.signer.as_ref().map(|signer| signer.secret().expose_secret());
        [Some(self.token.expose_secret()), secret, signature]
            .into_iter()
            .flatten()
            .flat_map(|secret| [secret.to_owned(), percent_encode(secret)])
            .collect()
    }
}

impl fmt::Debug for Robot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Robot")
            .field("name", &self.0.name)
            .field("id", &self.0.id)
            .field("host", &self.0.endpoint.host())
            .field("signs", &self.0.signer.is_some())
            .finish_non_exhaustive()
    }
}
