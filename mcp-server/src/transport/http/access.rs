//! Access over HTTP: the bearer token, and the hosts and origins that the protocol's library checks.

use std::net::SocketAddr;

use hyper::{
    HeaderMap,
    header::{AUTHORIZATION, HeaderValue},
};
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use super::HttpOptions;
use crate::{Error, settings::table::HTTP_TOKEN};

/// Minimum length of a token; a shorter one could be guessed.
const SHORTEST_TOKEN: usize = 16;

pub(super) struct Access {
    bearer_token: Option<SecretString>,
    hosts: Vec<String>,
    origins: Vec<String>,
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
        Ok(Self {
            bearer_token: options.bearer_token.clone(),
            hosts: options.hosts_at(address)?,
            origins: options.origins_at(address)?,
        })
    }

    /// Reports whether the request has the token. The comparison takes constant time.
    pub(super) fn allows(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.bearer_token else { return true };
        let Some(shown) = headers.get(AUTHORIZATION).and_then(bearer) else { return false };
        shown.ct_eq(token.expose_secret().as_bytes()).into()
    }

    /// Sets the hosts and origins that the protocol's library checks.
    pub(super) fn configure(&self, config: StreamableHttpServerConfig) -> StreamableHttpServerConfig {
        config
            .with_allowed_hosts(self.hosts.iter().cloned())
            .with_allowed_origins(self.origins.iter().cloned())
            .enforce_origin_validation()
    }
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
            access.allows(&headers)
        };
        assert!(shows(&format!("Bearer {TOKEN}")));
        assert!(shows(&format!("bearer  {TOKEN} ")));
        for wrong in
            ["", "Bearer", "Bearer ", TOKEN, "Basic 0123456789abcdef0123", "Bearer 0123456789abcdef012"]
        {
            assert!(!shows(wrong), "{wrong}");
        }
        assert!(!shows(&format!("Bearer {TOKEN}4")));
        assert!(!access.allows(&HeaderMap::new()));
    }
}
