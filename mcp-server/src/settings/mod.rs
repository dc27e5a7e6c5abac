//! The settings of the program: each described once in [`table`], and read once.
//!
//! A flag takes precedence over a variable, and a variable over the default. A variable that describes a robot is an
//! error if the file has robots. Policy is the exception: the strictest of all sources wins.

#[cfg(feature = "program")]
pub(crate) mod help;
mod language;
#[cfg(feature = "program")]
mod outbox;
mod reader;
mod robots;
mod state;
pub(crate) mod table;
mod variables;

#[cfg(feature = "state")]
use std::sync::OnceLock;
use std::{env, ffi::OsString, future::ready, path::PathBuf, sync::Arc, time::Duration};

use dingtalk_config::{
    AtAll, Config, Confirm, DeliveryOptions, Fault, FaultKind, RobotSettings, Stated, TokenSettings, Wording,
    time_zone_problem,
};
#[cfg(feature = "program")]
use dingtalk_config::{Hook, HookSource, Person};
use dingtalk_core::{
    ErrorKind,
    delivery::{BoxFuture, Deliver, Envelope, Overflow, Receipt, SecretSource},
    message::{Keyword, MAX_MENTIONS, set_time_zone},
};
#[cfg(feature = "program")]
use dingtalk_core::{Robot, delivery::Signer, tool::ToolSet};
#[cfg(feature = "state")]
use dingtalk_outbox::State;

#[cfg(feature = "program")]
use secrecy::SecretString;

pub(crate) use self::language::language;
pub(crate) use self::robots::Described;
#[cfg(feature = "program")]
pub(crate) use self::state::STATE_TARGET;
#[cfg(feature = "postgres")]
pub(crate) use self::state::StateDatabase;
use self::{
    reader::{Given, GivenSecret, Reader},
    robots::EnvironmentRobot,
    state::{Environment, StateFlags, StatePlace},
    variables::Variables,
};
#[cfg(feature = "program")]
use crate::call::people::People;
use crate::{CALL_DEADLINE, CALL_MENTIONS, Deployment, Error, Server, ServerBuilder, Target};
#[cfg(feature = "program")]
use crate::{call::rights::Rights, transport::http::NamedToken};

/// Valid deadlines for a call, in seconds: less is too short to connect, more is longer than any client waits.
const DEADLINES: std::ops::RangeInclusive<u32> = 2..=600;

/// The settings of a server in the environment, and in the configuration file that it names.
///
/// `docs/install.md` lists the variables, with their meaning and defaults; `dingtalk-notify --help` prints them.
#[derive(Debug)]
pub struct Settings {
    call_deadline: Duration,
    /// Longest wait for a slot, if it is not that of the robots.
    max_wait: Option<Duration>,
    max_mentions: usize,
    dry_run: bool,
    /// Handling of messages that are too long, if it is not that of the robots.
    overflow: Option<Overflow>,
    state: StatePlace,
    /// Set if messages of calls that would have to wait are queued.
    queue: bool,
    #[cfg(feature = "postgres")]
    database: Option<StateDatabase>,
    #[cfg(feature = "state")]
    opened: OnceLock<Option<State>>,
    tools: Option<Vec<String>>,
    tool_prefix: Option<String>,
    /// `None` for the machine's.
    time_zone: Option<String>,
    config: Config,
    /// Absolute path of the file.
    #[cfg(feature = "program")]
    config_path: Option<PathBuf>,
    /// `None` if the file has robots, or cannot be read.
    environment: Option<EnvironmentRobot>,
    http: HttpSettings,
    /// Faults so far, reported together with later ones when the settings are used.
    faults: Vec<Fault>,
}

/// Settings of the command line.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    pub(crate) config: Option<PathBuf>,
    pub(crate) tools: Vec<String>,
    pub(crate) tool_prefix: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) dry_run: bool,
    pub(crate) state_dir: Option<PathBuf>,
    pub(crate) no_state: bool,
    pub(crate) queue: bool,
    pub(crate) allow_host: Vec<String>,
    pub(crate) allow_origin: Vec<String>,
    pub(crate) path_prefix: Option<String>,
    pub(crate) admin: Option<String>,
    pub(crate) drain_delay: Option<String>,
}

#[derive(Debug, Default)]
struct HttpSettings {
    token: Option<GivenSecret>,
    hosts: Vec<String>,
    origins: Vec<String>,
    path_prefix: Option<String>,
    /// Address for operators, with the flag or variable that names it.
    admin: Option<Given<String>>,
    drain_delay: Option<u32>,
    session_hours: Option<u32>,
    session_idle_minutes: Option<u32>,
}

impl Settings {
    /// Reads the process's environment, and the configuration file that it names.
    ///
    /// # Errors
    ///
    /// Names all faults: invalid values, unknown and renamed variables, and faults of the file.
    pub fn from_env() -> Result<Self, Error> {
        let settings = Self::read(Flags::default());
        settings.check()?;
        Ok(settings)
    }

    /// Reads the environment, with these flags taking precedence. Faults are kept until the settings are used.
    pub(crate) fn read(flags: Flags) -> Self {
        Self::from_variables(flags, env::vars_os())
    }

    fn from_variables(flags: Flags, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let environment: Vec<_> = environment.into_iter().collect();
        let directories = Environment::new(&environment);
        let variables = Variables::new(environment);
        let mut reader = Reader::new(&variables);
        let stated = Stated {
            at_all: reader.choice(&table::AT_ALL, &AtAll::VALUES),
            confirm: reader.choice(&table::CONFIRM, &Confirm::VALUES),
        };
        let deadline = reader.number(&table::CALL_DEADLINE, DEADLINES);
        let most = u32::try_from(MAX_MENTIONS).unwrap_or(u32::MAX);
        let mentions = reader.number(&table::MAX_MENTIONS, 0..=most);
        if let Some(given) = reader.text(&table::LANG, None)
            && language::parse(&given.value).is_none()
        {
            let problem = Wording::new(
                format!("invalid value {:?}; expected `zh` or `en`", given.value),
                format!("应为 `zh` 或 `en`，而不是 {:?}", given.value),
            );
            reader.faults.push(Fault::new(FaultKind::Invalid, given.source, problem));
        }
        let state = StateFlags::read(&mut reader, flags.state_dir.as_deref(), flags.no_state);
        let queue = reader.optional_flag(&table::QUEUE, flags.queue);
        let mut settings = Self {
            call_deadline: deadline.map_or(CALL_DEADLINE, |seconds| Duration::from_secs(seconds.into())),
            max_wait: None,
            max_mentions: mentions.and_then(|most| usize::try_from(most).ok()).unwrap_or(CALL_MENTIONS),
            dry_run: reader.flag(&table::DRY_RUN, flags.dry_run),
            overflow: None,
            state: StatePlace::Off,
            queue: queue.unwrap_or_default(),
            #[cfg(feature = "postgres")]
            database: None,
            #[cfg(feature = "state")]
            opened: OnceLock::new(),
            tools: reader.list(&table::TOOLS, &flags.tools),
            tool_prefix: reader.text(&table::TOOL_PREFIX, flags.tool_prefix).map(|given| given.value),
            time_zone: time_zone(&mut reader, flags.time_zone),
            http: HttpSettings {
                token: reader.secret(&table::HTTP_TOKEN, &table::HTTP_TOKEN_FILE),
                hosts: reader.list(&table::HTTP_HOSTS, &flags.allow_host).unwrap_or_default(),
                origins: reader.list(&table::HTTP_ORIGINS, &flags.allow_origin).unwrap_or_default(),
                path_prefix: reader
                    .text(&table::HTTP_PATH_PREFIX, flags.path_prefix)
                    .map(|given| given.value),
                admin: reader.text(&table::HTTP_ADMIN, flags.admin),
                drain_delay: reader.number_or_flag(&table::HTTP_DRAIN_DELAY, flags.drain_delay, 0..=20),
                session_hours: reader.number(&table::HTTP_SESSION_HOURS, 1..=8_760),
                session_idle_minutes: reader.number(&table::HTTP_SESSION_IDLE_MINUTES, 1..=1_440),
            },
            config: Config::default(),
            #[cfg(feature = "program")]
            config_path: None,
            environment: None,
            faults: Vec::new(),
        };
        let path = flags.config.filter(|path| !path.as_os_str().is_empty());
        let path = path.or_else(|| reader.text(&table::CONFIG, None).map(|given| given.value.into()));
        #[cfg(feature = "program")]
        {
            settings.config_path = path.as_deref().and_then(|path| std::path::absolute(path).ok());
        }
        match path.map(Config::read).transpose() {
            Ok(config) => settings.use_config(config.unwrap_or_default(), stated, &variables, &mut reader),
            // The file may refer to variables that are otherwise unknown.
            Err(error) => reader.faults.extend(variables.former().into_iter().chain(error.into_faults())),
        }
        settings.queue = queue.or(settings.config.outbox.calls).unwrap_or_default();
        #[cfg(feature = "postgres")]
        {
            settings.database = state.database(&settings.config.state, &mut reader.faults);
        }
        #[cfg(not(feature = "postgres"))]
        state.refuse_database(&settings.config.state, &mut reader.faults);
        settings.state = state.place(&settings.config.state, &directories);
        settings.faults = reader.faults;
        settings
    }

    fn use_config(
        &mut self,
        mut config: Config,
        stated: Stated,
        variables: &Variables,
        reader: &mut Reader<'_>,
    ) {
        for robot in &mut config.robots {
            robot.stated = robot.stated.strictest(stated);
        }
        let of_robots = config.robots.iter().flat_map(RobotSettings::variables);
        let of_hooks =
            config.hooks.iter().flat_map(|hook| &hook.auth.secrets).filter_map(SecretSource::variable);
        let of_tokens = config.tokens.iter().flat_map(TokenSettings::variables);
        let of_state = config.state.url.iter().filter_map(SecretSource::variable);
        let referenced: Vec<&str> = of_robots.chain(of_hooks).chain(of_tokens).chain(of_state).collect();
        reader.faults.extend(variables.unknown(&referenced));
        if config.robots.is_empty() {
            self.environment = Some(EnvironmentRobot::read(reader, stated));
        } else {
            let faults = EnvironmentRobot::beside_a_file(reader);
            reader.faults.extend(faults);
        }
        self.time_zone = self.time_zone.take().or_else(|| config.time_zone.clone());
        self.config = config;
    }

    /// Fails with all faults of the settings, without the robots'.
    pub(crate) fn check(&self) -> Result<(), Error> {
        Ok(dingtalk_config::Error::check((), self.faults.clone())?)
    }

    /// Begins a server with these settings, and with the robots of the configuration file or the robot of the
    /// environment.
    ///
    /// # Errors
    ///
    /// Names all faults of the settings and of all robots. Fails if calls are to be queued, which only the program
    /// does.
    pub fn server(&self) -> Result<ServerBuilder, Error> {
        if self.queue {
            return Err(Error::setting(
                format!("{}: only the command `serve` of the program queues calls", table::QUEUE.variable),
                format!("{}：只有程序的 `serve` 命令能为调用排队", table::QUEUE.variable),
            ));
        }
        self.serving()
    }

    /// Begins a server as [`server`](Self::server) does. The caller adds the queue, if calls are to be queued.
    ///
    /// # Errors
    ///
    /// Names all faults of the settings and of all robots.
    pub(crate) fn serving(&self) -> Result<ServerBuilder, Error> {
        // A dry run sends nothing, so it needs no robot yet.
        self.with_robots(|robot| !(self.dry_run && robot.is_absent()))
    }

    /// Begins a server for one message, to the robot of this name or to the default robot. Only that robot must be
    /// complete; a dry run needs no complete robot.
    ///
    /// # Errors
    ///
    /// Names all faults of the settings and of that robot.
    #[cfg(feature = "program")]
    pub(crate) fn server_for(&self, robot: Option<&str>) -> Result<ServerBuilder, Error> {
        let chosen = self.config.robot(robot).ok().map(|robot| robot.name.as_str());
        self.with_robots(|robot| !self.dry_run && (robot.name().is_none() || robot.name() == chosen))
    }

    /// Settings for one message, which waits for its slot at most this long, and then has the time of a call.
    #[cfg(feature = "program")]
    pub(crate) fn for_one_message(mut self, max_wait: Duration, overflow: Option<Overflow>) -> Self {
        self.overflow = overflow;
        // All types of message can be sent, under their own names.
        (self.tools, self.tool_prefix) = (None, None);
        self.call_deadline = self.call_deadline.saturating_add(max_wait);
        self.max_wait = Some(max_wait);
        self
    }

    /// Returns the notifications of the configuration file.
    #[cfg(feature = "program")]
    pub(crate) fn notifications(&self) -> &[dingtalk_core::tool::ToolType] {
        &self.config.notifications
    }

    /// Returns the ids and names of the people of the file, for pages that show names.
    #[cfg(feature = "program")]
    pub(crate) fn members(&self) -> Vec<(String, String)> {
        let member = |(name, person): &(String, Person)| (person.as_str().to_owned(), name.clone());
        self.config.people.iter().map(member).collect()
    }

    /// Begins a server that delivers nothing, to inspect what it would serve.
    ///
    /// # Errors
    ///
    /// Names all faults of the settings, without those of the robots' secrets.
    #[cfg(feature = "program")]
    pub(crate) fn preview(&self) -> Result<ServerBuilder, Error> {
        self.with_robots(|_| false)
    }

    /// Returns the hooks of the file.
    #[cfg(feature = "program")]
    pub(crate) fn hooks(&self) -> &[Hook] {
        &self.config.hooks
    }

    /// Checks the hooks of the file against the notifications of the program.
    ///
    /// # Errors
    ///
    /// Names all faults of all hooks.
    #[cfg(feature = "program")]
    pub(crate) fn hook_sources(&self, tools: &ToolSet) -> Result<Vec<HookSource>, Error> {
        let (mut sources, mut faults) = (Vec::new(), Vec::new());
        for hook in &self.config.hooks {
            match hook.source(tools) {
                Ok(source) => sources.push(source),
                Err(error) => faults.extend(error.into_faults()),
            }
        }
        Ok(dingtalk_config::Error::check(sources, faults)?)
    }

    /// Returns the names of people.
    ///
    /// # Errors
    ///
    /// Names an invalid name.
    #[cfg(feature = "program")]
    pub(crate) fn people(&self) -> Result<People, Error> {
        People::new(self.config.people.clone())
    }

    /// Begins a server with the robots that are needed; the others refuse every message.
    fn with_robots(&self, must_be_made: impl Fn(Described<'_>) -> bool) -> Result<ServerBuilder, Error> {
        let mut faults = self.faults.clone();
        let sends = !self.dry_run && self.all_robots().into_iter().any(&must_be_made);
        let options = if sends { self.sending() } else { self.options() };
        let mut delivers: Vec<Arc<dyn Deliver>> = Vec::new();
        for robot in self.all_robots() {
            if !must_be_made(robot) {
                delivers.push(Arc::new(Unmade));
                continue;
            }
            match robot.deliver(&options) {
                Ok(deliver) => delivers.push(deliver),
                Err(error) => faults.extend(error.into_faults()),
            }
        }
        let server = self.begin(dingtalk_config::Error::check(delivers, faults)?);
        #[cfg(feature = "state")]
        if sends && let Some(state) = self.state() {
            return Ok(server.state(state));
        }
        Ok(server)
    }

    fn begin(&self, delivers: Vec<Arc<dyn Deliver>>) -> ServerBuilder {
        if let Some(Err(error)) = self.time_zone.as_deref().map(set_time_zone) {
            // Checked when it was read; the machine's database of zones may have changed since then.
            tracing::warn!(%error, "times are shown in the machine's time zone");
        }
        let config = &self.config;
        let mut delivers = delivers.into_iter();
        let (server, rate) = if let Some(robot) = &self.environment {
            let policy = robot.stated.policy();
            let deliver = delivers.next().unwrap_or_else(|| Arc::new(Unmade));
            let server = Server::builder(deliver).at_all(policy.at_all).confirm(policy.confirm);
            let keyword = robot.keyword.as_ref().map_or("", Keyword::as_str);
            (server.keyword(keyword).overflow(self.overflow.unwrap_or_default()), robot.rate())
        } else {
            let targets = config.robots.iter().zip(delivers).map(|(robot, deliver)| {
                let policy = robot.stated.policy();
                let target = Target::new(&*robot.name, &*robot.about, deliver);
                let keyword = robot.keyword.as_ref().map_or("", Keyword::as_str);
                let overflow = self.overflow.unwrap_or_else(|| robot.overflow());
                target.at_all(policy.at_all).confirm(policy.confirm).keyword(keyword).overflow(overflow)
            });
            // Definitions state a rate that holds for every robot.
            let rate = config.robots.iter().filter_map(RobotSettings::rate_per_minute).min();
            (Server::with_robots(targets, config.default_robot.clone()), rate)
        };
        let mut server = server
            .deployment(Deployment::new().rate_per_minute(rate).queue(self.queues_calls()))
            .call_deadline(self.call_deadline)
            .max_mentions(self.max_mentions)
            .dry_run(self.dry_run)
            .people(config.people.clone())
            .declared(config.notifications.clone());
        if let Some(names) = &self.tools {
            server = server.only(names);
        }
        if let Some(prefix) = &self.tool_prefix {
            server = server.tool_prefix(prefix);
        }
        server
    }

    /// Reports whether messages of calls that would have to wait are queued. A dry run sends nothing, later neither.
    pub(crate) fn queues_calls(&self) -> bool {
        self.queue && !self.dry_run
    }

    /// Returns the options of a server over HTTP.
    ///
    /// # Errors
    ///
    /// A token cannot be read.
    #[cfg(feature = "program")]
    pub(crate) fn http_options(&self) -> Result<crate::HttpOptions, Error> {
        let http = &self.http;
        let mut faults = Vec::new();
        let mut options = crate::HttpOptions::new();
        if let Some(given) = &http.token {
            match given.value.read() {
                Ok(token) => options = options.bearer_token(token),
                Err(error) => {
                    faults.push(Fault::new(FaultKind::Secret, given.source, Wording::of_cause(&error)));
                }
            }
        }
        for token in &self.config.tokens {
            let mut read = |source: &SecretSource, key: &str| {
                let place = format!("tokens.{}.{key}", token.name);
                let fault = |error| Fault::new(FaultKind::Secret, place, Wording::of_cause(&error));
                source.read().map_err(|error| faults.push(fault(error))).ok()
            };
            let signer = token.secret.as_ref().and_then(|source| read(source, "secret")).map(Signer::new);
            if let Some(secret) = read(&token.token, "token") {
                options = options.token(named_token(token, secret, signer));
            }
        }
        options = http.hosts.iter().fold(options, crate::HttpOptions::allow_host);
        options = http.origins.iter().fold(options, crate::HttpOptions::allow_origin);
        if let Some(prefix) = &http.path_prefix {
            options = options.path_prefix(prefix);
        }
        if let Some(seconds) = http.drain_delay {
            options = options.drain_delay(Duration::from_secs(seconds.into()));
        }
        if let Some(hours) = http.session_hours {
            options = options.session_lifetime(Duration::from_secs(u64::from(hours) * 3600));
        }
        if let Some(minutes) = http.session_idle_minutes {
            options = options.session_idle(Duration::from_secs(u64::from(minutes) * 60));
        }
        Ok(dingtalk_config::Error::check(options, faults)?)
    }

    /// Returns the address for operators, as it was given, with its flag or variable.
    #[cfg(feature = "program")]
    pub(crate) fn admin(&self) -> Option<(&str, &'static str)> {
        self.http.admin.as_ref().map(|given| (&*given.value, given.source))
    }

    /// Returns the robot of this name, or all robots, complete or not.
    ///
    /// # Errors
    ///
    /// The robot is unknown.
    #[cfg(feature = "program")]
    pub(crate) fn robots(&self, name: Option<&str>) -> Result<Vec<Described<'_>>, Error> {
        if name.is_some() {
            self.config.robot(name)?;
        }
        Ok(self.all_robots().into_iter().filter(|robot| name.is_none() || robot.name() == name).collect())
    }

    /// Returns all robots that are complete, one for each webhook, to recognise them.
    #[cfg(feature = "program")]
    pub(crate) fn known_robots(&self) -> Vec<Robot> {
        let robots = self.all_robots();
        robots.iter().flat_map(|robot| robot.robots(&self.options())).filter_map(Result::ok).collect()
    }

    /// Returns the keys of the robots' webhooks, each with the name of its robot.
    #[cfg(all(feature = "program", feature = "state"))]
    pub(crate) fn robot_keys(&self) -> Vec<(Option<String>, dingtalk_core::delivery::RobotKey)> {
        let keys = |robot: Described<'_>| {
            let name = robot.name().map(str::to_owned);
            robot.keys().into_iter().map(move |key| (name.clone(), key)).collect::<Vec<_>>()
        };
        self.all_robots().into_iter().flat_map(keys).collect()
    }

    fn all_robots(&self) -> Vec<Described<'_>> {
        let environment = self.environment.iter().map(Described::Environment);
        environment.chain(self.config.robots.iter().map(Described::Named)).collect()
    }

    /// Returns the state that processes share, unless none is.
    #[cfg(feature = "state")]
    pub(crate) fn state(&self) -> Option<State> {
        let quotas = || state::quotas(&self.config, &self.all_robots());
        #[cfg(feature = "postgres")]
        if let Some(database) = &self.database {
            return self.opened.get_or_init(|| Some(database.describe(quotas()))).clone();
        }
        self.opened.get_or_init(|| self.state.describe(quotas)).clone()
    }

    /// Returns the schema of the database in the file.
    #[cfg(feature = "program")]
    pub(crate) fn schema(&self) -> Option<&str> {
        self.config.state.schema.as_deref()
    }

    /// Returns the database that programs share, if there is one.
    #[cfg(feature = "postgres")]
    #[cfg_attr(not(feature = "program"), allow(dead_code, reason = "the command line has the queue"))]
    pub(crate) fn state_database(&self) -> Option<&StateDatabase> {
        self.database.as_ref()
    }

    /// Returns the options of all deliveries, without shared state.
    pub(crate) fn options(&self) -> DeliveryOptions {
        let options = DeliveryOptions::new().deadline(self.call_deadline);
        let options = match self.overflow {
            Some(overflow) => options.overflow(overflow),
            None => options,
        };
        match self.max_wait {
            Some(max_wait) => options.max_wait(max_wait),
            None => options,
        }
    }

    /// Returns the options of deliveries that send.
    fn sending(&self) -> DeliveryOptions {
        let options = self.options();
        #[cfg(feature = "state")]
        if let Some(state) = self.state() {
            return options.windows(Arc::new(state));
        }
        options
    }
}

#[cfg(feature = "program")]
fn named_token(token: &TokenSettings, secret: SecretString, signer: Option<Signer>) -> NamedToken {
    let rights =
        Rights { token: token.name.as_str().into(), robots: token.robots.clone(), at_all: token.at_all };
    NamedToken { secret, signer, doors: token.doors.clone(), rate: token.rate, rights: Arc::new(rights) }
}

/// Reads the time zone. An invalid one has been reported, and is not used.
fn time_zone(reader: &mut Reader<'_>, flag: Option<String>) -> Option<String> {
    let given = reader.text(&table::TIME_ZONE, flag)?;
    if let Some(problem) = time_zone_problem(&given.value) {
        reader.faults.push(Fault::new(FaultKind::Invalid, given.source, problem));
        return None;
    }
    Some(given.value)
}

/// Stands in for a robot that is not needed: refuses every message.
struct Unmade;

impl Deliver for Unmade {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, dingtalk_core::Error>> {
        let error = dingtalk_core::Error::new(ErrorKind::Configuration, "this robot was not made");
        Box::pin(ready(Err(error.with_id(envelope.id))))
    }
}

#[cfg(test)]
mod tests;
