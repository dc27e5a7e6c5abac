//! Links that DingTalk opens.

use std::{fmt, str::FromStr};

use dingtalk_template::SCHEMES;

/// A URL that a DingTalk client opens: `http`, `https`, or one of DingTalk's own `dingtalk` links.
///
/// Characters that would end a link in Markdown are percent-encoded; all others stay as written.
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
        let wrong = |problem| Err(ParseUrlError { problem });
        let Some((scheme, rest)) = text.split_once("://") else {
            return wrong("expected a full URL such as https://example.com/page");
        };
        if !SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return wrong("DingTalk opens only http, https and dingtalk links");
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return wrong("a URL must not contain white space; write %20");
        }
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.is_empty() {
            return wrong("the URL has no host");
        }
        let mut encoded = String::with_capacity(text.len());
        for (at, c) in text.char_indices() {
            match c {
                '(' | ')' | '<' | '>' | '"' | '\\' | '`' | '^' | '{' | '|' | '}' => {
                    encoded.push('%');
                    encoded.push_str(&format!("{:02X}", u32::from(c)));
                }
                // Markdown would render `&copy;` as one character.
                ';' if ends_entity(&text[..at]) => encoded.push_str("%3B"),
                c => encoded.push(c),
            }
        }
        Ok(Self(encoded))
    }

    /// Returns the URL as DingTalk receives it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reports whether a semicolon after the text would complete an HTML entity.
fn ends_entity(text: &str) -> bool {
    text.rsplit_once('&').is_some_and(|(_, name)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
    })
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
            "HTTP://example.com/中文?a=b&c=d#e",
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
    fn markdown_cannot_be_ended_from_within() {
        assert_eq!(
            Url::new("https://e.com/a)b`c<d>\\?x=1&copy;2&y=;").unwrap().as_str(),
            "https://e.com/a%29b%60c%3Cd%3E%5C?x=1&copy%3B2&y=;"
        );
    }
}
