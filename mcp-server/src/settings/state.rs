//! The state that processes share: its directory, or none.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

#[cfg(feature = "state")]
use dingtalk_config::Config;
use dingtalk_config::{Fault, FaultKind, StateSettings, Wording};

#[cfg(feature = "postgres")]
use dingtalk_outbox::Postgres;
#[cfg(feature = "state")]
use dingtalk_outbox::{Quota, State, StateBuilder};
#[cfg(feature = "postgres")]
use secrecy::ExposeSecret as _;

#[cfg(feature = "state")]
use super::robots::Described;
use super::{
    reader::{GivenSecret, Reader},
    table,
};

/// Target of the warning that no state is shared.
#[cfg(feature = "state")]
pub(crate) const STATE_TARGET: &str = "dingtalk_notify::state";

/// Name of the directory in that of the platform.
const NAME: &str = "dingtalk-notify";

/// Place of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StatePlace {
    /// Nothing is shared, because a setting says so.
    Off,
    /// Nothing is shared, because the environment names no directory.
    Homeless,
    /// An absolute path.
    Directory(PathBuf),
}

/// The state as flags and variables describe it, before the file is read.
pub(super) struct StateFlags {
    dir: Option<PathBuf>,
    url: Option<GivenSecret>,
    off: bool,
}

impl StateFlags {
    pub(super) fn read(reader: &mut Reader<'_>, dir: Option<&Path>, off: bool) -> Self {
        let off = reader.flag(&table::NO_STATE, off);
        let flag = dir.filter(|dir| !dir.as_os_str().is_empty());
        // A path of the command line is one of the current directory, as the shell completes it.
        let flag = flag.map(|dir| std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()));
        let dir = flag.or_else(|| {
            let given = reader.text(&table::STATE_DIR, None)?;
            let dir = PathBuf::from(&given.value);
            if dir.is_absolute() {
                return Some(dir);
            }
            let value = given.value;
            let problem = Wording::new(
                format!("expected an absolute path, found {value:?}"),
                format!("应为绝对路径，而不是 {value:?}"),
            );
            reader.faults.push(Fault::new(FaultKind::Invalid, given.source, problem));
            None
        });
        if dir.is_some() && cfg!(not(feature = "state")) {
            let problem = Wording::new(
                "this program cannot share state: it was built without the feature `state` of dingtalk-notify",
                "本程序不能共享状态：编译时没有启用 dingtalk-notify 的 feature `state`",
            );
            reader.faults.push(Fault::new(FaultKind::Invalid, table::STATE_DIR.variable, problem));
        }
        Self { dir, url: reader.secret_text(&table::STATE_URL), off }
    }

    /// Reads the database of the variable, else of the file. If its URL cannot be read, that is a fault: a program that
    /// shares a state does not send without it.
    #[cfg(feature = "postgres")]
    pub(super) fn database(&self, file: &StateSettings, faults: &mut Vec<Fault>) -> Option<StateDatabase> {
        if self.off || file.enabled == Some(false) {
            return None;
        }
        let of_file = file.url.as_ref().map(|url| (url, "state.url"));
        let (url, source) = self.url.as_ref().map(|given| (&given.value, given.source)).or(of_file)?;
        #[cfg(feature = "program")]
        let url_variable = url.variable().map(str::to_owned);
        let url = match url.read() {
            Ok(url) => url,
            Err(error) => {
                faults.push(Fault::new(FaultKind::Secret, source, Wording::of_cause(&error)));
                return None;
            }
        };
        let mut postgres = Postgres::builder(url.expose_secret());
        if let Some(schema) = &file.schema {
            postgres = postgres.schema(schema);
        }
        if let Some(migrates) = file.migrate {
            postgres = postgres.migrate(migrates);
        }
        match postgres.build() {
            Ok(postgres) => {
                let required = file.required.unwrap_or(true);
                Some(StateDatabase {
                    postgres,
                    egress: file.egress.clone(),
                    required,
                    #[cfg(feature = "program")]
                    url_variable,
                })
            }
            Err(error) => {
                faults.push(Fault::new(FaultKind::Invalid, source, Wording::of_cause(&error)));
                None
            }
        }
    }

    /// Reports a database that this program cannot use.
    #[cfg(not(feature = "postgres"))]
    pub(super) fn refuse_database(&self, file: &StateSettings, faults: &mut Vec<Fault>) {
        let of_file = file.url.as_ref().map(|_| "state.url");
        if let Some(source) = self.url.as_ref().map(|given| given.source).or(of_file) {
            let problem = Wording::new(
                "this program cannot use PostgreSQL: it was built without the feature `postgres` of dingtalk-notify",
                "本程序不能使用 PostgreSQL：编译时没有启用 dingtalk-notify 的 feature `postgres`",
            );
            faults.push(Fault::new(FaultKind::Invalid, source, problem));
        }
    }

    /// Chooses the directory: that of the flag, else of the variable, else of the file, else of the platform. Whatever
    /// turns the state off wins.
    pub(super) fn place(self, file: &StateSettings, environment: &Environment) -> StatePlace {
        if self.off || file.enabled == Some(false) {
            return StatePlace::Off;
        }
        let dir = self.dir.or_else(|| file.dir.clone()).or_else(|| environment.state_directory());
        dir.map_or(StatePlace::Homeless, StatePlace::Directory)
    }
}

/// The variables of the system that name a directory for state.
#[derive(Debug, Default)]
pub(super) struct Environment(BTreeMap<&'static str, PathBuf>);

impl Environment {
    pub(super) fn new(environment: &[(OsString, OsString)]) -> Self {
        const NAMES: [&str; 4] = ["STATE_DIRECTORY", "XDG_STATE_HOME", "HOME", "LOCALAPPDATA"];
        let directory = |name: &'static str| {
            let (_, value) = environment.iter().find(|(known, _)| known == name)?;
            // systemd separates several directories with colons; the others are single paths.
            let first = if name == "STATE_DIRECTORY" {
                std::env::split_paths(value).next()?
            } else {
                PathBuf::from(value)
            };
            // The XDG specification ignores relative paths, and nobody could find such a directory again.
            first.is_absolute().then_some((name, first))
        };
        Self(NAMES.into_iter().filter_map(directory).collect())
    }

    /// Returns the directory of the platform.
    fn state_directory(&self) -> Option<PathBuf> {
        let get = |name| self.0.get(name);
        if cfg!(windows) {
            return get("LOCALAPPDATA").map(|local| local.join(NAME));
        }
        if cfg!(target_os = "macos") {
            return get("HOME").map(|home| home.join("Library/Application Support").join(NAME));
        }
        // A service of systemd has a directory of its own.
        get("STATE_DIRECTORY")
            .cloned()
            .or_else(|| get("XDG_STATE_HOME").map(|state| state.join(NAME)))
            .or_else(|| get("HOME").map(|home| home.join(".local/state").join(NAME)))
    }
}

/// A database that programs share.
#[cfg(feature = "postgres")]
#[derive(Debug, Clone)]
pub(crate) struct StateDatabase {
    pub(crate) postgres: Postgres,
    egress: Option<String>,
    required: bool,
    /// Name of the variable that its URL refers to.
    #[cfg(feature = "program")]
    pub(super) url_variable: Option<String>,
}

#[cfg(feature = "postgres")]
impl StateDatabase {
    /// Returns the state. Touches nothing.
    pub(super) fn describe(&self, quotas: Vec<Quota>) -> State {
        let mut state =
            State::postgres(self.postgres.clone()).owner(env!("CARGO_PKG_NAME")).required(self.required);
        if let Some(egress) = &self.egress {
            state = state.egress(egress);
        }
        quotas.into_iter().fold(state, StateBuilder::quota).build()
    }
}

#[cfg(feature = "state")]
impl StatePlace {
    /// Returns the state, unless none is shared. Touches nothing: the state opens when it is first used.
    pub(super) fn describe(&self, quotas: impl FnOnce() -> Vec<Quota>) -> Option<State> {
        let directory = match self {
            Self::Directory(directory) => directory,
            Self::Off => return None,
            Self::Homeless => {
                tracing::warn!(
                    name: "dingtalk.no_state",
                    target: STATE_TARGET,
                    "no directory for the state was found, so this process counts only its own messages: set {}",
                    table::STATE_DIR.variable
                );
                return None;
            }
        };
        let state = State::builder(directory).owner(env!("CARGO_PKG_NAME"));
        Some(quotas().into_iter().fold(state, StateBuilder::quota).build())
    }
}

/// Returns the quotas of the file. A robot whose token cannot be read sends nothing, so it counts for nothing.
#[cfg(feature = "state")]
pub(super) fn quotas(config: &Config, robots: &[Described<'_>]) -> Vec<Quota> {
    let shared = config.quotas.iter().map(|quota| {
        let counts = |robot: &Described<'_>| match (&quota.robots, robot.name()) {
            (Some(names), Some(name)) => names.iter().any(|listed| listed == name),
            (Some(_), None) => false,
            (None, _) => true,
        };
        let keys = robots.iter().filter(|robot| counts(robot)).flat_map(Described::keys);
        Quota::new(&*quota.name, quota.limit, keys).keep_urgent(quota.keep_urgent)
    });
    let own = config.robots.iter().filter_map(|robot| {
        let limit = robot.monthly_quota?;
        let keys = Described::Named(robot).keys();
        Some(keys.into_iter().map(move |key| Quota::new(&*robot.name, limit, [key])))
    });
    shared.chain(own.flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(variables: &[(&str, &str)]) -> Option<PathBuf> {
        let variables: Vec<(OsString, OsString)> =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Environment::new(&variables).state_directory()
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn the_directory_is_that_of_the_service_or_of_xdg_or_of_the_home() {
        let home = ("HOME", "/home/ann");
        let xdg = ("XDG_STATE_HOME", "/state");
        for (variables, expected) in [
            (&[home][..], Some("/home/ann/.local/state/dingtalk-notify")),
            (&[home, xdg], Some("/state/dingtalk-notify")),
            (&[home, ("XDG_STATE_HOME", "state")], Some("/home/ann/.local/state/dingtalk-notify")),
            (&[home, ("XDG_STATE_HOME", "")], Some("/home/ann/.local/state/dingtalk-notify")),
            (&[home, xdg, ("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")], Some("/var/lib/a")),
            (&[home, ("STATE_DIRECTORY", "a")], Some("/home/ann/.local/state/dingtalk-notify")),
            (&[("HOME", "relative")], None),
            (&[("LOCALAPPDATA", "/local")], None),
            (&[], None),
        ] {
            assert_eq!(directory(variables), expected.map(PathBuf::from), "{variables:?}");
        }
    }

    #[cfg(target_os = "macos")]
    #[test]
    fn the_directory_is_that_of_applications() {
        let found = directory(&[("HOME", "/Users/ann"), ("XDG_STATE_HOME", "/state")]);
        assert_eq!(found, Some("/Users/ann/Library/Application Support/dingtalk-notify".into()));
    }

    #[cfg(windows)]
    #[test]
    fn the_directory_is_local_to_the_machine() {
        let found = directory(&[("LOCALAPPDATA", r"C:\Users\ann\AppData\Local"), ("HOME", r"C:\home")]);
        assert_eq!(found, Some(r"C:\Users\ann\AppData\Local\dingtalk-notify".into()));
    }
}
