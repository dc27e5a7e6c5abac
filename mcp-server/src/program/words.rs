//! Texts in the person's language.

use dingtalk_core::{Error, delivery::Language};

pub(super) use crate::settings::language;

/// Returns the text in the person's language.
pub(super) fn words<T>(english: T, chinese: T) -> T {
    if language() == Language::Zh { chinese } else { english }
}

/// Returns the problem, and the advice in the person's language. The problem is not translated: it quotes the server
/// and the settings.
pub(super) fn in_language(error: &Error, language: Language) -> (String, String) {
    (error.detail(), error.advice(language).to_owned())
}
