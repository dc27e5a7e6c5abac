//! The text of a message: an argument, a file, or stdin.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read},
    path::{Path, PathBuf},
};

use clap::Args;

use super::super::words::words;

/// Maximum size of a text from a file or from stdin, in bytes: far more than a message in parts can hold.
const MAX_BYTES: u64 = 1 << 20;

/// Reason for not making a message.
#[derive(Debug)]
pub(in crate::program) enum Problem {
    /// The text or the arguments are invalid.
    Invalid(String),
    /// A file or stdin cannot be read, or a setting is wrong.
    Failed(String),
}

/// A text, and its source.
#[derive(Debug, Args)]
pub(in crate::program) struct Input {
    /// Text, or `@FILE` to read it from a file; read from stdin if absent or `-`
    text: Option<String>,
    /// Read the text from this file
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    file: Option<PathBuf>,
}

impl Input {
    /// Reads the text.
    pub(super) fn text(&self) -> Result<String, Problem> {
        if let Some(path) = &self.file {
            return read_file(path);
        }
        match self.text.as_deref() {
            None if io::stdin().is_terminal() => Err(Problem::Failed(
                words(
                    "the text is missing: pass it as an argument, or pipe it into stdin",
                    "缺少文本：请作为参数给出，或通过管道从标准输入传入",
                )
                .to_owned(),
            )),
            None | Some("-") => read_stdin(),
            Some(text) => match file_of(text) {
                Some(path) if !follows_separator(text) => read_file_of_text(path),
                _ => Ok(text.to_owned()),
            },
        }
    }

    pub(super) fn given(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

/// Returns the path of `@PATH`. A text of several words that begins with a mention is no path.
fn file_of(text: &str) -> Option<&str> {
    text.strip_prefix('@').filter(|path| !path.is_empty() && !path.contains(char::is_whitespace))
}

/// Reports whether the person wrote `--` before this argument: it is then taken as it is.
pub(super) fn follows_separator(argument: &str) -> bool {
    std::env::args_os().skip_while(|given| given != "--").any(|given| given == argument)
}

pub(super) fn read_file(path: &Path) -> Result<String, Problem> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| unreadable(&name, &error))?;
    read(file, &name)
}

/// Reads the file of `@PATH`.
fn read_file_of_text(path: &str) -> Result<String, Problem> {
    read_file(Path::new(path)).map_err(|problem| match problem {
        Problem::Failed(problem) => Problem::Failed(words(
            format!("{problem}. To send `@{path}` itself, write `-- @{path}`"),
            format!("{problem}。如果要发送 `@{path}` 本身，请写成 `-- @{path}`"),
        )),
        invalid @ Problem::Invalid(_) => invalid,
    })
}

fn unreadable(name: &str, error: &io::Error) -> Problem {
    Problem::Failed(words(format!("{name}: cannot be read: {error}"), format!("{name}：无法读取：{error}")))
}

pub(super) fn read_stdin() -> Result<String, Problem> {
    read(io::stdin(), words("stdin", "标准输入"))
}

fn read(source: impl Read, name: &str) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Problem::Invalid(words(
            format!("{name}: the text has more than 1 MiB; shorten it"),
            format!("{name}：文本超过 1 MiB，请缩短"),
        )));
    }
    let text = decode(bytes).map_err(|encoding| Problem::Invalid(encoding.problem(name)))?;
    Ok(text.trim_end().to_owned())
}

/// An encoding that is not UTF-8.
#[derive(Debug, PartialEq, Eq)]
enum Encoding {
    Utf16,
    /// Probably GBK, which Chinese editions of Windows use.
    Other,
}

/// Returns the text of UTF-8, without a byte order mark.
fn decode(bytes: Vec<u8>) -> Result<String, Encoding> {
    // A text has no NUL; in UTF-16, every ASCII character has one.
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) || bytes.contains(&0) {
        return Err(Encoding::Utf16);
    }
    let text = String::from_utf8(bytes).map_err(|_| Encoding::Other)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

impl Encoding {
    fn problem(&self, name: &str) -> String {
        match self {
            Self::Utf16 => words(
                format!(
                    "{name}: the text is UTF-16 or binary, not UTF-8. Convert it first: `iconv -f UTF-16 -t UTF-8`; in PowerShell, \
                     write files with `-Encoding utf8`, and set `$OutputEncoding = [Text.Encoding]::UTF8` before a pipe"
                ),
                format!(
                    "{name}：文本是 UTF-16 或二进制数据，不是 UTF-8。请先转换：`iconv -f UTF-16 -t UTF-8`；在 PowerShell 里，写文件时加 \
                     `-Encoding utf8`，用管道前先设置 `$OutputEncoding = [Text.Encoding]::UTF8`"
                ),
            ),
            Self::Other => words(
                format!(
                    "{name}: the text is not UTF-8; on a Chinese edition of Windows it is probably GBK. Convert it first: `iconv -f \
                     GB18030 -t UTF-8`; in a console, run `chcp 65001`"
                ),
                format!(
                    "{name}：文本不是 UTF-8；中文版 Windows 上多半是 GBK。请先转换：`iconv -f GB18030 -t UTF-8`；在控制台里请先运行 `chcp 65001`"
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_utf_8_is_a_text() {
        assert_eq!(decode("\u{feff}磁盘".into()), Ok("磁盘".to_owned()));
        assert_eq!(decode(vec![0xB4, 0xC5, 0xC5, 0xCC]), Err(Encoding::Other), "磁盘 in GBK");
        assert_eq!(decode(vec![0xFF, 0xFE, 0xC1, 0x78]), Err(Encoding::Utf16));
        assert_eq!(decode(vec![0xFE, 0xFF, 0x78, 0xC1]), Err(Encoding::Utf16));
        assert_eq!(decode(b"d\0i\0s\0k\0".to_vec()), Err(Encoding::Utf16), "without a byte order mark");
    }

    #[test]
    fn a_mention_in_a_sentence_is_no_file() {
        assert_eq!(file_of("@report.md"), Some("report.md"));
        for text in ["@13800000000 look", "report.md", "@", "@张三\n看"] {
            assert_eq!(file_of(text), None, "{text}");
        }
    }
}
