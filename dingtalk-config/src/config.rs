//! The whole file.

use std::{fs, path::Path};

use dingtalk_core::pool::Router;
#[cfg(feature = "notifications")]
use dingtalk_core::tool::ToolType;

use crate::{
    DeliveryOptions, Error, Fault, FaultKind, OutboxSettings, Person, QuotaSettings, RobotSettings,
    StateSettings, TokenSettings, Wording,
    robot::no_robot,
    section::{Hint, Section},
    syntax,
};
#[cfg(feature = "notifications")]
use crate::{Hook, hooks::links::Links};

/// Version of the file's form that is read.
const VERSION: i64 = 1;

const HINTS: &[Hint] = &[
    Hint::meant("bots", "robots"),
    Hint::meant("bot", "robots"),
    Hint::meant("person", "people"),
    Hint::meant("persons", "people"),
    Hint::meant("users", "people"),
    Hint::meant("tools", "notifications"),
    Hint::meant("messages", "notifications"),
    Hint::meant("default", "default_robot"),
    Hint::meant("queue", "outbox"),
    Hint::meant("timezone", "time_zone"),
    Hint::meant("tz", "time_zone"),
    Hint::say("about", "", IN_A_ROBOT.0, IN_A_ROBOT.1),
    Hint::say("access_token", "", IN_A_ROBOT.0, IN_A_ROBOT.1),
    Hint::say("secret", "", IN_A_ROBOT.0, IN_A_ROBOT.1),
    Hint::say("webhook", "", IN_A_ROBOT.0, IN_A_ROBOT.1),
    Hint::say("token", "", IN_A_ROBOT.0, IN_A_ROBOT.1),
    Hint::say("keyword", "", IN_A_ROBOT.0, IN_A_ROBOT.1),
    Hint::say("at_all", "", IN_A_ROBOT.0, IN_A_ROBOT.1),
    Hint::say("confirm", "", IN_A_ROBOT.0, IN_A_ROBOT.1),
    Hint::say("overflow", "", IN_A_ROBOT.0, IN_A_ROBOT.1),
    Hint::say("proxy", "", IN_A_ROBOT.0, IN_A_ROBOT.1),
    Hint::say("base_url", "", IN_A_ROBOT.0, IN_A_ROBOT.1),
];
const IN_A_ROBOT: (&str, &str) =
    ("it belongs to a robot: write it below `[robots.NAME]`", "它属于机器人：请写在 `[robots.名称]` 下面");

/// Content of a configuration file. It holds no secret: it names their sources.
///
/// `docs/configuration.md` lists every key, those of notifications too.
///
/// ```
/// use dingtalk_config::Config;
///
/// let config = Config::parse(r#"
///     version = 1
///     default_robot = "ops"
///
///     [robots.ops]
///     about = "operations: alerts and deployments"
///     access_token = "env:OPS_TOKEN"
///     secret = "file:/run/secrets/ops"
///
///     [robots.customers]
///     about = "the group that we share with our customers"
///     access_token = "env:CUSTOMERS_TOKEN"
///     at_all = "deny"
///     confirm = "always"
///
///     [people]
///     on_call = "13800000000"
/// "#)?;
/// assert_eq!(config.robots[0].name, "customers");
///
/// let error = Config::parse("version = 1\n[robots.ops]\nacess_token = \"env:T\"").unwrap_err().to_string();
/// assert!(error.contains("robots.ops.acess_token: unknown key; did you mean `access_token`?"), "{error}");
/// # Ok::<(), dingtalk_config::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Config {
    /// The robots, in the order of their names.
    pub robots: Vec<RobotSettings>,
    /// The robot that posts if a call names none.
    pub default_robot: Option<String>,
    /// Time zone in which messages show points in time, if it is not the machine's: for
    /// [`set_time_zone`](dingtalk_core::message::set_time_zone).
    pub time_zone: Option<String>,
    /// Names that a call may give in place of people.
    pub people: Vec<(String, Person)>,
    /// The quotas that robots share, in the order of their names.
    pub quotas: Vec<QuotaSettings>,
    /// The state that processes share.
    pub state: StateSettings,
    /// The queue of notifications that survives a crash.
    pub outbox: OutboxSettings,
    /// The tokens of a server over HTTP, in the order of their names.
    pub tokens: Vec<TokenSettings>,
    /// The notifications that the file declares, in the order of their names.
    #[cfg(feature = "notifications")]
    pub notifications: Vec<ToolType>,
    /// The hooks by which payloads of other programs become notifications, in the order of their names.
    #[cfg(feature = "notifications")]
    pub hooks: Vec<Hook>,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or [`parse`](Self::parse) refuses it.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|error| {
            let problem = Wording::new(format!("cannot be read: {error}"), format!("无法读取：{error}"));
            Error::from(Fault::new(FaultKind::Unreadable, "", problem)).in_file(path)
        })?;
        Self::parse(&text).map_err(|error| error.in_file(path))
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// Names everything that is wrong with it, each with its place.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // Not the parser's own picture of the line, which may hold a secret in the wrong place.
        let table: toml::Table = text.parse().map_err(|error| syntax::fault(text, &error))?;
        let mut faults = Vec::new();
        let config = Self::from_table(Section::new("", table, &mut faults));
        Error::check(config, faults)
    }

    fn from_table(mut file: Section<'_>) -> Self {
        file.hint(HINTS);
        match file.integer("version") {
            Some(VERSION) => {}
            Some(other) => {
                let problem = Wording::new(
                    format!("unsupported version {other}; this program reads version {VERSION}"),
                    format!("本程序读取的版本是 {VERSION}，而不是 {other}"),
                );
                file.fault("version", problem);
            }
            None if file.is_sound("version") => {
                let problem = Wording::new(
                    format!("missing; add `version = {VERSION}`"),
                    format!("缺少这一项：请写 `version = {VERSION}`"),
                );
                file.fault("version", problem);
            }
            None => {}
        }
        let default_robot = file.text("default_robot");
        let time_zone = file.text("time_zone");
        if let Some(problem) = time_zone.as_deref().and_then(time_zone_problem) {
            file.fault("time_zone", problem);
        }
        let mut config = Self { default_robot, time_zone, ..Self::default() };
        let mut names = Vec::new();
        if let Some(mut section) = file.section("robots") {
            names = section.keys();
            for name in &names {
                if let Some(robot) = section.section(name) {
                    config.robots.extend(RobotSettings::read(name.clone(), robot));
                }
            }
            crate::fallback::resolve(&mut section, &mut config.robots, &names);
        }
        if let Some(mut section) = file.section("people") {
            for name in section.keys() {
                config.people.extend(Person::read(&mut section, &name).map(|person| (name, person)));
            }
        }
        let unknown_robot = |name: &str| {
            let known = || names.iter().map(String::as_str);
            (!known().any(|known| known == name)).then(|| no_robot(name, known()))
        };
        if let Some(mut section) = file.section("quotas") {
            for name in section.keys() {
                if let Some(quota) = section.section(&name) {
                    config.quotas.extend(QuotaSettings::read(name, quota, unknown_robot));
                }
            }
        }
        if let Some(mut section) = file.section("tokens") {
            for name in section.keys() {
                if let Some(token) = section.section(&name) {
                    config.tokens.extend(TokenSettings::read(name, token, unknown_robot));
                }
            }
        }
        config.state = file.section("state").map(StateSettings::read).unwrap_or_default();
        let time_zone = config.time_zone.clone();
        let outbox =
            file.section("outbox").map(|section| OutboxSettings::read(section, time_zone.as_deref()));
        config.outbox = outbox.unwrap_or_default();
        #[cfg(feature = "notifications")]
        {
            let declared = file.section("notifications").map(crate::notifications::read);
            config.notifications = declared.unwrap_or_default();
            let people: Vec<String> = config.people.iter().map(|(name, _)| name.clone()).collect();
            let links = file.section("links").map(Links::read).unwrap_or_default();
            let hooks = file
                .section("hooks")
                .map(|section| crate::hooks::read(section, &links, &people, &unknown_robot));
            config.hooks = hooks.unwrap_or_default();
        }
        #[cfg(not(feature = "notifications"))]
        for key in ["notifications", "links", "hooks"] {
            file.value(key);
        }
        if let Some(problem) = config.default_robot.as_deref().and_then(unknown_robot) {
            file.fault("default_robot", problem);
        }
        file.finish();
        config
    }

    /// Reads the secrets of all robots and makes what delivers to their groups: an envelope's
    /// [`robot`](dingtalk_core::Envelope::robot) chooses one, and the default robot, or the only one, takes the others.
    ///
    /// # Errors
    ///
    /// Names everything that keeps a robot from being made; and if there is no robot.
    pub fn router(&self) -> Result<Router, Error> {
        self.router_with(&DeliveryOptions::new())
    }

    /// The same with other options: for a longer deadline, or for rate windows that several processes share.
    ///
    /// # Errors
    ///
    /// Those of [`router`](Self::router).
    pub fn router_with(&self, options: &DeliveryOptions) -> Result<Router, Error> {
        let mut faults = Vec::new();
        let mut router = Router::builder();
        for robot in &self.robots {
            match robot.deliver(options) {
                Ok(deliver) => router = router.route(&*robot.name, deliver),
                Err(error) => faults.extend(error.into_faults()),
            }
        }
        if self.robots.is_empty() {
            let problem = Wording::new(
                "at least one robot is required: add `[robots.NAME]`",
                "至少需要一个机器人：请添加 `[robots.名称]`",
            );
            faults.push(Fault::new(FaultKind::Robot, "robots", problem));
        }
        if let Some(default) = self.default_name() {
            router = router.default_to(default);
        }
        let router = Error::check(router, faults)?;
        // Names and default were checked when the file was read; what a program changed since may be wrong.
        router.build().map_err(|error| Fault::new(FaultKind::Robot, "robots", error.to_string()).into())
    }

    /// Finds the robot that posts if a call gives this name, or none.
    ///
    /// # Errors
    ///
    /// [`FaultKind::UnknownRobot`]: the file has no robot of that name, or a name is needed to choose one.
    pub fn robot(&self, name: Option<&str>) -> Result<&RobotSettings, Error> {
        let names = || self.robots.iter().map(|robot| &*robot.name);
        let unknown = |problem| Error::from(Fault::new(FaultKind::UnknownRobot, "", problem));
        let Some(name) = name.or(self.default_name()) else {
            let names = names().collect::<Vec<_>>().join("`, `");
            return Err(unknown(Wording::new(
                format!("no robot was named, and default_robot is not set; name one of `{names}`"),
                format!("有多个机器人而没有 default_robot：请指定 `{names}` 之一"),
            )));
        };
        let found = self.robots.iter().find(|robot| robot.name == name);
        found.ok_or_else(|| unknown(no_robot(name, names())))
    }

    fn default_name(&self) -> Option<&str> {
        self.default_robot.as_deref().or(match &self.robots[..] {
            [only] => Some(&only.name),
            _ => None,
        })
    }
}

/// Returns the reason why this is not a time zone, for settings that take one.
pub fn time_zone_problem(zone: &str) -> Option<Wording> {
    #[cfg(feature = "notifications")]
    let is_unknown = !dingtalk_core::message::is_time_zone(zone);
    #[cfg(not(feature = "notifications"))]
    let is_unknown = false;
    let problem = dingtalk_template::declaration::zone_problem(zone);
    let unknown =
        || is_unknown.then(|| format!("unknown time zone `{zone}`; expected a name such as `Asia/Shanghai`"));
    problem.or_else(unknown).map(|english| {
        let chinese =
            format!("不是有效的时区：{zone:?}；应为 `Asia/Shanghai` 这样的名称，或 `+08:00` 这样的偏移量");
        Wording::new(english, chinese)
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
