//! `relay try`: the message that a payload would become. Nothing is sent.

use std::{
    fs,
    io::{self, Read as _},
    process::ExitCode,
};

use dingtalk_config::{Composed, HookSource, Meaning, PRESETS, Payload};
use dingtalk_core::delivery::Language;
use serde_json::{Value, json};

use super::{
    super::{
        Program, Result, say,
        words::{language, words},
    },
    arguments::TryArguments,
};
use crate::call::people::{People, kind_of};

/// Exit code for a payload that becomes no message, because it is not one of the source.
const FOREIGN: u8 = 2;

pub(super) fn run(program: &Program, arguments: &TryArguments) -> Result<ExitCode> {
    let settings = arguments.file.settings();
    let server = program.equip(settings.preview()?).build()?;
    let sources = settings.hook_sources(server.tools())?;
    let source = choose(arguments.source.as_deref(), sources)?;
    let people = settings.people()?;
    let body = read(&arguments.payload)?;
    let body: Value = serde_json::from_slice(&body).map_err(|error| {
        words(format!("the payload is not JSON: {error}"), format!("payload 不是 JSON：{error}"))
    })?;
    let header = |name: &str| {
        let found = arguments.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    let meaning = source.read(&Payload::new(&body, &header));
    tell(&meaning, &people, arguments.json)
}

/// Finds the hook, or a preset with the name.
fn choose(name: Option<&str>, sources: Vec<HookSource>) -> Result<HookSource> {
    let names: Vec<String> = sources.iter().map(|source| source.name().to_owned()).collect();
    let Some(name) = name else {
        let [source] = <[HookSource; 1]>::try_from(sources).map_err(|_| {
            words(
                format!("name a hook of the file or a preset with --source; {}", known(&names)),
                format!("请用 --source 指定配置文件里的 hook 或预设；{}", known(&names)),
            )
        })?;
        return Ok(source);
    };
    if let Some(source) = sources.into_iter().find(|source| source.name() == name) {
        return Ok(source);
    }
    let preset = PRESETS.iter().find(|preset| preset.name == name || preset.to_string() == name);
    let preset = preset.ok_or_else(|| {
        words(
            format!("unknown hook `{name}`; {}", known(&names)),
            format!("未知的 hook `{name}`；{}", known(&names)),
        )
    })?;
    let language = if language() == Language::Zh { "zh" } else { "en" };
    let (hook, file) = (preset.name, "version = 1\n");
    let file = format!("{file}[hooks.{hook}]\npreset = \"{preset}\"\nlanguage = \"{language}\"\n");
    let config = dingtalk_config::Config::parse(&file)?;
    let hook = config.hooks.first().ok_or("the preset is damaged")?;
    Ok(hook.source([])?)
}

fn known(names: &[String]) -> String {
    let presets = PRESETS.iter().map(|preset| preset.name);
    let all: Vec<&str> = names.iter().map(String::as_str).chain(presets).collect();
    words(format!("expected one of {}", all.join(", ")), format!("可用的有 {}", all.join("、")))
}

fn read(path: &str) -> io::Result<Vec<u8>> {
    if path == "-" {
        let mut body = Vec::new();
        io::stdin().read_to_end(&mut body)?;
        return Ok(body);
    }
    fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))
}

fn tell(meaning: &Meaning<'_>, people: &People, as_json: bool) -> Result<ExitCode> {
    let (outcome, detail) = match meaning {
        Meaning::Event(event) => {
            let person = |name: &str| {
                people.find(name).map(|(_, person)| (kind_of(person), person.as_str().to_owned()))
            };
            let robots = event.routed.as_ref().map(|routed| &*routed.robots);
            show(event.name, &event.compose(&person), robots, as_json)?;
            return Ok(ExitCode::SUCCESS);
        }
        Meaning::Skipped { event } => (
            "skipped",
            words(
                format!("skipped: the hook ignores the event `{event}`"),
                format!("跳过：这个 hook 忽略事件 `{event}`"),
            ),
        ),
        Meaning::Foreign { path } => (
            "foreign",
            words(
                format!("not a payload of this source: `{path}` is missing or different"),
                format!("不是这个来源的 payload：缺少 `{path}`，或内容不同"),
            ),
        ),
        Meaning::Unknown { event } => (
            "unknown",
            words(
                format!("no event of the hook matches; the payload's event is `{event}`"),
                format!("没有匹配的事件；payload 的事件是 `{event}`"),
            ),
        ),
        _ => ("unknown", String::new()),
    };
    say(if as_json { json!({"outcome": outcome, "detail": detail}).to_string() } else { detail })?;
    Ok(if outcome == "foreign" { ExitCode::from(FOREIGN) } else { ExitCode::SUCCESS })
}

fn show(event: &str, composed: &Composed, robots: Option<&[&str]>, as_json: bool) -> Result<()> {
    let left_out: Vec<String> = composed.left_out.iter().map(ToString::to_string).collect();
    if as_json {
        let shown = json!({
            "outcome": if composed.is_fallback { "fallback" } else { "message" },
            "event": event,
            "notification": composed.notification,
            "arguments": composed.arguments,
            "message": serde_json::to_value(dingtalk_core::message::WireMessage::new(composed.envelope.message.clone()))?,
            "left_out": left_out,
            "robots": robots,
        });
        say(serde_json::to_string_pretty(&shown)?)?;
        return Ok(());
    }
    say(composed.envelope.message.to_string().trim_end())?;
    say("")?;
    say(words(
        format!("-- event `{event}`, notification `{}`", composed.notification),
        format!("-- 事件 `{event}`，通知 `{}`", composed.notification),
    ))?;
    if let Some(robots) = robots {
        let robots = robots.join(", ");
        say(words(format!("-- for the robots {robots}"), format!("-- 机器人：{robots}")))?;
    }
    for fault in left_out {
        say(words(format!("-- left out: {fault}"), format!("-- 未显示：{fault}")))?;
    }
    Ok(())
}
