//! Why a message was not delivered, or may not have been.

use std::{borrow::Cow, fmt, time::Duration};

use super::{
    advice::{Language, advice, advice_for_the_rest, summary},
    error_kind::{ErrorKind, Retry},
};
use crate::message::Invalid;

/// Why a message was not delivered, or, for [`ErrorKind::Unknown`], may not have been.
///
/// `Display` is [what happened](Self::detail) followed by [the advice](Self::advice). `Debug` prints the same, so that an
/// error returned from `main` reads well; `{:#?}` shows the fields. No part of an error holds the access token, the secret,
/// a signature or the address that was called: a server's own words are cleaned of them before they are kept.
///
/// ```
/// use dingtalk_core::{
///     Error, ErrorKind,
///     delivery::{Language, Retry},
/// };
///
/// let error = Error::new(ErrorKind::NotSent, "connection refused");
/// assert_eq!(error.retry(), Retry::Safe);
/// assert_eq!(error.detail(), "the message was not sent (connection refused)");
/// assert_eq!(error.to_string(), format!("{}. {}", error.detail(), error.advice(Language::En)));
/// assert!(error.advice(Language::Zh).contains("网络"));
/// ```
#[derive(Clone)]
pub struct Error(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    kind: ErrorKind,
    cause: Cow<'static, str>,
    /// Faults of settings are for the person who made them.
    chinese_cause: Option<Cow<'static, str>>,
    code: Option<i64>,
    server_message: Option<String>,
    id: Option<String>,
    invalid: Option<Invalid>,
    attempts: u32,
    retry_after: Option<Duration>,
    parts: Vec<String>,
    delivered: usize,
    open: bool,
}

impl Error {
    /// An error with its cause in a few words. The cause is shown to people: it must not hold a secret.
    pub fn new(kind: ErrorKind, cause: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Details {
            kind,
            cause: cause.into(),
            chinese_cause: None,
            code: None,
            server_message: None,
            id: None,
            invalid: None,
            attempts: 0,
            retry_after: None,
            parts: Vec::new(),
            delivered: 0,
            open: false,
        }))
    }

    pub(crate) fn configuration(cause: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Configuration, cause)
    }

    /// A fault of a setting, in both languages. `setting` is its name for the person who made it.
    pub(crate) fn of_setting(setting: &str, english: impl fmt::Display, chinese: impl fmt::Display) -> Self {
        Self::of_settings(format!("{setting}: {english}"), format!("{setting}：{chinese}"))
    }

    /// A fault of settings that the texts name themselves, in both languages.
    pub(crate) fn of_settings(english: String, chinese: String) -> Self {
        let mut error = Self::configuration(english);
        error.0.chinese_cause = Some(chinese.into());
        error
    }

    /// Replaces the kind, and keeps the cause.
    #[must_use]
    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Adds what the server said, already cleaned of secrets.
    #[must_use]
    pub(crate) fn with_answer(mut self, code: Option<i64>, server_message: Option<String>) -> Self {
        self.0.code = code;
        self.0.server_message = server_message;
        self
    }

    /// Adds how many requests were made.
    #[must_use]
    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Adds after how long another attempt makes sense.
    #[must_use]
    pub(crate) fn with_retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// Adds into which parts the message was split, and how many of them, from the first, were delivered.
    #[must_use]
    pub(crate) fn with_parts(mut self, parts: Vec<String>, delivered: usize) -> Self {
        self.0.delivered = delivered.min(parts.len());
        self.0.parts = parts;
        self
    }

    /// Adds that an earlier attempt ended in a way after which only the same id may be used.
    #[must_use]
    pub(crate) fn left_open(mut self, open: bool) -> Self {
        self.0.open |= open;
        self
    }

    /// Whether a robot may have the message, or a part of it: no other robot may be given it.
    pub(crate) fn may_have_arrived(&self) -> bool {
        self.0.open || self.0.delivered > 0 || self.0.kind.retry() == Retry::SameId
    }

    /// Adds words to the cause.
    #[must_use]
    pub(crate) fn with_remark(mut self, remark: &str) -> Self {
        self.0.chinese_cause = None;
        let cause = &mut self.0.cause;
        *cause = if cause.is_empty() { remark.to_owned() } else { format!("{cause}; {remark}") }.into();
        self
    }

    /// A failure that came after one which left it open whether the message arrived: it still is open.
    #[must_use]
    pub(crate) fn after_unknown(mut self, unknown: &Self) -> Self {
        if self.0.kind != ErrorKind::Unknown {
            let earlier = &unknown.0.cause;
            let later = summary(self.0.kind);
            let cause = if self.0.cause.is_empty() { String::new() } else { format!(" ({})", self.0.cause) };
            self.0.chinese_cause = None;
            self.0.cause = format!("{earlier}; after that, {later}{cause}").into();
            self.0.kind = ErrorKind::Unknown;
        }
        self
    }

    /// Adds the id of the envelope that failed.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.0.id = Some(id.into());
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether and how the message may be sent again: as its kind says ([`ErrorKind::retry`]), but never under another
    /// id once a part was delivered.
    pub fn retry(&self) -> Retry {
        match self.0.kind.retry() {
            Retry::Safe | Retry::AfterRest if self.0.delivered > 0 => Retry::SameId,
            retry => retry,
        }
    }

    /// What to do about it, in one or two sentences.
    pub fn advice(&self, language: Language) -> &'static str {
        if self.0.delivered > 0 && self.retry() == Retry::SameId {
            return advice_for_the_rest(language);
        }
        advice(self.0.kind, language)
    }

    /// What happened, in English, without the advice and without a full stop: the kind in words, the
    /// [cause](Self::cause), DingTalk's answer and the parts that were delivered, as far as they are known.
    pub fn detail(&self) -> String {
        Detail(self).to_string()
    }

    /// What is known beyond the kind, in English: `connection refused`. Empty where nothing is.
    pub fn cause(&self) -> &str {
        &self.0.cause
    }

    /// The [cause](Self::cause) in this language, as far as it is known: that of a setting is, all others are English.
    pub fn cause_in(&self, language: Language) -> &str {
        match (language, &self.0.chinese_cause) {
            (Language::Zh, Some(cause)) => cause,
            _ => &self.0.cause,
        }
    }

    /// DingTalk's `errcode`, if it answered with one.
    pub fn code(&self) -> Option<i64> {
        self.0.code
    }

    /// DingTalk's `errmsg`, if it answered with one: at most 300 characters, without secrets and control characters.
    pub fn server_message(&self) -> Option<&str> {
        self.0.server_message.as_deref()
    }

    /// The id of the envelope that failed: a repetition must carry the same one where [`Retry::SameId`] says so.
    pub fn id(&self) -> Option<&str> {
        self.0.id.as_deref()
    }

    /// How many requests were made. Before all but the last, the answer was one after which it makes sense to go on.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// After how long another attempt makes sense, where that is known: when the robot's rest ends, or when its rate
    /// would have had room.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The ids of the parts into which the message was split ([`Overflow::Split`](crate::delivery::Overflow::Split)); empty for a
    /// message in one piece, and where it failed before it was split.
    ///
    /// The same message under the same id is split into the same parts with the same ids. So repeating it is as safe as
    /// repeating one piece: DingTalk recognises what it has.
    pub fn parts(&self) -> &[String] {
        &self.0.parts
    }

    /// The ids of the parts that were delivered: the first of [`parts`](Self::parts). The one behind them is the one that
    /// failed; those behind it were not sent.
    pub fn delivered_parts(&self) -> &[String] {
        &self.0.parts[..self.0.delivered]
    }

    /// What is wrong with the notification's values, where that is the failure ([`ErrorKind::Invalid`]).
    pub fn invalid(&self) -> Option<&Invalid> {
        self.0.invalid.as_ref()
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        let mut error = Self::new(ErrorKind::Invalid, invalid.to_string());
        error.0.invalid = Some(invalid);
        error
    }
}

/// What happened, as text.
struct Detail<'a>(&'a Error);

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(error) = self;
        let Details { kind, cause, code, server_message, .. } = &*error.0;
        f.write_str(summary(*kind))?;
        if !cause.is_empty() {
            write!(f, " ({cause})")?;
        }
        match (code, server_message.as_deref().filter(|message| !message.is_empty())) {
            // Quoted, so that a reader cannot take the server's words for ours.
            (Some(code), Some(message)) => write!(f, ": DingTalk answered {code} {message:?}")?,
            (Some(code), None) => write!(f, ": DingTalk answered {code}")?,
            (None, Some(message)) => write!(f, ": DingTalk answered {message:?}")?,
            (None, None) => {}
        }
        if !error.parts().is_empty() {
            let delivered = error.delivered_parts();
            write!(f, "; {} of {} parts were delivered", delivered.len(), error.parts().len())?;
            if !delivered.is_empty() {
                write!(f, ": {}", delivered.join(", "))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", Detail(self), self.advice(Language::En))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            f.debug_tuple("Error").field(&self.0).finish()
        } else {
            fmt::Display::fmt(self, f)
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial(kind: ErrorKind, delivered: usize) -> Error {
        let parts = ["x-1", "x-2", "x-3"].map(str::to_owned).to_vec();
        Error::new(kind, "as told").with_parts(parts, delivered)
    }

    #[test]
    fn a_failure_says_which_parts_left() {
        let error = partial(ErrorKind::NotSent, 2);
        assert_eq!(error.delivered_parts(), ["x-1", "x-2"]);
        assert_eq!(error.parts().len(), 3);
        assert_eq!(
            error.to_string(),
            "the message was not sent (as told); 2 of 3 parts were delivered: x-1, x-2. Send it again only with the \
             same id, under which DingTalk recognises the parts that it has."
        );
        let nothing = partial(ErrorKind::NotSent, 0).to_string();
        assert!(nothing.contains("; 0 of 3 parts were delivered. Check the network"), "{nothing}");
        assert!(!Error::new(ErrorKind::NotSent, "").to_string().contains("parts"));
    }

    #[test]
    fn debug_greets_the_reader_of_a_failed_main() {
        let error = partial(ErrorKind::NotSent, 1);
        assert_eq!(format!("{error:?}"), error.to_string());
        let fields = format!("{error:#?}");
        assert!(fields.contains("kind: NotSent") && fields.contains("delivered: 1"), "{fields}");
    }

    #[test]
    fn once_a_part_was_delivered_nothing_is_sent_under_another_id() {
        use ErrorKind as Kind;
        for (kind, whole, part) in [
            (Kind::NotSent, Retry::Safe, Retry::SameId),
            (Kind::Throttled, Retry::AfterRest, Retry::SameId),
            (Kind::Unknown, Retry::SameId, Retry::SameId),
            (Kind::Keyword, Retry::Never, Retry::Never),
        ] {
            assert_eq!((partial(kind, 0).retry(), partial(kind, 1).retry()), (whole, part), "{kind:?}");
            for language in [Language::En, Language::Zh] {
                let own = part != Retry::SameId;
                assert_eq!(partial(kind, 1).advice(language) == advice(kind, language), own, "{kind:?}");
            }
        }
    }
}
