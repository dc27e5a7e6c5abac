//! `dingtalk-notify outbox list`: the notifications in the queue, and its dead letters.

use std::process::ExitCode;

use dingtalk_core::message::WireMessage;
use dingtalk_outbox::outbox::{Entry, EntryState, Filter, Kind};
use serde_json::{Value, json};

use super::{
    super::{Program, Result, say, status::span, words::words},
    arguments::ListArguments,
    operator::{Operator, since, state_in_words},
};

pub(super) async fn run(program: &Program, arguments: ListArguments) -> Result<ExitCode> {
    let operator = Operator::open(&arguments.place.settings()).await?;
    let kind = if arguments.dead { Kind::Dead } else { Kind::Unfinished };
    let mut filter = Filter::new(kind).content(arguments.full);
    if let Some(robot) = &arguments.robot {
        let Some(lane) = operator.lane(robot) else {
            program.tell(words(
                format!("--robot: `{robot}` is not configured here, or is not complete"),
                format!("--robot：这里没有配置机器人 `{robot}`，或配置不完整"),
            ));
            return Ok(ExitCode::FAILURE);
        };
        filter = filter.lane(lane.to_owned());
    }
    let (entries, is_cut) = read(&operator, filter, arguments.limit).await?;
    if arguments.json {
        let with_content = |entry: &Entry| {
            let mut fields = operator.to_json(entry);
            if let (true, Some(fields)) = (arguments.full, fields.as_object_mut()) {
                fields.insert("message".to_owned(), message(entry));
            }
            fields
        };
        let entries: Vec<Value> = entries.iter().map(with_content).collect();
        say(serde_json::to_string_pretty(&json!({"entries": entries, "more": is_cut}))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for entry in &entries {
        say(line(&operator, entry))?;
        if arguments.full {
            say(format!("  {}", message(entry)))?;
        }
    }
    if entries.is_empty() {
        program.tell(match kind {
            Kind::Dead => words("no dead letters", "没有死信"),
            _ => words("the queue is empty", "队列是空的"),
        });
    }
    if is_cut {
        program.tell(words("there are more; set --limit", "还有更多；请用 --limit 增加条数"));
    }
    if kind == Kind::Unfinished {
        for line in operator.unserved(entries.iter().map(|entry| &*entry.lane), program.name) {
            program.tell(line);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the first entries, and reports whether there are more.
async fn read(operator: &Operator, filter: Filter, limit: usize) -> Result<(Vec<Entry>, bool)> {
    let mut entries = Vec::new();
    let mut filter = filter.limit(limit.saturating_add(1));
    loop {
        let page = operator.store.list(filter.clone()).await?;
        entries.extend(page.entries);
        match page.next {
            Some(next) if entries.len() <= limit => filter = filter.after(next),
            _ => break,
        }
    }
    let is_cut = entries.len() > limit;
    entries.truncate(limit);
    Ok((entries, is_cut))
}

fn line(operator: &Operator, entry: &Entry) -> String {
    let mut parts = vec![entry.id.clone(), operator.robot(&entry.lane), state_in_words(&entry.state)];
    if let Some(age) = since(entry) {
        let age = span(age);
        parts.push(match entry.state {
            EntryState::Dead(..) => words(format!("{age} ago"), format!("{age}前")),
            _ => words(format!("added {age} ago"), format!("{age}前加入")),
        });
    }
    if entry.members > 0 {
        let members = entry.members;
        parts.push(words(format!("digest of {members}"), format!("由 {members} 条合并")));
    }
    if entry.attempts > 0 {
        let attempts = entry.attempts;
        parts.push(words(format!("attempts: {attempts}"), format!("已尝试 {attempts} 次")));
    }
    if entry.may_have_arrived {
        parts.push(words("may have arrived", "可能已送达").to_owned());
    }
    parts.join("  ")
}

/// Returns the message of an entry whose content was read.
pub(super) fn message(entry: &Entry) -> Value {
    let Some(envelope) = &entry.envelope else { return Value::Null };
    serde_json::to_value(WireMessage::with_id(envelope.message.clone(), envelope.id.clone()))
        .unwrap_or_default()
}
