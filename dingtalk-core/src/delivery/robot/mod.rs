//! A robot of one group: signs and sends messages, and reads the answers.

mod attempt;
mod builder;
mod probe;
#[cfg(test)]
pub(crate) mod script;
mod send;
#[cfg(test)]
mod tests;
mod trouble;

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use reqwest::{Client, redirect, retry};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field::Empty};

pub use self::{builder::RobotBuilder, probe::Probe};
use self::{
    send::{Bounds, Effort, Policy, Post},
    trouble::Failure,
};
use super::{
    Block, BoxFuture, Deliver, Envelope, Error, ErrorKind, Limits, Outcome, Overflow, Part, Proxy, Receipt,
    Retry, RobotKey, SendProgress, Signer, Urgency,
    endpoint::{CHINA, Endpoint, INTERNATIONAL, Target, percent_encode},
    mark::{Attempt, Mark},
    proxy::Route,
    window::{Forecast, Waiter},
};
use crate::message::Keyword;

/// Clock for signing requests.
type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// A custom robot of one DingTalk group.
///
/// Sends at the rate that DingTalk accepts ([`Pace`](crate::delivery::Pace)) and retries failures if that is safe; see
/// [`RobotBuilder::attempts`]. A send ends within its [deadline](RobotBuilder::deadline), 25 seconds unless set; if the
/// deadline cannot be met, it fails immediately. A message of more than 20,000 bytes is refused, truncated or sent in
/// parts ([`RobotBuilder::overflow`]). Redirects are not followed, the usual variables for proxies are honoured
/// ([`RobotBuilder::proxy`]), and the HTTP client is created for the first message. Clones are cheap and share
/// connections, pace and rests; two robots created with the same token share nothing.
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
    key: RobotKey,
    token: SecretString,
    signer: Option<Signer>,
    endpoint: Endpoint,
    target: Target,
    route: Option<Route>,
    policy: Policy,
    overflow: Overflow,
    limits: Limits,
    keyword: Option<Keyword>,
    clock: Clock,
    client: OnceLock<Client>,
    #[cfg(test)]
    script: Option<script::Script>,
}

/// Beginning of a send that the caller has already begun.
#[derive(Debug)]
pub(super) struct Start<'a> {
    /// Time from which the deadline counts.
    pub(super) at: Instant,
    /// Waiter in the robot's window.
    pub(super) waiter: Option<Waiter<'a>>,
    /// Set if the send gives up when the robot rests.
    pub(super) yields: bool,
}

impl Start<'_> {
    fn now() -> Self {
        Self { at: Instant::now(), waiter: None, yields: false }
    }
}

impl Robot {
    /// Base URL of DingTalk in China, the default.
    pub const CHINA: &'static str = CHINA;

    /// Base URL of DingTalk outside China.
    pub const INTERNATIONAL: &'static str = INTERNATIONAL;

    /// Returns the settings of a robot with this access token. The whole webhook is accepted as well, because people
    /// copy it.
    pub fn builder(token: impl Into<SecretString>) -> RobotBuilder {
        RobotBuilder::new(token)
    }

    /// Returns the settings of a robot with this webhook, as DingTalk shows it:
    /// `https://oapi.dingtalk.com/robot/send?access_token=…`.
    pub fn from_webhook(webhook: impl Into<SecretString>) -> RobotBuilder {
        RobotBuilder::from_webhook(webhook)
    }

    /// Creates a robot with the settings of the environment; see [`RobotBuilder::from_env`].
    pub fn from_env() -> Result<Self, Error> {
        RobotBuilder::from_env()?.build()
    }

    /// Returns the name of the robot, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Returns an identifier that does not reveal the token: the first eight hexadecimal digits of the token's SHA-256.
    /// Two robots with one token have one id.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Returns the key of the robot in state that several programs share.
    pub fn key(&self) -> &RobotKey {
        &self.0.key
    }

    /// Returns the keyword that is appended to messages without it.
    pub fn keyword(&self) -> Option<&str> {
        self.0.keyword.as_ref().map(Keyword::as_str)
    }

    /// Returns the host of the robot's webhook.
    pub fn host(&self) -> &str {
        self.0.endpoint.host()
    }

    /// Returns the proxy through which the robot sends, without its credentials; `None` if it sends directly.
    pub fn proxy(&self) -> Option<&Proxy> {
        self.0.route.as_ref().map(|route| &route.proxy)
    }

    /// Reports whether the access token consists of 64 hexadecimal digits, as DingTalk's do. That of a gateway may not.
    pub fn has_usual_token(&self) -> bool {
        let token = self.0.token.expose_secret();
        token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// Reports whether the signing secret begins with `SEC`, as DingTalk's do; `None` if there is no secret.
    pub fn has_usual_secret(&self) -> Option<bool> {
        self.0.signer.as_ref().map(|signer| signer.secret().expose_secret().starts_with("SEC"))
    }

    /// Reports whether two robots have the same webhook.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.0.token.expose_secret() == other.0.token.expose_secret()
    }

    /// Reports whether two robots have the same address.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.0.endpoint == other.0.endpoint
    }

    /// Returns how long a message would wait if it were sent now.
    pub(super) async fn forecast_for(&self, urgency: Urgency) -> Result<Forecast, Error> {
        match &self.0.policy.pacing {
            Some(pacing) => pacing.window().forecast(urgency, 0).await,
            None => Ok(Forecast::default()),
        }
    }

    /// Adds a waiter to the robot's window, if it has one.
    pub(super) fn join(&self, urgency: Urgency) -> Option<Waiter<'_>> {
        self.0.policy.pacing.as_ref().map(|pacing| Waiter::join(pacing.window(), urgency))
    }

    /// Begins a rest because of an answer to another robot.
    pub(super) fn rest(&self, why: Block, rest: Duration) {
        if let Some(pacing) = &self.0.policy.pacing {
            pacing.rest(why, rest);
        }
    }

    /// Reports whether an undivided message with this beginning still has time for an attempt.
    pub(super) fn has_time(&self, started: Instant) -> bool {
        let policy = &self.0.policy;
        Instant::now() < policy.latest_start(policy.deadline(started, 1, None))
    }

    async fn send(&self, envelope: Envelope, start: Start<'_>) -> Result<Receipt, Error> {
        let (robot, span) = (&*self.0, Span::current());
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::configuration(
                "a robot sends inside a tokio runtime: call it there, or use `Blocking` (feature `blocking`)",
            ));
        }
        let (progress, mark) = (envelope.progress(), envelope.mark());
        progress.start();
        check_name(robot.name.as_deref(), envelope.robot.as_deref())?;
        let expires_in = robot.expires_in(&envelope)?;
        let parts =
            robot.overflow.write(envelope.message, &envelope.id, robot.limits, robot.keyword.as_ref())?;
        let bytes = parts.iter().map(|(_, body)| body.len()).sum();
        span.record("bytes", bytes);
        span.record("parts", parts.len());
        let mut receipt = Receipt::new(envelope.id, Outcome::Delivered);
        if parts.len() > 1 {
            receipt.parts = parts.iter().map(|(part, _)| part.id.clone()).collect();
        }
        let bounds = Bounds {
            urgency: envelope.urgency,
            deadline: robot.policy.deadline(start.at, parts.len(), expires_in),
            waiter: start.waiter,
            yields: start.yields,
        };
        let delivered = envelope.delivered.filter(|delivered| delivered.of == parts.len());
        let delivered = delivered.map_or(0, |delivered| delivered.count.min(parts.len()));
        let (result, effort) = robot.post(parts, delivered, bounds, (&progress, &mark)).await;
        let Effort { attempts, wait } = effort;
        span.record("attempts", attempts);
        span.record("wait_ms", u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        if let Err((error, delivered)) = result {
            return Err(error.with_attempts(attempts).with_parts(receipt.parts, delivered));
        }
        receipt.robot.clone_from(&robot.name);
        receipt.robot_id = Some(robot.id.clone());
        receipt.attempts = attempts;
        receipt.bytes = bytes;
        receipt.wait = wait;
        receipt.elapsed = start.at.elapsed();
        Ok(receipt)
    }

    /// Delivers an envelope in a tracing span of its own.
    pub(super) fn deliver_from<'a>(
        &'a self,
        envelope: Envelope,
        start: Start<'a>,
    ) -> BoxFuture<'a, Result<Receipt, Error>> {
        // At the level of the warnings within it, so that each names its robot and its message.
        let span = tracing::warn_span!(
            "dingtalk.send",
            robot = self.name(),
            robot_id = self.id(),
            id = envelope.id,
            msgtype = envelope.message.kind(),
            bytes = Empty,
            parts = Empty,
            attempts = Empty,
            wait_ms = Empty,
            outcome = Empty,
        );
        let deliver = async move {
            let id = envelope.id.clone();
            let result = self.send(envelope, start).await.map_err(|error| error.with_id(id));
            match &result {
                Ok(receipt) => {
                    Span::current().record("outcome", "delivered");
                    tracing::info!(name: "dingtalk.delivered", elapsed = ?receipt.elapsed, "delivered");
                }
                // The server's text is not logged: it may repeat the message.
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

impl Deliver for Robot {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        self.deliver_from(envelope, Start::now())
    }

    fn forecast<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<Forecast, Error>> {
        Box::pin(self.forecast_for(envelope.urgency))
    }

    fn lane_key(&self) -> Option<String> {
        Some(RobotKey::lane([*self.key()]))
    }

    fn marks_attempts(&self) -> bool {
        true
    }

    fn robots(&self, _: Option<&str>) -> Vec<RobotKey> {
        vec![self.0.key]
    }
}

/// Checks that the envelope is for this robot: another one would send it to the wrong group.
pub(super) fn check_name(ours: Option<&str>, wanted: Option<&str>) -> Result<(), Error> {
    match wanted {
        Some(wanted) if ours != Some(wanted) => {
            let cause = format!("the message is for the robot `{wanted}`, which is not this one");
            Err(Error::new(ErrorKind::UnknownRobot, cause))
        }
        _ => Ok(()),
    }
}

/// A body to send through one robot.
struct Posting<'a> {
    robot: &'a Inner,
    body: Bytes,
    progress: &'a SendProgress,
    mark: &'a Mark,
    attempt: Attempt,
}

impl Post for Posting<'_> {
    async fn mark(&self) -> Result<(), Error> {
        self.mark.begin(self.attempt).await
    }

    async fn post(&self, limit: Duration) -> Result<(), Failure> {
        #[cfg(test)]
        if let Some(script) = &self.robot.script {
            return script.post(limit).await;
        }
        let request = self.progress.begin_request();
        let result = attempt::attempt(self.robot, self.body.clone(), limit).await;
        let may_have_arrived = |failure: &Failure| failure.error.retry() == Retry::SameId;
        if result.as_ref().is_err_and(|failure| !may_have_arrived(failure)) {
            request.did_not_arrive();
        }
        result
    }
}

impl Inner {
    /// Sends the parts in order, except the first `before`, which were delivered earlier. After a failure, no later
    /// part is sent; the failure contains the number of delivered parts.
    async fn post<'a>(
        &'a self,
        parts: Vec<(Part, Vec<u8>)>,
        before: usize,
        bounds: Bounds<'a>,
        (progress, mark): (&SendProgress, &Mark),
    ) -> (Result<(), (Error, usize)>, Effort) {
        let Bounds { urgency, deadline, .. } = bounds;
        let mut total = Effort::default();
        let of = parts.len();
        if let Err(error) = self.policy.check_room(&bounds, of - before).await {
            return (Err((error, before)), total);
        }
        let mut first = Some(bounds);
        for (delivered, (_, body)) in parts.into_iter().enumerate().skip(before) {
            if delivered > before && Instant::now() >= self.policy.latest_start(deadline) {
                let error = Error::new(ErrorKind::NotSent, "no time was left for this part");
                return (Err((error, delivered)), total);
            }
            // Later parts must be sent by this robot too, so they wait for the end of a rest.
            let bounds = first.take().unwrap_or(Bounds { urgency, deadline, waiter: None, yields: false });
            let attempt = Attempt { robot: Some(self.key), delivered, parts: of };
            let posting = Posting { robot: self, body: Bytes::from(body), progress, mark, attempt };
            let (result, effort) = self.policy.send(bounds, &posting).await;
            total.attempts += effort.attempts;
            total.wait += effort.wait;
            if let Err(error) = result {
                return (Err((error, delivered)), total);
            }
        }
        (Ok(()), total)
    }

    /// Returns the time until the message expires, if it does.
    fn expires_in(&self, envelope: &Envelope) -> Result<Option<Duration>, Error> {
        let Some(expires_at) = envelope.expires_at else { return Ok(None) };
        match expires_at.duration_since((self.clock)()) {
            Ok(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(Error::new(ErrorKind::Expired, "")),
        }
    }

    /// Returns the milliseconds since the Unix epoch, for the signature.
    fn timestamp_ms(&self) -> Result<u64, Error> {
        (self.clock)()
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()
            .and_then(|since| u64::try_from(since.as_millis()).ok())
            .ok_or_else(|| Error::new(ErrorKind::Clock, "this machine's clock is before 1970"))
    }

    /// Returns the client, created when it is first needed: reading the system's certificates takes longer than a
    /// program's start.
    fn client(&self) -> Result<&Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let failed = |_| {
            Error::of_settings(
                "the HTTPS client cannot be started: no certificates were found on this machine, or in the file that \
                 SSL_CERT_FILE names"
                    .to_owned(),
                "HTTPS 客户端无法启动：本机或 SSL_CERT_FILE 指定的文件里没有证书".to_owned(),
            )
        };
        let builder = Client::builder();
        let builder = match &self.route {
            Some(route) => builder.proxy(route.to_client().map_err(failed)?),
            // The client must not choose a proxy by itself.
            None => builder.no_proxy(),
        };
        // Loopback addresses use no TLS: reading the certificate store would take time, and fail if there is none.
        let has_tls = self.endpoint.is_https() || self.route.as_ref().is_some_and(Route::is_https);
        let builder = if has_tls { builder } else { builder.tls_certs_only([]) };
        let client = builder
            .user_agent(concat!("dingtalk-core/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.policy.connect_timeout)
            .timeout(self.policy.timeout)
            // Users report that a blocked robot is redirected to a page with status 200.
            .redirect(redirect::Policy::none())
            // Retries depend on the kind of failure, and are not left to the client.
            .retry(retry::never())
            .https_only(self.endpoint.is_https())
            .build()
            .map_err(failed)?;
        // Another thread may have been first; both clients are equal.
        Ok(self.client.get_or_init(|| client))
    }

    /// Reports whether requests are made to a proxy, which passes them on, and not to the server.
    fn forwards(&self) -> bool {
        self.route.is_some() && !self.endpoint.is_https()
    }

    /// Returns all secrets that a text from outside must not repeat.
    fn secrets(&self, signature: Option<&str>) -> Vec<String> {
        let secret = self.signer.as_ref().map(|signer| signer.secret().expose_secret());
        [Some(self.token.expose_secret()), secret, signature]
            .into_iter()
            .flatten()
            .flat_map(|secret| [secret.to_owned(), percent_encode(secret)])
            .chain(self.route.iter().flat_map(Route::secrets))
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
