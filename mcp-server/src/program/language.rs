//! The language that the person reads.

use std::env;

use dingtalk_core::Language;

/// By `DINGTALK_MCP_LANG`, else by the locale.
pub(super) fn language() -> Language {
    let set = ["DINGTALK_MCP_LANG", "LC_ALL", "LC_MESSAGES", "LANG"];
    let language = set.iter().filter_map(|name| env::var(name).ok()).find(|value| !value.trim().is_empty());
    if language.is_some_and(|language| language.trim().to_ascii_lowercase().starts_with("zh")) {
        Language::Zh
    } else {
        Language::En
    }
}
