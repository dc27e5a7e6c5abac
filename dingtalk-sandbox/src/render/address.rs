//! Addresses in messages: which of them a page may open or load.

/// Returns the address if a click may open it: `http`, `https` and `dingtalk`.
pub(crate) fn opens(url: &str) -> bool {
    has_scheme(url, &["http://", "https://", "dingtalk://"])
}

/// Reports whether a page may load this address as a picture.
pub(crate) fn loads(url: &str) -> bool {
    has_scheme(url, &["http://", "https://"])
}

fn has_scheme(url: &str, schemes: &[&str]) -> bool {
    let begins =
        |scheme: &&str| url.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    // A browser drops tabs and line breaks, and takes `\` for `/`: such an address is not what it seems.
    let is_plain = !url.chars().any(|c| c.is_control() || c == '\\');
    is_plain && schemes.iter().any(begins)
}

/// Returns the host of an address, or the whole address if it has none.
pub(crate) fn host(url: &str) -> &str {
    let Some((_, rest)) = url.split_once("://") else { return url };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.is_empty() { url } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_schemes_open() {
        for url in ["http://a.example", "HTTPS://a.example/x", "dingtalk://dingtalkclient/page/link?url=x"] {
            assert!(opens(url), "{url}");
        }
        for url in [
            "javascript:alert(1)",
            " javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "//a.example",
            "/x",
            "http:a",
            "https://a.example\\@b.example",
            "http\t://a.example",
            "",
        ] {
            assert!(!opens(url), "{url}");
        }
        assert!(!loads("dingtalk://x") && !loads("data:image/png;base64,x"));
    }

    #[test]
    fn the_host_is_what_a_browser_would_ask() {
        assert_eq!(host("https://user:secret@a.example:8080/x?y#z"), "a.example:8080");
        assert_eq!(host("https://a.example?x=https://b.example"), "a.example");
        assert_eq!(host("@media-id"), "@media-id");
    }
}
