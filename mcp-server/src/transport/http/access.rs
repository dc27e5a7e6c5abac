//! Access over HTTP: bearer tokens, and the hosts and origins of requests.

use std::{net::SocketAddr, sync::Arc};

use axum::response::Response;
use hyper::{
    HeaderMap, StatusCode, Uri,
    header::{AUTHORIZATION, HeaderValue, ORIGIN, WWW_AUTHENTICATE},
};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::{Choice, ConstantTimeEq as _};

use super::{
    HttpOptions,
    answer::failure,
    names::{HostName, Origin},
};
use crate::{
    Error,
    settings::table::{HTTP_HOSTS, HTTP_TOKEN},
};

/// Minimum length of a token; a shorter one could be guessed.
const SHORTEST_TOKEN: usize = 16;

/// Maximum length of a name that an answer repeats, in characters.
const MAX_SHOWN: usize = 128;

pub(super) struct Access {
    tokens: Vec<Arc<Bearer>>,
    hosts: Vec<HostName>,
    /// Origins that the options name; their pages may read answers.
    named_origins: Vec<Origin>,
    /// Origins of this machine; their pages may send requests.
    own_origins: Vec<Origin>,
}

/// A token that clients send.
pub(super) struct Bearer {
    secret: SecretString,
}

impl Access {
    /// Creates the access control of a server at this address.
    pub(super) fn new(options: &HttpOptions, address: SocketAddr) -> Result<Self, Error> {
        match &options.bearer_token {
            None if !address.ip().is_loopback() => {
                return Err(Error::setting(
                    format!(
                        "{address} can be reached from other machines: set {} to a secret that clients send as \
                         `Authorization: Bearer …`, or listen on 127.0.0.1",
                        HTTP_TOKEN.variable
                    ),
                    format!(
                        "其他机器可以连接 {address}：请设置 {}，客户端以 `Authorization: Bearer …` 发送；或改为监听 127.0.0.1",
                        HTTP_TOKEN.variable
                    ),
                ));
            }
            Some(token) if token.expose_secret().len() < SHORTEST_TOKEN => {
                return Err(Error::setting(
                    format!(
                        "{}: must have at least {SHORTEST_TOKEN} characters; generate one with `openssl rand -hex 24`",
                        HTTP_TOKEN.variable
                    ),
                    format!(
                        "{}：至少需要 {SHORTEST_TOKEN} 个字符；可用 `openssl rand -hex 24` 生成",
                        HTTP_TOKEN.variable
                    ),
                ));
            }
            _ => {}
        }
        let tokens = options.bearer_token.iter();
        let tokens = tokens.map(|token| Arc::new(Bearer { secret: token.clone() })).collect();
        Ok(Self {
            tokens,
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

    /// Returns the token of the request, or `None` if the server needs none.
    pub(super) fn identify(&self, headers: &HeaderMap) -> Result<Option<Arc<Bearer>>, Box<Response>> {
        if self.tokens.is_empty() {
            return Ok(None);
        }
        let Some(shown) = headers.get(AUTHORIZATION).and_then(bearer) else {
            return Err(Box::new(unauthorized(
                "Bearer",
                "send this server's token as `Authorization: Bearer …`",
            )));
        };
        self.find(shown).map(Some).ok_or_else(|| {
            let problem = "the token is not this server's: check the header `Authorization: Bearer …`";
            Box::new(unauthorized("Bearer error=\"invalid_token\"", problem))
        })
    }

    /// Finds a token in a time that says nothing about how much was right.
    fn find(&self, shown: &[u8]) -> Option<Arc<Bearer>> {
        let mut found = None;
        for token in &self.tokens {
            let fits: Choice = shown.ct_eq(token.secret.expose_secret().as_bytes());
            if fits.into() {
                found = Some(Arc::clone(token));
            }
        }
        found
    }
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
            access.identify(&headers).is_ok_and(|token| token.is_some())
        };
        assert!(shows(&format!("Bearer {TOKEN}")));
        assert!(shows(&format!("bearer  {TOKEN} ")));
        for wrong in
            ["", "Bearer", "Bearer ", TOKEN, "Basic 0123456789abcdef0123", "Bearer 0123456789abcdef012"]
        {
            assert!(!shows(wrong), "{wrong}");
        }
        assert!(!shows(&format!("Bearer {TOKEN}4")));
        assert!(access.identify(&HeaderMap::new()).is_err());
    }
}
