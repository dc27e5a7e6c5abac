//! Addresses to listen on, as people write them.

use std::{fmt, io, net::SocketAddr, str::FromStr};

use tokio::net::{TcpListener, lookup_host};

use super::words::words;

/// An address to listen on: a port alone is one of this machine only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListenAddress {
    host: String,
    port: u16,
}

impl FromStr for ListenAddress {
    type Err = &'static str;

    /// Parses `8100`, `:8100`, `localhost:8100`, `127.0.0.1:8100` or `[::1]:8100`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            words(
                "expected an address such as 127.0.0.1:8100, localhost:8100, 0.0.0.0:8100 or 8100",
                "应为地址，例如 127.0.0.1:8100、localhost:8100、0.0.0.0:8100 或 8100",
            )
        };
        let (host, port) = text.trim().rsplit_once(':').unwrap_or(("", text.trim()));
        let port = port.parse().map_err(|_| wrong())?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.contains(['/', '[', ']', ' ', '@']) {
            return Err(wrong());
        }
        let host = if host.is_empty() { "127.0.0.1" } else { host };
        Ok(Self { host: host.to_owned(), port })
    }
}

impl ListenAddress {
    pub(super) async fn bind(&self) -> Result<TcpListener, String> {
        TcpListener::bind((&*self.host, self.port)).await.map_err(|error| self.unusable(&error))
    }

    /// Returns the first of its addresses.
    pub(super) async fn resolve(&self) -> Result<SocketAddr, String> {
        let found = lookup_host((&*self.host, self.port)).await.and_then(|mut addresses| {
            addresses.next().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such host"))
        });
        found.map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &io::Error) -> String {
        words(format!("cannot listen on {self}: {error}"), format!("无法监听 {self}：{error}"))
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, address) in [
            ("8100", "127.0.0.1:8100"),
            (":8100", "127.0.0.1:8100"),
            ("localhost:8100", "localhost:8100"),
            ("0.0.0.0:8100", "0.0.0.0:8100"),
            ("[::1]:8100", "[::1]:8100"),
            (" 127.0.0.1:0 ", "127.0.0.1:0"),
        ] {
            assert_eq!(text.parse::<ListenAddress>().unwrap().to_string(), address);
        }
        for wrong in ["", "localhost", "localhost:", ":99999", "http://localhost:8100", "8100/mcp", "a b:1"] {
            assert!(wrong.parse::<ListenAddress>().is_err(), "{wrong}");
        }
    }
}
