//! Where a secret is: never in the file itself.

use std::{env, fmt, fs, path::PathBuf};

use secrecy::SecretString;

/// Where a secret is read from when the program starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// An environment variable.
    Env(String),
    /// A file, as containers mount secrets.
    File(PathBuf),
}

impl Source {
    /// Reads `env:NAME` or `file:PATH`.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        match text.split_once(':') {
            Some(("env", name)) if !name.trim().is_empty() => Ok(Self::Env(name.trim().to_owned())),
            Some(("file", path)) if !path.trim().is_empty() => Ok(Self::File(path.trim().into())),
            // It may be the secret itself: it is not repeated.
            _ => Err(
                "a secret does not stand in this file: write `env:NAME` for an environment variable, or `file:PATH`",
            ),
        }
    }

    pub(super) fn read(&self) -> Result<SecretString, String> {
        let secret = match self {
            Self::Env(name) => env::var(name).map_err(|_| format!("{self} is not set"))?,
            Self::File(path) => fs::read_to_string(path).map_err(|error| format!("{self}: {error}"))?,
        };
        let secret = secret.trim();
        if secret.is_empty() { Err(format!("{self} is blank")) } else { Ok(secret.into()) }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}
