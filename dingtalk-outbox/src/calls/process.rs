//! Processes that are running: each holds the lock on a file of its own, which the operating system releases when the
//! process ends.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use self::system::{create, lock, make_folder};
use crate::trouble::Trouble;

/// Directory of the files, in that of the state.
const FOLDER: &str = "processes";

/// Attempts to create a file: another process may remove it before it is locked.
const TRIES: usize = 8;

/// The lock of this process. The file is removed with it.
#[derive(Debug)]
pub(crate) struct Running {
    name: String,
    path: PathBuf,
    /// Locked until it is closed.
    _file: fs::File,
}

impl Running {
    /// Creates and locks a file in the directory of the state, and removes those of processes that have ended.
    pub(crate) fn new(directory: &Path) -> Result<Self, Trouble> {
        Self::create(directory).map_err(|error| {
            Trouble::unusable(format!(
                "the state directory cannot hold the file of this process ({error}); make it writable, or set another one"
            ))
        })
    }

    fn create(directory: &Path) -> io::Result<Self> {
        let folder = directory.join(FOLDER);
        make_folder(&folder, directory)?;
        for file in fs::read_dir(&folder)? {
            remove_ended(&file?.path());
        }
        for _ in 0..TRIES {
            let name = format!("{:016x}", rand::random::<u64>());
            let path = folder.join(&name);
            let file = create(&path, &folder)?;
            // Another process may have found the file before it was locked, and removed it.
            if lock(&file)? && path.exists() {
                return Ok(Self { name, path, _file: file });
            }
        }
        Err(io::ErrorKind::ResourceBusy.into())
    }

    /// Reports whether other processes can find it.
    pub(crate) fn is_found(&self) -> bool {
        self.path.exists()
    }

    /// Returns the name by which other processes find it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Reports whether the process with this name is running.
pub(crate) fn is_running(directory: &Path, name: &str) -> bool {
    // A name cannot lead to another directory.
    name.bytes().all(|byte| byte.is_ascii_hexdigit()) && system::is_locked(&directory.join(FOLDER).join(name))
}

/// Removes the file of a process that has ended. It is locked meanwhile, so that no process is beginning to use it.
fn remove_ended(path: &Path) {
    if let Ok(file) = fs::File::open(path)
        && lock(&file).unwrap_or(false)
    {
        let _ = fs::remove_file(path);
    }
}

#[cfg(unix)]
mod system {
    use std::{
        fs, io,
        os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
        path::Path,
    };

    use rustix::{
        fs::{FlockOperation, flock},
        io::Errno,
    };

    /// Creates the folder, with the permissions of the directory around it.
    pub(super) fn make_folder(folder: &Path, around: &Path) -> io::Result<()> {
        let mode = fs::metadata(around)?.permissions();
        match fs::DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => fs::set_permissions(folder, mode),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Creates a file that those can read who can read the folder.
    pub(super) fn create(path: &Path, folder: &Path) -> io::Result<fs::File> {
        let mode = fs::metadata(folder)?.permissions().mode() & 0o640;
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        Ok(file)
    }

    /// Locks the file, and reports whether that was possible.
    pub(super) fn lock(file: &fs::File) -> io::Result<bool> {
        held(flock(file, FlockOperation::NonBlockingLockExclusive)).map(|held| !held)
    }

    /// Reports whether the file exists and is locked. A shared lock, so that processes that ask at the same time do not
    /// take each other for the owner.
    pub(super) fn is_locked(path: &Path) -> bool {
        let Ok(file) = fs::File::open(path) else { return false };
        held(flock(&file, FlockOperation::NonBlockingLockShared)).unwrap_or(true)
    }

    /// Reports whether somebody else holds the lock.
    fn held(result: Result<(), Errno>) -> io::Result<bool> {
        match result {
            Ok(()) => Ok(false),
            Err(Errno::WOULDBLOCK) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}

/// A file that is open without sharing is locked: nobody else can open it.
#[cfg(not(unix))]
mod system {
    use std::{fs, io, path::Path};

    pub(super) fn make_folder(folder: &Path, _: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)
    }

    pub(super) fn create(path: &Path, _: &Path) -> io::Result<fs::File> {
        let mut options = fs::OpenOptions::new();
        #[cfg(windows)]
        std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 0);
        options.write(true).create_new(true).open(path)
    }

    #[allow(clippy::unnecessary_wraps, reason = "as on Unix")]
    pub(super) fn lock(_: &fs::File) -> io::Result<bool> {
        Ok(true)
    }

    pub(super) fn is_locked(path: &Path) -> bool {
        matches!(fs::File::open(path), Err(error) if error.kind() != io::ErrorKind::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::tests::TempDir;

    #[test]
    fn a_process_is_running_until_its_lock_is_released() {
        let directory = TempDir::new();
        let running = Running::new(directory.path()).unwrap();
        let other = Running::new(directory.path()).unwrap();
        let (name, path) = (running.name().to_owned(), running.path.clone());
        assert_ne!(name, other.name());
        assert!(is_running(directory.path(), &name), "a second lock does not remove the first");
        drop(running);
        assert!(!is_running(directory.path(), &name) && !path.exists());
        assert!(!is_running(directory.path(), "../../etc/passwd"));
        assert!(is_running(directory.path(), other.name()));
    }

    #[test]
    fn the_file_of_a_process_that_was_killed_is_removed_by_the_next_one() {
        let directory = TempDir::new();
        let killed = Running::new(directory.path()).unwrap();
        let (name, path) = (killed.name().to_owned(), killed.path.clone());
        // The system closes the file; nobody removes it.
        fs::copy(&path, directory.path().join("copy")).unwrap();
        drop(killed);
        fs::rename(directory.path().join("copy"), &path).unwrap();
        assert!(!is_running(directory.path(), &name));
        assert!(path.exists(), "asking changes nothing");
        let _next = Running::new(directory.path()).unwrap();
        assert!(!path.exists());
    }
}
