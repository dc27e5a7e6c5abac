//! Errors of delivery.

use std::{borrow::Cow, fmt, time::Duration};

use super::{
    advice::{Language, advice, advice_for_the_rest, summary},
    error_kind::{ErrorKind, Retry},
};
use crate::message::Invalid;

/// An error of a delivery: the message was not delivered, or, for [`ErrorKind::Unknown`], may not have been.
///
/// `Display` is [what happened](Self::detail) followed by [the advice](Self::advice). `Debug` prints the same, so that
/// an error returned from `main` is readable; `{:#?}` shows the fields. No part of an error contains the access token,
/// the secret, a signature or the webhook's URL: they are removed from a server's text before it is kept.
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
    /// Creates an error with a short description of its cause. The cause is shown to people and must not contain a
    /// secret.
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

    /// Creates the error of a setting, in both languages. `setting` is its name for the person who set it.
    pub(crate) fn of_setting(setting: &str, english: impl fmt::Display, chinese: impl fmt::Display) -> Self {
        Self::of_settings(format!("{setting}: {english}"), format!("{setting}：{chinese}"))
    }

    /// Creates the error of several settings, which the texts name, in both languages.
    pub(crate) fn of_settings(english: String, chinese: String) -> Self {
        let mut error = Self::configuration(english);
        error.0.chinese_cause = Some(chinese.into());
        error
    }

    /// Replaces the kind and keeps the cause.
    #[must_use]
    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Adds the server's answer, from which secrets have been removed.
    #[must_use]
    pub(crate) fn with_answer(mut self, code: Option<i64>, server_message: Option<String>) -> Self {
        self.0.code = code;
        self.0.server_message = server_message;
        self
    }

    /// Adds the number of requests made.
    #[must_use]
    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Adds the time after which another attempt makes sense.
    #[must_use]
    pub(crate) fn with_retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// Adds the ids of the message's parts, and the number of those delivered, counted from the first.
    #[must_use]
    pub(crate) fn with_parts(mut self, parts: Vec<String>, delivered: usize) -> Self {
        self.0.delivered = delivered.min(parts.len());
        self.0.parts = parts;
        self
    }

    /// Sets that, after an earlier attempt, only the same id may be used.
    #[must_use]
    pub(crate) fn left_open(mut self, open: bool) -> Self {
        self.0.open |= open;
        self
    }

    /// Reports whether the robot may have received the message or a part of it, so that no other robot may send it.
    pub(crate) fn may_have_arrived(&self) -> bool {
        self.0.open || self.0.delivered > 0 || self.0.kind.retry() == Retry::SameId
    }

    /// Appends a remark to the cause.
    #[must_use]
    pub(crate) fn with_remark(mut self, remark: &str) -> Self {
        self.0.chinese_cause = None;
        let cause = &mut self.0.cause;
        *cause = if cause.is_empty() { remark.to_owned() } else { format!("{cause}; {remark}") }.into();
        self
    }

    /// Marks a failure that follows an unknown outcome: the message may still have arrived.
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

    /// Returns the error without texts that may repeat the message: the server's text, and invalid values.
    pub(crate) fn without_content(&self) -> Self {
        let mut error = self.clone();
        error.0.server_message = None;
        if error.0.kind == ErrorKind::Invalid {
            error.0.cause = Cow::Borrowed("");
            error.0.invalid = None;
        }
        error
    }

    /// Adds the id of the envelope that failed.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.0.id = Some(id.into());
        self
    }

    /// Returns the kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether and how the message may be sent again: the retry of its kind ([`ErrorKind::retry`]), but never
    /// under another id after a part was delivered.
    pub fn retry(&self) -> Retry {
        match self.0.kind.retry() {
            Retry::Safe | Retry::AfterRest if self.0.delivered > 0 => Retry::SameId,
            retry => retry,
        }
    }

    /// Returns the advice, in one or two sentences.
    pub fn advice(&self, language: Language) -> &'static str {
        if self.0.delivered > 0 && self.retry() == Retry::SameId {
            return advice_for_the_rest(language);
        }
        advice(self.0.kind, language)
    }

    /// Returns what happened, in English, without the advice and without a full stop: the kind in words, the
    /// [cause](Self::cause), DingTalk's answer, and the number of delivered parts, as far as they are known.
    pub fn detail(&self) -> String {
        Detail(self).to_string()
    }

    /// Returns details beyond the kind, in English: `connection refused`. Empty if there are none.
    pub fn cause(&self) -> &str {
        &self.0.cause
    }

    /// Returns the [cause](Self::cause) in this language, if available: only those in settings and of a request without an
    /// answer exist in Chinese.
    pub fn cause_in(&self, language: Language) -> &str {
        match (language, &self.0.chinese_cause) {
            (Language::Zh, Some(cause)) => cause,
            _ => &self.0.cause,
        }
    }

    /// Returns DingTalk's `errcode`, if it answered with one.
    pub fn code(&self) -> Option<i64> {
        self.0.code
    }

    /// Returns DingTalk's `errmsg`, if it answered with one: at most 300 characters, without secrets and control
    /// characters.
    pub fn server_message(&self) -> Option<&str> {
        self.0.server_message.as_deref()
    }

    /// Returns the id of the envelope. Use the same id to send it again if [`Retry::SameId`] requires it.
    pub fn id(&self) -> Option<&str> {
        self.0.id.as_deref()
    }

    /// Returns the number of requests made. All failures before the last one allowed another attempt.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the time after which another attempt makes sense, if known: when the robot's rest ends, or when its rate
    /// window has a free slot.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the ids of the parts into which the message was split
    /// ([`Overflow::Split`](crate::delivery::Overflow::Split)). Empty for an undivided message, and if the failure came
    /// before splitting.
    ///
    /// The same message under the same id is split into the same parts with the same ids, so sending it again is as
    /// safe as for an undivided message: DingTalk recognises the parts that it has.
    pub fn parts(&self) -> &[String] {
        &self.0.parts
    }

    /// Returns the ids of the delivered parts, the first of [`parts`](Self::parts). The part after them failed; the
    /// others were not sent.
    pub fn delivered_parts(&self) -> &[String] {
        &self.0.parts[..self.0.delivered]
    }

    /// Returns the faults of the notification's values, if they are the failure ([`ErrorKind::Invalid`]).
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

/// Formats what happened.
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
            // Quoted, so that a reader can distinguish the server's text from ours.
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
             same id, by which DingTalk recognises the parts that it already has."
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
