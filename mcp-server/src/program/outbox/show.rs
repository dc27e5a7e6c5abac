//! `dingtalk-notify outbox show`: one notification, wherever it stands.

use std::process::ExitCode;

use dingtalk_core::message::{Mentions, Message, WireMessage};
use dingtalk_outbox::outbox::{Entry, EntryState, Standing};
use serde_json::{Value, json};

use super::{
    super::{Program, Result, say, status::span, words::words},
    arguments::ShowArguments,
    list::message,
    operator::{Operator, elapsed, since, state_in_words},
};

pub(super) async fn run(program: &Program, arguments: ShowArguments) -> Result<ExitCode> {
    let operator = Operator::open(&arguments.place.settings()).await?;
    let ShowArguments { id, full, json: as_json, .. } = arguments;
    let standing = operator.store.find(&id).await?;
    let (state, at) = match &standing {
        Standing::Kept { entry, ahead } => {
            if as_json {
                let mut fields = operator.to_json(entry);
                if let Some(fields) = fields.as_object_mut() {
                    fields.insert("ahead".to_owned(), json!(ahead));
                    fields.insert("message".to_owned(), if full { message(entry) } else { summary(entry) });
                }
                say(serde_json::to_string_pretty(&fields)?)?;
            } else {
                lines(&operator, entry, *ahead, full).into_iter().try_for_each(say)?;
            }
            if !matches!(entry.state, EntryState::Dead(..)) {
                for line in operator.unserved([&*entry.lane], program.name) {
                    program.tell(line);
                }
            }
            return Ok(ExitCode::SUCCESS);
        }
        Standing::Delivered(at) => (("delivered", words("delivered", "已送达")), Some(*at)),
        Standing::Unmerged(at) => {
            let words = words(
                "a digest that DingTalk refused; its notifications are sent alone",
                "合并消息被拒收，各条单独发送",
            );
            (("unmerged", words), Some(*at))
        }
        Standing::Removed(at) => (("removed", words("removed", "已删除")), Some(*at)),
        _ => {
            let words = words(
                "not found: ids are known for 7 days after a delivery, and dead letters for 30",
                "没有找到：送达后编号保留 7 天，死信保留 30 天",
            );
            (("not_found", words), None)
        }
    };
    let age = at.map(elapsed);
    if as_json {
        let fields = json!({"id": id, "state": state.0, "age_seconds": age.map(|age| age.as_secs())});
        say(serde_json::to_string_pretty(&fields)?)?;
    } else {
        let ago =
            age.map(span).map(|age| words(format!(" {age} ago"), format!("，{age}前"))).unwrap_or_default();
        say(format!("{id}{}{}{ago}", words(": ", "："), state.1))?;
    }
    Ok(if state.0 == "not_found" { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn lines(operator: &Operator, entry: &Entry, ahead: Option<usize>, full: bool) -> Vec<String> {
    let mut lines = vec![entry.id.clone()];
    let mut add = |english: &str, chinese: &str, value: String| {
        lines.push(words(format!("  {english}: {value}"), format!("  {chinese}：{value}")));
    };
    add("state", "状态", state_in_words(&entry.state));
    if let Some(ahead) = ahead {
        add("messages before it", "前面的消息数", ahead.to_string());
    }
    add("robot", "机器人", operator.robot(&entry.lane));
    if let Some(robot) = entry.robot.as_deref().filter(|robot| operator.name(&entry.lane) != Some(*robot)) {
        add("robot's name where it was sent", "发送者使用的机器人名称", robot.to_owned());
    }
    if let Some(age) = since(entry) {
        let dead = matches!(entry.state, EntryState::Dead(..));
        let (english, chinese) = if dead { ("given up", "放弃于") } else { ("added", "加入于") };
        add(english, chinese, words(format!("{} ago", span(age)), format!("{}前", span(age))));
    }
    if let Some(expires_at) = entry.expires_at {
        let left = expires_at.duration_since(std::time::SystemTime::now()).unwrap_or_default();
        add("expires", "过期", words(format!("in {}", span(left)), format!("{}后", span(left))));
    }
    if entry.members > 0 {
        add("notifications in this digest", "合并的通知数", entry.members.to_string());
    }
    add("attempts", "尝试次数", entry.attempts.to_string());
    if entry.may_have_arrived {
        add(
            "may have arrived",
            "可能已送达",
            words("yes: look in the group first", "是：请先到群里查看").to_owned(),
        );
    }
    if let Some(failure) = &entry.last_failure {
        add("last failure", "上次失败", failure.text.clone());
    }
    add("message", "消息", if full { message(entry) } else { summary(entry) }.to_string());
    lines
}

/// Returns the kind and the size of a message, and its mentions with hidden numbers.
fn summary(entry: &Entry) -> Value {
    let Some(envelope) = &entry.envelope else { return Value::Null };
    let message = &envelope.message;
    let kind = match message {
        Message::Text(_) => "text",
        Message::Markdown(_) => "markdown",
        Message::Link(_) => "link",
        Message::ActionCard(_) => "actionCard",
        Message::FeedCard(_) => "feedCard",
        _ => "unknown",
    };
    let bytes = serde_json::to_vec(&WireMessage::new(message.clone())).map_or(0, |body| body.len());
    let none = Mentions::default();
    let mentions = message.mentions().unwrap_or(&none);
    json!({
        "type": kind,
        "bytes": bytes,
        "mobiles": mentions.mobiles.iter().map(|mobile| hidden(mobile.as_str())).collect::<Vec<_>>(),
        "user_ids": mentions.user_ids.iter().map(|id| hidden(id.as_str())).collect::<Vec<_>>(),
        "at_all": mentions.all,
    })
}

/// Hides the middle of a number or an id.
fn hidden(id: &str) -> String {
    let characters: Vec<char> = id.chars().collect();
    let shown = match characters.len() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 3,
    };
    let ends = |range: &[char]| range.iter().collect::<String>();
    let (begin, end) = (&characters[..shown], &characters[characters.len() - shown.min(2)..]);
    format!("{}****{}", ends(begin), ends(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_number_is_hidden() {
        for (id, expected) in [
            ("13800001234", "138****34"),
            ("+852-12345678", "+85****78"),
            ("manager7", "man****r7"),
            ("lisi", "l****i"),
            ("ab", "****"),
            ("", "****"),
            ("李四王五", "李****五"),
        ] {
            assert_eq!(hidden(id), expected);
        }
    }
}
