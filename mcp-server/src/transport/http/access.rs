//! Access over HTTP: bearer tokens, and the hosts and origins of requests.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::response::Response;
use dingtalk_config::Door;
use dingtalk_core::delivery::Signer;
use hyper::{
    HeaderMap, StatusCode, Uri,
    header::{AUTHORIZATION, HeaderValue, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE},
};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;

use super::{
    HttpOptions, NamedToken,
    answer::failure,
    names::{HostName, Origin},
    sessions::Seal,
};
use crate::{
    Error,
    call::rights::Rights,
    settings::table::{HTTP_HOSTS, HTTP_TOKEN},
};

/// Minimum length of a token; a shorter one could be guessed.
const SHORTEST_TOKEN: usize = 16;

/// Maximum length of a name that an answer repeats, in characters.
const MAX_SHOWN: usize = 128;

pub(super) struct Access {
    tokens: Vec<Arc<Bearer>>,
    /// The sender of every request, if no token is needed.
    anyone: Arc<Bearer>,
    hosts: Vec<HostName>,
    /// Origins that the options name; their pages may read answers.
    named_origins: Vec<Origin>,
    /// Origins of this machine; their pages may send requests.
    own_origins: Vec<Origin>,
}

/// A token that clients send.
pub(crate) struct Bearer {
    secret: SecretString,
    /// Checks the signatures of its requests to `/robot/send`, if they need one.
    pub(crate) signer: Option<Signer>,
    /// Seals the ids of its sessions.
    pub(super) seal: Seal,
    /// Doors that it opens; `None` for all.
    doors: Option<Vec<Door>>,
    rate: Option<Rate>,
    /// Rights of its holder, if it has a name.
    pub(crate) rights: Option<Arc<Rights>>,
}

impl Bearer {
    fn new(secret: SecretString) -> Self {
        let seal = Seal::new(secret.expose_secret().as_bytes());
        Self { secret, signer: None, seal, doors: None, rate: None, rights: None }
    }

    fn named(token: &NamedToken) -> Self {
        Self {
            signer: token.signer.clone(),
            doors: token.doors.clone(),
            rate: token.rate.map(Rate::new),
            rights: Some(Arc::clone(&token.rights)),
            ..Self::new(token.secret.clone())
        }
    }

    /// Returns its name, if it has one.
    pub(crate) fn name(&self) -> Option<&Arc<str>> {
        self.rights.as_ref().map(|rights| &rights.token)
    }

    /// Counts a call; refuses it if there were too many in the last minute.
    pub(super) fn call(&self) -> Result<(), Box<Response>> {
        let Err(wait) = self.take() else { return Ok(()) };
        let problem = format!("the token `{}` has used up its rate", self.name().map_or("", |name| name));
        let mut response = failure(StatusCode::TOO_MANY_REQUESTS, "slow_down", problem);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        Err(Box::new(response))
    }

    /// Counts a call; returns the time to wait if there were too many in the last minute.
    pub(crate) fn take(&self) -> Result<(), Duration> {
        self.rate.as_ref().map_or(Ok(()), Rate::take)
    }
}

/// Calls of a token in the last minute, as a bucket that fills up steadily.
struct Rate {
    per_minute: f64,
    left: Mutex<(f64, Instant)>,
}

impl Rate {
    fn new(per_minute: u32) -> Self {
        let per_minute = f64::from(per_minute);
        Self { per_minute, left: Mutex::new((per_minute, Instant::now())) }
    }

    /// Takes one; otherwise returns the time until there is one.
    fn take(&self) -> Result<(), Duration> {
        let per_second = self.per_minute / 60.0;
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let refilled = left.0 + now.duration_since(left.1).as_secs_f64() * per_second;
        *left = (refilled.min(self.per_minute), now);
        if left.0 >= 1.0 {
            left.0 -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - left.0) / per_second))
    }
}

impl Access {
    /// Creates the access control of a server at this address.
    pub(super) fn new(options: &HttpOptions, address: SocketAddr) -> Result<Self, Error> {
        if options.bearer_token.is_none() && options.tokens.is_empty() {
            let exposed =
                [Some(address), options.admin].into_iter().flatten().find(|at| !at.ip().is_loopback());
            if let Some(address) = exposed {
                return Err(needs_a_token(address));
            }
        }
        let mut tokens = Vec::new();
        if let Some(token) = &options.bearer_token {
            check_length(HTTP_TOKEN.variable, token)?;
            tokens.push(Arc::new(Bearer::new(token.clone())));
        }
        for token in &options.tokens {
            let place = format!("tokens.{}.token", token.rights.token);
            check_length(&place, &token.secret)?;
            if find(&tokens, token.secret.expose_secret().as_bytes()).is_some() {
                return Err(Error::setting(
                    format!("{place}: another token has the same value; each caller needs its own"),
                    format!("{place}：与另一个令牌的值相同；每个调用方都需要自己的令牌"),
                ));
            }
            tokens.push(Arc::new(Bearer::named(token)));
        }
        Ok(Self {
            tokens,
            anyone: Arc::new(Bearer::new(SecretString::default())),
            hosts: options.hosts_at(address)?,
            named_origins: options.named_origins()?,
            own_origins: HttpOptions::own_origins_at(address),
        })
    }

    /// Refuses a request for a host, or from an origin, that is not the server's.
    pub(super) fn check_names(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Box<Response>> {
        let refuse = |status, description: &str| Box::new(failure(status, "access_denied", description));
        let Some(host) = HostName::of(uri, headers) else {
            return Err(refuse(StatusCode::BAD_REQUEST, "the header `Host` is missing or malformed"));
        };
        if !self.hosts.iter().any(|allowed| allowed.allows(&host)) {
            let problem = format!(
                "{} is not a host name of this server: allow it with `--allow-host` or {}",
                shown(host.name()),
                HTTP_HOSTS.variable
            );
            return Err(refuse(StatusCode::FORBIDDEN, &problem));
        }
        let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
        let is_own = |origin: &str| self.own_origins.iter().any(|allowed| allowed.allows(origin));
        if self.names_origin(headers) || origin.to_str().is_ok_and(is_own) {
            return Ok(());
        }
        let origin = shown(&String::from_utf8_lossy(origin.as_bytes()));
        let problem =
            format!("pages of {origin} may not call this server: allow the origin with `--allow-origin`");
        Err(refuse(StatusCode::FORBIDDEN, &problem))
    }

    /// Reports whether the request comes from a page whose origin the options name.
    pub(super) fn names_origin(&self, headers: &HeaderMap) -> bool {
        let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        origin.is_some_and(|origin| self.named_origins.iter().any(|allowed| allowed.allows(origin)))
    }

    /// Reports whether answers differ by origin.
    pub(super) fn has_named_origins(&self) -> bool {
        !self.named_origins.is_empty()
    }

    /// Returns the sender of the request, if it may use this door.
    pub(super) fn identify(&self, headers: &HeaderMap, door: Door) -> Result<Arc<Bearer>, Box<Response>> {
        if self.tokens.is_empty() {
            return Ok(Arc::clone(&self.anyone));
        }
        let Some(shown) = headers.get(AUTHORIZATION).and_then(bearer) else {
            return Err(Box::new(unauthorized(
                "Bearer",
                "send this server's token as `Authorization: Bearer …`",
            )));
        };
        self.find(shown, door).map_err(|unknown| match unknown {
            Unidentified::Token => {
                let problem = "the token is not this server's: check the header `Authorization: Bearer …`";
                Box::new(unauthorized("Bearer error=\"invalid_token\"", problem))
            }
            Unidentified::Door(problem) => {
                Box::new(failure(StatusCode::FORBIDDEN, "insufficient_scope", problem))
            }
        })
    }

    /// Finds the token that a request shows, if it opens this door.
    pub(super) fn find(&self, shown: &[u8], door: Door) -> Result<Arc<Bearer>, Unidentified> {
        let token = find(&self.tokens, shown).ok_or(Unidentified::Token)?;
        if token.doors.as_ref().is_some_and(|doors| !doors.contains(&door)) {
            let name = token.name().map_or("", |name| name);
            return Err(Unidentified::Door(format!("the token `{name}` does not open `{}`", word_for(door))));
        }
        Ok(token)
    }

    /// Returns the sender of every request, if no token is needed.
    pub(super) fn anyone(&self) -> Option<Arc<Bearer>> {
        self.tokens.is_empty().then(|| Arc::clone(&self.anyone))
    }

    /// Reports that a proxy has passed the request on.
    pub(super) fn is_forwarded(headers: &HeaderMap) -> bool {
        headers.keys().any(|name| {
            let name = name.as_str();
            matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded")
        })
    }

    /// Reports whether the request comes from this machine, and not through a proxy on it.
    pub(super) fn is_local(headers: &HeaderMap, uri: &Uri, listener: SocketAddr) -> bool {
        let is_loopback = |host: HostName| HttpOptions::is_loopback(host.name());
        listener.ip().is_loopback()
            && !Self::is_forwarded(headers)
            && !headers.contains_key(ORIGIN)
            && HostName::of(uri, headers).is_some_and(is_loopback)
    }
}

/// The reason for which a token identifies no sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unidentified {
    /// It is not one of this server's.
    Token,
    /// It does not open the door; the text says so.
    Door(String),
}

/// Returns the word for a door in the file, in logs and in metrics.
pub(crate) fn word_for(door: Door) -> &'static str {
    Door::VALUES.iter().find(|(_, known)| *known == door).map_or("", |(word, _)| word)
}

/// Finds a token in a time that says nothing about how much was right.
fn find(tokens: &[Arc<Bearer>], shown: &[u8]) -> Option<Arc<Bearer>> {
    let mut found = None;
    for token in tokens {
        if shown.ct_eq(token.secret.expose_secret().as_bytes()).into() {
            found = Some(Arc::clone(token));
        }
    }
    found
}

fn check_length(place: &str, token: &SecretString) -> Result<(), Error> {
    if token.expose_secret().len() >= SHORTEST_TOKEN {
        return Ok(());
    }
    Err(Error::setting(
        format!(
            "{place}: must have at least {SHORTEST_TOKEN} characters; generate one with `openssl rand -hex 24`"
        ),
        format!("{place}：至少需要 {SHORTEST_TOKEN} 个字符；可用 `openssl rand -hex 24` 生成"),
    ))
}

fn needs_a_token(address: SocketAddr) -> Error {
    Error::setting(
        format!(
            "{address} can be reached from other machines: set {} to a secret that clients send as \
             `Authorization: Bearer …`, or listen on 127.0.0.1",
            HTTP_TOKEN.variable
        ),
        format!(
            "其他机器可以连接 {address}：请设置 {}，客户端以 `Authorization: Bearer …` 发送；或改为监听 127.0.0.1",
            HTTP_TOKEN.variable
        ),
    )
}

/// Returns the refusal of a request without the right token. It names no place where a token could be had: there is
/// none.
fn unauthorized(challenge: &'static str, description: &str) -> Response {
    let mut response = failure(StatusCode::UNAUTHORIZED, "invalid_token", description);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

/// Quotes a value from outside.
fn shown(value: &str) -> String {
    let cut: String = value.chars().take(MAX_SHOWN).collect();
    format!("{cut:?}")
}

fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = value.as_bytes().split_at_checked("bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123";

    fn access(options: &HttpOptions, at: &str) -> Result<Access, Error> {
        Access::new(options, at.parse().unwrap())
    }

    #[test]
    fn other_machines_need_a_token() {
        let open = HttpOptions::new().allow_host("mcp.example.com");
        let error = access(&open, "0.0.0.0:8100").err().unwrap().to_string();
        assert!(error.contains("DINGTALK_NOTIFY_HTTP_TOKEN"), "{error}");
        assert!(access(&open, "127.0.0.1:8100").is_ok());
        assert!(access(&open.clone().bearer_token(TOKEN), "0.0.0.0:8100").is_ok());
        let error = access(&open.bearer_token("short"), "127.0.0.1:8100").err().unwrap().to_string();
        assert!(error.contains("16 characters") && !error.contains("short"), "{error}");
    }

    #[test]
    fn only_the_token_is_allowed() {
        let access = access(&HttpOptions::new().bearer_token(TOKEN), "127.0.0.1:1").unwrap();
        let shows = |value: &str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())]);
            access.identify(&headers, Door::Mcp).is_ok()
        };
        assert!(shows(&format!("Bearer {TOKEN}")));
        assert!(shows(&format!("bearer  {TOKEN} ")));
        for wrong in
            ["", "Bearer", "Bearer ", TOKEN, "Basic 0123456789abcdef0123", "Bearer 0123456789abcdef012"]
        {
            assert!(!shows(wrong), "{wrong}");
        }
        assert!(!shows(&format!("Bearer {TOKEN}4")));
        assert!(access.identify(&HeaderMap::new(), Door::Mcp).is_err());
    }
    fn named(name: &str, secret: &str, doors: Option<Vec<Door>>, rate: Option<u32>) -> NamedToken {
        let rights = Arc::new(Rights { token: name.into(), robots: None, at_all: true });
        NamedToken { secret: secret.to_owned().into(), signer: None, doors, rate, rights }
    }

    #[test]
    fn a_token_opens_its_doors_alone() {
        let mut options = HttpOptions::new().bearer_token(TOKEN);
        options.tokens = vec![named("grafana", "grafana-0123456789", Some(vec![Door::Notify]), None)];
        let access = access(&options, "127.0.0.1:1").unwrap();
        let status = |token: &str, door| {
            let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
            let sender = access.identify(&HeaderMap::from_iter([(AUTHORIZATION, value)]), door);
            sender
                .map(|sender| sender.name().map(ToString::to_string))
                .map_err(|refusal| refusal.status().as_u16())
        };
        assert_eq!(status("grafana-0123456789", Door::Notify), Ok(Some("grafana".to_owned())));
        assert_eq!(status("grafana-0123456789", Door::Mcp), Err(403));
        assert_eq!(status("grafana-0123456780", Door::Notify), Err(401));
        assert_eq!(status(TOKEN, Door::Mcp), Ok(None));
    }

    #[test]
    fn tokens_are_long_and_different() {
        let refused = |tokens: Vec<NamedToken>| {
            let options = HttpOptions { tokens, ..HttpOptions::new().bearer_token(TOKEN) };
            access(&options, "127.0.0.1:1").err().unwrap().to_string()
        };
        let error = refused(vec![named("a", "canary", None, None)]);
        assert!(
            error.contains("tokens.a.token: must have at least 16") && !error.contains("canary"),
            "{error}"
        );
        let error = refused(vec![named("a", TOKEN, None, None)]);
        assert!(
            error.contains("tokens.a.token: another token has the same value") && !error.contains(TOKEN),
            "{error}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_is_per_minute() {
        let token = Bearer::named(&named("a", TOKEN, None, Some(2)));
        assert!(token.call().is_ok() && token.call().is_ok());
        let refused = token.call().unwrap_err();
        assert_eq!(
            (refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()),
            (429, "30")
        );
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(token.call().is_ok() && token.call().is_err());
    }

    #[test]
    fn requests_through_a_proxy_are_not_local() {
        let local = |headers: &[(&'static str, &str)], listener: &str| {
            let headers = headers.iter().map(|(name, value)| {
                (hyper::header::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
            });
            Access::is_local(&headers.collect(), &Uri::from_static("/metrics"), listener.parse().unwrap())
        };
        assert!(local(&[("host", "localhost:8100")], "127.0.0.1:8100"));
        for (headers, listener) in [
            (&[("host", "localhost:8100")][..], "0.0.0.0:8100"),
            (&[("host", "mcp.example.com")], "127.0.0.1:8100"),
            (&[("host", "localhost"), ("x-forwarded-for", "10.0.0.1")], "127.0.0.1:8100"),
            (&[("host", "localhost"), ("origin", "http://localhost")], "127.0.0.1:8100"),
            (&[], "127.0.0.1:8100"),
        ] {
            assert!(!local(headers, listener), "{headers:?}");
        }
    }
}
