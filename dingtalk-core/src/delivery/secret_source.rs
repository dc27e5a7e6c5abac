//! The reader of secrets: from a text, a variable or a file, without the marks that editors, shells and clients leave.

use std::{
    env, fmt, fs, io,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};

use super::Error;

/// Source of a secret: the secret itself, an environment variable, or a file as containers mount secrets.
///
/// `Debug` and `Display` show the name of the variable or of the file, never the secret.
///
/// ```
/// use dingtalk_core::delivery::SecretSource;
///
/// let source = SecretSource::parse("file:/run/secrets/ops");
/// assert_eq!(source.to_string(), "file:/run/secrets/ops");
/// assert_eq!(SecretSource::parse("0123456789abcdef").to_string(), "a text");
/// ```
#[derive(Clone)]
pub struct SecretSource(Source);

#[derive(Clone)]
enum Source {
    Text(SecretString),
    Variable(String),
    File(PathBuf),
}

/// Maximum size of a file, in bytes: no secret is longer, and a path to a device must not fill the memory.
const MAX_FILE: u64 = 64 * 1024;

impl SecretSource {
    /// Reads `env:NAME` and `file:PATH` as references; any other text is the secret itself.
    pub fn parse(text: &str) -> Self {
        Self::reference(text).unwrap_or_else(|| Self(Source::Text(text.into())))
    }

    /// Reads `env:NAME` or `file:PATH`; `None` for any other text, which may be the secret itself.
    pub fn reference(text: &str) -> Option<Self> {
        let (kind, name) = text.trim().split_once(':')?;
        let name = name.trim();
        match kind {
            "env" if is_variable(name) => Some(Self(Source::Variable(name.to_owned()))),
            "file" if !name.is_empty() => Some(Self::file(name)),
            _ => None,
        }
    }

    /// A file that holds the secret, and nothing else.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    /// Name of the environment variable that it refers to.
    pub fn variable(&self) -> Option<&str> {
        match &self.0 {
            Source::Variable(name) => Some(name),
            _ => None,
        }
    }

    /// Reads the secret. A UTF-8 byte order mark, surrounding blanks and line ends, and one pair of quotes are removed.
    ///
    /// # Errors
    ///
    /// The variable is not set, the file cannot be read or is larger than 64 KiB, the secret is blank, or it is a
    /// placeholder that a client or a person was to replace. The [cause](Error::cause_in) names the source, in English
    /// and in Chinese, and never repeats the secret.
    pub fn read(&self) -> Result<SecretString, Error> {
        self.read_optional()?.ok_or_else(|| {
            Error::of_settings(
                format!("{} is blank", self.subject()),
                format!("{}内容为空", self.in_chinese()),
            )
        })
    }

    /// Reads the secret as [`read`](Self::read) does; `None` where it is blank.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read), without a blank secret.
    pub fn read_optional(&self) -> Result<Option<SecretString>, Error> {
        let text = self.text()?;
        let Some(secret) = clean(text.expose_secret()) else { return Ok(None) };
        match placeholder(secret) {
            None => Ok(Some(secret.into())),
            Some((found, chinese)) => Err(Error::of_settings(
                format!(
                    "{} holds a placeholder ({found}), not a secret: set the value, or remove the setting",
                    self.subject()
                ),
                format!("{}是占位符（{chinese}），不是密钥：请填入实际的值，或去掉这一项", self.in_chinese()),
            )),
        }
    }

    fn text(&self) -> Result<SecretString, Error> {
        match &self.0 {
            Source::Text(text) => Ok(text.clone()),
            Source::Variable(name) => match env::var(name) {
                Ok(text) => Ok(text.into()),
                Err(env::VarError::NotPresent) => {
                    Err(Error::of_settings(format!("{self} is not set"), format!("{self} 没有设置")))
                }
                Err(env::VarError::NotUnicode(_)) => {
                    Err(Error::of_settings(format!("{self} is not UTF-8"), format!("{self} 不是 UTF-8 编码")))
                }
            },
            Source::File(path) => read_file(path).map(Into::into).map_err(|error| self.unreadable(&error)),
        }
    }

    fn unreadable(&self, error: &io::Error) -> Error {
        if error.kind() == io::ErrorKind::InvalidData {
            return Error::of_settings(
                format!(
                    "{self} is not UTF-8: save the file again as UTF-8 (the shell of Windows writes UTF-16)"
                ),
                format!("{self} 不是 UTF-8 编码：请另存为 UTF-8（Windows 的命令行重定向会写成 UTF-16）"),
            );
        }
        Error::of_settings(format!("{self} cannot be read: {error}"), format!("无法读取 {self}：{error}"))
    }

    /// Beginning of a sentence about it. A text has no name of its own: the place of the fault says which it is.
    fn subject(&self) -> String {
        match &self.0 {
            Source::Text(_) => "it".to_owned(),
            _ => self.to_string(),
        }
    }

    fn in_chinese(&self) -> String {
        match &self.0 {
            Source::Text(_) => String::new(),
            _ => format!("{self} "),
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Text(_) => f.write_str("a text"),
            Source::Variable(name) => write!(f, "env:{name}"),
            Source::File(path) if is_path(path) => write!(f, "file:{}", path.display()),
            Source::File(_) => f.write_str("file:… (not repeated, since it may be a secret)"),
        }
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn read_file(path: &Path) -> io::Result<String> {
    use io::Read as _;

    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 64 KiB"));
    }
    String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// The secret within a text; `None` if it is blank.
fn clean(text: &str) -> Option<&str> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let unquoted = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    Some(unquoted.unwrap_or(text).trim()).filter(|secret| !secret.is_empty())
}

/// The form of a placeholder that nothing has replaced, in English and in Chinese. The text itself may hold a part of a
/// secret.
pub(crate) fn placeholder(text: &str) -> Option<(&'static str, &'static str)> {
    let lower = text.to_lowercase();
    let between = |begin: &str, end: &str| {
        text.len() > begin.len() + end.len() && text.starts_with(begin) && text.ends_with(end)
    };
    let name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    if text.contains("${") || text.contains("$(") {
        Some(("`${…}` was not expanded", "`${…}` 没有展开"))
    } else if text.contains("{{") {
        Some(("`{{…}}` was not expanded", "`{{…}}` 没有展开"))
    } else if lower.starts_with("$env:") || text.strip_prefix('$').is_some_and(name) {
        Some(("`$NAME` was not expanded", "`$NAME` 没有展开"))
    } else if text.strip_prefix('%').and_then(|text| text.strip_suffix('%')).is_some_and(name) {
        Some(("`%NAME%` was not expanded", "`%NAME%` 没有展开"))
    } else if between("<", ">") || text.contains("=<") || between("[", "]") {
        Some(("`<…>`", "`<…>`"))
    } else if text.contains('…') || text.ends_with("...") {
        Some(("`…`", "`…`"))
    } else if ["your_", "your-", "your ", "the robot's "].iter().any(|start| lower.starts_with(start))
        || (text.len() >= 3 && lower.bytes().all(|byte| byte == b'x' || byte == b'*'))
    {
        Some(("an example", "示例"))
    } else {
        None
    }
}

/// Reports whether a text contains quotation marks, which are part of no token and no secret.
pub(crate) fn has_quotes(text: &str) -> bool {
    text.contains(['"', '\'', '`', '“', '”', '‘', '’', '「', '」'])
}

/// Tells the name of a variable from a secret that was put where the name belongs.
fn is_variable(name: &str) -> bool {
    let is_secret = name.starts_with("SEC") && name.len() > 40;
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !is_secret
}

/// Tells a path from a secret that was put where a path belongs.
fn is_path(path: &Path) -> bool {
    let Some(text) = path.to_str() else { return true };
    if text.contains("://") || text.contains("access_token=") {
        return false;
    }
    let is_rooted =
        path.is_absolute() || ["./", "../", "~/", ".\\", "..\\"].iter().any(|root| text.starts_with(root));
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let is_short_name = text.len() <= 40 && path.extension().is_some_and(|extension| extension.len() <= 6);
    is_rooted || parent.is_some_and(Path::is_dir) || is_short_name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Language;

    fn read(text: &str) -> Result<Option<String>, String> {
        let read = SecretSource(Source::Text(text.into())).read_optional();
        read.map(|secret| secret.map(|secret| secret.expose_secret().to_owned()))
            .map_err(|error| error.cause().to_owned())
    }

    #[test]
    fn editors_and_shells_leave_nothing_on_a_secret() {
        for text in ["abc", " abc\r\n", "\u{feff}abc\n", "\"abc\"", "'abc'\n", "\u{feff} \" abc \"\r\n"] {
            assert_eq!(read(text).unwrap().as_deref(), Some("abc"), "{text:?}");
        }
        assert_eq!(read("\"\"abc\"\"").unwrap().as_deref(), Some("\"abc\""), "one pair of quotes");
        assert_eq!(read("abc\"").unwrap().as_deref(), Some("abc\""), "not half a pair");
    }

    #[test]
    fn blank_is_not_set() {
        for text in ["", " ", "\u{feff}\r\n", "\"\"", "' '"] {
            assert_eq!(read(text), Ok(None), "{text:?}");
        }
    }

    #[test]
    fn placeholders_are_refused_and_not_repeated() {
        for text in [
            "${DINGTALK_BOT_ACCESS_TOKEN}",
            "${input:canary}",
            "https://oapi.dingtalk.com/robot/send?access_token=${CANARY}",
            "https://oapi.dingtalk.com/robot/send?access_token=<canary>",
            "$(cat canary)",
            "{{ .canary }}",
            "$CANARY_TOKEN",
            "$env:canary",
            "%CANARY%",
            "<your token>",
            "[canary]",
            "SEC…",
            "SECcanary...",
            "YOUR_CANARY",
            "your-canary",
            "the robot's access token",
            "xxxxxxxx",
            "\"${CANARY}\"",
        ] {
            let problem = read(text).expect_err(text);
            assert!(problem.starts_with("it holds a placeholder ("), "{problem}");
            assert!(!problem.to_lowercase().contains("canary"), "{problem}");
        }
    }

    #[test]
    fn what_could_be_a_secret_is_taken() {
        for text in
            ["0123456789abcdef", "SEC0a", "pa$$word", "$ecret-of-16-chars", "a<b", "a%b%", "yourself", "x"]
        {
            assert_eq!(read(text).unwrap().as_deref(), Some(text));
        }
    }

    #[test]
    fn a_path_that_cannot_be_read_is_named_unless_it_may_be_a_secret() {
        let problem = |path: &str| {
            let error = SecretSource::file(path).read().expect_err(path);
            assert_eq!(error.cause_in(Language::Zh).contains(path), error.cause().contains(path));
            error.cause().to_owned()
        };
        for path in ["/run/secrets/none", "./none", "src/none", "token.txt"] {
            assert!(problem(path).starts_with(&format!("file:{path} cannot be read: ")), "{}", problem(path));
        }
        for secret in [
            "cafe0123",
            "SEC0123456789",
            "ab/cd+ef==",
            "https://oapi.dingtalk.com/robot/send?access_token=cafe0123",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        ] {
            assert!(!problem(secret).contains(secret), "{}", problem(secret));
        }
    }

    #[test]
    fn a_reference_names_a_variable_or_a_file() {
        for (text, shown) in [("env:OPS", "env:OPS"), (" file: /a/b ", "file:/a/b")] {
            assert_eq!(SecretSource::reference(text).unwrap().to_string(), shown);
        }
        for text in ["OPS", "env:", "env:0123abcd", "env:a-b", "file: ", "https://x", "ENV:X", ""] {
            assert!(SecretSource::reference(text).is_none(), "{text}");
        }
        assert_eq!(SecretSource::parse("env:OPS").variable(), Some("OPS"));
    }

    #[test]
    fn a_file_in_utf_16_says_how_to_save_it() {
        let path = env::temp_dir().join(format!("dingtalk-core-{}-utf16", std::process::id()));
        fs::write(&path, b"\xff\xfea\0b\0").unwrap();
        let problem = SecretSource::file(&path).read().expect_err("it is not UTF-8");
        fs::remove_file(&path).unwrap();
        let problem = problem.cause();
        assert!(problem.contains("is not UTF-8") && problem.contains(path.to_str().unwrap()), "{problem}");
    }
    #[test]
    fn a_file_larger_than_a_secret_is_refused() {
        let path = env::temp_dir().join(format!("dingtalk-core-{}-large", std::process::id()));
        let source = SecretSource::file(&path);
        let largest = usize::try_from(MAX_FILE).unwrap();
        fs::write(&path, "a".repeat(largest)).unwrap();
        let read = source.read();
        fs::write(&path, "汉".repeat(largest / 2)).unwrap();
        let refused = source.read();
        fs::remove_file(&path).unwrap();
        assert_eq!(read.unwrap().expose_secret().len(), largest);
        let error = refused.expect_err("it is too large");
        assert!(error.cause().ends_with(" cannot be read: it is larger than 64 KiB"), "{error}");
    }
}
