//! The environment variables of the binary.

use std::{ops::RangeInclusive, path::PathBuf, sync::Arc, time::Duration};

use dingtalk_core::{Deliver, MAX_MENTIONS, Pace, Robot, RobotBuilder, Stub};

use crate::{
    AtAll, CALL_DEADLINE, CALL_MENTIONS, Config, Error, RobotSettings, Server, ServerBuilder, Target,
    call::{keyword::WithKeyword, targets::Targets},
    definition::Deployment,
};

/// How many messages a custom robot takes in a minute (`custom-robots-send-group-messages`, open.dingtalk.com).
pub const RATE_PER_MINUTE: u32 = 20;

const TOKEN_VARIABLE: &str = "DINGTALK_BOT_ACCESS_TOKEN";
const TOKEN_FILE_VARIABLE: &str = "DINGTALK_BOT_ACCESS_TOKEN_FILE";
const BASE_URL_VARIABLE: &str = "DINGTALK_BOT_BASE_URL";
const RATE_VARIABLE: &str = "DINGTALK_BOT_RATE_PER_MINUTE";

const DEADLINE_VARIABLE: &str = "DINGTALK_NOTIFY_CALL_DEADLINE";
const MENTIONS_VARIABLE: &str = "DINGTALK_NOTIFY_MAX_MENTIONS";
const DRY_RUN_VARIABLE: &str = "DINGTALK_NOTIFY_DRY_RUN";
const AT_ALL_VARIABLE: &str = "DINGTALK_NOTIFY_AT_ALL";
const KEYWORD_VARIABLE: &str = "DINGTALK_BOT_KEYWORD";
const CONFIG_VARIABLE: &str = "DINGTALK_NOTIFY_CONFIG";
const TOOLS_VARIABLE: &str = "DINGTALK_NOTIFY_TOOLS";
const PREFIX_VARIABLE: &str = "DINGTALK_NOTIFY_TOOL_PREFIX";

/// The longest that a call waits for its turn at the robot's pace; where it would be longer, it is answered at once. A rest
/// of the robot is never waited out: it lasts minutes.
pub const PACE_WAIT: Duration = Duration::from_secs(10);

/// The deadlines that make sense for a call, in seconds: less is no time to connect, more than any client waits.
const DEADLINES: RangeInclusive<u64> = 2..=600;

/// What the environment says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Messages that leave in a minute at most; `None` where nothing paces them.
    pub rate_per_minute: Option<u32>,
    /// How long a call may take, with all its waiting and all its attempts.
    pub call_deadline: Duration,
    /// How many people one call may mention.
    pub max_mentions: usize,
    /// Nothing is sent.
    pub dry_run: bool,
    /// The names of the tools to serve; `None` for all.
    pub tools: Option<Vec<String>>,
    /// What the names of the tools begin with.
    pub tool_prefix: Option<String>,
    /// May a message of the robot that the environment describes notify everybody?
    pub at_all: AtAll,
    /// The keyword that the robot demands; appended to messages that lack it.
    pub keyword: Option<String>,
    /// The configuration file.
    pub config: Option<PathBuf>,
}

impl Settings {
    /// Reads the process's environment. What describes the robot is read by [`robot`](Self::robot).
    ///
    /// - `DINGTALK_BOT_RATE_PER_MINUTE`: messages a minute, 20 unless set. `0` is no limit: only for a server that is not DingTalk's.
    /// - `DINGTALK_NOTIFY_CALL_DEADLINE`: how long a call may take, in seconds, 2 to 600; 25 unless set.
    /// - `DINGTALK_NOTIFY_MAX_MENTIONS`: how many people one call may mention, 0 to 50; 10 unless set.
    /// - `DINGTALK_NOTIFY_DRY_RUN`: `1` sends nothing and shows what would be sent.
    /// - `DINGTALK_NOTIFY_TOOLS`: the names of the tools to serve, separated by commas; all unless set.
    /// - `DINGTALK_NOTIFY_TOOL_PREFIX`: what the names of the tools begin with.
    /// - `DINGTALK_NOTIFY_AT_ALL`: `ask`, `allow` or `deny` messages that notify everybody; `ask` unless set.
    /// - `DINGTALK_BOT_KEYWORD`: the keyword that the robot demands; appended to messages that lack it.
    /// - `DINGTALK_NOTIFY_CONFIG`: the configuration file, with robots by name: see [`Config`].
    ///
    /// # Errors
    ///
    /// Names the variable that is wrong.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let variable =
            |name| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let base_url = variable(BASE_URL_VARIABLE).or_else(|| variable(TOKEN_VARIABLE));
        let deadline = number(DEADLINE_VARIABLE, variable(DEADLINE_VARIABLE), DEADLINES)?;
        let mentions = number(MENTIONS_VARIABLE, variable(MENTIONS_VARIABLE), 0..=MAX_MENTIONS as u64)?;
        Ok(Self {
            rate_per_minute: rate(variable(RATE_VARIABLE).as_deref(), base_url.as_deref())?,
            call_deadline: deadline.map_or(CALL_DEADLINE, Duration::from_secs),
            max_mentions: mentions.and_then(|most| usize::try_from(most).ok()).unwrap_or(CALL_MENTIONS),
            dry_run: flag(DRY_RUN_VARIABLE, variable(DRY_RUN_VARIABLE).as_deref())?,
            tools: variable(TOOLS_VARIABLE).map(|names| list(&names)),
            tool_prefix: variable(PREFIX_VARIABLE),
            at_all: at_all(variable(AT_ALL_VARIABLE).as_deref())?,
            keyword: variable(KEYWORD_VARIABLE),
            config: variable(CONFIG_VARIABLE).map(PathBuf::from),
        })
    }

    /// The robot that the environment describes, with the pace and the deadline of these settings.
    ///
    /// - `DINGTALK_BOT_ACCESS_TOKEN`: the robot's access token, or its whole webhook. Required; blank counts as missing.
    /// - `DINGTALK_BOT_SECRET`: its signing secret, if it signs.
    /// - `DINGTALK_BOT_ACCESS_TOKEN_FILE`, `DINGTALK_BOT_SECRET_FILE`: files that hold them instead.
    /// - `DINGTALK_BOT_BASE_URL`: where robots live, if not on `https://oapi.dingtalk.com`.
    ///
    /// # Errors
    ///
    /// Names the variable that is missing or wrong.
    pub fn robot(&self) -> Result<Robot, Error> {
        // No tool sends urgently: nothing is kept for that.
        let pace = |rate| Pace::new().limit(rate).urgent_reserve(0).max_wait(PACE_WAIT);
        let robot =
            RobotBuilder::from_env()?.pace(self.rate_per_minute.map(pace)).deadline(self.call_deadline);
        Ok(robot.build()?)
    }

    /// Begins a server with these settings: with the robots of the configuration file, or with the one that the environment
    /// describes.
    ///
    /// # Errors
    ///
    /// The file is wrong, a secret is missing, or both describe robots: which one was meant nobody knows.
    pub fn server(&self) -> Result<ServerBuilder, Error> {
        let config = self.read_config()?;
        // What definitions say holds for every robot.
        let named_rate = config.robots.iter().filter_map(RobotSettings::rate_per_minute).min();
        let server = match self.outlet(&config)? {
            Outlet::One(deliver) => {
                let mut server = Server::builder(deliver).at_all(self.at_all);
                if let Some(keyword) = &self.keyword {
                    server = server.keyword(keyword);
                }
                self.configure(server, self.rate_per_minute)
            }
            Outlet::Several(targets) => {
                self.configure(Server::with_robots(targets, config.default_robot), named_rate)
            }
        };
        Ok(server.people(config.people).declared(config.notifications))
    }

    /// What delivers with these settings; an envelope's [`robot`](dingtalk_core::Envelope::robot) chooses where the
    /// configuration file has several.
    ///
    /// # Errors
    ///
    /// As for [`server`](Self::server).
    pub fn deliver(&self) -> Result<Arc<dyn Deliver>, Error> {
        let config = self.read_config()?;
        match self.outlet(&config)? {
            Outlet::One(deliver) => Ok(deliver),
            Outlet::Several(targets) => Ok(Targets::named(targets, config.default_robot)?.1),
        }
    }

    /// Every robot that these settings describe, each with what keeps it from being made.
    ///
    /// # Errors
    ///
    /// The configuration file is wrong, or both it and the environment describe robots.
    #[cfg(feature = "program")]
    pub(crate) fn candidates(&self) -> Result<Vec<Candidate>, Error> {
        let config = self.read_config()?;
        if config.robots.is_empty() {
            let robot = self.robot().map_err(|error| error.to_string());
            return Ok(vec![Candidate { name: None, robot, keyword: self.keyword.clone() }]);
        }
        Self::check_one_source()?;
        let candidates = config.robots.iter().flat_map(|settings| {
            settings.robots(self.call_deadline).map(|robot| Candidate {
                name: Some(settings.name.clone()),
                robot,
                keyword: settings.keyword().map(str::to_owned),
            })
        });
        Ok(candidates.collect())
    }

    /// Fails if the environment describes a robot beside the file: which one was meant nobody knows.
    fn check_one_source() -> Result<(), Error> {
        match token_variable() {
            None => Ok(()),
            Some(variable) => Err(Error::Settings(format!(
                "{variable} describes a robot, and so does the configuration file: remove one of them"
            ))),
        }
    }

    /// The configuration file; an empty one where there is none.
    ///
    /// # Errors
    ///
    /// The file is wrong.
    pub fn read_config(&self) -> Result<Config, Error> {
        Ok(self.config.as_ref().map(Config::read).transpose()?.unwrap_or_default())
    }

    fn outlet(&self, config: &Config) -> Result<Outlet, Error> {
        if config.robots.is_empty() {
            let robot = match self.robot() {
                // Nothing is sent: whoever tries the server out needs no robot yet.
                Err(_) if self.dry_run && token_variable().is_none() => None,
                robot => Some(robot?),
            };
            return Ok(Outlet::One(match (robot, &self.keyword) {
                (None, _) => Arc::new(Stub::new()),
                (Some(robot), None) => Arc::new(robot),
                (Some(robot), Some(keyword)) => Arc::new(WithKeyword::new(keyword, Arc::new(robot))),
            }));
        }
        Self::check_one_source()?;
        let targets = config.robots.iter().map(|robot| robot.target(self.call_deadline));
        Ok(Outlet::Several(targets.collect::<Result<_, _>>()?))
    }

    /// A server that goes nowhere, to look at what it would serve.
    ///
    /// # Errors
    ///
    /// The configuration file is wrong.
    pub fn preview(&self) -> Result<ServerBuilder, Error> {
        let config = self.read_config()?;
        let rate = config.robots.iter().filter_map(RobotSettings::rate_per_minute).min();
        let server = match &config.robots[..] {
            [] => self.configure(Server::builder(Stub::new()), self.rate_per_minute),
            robots => {
                let targets =
                    robots.iter().map(|robot| Target::new(&*robot.name, &*robot.about, Stub::new()));
                self.configure(Server::with_robots(targets, config.default_robot), rate)
            }
        };
        Ok(server.people(config.people).declared(config.notifications))
    }

    fn configure(&self, server: ServerBuilder, rate_per_minute: Option<u32>) -> ServerBuilder {
        let mut server = server
            .deployment(Deployment::new().rate_per_minute(rate_per_minute))
            .call_deadline(self.call_deadline)
            .max_mentions(self.max_mentions)
            .dry_run(self.dry_run);
        if let Some(names) = &self.tools {
            server = server.only(names);
        }
        if let Some(prefix) = &self.tool_prefix {
            server = server.tool_prefix(prefix);
        }
        server
    }
}

/// A robot to look at before anything is sent through it.
#[cfg(feature = "program")]
pub(crate) struct Candidate {
    /// `None` for the one that the environment describes.
    pub(crate) name: Option<String>,
    pub(crate) robot: Result<Robot, String>,
    pub(crate) keyword: Option<String>,
}

/// The variable by which the environment describes a robot, if it does.
fn token_variable() -> Option<&'static str> {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    [TOKEN_VARIABLE, TOKEN_FILE_VARIABLE].into_iter().find(is_set)
}

/// Where messages go.
enum Outlet {
    One(Arc<dyn Deliver>),
    Several(Vec<Target>),
}

fn at_all(given: Option<&str>) -> Result<AtAll, Error> {
    match given {
        None | Some("ask") => Ok(AtAll::Ask),
        Some("allow") => Ok(AtAll::Allow),
        Some("deny") => Ok(AtAll::Deny),
        Some(other) => Err(Error::Settings(format!(
            "{AT_ALL_VARIABLE}: expected `ask`, `allow` or `deny`, not {other:?}"
        ))),
    }
}

/// The names in a list with commas.
fn list(names: &str) -> Vec<String> {
    names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn number(variable: &str, given: Option<String>, allowed: RangeInclusive<u64>) -> Result<Option<u64>, Error> {
    let Some(given) = given else { return Ok(None) };
    let number = given.parse::<u64>().ok().filter(|number| allowed.contains(number));
    let (least, most) = allowed.into_inner();
    let wrong = || {
        Error::Settings(format!("{variable}: expected a whole number from {least} to {most}, not {given:?}"))
    };
    number.ok_or_else(wrong).map(Some)
}

/// What is misspelt must not send.
fn flag(variable: &str, given: Option<&str>) -> Result<bool, Error> {
    match given.map(str::to_ascii_lowercase).as_deref() {
        None | Some("0" | "false") => Ok(false),
        Some("1" | "true") => Ok(true),
        Some(other) => Err(Error::Settings(format!("{variable}: expected `1` or `0`, not {other:?}"))),
    }
}

/// Does the address lead to DingTalk? A token alone does.
fn is_dingtalk(address: Option<&str>) -> bool {
    let Some((_, rest)) = address.and_then(|address| address.split_once("://")) else { return true };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    ["dingtalk.com", "dingtalk.io"]
        .iter()
        .any(|domain| host == *domain || host.strip_suffix(domain).is_some_and(|sub| sub.ends_with('.')))
}

/// Checks how many messages may leave in a minute, for robots at this address.
pub(crate) fn check_rate(rate: Option<u32>, base_url: Option<&str>) -> Result<Option<u32>, String> {
    let dingtalk = is_dingtalk(base_url);
    match rate {
        None => Ok(Some(RATE_PER_MINUTE)),
        Some(0) if dingtalk => {
            Err("0 switches the limit off, and DingTalk then blocks the robot for ten minutes; set 1 to 20"
                .to_owned())
        }
        Some(rate) if dingtalk && rate > RATE_PER_MINUTE => Err(format!(
            "DingTalk takes at most {RATE_PER_MINUTE} messages a minute from a robot, not {rate}"
        )),
        Some(0) => Ok(None),
        Some(rate) => Ok(Some(rate)),
    }
}

/// Messages a minute; `None` where nothing paces them.
fn rate(given: Option<&str>, base_url: Option<&str>) -> Result<Option<u32>, Error> {
    let wrong = |problem: String| Error::Settings(format!("{RATE_VARIABLE}: {problem}"));
    let rate = given.map(|given| {
        given.trim().parse::<u32>().map_err(|_| wrong(format!("expected a whole number, not {given:?}")))
    });
    check_rate(rate.transpose()?, base_url).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dingtalk_s_own_hosts_are_dingtalk() {
        for (address, dingtalk) in [
            (None, true),
            (Some("abcdef"), true),
            (Some("https://oapi.dingtalk.com"), true),
            (Some("https://OAPI.dingtalk.io:443/robot/send?access_token=x"), true),
            (Some("https://x@oapi.dingtalk.com./"), true),
            (Some("http://127.0.0.1:8080"), false),
            (Some("https://notdingtalk.com"), false),
            (Some("https://gateway.example/oapi.dingtalk.com"), false),
        ] {
            assert_eq!(is_dingtalk(address), dingtalk, "{address:?}");
        }
    }

    fn with(settings: &'static [(&str, &str)]) -> Result<Settings, Error> {
        Settings::from_variables(|name| {
            settings.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn blank_is_absent() {
        let settings =
            with(&[(DEADLINE_VARIABLE, " "), (DRY_RUN_VARIABLE, ""), (TOOLS_VARIABLE, "")]).unwrap();
        assert_eq!(
            (settings.call_deadline, settings.max_mentions, settings.dry_run, settings.tools),
            (Duration::from_secs(25), 10, false, None)
        );
    }

    #[test]
    fn every_variable_is_read() {
        let settings = with(&[
            (DEADLINE_VARIABLE, "40"),
            (MENTIONS_VARIABLE, "0"),
            (DRY_RUN_VARIABLE, " TRUE "),
            (TOOLS_VARIABLE, "a, b,"),
            (PREFIX_VARIABLE, "ops"),
        ]);
        let settings = settings.unwrap();
        assert_eq!(
            (settings.call_deadline, settings.max_mentions, settings.dry_run),
            (Duration::from_secs(40), 0, true)
        );
        assert_eq!(settings.tools.as_deref(), Some(&["a".to_owned(), "b".to_owned()][..]));
        assert_eq!(settings.tool_prefix.as_deref(), Some("ops"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (variable, value) in [
            (DEADLINE_VARIABLE, "1"),
            (DEADLINE_VARIABLE, "601"),
            (DEADLINE_VARIABLE, "25s"),
            (MENTIONS_VARIABLE, "51"),
            (MENTIONS_VARIABLE, "-1"),
            (DRY_RUN_VARIABLE, "yes please"),
        ] {
            let error =
                Settings::from_variables(|name| (name == variable).then(|| value.to_owned())).unwrap_err();
            assert!(error.to_string().starts_with(variable), "{error}");
        }
    }

    #[test]
    fn no_limit_is_for_other_servers() {
        let elsewhere = Some("http://127.0.0.1:1");
        assert_eq!(rate(None, None).unwrap(), Some(20));
        assert_eq!(rate(Some(" 5 "), None).unwrap(), Some(5));
        assert_eq!(rate(Some("0"), elsewhere).unwrap(), None);
        assert_eq!(rate(Some("600"), elsewhere).unwrap(), Some(600));
        for (given, base_url) in [("0", None), ("21", None), ("-1", elsewhere), ("many", None)] {
            let error = rate(Some(given), base_url).unwrap_err().to_string();
            assert!(error.starts_with(RATE_VARIABLE), "{error}");
        }
    }
}
