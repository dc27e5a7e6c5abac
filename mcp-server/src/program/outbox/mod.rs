//! `dingtalk-notify outbox`: the durable queue.

pub(super) mod arguments;
mod change;
mod list;
mod operator;
mod run;
mod show;
mod stats;

use std::process::ExitCode;

use self::arguments::OutboxCommand;
pub(super) use self::run::start;
use super::{Program, Result};

pub(super) async fn run(program: &Program, command: OutboxCommand) -> Result<ExitCode> {
    match command {
        OutboxCommand::Run(arguments) => run::run(program, arguments).await,
        OutboxCommand::List(arguments) => list::run(program, arguments).await,
        OutboxCommand::Show(arguments) => show::run(program, arguments).await,
        OutboxCommand::Retry(arguments) => change::retry(program, arguments).await,
        OutboxCommand::Drop(arguments) => change::drop(program, arguments).await,
        OutboxCommand::Purge(arguments) => change::purge(program, arguments).await,
        OutboxCommand::Stats(arguments) => stats::run(program, arguments).await,
    }
}
