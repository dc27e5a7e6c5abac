//! Protection from web sites: the names and origins from which the sandbox accepts requests.

use hyper::header::HeaderValue;

/// Reports whether the `Host` header has a loopback name. A web site that points its own name to 127.0.0.1 (DNS
/// rebinding) could read the chat otherwise; the header still has the site's name.
pub(crate) fn is_loopback(host: Option<&HeaderValue>) -> bool {
    host.and_then(|host| host.to_str().ok()).is_some_and(is_loopback_name)
}

/// Reports whether a host, with or without a port, is a loopback name.
pub(crate) fn is_loopback_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|loopback| name.eq_ignore_ascii_case(loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_accepted() {
        let accepts = |host: &'static str| is_loopback(Some(&HeaderValue::from_static(host)));
        for host in ["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]", "[::1]:80"] {
            assert!(accepts(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1:evil",
            "::1:80",
            "192.168.0.1",
        ] {
            assert!(!accepts(host), "{host}");
        }
        assert!(!is_loopback(None));
    }
}
