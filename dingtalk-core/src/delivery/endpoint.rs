//! Addresses of a robot's requests, parsed from settings.

use percent_encoding::utf8_percent_encode;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Error,
    proxy::is_loopback,
    secret_source::{has_quotes, placeholder},
    sign::{RESERVED, Signature},
};

/// Base URL of DingTalk in China.
pub(crate) const CHINA: &str = "https://oapi.dingtalk.com";

/// Base URL of DingTalk outside China.
pub(crate) const INTERNATIONAL: &str = "https://oapi.dingtalk.io";

const HOSTS: [&str; 2] = ["oapi.dingtalk.com", "oapi.dingtalk.io"];
/// Scope of the robots of DingTalk's servers; see [`RobotKey`](super::RobotKey).
pub(crate) const DINGTALK: &str = "dingtalk";

const SEND_PATH: &str = "/robot/send";

/// Length of the signed part of a query: the names, the 20 digits of the largest number, and a signature in which every
/// character is encoded.
const SIGNED_BYTES: usize = "&timestamp=".len() + 20 + "&sign=".len() + 3 * 44;

/// Encodes a value for the query of a URL, once.
pub(crate) fn percent_encode(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

/// Permission to send a token without TLS to another machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlainHttp {
    Refused,
    Allowed,
}

/// Address of a robot's requests, without its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint(Url);

impl Endpoint {
    /// Parses a base URL such as `https://oapi.dingtalk.com`. `setting` is its name for the person who set it.
    pub(crate) fn from_base(text: &str, setting: &str, plain: PlainHttp) -> Result<Self, Error> {
        let url = parse(text, setting, plain)?;
        if url.query().is_some() || url.fragment().is_some() || url.path().ends_with(SEND_PATH) {
            return Err(Error::of_settings(
                format!(
                    "{setting}: expected a base URL such as {CHINA}; set a whole webhook as the access token"
                ),
                format!(
                    "{setting} 只填地址的开头部分，例如 {CHINA}；完整的 Webhook 地址请填在 access_token 处"
                ),
            ));
        }
        Ok(Self::at(&url, url.path().trim_end_matches('/')))
    }

    fn at(url: &Url, prefix: &str) -> Self {
        let mut url = url.clone();
        url.set_path(&format!("{prefix}{SEND_PATH}"));
        url.set_query(None);
        url.set_fragment(None);
        Self(url)
    }

    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Returns the scope of a robot's key: `dingtalk` for DingTalk's servers, or else the host and port.
    pub(crate) fn scope(&self) -> String {
        match self.0.port_or_known_default() {
            _ if HOSTS.contains(&self.host()) => DINGTALK.to_owned(),
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// Returns the address.
    pub(crate) fn url(&self) -> Url {
        self.0.clone()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Returns the address of requests with this token.
    pub(crate) fn target(&self, token: &str) -> Target {
        let query = format!("access_token={}", percent_encode(token));
        Target { endpoint: self.0.clone(), query: query.into() }
    }
}

/// Address of a robot, including its token.
pub(crate) struct Target {
    endpoint: Url,
    query: SecretString,
}

impl Target {
    /// Returns the address of one request. Only the HTTP client may receive it. Signing allocates only its query.
    pub(crate) fn request_url(&self, signed: Option<(u64, &Signature)>) -> Url {
        let mut url = self.endpoint.clone();
        let token = self.query.expose_secret();
        if let Some((timestamp_ms, signature)) = signed {
            let mut query = String::with_capacity(token.len() + SIGNED_BYTES);
            query.push_str(token);
            query.push_str("&timestamp=");
            query.push_str(itoa::Buffer::new().format(timestamp_ms));
            query.push_str("&sign=");
            signature.write_query(&mut query);
            url.set_query(Some(&query));
        } else {
            url.set_query(Some(token));
        }
        url
    }
}

/// Content of a webhook.
pub(crate) struct Webhook {
    pub(crate) token: SecretString,
    url: Url,
}

impl Webhook {
    /// Parses a webhook as DingTalk shows it. Ignores a timestamp and a signature in it, which have expired.
    pub(crate) fn parse(text: &str, setting: &str, plain: PlainHttp) -> Result<Self, Error> {
        let wrong = |english, chinese| Err(Error::of_setting(setting, english, chinese));
        if !text.contains("://") {
            return wrong(
                "expected the whole webhook, beginning with https://, not the access token alone",
                "应为钉钉显示的完整 Webhook 地址（以 https:// 开头），而不只是 access_token",
            );
        }
        let url = parse(text, setting, plain)?;
        match url.path().trim_end_matches('/') {
            SEND_PATH => {}
            "/robot/sendBySession" => {
                return wrong(
                    "this is a session webhook, which expires within minutes; the webhook of a custom robot ends with /robot/send",
                    "这是会话 Webhook，几分钟后失效；自定义机器人的地址以 /robot/send 结尾",
                );
            }
            _ => {
                return wrong(
                    "the path of a robot's webhook must be /robot/send",
                    "机器人 Webhook 地址的路径是 /robot/send",
                );
            }
        }
        let query = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
        if query("secret").is_some() {
            return wrong(
                "the webhook contains `secret=`, which DingTalk ignores: remove it from the webhook, and set the signing \
                 secret as the robot's secret",
                "Webhook 地址里有 `secret=`，钉钉不会读取：请从地址中去掉，并把加签密钥填在 secret 处",
            );
        }
        let token = query("access_token");
        match token {
            Some(token) if !token.trim().is_empty() => {
                let token = SecretString::from(token.trim());
                check_token(token.expose_secret(), setting)?;
                Ok(Self { token, url })
            }
            _ => wrong(
                "access_token is missing in the webhook; copy the whole webhook from the robot's settings",
                "Webhook 地址里没有 access_token；请从机器人设置中完整复制",
            ),
        }
    }

    /// Returns the address that the webhook contains.
    pub(crate) fn endpoint(&self, setting: &str) -> Result<Endpoint, Error> {
        let host = self.url.host_str().unwrap_or_default();
        if HOSTS.contains(&host) || is_loopback(host) {
            return Ok(Endpoint::at(&self.url, ""));
        }
        // A token that was sent to another server is compromised.
        let hosts = HOSTS.join(", ");
        Err(Error::of_setting(
            setting,
            format_args!(
                "{host} is not one of DingTalk's servers ({hosts}); to use a gateway of your own, set the base URL as well"
            ),
            format_args!("{host} 不是钉钉的服务器（{hosts}）；如果是自己的网关，请同时填写 base_url"),
        ))
    }
}

/// Checks an access token. The error names the kind of text that was given instead.
pub(crate) fn check_token(token: &str, setting: &str) -> Result<(), Error> {
    let wrong = |english, chinese| Err(Error::of_setting(setting, english, chinese));
    if token.starts_with("SEC") && token.len() > 60 {
        return wrong(
            "this is the signing secret (SEC…); the access token is part of the webhook",
            "这是加签密钥（SEC…）；access_token 在 Webhook 地址里",
        );
    }
    if token.starts_with("access_token=") || token.contains(['/', '?', '&']) {
        return wrong(
            "expected the access token alone or the whole webhook, beginning with https://; this is only a part of it",
            "应为 access_token 本身，或以 https:// 开头的完整 Webhook 地址；这里只有其中一部分",
        );
    }
    if has_quotes(token) {
        return wrong(
            "it contains a quotation mark, which is not a part of the access token",
            "含有引号；引号不是 access_token 的一部分",
        );
    }
    if let Some((found, chinese)) = placeholder(token) {
        return Err(Error::of_setting(
            setting,
            format_args!("it holds a placeholder ({found}), not an access token"),
            format_args!("是占位符（{chinese}），不是 access_token"),
        ));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return wrong(
            "an access token consists of letters and digits, without spaces",
            "access_token 由字母和数字组成，中间没有空格",
        );
    }
    Ok(())
}

/// Parses a URL that will receive a token.
fn parse(text: &str, setting: &str, plain: PlainHttp) -> Result<Url, Error> {
    // The text is not repeated, because it may contain the token.
    let wrong = |english, chinese| Err(Error::of_setting(setting, english, chinese));
    let Ok(url) = Url::parse(text) else { return wrong("invalid URL", "不是有效的地址") };
    let Some(host) = url.host_str() else {
        return wrong("the URL must contain a host", "地址里没有主机名");
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(host) || plain == PlainHttp::Allowed => {}
        "http" => {
            return wrong(
                "http would expose the token to the network; only https is supported for other machines, unless \
                 `plain_http` allows it",
                "http 会在网络上暴露 access_token；本机以外只能用 https，除非用 plain_http 明确允许",
            );
        }
        _ => return wrong("expected a URL that begins with https://", "地址应以 https:// 开头"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("a user name or password in the URL is not supported", "地址里不能有用户名或密码");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Signer;

    fn problem<T>(result: Result<T, Error>) -> String {
        result.err().expect("this must be refused").to_string()
    }

    #[test]
    fn a_base_url_is_https_or_loopback() {
        for (base, host) in [
            (CHINA, "oapi.dingtalk.com"),
            (INTERNATIONAL, "oapi.dingtalk.io"),
            ("https://gateway.example/dingtalk/", "gateway.example"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://127.1.2.3", "127.1.2.3"),
            ("http://localhost:1", "localhost"),
            ("http://[::1]:8080", "[::1]"),
        ] {
            assert_eq!(Endpoint::from_base(base, "base URL", PlainHttp::Refused).unwrap().host(), host);
        }
        for wrong in [
            "",
            "oapi.dingtalk.com",
            "http://oapi.dingtalk.com",
            "http://localhost.example",
            "http://127.0.0.1.example",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "https://user@oapi.dingtalk.com",
            "https://oapi.dingtalk.com?access_token=abc",
            "https://oapi.dingtalk.com/robot/send",
        ] {
            assert!(
                problem(Endpoint::from_base(wrong, "base URL", PlainHttp::Refused)).contains("base URL"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn http_to_another_machine_is_allowed_by_a_setting_alone() {
        for base in ["http://10.0.0.1", "http://gateway.example/x"] {
            assert!(
                problem(Endpoint::from_base(base, "base URL", PlainHttp::Refused)).contains("plain_http")
            );
            assert!(Endpoint::from_base(base, "base URL", PlainHttp::Allowed).is_ok(), "{base}");
        }
        let other = Endpoint::from_base("ftp://10.0.0.1", "base URL", PlainHttp::Allowed);
        assert!(problem(other).contains("https://"));
    }

    #[test]
    fn dingtalk_is_one_scope_and_every_other_address_its_own() {
        for (base, scope) in [
            (CHINA, "dingtalk"),
            (INTERNATIONAL, "dingtalk"),
            ("https://gateway.example/dingtalk", "gateway.example:443"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[::1]", "[::1]:80"),
        ] {
            assert_eq!(Endpoint::from_base(base, "base URL", PlainHttp::Refused).unwrap().scope(), scope);
        }
    }

    #[test]
    fn a_base_url_may_have_a_path() {
        let endpoint =
            Endpoint::from_base("https://gateway.example/dingtalk/", "base URL", PlainHttp::Refused).unwrap();
        assert_eq!(
            endpoint.target("a+b").request_url(None).as_str(),
            "https://gateway.example/dingtalk/robot/send?access_token=a%2Bb"
        );
    }

    #[test]
    fn the_signature_is_encoded_once() {
        let signature = Signer::new("secret").sign(1_700_000_000_000);
        let endpoint = Endpoint::from_base(CHINA, "base URL", PlainHttp::Refused).unwrap();
        assert_eq!(
            endpoint.target("abc").request_url(Some((1_700_000_000_000, &signature))).as_str(),
            "https://oapi.dingtalk.com/robot/send?access_token=abc&timestamp=1700000000000\
             &sign=OuzzJR5%2BxZ4%2FEYwqtNt6sMYZQMTa%2FHEGvc9miJe7XzY%3D"
        );
    }

    #[test]
    fn a_webhook_says_what_is_wrong_with_it() {
        for (webhook, expected) in [
            ("0123abcd", "not the access token alone"),
            ("https://oapi.dingtalk.com/robot/sendBySession?session=abcd", "session webhook"),
            ("https://oapi.dingtalk.com/robot?access_token=abcd", "path"),
            ("https://oapi.dingtalk.com/robot/send", "access_token is missing"),
            ("https://oapi.dingtalk.com/robot/send?access_token=", "access_token is missing"),
            ("http://oapi.dingtalk.com/robot/send?access_token=abcd", "only https"),
            ("https://oapi.dingtalk.com/robot/send?access_token=abcd&secret=SEC1abcd", "`secret=`"),
            ("https://oapi.dingtalk.com/robot/send?access_token=XXXX", "placeholder"),
        ] {
            let problem = problem(Webhook::parse(webhook, "webhook", PlainHttp::Refused));
            assert!(problem.contains(expected), "{webhook}: {problem}");
            assert!(!problem.contains("abcd"), "{problem}");
        }
    }

    #[test]
    fn a_webhook_of_another_service_is_refused() {
        for host in ["oapi.dingtalk.com.example", "open.feishu.cn", "oapi.dingtalk.com@example.com"] {
            let webhook = format!("https://{host}/robot/send?access_token=abcd");
            let endpoint = Webhook::parse(&webhook, "webhook", PlainHttp::Refused)
                .and_then(|webhook| webhook.endpoint("webhook"));
            assert!(endpoint.is_err(), "{host}");
        }
        let webhook = "https://oapi.dingtalk.io/robot/send?access_token=abcd&timestamp=1&sign=stale";
        let webhook = Webhook::parse(webhook, "webhook", PlainHttp::Refused).unwrap();
        assert_eq!(
            webhook.endpoint("webhook").unwrap().target("abcd").request_url(None).as_str(),
            "https://oapi.dingtalk.io/robot/send?access_token=abcd"
        );
    }

    #[test]
    fn an_invalid_token_is_recognised() {
        for (token, expected) in [
            (format!("SEC{}", "0".repeat(64)).as_str(), "signing secret"),
            ("access_token=abcd", "a part of it"),
            ("oapi.dingtalk.com/robot/send?access_token=abcd", "a part of it"),
            ("two words", "without spaces"),
            ("\"abcd", "quotation mark"),
            ("“abcd”", "quotation mark"),
            ("XXXXXXXX", "placeholder"),
            ("your-token", "placeholder"),
        ] {
            let problem = problem(check_token(token, "token"));
            assert!(problem.contains(expected), "{problem}");
        }
        assert!(check_token(&"0a".repeat(32), "token").is_ok());
    }
}
