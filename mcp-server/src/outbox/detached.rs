//! A process of the same program that outlives the one that starts it.

use std::{
    env, io,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// Variables of the system that a delivery depends on: proxies, certificates, directories, the time zone.
const OF_SYSTEM: [&str; 20] = [
    "ALL_PROXY",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LC_ALL",
    "LC_MESSAGES",
    "NO_PROXY",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TZ",
    "XDG_STATE_HOME",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    // Windows starts no process without the first two.
    "SYSTEMROOT",
    "SystemRoot",
    "LOCALAPPDATA",
    "USERPROFILE",
];

/// The command line and the environment of a detached process.
#[derive(Debug)]
pub(crate) struct Detached {
    /// Directory of the state, if there is one.
    pub(crate) directory: Option<PathBuf>,
    /// Configuration file.
    pub(crate) config: Option<PathBuf>,
    /// Names of the variables that describe the robots.
    pub(crate) variables: Vec<String>,
}

impl Detached {
    /// Starts the process: with none of the files that this one has open, and with the variables that it needs.
    ///
    /// # Errors
    ///
    /// The system starts no process.
    pub(crate) fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(env::current_exe()?);
        command.args(["outbox", "run", "--detached"]);
        if let Some(directory) = &self.directory {
            command.arg("--state-dir").arg(directory);
        }
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        command.env_clear();
        for name in self.variables.iter().map(String::as_str).chain(OF_SYSTEM) {
            if let Some(value) = env::var_os(name) {
                command.env(name, value);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // A shell may have opened others, such as the lock of `flock`, which are inherited.
        #[cfg(unix)]
        close_fds::set_fds_cloexec_threadsafe(3, &[]);
        #[cfg(windows)]
        {
            use std::os::windows::process::CommandExt as _;

            const DETACHED_PROCESS: u32 = 0x0000_0008;
            const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
            command.creation_flags(DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
        }
        command.spawn()
    }
}

/// Leaves the terminal and the directory of the process that has started this one. Paths of the settings have been read
/// by then: they may be relative.
///
/// # Errors
///
/// The system refuses it.
pub(crate) fn leave() -> io::Result<()> {
    #[cfg(unix)]
    {
        rustix::process::setsid()?;
        env::set_current_dir("/")?;
    }
    Ok(())
}
