//! Hosts that the links of a message open.

use dingtalk_core::Message;
use url::Url;

/// Maximum length of a host, in characters. The end of a longer one is shown: it says who owns the host.
const MAX_HOST: usize = 64;

/// Returns the distinct hosts that the links of a message open: first those of its fields, then those in its text.
pub(super) fn hosts(message: &Message) -> Vec<String> {
    let (urls, text) = match message {
        Message::Text(text) => (Vec::new(), &*text.content),
        Message::Markdown(markdown) => (Vec::new(), &*markdown.text),
        Message::Link(link) => {
            (std::iter::once(&*link.url).chain(link.picture.as_deref()).collect(), &*link.text)
        }
        Message::ActionCard(card) => {
            (card.buttons.as_slice().iter().map(|button| &*button.url).collect(), &*card.text)
        }
        Message::FeedCard(card) => {
            let urls = card.items.iter().flat_map(|item| [&*item.url, &*item.picture]);
            // Uploaded media have an id instead of a URL.
            (urls.filter(|url| !url.starts_with('@')).collect(), "")
        }
        _ => (Vec::new(), ""),
    };
    let mut hosts = Vec::new();
    for host in urls.into_iter().chain(destinations(text)).flat_map(hosts_of) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

/// Returns the host of a URL, and those of the URLs that it hands on: DingTalk's own links open another page. A
/// destination that is no URL is returned as it is, since a client may still open it.
pub(super) fn hosts_of(destination: &str) -> Vec<String> {
    let Ok(url) = Url::parse(destination) else {
        return vec![ending(destination)];
    };
    let mut hosts = vec![url.host_str().map_or_else(|| ending(destination), ending)];
    if url.scheme() == "dingtalk" {
        let inner = url.query_pairs().filter_map(|(_, value)| Url::parse(&value).ok());
        hosts.extend(inner.filter_map(|url| url.host_str().map(ending)));
    }
    hosts
}

/// Returns the end of a text that is longer than a host that people can read.
fn ending(text: &str) -> String {
    match text.char_indices().nth_back(MAX_HOST - 1) {
        Some((at, _)) if at > 0 => format!("…{}", &text[at..]),
        _ => text.to_owned(),
    }
}

/// Returns the destinations of links in a text: everything with a scheme, and what stands at the place of a
/// destination in Markdown.
fn destinations(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find([':', ']', 'w', 'W']) {
        let (before, from) = rest.split_at(at);
        let start = if let Some(after) = from.strip_prefix(':').filter(|after| after.starts_with(['/', '\\']))
        {
            let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
            let scheme = before.len() - before.chars().rev().take_while(|c| is_scheme(*c)).count();
            before[scheme..].starts_with(|c: char| c.is_ascii_alphabetic()).then_some((scheme, after))
        } else if let Some(after) = from.strip_prefix("](").or_else(|| from.strip_prefix("]:")) {
            let after = after.trim_start().trim_start_matches('<');
            Some((rest.len() - after.len(), after))
        } else {
            let is_www = from.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
            (is_www && !before.ends_with(|c: char| c.is_ascii_alphanumeric())).then(|| (at, &from[1..]))
        };
        let Some((start, after)) = start else {
            rest = &from[1..];
            continue;
        };
        let length = after.find(is_after_destination).unwrap_or(after.len());
        let end = rest.len() - after.len() + length;
        if start < end {
            found.push(&rest[start..end]);
        }
        rest = &rest[end..];
    }
    found
}

fn is_after_destination(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, ')' | '<' | '>' | '"' | '\'' | '`' | '|' | ']')
        || matches!(c, '，' | '。' | '；' | '、' | '）' | '”' | '》' | '」' | '！' | '？')
}

#[cfg(test)]
mod tests {
    use dingtalk_core::message::{Button, Buttons};

    use super::*;

    #[test]
    fn the_host_is_the_one_that_a_browser_opens() {
        for (url, expected) in [
            ("https://good.example@evil.example/a", "evil.example"),
            ("https:\\\\evil.example\\a", "evil.example"),
            ("HTTPS:/evil.example/a", "evil.example"),
            ("https://EVIL.example:8443/", "evil.example"),
            ("https://例子.example/", "xn--fsqu00a.example"),
            ("https://[::1]/", "[::1]"),
            ("https://good.example%2eevil.example/", "good.example.evil.example"),
            ("mailto:a@b.example", "mailto:a@b.example"),
            ("//evil.example/a", "//evil.example/a"),
            ("https&#58;//evil.example", "https&#58;//evil.example"),
        ] {
            assert_eq!(hosts_of(url), [expected], "{url}");
        }
        let long = format!("https://{}evil.example/", "good.".repeat(20));
        assert!(hosts_of(&long)[0].ends_with("good.evil.example"));
        assert_eq!(hosts_of(&long)[0].chars().count(), MAX_HOST + 1);
        let page = "dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fevil.example%2Fa&pc_slide=true";
        assert_eq!(hosts_of(page), ["dingtalkclient", "evil.example"]);
    }

    #[test]
    fn links_are_found_wherever_a_client_may_see_one() {
        let text = "见https://a.example/x，[here](https://b.example/y \"t\") <http://c.example> \
                    ![](//d.example/p.png) [x]: <https:e.example> (ftp://f.example) WWW.g.example dingtalk://h?url=http://i.example";
        let message = Message::markdown("t", text);
        let expected = [
            "a.example",
            "b.example",
            "c.example",
            "//d.example/p.png",
            "e.example",
            "f.example",
            "WWW.g.example",
            "h",
            "i.example",
        ];
        assert_eq!(hosts(&message), expected);
        assert_eq!(hosts(&Message::text("at 12:30, [1]: x/y, ratio 1:/2, w")), ["x/y,"]);
        assert!(hosts(&Message::text("Disk is full: 97 %, see [1]")).is_empty());
    }

    #[test]
    fn every_field_with_a_url_counts() {
        let button = |url: &str| Button::new("Yes", dingtalk_core::Url::new(url).unwrap());
        let buttons = Buttons::Several(vec![button("https://a.example"), button("https://b.example")]);
        let card = Message::action_card("t", "https://c.example https://a.example/2", buttons);
        assert_eq!(hosts(&card), ["a.example", "b.example", "c.example"]);
    }
}
