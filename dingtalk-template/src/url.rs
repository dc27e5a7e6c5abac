//! Rules on URLs that DingTalk opens, for templates and for values.

use std::{net::Ipv6Addr, ops::Range};

use crate::target::SCHEMES;

/// Returns the problem of a text that is not a URL that DingTalk opens, if it has one.
///
/// ```
/// use dingtalk_template::url_problem;
///
/// assert_eq!(url_problem("https://example.com/页面"), None);
/// assert!(url_problem("https://user:secret@example.com").is_some());
/// ```
pub fn url_problem(url: &str) -> Option<&'static str> {
    let Some((scheme, _)) = url.split_once("://") else {
        return Some("expected a full URL such as https://example.com/page");
    };
    if !SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Some("DingTalk opens only http, https and dingtalk links");
    }
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some("a URL must not contain white space; write %20");
    }
    if url.contains(is_invisible) {
        return Some(
            "a URL must not contain invisible characters or characters that change the direction of text",
        );
    }
    let escape_is_invalid = |at: usize| {
        !url.as_bytes().get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    };
    if url.match_indices('%').any(|(at, _)| escape_is_invalid(at)) {
        return Some("in a URL, two hexadecimal digits must follow `%`; write %25 for a percent sign");
    }
    authority_problem(&url[authority(url)?])
}

/// Returns the position of the host, without the port; `None` if the text is not a URL.
pub fn url_host(url: &str) -> Option<Range<usize>> {
    let authority = authority(url)?;
    let text = &url[authority.clone()];
    let len = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    Some(authority.start..authority.start + len)
}

/// Percent-encodes the characters of a URL that are not ASCII, or that could end a link in Markdown.
pub fn encode_url(url: &str) -> String {
    let host = url_host(url).unwrap_or_default();
    let mut encoded = String::with_capacity(url.len());
    for (at, c) in url.char_indices() {
        let active = matches!(c, '(' | ')' | '<' | '>' | '"' | '\\' | '`' | '^' | '{' | '|' | '}');
        // Markdown would render `&copy;` as one character.
        let entity = c == ';' && ends_entity(&url[..at]);
        if host.contains(&at) || !(active || entity || !c.is_ascii()) {
            encoded.push(c);
            continue;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn authority(url: &str) -> Option<Range<usize>> {
    let start = url.find("://")? + "://".len();
    let len = url[start..].find(['/', '?', '#']).unwrap_or(url.len() - start);
    Some(start..start + len)
}

fn authority_problem(authority: &str) -> Option<&'static str> {
    if authority.contains('@') {
        return Some("a URL must not contain a user name or a password");
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(literal) => {
            let Some((address, port)) = literal.split_once(']') else { return Some(INVALID_HOST) };
            if address.parse::<Ipv6Addr>().is_err() {
                return Some(INVALID_HOST);
            }
            match port.strip_prefix(':') {
                Some(port) => ("", Some(port)),
                None if port.is_empty() => return None,
                None => return Some(INVALID_HOST),
            }
        }
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if port.is_some_and(|port| !digits(port)) {
        return Some("the URL has an invalid port");
    }
    if authority.starts_with('[') {
        return None;
    }
    if host.is_empty() {
        return Some("the URL has no host");
    }
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii())
    };
    let labels = host.strip_suffix('.').unwrap_or(host);
    (host.len() > 254 || !labels.split('.').all(label)).then_some(INVALID_HOST)
}

const INVALID_HOST: &str = "the URL has an invalid host";

/// Reports whether readers cannot see a character, or it changes the direction of the text around it.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Reports whether a semicolon after the text would complete an HTML entity.
fn ends_entity(text: &str) -> bool {
    text.rsplit_once('&').is_some_and(|(_, name)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_client_opens_has_a_problem() {
        for (wrong, problem) in [
            ("example.com", "full URL"),
            ("javascript://x", "only http"),
            ("https://a b", "white space"),
            ("https://", "no host"),
            ("https:///path", "no host"),
            ("https://:80/", "no host"),
            ("https://.", "invalid host"),
            ("https://a..b/", "invalid host"),
            ("https://.a/", "invalid host"),
            ("https://a:b:c/", "invalid port"),
            ("https://a:/", "invalid port"),
            ("https://a:65536/", "invalid port"),
            ("https://a:+1/", "invalid port"),
            ("https://[::1", "invalid host"),
            ("https://[::g]/", "invalid host"),
            ("https://[::1]x/", "invalid host"),
            ("https://a%41.com/", "invalid host"),
            ("https://a<b>/", "invalid host"),
            ("https://user:password@e.com/", "user name"),
            ("https://e.com\\@f.com/", "user name"),
            ("https://e.com\\x/", "invalid host"),
            ("https://good.com@evil.com/", "user name"),
            ("https://e.com/%zz", "hexadecimal"),
            ("https://e.com/?a=50%", "hexadecimal"),
            ("https://e.com/%2", "hexadecimal"),
            ("https://e.com/%é1", "hexadecimal"),
            ("https://e.com/\u{202e}gpj.exe", "invisible"),
            ("https://e.com/a\u{200b}b", "invisible"),
            ("https://e\u{ad}.com/", "invisible"),
            ("https://e.com/\u{feff}", "invisible"),
            ("https://e.com/\u{e0041}", "invisible"),
        ] {
            assert!(url_problem(wrong).is_some(), "{wrong:?}");
            assert!(
                url_problem(wrong).unwrap_or_default().contains(problem),
                "{wrong:?}: {:?}",
                url_problem(wrong)
            );
        }
        for fine in [
            "https://example.com",
            "https://example.com.",
            "http://localhost:65535",
            "https://[::1]:80/x",
            "https://1.2.3.4/?q=%41#f",
            "https://a_b-c.例子.cn/中文",
            "HTTPS://E.COM/?mail=a@b.com",
            "dingtalk://dingtalkclient/page/link?url=x",
        ] {
            assert_eq!(url_problem(fine), None, "{fine:?}");
        }
    }

    #[test]
    fn all_but_the_host_is_encoded() {
        assert_eq!(
            encode_url("https://例子.cn:80/中?a=(é)#b;&lt;"),
            "https://例子.cn:80/%E4%B8%AD?a=%28%C3%A9%29#b;&lt%3B"
        );
        let encoded = encode_url("https://e.com/%41😀");
        assert_eq!(
            (encoded.as_str(), encode_url(&encoded)),
            ("https://e.com/%41%F0%9F%98%80", encoded.clone())
        );
    }
}
