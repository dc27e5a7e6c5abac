//! The description of a tool: purpose, usage, behaviour.

use dingtalk_core::tool::{ToolSet, ToolSpec, ToolType};
use dingtalk_template::{is_chinese, on_one_line};

use super::deployment::Deployment;

/// Returns the whole description of a tool, in the language of its purpose.
pub(super) fn describe(spec: &ToolSpec<'_>, set: &ToolSet, deployment: &Deployment) -> String {
    let words = if is_chinese(spec.purpose) { chinese() } else { english() };
    [purpose(spec, &words), usage(spec, set, &words), behaviour(deployment, &words)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(words.space)
}

/// Ends the text as a sentence of its language.
pub(super) fn sentence(text: &str) -> String {
    let text = on_one_line(text);
    match text {
        text if text.ends_with(['.', '!', '?', '。', '！', '？']) => text.into_owned(),
        text if is_chinese(&text) => format!("{text}。"),
        text => format!("{text}."),
    }
}

/// The sentences around what the author of a tool wrote.
struct Words {
    /// Text between two sentences.
    space: &'static str,
    /// Beginning of a purpose that does not name the service: both its names, since people use either.
    service: &'static str,
    use_when: fn(&str) -> String,
    use_instead: fn(&str, &str) -> String,
    do_not_use_when: fn(&str) -> String,
    /// Effect of a call.
    posts: &'static str,
    /// Effect of a call that chooses the robot.
    posts_by_choice: &'static str,
    limit: fn(u32) -> String,
    /// Effect of a call whose message a queue keeps.
    queued: fn(Option<u32>) -> String,
    repeated: fn(u64) -> String,
    /// The answer explains the other statuses; this one matters when the answer is lost.
    unknown: &'static str,
}

fn english() -> Words {
    Words {
        space: " ",
        service: "DingTalk (钉钉): ",
        use_when: |when| format!("Use this when {when}."),
        use_instead: |when, tool| format!("When {when}, use {tool}."),
        do_not_use_when: |when| format!("Do not use this when {when}."),
        posts: "Posts immediately; cannot be recalled.",
        posts_by_choice: "Posts immediately in the group of `robot`; cannot be recalled.",
        limit: |rate| format!("Past {rate} a minute (for all callers), wait `retryAfterSeconds`."),
        queued: |rate| {
            let queued = match rate {
                Some(rate) => format!("Past {rate} a minute (for all callers), messages are queued."),
                None => "A message that cannot be sent immediately is queued.".to_owned(),
            };
            format!("{queued} On status `queued`, do not repeat: it will be sent.")
        },
        repeated: |seconds| format!("A call repeated within {seconds} s is not sent again."),
        unknown: "On status `unknown`, do not repeat: it may have arrived.",
    }
}

fn chinese() -> Words {
    Words {
        space: "",
        service: "钉钉 (DingTalk)：",
        use_when: |when| format!("适用情形：{when}。"),
        use_instead: |when, tool| format!("以下情形请改用 {tool}：{when}。"),
        do_not_use_when: |when| format!("不适用情形：{when}。"),
        posts: "调用后立即发送，无法撤回。",
        posts_by_choice: "调用后立即发送到 `robot` 所在的群，无法撤回。",
        limit: |rate| {
            format!("每分钟最多 {rate} 条，由所有调用方共用；超出后请等待 `retryAfterSeconds` 秒。")
        },
        queued: |rate| {
            let queued = match rate {
                Some(rate) => format!("每分钟最多 {rate} 条，由所有调用方共用；超出的消息会排队。"),
                None => "无法立即发送的消息会排队。".to_owned(),
            };
            format!("{queued}`status` 为 `queued` 时请勿重复调用：消息稍后会发送。")
        },
        repeated: |seconds| format!("发送后 {seconds} 秒内，相同的调用不会再次发送。"),
        unknown: "`status` 为 `unknown` 时请勿重复调用：消息可能已送达。",
    }
}

fn purpose(spec: &ToolSpec<'_>, words: &Words) -> String {
    let purpose = sentence(spec.purpose);
    let names_service = purpose.starts_with("DingTalk") || purpose.contains("钉钉");
    if names_service { purpose } else { format!("{}{purpose}", words.service) }
}

/// Returns the sentences on usage: when to use the tool, when not, and the alternatives, from its own specification and
/// from those of its siblings.
fn usage(spec: &ToolSpec<'_>, set: &ToolSet, words: &Words) -> String {
    let clause = |text: &str| on_one_line(text).trim_end_matches(['.', '。']).to_owned();
    let mut sentences = Vec::new();
    if let Some(when) = spec.when {
        sentences.push((words.use_when)(&clause(when)));
    }
    let instead = |when: &str, name: &str| (words.use_instead)(&clause(when), &set.served_name(name));
    // The alternative may not be served.
    let specs = || set.iter().map(ToolType::spec);
    let alternative = specs().find(|other| spec.instead == Some(other.name));
    // Without a condition of its own, that of the alternative.
    let not_when = spec.not_when.or(alternative.and_then(|alternative| alternative.when));
    match (not_when, alternative) {
        (Some(when), Some(alternative)) => sentences.push(instead(when, alternative.name)),
        (Some(when), None) => sentences.push((words.do_not_use_when)(&clause(when))),
        (None, _) => {}
    }
    for sibling in specs() {
        let already = spec.instead == Some(sibling.name);
        if let (Some(when), true, false) = (sibling.when, sibling.instead == Some(spec.name), already) {
            sentences.push(instead(when, sibling.name));
        }
    }
    sentences.join(words.space)
}

/// Returns the sentences on behaviour, from the constants and settings that the code uses.
fn behaviour(deployment: &Deployment, words: &Words) -> String {
    let posts = if deployment.offers_a_choice() { words.posts_by_choice } else { words.posts };
    let window = deployment.repeat_window.filter(|window| !window.is_zero());
    let sentences = [
        Some(posts.to_owned()),
        match (deployment.rate_per_minute, deployment.queue) {
            (Some(rate), false) => Some((words.limit)(rate)),
            (rate, true) => Some((words.queued)(rate)),
            (None, false) => None,
        },
        window.map(|window| (words.repeated)(window.as_secs())),
        Some(words.unknown.to_owned()),
    ];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(words.space)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dingtalk_core::{Notification, tools};
    use expect_test::expect;

    use super::*;
    use crate::definition::Definition;

    /// 提醒值班人员：某台主机的 CPU 使用率持续超过上限
    #[derive(Notification)]
    #[dingtalk(
        text("{host}\n{processes}"),
        tool(title = "主机告警", when = "CPU 使用率超限且需要有人处理", instead = HostRecovered, not_when = "主机已恢复")
    )]
    struct HostAlert {
        /// 主机名，例如 `web-3`
        #[dingtalk(length(1..=64))]
        host: String,
        /// 占用最高的进程。
        #[dingtalk(line = "- {}", length(..=40), max_items = 10)]
        processes: Vec<String>,
    }

    /// 通知大家主机恢复正常。
    #[derive(Notification)]
    #[dingtalk(text("{host}"), tool(title = "主机恢复", when = "告警已解除"))]
    struct HostRecovered {
        /// 主机名，例如 `web-3`。
        #[dingtalk(bytes(..=300))]
        host: String,
    }

    #[test]
    fn a_chinese_notification_has_chinese_sentences() {
        let set = ToolSet::new(tools![HostAlert, HostRecovered]).unwrap();
        let deployment =
            Deployment::new().rate_per_minute(Some(20)).repeat_window(Some(Duration::from_secs(60)));
        let definitions = deployment.definitions(&set);
        let described = |definition: &Definition, parameters: &[&str]| {
            let parameters =
                parameters.iter().map(|name| &definition.input_schema["properties"][name]["description"]);
            let parameters: Vec<String> =
                parameters.map(|text| format!("\n{}", text.as_str().unwrap())).collect();
            format!("{}{}", definition.description, parameters.concat())
        };
        expect![[r"
            钉钉 (DingTalk)：提醒值班人员：某台主机的 CPU 使用率持续超过上限。适用情形：CPU 使用率超限且需要有人处理。以下情形请改用 send_host_recovered：主机已恢复。调用后立即发送，无法撤回。每分钟最多 20 条，由所有调用方共用；超出后请等待 `retryAfterSeconds` 秒。发送后 60 秒内，相同的调用不会再次发送。`status` 为 `unknown` 时请勿重复调用：消息可能已送达。
            主机名，例如 `web-3`。1 至 64 个字符。
            占用最高的进程。每项最多 40 个字符，最多 10 项。"]].assert_eq(&described(&definitions[0], &["host", "processes"]));
        expect![[r"
            钉钉 (DingTalk)：通知大家主机恢复正常。适用情形：告警已解除。以下情形请改用 send_host_alert：CPU 使用率超限且需要有人处理。调用后立即发送，无法撤回。每分钟最多 20 条，由所有调用方共用；超出后请等待 `retryAfterSeconds` 秒。发送后 60 秒内，相同的调用不会再次发送。`status` 为 `unknown` 时请勿重复调用：消息可能已送达。
            主机名，例如 `web-3`。最多 300 字节（100 个汉字）。"]].assert_eq(&described(&definitions[1], &["host"]));
    }
}
