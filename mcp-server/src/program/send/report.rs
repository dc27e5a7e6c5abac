//! The report on a message: words or JSON, and the exit code.

use std::{borrow::Cow, process::ExitCode, time::Duration};

use dingtalk_core::{Error, ErrorKind, Receipt, delivery::Outcome};
use serde::Serialize;
use serde_json::json;

use super::{
    super::{
        Program, Result, say,
        words::{language, words},
    },
    arguments::SendArguments,
    call::Flags,
};
use crate::call::{
    Ended,
    answer::{Answer, CallStatus, Reason, requests_as_json},
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
pub(super) fn tell(
    program: &Program,
    ended: &Ended,
    flags: &Flags,
    arguments: &SendArguments,
) -> Result<ExitCode> {
    let as_json = arguments.json;
    let faults = ended.faults(|fault| flags.describe(fault));
    let mut report = match &ended.outcome {
        CallOutcome::DryRun(requests) => {
            let request = requests_as_json(requests)?;
            say(if as_json {
                json!({"outcome": "dry_run", "request": request}).to_string()
            } else {
                serde_json::to_string_pretty(&request)?
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        CallOutcome::Delivery { outcome: DeliveryOutcome::Delivered(receipt), .. } => {
            say(if as_json {
                serde_json::to_string(&Delivered::from(receipt))?
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
                json!({"id": receipt.id, "outcome": "duplicate", "age_seconds": seconds(*age)}).to_string()
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
        CallOutcome::Invalid(_) => Report::of_faults(&faults),
        CallOutcome::Refused(_)
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
        CallOutcome::Delivery {
            outcome: DeliveryOutcome::NotRecorded(error) | DeliveryOutcome::Failed(error),
            ..
        } if arguments.queue && error.kind() == ErrorKind::Store => {
            (report.advice, report.exit_code) = (not_queued(arguments.id.is_some()).into(), FAILURE);
        }
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
    report.tell(program, as_json)
}

/// A delivered message, with its durations in seconds.
#[derive(Serialize)]
struct Delivered<'a> {
    id: &'a str,
    outcome: Outcome,
    robot: Option<&'a str>,
    robot_id: Option<&'a str>,
    attempts: u32,
    bytes: usize,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    parts: &'a [String],
    wait_seconds: f64,
    elapsed_seconds: f64,
}

impl<'a> From<&'a Receipt> for Delivered<'a> {
    fn from(receipt: &'a Receipt) -> Self {
        Self {
            id: &receipt.id,
            outcome: receipt.outcome,
            robot: receipt.robot.as_deref(),
            robot_id: receipt.robot_id.as_deref(),
            attempts: receipt.attempts,
            bytes: receipt.bytes,
            parts: &receipt.parts,
            wait_seconds: seconds(receipt.wait),
            elapsed_seconds: seconds(receipt.elapsed),
        }
    }
}

/// Returns the duration in seconds, to the millisecond.
fn seconds(duration: Duration) -> f64 {
    let whole = Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    whole.as_secs_f64()
}

/// A message that was not delivered, or may not have been.
#[derive(Serialize)]
pub(in crate::program) struct Report<'a> {
    outcome: &'static str,
    kind: Option<Reason>,
    code: Option<i64>,
    /// DingTalk's own words.
    message: Option<&'a str>,
    /// The event or the problem, without advice.
    detail: String,
    /// All faults of the arguments.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    faults: &'a [String],
    /// Advice, in the person's language.
    advice: Cow<'a, str>,
    id: Option<&'a str>,
    retry_after_seconds: Option<f64>,
    #[serde(skip)]
    exit_code: u8,
}

impl<'a> Report<'a> {
    /// Reports invalid arguments. Nothing was sent.
    pub(in crate::program) fn of_faults(faults: &'a [String]) -> Self {
        Self { faults, ..Self::of_problem(ErrorKind::Invalid, faults.join("; "), WRONG) }
    }

    /// Reports that no running process would deliver a message for this robot. Nothing was queued.
    pub(super) fn of_not_served(robot: Option<&str>) -> Self {
        let detail = match robot {
            Some(robot) => words(
                format!("nothing was queued: no running process delivers for the robot `{robot}`"),
                format!("没有排队：没有进程为机器人 `{robot}` 发送"),
            ),
            None => words(
                "nothing was queued: no running process delivers for this robot",
                "没有排队：没有进程为这个机器人发送",
            )
            .to_owned(),
        };
        let advice = words(
            "Run `outbox run` as a service, or add --detach",
            "请把 `outbox run` 作为服务运行，或加上 --detach",
        );
        Self { advice: advice.into(), ..Self::of_problem(ErrorKind::Configuration, detail, NOT_SET_UP) }
    }

    /// Reports an error of the settings, or of a file or a stream. Nothing was sent.
    pub(in crate::program) fn of_failure(error: &(dyn std::error::Error + 'static)) -> Self {
        let detail = match error.downcast_ref::<crate::Error>() {
            Some(error) => error.in_language(language()),
            None => error.to_string(),
        };
        Self::of_problem(ErrorKind::Configuration, detail, FAILURE)
    }

    fn of_problem(kind: ErrorKind, detail: String, exit_code: u8) -> Self {
        Self {
            outcome: "failed",
            kind: Some(Reason::Failure(kind)),
            code: None,
            message: None,
            detail,
            faults: &[],
            advice: Cow::Borrowed(""),
            id: None,
            retry_after_seconds: None,
            exit_code,
        }
    }

    fn of_error(error: &'a Error, answer: &Answer) -> Self {
        Self {
            code: error.code(),
            message: error.server_message(),
            advice: error.advice(language()).into(),
            id: error.id(),
            retry_after_seconds: error.retry_after().map(seconds),
            ..Self::of_problem(
                error.kind(),
                answer.detail.clone().unwrap_or_default(),
                exit_code(error.kind()),
            )
        }
    }

    fn of_answer(outcome: &'a CallOutcome, answer: &'a Answer) -> Self {
        let advice = Cow::Borrowed(answer.advice.as_deref().unwrap_or_default());
        let (advice, exit_code) = match outcome {
            CallOutcome::Refused(Refusal::Denied) => (denied().into(), NOT_SET_UP),
            CallOutcome::Refused(_) => (advice, NOT_SET_UP),
            CallOutcome::Delivery { outcome: DeliveryOutcome::NotSent(Stop::Cancelled), .. } => {
                (advice, INTERRUPTED)
            }
            _ if answer.status == CallStatus::Unknown => (advice, MAY_HAVE_ARRIVED),
            _ => (advice, NO_CONNECTION),
        };
        Self {
            kind: answer.reason,
            code: answer.code,
            advice,
            id: answer.id.as_deref(),
            ..Self::of_problem(ErrorKind::Invalid, answer.detail.clone().unwrap_or_default(), exit_code)
        }
    }

    /// Writes the report, and returns the exit code.
    pub(in crate::program) fn tell(&self, program: &Program, as_json: bool) -> Result<ExitCode> {
        if as_json {
            say(serde_json::to_string(self)?)?;
        } else {
            program.tell(self.in_words());
        }
        Ok(ExitCode::from(self.exit_code))
    }

    fn in_words(&self) -> String {
        if self.faults.len() > 1 {
            let count = self.faults.len();
            let begin =
                words(format!("{count} faults; nothing was sent"), format!("有 {count} 处错误；没有发送"));
            return format!("{begin}\n  {}", self.faults.join("\n  "));
        }
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

/// Returns the advice after a failure of the store. With an id, a message that was stored all the same is recognised.
fn not_queued(has_id: bool) -> &'static str {
    if has_id {
        words("Repair the store, and run the same command again", "请修复存储，然后重新运行同样的命令")
    } else {
        words(
            "Repair the store. `outbox list` shows if the message was queued all the same",
            "请修复存储。`outbox list` 可以查看消息是否已经排队",
        )
    }
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
        | Kind::PolicyDenied
        | Kind::Keyword
        | Kind::Signature
        | Kind::Clock
        | Kind::IpNotAllowed
        | Kind::SecurityCheck
        | Kind::UnknownToken
        | Kind::RobotStopped
        | Kind::RobotMissing
        | Kind::GroupDissolved => NOT_SET_UP,
        Kind::RateLimited
        | Kind::QueueFull
        | Kind::Throttled
        | Kind::AddressBlocked
        | Kind::QuotaExhausted => 5,
        Kind::NotSent => NO_CONNECTION,
        Kind::Unknown | Kind::Busy => MAY_HAVE_ARRIVED,
        _ => 4,
    }
}
