//! `dingtalk-notify send`: one message from a terminal or a script.

mod input;
mod report;

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use serde_json::{Map, Value, json};
use tokio::time::timeout;

pub(super) use self::report::{NO_CONNECTION, NOT_SET_UP, exit_code};
use self::{
    input::text_or_stdin,
    report::{WRONG, tell},
};
use super::{
    Program, Result,
    arguments::{MessageArguments, SendArguments},
    waiting,
    words::words,
};
use crate::{
    builtin_tools,
    call::{
        Request,
        outcome::CallOutcome,
        repeat::{Caller, Delivery, DeliveryOutcome, Stop},
    },
    transport::told_to_stop,
};

/// Time for storing the outcome of the last request.
pub(super) const FLUSH: Duration = Duration::from_secs(2);

pub(super) async fn run(program: &Program, arguments: SendArguments) -> Result<ExitCode> {
    let settings = arguments.settings();
    let (tool, given) = match call(&arguments)? {
        Ok(call) => call,
        Err(problem) => {
            program.tell(problem);
            return Ok(ExitCode::from(WRONG));
        }
    };
    let server = settings.server_for(arguments.robot.as_deref())?.tools(builtin_tools()).build()?;
    // Nobody watches a pipe, and a program that reads JSON expects nothing else.
    let is_watched = io::stderr().is_terminal() && !arguments.json;
    let tool = server.tools().get(tool).ok_or("the tool is missing")?;
    // A dry run records nothing. Without a table that outlives this process, an id would promise too much.
    let keeps_ids = server.calls().dispatcher.keeps_ids();
    if arguments.id.is_some() && !keeps_ids && !server.calls().dry_run {
        program.tell(words(NO_STATE, NO_STATE_CHINESE));
        return Ok(ExitCode::FAILURE);
    }
    let request = Request {
        tool,
        arguments: given,
        robot: arguments.robot.as_deref(),
        caller: Caller::Person { id: arguments.id.as_deref() },
        log_id: None,
    };
    let ended = match server.calls().prepare(request) {
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
    let code = tell(program, &ended, &arguments)?;
    if matches!(
        ended.outcome,
        CallOutcome::Delivery { outcome: DeliveryOutcome::NotSent(Stop::Cancelled), .. }
    ) {
        interrupted();
    }
    Ok(code)
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

/// A tool's name, and arguments for it.
type Call = (&'static str, Map<String, Value>);

/// Returns the tool for the message, and its arguments; or the error of an invalid option.
fn call(arguments: &SendArguments) -> Result<std::result::Result<Call, String>> {
    let mut given = Map::new();
    let mut give = |name: &str, value: Value| given.insert(name.to_owned(), value);
    let tool = match &arguments.message {
        MessageArguments::Text { text } => {
            give("text", json!(text_or_stdin(text.as_deref())?));
            "send_text_message"
        }
        MessageArguments::Markdown { title, text } => {
            give("title", json!(title));
            give("text", json!(text_or_stdin(text.as_deref())?));
            "send_markdown_message"
        }
        MessageArguments::Link { title, url, picture, text } => {
            give("title", json!(title));
            give("url", json!(url));
            give("pictureUrl", json!(picture));
            give("text", json!(text_or_stdin(text.as_deref())?));
            "send_link_message"
        }
        MessageArguments::ActionCard { title, buttons, text } => {
            give("title", json!(title));
            give("text", json!(text_or_stdin(text.as_deref())?));
            let mut list = Vec::new();
            for button in buttons {
                let Some((label, url)) = button.split_once('=') else {
                    return Ok(Err(words(
                        format!("--button: expected LABEL=URL, found {button:?}"),
                        format!("--button：应写成 LABEL=URL（文字=链接），而不是 {button:?}"),
                    )));
                };
                list.push(json!({"label": label, "url": url}));
            }
            give("buttons", json!(list));
            "send_action_card_message"
        }
        MessageArguments::FeedCard { items } => {
            let item = |item: &[String]| json!({"title": item[0], "url": item[1], "pictureUrl": item[2]});
            give("items", items.chunks_exact(3).map(item).collect());
            "send_feed_card_message"
        }
    };
    for (name, people) in [("atMobiles", &arguments.at), ("atUserIds", &arguments.at_user)] {
        if !people.is_empty() {
            given.insert(name.to_owned(), json!(people));
        }
    }
    if arguments.at_all {
        given.insert("atAll".to_owned(), json!(true));
    }
    Ok(Ok((tool, given)))
}
