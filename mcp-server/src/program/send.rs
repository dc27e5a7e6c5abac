//! `dingtalk-notify send`: one message from a terminal or a script.

use std::{
    borrow::Cow,
    io::{self, IsTerminal as _, Read as _},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use dingtalk_core::{Error, ErrorKind};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::{
    Program, Result,
    arguments::{MessageArguments, SendArguments},
    say, waiting,
    words::{language, words},
};
use crate::{
    builtin_tools,
    call::{
        Ended, Request,
        answer::{Answer, CallStatus, Reason},
        outcome::CallOutcome,
        policy::Refusal,
        repeat::{Caller, Delivery, DeliveryOutcome, Stop},
    },
    transport::told_to_stop,
};

/// Exit code for everything that is no matter of the message or of DingTalk.
const FAILURE: u8 = 1;

/// Exit code for an invalid message or argument, equal to clap's.
const WRONG: u8 = 2;

/// Exit code for a misconfigured robot.
pub(super) const NOT_SET_UP: u8 = 3;

/// Exit code for a failed connection.
pub(super) const NO_CONNECTION: u8 = 6;

const MAY_HAVE_ARRIVED: u8 = 7;

/// Exit code of a command that was interrupted before it sent anything, as shells have it.
const INTERRUPTED: u8 = 130;

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

fn text_or_stdin(given: Option<&str>) -> Result<String> {
    match given {
        Some(text) if text != "-" => Ok(text.to_owned()),
        None if io::stdin().is_terminal() => Err(words(
            "the text is missing: pass it as an argument, or pipe it into stdin",
            "缺少文本：请作为参数给出，或通过管道从标准输入传入",
        )
        .into()),
        _ => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text)?;
            Ok(text.trim_end().to_owned())
        }
    }
}

/// Reports the outcome of a call, and returns its exit code.
fn tell(program: &Program, ended: &Ended, arguments: &SendArguments) -> Result<ExitCode> {
    let as_json = arguments.json;
    let mut report = match &ended.outcome {
        CallOutcome::DryRun(request) => {
            say(serde_json::to_string_pretty(request)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        CallOutcome::Delivery { outcome: DeliveryOutcome::Delivered(receipt), .. } => {
            say(if as_json {
                serde_json::to_string(receipt)?
            } else {
                format!("{}{}", words("delivered as ", "已送达："), receipt.id)
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        CallOutcome::Duplicate { receipt, age } => {
            say(if as_json {
                let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
                json!({"id": receipt.id, "outcome": "duplicate", "age_ms": age_ms}).to_string()
            } else {
                already_delivered(&receipt.id, *age)
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        CallOutcome::Delivery {
            outcome: DeliveryOutcome::Failed(error) | DeliveryOutcome::NotRecorded(error),
            ..
        }
        | CallOutcome::Unsendable(error) => Report::of_error(error, &ended.answer),
        CallOutcome::Invalid(_)
        | CallOutcome::Refused(_)
        | CallOutcome::Delivery {
            outcome:
                DeliveryOutcome::Duplicate(..)
                | DeliveryOutcome::NotSent(_)
                | DeliveryOutcome::OtherMessage
                | DeliveryOutcome::Unknown(_)
                | DeliveryOutcome::StillUnknown(_),
            ..
        } => Report::of_answer(&ended.outcome, &ended.answer),
    };
    match &ended.outcome {
        CallOutcome::Delivery { outcome: DeliveryOutcome::NotRecorded(_), .. } => {
            (report.advice, report.exit_code) = (not_recorded().into(), FAILURE);
        }
        CallOutcome::Delivery { outcome: DeliveryOutcome::OtherMessage, .. } => {
            other_message().clone_into(&mut report.detail);
            (report.advice, report.exit_code) = (Cow::Borrowed(""), WRONG);
        }
        _ if report.exit_code == MAY_HAVE_ARRIVED => {
            report.advice = may_have_arrived(arguments.id.is_some()).into();
        }
        _ => {}
    }
    if as_json {
        say(serde_json::to_string(&report)?)?;
    } else {
        program.tell(report.in_words());
    }
    Ok(ExitCode::from(report.exit_code))
}

/// A message that was not delivered, or may not have been.
#[derive(Serialize)]
struct Report<'a> {
    outcome: &'static str,
    kind: Option<Reason>,
    code: Option<i64>,
    /// DingTalk's own words.
    message: Option<&'a str>,
    /// The event or the problem, without advice.
    detail: String,
    /// Advice, in the person's language.
    advice: Cow<'a, str>,
    id: Option<&'a str>,
    retry_after_ms: Option<u64>,
    #[serde(skip)]
    exit_code: u8,
}

impl<'a> Report<'a> {
    fn of_error(error: &'a Error, answer: &Answer) -> Self {
        Self {
            outcome: "failed",
            kind: Some(Reason::Failure(error.kind())),
            code: error.code(),
            message: error.server_message(),
            detail: answer.detail.clone().unwrap_or_default(),
            advice: error.advice(language()).into(),
            id: error.id(),
            retry_after_ms: error
                .retry_after()
                .map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
            exit_code: exit_code(error.kind()),
        }
    }

    fn of_answer(outcome: &'a CallOutcome, answer: &'a Answer) -> Self {
        let advice = Cow::Borrowed(answer.advice.as_deref().unwrap_or_default());
        let (kind, advice, exit_code) = match outcome {
            CallOutcome::Invalid(_) => (Some(Reason::Failure(ErrorKind::Invalid)), "".into(), WRONG),
            CallOutcome::Refused(Refusal::Denied) => (answer.reason, denied().into(), NOT_SET_UP),
            CallOutcome::Refused(_) => (answer.reason, advice, NOT_SET_UP),
            CallOutcome::Delivery { outcome: DeliveryOutcome::NotSent(Stop::Cancelled), .. } => {
                (answer.reason, advice, INTERRUPTED)
            }
            _ if answer.status == CallStatus::Unknown => (answer.reason, advice, MAY_HAVE_ARRIVED),
            _ => (answer.reason, advice, NO_CONNECTION),
        };
        let faults = (!answer.faults.is_empty()).then(|| answer.faults.join("; "));
        Self {
            outcome: "failed",
            kind,
            code: answer.code,
            message: None,
            detail: answer.detail.clone().or(faults).unwrap_or_default(),
            advice,
            id: answer.id.as_deref(),
            retry_after_ms: None,
            exit_code,
        }
    }

    fn in_words(&self) -> String {
        let parts = [&*self.detail, &*self.advice].into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(". ")
    }
}

fn already_delivered(id: &str, age: Duration) -> String {
    let (seconds, minutes, hours) = (age.as_secs(), age.as_secs() / 60, age.as_secs() / 3_600);
    let (count, english, chinese) = match seconds {
        0..120 => (seconds, "s", "秒"),
        120..7_200 => (minutes, "min", "分钟"),
        7_200..172_800 => (hours, "h", "小时"),
        _ => (hours / 24, "days", "天"),
    };
    words(
        format!("already delivered as {id}, {count} {english} ago; nothing was sent"),
        format!("{count} {chinese}前已送达：{id}；没有再次发送"),
    )
}

fn other_message() -> &'static str {
    words(
        "another message was sent with this --id, and nothing was sent now; use an --id of its own for each message",
        "这个 --id 已用于另一条消息，没有发送；请为每条消息使用各自的 --id",
    )
}

fn not_recorded() -> &'static str {
    words(
        "Nothing was sent: --id needs the state. Repair it, or set --state-dir to another directory on a local disk",
        "没有发送：--id 需要保存在磁盘上的状态。请修复，或用 --state-dir 指定本地磁盘上的其他目录",
    )
}

/// Returns the advice after an unknown outcome: a shell can repeat a message only by an id that it chose.
fn may_have_arrived(has_id: bool) -> &'static str {
    if has_id {
        words(
            "Run the same command again: it sends the message under the same id, by which DingTalk recognises a repetition",
            "请重新运行同样的命令：消息会用同一个消息 ID 发送，钉钉据此识别重复",
        )
    } else {
        words(
            "Look in the group before you send it again. With `--id KEY`, the same command can be repeated: it sends the \
             message under the same id, by which DingTalk recognises a repetition",
            "重发之前先到群里看一眼。如果加上 `--id KEY`，就可以重复运行同样的命令：消息会用同一个消息 ID 发送，钉钉据此识别重复",
        )
    }
}

fn denied() -> &'static str {
    words(
        "this robot is configured never to notify everybody (at_all = \"deny\")",
        "这个机器人设置为禁止 @所有人（at_all = \"deny\"）",
    )
}

pub(super) fn exit_code(kind: ErrorKind) -> u8 {
    use ErrorKind as Kind;
    match kind {
        Kind::Invalid | Kind::TooLong | Kind::UnknownRobot => WRONG,
        Kind::Configuration
        | Kind::Keyword
        | Kind::Signature
        | Kind::Clock
        | Kind::IpNotAllowed
        | Kind::SecurityCheck
        | Kind::UnknownToken
        | Kind::RobotStopped
        | Kind::RobotMissing
        | Kind::GroupDissolved => NOT_SET_UP,
        Kind::RateLimited | Kind::Throttled | Kind::AddressBlocked | Kind::QuotaExhausted => 5,
        Kind::NotSent => NO_CONNECTION,
        Kind::Unknown | Kind::Busy => MAY_HAVE_ARRIVED,
        _ => 4,
    }
}
