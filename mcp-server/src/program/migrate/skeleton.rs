//! A hook with a notification of its own, in place of a custom Go template.

use std::fmt::Write as _;

use super::meaning::{Custom, Shown, Value};
use crate::program::words::words;

/// Names in the file.
pub(super) struct Names<'n> {
    pub(super) hook: &'n str,
    pub(super) notification: &'n str,
}

/// Returns the rules of the hook, below its own keys, and the notification. `None` stands for a built-in text.
pub(super) fn write(names: &Names<'_>, title: Option<&Custom>, text: Option<&Custom>) -> String {
    let Names { hook, notification } = names;
    let mut toml = String::new();
    let mut line = |text: &str| {
        toml.push_str(text);
        toml.push('\n');
    };
    line(
        "requires = { version = \"4\", groupKey = { exists = true }, status = { exists = true }, alerts = { exists = true } }",
    );
    line("event = \"status\"");
    line("subject = [\"receiver\", \"groupKey\"]");
    line("urgent = { \"commonLabels.severity\" = [\"critical\", \"page\"] }");
    line("repeat = { within = \"4m\", key = [");
    line("    \"receiver\",");
    line("    \"groupKey\",");
    line("    \"status\",");
    line("    { each = \"alerts\", parts = [\"fingerprint\", \"status\", \"startsAt\"] },");
    line("] }");
    line(&format!("fallback = {{ name = {NAME}, status = \"status\", count = {{ count = \"alerts\" }} }}"));
    line(&format!("\n[[hooks.{hook}.events]]\nname = \"group\"\nnotification = \"{notification}\"\n"));
    line(&format!("[hooks.{hook}.events.fields]"));
    line(
        "mark = { path = \"status\", map = { firing = \"🔴\", resolved = \"✅\" }, otherwise = \"⚪\", default = \"⚪\" }",
    );
    line(&title_field(title));
    let (group, alert) = match text {
        Some(custom) => (custom.group.as_slice(), custom.alert.as_slice()),
        None => (&[][..], &[][..]),
    };
    let facts = facts(group, text.is_none());
    if !facts.is_empty() {
        line(&facts);
    }
    line(&alerts("firing", alert));
    line(&alerts("resolved", alert));
    line("not_sent = { path = \"truncatedAlerts\", when = { truncatedAlerts = { not = \"0\" } } }");
    line("graph = \"alerts[0].generatorURL\"");
    line("source = \"externalURL\"");
    toml.push_str(&declaration(names, facts.is_empty()));
    toml
}

const NAME: &str = "[\"groupLabels.alertname\", \"commonLabels.alertname\", \"alerts[0].labels.alertname\"]";

fn title_field(title: Option<&Custom>) -> String {
    let alert = words("Alert", "告警");
    let Some(title) = title.filter(|title| !title.group.is_empty() || !title.tail.trim().is_empty()) else {
        return format!("title = {{ path = {NAME}, default = \"{alert}\" }}");
    };
    let mut parts: Vec<String> = title.group.iter().map(|shown| group_part(shown, true)).collect();
    if !title.tail.trim().is_empty() {
        parts.push(format!("{{ default = {} }}", text(title.tail.trim_end())));
    }
    format!("title = {{ parts = [{}], between = \"\", default = \"{alert}\" }}", parts.join(", "))
}

/// Returns the field with what all alerts have in common.
fn facts(group: &[Shown], is_built_in: bool) -> String {
    if is_built_in {
        return "facts = { entries = \"commonLabels\", except = [\"alertname\"], join = \" · \" }".to_owned();
    }
    // The mark, the counts and the links of the skeleton show the rest.
    let is_fact = |shown: &&Shown| match &shown.value {
        Value::Path(path) => path != "externalURL",
        Value::Entries(_) => true,
        _ => false,
    };
    let parts: Vec<String> = group.iter().filter(is_fact).map(|shown| group_part(shown, false)).collect();
    if parts.is_empty() {
        return String::new();
    }
    format!("facts = {{ parts = [{}], between = \" · \" }}", parts.join(", "))
}

fn group_part(shown: &Shown, is_title: bool) -> String {
    let before = if is_title { shown.before.clone() } else { shown.words() };
    let before = if before.is_empty() { before } else { format!(", before = {}", text(&before)) };
    match &shown.value {
        Value::Path(path) => format!("{{ path = {}{before} }}", text(path)),
        Value::Entries(table) => format!("{{ entries = {}, join = \" · \"{before} }}", text(table)),
        Value::Status(is_upper) => {
            let [firing, resolved] = if *is_upper { ["FIRING", "RESOLVED"] } else { ["firing", "resolved"] };
            format!(
                "{{ path = \"status\", map = {{ firing = \"{firing}\", resolved = \"{resolved}\" }}{before} }}"
            )
        }
        Value::Count(state) => {
            // The built-in title has the number while alerts are firing.
            let when =
                if is_title && *state == Some("firing") { ", when = { status = \"firing\" }" } else { "" };
            let filter =
                state.map(|state| format!(", where = {{ status = \"{state}\" }}")).unwrap_or_default();
            format!("{{ count = \"alerts\"{filter}{when}{before} }}")
        }
        Value::Time(path) => format!("{{ path = {}, time = \"%m-%d %H:%M\"{before} }}", text(path)),
    }
}

/// Returns the field with the alerts of one state.
fn alerts(state: &str, alert: &[Shown]) -> String {
    let is_shown = |shown: &&Shown| match &shown.value {
        // A link, below.
        Value::Path(path) => path != "generatorURL",
        Value::Time(path) => *path != "endsAt" || state == "resolved",
        _ => true,
    };
    let mut parts: Vec<String> =
        alert.iter().filter(is_shown).map(|shown| group_part(shown, false)).collect();
    let between = if parts.is_empty() {
        let none = words("no summary", "无摘要");
        parts.push(format!(
            "{{ path = [\"annotations.summary\", \"annotations.message\", \"annotations.description\", \
             \"labels.alertname\"], default = \"{none}\" }}"
        ));
        parts.push(
            "{ path = [\"labels.instance\", \"labels.pod\", \"labels.job\"], before = \"(\", after = \")\" }"
                .to_owned(),
        );
        " "
    } else {
        " · "
    };
    let mut field =
        format!("{state} = {{ each = \"alerts\", where = {{ status = \"{state}\" }}, parts = [\n");
    for part in parts {
        let _ = writeln!(field, "    {part},");
    }
    let _ = write!(field, "], between = \"{between}\" }}");
    field
}

fn declaration(names: &Names<'_>, without_facts: bool) -> String {
    let Names { hook, notification } = names;
    let mut toml = format!("\n[notifications.{notification}]\n");
    let [purpose, when] = words(
        [
            format!("Tell the group of `{hook}` about alerts of Alertmanager."),
            "alerts of an Alertmanager group fire or are resolved".to_owned(),
        ],
        [
            format!("通知 `{hook}` 的群：Alertmanager 的告警触发或恢复。"),
            "Alertmanager 一组告警触发或恢复".to_owned(),
        ],
    );
    let facts_line = if without_facts { "" } else { "{facts}\n\n" };
    let _ = write!(
        toml,
        "purpose = \"{purpose}\"\nwhen = \"{when}\"\ngroup = \"{{title}}\"\ndigest = \"{{mark}} {{title}}\"\n\
         markdown = {{ title = \"{{mark}} {{title}}\", text = \"\"\"\n### {{mark}} {{title}}\n{facts_line}{{firing}}\n\
         {{resolved}}\n{{not_sent}}\n{{graph}}\n{{source}}\n\"\"\" }}\nfields = [\n"
    );
    let mut field = |text: &str| {
        let _ = writeln!(toml, "    {text},");
    };
    let of = words(
        [
            "State of the group as a picture.",
            "First line of the message, for example the name of the alert.",
            "Values that all alerts have in common.",
            "Alerts that are firing.",
            "- …and {} more",
            "Alerts that are resolved.",
            "Alertmanager left out {} more.",
            "Number of alerts that are not in the request.",
            "[Graph]({})",
            "Expression of the first alert.",
            "Address of Alertmanager.",
        ],
        [
            "以图形表示的状态。",
            "消息的第一行，例如告警名称。",
            "所有告警共有的内容。",
            "正在触发的告警。",
            "- ……还有 {} 条",
            "已恢复的告警。",
            "Alertmanager 另有 {} 条未发送。",
            "Alertmanager 没有放进请求的告警数。",
            "[图表]({})",
            "第一条告警的表达式。",
            "Alertmanager 的地址。",
        ],
    );
    let [mark, title, facts, firing, more, resolved, not_sent, left_out, graph, expression, source] = of;
    field(&format!("{{ name = \"mark\", type = \"text\", length = \"1..=4\", description = \"{mark}\" }}"));
    field(&format!(
        "{{ name = \"title\", type = \"text\", length = \"1..=200\", description = \"{title}\" }}"
    ));
    if !without_facts {
        field(&format!(
            "{{ name = \"facts\", type = \"text\", optional = true, length = \"..=600\", line = \"{{}}\", description = \"{facts}\" }}"
        ));
    }
    for (state, line, about) in [("firing", "- {}", firing), ("resolved", "- ✅ {}", resolved)] {
        field(&format!(
            "{{ name = \"{state}\", type = \"text\", list = true, max_items = 200, length = \"..=500\", line = \"{line}\", \
             max_shown = 20, more = \"{more}\", description = \"{about}\" }}"
        ));
    }
    field(&format!(
        "{{ name = \"not_sent\", type = \"integer\", optional = true, line = \"{not_sent}\", description = \"{left_out}\" }}"
    ));
    field(&format!(
        "{{ name = \"graph\", type = \"url\", optional = true, line = \"{graph}\", description = \"{expression}\" }}"
    ));
    field(&format!(
        "{{ name = \"source\", type = \"url\", optional = true, line = \"[Alertmanager]({{}})\", description = \"{source}\" }}"
    ));
    toml.push_str("]\n");
    toml
}

/// Writes a text as a string of TOML: JSON escapes what TOML does.
pub(super) fn text(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    serde_json::Value::String(text).to_string()
}
