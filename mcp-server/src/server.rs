//! A server: what it serves, and over what.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use dingtalk_core::{
    Deliver,
    delivery::Overflow,
    message::{Keyword, MAX_MENTIONS},
    tool::{ToolSet, ToolType},
};
use rmcp::{RoleServer, ServiceExt as _, model::Implementation, transport::IntoTransport};
use tokio::net::TcpListener;

#[cfg(feature = "state")]
use crate::call::repeat::Shared;
use crate::{
    AtAll, Confirm, Error, HttpOptions, Person, Target,
    call::{
        Calls,
        delivery::Dispatcher,
        people::People,
        queue::CallQueue,
        repeat::{self, Repeats},
        targets::{Rules, Targets},
    },
    definition::{Deployment, STATUS_TOOL},
    metrics::Metrics,
    protocol::Handler,
    transport::{http, stdio, told_to_stop},
};

/// Default time that a call may take. Clients time out after 30 seconds or later.
pub const CALL_DEADLINE: Duration = Duration::from_secs(25);

/// Default number of people that a call may mention.
pub const CALL_MENTIONS: usize = 10;

/// Serves notification types as MCP tools. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    handler: Handler,
}

/// Configures a [`Server`].
#[must_use]
pub struct ServerBuilder {
    name: Cow<'static, str>,
    version: Cow<'static, str>,
    destination: Destination,
    rules: Rules,
    tools: Vec<ToolType>,
    /// Tools of a configuration file, served after the program's own.
    declared: Vec<ToolType>,
    only: Option<Vec<String>>,
    prefix: Option<String>,
    deployment: Deployment,
    people: Vec<(String, Person)>,
    max_mentions: usize,
    call_deadline: Duration,
    dry_run: bool,
    #[cfg(feature = "state")]
    state: Option<dingtalk_outbox::State>,
    /// Set if clients are on other machines.
    #[cfg(feature = "state")]
    remote_clients: bool,
    queue: Option<CallQueue>,
    metrics: Metrics,
}

/// Destination of messages.
enum Destination {
    One(Arc<dyn Deliver>),
    Several(Vec<Target>, Option<String>),
}

impl Server {
    /// Builds a server that delivers through `deliver`: a [`Robot`](dingtalk_core::Robot), or a
    /// [`Stub`](dingtalk_core::Stub) in tests.
    pub fn builder(deliver: impl Deliver + 'static) -> ServerBuilder {
        ServerBuilder::new(Destination::One(Arc::new(deliver)))
    }

    /// Builds a server for several robots: calls choose one with the argument `robot`, and `default` is for calls that
    /// do not. Without a default, the argument is required, unless there is only one robot.
    ///
    /// ```
    /// use dingtalk_core::Stub;
    /// use dingtalk_notify::{AtAll, Server, Target, builtin_tools};
    ///
    /// let server = Server::with_robots(
    ///     [
    ///         Target::new("ops", "operations: alerts and deployments", Stub::new()),
    ///         Target::new("customers", "the group that we share with our customers", Stub::new()).at_all(AtAll::Deny),
    ///     ],
    ///     Some("ops".to_owned()),
    /// );
    /// let server = server.tools(builtin_tools()).build()?;
    /// let definitions = server.deployment().definitions(server.tools());
    /// assert_eq!(definitions[0].input_schema["properties"]["robot"]["default"], "ops");
    /// # Ok::<(), dingtalk_notify::Error>(())
    /// ```
    pub fn with_robots(robots: impl IntoIterator<Item = Target>, default: Option<String>) -> ServerBuilder {
        ServerBuilder::new(Destination::Several(robots.into_iter().collect(), default))
    }

    /// Returns the tools that it serves.
    pub fn tools(&self) -> &ToolSet {
        self.handler.tools()
    }

    /// Returns the deployment that its definitions describe.
    pub fn deployment(&self) -> &Deployment {
        self.handler.deployment()
    }

    #[cfg(feature = "program")]
    pub(crate) fn handler(&self) -> &Handler {
        &self.handler
    }

    /// Returns the path of a call, for callers that are not MCP clients.
    #[cfg(feature = "program")]
    pub(crate) fn calls(&self) -> &Calls {
        self.handler.calls()
    }

    /// Serves one client until it closes the connection. For stdin and stdout, use [`serve_stdio`](Self::serve_stdio),
    /// which also answers lines that cannot be parsed.
    ///
    /// # Errors
    ///
    /// The client did not begin as the protocol says.
    pub async fn serve<T, E, A>(&self, transport: T) -> Result<(), Error>
    where
        T: IntoTransport<RoleServer, E, A>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let running = match self.handler.clone().serve(transport).await {
            Ok(running) => running,
            // A client that disconnects before its first message is not an error.
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            // The library's text is the message as `Debug`.
            Err(rmcp::service::ServerInitializeError::ExpectedInitializeRequest(_)) => {
                let problem = "the client's first message was no request; expected `initialize`";
                return Err(Error::Protocol(problem.to_owned()));
            }
            Err(error) => return Err(Error::Protocol(error.to_string())),
        };
        running.waiting().await.map_err(|error| Error::Protocol(error.to_string()))?;
        Ok(())
    }

    /// Serves one client over stdin and stdout until stdin ends or the process receives a signal to stop. Calls in
    /// progress then have one second to finish.
    ///
    /// A blocked read may outlive this future: the program should exit afterwards, without waiting for it.
    ///
    /// # Errors
    ///
    /// The client did not begin as the protocol says.
    pub async fn serve_stdio(&self) -> Result<(), Error> {
        stdio::serve(self).await
    }

    /// Serves clients over Streamable HTTP, on the path `/mcp`, until the process receives a signal to stop. Calls in
    /// progress may then finish. `/healthz` is for health checks.
    ///
    /// ```no_run
    /// use dingtalk_core::Robot;
    /// use dingtalk_notify::{HttpOptions, Server, builtin_tools};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = Server::builder(Robot::from_env()?).tools(builtin_tools()).build()?;
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8100").await?;
    /// server.serve_http(listener, HttpOptions::new()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The options do not fit the address: see [`HttpOptions`].
    pub async fn serve_http(&self, listener: TcpListener, options: HttpOptions) -> Result<(), Error> {
        let serving =
            http::Serving::prepare(self.handler.clone(), listener, &options, http::Doors::default()).await?;
        serving.run(told_to_stop()).await;
        Ok(())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("tools", &self.handler.tool_names()).finish_non_exhaustive()
    }
}

impl ServerBuilder {
    fn new(destination: Destination) -> Self {
        Self {
            name: "dingtalk-notify".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            destination,
            rules: Rules::default(),
            tools: Vec::new(),
            declared: Vec::new(),
            only: None,
            prefix: None,
            deployment: Deployment::new(),
            people: Vec::new(),
            max_mentions: CALL_MENTIONS,
            call_deadline: CALL_DEADLINE,
            dry_run: false,
            #[cfg(feature = "state")]
            state: None,
            #[cfg(feature = "state")]
            remote_clients: false,
            queue: None,
            metrics: Metrics::default(),
        }
    }

    /// Sets the server's name and version, which clients show; by default `dingtalk-notify` and this library's version.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>, version: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self.version = version.into();
        self
    }

    /// Sets the policy for messages that notify everybody in the group; [`AtAll::Ask`] by default. Robots
    /// [with names](Server::with_robots) have their own.
    pub fn at_all(mut self, at_all: AtAll) -> Self {
        self.rules.policy.at_all = at_all;
        self
    }

    /// Sets the messages that a person confirms first; [`Confirm::AtAll`] by default. Robots
    /// [with names](Server::with_robots) have their own.
    pub fn confirm(mut self, confirm: Confirm) -> Self {
        self.rules.policy.confirm = confirm;
        self
    }

    /// Sets the keyword that the robot requires: it is appended to messages that lack it. Robots
    /// [with names](Server::with_robots) have their own.
    pub fn keyword(mut self, keyword: impl AsRef<str>) -> Self {
        self.rules.keyword = Keyword::new(keyword);
        self
    }

    /// States how the robot handles messages that are too long; [`Overflow::Reject`] by default. Calls with longer
    /// texts are refused before they are sent unless it shortens or splits them. Robots
    /// [with names](Server::with_robots) have their own.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.rules.overflow = overflow;
        self
    }

    /// Adds tools; usually written `tools![CpuAlert, DiskAlert]`.
    pub fn tools(mut self, tools: impl IntoIterator<Item = ToolType>) -> Self {
        self.tools.extend(tools);
        self
    }

    /// Adds the notifications of a [configuration file](dingtalk_config::Config), after all [`tools`](Self::tools).
    pub fn declared(mut self, tools: impl IntoIterator<Item = ToolType>) -> Self {
        self.declared.extend(tools);
        self
    }

    /// Serves only the tools with these names: see [`ToolSet::select`].
    pub fn only(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.only = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Sets a prefix for the names of all tools: see [`ToolSet::prefixed`].
    pub fn tool_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Sets the deployment that the tools' definitions describe. The server adds its own settings to it.
    pub fn deployment(mut self, deployment: Deployment) -> Self {
        self.deployment = deployment;
        self
    }

    /// Adds names that a call may use instead of numbers and ids, to keep them out of a model's context: `atMobiles:
    /// ["oncall"]`. Definitions list the names, and no answer shows the numbers or ids. A name has at most 32 letters,
    /// digits, `_`, `-` and `.`, with at least one letter; case is ignored.
    pub fn people(mut self, people: impl IntoIterator<Item = (impl Into<String>, Person)>) -> Self {
        self.people.extend(people.into_iter().map(|(name, person)| (name.into(), person)));
        self
    }

    /// Sets the number of people that a call may mention: [`CALL_MENTIONS`] by default, at most 50, DingTalk's own
    /// limit.
    pub fn max_mentions(mut self, people: usize) -> Self {
        self.max_mentions = people.min(MAX_MENTIONS);
        self
    }

    /// Sets the time that a call may take, including waiting and all attempts: [`CALL_DEADLINE`] by default. A longer
    /// delivery is stopped one second after it, so give a [`Robot`](dingtalk_core::Robot) the same
    /// [deadline](dingtalk_core::delivery::RobotBuilder::deadline): the robot begins no attempt that it cannot finish.
    pub fn call_deadline(mut self, deadline: Duration) -> Self {
        self.call_deadline = deadline;
        self
    }

    /// Sends nothing, and shows the request that would be sent.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Recognises repeated calls together with all processes that use this state, and after a restart. Without one, the
    /// server remembers them by itself. A state that cannot be used is replaced by the server's memory.
    ///
    /// The robots use the state by themselves, if they are [built](dingtalk_core::delivery::RobotBuilder::windows) with
    /// it.
    #[cfg(feature = "state")]
    pub fn state(mut self, state: dingtalk_outbox::State) -> Self {
        self.state = Some(state);
        self
    }

    /// Says that clients are on other machines: a call is the same one in whichever directory this process runs.
    #[cfg(feature = "program")]
    pub(crate) fn remote_clients(mut self, remote: bool) -> Self {
        self.remote_clients = remote;
        self
    }

    /// Queues messages whose calls would have to wait too long, and serves the tool that reports their status.
    #[cfg(feature = "state")]
    pub(crate) fn queue(mut self, queue: CallQueue) -> Self {
        self.queue = Some(queue);
        self.deployment.queue = true;
        self
    }

    /// Counts calls in these metrics, which may be those of an earlier server of the process.
    #[cfg(feature = "program")]
    pub(crate) fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Checks that the tools can be served together.
    ///
    /// # Errors
    ///
    /// Names all conflicts between the tools ([`ToolSet::new`]), invalid selections and prefixes ([`ToolSet::select`],
    /// [`ToolSet::prefixed`]), and invalid names of people.
    pub fn build(self) -> Result<Server, Error> {
        let mut tools = ToolSet::new(self.tools.into_iter().chain(self.declared))?;
        if self.deployment.queue
            && let Some(tool) = tools.iter().find(|tool| tool.spec().name == STATUS_TOOL)
        {
            let name = tool.spec().name;
            return Err(Error::setting(
                format!(
                    "`{name}` is the tool that reports the status of queued messages: rename that of the program"
                ),
                format!("`{name}` 是查询排队消息状态的工具：请给程序自己的同名工具改名"),
            ));
        }
        if let Some(names) = &self.only {
            // It belongs to the queue, and is served with it.
            let names = names.iter().map(String::as_str);
            tools = tools.select(names.filter(|name| !(self.deployment.queue && *name == STATUS_TOOL)))?;
        }
        if let Some(prefix) = &self.prefix {
            tools = tools.prefixed(prefix)?;
        }
        let people = People::new(self.people)?;
        let deployment = self
            .deployment
            .repeat_window(Some(repeat::WINDOW))
            .max_mentions(Some(self.max_mentions))
            .people(people.names());
        let (targets, deliver) = match self.destination {
            Destination::One(deliver) => (Targets::unnamed(self.rules), deliver),
            Destination::Several(robots, default) => Targets::named(robots, default)?,
        };
        if targets.offer_a_choice()
            && let Some(tool) = tools.iter().find(|tool| has_parameter(tool, Deployment::ROBOT))
        {
            return Err(Error::setting(
                format!(
                    "`{}` has a parameter `{}`, which calls use to choose a robot: rename it",
                    tool.spec().name,
                    Deployment::ROBOT
                ),
                format!(
                    "`{}` 有参数 `{}`，而调用用这个名字选择机器人：请给参数改名",
                    tool.spec().name,
                    Deployment::ROBOT
                ),
            ));
        }
        let deployment = targets.describe(deployment);
        #[cfg(feature = "state")]
        let repeats = self.state.map_or_else(Repeats::default, |state| {
            let shared =
                if self.remote_clients { Shared::for_remote_clients(&state) } else { Shared::new(&state) };
            Repeats::with_table(Arc::new(shared))
        });
        #[cfg(not(feature = "state"))]
        let repeats = Repeats::default();
        let dispatcher = Dispatcher::new(deliver, self.call_deadline, repeats).with_queue(self.queue);
        let calls = Calls {
            dispatcher,
            targets,
            people,
            max_mentions: self.max_mentions,
            language: crate::settings::language(),
            dry_run: self.dry_run,
            metrics: self.metrics,
        };
        let this = Implementation::new(self.name, self.version).with_title("DingTalk notifications");
        Ok(Server { handler: Handler::new(this, calls, tools, deployment) })
    }
}

fn has_parameter(tool: &ToolType, name: &str) -> bool {
    tool.spec().parameters.iter().any(|parameter| parameter.field.name == name)
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder").field("tools", &self.tools.len()).finish_non_exhaustive()
    }
}
