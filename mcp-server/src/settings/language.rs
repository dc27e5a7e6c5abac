//! The person's language.

use std::env;

use dingtalk_core::delivery::Language;

use super::table::LANG;

/// Returns the language of the setting, else of the locale.
pub(crate) fn language() -> Language {
    let names = [LANG.variable, "LC_ALL", "LC_MESSAGES", "LANG"];
    let set = names.iter().filter_map(|name| env::var(name).ok()).find(|value| !value.trim().is_empty());
    set.and_then(|value| parse(&value)).unwrap_or_default()
}

/// Parses `zh`, `zh_CN.UTF-8`, `en` …; `None` for an unsupported language.
pub(super) fn parse(value: &str) -> Option<Language> {
    match value.trim().to_ascii_lowercase() {
        value if value.starts_with("zh") => Some(Language::Zh),
        value if value.starts_with("en") => Some(Language::En),
        _ => None,
    }
}
