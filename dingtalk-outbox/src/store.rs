//! The tables that are used now: those of the file or the database, or, while they cannot be used, others in memory.

use std::time::Duration;

#[cfg(feature = "postgres")]
use crate::postgres::PostgresTables;
use crate::{
    clock::{Clock, Reading},
    database::Database,
    directory::{Directory, FileId},
    moment::Access,
    trouble::Trouble,
    units::{micros, since_1970},
    work::Work,
};

/// Time after which a file that could not be used is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// Place of the tables that programs share.
pub(crate) enum Source {
    Directory(Directory),
    #[cfg(feature = "postgres")]
    Postgres {
        tables: Box<PostgresTables>,
        /// Set if nothing is sent while the database is away.
        required: bool,
    },
}

/// Tables of a state.
pub(crate) struct Store {
    source: Source,
    clock: std::sync::Arc<dyn Clock>,
    tables: Tables,
    /// Reason for which the file could not be used, until it works again.
    reason: Option<String>,
}

enum Tables {
    Closed,
    File(Database),
    /// Those of the source.
    #[cfg(feature = "postgres")]
    Server,
    Memory {
        database: Database,
        retry_at: i64,
    },
}

/// A change of the tables, on which everything that was known of rows depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The file was opened, or opened anew.
    Opened,
    /// The file works again; its tables lack what was recorded in memory.
    Recovered,
    /// The tables in memory are in use, and empty.
    Fallback,
}

impl Store {
    pub(crate) fn new(source: Source, clock: std::sync::Arc<dyn Clock>) -> Self {
        Self { source, clock, tables: Tables::Closed, reason: None }
    }

    /// Returns the size of the log of the file.
    pub(crate) fn log_bytes(&self) -> u64 {
        self.directory().map_or(0, Directory::log_bytes)
    }

    /// Reports whether there is something to read.
    pub(crate) fn exists(&self) -> bool {
        self.file().is_some() || self.is_fallback() || self.directory().is_none_or(Directory::has_file)
    }

    /// Reports whether a server holds the tables.
    pub(crate) fn has_server(&self) -> bool {
        self.directory().is_none()
    }

    #[cfg_attr(not(feature = "postgres"), allow(clippy::unnecessary_wraps, reason = "a server has none"))]
    fn directory(&self) -> Option<&Directory> {
        match &self.source {
            Source::Directory(directory) => Some(directory),
            #[cfg(feature = "postgres")]
            Source::Postgres { .. } => None,
        }
    }

    /// Returns a number that changes when another program has changed the file.
    pub(crate) fn changes(&self) -> Option<i64> {
        self.file()?.changes_of_others().ok()
    }

    /// Lets the server that holds the tables decide by itself. `None` if there is none, or if it failed: a transaction
    /// will find the reason.
    #[cfg(feature = "postgres")]
    pub(crate) fn decide<T>(
        &mut self,
        decide: impl FnOnce(&mut PostgresTables, &dyn Fn() -> Reading) -> Result<T, Trouble>,
    ) -> Option<T> {
        match (&self.tables, &mut self.source) {
            (Tables::Server, Source::Postgres { tables, .. }) => decide(tables, &|| self.clock.read()).ok(),
            _ => None,
        }
    }

    pub(crate) fn now(&self) -> i64 {
        micros(self.clock.read().since_boot)
    }

    /// Reports whether the tables are those in memory.
    pub(crate) fn is_fallback(&self) -> bool {
        matches!(self.tables, Tables::Memory { .. })
    }

    /// Returns the database of the file, if it is open.
    pub(crate) fn file(&self) -> Option<&Database> {
        match &self.tables {
            Tables::File(database) => Some(database),
            _ => None,
        }
    }

    /// Returns the identity of the open file, if there is one.
    pub(crate) fn file_id(&self) -> FileId {
        self.file().and_then(Database::file)
    }

    /// Opens the file if that is due, or the tables in memory if it cannot be used. Returns what has changed.
    pub(crate) fn open(&mut self) -> Result<Option<Change>, Trouble> {
        let fallback = match &self.tables {
            Tables::File(_) => return Ok(None),
            #[cfg(feature = "postgres")]
            Tables::Server => return Ok(None),
            Tables::Memory { retry_at, .. } if self.now() < *retry_at => return Ok(None),
            Tables::Memory { .. } => true,
            Tables::Closed => false,
        };
        match self.open_source() {
            Ok(tables) => {
                self.tables = tables;
                self.reason = None;
                Ok(Some(if fallback { Change::Recovered } else { Change::Opened }))
            }
            Err(Trouble::Newer) => Err(Trouble::Newer),
            Err(trouble) if self.waits_for_source() => Err(trouble),
            Err(trouble) => {
                let changed = !fallback;
                self.fall_back(&trouble)?;
                Ok(changed.then_some(Change::Fallback))
            }
        }
    }

    /// Runs a transaction in the open tables. If the file has become unusable, the tables are closed, and the caller
    /// opens others; `Ok(None)` says so.
    pub(crate) fn transact<T>(
        &mut self,
        access: Access,
        work: &mut dyn FnMut(&mut Work<'_>) -> Result<T, Trouble>,
    ) -> Result<Option<T>, Trouble> {
        let clock = || self.clock.read();
        let directory = match &self.source {
            Source::Directory(directory) => Some(directory),
            #[cfg(feature = "postgres")]
            Source::Postgres { .. } => None,
        };
        let file = self.file_id();
        let result = match &mut self.tables {
            Tables::Closed => return Ok(None),
            Tables::Memory { database, .. } => {
                return database.transact(None, access, &clock, work).map(Some);
            }
            Tables::File(database) => database.transact(directory, access, &clock, work),
            #[cfg(feature = "postgres")]
            Tables::Server => match &mut self.source {
                Source::Postgres { tables, .. } => tables.transact(access, &clock, work),
                Source::Directory(_) => return Ok(None),
            },
        };
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Trouble::Newer) => Err(Trouble::Newer),
            Err(Trouble::Moved) => {
                self.tables = Tables::Closed;
                Ok(None)
            }
            Err(Trouble::Damaged) => {
                self.tables = Tables::Closed;
                match self.rebuild(file) {
                    Ok(database) => self.tables = Tables::File(database),
                    Err(trouble) => self.fall_back(&trouble)?,
                }
                Ok(None)
            }
            Err(trouble) if self.waits_for_source() => {
                if trouble.is_away() {
                    // The next one tells those who wait that it works again.
                    self.tables = Tables::Closed;
                }
                Err(trouble)
            }
            Err(trouble) => {
                self.fall_back(&trouble)?;
                Ok(None)
            }
        }
    }

    /// Reports whether nothing takes the place of the source while it cannot be used.
    fn waits_for_source(&self) -> bool {
        match &self.source {
            Source::Directory(_) => false,
            #[cfg(feature = "postgres")]
            Source::Postgres { required, .. } => *required,
        }
    }

    /// Lets the next [`open`](Self::open) try the file at once.
    pub(crate) fn retry_now(&mut self) {
        if let Tables::Memory { retry_at, .. } = &mut self.tables {
            *retry_at = i64::MIN;
        }
    }

    /// Returns the reason for which the file cannot be used.
    pub(crate) fn trouble(&self) -> Trouble {
        Trouble::unusable(
            self.reason.clone().unwrap_or_else(|| "state.db was opened anew; try again".to_owned()),
        )
    }

    fn open_source(&mut self) -> Result<Tables, Trouble> {
        #[cfg_attr(
            not(feature = "postgres"),
            allow(clippy::infallible_destructuring_match, reason = "a server")
        )]
        let directory = match &mut self.source {
            Source::Directory(directory) => directory,
            #[cfg(feature = "postgres")]
            Source::Postgres { tables, .. } => return tables.open().map(|()| Tables::Server),
        };
        let file = directory.file_id();
        let database = match Database::open(directory) {
            Err(Trouble::Damaged) => self.rebuild(file),
            result => result,
        };
        database.map(Tables::File)
    }

    /// Puts a damaged file aside and makes a new one, in which all windows count as full.
    fn rebuild(&self, damaged: FileId) -> Result<Database, Trouble> {
        let Some(directory) = self.directory() else { return Err(Trouble::Damaged) };
        let Reading { wall, .. } = self.clock.read();
        let suffix = (since_1970(wall) / 1_000_000).to_string();
        let aside = directory.set_aside(damaged, &suffix)?;
        let mut database = Database::open(directory)?;
        if let Some(aside) = aside {
            tracing::warn!(
                name: "dingtalk.state_damaged",
                "state.db was damaged: it is now {}, and was made anew; the first messages wait for a window",
                aside.display()
            );
            database.fill_windows(directory, &|| self.clock.read())?;
        }
        Ok(database)
    }

    fn fall_back(&mut self, trouble: &Trouble) -> Result<(), Trouble> {
        if self.reason.is_none() {
            tracing::warn!(
                name: "dingtalk.state_unusable",
                "the shared state cannot be used: {}; until then, this process counts only its own messages",
                trouble.words()
            );
        }
        self.reason = Some(trouble.words());
        let retry_at = self.now().saturating_add(micros(RETRY));
        match &mut self.tables {
            Tables::Memory { retry_at: at, .. } => *at = retry_at,
            tables => *tables = Tables::Memory { database: Database::in_memory()?, retry_at },
        }
        Ok(())
    }
}
