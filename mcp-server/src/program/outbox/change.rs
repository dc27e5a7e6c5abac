//! `dingtalk-notify outbox retry`, `drop` and `purge`: changes that a person makes to the queue.

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use dingtalk_core::queue::store::Enqueued;
use dingtalk_outbox::outbox::{EntryState, Removal, Standing};
use serde_json::{Value, json};

use super::{
    super::{Program, Result, say, words::words},
    arguments::{DropArguments, PurgeArguments, RetryArguments},
    operator::Operator,
};

/// Exit code for a missing confirmation, equal to clap's for invalid arguments.
const WRONG: u8 = 2;

/// Number of notifications that a queue holds unless the settings say otherwise.
const CAPACITY: usize = 1_000;

/// Outcome of a change to one notification.
struct Change {
    id: String,
    /// Word for programs.
    outcome: &'static str,
    words: String,
    is_done: bool,
}

impl Change {
    fn new(id: &str, is_done: bool, outcome: &'static str, words: impl Into<String>) -> Self {
        Self { id: id.to_owned(), outcome, words: words.into(), is_done }
    }
}

/// Reports the changes; fails if one was not made.
fn report(program: &Program, changes: &[Change], as_json: bool) -> Result<ExitCode> {
    if as_json {
        let fields = |change: &Change| json!({"id": change.id, "outcome": change.outcome});
        let changes: Vec<Value> = changes.iter().map(fields).collect();
        say(serde_json::to_string_pretty(&json!({"changes": changes}))?)?;
    } else {
        for Change { id, words: text, is_done, .. } in changes {
            let line = format!("{id}{}{text}", words(": ", "："));
            if *is_done { say(line)? } else { program.tell(line) }
        }
    }
    let all = changes.iter().all(|change| change.is_done);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) async fn retry(program: &Program, arguments: RetryArguments) -> Result<ExitCode> {
    let settings = arguments.place.settings();
    let operator = Operator::open(&settings).await?;
    let capacity = settings.outbox().capacity.unwrap_or(CAPACITY);
    let mut changes = Vec::new();
    for id in &arguments.ids {
        changes.push(retry_one(&operator, id, capacity).await?);
    }
    report(program, &changes, arguments.json)
}

async fn retry_one(operator: &Operator, id: &str, capacity: usize) -> Result<Change> {
    let before = operator.store.find(id).await?;
    let may_have_arrived = matches!(&before, Standing::Kept { entry, .. } if entry.may_have_arrived);
    match operator.store.redeliver(id, capacity).await? {
        Some(Enqueued::Full) => {
            let text = words(
                format!("not queued: {capacity} notifications wait already (`outbox.capacity`)"),
                format!("没有排队：已有 {capacity} 条通知在等待（`outbox.capacity`）"),
            );
            Ok(Change::new(id, false, "full", text))
        }
        Some(_) if may_have_arrived => {
            let text = words(
                "queued again; it may already be in the group, which would then have it twice",
                "已重新排队；它可能已经送达，那样群里会出现两次",
            );
            Ok(Change::new(id, true, "queued", text))
        }
        Some(_) => Ok(Change::new(id, true, "queued", words("queued again", "已重新排队"))),
        None => {
            let text = match before {
                Standing::Kept { .. } => {
                    words("not a dead letter: it is still in the queue", "不是死信：它还在队列里")
                }
                Standing::Delivered(_) => words("not a dead letter: it was delivered", "不是死信：它已送达"),
                Standing::Removed(_) => {
                    words("it was removed and cannot be restored", "它已被删除，无法恢复")
                }
                _ => words("dead letter not found", "没有找到这条死信"),
            };
            Ok(Change::new(id, false, "not_found", text))
        }
    }
}

pub(super) async fn drop(program: &Program, arguments: DropArguments) -> Result<ExitCode> {
    let operator = Operator::open(&arguments.place.settings()).await?;
    if !arguments.yes && !confirm(program, &operator, &arguments.ids).await? {
        return Ok(ExitCode::from(WRONG));
    }
    let mut changes = Vec::new();
    for id in &arguments.ids {
        changes.push(match operator.store.remove(id).await? {
            Removal::Removed(1) => Change::new(id, true, "removed", words("removed", "已删除")),
            Removal::Removed(several) => {
                let text =
                    words(format!("removed {several} notifications"), format!("已删除 {several} 条通知"));
                Change::new(id, true, "removed", text)
            }
            Removal::Sending => {
                let text = words("it is being sent, and was left", "正在发送，没有删除");
                Change::new(id, false, "sending", text)
            }
            Removal::Merged(digest) => {
                let text = words(
                    format!("it is in the digest {digest}, which can only be removed as a whole"),
                    format!("它已并入 {digest}，只能整条删除"),
                );
                Change::new(id, false, "merged", text)
            }
            _ => Change::new(
                id,
                false,
                "not_found",
                words("not found, or already delivered", "没有找到，或已送达"),
            ),
        });
    }
    report(program, &changes, arguments.json)
}

/// Asks the person at the terminal. Without a terminal, nothing is removed.
async fn confirm(program: &Program, operator: &Operator, ids: &[String]) -> Result<bool> {
    if !io::stdin().is_terminal() {
        program.tell(words(
            "nothing was removed: there is no terminal to ask on; pass --yes",
            "没有删除：没有终端可以确认；请加上 --yes",
        ));
        return Ok(false);
    }
    let mut waiting = 0_usize;
    for id in ids {
        if let Standing::Kept { entry, .. } = operator.store.find(id).await? {
            waiting += usize::from(!matches!(entry.state, EntryState::Dead(..)));
        }
    }
    let number = ids.len();
    let question = words(
        format!("Remove {number} notifications for good, {waiting} of them not delivered yet? [y/N] "),
        format!("永久删除 {number} 条通知，其中 {waiting} 条还没有发送？[y/N] "),
    );
    write!(io::stderr(), "{question}")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "是"))
}

pub(super) async fn purge(_: &Program, arguments: PurgeArguments) -> Result<ExitCode> {
    let operator = Operator::open(&arguments.place.settings()).await?;
    let removed = operator.store.purge(arguments.older_than).await?;
    say(if arguments.json {
        json!({"removed": removed}).to_string()
    } else {
        words(format!("{removed} dead letters removed"), format!("已删除 {removed} 条死信"))
    })?;
    Ok(ExitCode::SUCCESS)
}
