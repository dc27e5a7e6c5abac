//! Links that DingTalk opens.

use std::{fmt, str::FromStr};

use dingtalk_template::{encode_url, url_host, url_problem};

/// A URL that a DingTalk client opens: `http`, `https`, or one of DingTalk's own `dingtalk` links.
///
/// Characters outside ASCII, and those that would end a link in Markdown, are percent-encoded; a host outside ASCII is
/// converted by IDNA, for which the feature `robot` or `url` is required. Invisible characters, a user name or a
/// password, an invalid host, port or `%` are errors.
///
/// ```
/// use dingtalk_core::Url;
///
/// assert_eq!(Url::new("https://example.com/a(1)")?.as_str(), "https://example.com/a%281%29");
/// assert!(Url::new("javascript:alert(1)").is_err());
/// # Ok::<(), dingtalk_core::message::ParseUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Url(String);

/// A text that is not a URL that DingTalk opens.
#[derive(Clone, PartialEq, Eq)]
pub struct ParseUrlError {
    problem: &'static str,
}

impl Url {
    /// Parses a URL. Surrounding white space is removed.
    pub fn new(text: impl AsRef<str>) -> Result<Self, ParseUrlError> {
        let text = text.as_ref().trim();
        if let Some(problem) = url_problem(text) {
            return Err(ParseUrlError { problem });
        }
        let mut url = encode_url(text);
        if let Some(host) = url_host(&url).filter(|host| !url[host.clone()].is_ascii()) {
            let ascii = ascii_host(&url[host.clone()]).map_err(|problem| ParseUrlError { problem })?;
            url.replace_range(host, &ascii);
        }
        Ok(Self(url))
    }

    /// Returns the URL as DingTalk receives it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the ASCII form of an internationalized host, by IDNA.
#[cfg(any(feature = "robot", feature = "url"))]
fn ascii_host(host: &str) -> Result<String, &'static str> {
    match ::url::Host::parse(host) {
        Ok(host) => Ok(host.to_string()),
        Err(_) => Err("the URL has an invalid host"),
    }
}

/// The tables of IDNA are larger than the rest of this crate without its features.
#[cfg(not(any(feature = "robot", feature = "url")))]
fn ascii_host(_: &str) -> Result<String, &'static str> {
    Err("write the host in its ASCII form, which begins with xn--; the feature `url` converts it")
}

impl From<Url> for String {
    fn from(url: Url) -> Self {
        url.0
    }
}

#[cfg(feature = "url")]
impl TryFrom<::url::Url> for Url {
    type Error = ParseUrlError;

    fn try_from(url: ::url::Url) -> Result<Self, ParseUrlError> {
        Self::new(url.as_str())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Url {
    type Err = ParseUrlError;

    fn from_str(text: &str) -> Result<Self, ParseUrlError> {
        Self::new(text)
    }
}

impl fmt::Display for ParseUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem)
    }
}

impl std::error::Error for ParseUrlError {}

crate::debug::debug_as_display!(ParseUrlError { problem });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_dingtalk_opens_are_urls() {
        for fine in [
            "https://example.com",
            "HTTP://example.com/%E4%B8%AD?a=b&c=d#e",
            "dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fexample.com&pc_slide=false",
        ] {
            assert_eq!(Url::new(fine).unwrap().as_str(), fine);
        }
        for wrong in ["", "example.com", "javascript://x", "https://", "https:///path", "https://a b", "//a"]
        {
            assert!(Url::new(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn characters_outside_ascii_are_encoded() {
        assert_eq!(
            Url::new("https://e.com/中文?é").unwrap().as_str(),
            "https://e.com/%E4%B8%AD%E6%96%87?%C3%A9"
        );
        let host = Url::new("https://例子.中国:8080/x");
        if cfg!(any(feature = "robot", feature = "url")) {
            assert_eq!(host.unwrap().as_str(), "https://xn--fsqu00a.xn--fiqs8s:8080/x");
            assert!(Url::new("https://a。b中/").unwrap().as_str().starts_with("https://a.xn--"));
            assert!(Url::new("https://\u{fdd0}.cn/").is_err());
        } else {
            assert!(host.unwrap_err().to_string().contains("xn--"));
        }
    }

    #[test]
    fn markdown_cannot_be_ended_from_within() {
        assert_eq!(
            Url::new("https://e.com/a)b`c<d>\\?x=1&copy;2&y=;").unwrap().as_str(),
            "https://e.com/a%29b%60c%3Cd%3E%5C?x=1&copy%3B2&y=;"
        );
    }
}
