//! Delivery options of a notification: its urgency, its subject, its line in a digest, and limits on repetitions.

use std::time::Duration;

use super::Shown;
use crate::Template;

/// Delivery options as they are declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryRules {
    /// True if the message is sent before those that are not urgent.
    pub urgent: bool,
    /// Template of the subject, by which waiting messages are merged.
    pub group: Option<String>,
    /// Template of the line that represents the message in a digest.
    pub digest: Option<String>,
    /// Suppression of equal messages.
    pub dedupe: Option<DedupeRule>,
    /// Limit on the number of messages.
    pub throttle: Option<ThrottleRule>,
}

/// Compiled delivery options.
#[derive(Debug, Clone)]
pub struct DeliveryTemplates {
    /// True if the message is sent before those that are not urgent.
    pub urgent: bool,
    /// The subject.
    pub group: Option<Template>,
    /// The line in a digest.
    pub digest: Option<Template>,
    /// Span in which an equal message is suppressed.
    pub dedupe: Option<Duration>,
    /// Limit on the number of messages.
    pub throttle: Option<ThrottleTemplates>,
    /// Values that the slots show, by index.
    pub values: Vec<Shown>,
}

/// A compiled limit on the number of messages.
#[derive(Debug, Clone)]
pub struct ThrottleTemplates {
    /// Maximum number of messages in a span.
    pub limit: u32,
    /// Length of the span.
    pub span: Duration,
    /// Fields by which messages are counted, each with a template that shows it.
    pub by: Vec<(String, Template)>,
}

/// Suppression of equal messages: `same for 10m`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DedupeRule {
    /// Span in which an equal message is suppressed.
    pub span: Duration,
}

/// Limit on the number of messages: `1 per 10m by host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThrottleRule {
    /// Maximum number of messages in a span.
    pub limit: u32,
    /// Length of the span.
    pub span: Duration,
    /// Names of the fields by which messages are counted; empty if all count together.
    pub by: Vec<String>,
}

impl DeliveryRules {
    /// Returns the keys that are set.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        [
            ("urgent", self.urgent),
            ("group", self.group.is_some()),
            ("digest", self.digest.is_some()),
            ("dedupe", self.dedupe.is_some()),
            ("throttle", self.throttle.is_some()),
        ]
        .into_iter()
        .filter_map(|(key, is_set)| is_set.then_some(key))
    }
}

impl DedupeRule {
    /// Parses `same for 10m`.
    ///
    /// ```
    /// use dingtalk_template::declaration::DedupeRule;
    ///
    /// assert_eq!(DedupeRule::parse("same for 1h30m")?.span.as_secs(), 5400);
    /// assert!(DedupeRule::parse("10m").is_err());
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the problem and its fix.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            ["same", "for", span_text] => Ok(Self { span: span(span_text)? }),
            _ => Err("expected `same for` and a span, as in `\"same for 10m\"`".to_owned()),
        }
    }
}

impl ThrottleRule {
    /// Parses `1 per 10m` or `1 per 10m by host, disk`.
    ///
    /// ```
    /// use dingtalk_template::declaration::ThrottleRule;
    ///
    /// let rule = ThrottleRule::parse("3 per 10m by host, disk")?;
    /// assert_eq!((rule.limit, rule.span.as_secs()), (3, 600));
    /// assert_eq!(rule.by, ["host", "disk"]);
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the problem and its fix.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || {
            "expected a number of messages, `per` and a span, as in `\"1 per 10m\"` or `\"1 per 10m by host\"`"
                .to_owned()
        };
        let mut words = text.splitn(4, char::is_whitespace).map(str::trim);
        let (Some(limit), Some("per"), Some(span_text)) = (words.next(), words.next(), words.next()) else {
            return Err(expected());
        };
        let limit: u32 = limit.parse().map_err(|_| expected())?;
        if limit == 0 {
            return Err("a limit of 0 would send nothing: write `1` or more".to_owned());
        }
        let by = match words.next() {
            None => Vec::new(),
            Some(rest) => {
                let names = rest.strip_prefix("by").filter(|names| names.starts_with(char::is_whitespace));
                names.ok_or_else(expected)?.split(',').map(|name| name.trim().to_owned()).collect()
            }
        };
        // throttle = "1 per 10m by {host}"
        if by.iter().any(|name| name.starts_with('{')) {
            return Err("`by` takes names of fields, which have no braces: write `by host`".to_owned());
        }
        match by.iter().find(|name| name.is_empty() || name.contains(char::is_whitespace)) {
            Some(_) => {
                Err("`by` takes names of fields with commas between them, as in `by host, disk`".to_owned())
            }
            None => Ok(Self { limit, span: span(span_text)?, by }),
        }
    }
}

/// Parses a span: numbers with `s`, `m`, `h` or `d`, as in `1h30m`.
///
/// # Errors
///
/// Returns the problem and its fix.
pub fn span(text: &str) -> Result<Duration, String> {
    let problem = || {
        format!(
            "`{text}` is not a span: write a whole number with `s`, `m`, `h` or `d`, as in `30s` or `10m`"
        )
    };
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest[..digits].parse().map_err(|_| problem())?;
        let mut further = rest[digits..].chars();
        let unit = match further.next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            _ => return Err(problem()),
        };
        rest = further.as_str();
        let part = number.checked_mul(unit);
        seconds = part.and_then(|part| seconds.checked_add(part)).ok_or_else(problem)?;
    }
    if seconds == 0 || seconds > 366 * 86_400 {
        return Err(format!("`{text}` is no span for this: write at least `1s`, and at most `366d`"));
    }
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_rules_are_explained() {
        for (text, problem) in [
            ("10m", "expected `same for`"),
            ("same for", "expected `same for`"),
            ("same for 10 m", "expected `same for`"),
            ("same for ten", "`ten` is not a span"),
            ("same for 10", "`10` is not a span"),
            ("same for 1.5h", "`1.5h` is not a span"),
            ("same for 10min", "`10min` is not a span"),
            ("same for 0s", "at least `1s`"),
            ("same for 99999d", "at most `366d`"),
            ("same for 99999999999999999999s", "is not a span"),
        ] {
            let error = DedupeRule::parse(text).unwrap_err();
            assert!(error.contains(problem), "{text:?}: {error}");
        }
        for (text, problem) in [
            ("", "expected a number"),
            ("1", "expected a number"),
            ("1 in 10m", "expected a number"),
            ("one per 10m", "expected a number"),
            ("-1 per 10m", "expected a number"),
            ("0 per 10m", "a limit of 0"),
            ("1 per 10", "`10` is not a span"),
            ("1 per 10m for host", "expected a number"),
            ("1 per 10m byhost", "expected a number"),
            ("1 per 10m by host disk", "commas between"),
            ("1 per 10m by host,", "commas between"),
            ("1 per 10m by {host}", "no braces"),
        ] {
            let error = ThrottleRule::parse(text).unwrap_err();
            assert!(error.contains(problem), "{text:?}: {error}");
        }
        assert_eq!(ThrottleRule::parse("2 per 1d").unwrap().by, [""; 0]);
    }
}
