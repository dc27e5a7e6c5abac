//! Links that DingTalk opens.

use std::{fmt, str::FromStr};

use dingtalk_template::{encode_url, encode_value, url_host, url_problem};

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

    /// Appends a parameter to the query, before the fragment. Name and value are percent-encoded, so any text arrives
    /// unchanged. A parameter that the query has already stays.
    ///
    /// ```
    /// use dingtalk_core::Url;
    ///
    /// let dashboard = Url::new("https://example.com/d/7?from=now#panel")?.with_query("host", "web 3&4");
    /// assert_eq!(dashboard.as_str(), "https://example.com/d/7?from=now&host=web%203%264#panel");
    /// # Ok::<(), dingtalk_core::message::ParseUrlError>(())
    /// ```
    #[must_use]
    pub fn with_query(mut self, name: impl AsRef<str>, value: impl fmt::Display) -> Self {
        let fragment = self.0.find('#').map(|at| self.0.split_off(at)).unwrap_or_default();
        match self.0.split_once('?') {
            None => self.0.push('?'),
            Some((_, query)) if query.is_empty() || query.ends_with('&') => {}
            Some(_) => self.0.push('&'),
        }
        encode_value(&mut self.0, name.as_ref());
        self.0.push('=');
        encode_value(&mut self.0, &value.to_string());
        self.0.push_str(&fragment);
        self
    }

    /// Returns a link that opens this page in the browser. On a computer, DingTalk opens other links in its side bar
    /// by default. A `dingtalk` link is returned unchanged.
    ///
    /// Source: the page on link schemes of open.dingtalk.com, which documents `pc_slide`. It was not tried with a
    /// client of each system.
    ///
    /// ```
    /// use dingtalk_core::Url;
    ///
    /// let page = Url::new("https://example.com/a?b=c")?.in_browser();
    /// assert_eq!(
    ///     page.as_str(),
    ///     "dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fexample.com%2Fa%3Fb%3Dc&pc_slide=false"
    /// );
    /// assert_eq!(page.clone().in_browser(), page);
    /// # Ok::<(), dingtalk_core::message::ParseUrlError>(())
    /// ```
    #[must_use]
    pub fn in_browser(self) -> Self {
        let is_own =
            self.0.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("dingtalk"));
        if is_own {
            return self;
        }
        Self("dingtalk://dingtalkclient/page/link".to_owned())
            .with_query("url", self)
            .with_query("pc_slide", false)
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
    fn a_parameter_is_appended_to_the_query() {
        for (url, with) in [
            ("https://e.com", "https://e.com?a%3D=%23"),
            ("https://e.com/?", "https://e.com/?a%3D=%23"),
            ("https://e.com/?b&", "https://e.com/?b&a%3D=%23"),
            ("https://e.com/x?a=1#f?g", "https://e.com/x?a=1&a%3D=%23#f?g"),
            ("https://e.com/#", "https://e.com/?a%3D=%23#"),
        ] {
            let with_query = Url::new(url).unwrap().with_query("a=", '#');
            assert_eq!(with_query.as_str(), with);
            assert_eq!(Url::new(with_query.as_str()).unwrap(), with_query);
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
