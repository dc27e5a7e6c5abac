//! Names of hosts and origins in requests, beside those that the options allow.

use hyper::{HeaderMap, Uri, header::HOST, http::uri::Authority};

/// A host that clients use, on one port or on any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostName {
    host: String,
    port: Option<u16>,
}

/// An origin whose pages may call the server, on one port or on any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl HostName {
    /// Parses `example.com`, `example.com:8100`, `::1` or `[::1]:8100`.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        let authority =
            text.parse::<Authority>().ok().filter(|_| text.parse::<std::net::Ipv6Addr>().is_err());
        match authority {
            Some(authority) => Self { host: bare(authority.host()), port: authority.port_u16() },
            None => Self { host: bare(text), port: None },
        }
    }

    /// Returns the host of a request; `None` if there is none, or it is malformed.
    pub(super) fn of(uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        let authority = match headers.get(HOST) {
            Some(host) => host.to_str().ok()?.parse::<Authority>().ok()?,
            None => uri.authority()?.clone(),
        };
        Some(Self { host: bare(authority.host()), port: authority.port_u16() })
    }

    /// Returns the name, without a port.
    pub(super) fn name(&self) -> &str {
        &self.host
    }

    /// Reports whether this name covers that of a request.
    pub(super) fn allows(&self, given: &Self) -> bool {
        self.host == given.host && (self.port.is_none() || self.port == given.port)
    }
}

impl Origin {
    /// Parses `https://example.com:443` or `https://example.com:*`; the port is required.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (rest, port) = text.trim().rsplit_once(':')?;
        let (scheme, host) = rest.split_once("://")?;
        let port = if port == "*" { None } else { Some(port.parse().ok()?) };
        (!scheme.is_empty() && !host.is_empty() && !host.contains('/')).then(|| Self {
            scheme: scheme.to_ascii_lowercase(),
            host: bare(host),
            port,
        })
    }

    /// Reports whether this is the origin that a browser sends.
    pub(super) fn allows(&self, given: &str) -> bool {
        let Ok(uri) = given.trim().parse::<Uri>() else { return false };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
        // Browsers leave out the port of the scheme.
        let given_port = authority.port_u16().or(match scheme {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        });
        self.scheme == scheme.to_ascii_lowercase()
            && self.host == bare(authority.host())
            && (self.port.is_none() || self.port == given_port)
    }
}

fn bare(host: &str) -> String {
    host.trim_matches(['[', ']']).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_compared_by_name_and_by_port_if_it_is_given() {
        for (allowed, given, fits) in [
            ("mcp.example.com", "MCP.example.com", true),
            ("mcp.example.com", "mcp.example.com:8100", true),
            ("mcp.example.com:8100", "mcp.example.com:8100", true),
            ("mcp.example.com:8100", "mcp.example.com", false),
            ("::1", "[::1]:8100", true),
            ("10.0.0.5:8100", "10.0.0.5:8100", true),
            ("mcp.example.com", "mcp.example.com.evil.example", false),
            ("localhost", "evil.example", false),
        ] {
            let headers = HeaderMap::from_iter([(HOST, given.parse().unwrap())]);
            let given_host = HostName::of(&Uri::from_static("/mcp"), &headers).unwrap();
            assert_eq!(HostName::parse(allowed).allows(&given_host), fits, "{allowed}: {given}");
        }
        let headers = HeaderMap::from_iter([(HOST, "a b".parse().unwrap())]);
        assert_eq!(HostName::of(&Uri::from_static("/mcp"), &headers), None);
        assert_eq!(HostName::of(&Uri::from_static("/mcp"), &HeaderMap::new()), None);
    }

    #[test]
    fn origins_are_compared_by_scheme_host_and_port() {
        for (allowed, given, fits) in [
            ("https://app.example.com:443", "https://app.example.com", true),
            ("https://app.example.com:443", "http://app.example.com", false),
            ("https://app.example.com:*", "https://app.example.com:8443", true),
            ("https://app.example.com:8443", "https://app.example.com", false),
            ("http://localhost:*", "http://localhost:5173", true),
            ("http://localhost:*", "http://localhost.evil.example", false),
            ("http://[::1]:*", "http://[::1]:5173", true),
            ("http://localhost:*", "null", false),
        ] {
            assert_eq!(Origin::parse(allowed).unwrap().allows(given), fits, "{allowed}: {given}");
        }
        for invalid in
            ["https://app.example.com", "a", "://a:1", "https://:443", "https://a/b:443", "https://a:x"]
        {
            assert_eq!(Origin::parse(invalid), None, "{invalid}");
        }
    }
}
