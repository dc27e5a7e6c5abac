//! The list of conversations, one per robot, with the gauges of each.

use super::{article, options::Options};
use crate::{
    render::{Drawing, Element, Language, avatar},
    shared::{Shared, Usage},
};

/// Returns the list, with the newest message of each robot. Choosing one filters the page by its robot.
pub(super) fn list(shared: &Shared, options: &Options) -> Element {
    let label = options.say(["Conversations", "会话"]);
    let rows = (0..shared.robots.len()).map(|at| conversation(shared, at, options));
    Element::of("ul", "conversations").with("aria-label", label).children(rows)
}

fn conversation(shared: &Shared, at: usize, options: &Options) -> Element {
    let name = shared.name(at);
    let newest = shared.state().log.newest_accepted(name);
    let row = match newest.as_ref().and_then(|entry| Some((entry, entry.accepted()?))) {
        Some((entry, message)) => {
            let drawing = Drawing::new(message, &shared.names);
            drawing.list_row(name, name, article::time(entry.time, false))
        }
        None => {
            let empty = options.say(["No messages yet", "还没有消息"]);
            let head =
                Element::of("span", "dt-list-head").child(Element::of("bdi", "dt-list-name").text(name));
            let column = Element::of("span", "dt-list-column")
                .child(head)
                .child(Element::of("span", "dt-list-line").text(empty));
            Element::of("span", "dt-list-row").child(avatar(name)).child(column)
        }
    };
    let is_chosen = options.filter.robot == name;
    let href = options.link_with("/", "robot", if is_chosen { "" } else { name });
    let mut link = Element::of("a", "conversation").with("href", href).with("data-robot", name).child(row);
    if is_chosen {
        link = link.with("aria-current", "true");
    }
    Element::new("li").child(link).children(gauges(shared.usage(at), name, options))
}

fn gauges(usage: Usage, name: &str, options: &Options) -> Vec<Element> {
    let mut gauges = Vec::new();
    let is_english = options.language == Language::English;
    if !usage.blocked_for.is_zero() {
        let seconds = usage.blocked_for.as_secs() + 1;
        let clock = format!("{}:{:02}", seconds / 60, seconds % 60);
        let text = if is_english {
            format!("Throttled: rests for {clock}")
        } else {
            format!("已限流，还需等待 {clock}")
        };
        let button = Element::of("button", "act scripted")
            .with("type", "button")
            .with("data-action", "unblock")
            .with("data-robot", name)
            .text(options.say(["End", "解除"]));
        gauges.push(Element::of("div", "resting").child(Element::new("span").text(text)).child(button));
    }
    if let Some(limit) = usage.limit {
        let used = usage.used;
        let seconds = usage.minute.as_secs_f64();
        let is_minute = (seconds - 60.0).abs() < f64::EPSILON;
        let text = match (is_english, is_minute) {
            (true, true) => format!("{used} of {limit} this minute"),
            (true, false) => format!("{used} of {limit} in {seconds} s"),
            (false, true) => format!("本分钟 {used} / {limit} 条"),
            (false, false) => format!("{seconds} 秒内 {used} / {limit} 条"),
        };
        gauges.push(article::gauge(options.say(["Rate", "频率"]), used as u64, limit.into(), &text));
    }
    if let Some(quota) = usage.quota {
        let used = usage.quota_used;
        let text = if is_english {
            format!("{used} of {quota} this month")
        } else {
            format!("本月 {used} / {quota} 条")
        };
        gauges.push(article::gauge(options.say(["Quota", "配额"]), used, quota, &text));
    }
    gauges
}
