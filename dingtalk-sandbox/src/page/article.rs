//! One request on the page: the message as DingTalk shows it, and next to it what became of the request.

use std::time::SystemTime;

use super::{
    entry::{kind, verdict},
    inspector,
    options::Options,
};
use crate::{
    log::{Entry, Outcome},
    render::{Drawing, Element, Finding, Language, Names},
    validation::MAX_BYTES,
    view::{fault, grouped, milliseconds},
};

/// Extent of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// In a list: the request itself is loaded when somebody asks for it.
    Short,
    /// On a page of its own.
    Whole,
}

/// Returns the article of an entry.
pub(super) fn article(entry: &Entry, names: &Names, options: &Options, extent: Extent) -> Element {
    let (verdict, label) = verdict(entry);
    let number = entry.number.to_string();
    let kind = kind(entry);
    let robot = entry.robot.as_deref().unwrap_or_default();
    let drawing = entry.accepted().map(|message| (message, Drawing::new(message, names)));
    let shown = drawing.as_ref().map_or(options.say(["request", "请求"]), |(_, drawing)| drawing.kind);
    let heading = Element::of("h2", "unseen")
        .with("id", format!("h{number}"))
        .text(format!("#{number} {} {shown} {robot}", options.say(label)));
    let drawn = match &drawing {
        Some((_, drawing)) => message(drawing, robot, entry.time, options),
        None => notice(entry, options),
    };
    let findings = drawing.as_ref().map_or_else(Vec::new, |(message, drawing)| drawing.findings(message));
    let mut facts = Element::of("div", "facts").child(line(entry, verdict, options.say(label), options));
    facts = facts.child(size(entry.body_length, options));
    if let Some((_, drawing)) = &drawing {
        let row = drawing.list_row(options.say(["Sandbox group", "沙箱群"]), robot, time(entry.time, false));
        let caption = options.say(["In the conversation list:", "会话列表中："]);
        facts = facts.child(
            Element::of("div", "in-list").child(Element::of("div", "caption").text(caption)).child(row),
        );
    }
    if let Some(warnings) = warnings(entry, &findings, options) {
        facts = facts.child(warnings);
    }
    facts = match extent {
        Extent::Short => facts.child(actions(entry, options)),
        Extent::Whole => {
            facts.child(actions(entry, options)).child(inspector::request(entry, names, options))
        }
    };
    Element::of("article", format!("entry {verdict}"))
        .with("id", format!("m{number}"))
        .with("aria-labelledby", format!("h{number}"))
        .with("data-number", number)
        .with("data-robot", robot)
        .with("data-type", kind)
        .with("data-verdict", verdict)
        .child(heading)
        .child(drawn)
        .child(facts)
}

/// Returns the message as the clients draw it: once, if they draw it alike.
fn message(drawing: &Drawing, robot: &str, at: SystemTime, options: &Options) -> Element {
    drawing.on_clients(|client| drawing.post_at(robot, options.look(client), Some(time(at, false))))
}

/// Returns what stands in place of a message.
fn notice(entry: &Entry, options: &Options) -> Element {
    let notice = Element::of("div", "notice");
    let notice = match &entry.outcome {
        Outcome::Accepted(_) => notice,
        Outcome::Repeated { of } => {
            let text = match options.language {
                Language::English => {
                    format!("Same msgUuid as #{of}: answered as accepted, and not shown again.")
                }
                Language::Chinese => format!("msgUuid 与 #{of} 相同：返回成功，不重复显示。"),
            };
            notice.child(Element::new("p").text(text))
        }
        Outcome::Refused(refusal) => {
            let code = Element::of("b", "code").text(refusal.code.to_string());
            let mut notice = notice.child(
                Element::new("p").child(code).text(" ").child(Element::new("bdi").text(&refusal.message)),
            );
            if let Some(advice) = &refusal.advice {
                let label = options.say(["To do: ", "处理办法："]);
                let advice = options.say([advice.en, advice.zh]);
                let label = Element::new("b").text(label);
                notice = notice.child(Element::of("p", "remedy").child(label).text(advice));
            }
            notice
        }
        Outcome::Faulted => {
            let label = options
                .say(["A fault was injected before the request was checked.", "在检查请求之前注入了故障。"]);
            notice.child(Element::new("p").text(label))
        }
    };
    Element::of("div", "drawn").child(notice)
}

fn line(entry: &Entry, verdict: &str, label: &'static str, options: &Options) -> Element {
    let number = entry.number;
    let path = format!("/view/{number}");
    let title = options.say(["Link to this request", "此请求的链接"]);
    let permalink = Element::of("a", "number")
        .with("href", options.link(&path))
        .with("title", title)
        .text(format!("#{number}"));
    let mut line = Element::of("div", "line")
        .child(permalink)
        .child(Element::of("span", format!("chip {verdict}")).text(label));
    let kind = kind(entry);
    if !kind.is_empty() {
        line = line.child(Element::of("span", "kind").text(kind));
    }
    line = line.child(time(entry.time, true));
    if entry.attempt > 1 {
        let attempt = match options.language {
            Language::English => format!("attempt {}", entry.attempt),
            Language::Chinese => format!("第 {} 次", entry.attempt),
        };
        line = line.child(Element::of("span", "attempt").text(attempt));
    }
    line
}

/// Returns a time, in UTC; the script turns it into local time.
pub(super) fn time(time: SystemTime, seconds: bool) -> Element {
    let milliseconds = milliseconds(time);
    let of_day = milliseconds / 1000 % 86_400;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let text = if seconds {
        format!("{hour:02}:{minute:02}:{second:02} UTC")
    } else {
        format!("{hour:02}:{minute:02} UTC")
    };
    let form = if seconds { "seconds" } else { "minutes" };
    Element::new("time").with("data-ms", milliseconds.to_string()).with("data-form", form).text(text)
}

fn size(bytes: usize, options: &Options) -> Element {
    let text = match options.language {
        Language::English => format!("{} of {} bytes", grouped(bytes), grouped(MAX_BYTES)),
        Language::Chinese => format!("{} / {} 字节", grouped(bytes), grouped(MAX_BYTES)),
    };
    gauge(options.say(["Size", "大小"]), bytes as u64, MAX_BYTES as u64, &text)
}

/// Returns a bar with its text.
pub(super) fn gauge(label: &str, value: u64, max: u64, text: &str) -> Element {
    let level = if value > max {
        " over"
    } else if value * 5 >= max * 4 {
        " high"
    } else {
        ""
    };
    let percent = (value.min(max) * 100).div_ceil(max.max(1));
    let filled = Element::new("path").with("d", format!("M0 0h{percent}v6H0z"));
    let bar = Element::new("svg")
        .with("viewBox", "0 0 100 6")
        .with("preserveAspectRatio", "none")
        .with("aria-hidden", "true")
        .child(filled);
    let meter = Element::of("span", format!("bar{level}"))
        .with("role", "meter")
        .with("aria-valuemin", "0")
        .with("aria-valuemax", max.to_string())
        .with("aria-valuenow", value.to_string())
        .with("aria-label", format!("{label}: {text}"))
        .with("title", label)
        .child(bar);
    Element::of("div", "gauge").child(meter).child(Element::of("span", "amount").text(text))
}

fn warnings(entry: &Entry, findings: &[Finding], options: &Options) -> Option<Element> {
    let at = |texts: [String; 2]| {
        let [english, chinese] = texts;
        match options.language {
            Language::English => english,
            Language::Chinese => chinese,
        }
    };
    let item = |class: &'static str, problem: String, remedy: &str| {
        let remedy = Element::of("span", "remedy").text(remedy);
        Element::of("li", class).child(Element::of("bdi", "problem").text(problem)).text(" ").child(remedy)
    };
    let mut items: Vec<Element> = Vec::new();
    for warning in &entry.warnings {
        let (problem, remedy) = told(warning);
        items.push(item("warning", at(problem), options.say(remedy)));
    }
    items.extend(findings.iter().map(|it| {
        let class = if it.is_hint { "hint" } else { "warning" };
        item(class, at(it.problem.clone()), options.say(it.remedy))
    }));
    if let Some(injected) = &entry.fault {
        let name = fault(injected);
        let problem = [format!("Injected fault: {name}."), format!("注入的故障：{name}。")];
        items.push(item(
            "warning",
            at(problem),
            options.say(["A real sender must cope with it.", "发送方必须能够处理。"]),
        ));
    }
    if items.is_empty() {
        return None;
    }
    let label = options.say(["Warnings", "提示"]);
    Some(Element::of("ul", "warnings").with("aria-label", label).children(items))
}

/// Returns a warning of the checks in both languages, with its remedy.
fn told(warning: &str) -> ([String; 2], [&'static str; 2]) {
    let both = |english: &str, chinese: String| [format!("{english}."), chinese];
    let sentence = {
        let mut characters = warning.chars();
        characters
            .next()
            .map(|first| first.to_uppercase().chain(characters).collect::<String>())
            .unwrap_or_default()
    };
    if let Some((_, id)) = warning.split_once("does not contain `") {
        let id = id.trim_end_matches('`');
        return (
            both(&sentence, format!("@ 不会通知任何人：正文中没有 {id}。")),
            ["Write it into the text.", "请把它写进正文。"],
        );
    }
    if warning.contains("does not document `at`") {
        return (
            both(&sentence, "@ 不会通知任何人：钉钉未说明此类型支持 at。".to_owned()),
            ["Mention people in a text or Markdown message.", "请在 text 或 markdown 消息中 @。"],
        );
    }
    if warning.starts_with("`btns` is ignored") {
        return (
            both(&sentence, "已设置 singleTitle 与 singleURL，btns 会被忽略。".to_owned()),
            ["Keep one of both.", "请只保留其中一种。"],
        );
    }
    ([format!("{sentence}."), warning.to_owned()], ["", ""])
}

fn actions(entry: &Entry, options: &Options) -> Element {
    let number = entry.number.to_string();
    let path = options.link(&format!("/view/{number}"));
    let named = |verb: &str| format!("{verb} #{number}");
    let summary = options.say(["Request", "请求"]);
    let open = options.say(["Show the request on a page of its own", "在单独的页面中显示请求"]);
    let details = Element::of("details", "request")
        .with("data-part", number.clone())
        .child(Element::new("summary").with("aria-label", named(summary)).text(summary))
        .child(Element::new("a").with("href", path).text(open));
    let button = |action: &'static str, text: &'static str| {
        Element::of("button", "act scripted")
            .with("type", "button")
            .with("data-action", action)
            .with("data-number", number.clone())
            .with("aria-label", named(text))
            .text(text)
    };
    Element::of("div", "actions")
        .child(button("curl", options.say(["Copy as curl", "复制为 curl"])))
        .child(button("delete", options.say(["Delete", "删除"])))
        .child(details)
}
