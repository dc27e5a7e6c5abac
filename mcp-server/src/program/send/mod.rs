//! `dingtalk-notify send`: one message or notification from a terminal or a script.

mod arguments;
mod call;
mod fields;
mod hyphens;
mod input;
mod message;
mod notification;
pub(super) mod queue;
mod report;
mod sheet;

use std::{
    future::pending,
    io::{self, IsTerminal as _},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::Args as _;
use tokio::time::timeout;

pub(super) use self::{
    arguments::{MessageArguments, SendArguments},
    hyphens::{has_value_with_hyphen, looks_like_option},
    notification::{AFTER_FIELDS, FIELD, Sendable},
    report::{NO_CONNECTION, NOT_SET_UP, Report, exit_code},
};
use self::{
    arguments::{NotificationArguments, Sent},
    call::Call,
    input::Problem,
    report::{FAILURE, tell},
};
use super::{Program, Result, say, waiting, words::words};
use crate::{
    Settings,
    call::{
        answer::requests_as_json,
        outcome::CallOutcome,
        policy::Refusal,
        repeat::{Delivery, DeliveryOutcome, Stop},
    },
    outbox,
    protocol::example::example,
    transport::told_to_stop,
};

/// Time for storing the outcome of the last request.
pub(super) const FLUSH: Duration = Duration::from_secs(2);

/// Sends the message or the notification of the command line.
pub(super) async fn run(program: &Program, arguments: SendArguments) -> Result<ExitCode> {
    let done = match (&arguments.sheet, &arguments.sent) {
        (Some(robot), None) => sheet::run(program, &arguments, robot).await,
        (None, Some(sent)) => send(program, &arguments, sent).await,
        (sheet, _) => return sheet::choose(program, sheet.is_some(), arguments.json),
    };
    match done {
        // A program that reads JSON reads nothing else.
        Err(error) if arguments.json => Report::of_failure(&*error).tell(program, true),
        done => done,
    }
}

async fn send(program: &Program, arguments: &SendArguments, sent: &Sent) -> Result<ExitCode> {
    let settings = arguments.settings();
    let call = match call(program, &settings, arguments, sent) {
        Ok(call) => call,
        Err(Problem::Failed(problem)) => return Err(problem.into()),
        Err(Problem::Invalid(problem)) => return Report::of_faults(&[problem]).tell(program, arguments.json),
    };
    let server = match settings.server_for(arguments.robot.as_deref()) {
        Ok(server) => program.equip(server),
        Err(_) if !call.faults.is_empty() => {
            return Report::of_faults(&call.faults).tell(program, arguments.json);
        }
        Err(error) => return Err(error.into()),
    };
    // A dry run shows the message, and queues nothing.
    let queue = (arguments.queue && !settings.is_dry_run())
        .then(|| queue::Queue::open(&settings, arguments.robot.as_deref()))
        .transpose()?;
    let (queue, server) = match queue {
        Some((queue, calls)) => (Some(queue), server.queue(calls)),
        // The message with this id may be in the queue.
        None if arguments.id.is_some() && !settings.is_dry_run() && outbox::exists(&settings) => {
            let (_, calls) = queue::Queue::open(&settings, arguments.robot.as_deref())?;
            (None, server.queue(calls.only_known()))
        }
        None => (None, server),
    };
    let server = server.build()?;
    // Nobody watches a pipe, and a program that reads JSON expects nothing else.
    let is_watched = io::stderr().is_terminal() && !arguments.json;
    // A dry run records nothing. Without a table that outlives this process, an id would promise too much.
    let keeps_ids = server.calls().dispatcher.keeps_ids();
    if arguments.id.is_some() && !keeps_ids && !server.calls().dry_run {
        return Err(words(NO_STATE, NO_STATE_CHINESE).into());
    }
    let prepared = server.calls().prepare(call.request(arguments));
    if !call.faults.is_empty() {
        // Told together with the faults of the arguments.
        let mut faults = call.faults;
        if let Err(ended) = &prepared {
            faults.extend(ended.faults(|fault| call.flags.describe(fault)));
        }
        return Report::of_faults(&faults).tell(program, arguments.json);
    }
    let ended = match prepared {
        Ok(mut ready) if queue.is_some() => {
            let Some(queue) = &queue else { return Ok(ExitCode::FAILURE) };
            queue::confirm(&mut ready);
            if !arguments.detach && !queue.is_served().await? {
                return Report::of_not_served(queue.robot.as_deref()).tell(program, arguments.json);
            }
            // A signal ends the process as usual: storing takes no time that anyone would interrupt.
            server.calls().send(ready, pending(), async |_| {}).await
        }
        // The person who entered the command has confirmed it.
        Ok(ready) => {
            let forecast = if is_watched { server.calls().forecast(&ready).await } else { Duration::ZERO };
            let show = async |delivery: Arc<Delivery>| {
                if is_watched {
                    waiting::show(forecast, || delivery.is_held()).await;
                }
            };
            server.calls().send(ready, told_to_stop(), show).await
        }
        Err(ended) => *ended,
    };
    if let Some(state) = settings.state() {
        // The month counts the outcome of the last request, too.
        let _ = timeout(FLUSH, state.flush()).await;
    }
    let mut code = tell(program, &ended, &call.flags, arguments)?;
    if let (Some(queue), CallOutcome::Delivery { id, outcome: DeliveryOutcome::Queued(_) }) =
        (&queue, &ended.outcome)
        && arguments.detach
        && !queue.deliver_detached(&settings, id).await?
    {
        program.tell(words(
            "the process that was to deliver it did not begin; run `outbox run`, which says why",
            "负责发送的进程没有启动；请运行 `outbox run` 查看原因",
        ));
        code = ExitCode::from(FAILURE);
    }
    if matches!(
        ended.outcome,
        CallOutcome::Delivery { outcome: DeliveryOutcome::NotSent(Stop::Cancelled), .. }
    ) {
        interrupted();
    }
    Ok(code)
}

/// Prints the message as people read it, or as JSON, and sends nothing. A notification without fields is shown by its
/// example.
pub(super) fn render(program: &Program, arguments: &SendArguments) -> Result<ExitCode> {
    let Some(sent) = &arguments.sent else { return sheet::choose(program, false, arguments.json) };
    let settings = arguments.settings();
    let mut call = match call(program, &settings, arguments, sent) {
        Ok(call) => call,
        Err(Problem::Failed(problem)) => return Err(problem.into()),
        Err(Problem::Invalid(problem)) => return Report::of_faults(&[problem]).tell(program, arguments.json),
    };
    let server = program.equip(settings.preview()?).dry_run(true).build()?;
    if call.arguments.is_empty() && call.faults.is_empty() {
        let example = example(&call.tool.spec().input_schema(), &call.tool);
        let fields = example.as_ref().and_then(|example| example["arguments"].as_object());
        call.arguments = fields.cloned().unwrap_or_default();
    }
    let ended = match server.calls().prepare(call.request(arguments)) {
        Ok(ready) => ready.refused(Refusal::NotConfirmed),
        Err(ended) => *ended,
    };
    match &ended.outcome {
        CallOutcome::DryRun(requests) if call.faults.is_empty() => {
            if arguments.json {
                say(serde_json::to_string_pretty(&requests_as_json(requests)?)?)?;
            } else {
                let messages = requests.iter().map(|request| request.message.to_string());
                say(messages.collect::<Vec<_>>().join("\n\n"))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        _ if !call.faults.is_empty() => {
            let further = ended.faults(|fault| call.flags.describe(fault));
            let faults: Vec<String> = call.faults.into_iter().chain(further).collect();
            Report::of_faults(&faults).tell(program, arguments.json)
        }
        _ => tell(program, &ended, &call.flags, arguments),
    }
}

/// Ends the process as the signal would have ended it, so that a loop of the shell ends, too. Returns where there are
/// no signals.
fn interrupted() {
    #[cfg(unix)]
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGINT);
}

const NO_STATE: &str = "--id needs the state that outlives a process, and the state is off: remove --no-state, or set \
     --state-dir to a directory on a local disk. Nothing was sent";

const NO_STATE_CHINESE: &str = "--id 需要保存在磁盘上的状态，而状态已关闭：请去掉 --no-state，或用 --state-dir 指定本地磁盘上的目录。没有发送";

/// Returns the call that the command line describes.
fn call(
    program: &Program,
    settings: &Settings,
    arguments: &SendArguments,
    sent: &Sent,
) -> std::result::Result<Call, Problem> {
    match sent {
        Sent::Message(message) => message::call(message, arguments),
        Sent::Notification(NotificationArguments { command, matches }) => {
            let sendables = Sendable::all(program, settings.notifications());
            let sendable = Sendable::find(&sendables, command);
            let sendable = sendable.ok_or_else(|| Problem::Failed(format!("{command}: not found")))?;
            fields::call(sendable, matches, arguments, &send_command())
        }
    }
}

/// Returns the command `send` with the options of all its commands.
pub(super) fn send_command() -> clap::Command {
    SendArguments::augment_args(clap::Command::new("send"))
}
