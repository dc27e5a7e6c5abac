//! Values that begin with a hyphen, such as `-5 °C` or `- item`, and options that could be mistaken for values.

use std::env;

use super::{super::words::words, input::follows_separator};

/// Reports whether the argument has the form of an option: `--dry-run`, `--at=x` or `-h`.
pub(in crate::program) fn looks_like_option(argument: &str) -> bool {
    let Some(name) = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-')) else { return false };
    let name = name.split('=').next().unwrap_or_default();
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// Reports whether one of these arguments is a value that begins with a hyphen.
pub(in crate::program) fn has_value_with_hyphen(
    arguments: impl IntoIterator<Item = impl AsRef<str>>,
) -> bool {
    let is_value = |argument: &str| {
        argument.starts_with('-') && !matches!(argument, "-" | "--") && !looks_like_option(argument)
    };
    arguments.into_iter().any(|argument| is_value(argument.as_ref()))
}

/// Returns the fault of a value that is probably an option: the option before it has no value, or it is misspelt. The
/// name is that of the option, empty for a text. `--name=--value` and what follows `--` are values.
pub(super) fn fault_of(name: &str, value: &str) -> Option<String> {
    let is_word = || env::args_os().any(|argument| argument == value);
    if !looks_like_option(value) || !is_word() || follows_separator(value) {
        return None;
    }
    Some(if name.is_empty() {
        words(
            format!(
                "{value} is not an option of this command: check its spelling; to send it as a text, write `-- {value}`"
            ),
            format!("{value} 不是这个命令的选项：请检查拼写；如果要作为文本发送，请写成 `-- {value}`"),
        )
    } else {
        words(
            format!(
                "{name}: {value} is an option, not a value: check its spelling, or write `{name}={value}`"
            ),
            format!("{name}：{value} 是选项，不是值：请检查拼写，或写成 `{name}={value}`"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_told_from_values() {
        for option in ["--dry-run", "--at=13800000000", "-h", "--on_call", "-x=5"] {
            assert!(looks_like_option(option) && !has_value_with_hyphen([option]), "{option}");
        }
        for value in ["-5", "-5 °C", "- item", "---", "--- title", "-磁盘", "--dry run"] {
            assert!(!looks_like_option(value) && has_value_with_hyphen([value]), "{value}");
        }
        assert!(!has_value_with_hyphen(["-", "--", "text"]));
    }
}
