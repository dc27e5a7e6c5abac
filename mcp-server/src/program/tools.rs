//! `dingtalk-notify tools`: the definitions as clients receive them, and suggestions for better ones.

use std::process::ExitCode;

use dingtalk_core::tool::ToolSet;
use serde::Serialize;

use super::{Program, Result, command_line, options::ToolChoice, say, send, words::words};
use crate::{Catalog, Deployment, Settings};

pub(super) fn run(program: &Program, settings: &Settings, as_json: bool, lint: bool) -> Result<()> {
    // Made by the server itself, so that the printed definitions are those that it serves. It sends nothing.
    let server = program.equip(settings.preview()?).build()?;
    let (tools, deployment) = (server.tools(), server.deployment());
    if lint { say_lints(tools, deployment, as_json) } else { say_definitions(tools, deployment, as_json) }
}

/// Prints the message that `send` would send with these arguments, the name of a notification first.
pub(super) fn render(program: &Program, choice: &ToolChoice, arguments: &[String]) -> Result<ExitCode> {
    let mut arguments = arguments.to_vec();
    if let Some(config) = choice.config() {
        arguments.splice(..0, ["--config".to_owned(), config.to_string_lossy().into_owned()]);
    }
    match command_line::parse_send(program, &arguments) {
        Ok(arguments) => send::render(program, &arguments),
        Err(unread) => unread.exit(program, false),
    }
}

fn say_definitions(tools: &ToolSet, deployment: &Deployment, as_json: bool) -> Result<()> {
    let catalog = Catalog::new(tools, deployment);
    say(if as_json { pretty(&catalog)? } else { catalog.to_string().trim_end().to_owned() })?;
    Ok(())
}

/// Prints the suggestions, and fails if there are any.
fn say_lints(tools: &ToolSet, deployment: &Deployment, as_json: bool) -> Result<()> {
    let lints = deployment.lint(tools);
    if as_json {
        say(pretty(&lints)?)?;
    } else {
        lints.iter().try_for_each(|lint| say(lint.to_string()))?;
    }
    match lints.len() {
        0 => Ok(()),
        1 => Err(words("1 suggestion", "有 1 条改进建议").into()),
        several => Err(words(format!("{several} suggestions"), format!("有 {several} 条改进建议")).into()),
    }
}

fn pretty(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)?)
}
