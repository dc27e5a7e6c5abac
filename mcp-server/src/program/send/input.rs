//! The text of a message: an argument, or stdin.

use std::io::{self, IsTerminal as _, Read as _};

use super::super::{Result, words::words};

pub(super) fn text_or_stdin(given: Option<&str>) -> Result<String> {
    match given {
        Some(text) if text != "-" => Ok(text.to_owned()),
        None if io::stdin().is_terminal() => Err(words(
            "the text is missing: pass it as an argument, or pipe it into stdin",
            "缺少文本：请作为参数给出，或通过管道从标准输入传入",
        )
        .into()),
        _ => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text)?;
            Ok(text.trim_end().to_owned())
        }
    }
}
