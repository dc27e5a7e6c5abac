//! The report on a message: words or JSON, and the exit code.

use std::{borrow::Cow, process::ExitCode, time::Duration};

use dingtalk_core::{Error, ErrorKind};
use serde::Serialize;
use serde_json::json;

use super::super::{
    Program, Result,
    arguments::SendArguments,
    say,
    words::{language, words},
};
use crate::call::{
    Ended,
    answer::{Answer, CallStatus, Reason},
    outcome::CallOutcome,
    policy::Refusal,
    repeat::{DeliveryOutcome, Stop},
};

/// Exit code for everything that is no matter of the message or of DingTalk.
pub(super) const FAILURE: u8 = 1;

/// Exit code for an invalid message or argument, equal to clap's.
pub(super) const WRONG: u8 = 2;

/// Exit code for a misconfigured robot.
pub(in crate::program) const NOT_SET_UP: u8 = 3;

/// Exit code for a failed connection.
pub(in crate::program) const NO_CONNECTION: u8 = 6;

const MAY_HAVE_ARRIVED: u8 = 7;

/// Exit code of a command that was interrupted before it sent anything, as shells have it.
const INTERRUPTED: u8 = 130;

/// Reports the outcome of a call, and returns its exit code.
pub(super) fn tell(program: &Program, ended: &Ended, arguments: &SendArguments) -> Result<ExitCode> {
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
        CallOutcome::Delivery { id, outcome: DeliveryOutcome::Queued(_) } => {
            say(if as_json {
                json!({"id": id, "outcome": "queued"}).to_string()
            } else {
                format!("{}{id}", words("queued as ", "已排队："))
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        CallOutcome::Delivery { id, outcome: DeliveryOutcome::Suppressed } => {
            say(if as_json {
                json!({"id": id, "outcome": "suppressed"}).to_string()
            } else {
                let words = words(
                    "nothing was sent: an equal notification was sent or queued before",
                    "没有发送：相同的通知已经发送或排队",
                );
                words.to_owned()
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

pub(in crate::program) fn exit_code(kind: ErrorKind) -> u8 {
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
