//! Commands of notifications on the command line.

use std::{env, ffi::OsString, path::PathBuf};

use clap::{Arg, Command, Subcommand as _};
use dingtalk_core::delivery::Language;

use super::send::{AFTER_FIELDS, MessageArguments, Sendable, looks_like_option, send_command};
use crate::settings::table;

/// Finds the configuration file in a command line that is not parsed yet, or in the environment.
pub(super) fn file(typed: &[String]) -> Option<PathBuf> {
    let mut typed = typed.iter().take_while(|argument| *argument != "--");
    while let Some(argument) = typed.next() {
        if argument == "--config" {
            return typed.next().map(PathBuf::from);
        }
        if let Some(path) = argument.strip_prefix("--config=") {
            return Some(PathBuf::from(path));
        }
    }
    env::var_os(table::CONFIG.variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Adds a command for each notification to `send`.
pub(super) fn add(line: Command, sendables: &[Sendable], language: Language) -> Command {
    if sendables.is_empty() {
        return line;
    }
    let options = send_command();
    line.mut_subcommand("send", |send| {
        // Help lists the fields first.
        let mut order = AFTER_FIELDS;
        let send = send.mut_args(|option| {
            order += 1;
            option.display_order(order)
        });
        send.subcommands(sendables.iter().map(|sendable| sendable.command(&options, language)))
    })
}

/// Arranges the arguments of a notification's command so that each flag has its value, even one that begins with a
/// hyphen, and everything that no flag takes is at the end, where it is found together with all other faults.
pub(super) fn arrange(line: &Command, typed: Vec<OsString>) -> Vec<OsString> {
    let Some(send) = line.find_subcommand("send") else { return typed };
    let mut arguments = typed.iter().enumerate().skip_while(|(_, argument)| *argument != "send").skip(1);
    let command = loop {
        let Some((index, argument)) = arguments.next() else { return typed };
        match argument.to_str().and_then(|argument| option_name(argument)) {
            Some((name, has_value)) => {
                if !has_value && takes_next(send.get_arguments(), name) == Some(true) {
                    arguments.next();
                }
            }
            None => {
                break argument
                    .to_str()
                    .and_then(|name| send.find_subcommand(name))
                    .map(|found| (index, found));
            }
        }
    };
    let Some((index, command)) =
        command.filter(|(_, command)| !MessageArguments::has_subcommand(command.get_name()))
    else {
        return typed;
    };
    let mut arranged = typed[..=index].to_vec();
    let mut rest = Vec::new();
    let mut arguments = typed[index + 1..].iter().peekable();
    while let Some(argument) = arguments.next() {
        let text = argument.to_str().unwrap_or_default();
        if text == "--" {
            rest.extend(arguments.by_ref().cloned());
            break;
        }
        let flag = option_name(text);
        let takes_next =
            flag.and_then(|(name, _)| takes_next(send.get_arguments().chain(command.get_arguments()), name));
        match (flag, takes_next) {
            (Some((_, false)), Some(true)) => {
                // Without a value, it is a fault; `--name=--value` is the way to give one that looks like an option.
                let is_value = |next: &OsString| next.to_str().is_none_or(|next| !looks_like_option(next));
                if let Some(value) = arguments.next_if(|next| is_value(next)) {
                    let mut whole = argument.clone();
                    whole.push("=");
                    whole.push(value);
                    arranged.push(whole);
                } else {
                    rest.push(argument.clone());
                }
            }
            (Some(_), Some(_)) => arranged.push(argument.clone()),
            _ if matches!(text, "-h" | "--help") => arranged.push(argument.clone()),
            _ => rest.push(argument.clone()),
        }
    }
    arranged.push("--".into());
    arranged.append(&mut rest);
    arranged
}

/// Returns the name of a long option, and whether a value is attached to it.
fn option_name(argument: &str) -> Option<(&str, bool)> {
    let name = argument.strip_prefix("--").filter(|name| !name.is_empty())?;
    Some(name.split_once('=').map_or((name, false), |(name, _)| (name, true)))
}

/// Reports whether the option of this name takes the next argument as its value; `None` if there is no such option.
fn takes_next<'a>(mut options: impl Iterator<Item = &'a Arg>, name: &str) -> Option<bool> {
    let option = options.find(|option| {
        option.get_long() == Some(name)
            || option.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
    })?;
    Some(option.get_action().takes_values() && !option.is_require_equals_set())
}
