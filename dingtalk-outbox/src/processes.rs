//! Processes that are running: each holds the lock on a file of its own, which the operating system releases when the
//! process ends.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use self::system::{create, lock, make_folder};

/// Attempts to create a file: another process may remove it before it is locked.
const TRIES: usize = 8;

/// The processes that use one database, with a folder for their files.
#[derive(Debug)]
pub(crate) struct Processes {
    folder: PathBuf,
    /// Set when others first have to find this process.
    own: Mutex<Option<Running>>,
}

impl Processes {
    /// Creates nothing yet.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, own: Mutex::default() }
    }

    /// Returns the name under which others find this process. Its file is made anew if it was removed with the folder.
    pub(crate) fn own(&self) -> io::Result<String> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = own.as_ref().filter(|running| running.is_found()) {
            return Ok(running.name().to_owned());
        }
        Ok(own.insert(Running::new(&self.folder)?).name().to_owned())
    }

    /// Returns the name of this process, if others could have to find it.
    pub(crate) fn known_own(&self) -> Option<String> {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.as_ref().map(|running| running.name().to_owned())
    }

    /// Reports whether the process with this name is running.
    pub(crate) fn is_running(&self, name: &str) -> bool {
        is_name(name) && system::is_locked(&self.folder.join(name))
    }
}

/// The lock of this process. The file is removed with it.
#[derive(Debug)]
struct Running {
    name: String,
    path: PathBuf,
    /// Locked until it is closed.
    _file: fs::File,
}

impl Running {
    /// Creates and locks a file in the folder, and removes those of processes that have ended.
    fn new(folder: &Path) -> io::Result<Self> {
        make_folder(folder)?;
        for file in fs::read_dir(folder)? {
            remove_ended(&file?.path());
        }
        for _ in 0..TRIES {
            let name = format!("{:016x}", rand::random::<u64>());
            let path = folder.join(&name);
            let file = create(&path, folder)?;
            // Another process may have found the file before it was locked, and removed it.
            if lock(&file)? && path.exists() {
                return Ok(Self { name, path, _file: file });
            }
        }
        Err(io::ErrorKind::ResourceBusy.into())
    }

    /// Reports whether other processes can find it.
    fn is_found(&self) -> bool {
        self.path.exists()
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Reports whether a process could have this name: it cannot lead to another folder, and no other file has it.
fn is_name(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Removes the file of a process that has ended. It is locked meanwhile, so that no process is beginning to use it.
fn remove_ended(path: &Path) {
    let is_ours = path.file_name().and_then(|name| name.to_str()).is_some_and(is_name);
    if is_ours
        && let Ok(file) = fs::File::open(path)
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
    pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
        let around = folder.parent().filter(|around| !around.as_os_str().is_empty());
        let mode = fs::metadata(around.unwrap_or(Path::new(".")))?.permissions();
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

    pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
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

    fn processes(directory: &TempDir) -> Processes {
        Processes::new(directory.path().join("processes"))
    }

    #[test]
    fn a_process_is_running_until_its_lock_is_released() {
        let directory = TempDir::new();
        let (one, other) = (processes(&directory), processes(&directory));
        let name = one.own().unwrap();
        let path = one.folder.join(&name);
        assert_eq!(one.own().unwrap(), name);
        assert_ne!(other.own().unwrap(), name);
        assert!(other.is_running(&name), "a second lock does not remove the first");
        drop(one);
        assert!(!other.is_running(&name) && !path.exists());
        assert!(!other.is_running("../../etc/passwd"));
        assert!(other.is_running(&other.own().unwrap()));
    }

    #[test]
    fn the_file_of_a_process_that_was_killed_is_removed_by_the_next_one() {
        let directory = TempDir::new();
        let (killed, next) = (processes(&directory), processes(&directory));
        let name = killed.own().unwrap();
        let path = killed.folder.join(&name);
        // The system closes the file; nobody removes it.
        fs::copy(&path, directory.path().join("copy")).unwrap();
        drop(killed);
        fs::rename(directory.path().join("copy"), &path).unwrap();
        assert!(!next.is_running(&name));
        assert!(path.exists(), "asking changes nothing");
        next.own().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn other_files_of_the_folder_are_left_alone() {
        let directory = TempDir::new();
        let folder = directory.path().join("processes");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("notes"), "of a person").unwrap();
        processes(&directory).own().unwrap();
        assert!(folder.join("notes").exists());
    }
}
