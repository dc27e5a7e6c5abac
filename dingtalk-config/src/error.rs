//! Faults of a file and of settings: each with its place, in English and in Chinese.

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
};

use dingtalk_core::delivery::Language;

/// One text in each of the languages that people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    english: Cow<'static, str>,
    chinese: Cow<'static, str>,
}

impl Wording {
    /// The [cause](dingtalk_core::Error::cause_in) of an error, without its kind and its advice.
    pub fn of_cause(error: &dingtalk_core::Error) -> Self {
        let cause = |language| error.cause_in(language).to_owned();
        Self::new(cause(Language::En), cause(Language::Zh))
    }

    /// The same said twice.
    pub fn new(english: impl Into<Cow<'static, str>>, chinese: impl Into<Cow<'static, str>>) -> Self {
        Self { english: english.into(), chinese: chinese.into() }
    }

    /// Returns the text in this language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.chinese,
            _ => &self.english,
        }
    }
}

/// A text that exists in English only.
impl From<String> for Wording {
    fn from(english: String) -> Self {
        Self { chinese: english.clone().into(), english: english.into() }
    }
}

/// A text that exists in English only.
impl From<&'static str> for Wording {
    fn from(english: &'static str) -> Self {
        Self::new(english, english)
    }
}

/// Faults of a robot's settings have their cause in both languages.
impl From<&dingtalk_core::Error> for Wording {
    fn from(error: &dingtalk_core::Error) -> Self {
        let (cause, advice) = (error.cause_in(Language::Zh), error.advice(Language::Zh));
        Self::new(error.to_string(), format!("{cause}。{advice}"))
    }
}

/// Kind of a [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// A file cannot be read.
    Unreadable,
    /// The file is not TOML.
    Syntax,
    /// A key or a value is unknown, missing or invalid.
    Invalid,
    /// A secret is not where its source says, or is not a secret.
    Secret,
    /// A robot cannot be made of its settings.
    Robot,
    /// The file has no robot of the name that was asked for.
    UnknownRobot,
}

/// One fault: its place, the problem, and what to do about it. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Kind of the fault.
    pub kind: FaultKind,
    /// File in which it stands, if it stands in one.
    pub file: Option<PathBuf>,
    /// Path of the key, `robots.ops.at_all`, or the name of a variable or a flag; empty for a file as a whole.
    pub place: String,
    /// The problem, and what to do about it.
    pub problem: Wording,
}

impl Fault {
    /// A fault outside of files.
    pub fn new(kind: FaultKind, place: impl Into<String>, problem: impl Into<Wording>) -> Self {
        Self { kind, file: None, place: place.into(), problem: problem.into() }
    }

    pub(crate) fn in_file(mut self, file: &Path) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    /// Returns the place and the problem in this language.
    pub fn in_language(&self, language: Language) -> String {
        let file = self.file.as_ref().map(|file| file.display().to_string());
        let place = Some(&self.place).filter(|place| !place.is_empty());
        let problem = self.problem.in_language(language);
        let colon = if language == Language::Zh { "：" } else { ": " };
        let parts = file.iter().chain(place).map(String::as_str).chain([problem]);
        parts.collect::<Vec<_>>().join(colon)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::En))
    }
}

/// Everything that is wrong, at least one fault. `Display` is English, one line per fault;
/// [`in_language`](Self::in_language) has the others.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Vec<Fault>);

impl Error {
    /// Succeeds with the value if there is no fault.
    pub fn check<T>(value: T, faults: Vec<Fault>) -> Result<T, Self> {
        if faults.is_empty() { Ok(value) } else { Err(Self(faults)) }
    }

    /// Kind of the first fault.
    pub fn kind(&self) -> FaultKind {
        self.0.first().map_or(FaultKind::Invalid, |fault| fault.kind)
    }

    /// All faults, in the order in which they were found.
    pub fn faults(&self) -> &[Fault] {
        &self.0
    }

    /// Takes the faults, to report them with others.
    pub fn into_faults(self) -> Vec<Fault> {
        self.0
    }

    /// Returns the text in this language, one line per fault.
    pub fn in_language(&self, language: Language) -> String {
        let lines: Vec<String> = self.0.iter().map(|fault| fault.in_language(language)).collect();
        lines.join("\n")
    }

    pub(crate) fn in_file(self, file: &Path) -> Self {
        Self(self.0.into_iter().map(|fault| fault.in_file(file)).collect())
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::En))
    }
}

/// As a person reads it, since `main` prints an error that way.
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
