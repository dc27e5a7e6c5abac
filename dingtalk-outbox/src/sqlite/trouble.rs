//! Failures of the file, and their words for people.

use std::io;

use dingtalk_core::{Error, ErrorKind};
use rusqlite::ErrorCode;

/// A failure of the file. Nothing was changed.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    words: String,
    /// Set if another process has locked the file.
    pub(super) locked: bool,
}

impl Trouble {
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), locked: false }
    }

    /// Returns the error for the user of the file.
    pub(super) fn error(&self, file: &str) -> Error {
        Error::new(ErrorKind::Store, format!("{file}: {}", self.words))
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let words = match code {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                "the file is damaged and is left as it is, because it holds undelivered notifications; move it away, and \
                 recover them with `sqlite3 FILE .recover`"
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "another program keeps the file locked; end it"
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                "the file cannot be written; make it and its directory writable"
            }
            Some(ErrorCode::DiskFull) => "no room is left on the disk; free some",
            Some(ErrorCode::SystemIoFailure) => "the disk reports an error",
            _ => return Self::new(error.to_string()),
        };
        let locked = matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked));
        Self { words: words.to_owned(), locked }
    }
}

/// The file of this process.
impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::new(format!(
            "the folder `…-processes` beside the file cannot hold the file of this process ({error}); make it writable"
        ))
    }
}

/// A row that this version cannot read or write.
impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error.to_string())
    }
}
