//! Notes on an agent's session between its events: the beginning of the turn, and the message that waits. They contain
//! times and ids, and nothing that a person or an agent has written.
//!
//! Two events may come at the same time. Each note replaces the file as a whole, and is of use without the other's.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

/// Time after which notes are removed, if the end of their session was not told.
const OLD: Duration = Duration::from_secs(7 * 24 * 3600);

/// Maximum number of files of other sessions at which one event looks.
const LOOKED_AT: usize = 200;

/// Notes on one session.
pub(super) struct Session {
    path: PathBuf,
    notes: Notes,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Notes {
    /// Turn that has begun, and the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    turn: Option<Turn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waiting: Option<Waiting>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Turn {
    /// Digest of its id, if the agent has one.
    id: Option<String>,
    began_ms: u64,
}

/// A message that is not sent before a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waiting {
    /// Id of the message.
    pub(super) id: String,
    /// Key under which it is not repeated.
    pub(super) key: String,
    due_ms: u64,
}

impl Waiting {
    pub(super) fn new(id: String, key: String, due: SystemTime) -> Self {
        Self { id, key, due_ms: milliseconds(due) }
    }

    pub(super) fn is_due(&self, now: SystemTime) -> bool {
        self.due_ms <= milliseconds(now)
    }
}

impl Session {
    /// Reads the notes in the folder on the session with this digest. Notes that cannot be read are as none.
    pub(super) fn read(folder: &Path, digest: &str) -> Self {
        let path = folder.join(format!("{digest}.json"));
        let notes = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Self { path, notes: notes.unwrap_or_default() }
    }

    /// Returns the time for which the turn with this digest of an id has run.
    pub(super) fn ran_for(&self, turn: Option<&str>, now: SystemTime) -> Option<Duration> {
        let began = self.notes.turn.as_ref().filter(|began| began.id.as_deref() == turn)?;
        let length = milliseconds(now).checked_sub(began.began_ms)?;
        // People read seconds.
        Some(Duration::from_secs(length / 1000)).filter(|length| !length.is_zero())
    }

    pub(super) fn waiting(&self) -> Option<&Waiting> {
        self.notes.waiting.as_ref()
    }

    pub(super) fn set_waiting(&mut self, waiting: Option<Waiting>) {
        self.notes.waiting = waiting;
    }

    /// Notes that a turn begins.
    pub(super) fn begin(&mut self, turn: Option<String>, now: SystemTime) {
        self.notes.turn = Some(Turn { id: turn, began_ms: milliseconds(now) });
    }

    /// Writes the notes, and removes old ones of other sessions if these are the first.
    pub(super) fn write(&self) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        let is_first = !self.path.exists();
        if is_first {
            create(folder)?;
            remove_old(folder);
        }
        let temporary = self.path.with_extension(format!("{}.tmp", process::id()));
        let text = serde_json::to_vec(&self.notes)?;
        let mut options = fs::File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&temporary)?.write_all(&text)?;
        fs::rename(&temporary, &self.path)
    }

    /// Removes the notes of a session that has ended.
    pub(super) fn remove(self) {
        // Old notes are removed later.
        let _ = fs::remove_file(&self.path);
    }
}

fn create(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn remove_old(folder: &Path) {
    let Ok(files) = fs::read_dir(folder) else { return };
    for file in files.flatten().take(LOOKED_AT) {
        let modified = file.metadata().and_then(|metadata| metadata.modified());
        if modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD)) {
            let _ = fs::remove_file(file.path());
        }
    }
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("hook-notes-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_turn_has_run_since_it_began() {
        let folder = folder("turn");
        let mut session = Session::read(&folder, "a");
        assert_eq!(session.ran_for(None, at(10)), None, "nothing is noted");
        session.begin(Some("1".to_owned()), at(100));
        session.write().unwrap();
        let session = Session::read(&folder, "a");
        assert_eq!(session.ran_for(Some("1"), at(292)), Some(Duration::from_secs(192)));
        assert_eq!(session.ran_for(Some("2"), at(292)), None, "another turn");
        assert_eq!(session.ran_for(Some("1"), at(90)), None, "the clock was set back");
        assert_eq!(Session::read(&folder, "b").ran_for(Some("1"), at(292)), None, "another session");
        session.remove();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn notes_that_cannot_be_read_are_as_none_and_old_ones_are_removed() {
        let folder = folder("old");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.json"), "{\"turn\":").unwrap();
        let old = fs::File::create(folder.join("old.json")).unwrap();
        old.set_modified(SystemTime::now() - OLD - Duration::from_secs(1)).unwrap();
        let session = Session::read(&folder, "a");
        assert_eq!(session.notes, Notes::default());
        Session::read(&folder, "b").write().unwrap();
        let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["a.json", "b.json"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
