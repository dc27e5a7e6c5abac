//! `dingtalk-notify preview`: one page with every notification of the program, as desktop and phone show them.

use std::{fs, path::Path};

use dingtalk_core::{delivery::Language, tool::ToolType};
use dingtalk_sandbox::{Gallery, render};

use super::{
    Program, Result, say,
    words::{language, words},
};
use crate::{Settings, protocol::example::variants};

/// Writes the page, or its outline.
pub(super) fn run(program: &Program, settings: &Settings, output: &Path, as_outline: bool) -> Result<()> {
    let server = program.equip(settings.preview()?).build()?;
    let tools_served: Vec<&ToolType> = server.tools().iter().collect();
    let is_served = |tool: &ToolType| tools_served.iter().any(|known| known.spec().name == tool.spec().name);
    let others = settings.notifications().iter().filter(|tool| !is_served(tool));
    let tools: Vec<&ToolType> = tools_served.iter().copied().chain(others).collect();
    let gallery = gallery(program.name, &tools, settings.members());
    let text = if as_outline { gallery.outline() } else { gallery.html() };
    let shown = output.display();
    fs::write(output, text).map_err(|error| {
        words(format!("cannot write {shown}: {error}"), format!("无法写入 {shown}：{error}"))
    })?;
    let count = tools.len();
    say(words(format!("{count} notifications: {shown}"), format!("{count} 个通知：{shown}")))?;
    Ok(())
}

fn gallery(title: &str, tools: &[&ToolType], members: Vec<(String, String)>) -> Gallery {
    let language = match language() {
        Language::Zh => render::Language::Chinese,
        _ => render::Language::English,
    };
    let mut gallery = Gallery::new(title).language(language);
    for (id, name) in members {
        gallery = gallery.person(id, name);
    }
    for tool in tools {
        let spec = tool.spec();
        let about = spec.purpose.split_whitespace().collect::<Vec<_>>().join(" ");
        let variants = variants(&spec.input_schema(), tool);
        if variants.is_empty() {
            let problem = words(
                "No example was found that the notification accepts: give its fields `example` values.",
                "找不到该通知能接受的示例：请为字段提供 example 值。",
            );
            gallery = gallery.with_message(spec.name, &about, "", Err(problem.to_owned()));
        }
        for variant in variants {
            let name = match &variant.choice {
                Some((field, value)) => format!("{field} = {value}"),
                None if variant.is_whole => words("all fields", "全部字段").to_owned(),
                None => words("required fields only", "仅必填字段").to_owned(),
            };
            gallery = gallery.with_message(spec.name, &about, &name, Ok(variant.message));
        }
    }
    gallery
}
