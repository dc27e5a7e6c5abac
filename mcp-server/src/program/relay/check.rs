//! `relay check`: the hooks of a file, checked against the notifications that they name, and tried with samples.

use dingtalk_config::{Composed, HookSource, Meaning, SAMPLES, Sample};

use super::super::{Program, Result, say, words::words};
use crate::{
    Settings,
    call::people::{People, kind_of},
};

/// Checks all hooks. `shows` prints whole messages in place of their first lines.
pub(super) fn run(program: &Program, settings: &Settings, shows: bool) -> Result<()> {
    let server = program.equip(settings.preview()?).build()?;
    let sources = settings.hook_sources(server.tools())?;
    let people = settings.people()?;
    if sources.is_empty() {
        say(words("the file has no hooks", "配置文件里没有 hooks"))?;
    }
    for source in sources {
        let name = source.name();
        say(words(format!("{name}: valid"), format!("{name}：有效")))?;
        for sample in SAMPLES {
            if let Some(shown) = try_sample(&source, sample, &people, shows) {
                say(shown)?;
            }
        }
    }
    Ok(())
}

/// Returns what a sample becomes; `None` if it is not a payload of the hook's source.
fn try_sample(source: &HookSource, sample: &Sample, people: &People, shows: bool) -> Option<String> {
    let person =
        |name: &str| people.find(name).map(|(_, person)| (kind_of(person), person.as_str().to_owned()));
    let outcome = sample.with_payload(|payload| match source.read(payload) {
        Meaning::Foreign { .. } => None,
        Meaning::Event(event) => {
            let to = event.routed.as_ref().map(|routed| format!(" → {}", routed.robots.join(", ")));
            Some(message(&event.compose(&person), &to.unwrap_or_default(), shows))
        }
        Meaning::Skipped { .. } => Some(words(" no message".to_owned(), " 不发送".to_owned())),
        _ => Some(words(" no event of the hook matches".to_owned(), " 没有匹配的事件".to_owned())),
    })?;
    Some(format!("  {}, {}:{outcome}", sample.preset, sample.name))
}

/// Shows a message and, by `to`, its robots.
fn message(composed: &Composed, to: &str, shows: bool) -> String {
    let text = composed.envelope.message.to_string();
    let mut said = match text.lines().find(|line| !line.trim().is_empty()) {
        Some(first) if !shows => format!(" {first}{to}"),
        _ => text.trim_end().lines().fold(to.to_owned(), |said, line| match line {
            "" => said + "\n",
            line => said + "\n    " + line,
        }),
    };
    for fault in &composed.left_out {
        said += &words(format!("\n    left out: {fault}"), format!("\n    未显示：{fault}"));
    }
    if composed.is_fallback {
        said += words("\n    only a plain message can be made", "\n    只能生成普通消息");
    }
    said
}
