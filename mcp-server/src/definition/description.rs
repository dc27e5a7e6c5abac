//! The description of a tool: purpose, usage, behaviour.

use dingtalk_core::tool::{ToolSet, ToolSpec, ToolType};

use super::deployment::Deployment;
use crate::call::answer::CallStatus;

/// Returns the whole description of a tool.
pub(super) fn describe(spec: &ToolSpec<'_>, set: &ToolSet, deployment: &Deployment) -> String {
    [purpose(spec), usage(spec, set), behaviour(deployment)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Ends the text as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.ends_with(['.', '!', '?', '。']) { text } else { format!("{text}.") }
}

/// Beginning of a description that does not name the service: both its names, since people use either.
const SERVICE: &str = "DingTalk (钉钉)";

fn purpose(spec: &ToolSpec<'_>) -> String {
    let purpose = sentence(spec.purpose);
    if purpose.starts_with("DingTalk") || purpose.contains(SERVICE) {
        purpose
    } else {
        format!("{SERVICE}: {purpose}")
    }
}

/// Returns the sentences on usage: when to use the tool, when not, and the alternatives, from its own specification and
/// from those of its siblings.
fn usage(spec: &ToolSpec<'_>, set: &ToolSet) -> String {
    let mut sentences = Vec::new();
    if let Some(when) = spec.when {
        sentences.push(sentence(&format!("Use this when {}", when.trim())));
    }
    let instead = |when: &str, name: &str| {
        format!("When {}, use {}.", when.trim().trim_end_matches(['.', '。']), set.served_name(name))
    };
    // The alternative may not be served.
    let specs = || set.iter().map(ToolType::spec);
    let alternative = specs().find(|other| spec.instead == Some(other.name));
    // Without a condition of its own, that of the alternative.
    let not_when = spec.not_when.or(alternative.and_then(|alternative| alternative.when));
    match (not_when, alternative) {
        (Some(when), Some(alternative)) => sentences.push(instead(when, alternative.name)),
        (Some(when), None) => sentences.push(sentence(&format!("Do not use this when {}", when.trim()))),
        (None, _) => {}
    }
    for sibling in specs() {
        let already = spec.instead == Some(sibling.name);
        if let (Some(when), true, false) = (sibling.when, sibling.instead == Some(spec.name), already) {
            sentences.push(instead(when, sibling.name));
        }
    }
    sentences.join(" ")
}

/// Returns the sentences on behaviour, from the constants and settings that the code uses.
fn behaviour(deployment: &Deployment) -> String {
    let robot = if deployment.offers_a_choice() { "The chosen robot" } else { "The configured robot" };
    let mut behaviour = format!("{robot} sends it to the whole group at once, irrevocably.");
    let rate = match (deployment.rate_per_minute, deployment.queue) {
        (Some(rate), false) => Some(format!("at most {rate} a minute")),
        (Some(rate), true) => Some(format!("at most {rate} a minute, further ones are queued")),
        (None, true) => Some("a message that cannot be sent at once is queued".to_owned()),
        (None, false) => None,
    };
    let window = deployment.repeat_window.filter(|window| !window.is_zero());
    let repeat = window.map(|window| format!("a repeated call within {} s sends nothing", window.as_secs()));
    let limits: Vec<String> = rate.into_iter().chain(repeat).collect();
    if !limits.is_empty() {
        let limits = sentence(&limits.join("; "));
        let mut letters = limits.chars();
        behaviour.push(' ');
        behaviour.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        behaviour.push_str(letters.as_str());
    }
    // The answer explains the other statuses; these matter before it comes, and when it is lost.
    let statuses = deployment.queue.then_some(CallStatus::Queued).into_iter().chain([CallStatus::Unknown]);
    for status in statuses {
        let meaning = status.meaning().unwrap_or_default();
        behaviour.push_str(&format!(" Status {}: {meaning}.", status.as_str()));
    }
    behaviour
}
