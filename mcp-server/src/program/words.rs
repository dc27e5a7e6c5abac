//! Words for the person, in the language that they read.

use dingtalk_core::{Error, delivery::Language};

pub(super) use crate::settings::language;

/// These words, in the language that the person reads.
pub(super) fn words<T>(english: T, chinese: T) -> T {
    if language() == Language::Zh { chinese } else { english }
}

/// What happened, and what to do about it in the person's language. What happened has words of the server and of the
/// settings in it, and stays as it is.
pub(super) fn in_language(error: &Error, language: Language) -> (String, String) {
    (error.detail(), error.advice(language).to_owned())
}
