//! One robot of one group: signs a message, posts it, reads the answer.

mod attempt;
mod builder;

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, Instant, SystemTime},
};

use reqwest::{Client, redirect, retry};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::Instrument as _;

pub use self::builder::RobotBuilder;
use super::{
    BoxFuture, Deliver, Envelope, Error, ErrorKind, Outcome, Receipt, Signer,
    endpoint::{CHINA, Endpoint, INTERNATIONAL, percent_encode},
};

/// Tells the time that a request is signed with.
type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// A custom robot of one DingTalk group.
///
/// One call is one attempt: nothing is retried, paced or split here. Redirects are not followed, proxy settings of
/// the environment are not used, and the HTTP client is made at the first message. Clones are cheap and share its
/// connections.
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
    timeout: Duration,
    connect_timeout: Duration,
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
        let body = envelope.body()?;
        let bytes = body.len();
        tracing::Span::current().record("bytes", bytes);
        self.0.check_name(envelope.robot.as_deref())?;
        attempt::attempt(&self.0, body).await?;
        let mut receipt = Receipt::new(envelope.id, Outcome::Delivered);
        receipt.robot.clone_from(&self.0.name);
        receipt.robot_id = Some(self.0.id.clone());
        receipt.bytes = bytes;
        receipt.elapsed = started.elapsed();
        Ok(receipt)
    }
}

impl Deliver for Robot {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        let span = tracing::info_span!(
            "dingtalk_send",
            robot = self.name(),
            robot_id = self.id(),
            id = envelope.id,
            msgtype = envelope.message.kind(),
            bytes = tracing::field::Empty,
        );
        let deliver = async move {
            let id = envelope.id.clone();
            let result = self.send(envelope).await.map_err(|error| error.with_id(id));
            match &result {
                Ok(receipt) => tracing::info!(elapsed = ?receipt.elapsed, "delivered"),
                // Not the server's words: they may repeat the message.
                Err(error) => tracing::warn!(kind = ?error.kind(), code = error.code(), "not delivered"),
            }
            result
        };
        Box::pin(deliver.instrument(span))
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
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
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
