//! The description of a tool: purpose, usage, behaviour.

use dingtalk_core::tool::{ToolSet, ToolSpec, ToolType};

use super::deployment::Deployment;
use crate::call::answer::CallStatus;

/// Everything that the description of a tool says.
pub(super) fn describe(spec: &ToolSpec<'_>, set: &ToolSet, deployment: &Deployment) -> String {
    [purpose(spec), usage(spec, set), behaviour(deployment)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The text as a sentence of its own.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?', '。']) { text.to_owned() } else { format!("{text}.") }
}

/// What the description begins with: where it is posted, in both names, since people ask for either.
const SERVICE: &str = "DingTalk (钉钉)";

fn purpose(spec: &ToolSpec<'_>) -> String {
    let purpose = sentence(spec.purpose);
    if purpose.starts_with("DingTalk") { purpose } else { format!("{SERVICE}: {purpose}") }
}

/// When to use it, when not, and what instead; also what its siblings say of it.
fn usage(spec: &ToolSpec<'_>, set: &ToolSet) -> String {
    let mut sentences = Vec::new();
    if let Some(when) = spec.when {
        sentences.push(sentence(&format!("Use it when {}", when.trim())));
    }
    let instead = |when: &str, name: &str| {
        format!("When {}, use {}.", when.trim().trim_end_matches(['.', '。']), set.served_name(name))
    };
    // A selection may have left the alternative out.
    let specs = || set.iter().map(ToolType::spec);
    let alternative = specs().find(|other| spec.instead == Some(other.name));
    // What the alternative says of itself, where the tool does not say when it is the wrong one.
    let not_when = spec.not_when.or(alternative.and_then(|alternative| alternative.when));
    match (not_when, alternative) {
        (Some(when), Some(alternative)) => sentences.push(instead(when, alternative.name)),
        (Some(when), None) => sentences.push(sentence(&format!("Do not use it when {}", when.trim()))),
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

/// What a call does and answers: from what the code runs on, not from what somebody remembers of it.
fn behaviour(deployment: &Deployment) -> String {
    let robot = if deployment.offers_a_choice() { "The chosen robot" } else { "The configured robot" };
    let mut behaviour = format!("{robot} posts at once, seen by the whole group, without recall.");
    let rate = deployment.rate_per_minute.map(|rate| format!("at most {rate} a minute"));
    let window = deployment.repeat_window.filter(|window| !window.is_zero());
    let repeat = window.map(|window| format!("the same call within {} s sends nothing", window.as_secs()));
    let limits: Vec<String> = rate.into_iter().chain(repeat).collect();
    if !limits.is_empty() {
        let limits = sentence(&limits.join("; "));
        let mut letters = limits.chars();
        behaviour.push(' ');
        behaviour.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        behaviour.push_str(letters.as_str());
    }
    // The answer explains the others; this one is lost where the answer is.
    let unknown = CallStatus::Unknown;
    let meaning = unknown.meaning().unwrap_or_default();
    behaviour.push_str(&format!(" Status {}: {meaning}.", unknown.as_str()));
    behaviour
}
