//! Notifications of the file: what is written becomes a declaration, and what its rules find gets its place.

mod chinese;
mod field;
mod message;
mod place;

use dingtalk_core::tool::{
    ToolType,
    declared::{Declaration, DedupeRule, DeliveryRules, Finding, ThrottleRule},
};
use dingtalk_template::{suggest, tool_name_problem};

use self::{field::read_field, message::read_message, place::path};
use crate::{
    Wording,
    section::{Hint, Section},
};

/// A notification as the file has it.
struct Written {
    key: String,
    declaration: Declaration,
    /// Index of each field in the file: an element that is not a table has been left out.
    indices: Vec<usize>,
    /// A field has no name, or the fields cannot be read: what looks like a slot without a field may be this one's.
    has_nameless_field: bool,
}

/// Keys of a declaration in Rust that a file does not have.
const RUST_ONLY: [&str; 5] = ["feed_card", "item", "fragment", "with", "rename_all"];

const HINTS: &[Hint] = &[
    Hint::meant("description", "purpose"),
    Hint::meant("desc", "purpose"),
    Hint::meant("about", "purpose"),
    Hint::meant("use_when", "when"),
    Hint::meant("do_not_use_when", "not_when"),
    Hint::meant("content", "text"),
    Hint::meant("template", "text"),
    Hint::meant("message", "text"),
    Hint::meant("body", "text"),
    Hint::meant("md", "markdown"),
    Hint::meant("card", "action_card"),
    Hint::meant("actionCard", "action_card"),
    Hint::meant("parameters", "fields"),
    Hint::meant("params", "fields"),
    Hint::meant("properties", "fields"),
    Hint::meant("args", "fields"),
    Hint::meant("priority", "urgent"),
    Hint::meant("rate", "throttle"),
    Hint::meant("deduplicate", "dedupe"),
    Hint::say(
        "robot",
        "",
        "a call names its robot; set `default_robot` for calls that do not",
        "机器人由调用指定；没有指定时用 `default_robot`",
    ),
    Hint::say(
        "at",
        "",
        "people to mention are a field of type `mobile` or `user_id`, with `at = true`",
        "要 @ 的人是一个 `mobile` 或 `user_id` 类型的字段，并写 `at = true`",
    ),
    Hint::say("at_all", "", "to mention everybody, add a field of type `flag` with `at_all = true`", AT_ALL),
];
const AT_ALL: &str = "要 @ 所有人，请添加一个 `flag` 类型的字段，并写 `at_all = true`";

/// Reads the table `notifications`.
pub(crate) fn read(mut section: Section<'_>) -> Vec<ToolType> {
    let mut written = Vec::new();
    for key in section.keys() {
        written.extend(section.section(&key).map(|notification| read_one(&key, notification)));
    }
    let names: Vec<(String, String)> =
        written.iter().map(|one| (one.key.clone(), one.declaration.tool_name())).collect();
    written.into_iter().filter_map(|one| one.tool(&names, &mut section)).collect()
}

fn read_one(key: &str, mut section: Section<'_>) -> Written {
    section.hint(HINTS);
    let before = section.fault_count();
    let mut declaration = Declaration::new(key);
    declaration.tool_name = section.string("name");
    if declaration.tool_name.is_none() && !key.is_ascii() {
        let problem = Wording::new(
            format!("use an ASCII name, such as `cpu_alert`, and write `title = \"{key}\"` for people"),
            format!("请用英文名称，例如 `cpu_alert`；给人看的名称请写 `title = \"{key}\"`"),
        );
        section.fault("", problem);
        // Its own name would be reported once more.
        declaration.tool_name = Some("send_notification".to_owned());
    }
    declaration.title = section.string("title");
    declaration.purpose = section.string("purpose").unwrap_or_default();
    declaration.when = section.string("when");
    declaration.not_when = section.string("not_when");
    declaration.instead = section.string("instead");
    declaration.destructive = section.flag("destructive").unwrap_or(true);
    declaration.keyword = section.string("keyword");
    declaration.delivery = read_delivery(&mut section);
    read_message(&mut declaration, &mut section);
    for only in RUST_ONLY {
        if section.has(only) {
            let problem = Wording::new(
                format!(
                    "a file has no `{only}`: write the notification in Rust, with `#[derive(Notification)]`"
                ),
                format!("配置文件不支持 `{only}`：请用 Rust 和 `#[derive(Notification)]` 编写这个通知"),
            );
            section.refuse(only, problem);
        }
    }
    let mut indices = Vec::new();
    let lists_fields = section.is_list("fields") || !section.has("fields");
    let fields = section.sections("fields", |index, field| {
        indices.push(index);
        Some(read_field(field))
    });
    declaration.fields = fields.unwrap_or_default();
    section.report_unknown();
    declaration.incomplete = section.fault_count() > before;
    let has_nameless_field =
        !lists_fields || declaration.fields.iter().any(|field| field.rules.name.is_empty());
    Written { key: key.to_owned(), declaration, indices, has_nameless_field }
}

/// Reads the delivery options.
fn read_delivery(section: &mut Section<'_>) -> DeliveryRules {
    let urgent = section.flag("urgent").unwrap_or_default();
    let [group, digest, dedupe, throttle] =
        ["group", "digest", "dedupe", "throttle"].map(|key| section.string(key));
    DeliveryRules {
        urgent,
        group,
        digest,
        dedupe: dedupe.and_then(|text| {
            section.check("dedupe", DedupeRule::parse(&text).map_err(|problem| chinese::wording(&problem)))
        }),
        throttle: throttle.and_then(|text| {
            section
                .check("throttle", ThrottleRule::parse(&text).map_err(|problem| chinese::wording(&problem)))
        }),
    }
}

impl Written {
    /// Checks the declaration and makes it a tool. `names` are the keys of all notifications, each with the name of its
    /// tool.
    fn tool(self, names: &[(String, String)], section: &mut Section<'_>) -> Option<ToolType> {
        let Self { key, mut declaration, indices, has_nameless_field } = self;
        if let Some(instead) = &mut declaration.instead {
            match names.iter().find(|(other, _)| other == instead) {
                Some((_, name)) => instead.clone_from(name),
                // A tool that is not of the file: whether it is served, only the set knows.
                None if tool_name_problem(instead).is_none() => {}
                None => {
                    let problem = match suggest(instead, names.iter().map(|(key, _)| &**key)) {
                        Some(meant) => Wording::new(
                            format!("unknown notification `{instead}`; did you mean `{meant}`?"),
                            format!("未知的通知 `{instead}`；是否想写 `{meant}`？"),
                        ),
                        None => Wording::new(
                            format!(
                                "unknown notification `{instead}`; expected a notification of this file, or a tool"
                            ),
                            format!("未知的通知 `{instead}`；请写本文件里的一个通知，或一个工具"),
                        ),
                    };
                    section.fault(&format!("{key}.instead"), problem);
                }
            }
        }
        let kind = declaration.message.as_ref().map(|message| message.kind);
        match declaration.tool() {
            Ok(tool) => Some(tool),
            Err(findings) => {
                let certain = |finding: &&Finding| !(has_nameless_field && finding.is_of_names());
                for Finding { location: place, message, .. } in findings.iter().filter(certain) {
                    section
                        .fault(&format!("{key}{}", path(*place, kind, &indices)), chinese::wording(message));
                }
                None
            }
        }
    }
}
