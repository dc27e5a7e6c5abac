//! The language that the person reads.

use std::env;

use dingtalk_core::{Error, Language};

/// These words, in the language that the person reads.
pub(super) fn words<T>(english: T, chinese: T) -> T {
    if language() == Language::Zh { chinese } else { english }
}

/// By `DINGTALK_NOTIFY_LANG`, else by the locale.
pub(super) fn language() -> Language {
    let set = ["DINGTALK_NOTIFY_LANG", "LC_ALL", "LC_MESSAGES", "LANG"];
    let language = set.iter().filter_map(|name| env::var(name).ok()).find(|value| !value.trim().is_empty());
    if language.is_some_and(|language| language.trim().to_ascii_lowercase().starts_with("zh")) {
        Language::Zh
    } else {
        Language::En
    }
}

/// What happened, and what to do about it in the person's language. What happened has words of the server and of the
/// settings in it, and stays as it is.
pub(super) fn in_language(error: &Error, language: Language) -> (String, String) {
    (error.detail(), error.advice(language).to_owned())
}
