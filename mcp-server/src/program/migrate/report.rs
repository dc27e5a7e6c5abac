//! The report of a migration, for the person who made it.

use std::{collections::BTreeSet, path::Path};

use secrecy::ExposeSecret as _;

use super::plan::{Plan, Receiver, Translated};
use crate::program::{Program, Result, listen::ListenAddress, say, words::words};

/// Place of the new files.
pub(super) struct Written<'w> {
    pub(super) config: &'w Path,
    pub(super) secrets: &'w Path,
    pub(super) http: &'w ListenAddress,
    pub(super) is_dry: bool,
}

pub(super) fn tell(program: &Program, plan: &Plan, written: &Written<'_>) -> Result<()> {
    let mut lines = Vec::new();
    let (config, secrets) = (written.config.display(), written.secrets.display());
    if written.is_dry {
        lines.push(plan.toml.trim_end().to_owned());
    } else {
        lines.push(words(
            format!(
                "# Written: {config}, and {} secrets in {secrets} (only their owner reads them)",
                plan.secrets.len()
            ),
            format!(
                "# 已写入：{config}，以及 {secrets} 里的 {} 个密钥文件（只有所有者可读）",
                plan.secrets.len()
            ),
        ));
    }
    if !plan.notes.is_empty() {
        lines.push(format!("\n# {}", words("Remarks", "说明")));
        // Several targets can have the same default.
        let mut told = BTreeSet::new();
        let notes = plan.notes.iter().filter(|note| told.insert(note.as_str()));
        lines.extend(notes.map(|note| format!("- {note}")));
    }
    for translated in &plan.customs {
        custom(translated, &mut lines);
    }
    receivers(plan, written, &mut lines);
    let name = program.name;
    lines.push(words(
        format!(
            "\n# Next\n\
             - Access tokens and secrets are the same as before: nothing changes in the settings of the groups.\n\
             - A robot with a keyword (自定义关键词) needs `keyword` in {config}: the messages no longer have the same texts.\n\
             {name} relay check --config {config}\n\
             {name} check --config {config}\n\
             {name} relay --http {} --config {config}",
            written.http
        ),
        format!(
            "\n# 接下来\n\
             - 机器人的 access_token 和密钥不变，钉钉群里无需修改。\n\
             - 设置了自定义关键词的机器人，请在 {config} 里加上 `keyword`：消息的文字与以前不同。\n\
             {name} relay check --config {config}\n\
             {name} check --config {config}\n\
             {name} relay --http {} --config {config}",
            written.http
        ),
    ));
    say(without_secrets(lines.join("\n"), plan))?;
    Ok(())
}

/// A template of a user may hold a secret.
fn without_secrets(text: String, plan: &Plan) -> String {
    plan.secrets.iter().fold(text, |text, (_, secret)| text.replace(secret.expose_secret(), "…"))
}

fn custom(translated: &Translated, lines: &mut Vec<String>) {
    let targets = translated.targets.join(", ");
    lines.push(words(
        format!("\n# Templates of {targets}: their Go code is not read; a skeleton shows the same values"),
        format!("\n# {targets} 的模板：不执行 Go 模板；下面的骨架显示同样的内容"),
    ));
    for (place, text) in &translated.sources {
        lines.push(words(format!("\n## before: {place}"), format!("\n## 原模板：{place}")));
        lines.push(text.trim_matches('\n').to_owned());
    }
    lines.push(words("\n## now".to_owned(), "\n## 现在".to_owned()));
    lines.push(translated.skeleton.trim_matches('\n').to_owned());
    if translated.untranslated.is_empty() {
        lines.push(words(
            "\n## Everything that the templates show is in the skeleton; its layout is another".to_owned(),
            "\n## 模板显示的内容都在骨架里；排版不同".to_owned(),
        ));
        return;
    }
    lines.push(words("\n## not translated".to_owned(), "\n## 未转换".to_owned()));
    lines.extend(
        translated.untranslated.iter().map(|(place, action)| format!("- {place}: {{{{ {action} }}}}")),
    );
}

/// Shows both forms of the receiver.
fn receivers(plan: &Plan, written: &Written<'_>, lines: &mut Vec<String>) {
    lines.push(words(
        "\n# alertmanager.yml, on the relay's machine".to_owned(),
        "\n# alertmanager.yml：与 relay 在同一台机器".to_owned(),
    ));
    let local = format!("http://{}", written.http);
    lines.push("receivers:".to_owned());
    for Receiver { target, robot, hook } in &plan.receivers {
        lines.push(format!(
            "  - name: {target}\n    webhook_configs:\n      - url: {local}/hooks/{robot}/{hook}"
        ));
    }
    lines.push(words(
        format!(
            "\n# alertmanager.yml, on another machine: RELAY is the relay's host name behind TLS. Remove `auth = \"none\"` from\n\
             # the hooks, so that each request needs the token, and copy {} there.",
            written.secrets.join("alertmanager.token").display()
        ),
        format!(
            "\n# alertmanager.yml：在另一台机器。RELAY 是 relay 的域名（TLS）。请去掉 hooks 里的 `auth = \"none\"`，\n\
             # 这样每个请求都要有令牌；并把 {} 复制过去。",
            written.secrets.join("alertmanager.token").display()
        ),
    ));
    lines.push("receivers:".to_owned());
    for Receiver { target, robot, hook } in &plan.receivers {
        lines.push(format!(
            "  - name: {target}\n    webhook_configs:\n      - url: https://RELAY/hooks/{robot}/{hook}\n        http_config:\n\
             \x20         authorization:\n            credentials_file: /etc/alertmanager/relay-token"
        ));
    }
}
