//! Proxy of a robot's requests, chosen from its setting or from the environment.

use std::{fmt, net::IpAddr};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::Error;

/// Setting of a robot that must not use a proxy.
const NONE: &str = "none";

const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];
const SOCKS_PORT: u16 = 1080;

/// Proxy through which a robot sends, without its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proxy {
    /// Scheme, host and port, for example `http://proxy.example:3128`.
    pub address: String,
    /// Setting or variable of the environment that names it.
    pub setting: &'static str,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.address, self.setting)
    }
}

/// Proxy with its credentials.
pub(crate) struct Route {
    pub(crate) proxy: Proxy,
    url: SecretString,
}

impl Route {
    /// Returns the proxy of requests to `server`. A proxy that is written in the robot's setting is always used; one of
    /// the environment is not used for loopback addresses.
    pub(crate) fn choose(
        written: Option<&SecretString>,
        setting: &'static str,
        server: &Url,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, Error> {
        if let Some(written) = written {
            let written = written.expose_secret().trim();
            return match written {
                NONE => Ok(None),
                _ => Self::parse(written, setting).map(Some),
            };
        }
        if server.host_str().is_none_or(is_loopback) {
            return Ok(None);
        }
        let given = |names: &[&'static str]| {
            names.iter().find_map(|name| {
                variable(name).filter(|value| !value.trim().is_empty()).map(|value| (*name, value))
            })
        };
        let of_scheme: &[&str] = match server.scheme() {
            "https" => &["HTTPS_PROXY", "https_proxy"],
            // A web server passes the header `Proxy` of a request to a CGI program as HTTP_PROXY.
            _ if variable("REQUEST_METHOD").is_some() => &["http_proxy"],
            _ => &["HTTP_PROXY", "http_proxy"],
        };
        let Some((name, value)) = given(of_scheme).or_else(|| given(&["ALL_PROXY", "all_proxy"])) else {
            return Ok(None);
        };
        let exceptions = given(&["NO_PROXY", "no_proxy"]).map(|(_, list)| list).unwrap_or_default();
        // Any proxy does: the question is for which servers it is used.
        let matcher = Matcher::builder().all("http://localhost").no(exceptions).build();
        let is_excepted = server.as_str().parse().is_ok_and(|server| matcher.intercept(&server).is_none());
        if is_excepted { Ok(None) } else { Self::parse(value.trim(), name).map(Some) }
    }

    /// Parses the address of a proxy, which is not repeated in errors: it may contain a password.
    fn parse(text: &str, setting: &'static str) -> Result<Self, Error> {
        let wrong = |english, chinese| Err(Error::of_setting(setting, english, chinese));
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&text).ok().filter(|url| url.host_str().is_some_and(|host| !host.is_empty()));
        let Some(mut url) = url else {
            return wrong(
                "invalid address of a proxy; expected one such as http://proxy.example:3128, or `none`",
                "代理地址无效；应类似 http://proxy.example:3128，或 none",
            );
        };
        if !SCHEMES.contains(&url.scheme()) {
            return wrong(
                "unsupported kind of proxy; the address must begin with http://, https://, socks5:// or socks5h://",
                "不支持这种代理；地址应以 http://、https://、socks5:// 或 socks5h:// 开头",
            );
        }
        if url.scheme().starts_with("socks") && url.port().is_none() {
            let _ = url.set_port(Some(SOCKS_PORT));
        }
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        // The client reads the address once more, and would send past a proxy that it cannot read.
        let matcher = Matcher::builder().all(url.as_str()).build();
        let server = "https://oapi.dingtalk.com".parse();
        if !server.is_ok_and(|server| matcher.intercept(&server).is_some()) {
            return wrong(
                "invalid address of a proxy; percent-encode special characters of its user name and password",
                "代理地址无效；用户名和密码中的特殊字符需要百分号编码",
            );
        }
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
        let address = format!("{}://{host}{port}", url.scheme());
        Ok(Self { proxy: Proxy { address, setting }, url: String::from(url).into() })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.proxy.address.starts_with("https:")
    }

    /// Returns the client's form of the proxy, for all requests.
    pub(crate) fn to_client(&self) -> reqwest::Result<reqwest::Proxy> {
        reqwest::Proxy::all(self.url.expose_secret())
    }

    /// Returns the secrets that a text from outside must not repeat.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let Ok(url) = Url::parse(self.url.expose_secret()) else { return Vec::new() };
        let Some(password) = url.password() else { return Vec::new() };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let basic = BASE64_STANDARD.encode(format!("{}:{}", decoded(url.username()), decoded(password)));
        vec![password.to_owned(), decoded(password), basic]
    }
}

/// Reports whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DINGTALK: &str = "https://oapi.dingtalk.com/robot/send";
    const GATEWAY: &str = "http://gateway.example/robot/send";

    fn choose(written: Option<&str>, server: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let written = written.map(SecretString::from);
        let variable =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let server = Url::parse(server).unwrap();
        Route::choose(written.as_ref(), "proxy", &server, variable)
            .map(|route| route.map_or("direct".to_owned(), |route| route.proxy.to_string()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_usual_variables_name_a_proxy_and_its_exceptions() {
        const PROXY: (&str, &str) = ("HTTPS_PROXY", "http://me:canary@proxy.example:3128/");
        for (server, variables, expected) in [
            (DINGTALK, &[][..], "direct"),
            (DINGTALK, &[PROXY], "http://proxy.example:3128 (HTTPS_PROXY)"),
            (DINGTALK, &[("https_proxy", "proxy.example:80")], "http://proxy.example:80 (https_proxy)"),
            (DINGTALK, &[("ALL_PROXY", "socks5h://p.example")], "socks5h://p.example:1080 (ALL_PROXY)"),
            (DINGTALK, &[("all_proxy", "https://p.example")], "https://p.example:443 (all_proxy)"),
            (DINGTALK, &[("HTTPS_PROXY", " "), ("ALL_PROXY", "p:1")], "http://p:1 (ALL_PROXY)"),
            (DINGTALK, &[("HTTP_PROXY", "http://p.example")], "direct"),
            (DINGTALK, &[PROXY, ("NO_PROXY", "x.example, .dingtalk.com")], "direct"),
            (DINGTALK, &[PROXY, ("no_proxy", "*")], "direct"),
            (DINGTALK, &[PROXY, ("NO_PROXY", "talk.com")], "http://proxy.example:3128 (HTTPS_PROXY)"),
            (GATEWAY, &[PROXY], "direct"),
            (GATEWAY, &[("HTTP_PROXY", "p.example")], "http://p.example:80 (HTTP_PROXY)"),
            (GATEWAY, &[("HTTP_PROXY", "p.example"), ("REQUEST_METHOD", "GET")], "direct"),
        ] {
            assert_eq!(choose(None, server, variables).as_deref(), Ok(expected), "{server} {variables:?}");
        }
    }

    #[test]
    fn loopback_is_proxied_only_if_that_is_written() {
        let variables = [("HTTP_PROXY", "p.example:1"), ("HTTPS_PROXY", "p.example:1"), ("ALL_PROXY", "p:1")];
        for server in ["http://127.0.0.1:8080/x", "https://localhost/x", "http://[::1]:1/x"] {
            assert_eq!(choose(None, server, &variables).as_deref(), Ok("direct"), "{server}");
            let written = choose(Some("http://q.example"), server, &variables);
            assert_eq!(written.as_deref(), Ok("http://q.example:80 (proxy)"), "{server}");
        }
    }

    #[test]
    fn a_written_proxy_precedes_the_environment() {
        let variables = [("HTTPS_PROXY", "p.example"), ("NO_PROXY", "*")];
        assert_eq!(choose(Some("none"), DINGTALK, &variables[..1]).as_deref(), Ok("direct"));
        assert_eq!(choose(Some("q:1"), DINGTALK, &variables).as_deref(), Ok("http://q:1 (proxy)"));
    }

    #[test]
    fn an_invalid_proxy_is_an_error_that_does_not_repeat_it() {
        for proxy in
            ["http://", "ftp://canary.example", "http://canary:1:2", "socks9://me:canary@p", "http://a b"]
        {
            let error = choose(None, DINGTALK, &[("HTTPS_PROXY", proxy)]).expect_err(proxy);
            assert!(error.contains("HTTPS_PROXY: ") && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_password_is_a_secret_in_each_of_its_forms() {
        let route = Route::parse("http://me:can%40ry@p.example", "proxy").unwrap();
        assert_eq!(route.secrets(), ["can%40ry", "can@ry", "bWU6Y2FuQHJ5"]);
        assert_eq!(Route::parse("http://p.example", "proxy").unwrap().secrets(), [""; 0]);
    }
}
