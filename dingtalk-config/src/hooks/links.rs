//! Links in payloads: what proves a right is cut, and addresses that only the sender can reach are replaced.

use std::{borrow::Cow, sync::Arc};

use serde_json::Value;

use crate::{Wording, section::Section};

/// Keys of a query whose values prove a right, in lower case.
const PROOFS: &[&str] = &[
    "access_key",
    "accesskey",
    "apikey",
    "api_key",
    "api-key",
    "auth",
    "authorization",
    "jwt",
    "key",
    "passwd",
    "pwd",
    "sig",
    "sign",
];

/// Parts of such keys.
const PROVING: &[&str] =
    &["signature", "token", "secret", "password", "credential", "accesskeyid", "api_key", "apikey"];

/// Replacements of origins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Links(Arc<Vec<(Origin, String)>>);

/// Scheme, host and port of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    is_https: bool,
    host: String,
    port: u16,
}

impl Links {
    /// Reads the table `links`: origins, each with the one that takes its place.
    pub(crate) fn read(mut section: Section<'_>) -> Self {
        let mut links = Vec::new();
        for written in section.keys() {
            let from = section.check(&written, exact(&written));
            let Some(text) = section.text(&written) else { continue };
            let to = section.check(&written, exact(&text));
            if let (Some(from), Some(_)) = (from, to) {
                links.push((from, text.trim_end_matches('/').to_owned()));
            }
        }
        section.finish();
        Self(Arc::new(links))
    }

    /// Changes the links in a value.
    pub(super) fn apply(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(changed) = self.in_text(text) {
                    *text = changed;
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|value| self.apply(value)),
            Value::Object(map) => map.values_mut().for_each(|value| self.apply(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Changes the links in a text.
    pub(super) fn in_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut changed = String::new();
        let mut rest = text;
        while let Some((start, end)) = next_link(rest) {
            changed.push_str(&rest[..start]);
            changed.push_str(&self.link(&rest[start..end]));
            rest = &rest[end..];
        }
        if changed.is_empty() || changed.len() + rest.len() == text.len() && text.starts_with(&changed) {
            return Cow::Borrowed(text);
        }
        changed.push_str(rest);
        Cow::Owned(changed)
    }

    fn link(&self, link: &str) -> String {
        let scheme = link.find("://").map_or(0, |at| at + 3);
        let end = link[scheme..].find(['/', '?', '#', '\\']).map_or(link.len(), |at| scheme + at);
        // Whatever precedes the last `@` is no part of the host.
        let authority = link[scheme..end].rsplit('@').next().unwrap_or_default();
        let bare = format!("{}{authority}", &link[..scheme]);
        let target = Origin::read(&bare)
            .and_then(|origin| self.0.iter().find(|(from, _)| *from == origin).map(|(_, to)| to.clone()));
        target.unwrap_or(bare) + &without_proofs(&link[end..])
    }
}

/// Finds the next link: its beginning and its end.
fn next_link(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find("://")?;
        let head = &text[..at];
        let start = ["https", "http"].iter().find_map(|scheme| {
            let start = at.checked_sub(scheme.len())?;
            head.get(start..)?.eq_ignore_ascii_case(scheme).then_some(start)
        });
        if let Some(start) = start {
            let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`');
            let end = text[at..].find(ends).map_or(text.len(), |length| at + length);
            return Some((start, end));
        }
        from = at + 3;
    }
}

/// Returns the path, query and fragment without the pairs that prove a right.
fn without_proofs(rest: &str) -> String {
    let (before, fragment) = match rest.split_once('#') {
        Some((before, fragment)) => (before, Some(fragment)),
        None => (rest, None),
    };
    let mut kept = match before.split_once('?') {
        Some((path, query)) => path.to_owned() + &query_of('?', query),
        None => before.to_owned(),
    };
    match fragment.map(|fragment| fragment.split_once('?').ok_or(fragment)) {
        None => {}
        Some(Ok((path, query))) => kept.push_str(&format!("#{path}{}", query_of('?', query))),
        // Tokens that a browser keeps to itself are pairs, too.
        Some(Err(fragment)) if fragment.contains('=') => kept.push_str(&query_of('#', fragment)),
        Some(Err(fragment)) => kept.push_str(&format!("#{fragment}")),
    }
    kept
}

fn query_of(mark: char, query: &str) -> String {
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_proof(pair)).collect();
    if kept.is_empty() { String::new() } else { format!("{mark}{}", kept.join("&")) }
}

fn is_proof(pair: &str) -> bool {
    let key = pair.split('=').next().unwrap_or_default();
    let key = unescaped(key).to_ascii_lowercase();
    PROOFS.contains(&key.as_str()) || PROVING.iter().any(|part| key.contains(part))
}

/// Replaces `%XX`, so that an escaped key is the same key.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => {
                std::str::from_utf8(&[*high, *low]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
            }
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Origin {
    /// Reads an origin without anything after it.
    fn read(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let is_https = scheme.eq_ignore_ascii_case("https");
        if !is_https && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let port = match port {
            None | Some("") => {
                if is_https {
                    443
                } else {
                    80
                }
            }
            Some(port) => port.parse().ok()?,
        };
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        let is_host = !host.is_empty() && host.chars().all(fits);
        is_host.then(|| Self { is_https, host: host.to_lowercase(), port })
    }
}

/// Reads an origin of the file.
fn exact(text: &str) -> Result<Origin, Wording> {
    Origin::read(text.strip_suffix('/').unwrap_or(text)).ok_or_else(|| {
        Wording::new(
            format!(
                "invalid origin {text:?}; expected a scheme and a host, and a port if it is not the usual one, such as \
                 `https://prometheus.example.com`"
            ),
            format!("来源 {text:?} 无效；应为协议和主机，端口不是默认值时加端口，例如 `https://prometheus.example.com`"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        let mut faults = Vec::new();
        let table = "\"http://prometheus-0:9090\" = \"https://prom.example.com/\"\n\"http://alertmanager\" = \
                     \"https://alerts.example.com:8443\"";
        let links = Links::read(Section::new("links", table.parse().unwrap(), &mut faults));
        assert!(faults.is_empty(), "{faults:?}");
        links
    }

    #[test]
    fn nothing_in_a_link_proves_a_right() {
        for (link, kept) in [
            ("https://user:pass@grafana.example.com/d/1", "https://grafana.example.com/d/1"),
            ("https://u@evil@host/", "https://host/"),
            ("http://h/a?sig=x&b=1", "http://h/a?b=1"),
            ("http://h/a?X-Amz-Signature=x&X-Amz-Credential=y", "http://h/a"),
            ("http://h/a?b=1&%73ig=x#top", "http://h/a?b=1#top"),
            ("http://h/#/alerts?receiver=ops&token=t", "http://h/#/alerts?receiver=ops"),
            ("http://h/cb#access_token=t&state=1", "http://h/cb#state=1"),
            ("see (HTTPS://A:B@h/x?Token=1) now", "see (HTTPS://h/x now"),
            ("http://h/graph?g0.expr=up%3D%3D0&g0.tab=1", "http://h/graph?g0.expr=up%3D%3D0&g0.tab=1"),
            ("no link: ftp://a@b, a://b, mail a@b", "no link: ftp://a@b, a://b, mail a@b"),
            ("", ""),
        ] {
            assert_eq!(links().in_text(link), kept, "{link}");
        }
    }

    #[test]
    fn one_exact_origin_takes_the_place_of_another() {
        for (link, shown) in [
            ("http://prometheus-0:9090/graph?a=1", "https://prom.example.com/graph?a=1"),
            ("HTTP://Prometheus-0:9090", "https://prom.example.com"),
            ("http://u:p@prometheus-0:9090/x", "https://prom.example.com/x"),
            ("http://alertmanager:80/#/alerts", "https://alerts.example.com:8443/#/alerts"),
            (
                "a http://alertmanager b http://alertmanager/ c",
                "a https://alerts.example.com:8443 b https://alerts.example.com:8443/ c",
            ),
            ("http://prometheus-0:9091/x", "http://prometheus-0:9091/x"),
            ("https://prometheus-0:9090/x", "https://prometheus-0:9090/x"),
            ("http://prometheus-0:9090.evil.example/x", "http://prometheus-0:9090.evil.example/x"),
            ("http://prometheus-0:9090@evil.example/x", "http://evil.example/x"),
            ("http://prometheus-0:9090\\@evil.example/x", "https://prom.example.com\\@evil.example/x"),
        ] {
            assert_eq!(links().in_text(link), shown, "{link}");
        }
        let mut value = serde_json::json!(["http://alertmanager/a", {"b": "http://alertmanager/b"}, 1]);
        links().apply(&mut value);
        assert_eq!(value[1]["b"], "https://alerts.example.com:8443/b");
    }

    #[test]
    fn an_origin_has_nothing_after_it() {
        for text in [
            "prometheus:9090",
            "http://h/path",
            "http://u@h",
            "ftp://h",
            "http://",
            "http://h:x",
            "http://h?a",
        ] {
            assert!(exact(text).is_err(), "{text}");
        }
        assert!(exact("https://[::1]:9090").is_ok() && exact("http://h/").is_ok());
    }
}
