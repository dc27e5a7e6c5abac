//! Message of an event. Its texts are untrusted: without secrets, links and mentions, on one line each, and short.

use std::{
    env,
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dingtalk_core::{
    Envelope, Notification,
    delivery::{Dedupe, Language, Throttle},
};
use sha2::{Digest as _, Sha256};

use super::{
    super::{Result, words::language},
    arguments::{HookArguments, Shown},
    event::{Event, Kind},
    redact::redact,
};

/// Time after which the news is old.
const EXPIRY: Duration = Duration::from_secs(10 * 60);

/// Time in which an agent's notification of a request follows the request.
const SAME_REQUEST: Duration = Duration::from_secs(60);

/// Maximum lengths, in characters.
const NAME: usize = 40;
const ACTION: usize = 120;
const SAID: usize = 200;
const SESSION: usize = 8;

#[derive(Debug, Notification)]
enum English {
    #[dingtalk(text("{project}: {agent} has finished\n{said}\n{ran_for}\nSession {session}"))]
    Finished {
        project: String,
        agent: String,
        #[dingtalk(line = "{}")]
        said: Option<String>,
        #[dingtalk(line = "Ran for {}")]
        ran_for: Option<Duration>,
        session: String,
    },
    #[dingtalk(text("{project}: {agent} waits for input\n{ran_for}\nSession {session}"))]
    WaitsForInput {
        project: String,
        agent: String,
        #[dingtalk(line = "Ran for {}")]
        ran_for: Option<Duration>,
        session: String,
    },
    #[dingtalk(text("{project}: {agent} asks for permission\n{action}\n{ran_for}\nSession {session}"))]
    AsksForPermission {
        project: String,
        agent: String,
        #[dingtalk(line = "{}")]
        action: Option<String>,
        #[dingtalk(line = "Ran for {}")]
        ran_for: Option<Duration>,
        session: String,
    },
    #[dingtalk(text("{project}: {agent} has failed\n{reason}\n{ran_for}\nSession {session}"))]
    Failed {
        project: String,
        agent: String,
        #[dingtalk(line = "{}")]
        reason: Option<String>,
        #[dingtalk(line = "Ran for {}")]
        ran_for: Option<Duration>,
        session: String,
    },
}

#[derive(Debug, Notification)]
enum Chinese {
    #[dingtalk(text("{project}：{agent} 已完成\n{said}\n{ran_for}\n会话 {session}"))]
    Finished {
        project: String,
        agent: String,
        #[dingtalk(line = "{}")]
        said: Option<String>,
        #[dingtalk(line = "用时 {}")]
        ran_for: Option<Duration>,
        session: String,
    },
    #[dingtalk(text("{project}：{agent} 在等待输入\n{ran_for}\n会话 {session}"))]
    WaitsForInput {
        project: String,
        agent: String,
        #[dingtalk(line = "用时 {}")]
        ran_for: Option<Duration>,
        session: String,
    },
    #[dingtalk(text("{project}：{agent} 请求授权\n{action}\n{ran_for}\n会话 {session}"))]
    AsksForPermission {
        project: String,
        agent: String,
        #[dingtalk(line = "{}")]
        action: Option<String>,
        #[dingtalk(line = "用时 {}")]
        ran_for: Option<Duration>,
        session: String,
    },
    #[dingtalk(text("{project}：{agent} 失败\n{reason}\n{ran_for}\n会话 {session}"))]
    Failed {
        project: String,
        agent: String,
        #[dingtalk(line = "{}")]
        reason: Option<String>,
        #[dingtalk(line = "用时 {}")]
        ran_for: Option<Duration>,
        session: String,
    },
}

/// Returns the envelope of an event: it expires, and the same news is not told twice.
pub(super) fn envelope(
    event: &Event,
    kind: Kind,
    arguments: &HookArguments,
    ran_for: Option<Duration>,
) -> Result<Envelope> {
    let home = env::var("HOME").ok();
    let mut envelope = notification(event, kind, ran_for, arguments.show, home.as_deref(), language())?;
    let (key, span) = repetition(event, kind);
    let project = key_of(&["project", &event.directory]);
    envelope.dedupe = Some(Dedupe::new(key, span));
    envelope.throttle = Some(Throttle::new(project, arguments.per_minute, Duration::from_secs(60)));
    let at = SystemTime::now() + arguments.after;
    envelope.not_before = (!arguments.after.is_zero()).then_some(at);
    envelope.expires_at = Some(at + EXPIRY);
    Ok(envelope)
}

fn notification(
    event: &Event,
    kind: Kind,
    ran_for: Option<Duration>,
    show: Shown,
    home: Option<&str>,
    language: Language,
) -> Result<Envelope> {
    let clean = |text: &str, length| plain(&redact(text, home), length);
    let agent = event.agent.name().to_owned();
    let project = event.directory.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next();
    let project = project.map(|name| clean(name, NAME)).filter(|name| !name.is_empty());
    let project = project.unwrap_or_else(|| "?".to_owned());
    let session = clean(&event.session.chars().take(SESSION).collect::<String>(), SESSION);
    let session = if session.is_empty() { "?".to_owned() } else { session };
    // Redacted as a whole: a name may stand before the last sentence.
    let said = event.said.as_deref().map(|said| plain(last_sentence(&redact(said, home)), SAID));
    let said = said.filter(|said| !said.is_empty());
    let action = event.tool.as_deref().map(|tool| {
        let tool = clean(tool, NAME);
        match event.command.as_deref().map(|command| shown(&redact(command, home), show)) {
            Some(command) if !command.is_empty() => format!("{tool}: {}", plain(&command, ACTION)),
            _ => tool,
        }
    });
    Ok(if language == Language::Zh {
        match kind {
            Kind::Finished => Chinese::Finished { project, agent, said, ran_for, session },
            Kind::WaitsForInput => Chinese::WaitsForInput { project, agent, ran_for, session },
            Kind::AsksForPermission => {
                Chinese::AsksForPermission { project, agent, action, ran_for, session }
            }
            Kind::Failed => Chinese::Failed { project, agent, reason: said, ran_for, session },
        }
        .envelope()?
    } else {
        match kind {
            Kind::Finished => English::Finished { project, agent, said, ran_for, session },
            Kind::WaitsForInput => English::WaitsForInput { project, agent, ran_for, session },
            Kind::AsksForPermission => {
                English::AsksForPermission { project, agent, action, ran_for, session }
            }
            Kind::Failed => English::Failed { project, agent, reason: said, ran_for, session },
        }
        .envelope()?
    })
}

/// Returns the key of a message and the span in which it is not repeated.
pub(super) fn repetition(event: &Event, kind: Kind) -> (String, Duration) {
    // An agent that has finished waits for input, and says both.
    let (kind, span) = match kind {
        Kind::Finished | Kind::WaitsForInput => ("ended", EXPIRY),
        // The next request of the same turn is news.
        Kind::AsksForPermission => ("permission", SAME_REQUEST),
        Kind::Failed => ("failed", EXPIRY),
    };
    match &event.turn {
        Some(turn) => (key_of(&["turn", &event.session, turn, kind]), span),
        // Without a turn, the next one must not be taken for a repetition.
        None => {
            let said = event.said.as_deref().unwrap_or_default();
            (key_of(&["said", &event.session, said, kind]), SAME_REQUEST)
        }
    }
}

/// Returns a key that contains nothing of its parts.
pub(super) fn key_of(parts: &[&str]) -> String {
    format!("agent-hook/{}", digest_of(parts))
}

/// Returns a name for a file that contains nothing of its parts.
pub(super) fn digest_of(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    URL_SAFE_NO_PAD.encode(digest.finalize())
}

/// Returns the part of a command that people see. Leading variables are omitted.
fn shown(command: &str, show: Shown) -> String {
    if show == Shown::Command {
        return command.to_owned();
    }
    let is_variable = |word: &&str| word.contains('=') && !word.starts_with('-');
    let words: Vec<&str> = command.split_whitespace().skip_while(is_variable).collect();
    // An option may have a value.
    let second = words.get(1).filter(|second| !second.starts_with('-'));
    let mut shown =
        words.iter().take(1 + usize::from(second.is_some())).copied().collect::<Vec<_>>().join(" ");
    if words.len() > 1 + usize::from(second.is_some()) {
        shown.push_str(" …");
    }
    shown
}

/// Returns the last sentence of the last line.
fn last_sentence(text: &str) -> &str {
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let body = line.trim_end_matches(|char: char| ".!?。！？*_`\"”".contains(char));
    let ends = |(index, char): (usize, char)| {
        let after = index + char.len_utf8();
        let is_end = "。！？".contains(char) || (".!?".contains(char) && body[after..].starts_with(' '));
        is_end.then_some(after)
    };
    body.char_indices().rev().find_map(ends).map_or(line, |start| line[start..].trim())
}

/// Returns the text on one line, without invisible characters and mentions, and cut.
fn plain(text: &str, length: usize) -> String {
    let is_invisible = |char: &char| {
        (char.is_control() && !char.is_whitespace())
            || matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let text: String = text.chars().filter(|char| !is_invisible(char)).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('@', "＠");
    if text.chars().count() <= length {
        return text;
    }
    let cut: String = text.chars().take(length.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
