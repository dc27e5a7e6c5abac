//! Errors of a server.

use std::fmt;

use dingtalk_config::{Fault, FaultKind, Wording};
use dingtalk_core::{delivery::Language, tool::ToolSetError};

/// Reason why the server could not start, or stopped.
#[non_exhaustive]
pub enum Error {
    /// The tools cannot be served together.
    Tools(ToolSetError),
    /// Settings are missing or invalid: every fault with its place and a fix.
    Settings(dingtalk_config::Error),
    /// The client violated the protocol, or the connection failed.
    Protocol(String),
}

impl Error {
    /// Creates the error of one invalid setting.
    pub(crate) fn setting(english: impl Into<String>, chinese: impl Into<String>) -> Self {
        let problem = Wording::new(english.into(), chinese.into());
        Self::Settings(Fault::new(FaultKind::Invalid, "", problem).into())
    }

    /// Returns the text in this language; texts on tools and the protocol are English.
    pub fn in_language(&self, language: Language) -> String {
        match self {
            Self::Settings(error) => error.in_language(language),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tools(error) => error.fmt(f),
            Self::Settings(error) => error.fmt(f),
            Self::Protocol(problem) => write!(f, "the MCP connection failed: {problem}"),
        }
    }
}

impl std::error::Error for Error {}

/// As `Display`, so that an error returned from `main` reads well; `{:#?}` shows the variant.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return fmt::Display::fmt(self, f);
        }
        match self {
            Self::Tools(error) => f.debug_tuple("Tools").field(error).finish(),
            Self::Settings(error) => f.debug_tuple("Settings").field(error).finish(),
            Self::Protocol(problem) => f.debug_tuple("Protocol").field(problem).finish(),
        }
    }
}

impl From<ToolSetError> for Error {
    fn from(error: ToolSetError) -> Self {
        Self::Tools(error)
    }
}

impl From<dingtalk_config::Error> for Error {
    fn from(error: dingtalk_config::Error) -> Self {
        Self::Settings(error)
    }
}

/// Settings of the robot are invalid; the core's error says which.
impl From<dingtalk_core::Error> for Error {
    fn from(error: dingtalk_core::Error) -> Self {
        Self::Settings(Fault::new(FaultKind::Robot, "", &error).into())
    }
}
