//! Reasons for which the file cannot be used, and their words for people.

use dingtalk_core::{Error, ErrorKind};
use rusqlite::ErrorCode;

/// A reason for which the file cannot be used.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The file is not a database, or a damaged one: it is put aside and made anew.
    Damaged,
    /// Another process keeps the file locked, for longer than any transaction takes.
    Locked,
    /// The file was replaced or removed since it was opened.
    Moved,
    /// The file cannot be used now: the reason and what to do, as one clause.
    Unusable(String),
    /// The database cannot be reached now: the reason.
    #[cfg(feature = "postgres")]
    Away(String),
    /// The file belongs to a newer version, which this one does not understand.
    Newer,
}

/// Words for a file of a newer version.
const NEWER: &str = "the state was migrated by a newer version of the program, which this version cannot share; \
                     update this program, or give it another state directory";

/// Words for a file that stays locked.
const LOCKED: &str = "another program keeps state.db locked; end it, or use another state directory";

impl Trouble {
    pub(crate) fn unusable(reason: impl Into<String>) -> Self {
        Self::Unusable(reason.into())
    }

    /// Reports whether the tables will most likely work again without anyone's help.
    pub(crate) fn is_away(&self) -> bool {
        match self {
            #[cfg(feature = "postgres")]
            Self::Away(_) => true,
            _ => false,
        }
    }

    /// Returns the error of a message that could not be sent, or of a call that could not be decided.
    pub(crate) fn into_error(self) -> Error {
        if self.is_away() {
            let words = format!("the shared state is unavailable: {}", self.words());
            return Error::new(ErrorKind::RateLimited, words);
        }
        self.into()
    }

    /// Returns the reason and what to do about it.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Damaged => "state.db is damaged".to_owned(),
            Self::Locked => LOCKED.to_owned(),
            Self::Moved => "state.db was replaced while it was in use".to_owned(),
            Self::Unusable(words) => words.clone(),
            #[cfg(feature = "postgres")]
            Self::Away(words) => words.clone(),
            Self::Newer => NEWER.to_owned(),
        }
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        Self::new(ErrorKind::Store, trouble.words())
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        let Some(code) = error.sqlite_error_code() else {
            return Self::Unusable(format!("state.db: {error}"));
        };
        let words = match code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => return Self::Damaged,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => return Self::Locked,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
                "state.db cannot be written; make the state directory writable, or use another one"
            }
            ErrorCode::DiskFull => "no room is left for state.db; free some, or use another state directory",
            ErrorCode::SystemIoFailure => "state.db cannot be read or written: the disk reports an error",
            // The code alone: the text of a statement is of no use to anyone.
            _ => return Self::Unusable(format!("state.db: {error}")),
        };
        Self::unusable(words)
    }
}
