//! Access to a server that listens on a network.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use dingtalk_config::Door;
use dingtalk_core::delivery::Signer;

use secrecy::SecretString;

use super::names::{HostName, Origin};
use crate::{Error, call::rights::Rights, settings::table::HTTP_HOSTS};

/// Origins of pages that this machine serves.
const LOOPBACK_ORIGINS: [&str; 3] = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];

/// Names of this machine that no page of the open web can take.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Access to a server over HTTP.
///
/// On a loopback address, everyone on this machine has access. On any other address, a client needs the bearer token,
/// and the server must know its own host names: see [`bearer_token`](Self::bearer_token) and
/// [`allow_host`](Self::allow_host). The connection itself is not encrypted: beyond one machine, put a proxy with TLS
/// in front.
///
/// Browsers send the page's `Origin`; pages of other origins are refused unless [allowed](Self::allow_origin). A
/// request whose `Host` is not one of the server's names is refused too, since any page can resolve its own name to
/// this machine's address.
#[derive(Clone)]
#[must_use]
pub struct HttpOptions {
    pub(super) bearer_token: Option<SecretString>,
    pub(super) tokens: Vec<NamedToken>,
    pub(super) hosts: Vec<String>,
    pub(super) origins: Vec<String>,
    pub(super) stateless: bool,
    pub(super) path_prefix: String,
    pub(super) admin: Option<SocketAddr>,
    pub(super) drain_delay: Duration,
    pub(super) session_lifetime: Duration,
    pub(super) session_idle: Duration,
}

/// Time for which a client can use a session by default: many clients never begin another one.
const SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// Time after which an unused session leaves memory by default.
const SESSION_IDLE: Duration = Duration::from_secs(15 * 60);

/// A token with a name, and what its holder may do.
#[derive(Clone)]
pub(crate) struct NamedToken {
    pub(crate) secret: SecretString,
    /// Checks the signatures of its requests to `/robot/send`, if they need one.
    pub(crate) signer: Option<Signer>,
    /// Doors that it opens; `None` for all.
    pub(crate) doors: Option<Vec<Door>>,
    /// Maximum number of calls per minute.
    pub(crate) rate: Option<u32>,
    pub(crate) rights: Arc<Rights>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            bearer_token: None,
            tokens: Vec::new(),
            hosts: Vec::new(),
            origins: Vec::new(),
            stateless: false,
            path_prefix: String::new(),
            admin: None,
            drain_delay: Duration::ZERO,
            session_lifetime: SESSION_LIFETIME,
            session_idle: SESSION_IDLE,
        }
    }
}

impl HttpOptions {
    /// Creates options for clients on this machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the token that clients send as `Authorization: Bearer …`. Required on addresses that are not loopback.
    pub fn bearer_token(mut self, token: impl Into<SecretString>) -> Self {
        self.bearer_token = Some(token.into());
        self
    }

    /// Adds a host name that clients use, as `example.com` or, for one port only, `example.com:8100`. The names of
    /// loopback addresses are known, and so is any other single address. Required on `0.0.0.0` and `[::]`.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Adds an origin whose pages may call the server, as `https://example.com:443` or, on any port,
    /// `https://example.com:*`. On a loopback address, pages from this machine are allowed.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// Keeps no sessions, for several servers behind a load balancer. Clients of protocol versions before 2026-07-28
    /// then cannot ask a person. A confirmation counts only at the server that asked: route the calls of one client to
    /// one server.
    pub fn stateless(mut self, stateless: bool) -> Self {
        self.stateless = stateless;
        self
    }

    /// Serves below this path as well, as `/dingtalk`, for a proxy that does not strip it: MCP is at `/dingtalk/mcp`.
    pub fn path_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.path_prefix = prefix.into();
        self
    }

    /// Serves `/healthz`, `/readyz` and `/metrics` at this address, too: apart from the clients.
    pub fn admin(mut self, address: SocketAddr) -> Self {
        self.admin = Some(address);
        self
    }

    /// Sets the time between the signal to stop, at which `/readyz` fails, and the end of new connections: none by
    /// default, at most 20 seconds. Load balancers notice in between that no more requests should come.
    pub fn drain_delay(mut self, delay: Duration) -> Self {
        self.drain_delay = delay;
        self
    }

    /// Sets the time for which a client of a protocol version before 2026-07-28 can use a session: 30 days by default.
    /// A session survives a restart, and is bound to the token with which it began.
    pub fn session_lifetime(mut self, lifetime: Duration) -> Self {
        self.session_lifetime = lifetime;
        self
    }

    /// Sets the time after which a session without a request or a stream leaves memory: 15 minutes by default. Its
    /// client can go on using it; its next request only takes a little longer. Checked once a minute.
    pub fn session_idle(mut self, idle: Duration) -> Self {
        self.session_idle = idle;
        self
    }

    /// Adds a token with a name.
    #[cfg(feature = "program")]
    pub(crate) fn token(mut self, token: NamedToken) -> Self {
        self.tokens.push(token);
        self
    }

    /// Reports that clients send a token.
    #[cfg(feature = "program")]
    pub(crate) fn has_tokens(&self) -> bool {
        self.bearer_token.is_some() || !self.tokens.is_empty()
    }

    /// Returns the path prefix without a slash at its end; empty for none.
    pub(super) fn prefix(&self) -> Result<&str, Error> {
        let prefix = self.path_prefix.trim_end_matches('/');
        let is_path = prefix.split('/').skip(1).all(|part| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
        });
        if prefix.is_empty() || (prefix.starts_with('/') && is_path) {
            return Ok(prefix);
        }
        let given = &self.path_prefix;
        Err(Error::setting(
            format!("invalid path prefix {given:?}; expected a path such as /dingtalk"),
            format!("应为路径前缀，例如 /dingtalk，而不是 {given:?}"),
        ))
    }

    /// Returns the host names of a server at this address.
    pub(super) fn hosts_at(&self, address: SocketAddr) -> Result<Vec<HostName>, Error> {
        for host in &self.hosts {
            if host.contains('/') || host.trim().is_empty() {
                return Err(Error::setting(
                    format!("invalid host {host:?}; expected a name such as example.com"),
                    format!("应为主机名，例如 example.com，而不是 {host:?}"),
                ));
            }
        }
        let mut hosts: Vec<_> = self.hosts.iter().map(|host| HostName::parse(host)).collect();
        let ip = address.ip();
        if ip.is_loopback() {
            hosts.extend(LOOPBACK_HOSTS.map(HostName::parse));
        } else if !ip.is_unspecified() {
            hosts.push(HostName::parse(&address.to_string()));
        }
        if hosts.is_empty() {
            return Err(Error::setting(
                format!(
                    "{address} is not a host name: give the host names that clients use, with `--allow-host` or {}",
                    HTTP_HOSTS.variable
                ),
                format!(
                    "{address} 没有自己的主机名：请用 `--allow-host` 或 {} 写明客户端访问服务器所用的主机名",
                    HTTP_HOSTS.variable
                ),
            ));
        }
        Ok(hosts)
    }

    /// Returns the origins whose pages may call the server and read its answers.
    pub(super) fn named_origins(&self) -> Result<Vec<Origin>, Error> {
        let origins = self.origins.iter().map(|origin| {
            Origin::parse(origin).ok_or_else(|| {
                Error::setting(
                    format!(
                        "invalid origin {origin:?}; expected one with its port, such as https://example.com:443 or \
                         https://example.com:*"
                    ),
                    format!("应为带端口的源，例如 https://example.com:443 或 https://example.com:*，而不是 {origin:?}"),
                )
            })
        });
        origins.collect()
    }

    /// Reports whether this is a name of this machine that no page of the open web can take.
    pub(super) fn is_loopback(host: &str) -> bool {
        LOOPBACK_HOSTS.contains(&host)
    }

    /// Returns the origins whose pages may call the server because this machine serves them.
    pub(super) fn own_origins_at(address: SocketAddr) -> Vec<Origin> {
        if address.ip().is_loopback() {
            LOOPBACK_ORIGINS.iter().filter_map(|origin| Origin::parse(origin)).collect()
        } else {
            Vec::new()
        }
    }
}

impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOptions")
            .field("bearer_token", &self.bearer_token.is_some())
            .field("hosts", &self.hosts)
            .field("origins", &self.origins)
            .field("stateless", &self.stateless)
            .field("path_prefix", &self.path_prefix)
            .field("admin", &self.admin)
            .field("drain_delay", &self.drain_delay)
            .field("session_lifetime", &self.session_lifetime)
            .field("session_idle", &self.session_idle)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn host_names_are_known_or_required() {
        let hosts = |at: &str, options: HttpOptions| options.hosts_at(address(at));
        assert_eq!(hosts("127.0.0.1:8100", HttpOptions::new()).unwrap(), LOOPBACK_HOSTS.map(HostName::parse));
        assert_eq!(hosts("10.0.0.5:8100", HttpOptions::new()).unwrap(), [HostName::parse("10.0.0.5:8100")]);
        for anywhere in ["0.0.0.0:8100", "[::]:8100"] {
            let error = hosts(anywhere, HttpOptions::new()).unwrap_err().to_string();
            assert!(error.contains("--allow-host"), "{error}");
            let named = HttpOptions::new().allow_host("mcp.example.com");
            assert_eq!(hosts(anywhere, named).unwrap(), [HostName::parse("mcp.example.com")]);
        }
        let error = hosts("127.0.0.1:1", HttpOptions::new().allow_host("https://x")).unwrap_err().to_string();
        assert!(error.contains("https://x"), "{error}");
    }

    #[test]
    fn an_origin_needs_its_port() {
        assert_eq!(HttpOptions::own_origins_at(address("127.0.0.1:1")).len(), LOOPBACK_ORIGINS.len());
        assert_eq!(HttpOptions::own_origins_at(address("10.0.0.5:1")), []);
        for (origin, fits) in [
            ("https://a.example:443", true),
            ("https://a.example:*", true),
            ("https://a.example", false),
            ("a", false),
        ] {
            let options = HttpOptions::new().allow_origin(origin);
            assert_eq!(options.named_origins().is_ok(), fits, "{origin}");
        }
    }

    #[test]
    fn a_prefix_is_a_path() {
        for (prefix, read) in
            [("", Some("")), ("/", Some("")), ("/dingtalk", Some("/dingtalk")), ("/a/b/", Some("/a/b"))]
        {
            assert_eq!(HttpOptions::new().path_prefix(prefix).prefix().ok(), read, "{prefix}");
        }
        for prefix in ["dingtalk", "/a//b", "/{a}", "/a b", "https://x"] {
            assert!(HttpOptions::new().path_prefix(prefix).prefix().is_err(), "{prefix}");
        }
    }

    #[test]
    fn debug_keeps_the_token() {
        let options = HttpOptions::new().bearer_token("s3cret-token");
        assert!(!format!("{options:?}").contains("s3cret"));
    }
}
