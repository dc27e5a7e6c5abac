//! A whole program around a set of tools: its sub-commands, and [`main!`](crate::main), which makes one in one line.

mod arguments;
mod check;
mod chinese;
mod completions;
mod demo;
mod examples;
mod language;
mod log;
mod sandbox;
mod send;
mod serve;
mod tools;

use std::{
    fmt,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use dingtalk_core::ToolType;

use self::{arguments::Command, language::words};
use crate::ServerBuilder;

/// A program that serves these tools and helps people to try them: what `dingtalk-notify` is for the ready-made ones. Usually
/// made by [`main!`](crate::main); by hand where `main` has something to do first.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use dingtalk_notify::{Program, builtin_tools};
///
/// fn main() -> ExitCode {
///     // Something to do first.
///     Program::new("team-alerts", "1.0.0").tools(builtin_tools()).run()
/// }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Program {
    name: &'static str,
    version: &'static str,
    about: &'static str,
    tools: Vec<ToolType>,
}

/// What a command says when it fails.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

impl Program {
    /// A program without tools. Help, messages and what clients show call it by this name.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            about: "MCP server that sends notifications to DingTalk (钉钉) groups through a custom robot.",
            tools: Vec::new(),
        }
    }

    /// Sets what `--help` says that it is; a blank text changes nothing.
    pub fn about(mut self, about: &'static str) -> Self {
        if !about.trim().is_empty() {
            self.about = about;
        }
        self
    }

    /// Adds tools; usually written `tools![CpuAlert, DiskAlert]`.
    pub fn tools(mut self, tools: impl IntoIterator<Item = ToolType>) -> Self {
        self.tools.extend(tools);
        self
    }

    /// Does what the command line says, until it is done. Messages for people go to stderr.
    #[must_use = "`main` returns it"]
    pub fn run(self) -> ExitCode {
        let arguments = arguments::parse(&self);
        if let Err(problem) = log::to_stderr(arguments.log_level()) {
            self.tell(problem);
        }
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return self.fail(&error),
        };
        let done = runtime.block_on(self.obey(arguments));
        // A read from stdin that nobody answers must not keep the process.
        runtime.shutdown_background();
        match done {
            Ok(code) => code,
            Err(error) => self.fail(&*error),
        }
    }

    /// Gives a server what this program serves.
    fn equip(&self, server: ServerBuilder) -> ServerBuilder {
        server.name(self.name, self.version).tools(self.tools.clone())
    }

    async fn obey(&self, arguments: arguments::Arguments) -> Result<ExitCode> {
        match arguments.command {
            None => {
                if io::stdin().is_terminal() {
                    self.hint();
                }
                serve::run(self, arguments.serve).await?;
            }
            Some(Command::Serve(serve)) => serve::run(self, serve).await?,
            Some(Command::Send(send)) => return send::run(self, send).await,
            Some(Command::Check(check)) => return check::run(self, check).await,
            Some(Command::Tools { json, lint, choice }) => tools::run(self, &choice.settings()?, json, lint)?,
            Some(Command::Sandbox { port }) => sandbox::run(port).await?,
            Some(Command::Demo { once }) => demo::run(self, once).await?,
            Some(Command::Completions { shell }) => completions::run(self, shell)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Writes a line for the person who ran the program.
    fn tell(&self, words: impl fmt::Display) {
        // Whoever has closed stderr does not want to know.
        let _ = writeln!(io::stderr(), "{}: {words}", self.name);
    }

    fn fail(&self, error: &dyn std::error::Error) -> ExitCode {
        self.tell(error);
        ExitCode::FAILURE
    }

    /// Somebody started the server by hand.
    fn hint(&self) {
        let name = self.name;
        self.tell(words(
            format!(
                "this serves MCP on stdin, for an MCP client to start. To see messages arrive, run `{name} demo`; \
                 `--help` has the rest."
            ),
            format!("正在通过标准输入提供 MCP 服务，应由 MCP 客户端启动。想看看效果，请运行 `{name} demo`；其余见 `--help`。"),
        ));
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Writes a line of what the person asked for.
fn say(line: impl AsRef<str>) -> io::Result<()> {
    writeln!(io::stdout(), "{}", line.as_ref())
}

/// Writes `fn main` of a program that serves these notification types: with the sub-commands, the configuration and the
/// safety of `dingtalk-notify`. Its name, its version and its description are those of the package.
///
/// ```no_run
/// use dingtalk_core::Notification;
///
/// /// Warn the on-call group that a disk is nearly full.
/// #[derive(Notification)]
/// #[dingtalk(text("{host}: {percent}% of the disk is used"), tool(when = "a disk is nearly full"))]
/// struct DiskAlert {
///     /// Host name as in the inventory, for example `web-3`.
///     #[dingtalk(length(1..=64))]
///     host: String,
///     /// How much of it is used, in percent.
///     #[dingtalk(range(0..=100))]
///     percent: u8,
/// }
///
/// dingtalk_notify::main!(DiskAlert);
/// ```
///
/// `..builtin` at the end adds the ready-made tools; alone, it is `dingtalk-notify` under another name. The tools are checked
/// together while the program is compiled, as [`tools!`](dingtalk_core::tools) does.
///
/// ```no_run
/// # use dingtalk_core::Notification;
/// # /// Warn the on-call group that a disk is nearly full.
/// # #[derive(Notification)]
/// # #[dingtalk(text("{percent}% of the disk is used"), tool(when = "a disk is nearly full"))]
/// # struct DiskAlert {
/// #     /// How much of it is used, in percent.
/// #     #[dingtalk(range(0..=100))]
/// #     percent: u8,
/// # }
/// dingtalk_notify::main!(DiskAlert, ..builtin);
/// ```
#[macro_export]
macro_rules! main {
    () => {
        ::core::compile_error!("name the tools: `main!(CpuAlert, DiskAlert)`, or `main!(..builtin)` for the ready-made ones");
        fn main() {}
    };
    ($($tool:ty),+ $(,)?) => {
        $crate::main!(@ $($tool),+);
    };
    ($($tool:ty,)* ..builtin $(,)?) => {
        $crate::main!(@
            $($tool,)*
            $crate::TextMessage,
            $crate::MarkdownMessage,
            $crate::LinkMessage,
            $crate::ActionCardMessage,
            $crate::FeedCardMessage
        );
    };
    (@ $($tool:ty),+) => {
        fn main() -> ::std::process::ExitCode {
            let name = ::core::option_env!("CARGO_BIN_NAME").unwrap_or(::core::env!("CARGO_PKG_NAME"));
            $crate::Program::new(name, ::core::env!("CARGO_PKG_VERSION"))
                .about(::core::env!("CARGO_PKG_DESCRIPTION"))
                .tools($crate::__private::tools![$($tool),+])
                .run()
        }
    };
}
