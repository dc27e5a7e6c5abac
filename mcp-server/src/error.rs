//! What keeps a server from serving.

use std::fmt;

use dingtalk_core::ToolSetError;

/// Why the server could not start, or stopped.
#[non_exhaustive]
pub enum Error {
    /// The tools cannot be served together.
    Tools(ToolSetError),
    /// A setting is missing or wrong; the text names the variable and what to do.
    Settings(String),
    /// The client did not begin as the protocol says, or the connection failed.
    Protocol(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tools(error) => error.fmt(f),
            Self::Settings(problem) => f.write_str(problem),
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
            Self::Settings(problem) => f.debug_tuple("Settings").field(problem).finish(),
            Self::Protocol(problem) => f.debug_tuple("Protocol").field(problem).finish(),
        }
    }
}

impl From<ToolSetError> for Error {
    fn from(error: ToolSetError) -> Self {
        Self::Tools(error)
    }
}

/// Settings of the robot are wrong; the core's error says which.
impl From<dingtalk_core::Error> for Error {
    fn from(error: dingtalk_core::Error) -> Self {
        Self::Settings(error.to_string())
    }
}
