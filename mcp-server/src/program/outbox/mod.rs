//! `dingtalk-notify outbox`: the durable queue.

mod run;

use std::process::ExitCode;

use super::{Program, Result, arguments::OutboxCommand};

pub(super) async fn run(program: &Program, command: OutboxCommand) -> Result<ExitCode> {
    match command {
        OutboxCommand::Run(arguments) => run::run(program, arguments).await,
    }
}
