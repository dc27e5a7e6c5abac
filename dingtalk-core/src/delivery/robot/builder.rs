//! Settings of a robot, and their errors.

mod environment;

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    super::{
        Error, Guarantee, Limits, Overflow, Pace, RobotKey, Signer,
        endpoint::{CHINA, DINGTALK, Endpoint, PlainHttp, Webhook, check_token},
        proxy::Route,
        retry::{Backoff, RetryBudget},
        secret::fingerprint,
        secret_source::{has_quotes, placeholder},
        window::{RateWindow, Window, Windows},
    },
    Clock, Inner, Robot,
    send::{Pacing, Policy},
};
use crate::message::Keyword;

/// Names of the settings in errors, as the person who set them knows them.
#[derive(Clone, Copy)]
struct Names {
    token: &'static str,
    secret: &'static str,
    base_url: &'static str,
    proxy: &'static str,
}

const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// MCP clients, senders of webhooks and people mostly give up after half a minute.
const DEADLINE: Duration = Duration::from_secs(25);

/// DingTalk's documentation allows three retries after "busy". Their pauses take 3.5 seconds at least: a gateway that
/// restarts does not end a send. More would cost slots of the rate window.
const ATTEMPTS: u32 = 4;
const BACKOFF: Duration = Duration::from_secs(1);
const BACKOFF_CAP: Duration = Duration::from_secs(20);

/// Enough for all retries of the twenty messages of one minute if none of them can be sent.
const RETRY_BUDGET: u32 = 300;

/// Settings of a [`Robot`]. Errors in them are reported by [`build`](Self::build).
#[derive(Clone)]
#[must_use = "call `build` to get a robot"]
pub struct RobotBuilder {
    token: SecretString,
    is_webhook: bool,
    secret: Option<SecretString>,
    base_url: Option<SecretString>,
    is_gateway: bool,
    plain_http: PlainHttp,
    proxy: Option<SecretString>,
    name: Option<String>,
    keyword: Option<String>,
    timeout: Duration,
    connect_timeout: Option<Duration>,
    deadline: Duration,
    attempts: u32,
    backoff: (Duration, Duration),
    retry_budget: u32,
    guarantee: Guarantee,
    pace: Option<Pace>,
    window: Option<Arc<dyn Window>>,
    windows: Option<Arc<dyn Windows>>,
    overflow: Overflow,
    limits: Limits,
    clock: Clock,
    names: Names,
    #[cfg(test)]
    script: Option<super::script::Script>,
}

impl RobotBuilder {
    pub(super) fn new(token: impl Into<SecretString>) -> Self {
        Self {
            token: token.into(),
            is_webhook: false,
            secret: None,
            base_url: None,
            is_gateway: false,
            plain_http: PlainHttp::Refused,
            proxy: None,
            name: None,
            keyword: None,
            timeout: TIMEOUT,
            connect_timeout: None,
            deadline: DEADLINE,
            attempts: ATTEMPTS,
            backoff: (BACKOFF, BACKOFF_CAP),
            retry_budget: RETRY_BUDGET,
            guarantee: Guarantee::default(),
            pace: Some(Pace::new()),
            window: None,
            windows: None,
            overflow: Overflow::default(),
            limits: Limits::default(),
            clock: Arc::new(SystemTime::now),
            names: Names { token: "access token", secret: "secret", base_url: "base URL", proxy: "proxy" },
            #[cfg(test)]
            script: None,
        }
    }

    /// Returns the settings of a robot with this webhook; see [`Robot::from_webhook`].
    pub fn from_webhook(webhook: impl Into<SecretString>) -> Self {
        let mut builder = Self { is_webhook: true, ..Self::new(webhook) };
        builder.names.token = "webhook";
        builder
    }

    /// Sets the signing secret (`SEC…`) of a robot with the security setting "sign" (加签).
    pub fn secret(mut self, secret: impl Into<SecretString>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Sets the base URL: [`Robot::CHINA`] (the default), [`Robot::INTERNATIONAL`], or a gateway or sandbox of your
    /// own. Must be https, except on loopback addresses or with [`plain_http`](Self::plain_http). Takes precedence over
    /// the address in a webhook.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        // Not a secret, unless someone pastes the webhook here.
        self.base_url = Some(base_url.into().into());
        self
    }

    /// Declares that the base URL is a gateway to DingTalk: the robot then has the same [key](Self::key) as without the
    /// gateway, and shares its rate with the programs that do not use it.
    pub fn gateway(mut self, is_gateway: bool) -> Self {
        self.is_gateway = is_gateway;
        self
    }

    /// Allows a base URL that begins with `http://` and is not a loopback address, and a proxy for one: a gateway
    /// inside a network whose machines may all read the access token and the messages.
    pub fn plain_http(mut self, is_allowed: bool) -> Self {
        self.plain_http = if is_allowed { PlainHttp::Allowed } else { PlainHttp::Refused };
        self
    }

    /// Sets the proxy for all requests of the robot: `http://`, `https://`, `socks5://` (names are resolved by this
    /// machine) or `socks5h://` (by the proxy), with a user name and a password if it needs them
    /// (`http://user:password@proxy.example:3128`), or `none` for no proxy.
    ///
    /// Unless set, the variables for all programs apply when the robot is built: `HTTPS_PROXY` (for an `http://`
    /// address `HTTP_PROXY`), otherwise `ALL_PROXY`, except for the hosts of `NO_PROXY`. Their names in lower case work
    /// too. Loopback addresses are then never proxied.
    ///
    /// The proxy of an `https://` address sees the server's name and none of the content. That of an `http://` address
    /// would see the access token, so [`build`](Self::build) refuses it without [`plain_http`](Self::plain_http).
    pub fn proxy(mut self, proxy: impl Into<SecretString>) -> Self {
        self.proxy = Some(proxy.into());
        self
    }

    /// Sets a name for logs, receipts and routing.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets a keyword of the robot's security settings (自定义关键词). It is appended visibly to each message, and to each
    /// part of one, that does not contain it; see [`Keyword`].
    pub fn keyword(mut self, keyword: impl Into<String>) -> Self {
        self.keyword = Some(keyword.into());
        self
    }

    /// Sets the maximum time of one attempt; 10 seconds unless set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the maximum time for making a connection; 5 seconds unless set, or half the timeout or the deadline if that
    /// is less. It must be shorter than both: otherwise, a message that was not sent could not be distinguished from
    /// one that may have arrived.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Sets the maximum time of one send, including waits for slots, attempts and pauses; 25 seconds unless set. No
    /// attempt begins when less than the connect timeout is left.
    ///
    /// For a message that is [sent in parts](Self::overflow), the deadline is multiplied by the number of parts, which
    /// share that time. The expiry of the message can end it earlier.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the maximum number of requests of one send; 4 unless set, 1 for no retry. With the [pauses](Self::backoff)
    /// between them, the last one begins at least 3.5 seconds after the first has failed. Failures are retried as
    /// follows, within the [deadline](Self::deadline), the [retry budget](Self::retry_budget) and the rate window, in
    /// which each request takes a slot:
    ///
    /// | failure | another attempt |
    /// |---|---|
    /// | [`NotSent`](crate::ErrorKind::NotSent) | after a pause |
    /// | [`Busy`](crate::ErrorKind::Busy) | after a pause, with the same id |
    /// | [`Unknown`](crate::ErrorKind::Unknown) | after a pause, with the same id; not with [`Guarantee::AtMostOnce`] |
    /// | [`Throttled`](crate::ErrorKind::Throttled), [`AddressBlocked`](crate::ErrorKind::AddressBlocked) | after the robot's rest, if the deadline allows |
    /// | [`Clock`](crate::ErrorKind::Clock) | immediately, signed anew; once |
    /// | all others | never |
    ///
    /// After an attempt that may have arrived, the failure stays [`Unknown`](crate::ErrorKind::Unknown), unless a later
    /// attempt succeeds.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets the pauses between attempts: `base` after the first failure, twice that after the second, and so on, up to
    /// `cap`; 1 and 20 seconds unless set. Each is shortened at random by up to half, so that programs that failed
    /// together do not retry together.
    pub fn backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.backoff = (base, cap);
        self
    }

    /// Sets the size of the retry budget, which protects a server that is down; 300 unless set. A retry costs 5, or 10
    /// after an attempt without an answer; a success returns the cost of its last retry, or 1. If the budget cannot pay
    /// for a retry, there is none.
    pub fn retry_budget(mut self, tokens: u32) -> Self {
        self.retry_budget = tokens;
        self
    }

    /// Sets the guarantee for attempts whose outcome is unknown; [`Guarantee::AtLeastOnce`] unless set.
    pub fn guarantee(mut self, guarantee: Guarantee) -> Self {
        self.guarantee = guarantee;
        self
    }

    /// Sets the rate and the rests; [`Pace::new`] unless set. `None` means neither limit nor rest: only for servers
    /// other than DingTalk's.
    pub fn pace(mut self, pace: impl Into<Option<Pace>>) -> Self {
        self.pace = pace.into();
        self
    }

    /// Sets the window in which each request of the robot takes a slot; a [`RateWindow`] of its own at its
    /// [pace](Self::pace) unless set. Set it for robots that share one token, in this process or with others. The
    /// window has its own limit, length and reserve: of the pace, only the rests and the maximum wait apply.
    pub fn window(mut self, window: Arc<dyn Window>) -> Self {
        self.window = Some(window);
        self
    }

    /// Sets the source of the robot's window, which is asked once, in [`build`](Self::build), for the window of the
    /// robot's [key](Self::key): state that several programs share. Has no effect if a [window](Self::window) is set, or
    /// if the robot has no [pace](Self::pace).
    pub fn windows(mut self, windows: Arc<dyn Windows>) -> Self {
        self.windows = Some(windows);
        self
    }

    /// Sets the handling of a message that exceeds the limit of 20,000 bytes; [`Overflow::Reject`] unless set.
    ///
    /// The parts of a [split](Overflow::Split) message are sent in order, each under its own id (`{id}-{n}`) and in its
    /// own slot, with as many [attempts](Self::attempts) as an undivided message. If the last part would be too late,
    /// none is sent. If one part fails, the later ones are not sent, and the error lists the delivered parts
    /// ([`Error::delivered_parts`]).
    ///
    /// A robot with keywords requires one in every part: set it as its [keyword](Self::keyword).
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Sets the limits on the length of a body and on the number of parts; DingTalk's limits unless set.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    #[cfg(test)]
    pub(crate) fn script(mut self, script: super::script::Script) -> Self {
        self.script = Some(script);
        self
    }

    /// Sets the clock for signing requests; the system's clock unless set.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(now);
        self
    }

    /// Returns the key of the robot in state that several programs share.
    ///
    /// # Errors
    ///
    /// Fails as [`build`](Self::build) does if the token or the address is invalid.
    pub fn key(&self) -> Result<RobotKey, Error> {
        let (token, endpoint) = self.destination()?;
        Ok(self.key_of(&token, &endpoint))
    }

    /// Returns the host to which the robot would send.
    ///
    /// # Errors
    ///
    /// Fails as [`build`](Self::build) does if the token or the address is invalid.
    pub fn host(&self) -> Result<String, Error> {
        Ok(self.destination()?.1.host().to_owned())
    }

    fn key_of(&self, token: &SecretString, endpoint: &Endpoint) -> RobotKey {
        let scope = if self.is_gateway { DINGTALK.to_owned() } else { endpoint.scope() };
        RobotKey::new(&scope, token.expose_secret())
    }

    /// Checks the settings and creates the robot. Sends nothing.
    pub fn build(self) -> Result<Robot, Error> {
        let shortest = self.timeout.min(self.deadline);
        let connect_timeout = self.connect_timeout.unwrap_or_else(|| CONNECT_TIMEOUT.min(shortest / 2));
        if connect_timeout.is_zero() || connect_timeout >= shortest {
            return Err(Error::configuration(
                "the connect timeout must be longer than zero and shorter than the timeout and the deadline",
            ));
        }
        if self.attempts == 0 {
            return Err(Error::configuration("a send needs at least one attempt"));
        }
        if let Some(problem) = self.pace.and_then(|pace| pace.problem()) {
            return Err(Error::configuration(problem));
        }
        if self.pace.is_none() && self.window.is_some() {
            return Err(Error::configuration(
                "a robot without a pace has no window: remove `pace(None)`, or do not set a window",
            ));
        }
        let keyword = match &self.keyword {
            Some(keyword) => Some(Keyword::new(keyword).ok_or_else(|| {
                Error::configuration("keyword: must not be empty; a robot without keywords has none")
            })?),
            None => None,
        };
        let (token, endpoint) = self.destination()?;
        let signer = self.signing_secret()?.map(Signer::new);
        let route = self.route(&endpoint)?;
        let key = self.key_of(&token, &endpoint);
        let (base, cap) = self.backoff;
        let policy = Policy {
            pacing: self.pace.map(|pace| {
                let window = self.window.unwrap_or_else(|| match &self.windows {
                    Some(windows) => windows.window(&key, &pace),
                    None => Arc::new(RateWindow::new(pace)),
                });
                Pacing::new(pace, window)
            }),
            attempts: self.attempts,
            timeout: self.timeout,
            connect_timeout,
            deadline: self.deadline,
            guarantee: self.guarantee,
            backoff: Backoff { base, cap, jitter: rand::random },
            budget: RetryBudget::new(self.retry_budget),
            clock: Arc::clone(&self.clock),
        };
        Ok(Robot(Arc::new(Inner {
            id: fingerprint(token.expose_secret()),
            key,
            name: self.name,
            target: endpoint.target(token.expose_secret()),
            token,
            signer,
            endpoint,
            route,
            policy,
            overflow: self.overflow,
            limits: self.limits,
            keyword,
            clock: self.clock,
            client: OnceLock::new(),
            #[cfg(test)]
            script: self.script,
        })))
    }

    fn destination(&self) -> Result<(SecretString, Endpoint), Error> {
        let setting = self.names.token;
        let base = match &self.base_url {
            Some(url) => {
                Some(Endpoint::from_base(url.expose_secret().trim(), self.names.base_url, self.plain_http)?)
            }
            None => None,
        };
        let pasted = self.token.expose_secret().trim();
        if pasted.is_empty() {
            return Err(Error::of_setting(setting, "it is blank", "内容为空"));
        }
        if self.is_webhook || pasted.contains("://") {
            let webhook = Webhook::parse(pasted, setting, self.plain_http)?;
            let endpoint = base.map_or_else(|| webhook.endpoint(setting), Ok)?;
            return Ok((webhook.token, endpoint));
        }
        check_token(pasted, setting)?;
        let endpoint = base.map_or_else(|| Endpoint::from_base(CHINA, setting, self.plain_http), Ok)?;
        Ok((pasted.into(), endpoint))
    }

    fn route(&self, endpoint: &Endpoint) -> Result<Option<Route>, Error> {
        let variable = |name: &str| std::env::var(name).ok();
        let route = Route::choose(self.proxy.as_ref(), self.names.proxy, &endpoint.url(), variable)?;
        if route.is_some() && !endpoint.is_https() && self.plain_http == PlainHttp::Refused {
            return Err(Error::of_setting(
                self.names.proxy,
                "the proxy would see the token, because the server's address begins with http://; use https, or allow it \
                 with `plain_http`",
                "服务器地址以 http:// 开头，代理会看到 access_token；请使用 https，或用 plain_http 明确允许",
            ));
        }
        Ok(route)
    }

    fn signing_secret(&self) -> Result<Option<SecretString>, Error> {
        let Some(secret) = &self.secret else { return Ok(None) };
        let setting = self.names.secret;
        let secret = secret.expose_secret().trim();
        if secret.is_empty() {
            return Err(Error::of_setting(
                setting,
                "it is blank; a robot that does not sign has none",
                "内容为空；没有启用加签的机器人不需要这一项",
            ));
        }
        if secret.contains("://") {
            return Err(Error::of_setting(
                setting,
                "this is an address; the secret begins with SEC and is shown in the robot's security settings",
                "这是地址；加签密钥以 SEC 开头，在机器人的安全设置里",
            ));
        }
        if has_quotes(secret) {
            return Err(Error::of_setting(
                setting,
                "it contains a quotation mark, which is not a part of the secret",
                "含有引号；引号不是密钥的一部分",
            ));
        }
        if let Some((found, chinese)) = placeholder(secret) {
            return Err(Error::of_setting(
                setting,
                format_args!("it holds a placeholder ({found}), not a secret"),
                format_args!("是占位符（{chinese}），不是密钥"),
            ));
        }
        Ok(Some(secret.into()))
    }
}

impl fmt::Debug for RobotBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RobotBuilder")
            .field("name", &self.name)
            .field("keyword", &self.keyword)
            .field("signs", &self.secret.is_some())
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("deadline", &self.deadline)
            .field("attempts", &self.attempts)
            .field("guarantee", &self.guarantee)
            .field("pace", &self.pace)
            .field("overflow", &self.overflow)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEBHOOK: &str = "https://oapi.dingtalk.io/robot/send?access_token=abcd";

    fn address(builder: RobotBuilder) -> String {
        builder.build().unwrap().0.target.request_url(None).into()
    }

    fn problem(builder: RobotBuilder) -> String {
        builder.build().expect_err("this must be refused").to_string()
    }

    #[test]
    fn a_token_a_webhook_and_a_base_url() {
        for (builder, begins) in [
            (Robot::builder(" abcd\n"), "https://oapi.dingtalk.com/robot/send?"),
            (Robot::builder(WEBHOOK), "https://oapi.dingtalk.io/robot/send?"),
            (Robot::from_webhook(WEBHOOK), "https://oapi.dingtalk.io/robot/send?"),
            (Robot::builder("abcd").base_url(Robot::INTERNATIONAL), "https://oapi.dingtalk.io/robot/send?"),
            (Robot::from_webhook(WEBHOOK).base_url("http://[::1]:80/x"), "http://[::1]/x/robot/send?"),
        ] {
            assert_eq!(builder.clone().build().unwrap().id(), fingerprint("abcd"));
            assert!(address(builder).starts_with(begins), "{begins}");
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        for (builder, expected) in [
            (Robot::builder(" "), "access token: it is blank"),
            (Robot::from_webhook("abcd"), "webhook: expected the whole webhook"),
            (Robot::builder("abcd").secret(" "), "secret: it is blank"),
            (Robot::builder("abcd").secret("SEC1\""), "secret: it contains a quotation mark"),
            (Robot::builder("abcd").secret("SEC…"), "secret: it holds a placeholder"),
            (Robot::builder("abcd").keyword(" "), "keyword: must not be empty"),
            (Robot::builder("abcd").secret(WEBHOOK), "secret: this is an address"),
            (Robot::builder("abcd").base_url(WEBHOOK), "base URL: expected a base URL"),
            (Robot::builder("abcd").connect_timeout(TIMEOUT), "connect timeout"),
            (Robot::builder("abcd").timeout(Duration::ZERO), "connect timeout"),
            (Robot::builder("abcd").deadline(Duration::ZERO), "connect timeout"),
            (Robot::builder("abcd").connect_timeout(TIMEOUT / 2).deadline(TIMEOUT / 2), "connect timeout"),
            (Robot::builder("abcd").attempts(0), "one attempt"),
            (Robot::builder("abcd").pace(Pace::new().limit(0)), "one message"),
            (Robot::builder("abcd").pace(Pace::new().window(Duration::ZERO)), "window"),
            (Robot::builder("abcd").pace(Pace::new().rest(Duration::ZERO)), "rest"),
        ] {
            let problem = problem(builder);
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn a_key_names_the_robot_with_and_without_a_gateway() {
        let key = |builder: RobotBuilder| builder.key().unwrap();
        let direct = key(Robot::builder("abcd"));
        let gateway = || Robot::builder("abcd").base_url("https://gateway.example");
        assert_eq!(direct, key(Robot::from_webhook(WEBHOOK)));
        assert_eq!(direct, key(gateway().gateway(true)));
        assert_ne!(direct, key(gateway()));
        assert_ne!(direct, key(Robot::builder("abce")));
        assert_eq!(*gateway().build().unwrap().key(), key(gateway()));
    }

    #[test]
    fn a_short_timeout_needs_no_connect_timeout() {
        let robot = Robot::builder("abcd").timeout(Duration::from_secs(2)).build().unwrap();
        assert_eq!(robot.0.policy.connect_timeout, Duration::from_secs(1));
    }
}
