//! Rules on URLs that DingTalk opens, for templates and for values.

use std::{net::Ipv6Addr, ops::Range};

use crate::problem::Problem;

/// URL schemes that DingTalk's pages document for links in robot messages.
pub const SCHEMES: [&str; 3] = ["http", "https", "dingtalk"];

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

/// Appends a value, percent-encoded so that a URL's path, query or fragment contains it as it is.
///
/// ```
/// let mut url = "https://example.com/?q=".to_owned();
/// dingtalk_template::encode_value(&mut url, "a&b/c");
/// assert_eq!(url, "https://example.com/?q=a%26b%2Fc");
/// ```
pub fn encode_value(out: &mut String, value: &str) {
    for c in value.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~') {
            out.push(c);
            continue;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// Rewrites a path segment that reads `.` or `..`. Browsers read `%2E` as a dot too, so its percent sign is encoded.
pub(crate) fn keep_segment(url: &mut String, start: usize) {
    if is_dots(&url[start..]) {
        let dots = url[start..].len() - url[start..].replace('.', "").len();
        let encoded = url[start..].matches('%').count();
        url.truncate(start);
        url.push_str(&"%252E".repeat(dots + encoded));
    }
}

/// Reports whether a path segment consists of one or two dots, which may be percent-encoded.
fn is_dots(segment: &str) -> bool {
    segment.len() <= "%2e%2e".len() && matches!(&*without_encoded_dots(segment), "." | "..")
}

fn without_encoded_dots(segment: &str) -> String {
    segment.replace("%2e", ".").replace("%2E", ".")
}

/// Position of a slot in the text of a URL. A template has no control characters.
pub(crate) const SLOT: char = '\u{1}';

/// A piece of a URL with slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UrlPiece {
    Text(String),
    Slot,
    SegmentStart,
    SegmentEnd,
}

/// Splits a URL with a [`SLOT`] for each of these slots into its pieces.
pub(crate) fn url_pieces(url: &str, slots: &[&str]) -> Result<Vec<UrlPiece>, Problem> {
    if let Some(problem) = misplaced_slot(url, slots) {
        return Err(problem);
    }
    let url = encode_url(url);
    let mut pieces = Vec::new();
    let path_start = authority(&url).map_or(0, |authority| authority.end);
    let path_end = url[path_start..].find(['?', '#']).map_or(url.len(), |len| path_start + len);
    text_and_slots(&url[..path_start], &mut pieces);
    for (index, segment) in url[path_start..path_end].split('/').enumerate() {
        if index > 0 {
            text_and_slots("/", &mut pieces);
        }
        let rest = segment.replace(SLOT, "");
        let may_be_dots =
            rest.len() < segment.len() && without_encoded_dots(&rest).replace('.', "").is_empty();
        if may_be_dots {
            pieces.push(UrlPiece::SegmentStart);
        }
        text_and_slots(segment, &mut pieces);
        if may_be_dots {
            pieces.push(UrlPiece::SegmentEnd);
        }
    }
    text_and_slots(&url[path_end..], &mut pieces);
    Ok(pieces)
}

/// Returns the problem of a slot whose value could lead to another site.
fn misplaced_slot(url: &str, slots: &[&str]) -> Option<Problem> {
    let problem = |slot: &str, position: &str| {
        Problem::at_slot(
            slot,
            format!(
                "`{{{slot}}}` stands in the {position} of a URL, where its value could lead to another site: write \
                 slots only in the path, the query or the fragment"
            ),
        )
    };
    let number = |at: usize| url[..at].matches(SLOT).count();
    let slot = |at: usize| slots.get(number(at)).copied().unwrap_or_default();
    let Some(range) = authority(url).filter(|range| !url[..range.start].contains(SLOT)) else {
        let at = url.find(SLOT)?;
        return Some(if at == 0 && !url[1..].starts_with("://") {
            let slot = slot(at);
            Problem::at_slot(
                slot,
                format!(
                    "`{{{slot}}}` is the beginning of a URL, where its value could lead to another site: write the \
                     scheme and the host, such as `https://example.com/{{{slot}}}`, or put the whole URL into a field \
                     of type `Url`"
                ),
            )
        } else {
            problem(slot(at), "scheme")
        });
    };
    let at = range.start + url[range.clone()].find(SLOT)?;
    let position = if url[at..range.end].contains('@') {
        "user name"
    } else if url[range.start..at].contains(':') {
        "port"
    } else {
        "host"
    };
    Some(problem(slot(at), position))
}

fn text_and_slots(text: &str, pieces: &mut Vec<UrlPiece>) {
    for (index, text) in text.split(SLOT).enumerate() {
        if index > 0 {
            pieces.push(UrlPiece::Slot);
        }
        match pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(UrlPiece::Text(last)) => last.push_str(text),
            _ => pieces.push(UrlPiece::Text(text.to_owned())),
        }
    }
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
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '#' | SLOT))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_that_could_lead_elsewhere_are_refused() {
        for (url, position) in [
            ("\u{1}://e.com/", "scheme"),
            ("\u{1}/x", "beginning"),
            ("ht\u{1}://e.com/", "scheme"),
            ("https://\u{1}.e.com/x", "host"),
            ("https://e.com\u{1}", "host"),
            ("https://e.com\u{1}/x", "host"),
            ("https://e.com:80\u{1}/x", "port"),
            ("https://\u{1}@e.com/x", "user name"),
            ("https://u:\u{1}@e.com/x", "user name"),
        ] {
            let problem = url_pieces(url, &["v"]).unwrap_err();
            assert!(problem.message.starts_with("`{v}` "), "{url:?}: {problem}");
            assert!(problem.message.contains(position), "{url:?}: {problem}");
        }
        assert!(url_pieces("https://a/\u{1}/\u{1}@:?\u{1}#\u{1}", &["a", "b", "c", "d"]).is_ok());
    }

    #[test]
    fn segments_that_values_alone_could_make_dots_are_marked() {
        use UrlPiece::{SegmentEnd, SegmentStart, Slot, Text};

        let text = |text: &str| Text(text.to_owned());
        let pieces = url_pieces("https://e.com/../v\u{1}/\u{1}.\u{1}?a=\u{1}/\u{1}", &["x"; 5]).unwrap();
        let expected = [
            text("https://e.com/../v"),
            Slot,
            text("/"),
            SegmentStart,
            Slot,
            text("."),
            Slot,
            SegmentEnd,
            text("?a="),
            Slot,
            text("/"),
            Slot,
        ];
        assert_eq!(pieces, expected);
        // A value could complete `&lt;`, which Markdown would render as `<`.
        assert_eq!(
            url_pieces("https://e.com/?a&\u{1};", &["x"]).unwrap(),
            [text("https://e.com/?a&"), Slot, text("%3B")]
        );
    }

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
