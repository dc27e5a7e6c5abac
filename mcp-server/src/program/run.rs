//! Running the command that the command line names.

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
};

#[cfg(feature = "migrate")]
use super::migrate;
use super::{
    Program, Result,
    arguments::{Arguments, Command},
    check, command_line, completions, demo, hook, log, outbox, preview, relay, sandbox, send, serve, state,
    status, tools,
    words::{language, words},
};
use crate::Error;

impl Program {
    /// Runs the command of the command line. Messages for people go to stderr.
    #[must_use = "`main` returns it"]
    pub fn run(self) -> ExitCode {
        if let Some(code) = hook::intercept(&self) {
            return code;
        }
        let arguments = command_line::parse(&self);
        if let Err(problem) = log::to_stderr(arguments.log_level()) {
            self.tell(problem);
        }
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return self.fail(&error),
        };
        let done = runtime.block_on(self.execute(arguments));
        // A blocked read from stdin must not keep the process alive.
        runtime.shutdown_background();
        let is_read = log::flush();
        match done {
            Ok(code) => code,
            Err(error) if is_read => self.fail(&*error),
            // If nobody reads stderr, writing to it would wait for ever.
            Err(_) => ExitCode::FAILURE,
        }
    }

    async fn execute(&self, arguments: Arguments) -> Result<ExitCode> {
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
            Some(Command::Outbox { command }) => return outbox::run(self, command).await,
            Some(Command::Status(status)) => status::run(self, status).await?,
            Some(Command::State { command }) => state::run(&command)?,
            Some(Command::Tools { render, choice, .. }) if !render.is_empty() => {
                return tools::render(self, &choice, &render);
            }
            Some(Command::Tools { json, lint, choice, .. }) => {
                tools::run(self, &choice.settings(), json, lint)?;
            }
            Some(Command::Preview { output, outline, choice }) => {
                preview::run(self, &choice.settings(), &output, outline)?;
            }
            Some(Command::Relay(arguments)) => return relay::run(self, arguments).await,
            #[cfg(feature = "migrate")]
            Some(Command::Migrate(arguments)) => migrate::run(self, &arguments).await?,
            // It has run before.
            Some(Command::Hook(_)) => {}
            Some(Command::Sandbox(arguments)) => sandbox::run(self, arguments).await?,
            Some(Command::Demo { once, config }) => demo::run(self, once, config.as_deref()).await?,
            Some(Command::Completions { shell, file }) => completions::run(self, &file.settings(), shell)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn fail(&self, error: &(dyn std::error::Error + 'static)) -> ExitCode {
        match error.downcast_ref::<Error>() {
            Some(error) => self.tell(error.in_language(language())),
            None => self.tell(error),
        }
        ExitCode::FAILURE
    }

    /// Explains the server to a person who started it by hand.
    fn hint(&self) {
        let name = self.name;
        self.tell(words(
            format!(
                "serving MCP on stdin; usually, an MCP client starts this. To see messages arrive, run `{name} demo`; for \
                 other commands, see `--help`."
            ),
            format!("正在通过标准输入提供 MCP 服务，通常由 MCP 客户端启动。想看看效果，请运行 `{name} demo`；其他命令见 `--help`。"),
        ));
    }
}
