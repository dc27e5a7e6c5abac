//! The directory and the file of the state: who may use them, and with which modes they are made.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::trouble::Trouble;

/// Name of the file in the directory.
const FILE: &str = "state.db";

/// Identity of a file, to notice that it was replaced. Empty where the system has none.
pub(crate) type FileId = Option<(u64, u64)>;

/// Directory of a state.
#[derive(Debug, Clone)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Returns the path of the directory.
    #[allow(dead_code, reason = "for the table of repeated calls")]
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the path of the file.
    pub(crate) fn file(&self) -> PathBuf {
        self.0.join(FILE)
    }

    /// Returns the identity of the file that has this name now.
    pub(crate) fn file_id(&self) -> FileId {
        file_id(&fs::symlink_metadata(self.file()).ok()?)
    }

    /// Returns the size of the log of changes, in bytes.
    pub(crate) fn log_bytes(&self) -> u64 {
        fs::metadata(self.0.join("state.db-wal")).map_or(0, |log| log.len())
    }

    /// Reports whether there is a file.
    pub(crate) fn has_file(&self) -> bool {
        fs::symlink_metadata(self.file()).is_ok()
    }

    /// Makes the directory and the file unless they exist, and checks that both may be used.
    pub(crate) fn prepare(&self) -> Result<(), Trouble> {
        let sharing = self.prepare_directory(self.has_file())?;
        match create(&self.file(), sharing) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.check_file(sharing),
            Err(error) => Err(self.cannot("be written", &error)),
        }
    }

    /// Makes the directory and another file in it unless they exist, and checks that the directory may be used. Returns
    /// the path of the file.
    pub(crate) fn prepare_other(&self, file: &str) -> Result<PathBuf, Trouble> {
        let path = self.0.join(file);
        let sharing = self.prepare_directory(fs::symlink_metadata(&path).is_ok())?;
        match create(&path, sharing) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(self.cannot("be written", &error))
            }
            _ => Ok(path),
        }
    }

    /// Makes the directory unless it exists, and checks that it may be used. `made` says that its file exists.
    fn prepare_directory(&self, made: bool) -> Result<Sharing, Trouble> {
        if !made && runs_under_sudo() {
            return Err(self.refused(
                "is not created under sudo, because its owner would be root; send once without sudo first, or set a state directory of root",
            ));
        }
        make_directory(&self.0).map_err(|error| self.cannot("be created", &error))?;
        let metadata = fs::symlink_metadata(&self.0).map_err(|error| self.cannot("be read", &error))?;
        let sharing = self.check_directory(&metadata)?;
        self.check_file_system()?;
        Ok(sharing)
    }

    /// Moves a damaged file aside, unless another process has done so. Returns its new path.
    pub(crate) fn set_aside(&self, damaged: FileId, suffix: &str) -> Result<Option<PathBuf>, Trouble> {
        let _lock = self.lock()?;
        if self.file_id() != damaged {
            return Ok(None);
        }
        let aside = self.0.join(format!("{FILE}.damaged-{suffix}"));
        for end in ["-wal", "-shm", ""] {
            let from = self.0.join(format!("{FILE}{end}"));
            match fs::rename(&from, format!("{}{end}", aside.display())) {
                Err(error) if end.is_empty() || error.kind() != io::ErrorKind::NotFound => {
                    return Err(self.cannot("be written, and its file is damaged", &error));
                }
                _ => {}
            }
        }
        Ok(Some(aside))
    }

    fn refused(&self, reason: &str) -> Trouble {
        Trouble::Unusable(format!("the state directory {} {reason}", self.0.display()))
    }

    fn cannot(&self, what: &str, error: &io::Error) -> Trouble {
        self.refused(&format!("cannot {what} ({error}); make it writable, or set another state directory"))
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};

    use rustix::fs::{FlockOperation, flock};

    use super::{Directory, FILE, FileId, Path, Trouble, fs, io};

    const SET_GID: u32 = 0o2000;
    const OTHERS_WRITE: u32 = 0o002;
    const GROUP_WRITE: u32 = 0o020;

    /// Modes of a state that several people share, or not.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct Sharing {
        mode: u32,
        shared: bool,
    }

    impl Directory {
        /// Checks the owner and the mode, and returns the mode of the file.
        pub(super) fn check_directory(&self, metadata: &fs::Metadata) -> Result<Sharing, Trouble> {
            if metadata.is_symlink() {
                return Err(self.refused("is a symbolic link; set the directory that it points to"));
            }
            if !metadata.is_dir() {
                return Err(self.refused("is not a directory; set another state directory"));
            }
            let mode = metadata.mode();
            if mode & OTHERS_WRITE != 0 {
                return Err(self.refused("can be written by everyone; remove that permission (chmod o-w)"));
            }
            // Its group was made to share it.
            if mode & SET_GID != 0 && mode & GROUP_WRITE != 0 {
                return Ok(Sharing { mode: mode & 0o660, shared: true });
            }
            if metadata.uid() != rustix::process::geteuid().as_raw() {
                return Err(self.refused(
                    "belongs to another user; set a directory of your own, or share it with a group (chmod g+ws)",
                ));
            }
            if mode & GROUP_WRITE != 0 {
                return Err(self.refused(
                    "can be written by its group; remove that permission (chmod g-w), or share it (chmod g+ws)",
                ));
            }
            Ok(Sharing { mode: 0o600, shared: false })
        }

        /// Checks that a file is one of our own.
        pub(super) fn check_file(&self, sharing: Sharing) -> Result<(), Trouble> {
            let metadata =
                fs::symlink_metadata(self.file()).map_err(|error| self.cannot("be read", &error))?;
            if !metadata.is_file() {
                let reason = format!("holds a {FILE} that is not a regular file; remove it");
                return Err(self.refused(&reason));
            }
            if !sharing.shared && metadata.uid() != rustix::process::geteuid().as_raw() {
                let reason = format!("holds a {FILE} of another user; remove it, or set another directory");
                return Err(self.refused(&reason));
            }
            Ok(())
        }

        /// Locks the directory, so that only one process puts a file aside.
        pub(crate) fn lock(&self) -> Result<fs::File, Trouble> {
            let directory = fs::File::open(&self.0).map_err(|error| self.cannot("be read", &error))?;
            flock(&directory, FlockOperation::LockExclusive)
                .map_err(|error| self.cannot("be locked", &error.into()))?;
            Ok(directory)
        }
    }

    pub(super) fn make_directory(path: &Path) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    /// Creates an empty file with its mode, before SQLite opens it.
    pub(super) fn create(path: &Path, sharing: Sharing) -> io::Result<()> {
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(sharing.mode).open(path)?;
        if sharing.shared {
            // The process's mask may have removed the group's permissions.
            file.set_permissions(fs::Permissions::from_mode(sharing.mode))?;
        }
        Ok(())
    }

    #[allow(clippy::unnecessary_wraps, reason = "other systems have none")]
    pub(super) fn file_id(metadata: &fs::Metadata) -> FileId {
        Some((metadata.dev(), metadata.ino()))
    }

    /// Reports whether the program runs as root for somebody else.
    pub(super) fn runs_under_sudo() -> bool {
        let caller = std::env::var("SUDO_UID").unwrap_or_default();
        rustix::process::geteuid().is_root() && !matches!(&*caller, "" | "0")
    }
}

#[cfg(not(unix))]
mod other {
    use super::{Directory, FileId, Path, Trouble, fs, io};

    #[derive(Debug, Clone, Copy)]
    pub(super) struct Sharing;

    impl Directory {
        /// Access to a directory of a profile is inherited from it.
        pub(super) fn check_directory(&self, metadata: &fs::Metadata) -> Result<Sharing, Trouble> {
            if metadata.is_symlink() {
                return Err(self.refused("is a symbolic link; set the directory that it points to"));
            }
            if !metadata.is_dir() {
                return Err(self.refused("is not a directory; set another state directory"));
            }
            Ok(Sharing)
        }

        pub(super) fn check_file(&self, _: Sharing) -> Result<(), Trouble> {
            let metadata =
                fs::symlink_metadata(self.file()).map_err(|error| self.cannot("be read", &error))?;
            if metadata.is_file() { Ok(()) } else { Err(self.refused("holds a state.db that is not a file")) }
        }

        /// A file that another process uses cannot be renamed, so nothing is locked.
        pub(crate) fn lock(&self) -> Result<(), Trouble> {
            Ok(())
        }
    }

    pub(super) fn make_directory(path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    pub(super) fn create(path: &Path, _: Sharing) -> io::Result<()> {
        fs::OpenOptions::new().write(true).create_new(true).open(path).map(drop)
    }

    pub(super) fn file_id(_: &fs::Metadata) -> FileId {
        None
    }

    pub(super) fn runs_under_sudo() -> bool {
        false
    }
}

#[cfg(not(unix))]
use other::{Sharing, create, file_id, make_directory, runs_under_sudo};
#[cfg(unix)]
use unix::{Sharing, create, file_id, make_directory, runs_under_sudo};

impl Directory {
    /// Refuses file systems on which SQLite's shared memory and locks do not hold for all processes.
    #[cfg(target_os = "linux")]
    fn check_file_system(&self) -> Result<(), Trouble> {
        let system = rustix::fs::statfs(&self.0).map_err(|error| self.cannot("be read", &error.into()))?;
        // Some architectures have signed words.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a magic number of 32 bits")]
        match network_file_system(system.f_type as u32) {
            None => Ok(()),
            Some(name) => Err(self.refused(&format!(
                "is on {name}, where a file cannot be shared safely; set a state directory on a local disk, or use none"
            ))),
        }
    }

    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "as on Linux")]
    fn check_file_system(&self) -> Result<(), Trouble> {
        Ok(())
    }
}

/// Returns the name of a file system that other machines or the host of a virtual machine write to, by its number in
/// Linux's `magic.h`.
#[cfg(target_os = "linux")]
fn network_file_system(magic: u32) -> Option<&'static str> {
    match magic {
        0x6969 => Some("NFS"),
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => Some("SMB"),
        0x0102_1997 => Some("9p"),
        // virtiofs has the number of FUSE, too.
        0x6573_5546 => Some("FUSE or virtiofs"),
        0x5346_414f => Some("AFS"),
        0x00c3_6400 => Some("Ceph"),
        0x0bd0_0bd0 => Some("Lustre"),
        _ => None,
    }
}
