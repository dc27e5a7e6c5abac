//! Help texts and tables of the settings, made from their table.

use dingtalk_core::delivery::Language;

use super::table::{self, Format, Setting};

/// Columns of the help; clap wraps at the same column.
const WIDTH: usize = 100;

/// Returns the section of `--help` on the environment.
pub(crate) fn environment(language: Language) -> String {
    let heading = in_language(language, "Environment:", "环境变量：");
    let width = table::ALL.iter().map(|setting| setting.variable.len()).max().unwrap_or_default();
    let lines = table::ALL.iter().map(|setting| {
        let indent = " ".repeat(width + 4);
        let text = wrapped(&about(setting, language), WIDTH - indent.len(), &indent);
        format!("\n  {:width$}  {text}", setting.variable)
    });
    heading.to_owned() + &lines.collect::<String>()
}

fn about(setting: &Setting, language: Language) -> String {
    let default = match setting.default {
        "" => String::new(),
        default => in_language(language, format!(" [default: {default}]"), format!(" [默认：{default}]")),
    };
    let text = match (setting.flag, setting.format) {
        (Some(flag), Format::Flag) => in_language(language, format!("1 as {flag}"), format!("1 同 {flag}")),
        (Some(flag), _) => in_language(language, format!("As {flag}"), format!("同 {flag}")),
        (None, _) => in_language(language, setting.english, setting.chinese).to_owned(),
    };
    let secret = if setting.is_secret { in_language(language, " [secret]", " [保密]") } else { "" };
    text + &default + secret
}

fn in_language<T>(language: Language, english: T, chinese: T) -> T {
    if language == Language::Zh { chinese } else { english }
}

/// Wraps a text at blanks; a text without blanks, as in Chinese, stays on one line.
fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join(&format!("\n{indent}"))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use expect_test::expect_file;
    use serde_json::{Value, json};

    use super::*;

    /// Pages that list the settings, between these marks.
    const PAGES: [(&str, Language); 2] =
        [("docs/install.md", Language::En), ("docs/zh-CN/install.md", Language::Zh)];
    const BEGIN: &str = "<!-- settings -->\n";
    const END: &str = "<!-- end of settings -->";

    fn path(file: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
    }

    fn read(file: &str) -> String {
        std::fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    fn row(setting: &Setting, language: Language) -> String {
        let code = |text: Option<String>| text.map_or(String::new(), |text| format!("`{text}`"));
        let secret = if setting.is_secret { in_language(language, ". Secret", "。保密") } else { "" };
        let value = in_language(language, "`1`: ", "`1`：");
        let value = if setting.format == Format::Flag { value } else { "" };
        let about = in_language(language, setting.english, setting.chinese);
        let about = about.replace("docs/configuration.md", "[configuration.md](configuration.md)");
        let about = about.replace("docs/outbox.md", "[outbox.md](outbox.md)");
        let scale = in_language(language, "[scale.md](scale.md)", "[scale.md](../scale.md)");
        let about = about.replace("docs/scale.md", scale);
        let default = code(Some(setting.default.to_owned()).filter(|default| !default.is_empty()));
        format!(
            "| `{}` | {} | {} | {value}{about}{secret} | {default} |\n",
            setting.variable,
            code(setting.flag.map(str::to_owned)),
            code(setting.key.map(str::to_owned))
        )
    }

    /// Returns the page with a regenerated table.
    fn with_table(page: &str, language: Language) -> String {
        let (before, rest) = page.split_once(BEGIN).expect("the page has a mark for the table");
        let (_, after) = rest.split_once(END).expect("the table ends");
        let heading = in_language(
            language,
            "| variable | flag | key of the file | meaning | default |",
            "| 变量 | 命令行选项 | 配置文件的键 | 含义 | 默认值 |",
        );
        let rows: String = table::ALL.iter().map(|setting| row(setting, language)).collect();
        format!("{before}{BEGIN}{heading}\n|---|---|---|---|---|\n{rows}{END}{after}")
    }

    /// `UPDATE_EXPECT=1` regenerates the tables of the pages.
    #[test]
    fn pages_list_every_setting() {
        for (file, language) in PAGES {
            expect_file![path(file)].assert_eq(&with_table(&read(file), language));
        }
    }

    /// `UPDATE_EXPECT=1` regenerates the descriptions.
    #[test]
    fn the_registry_entry_agrees_with_the_table() {
        let text = read("server.json");
        let mut entry: Value = serde_json::from_str(&text).unwrap();
        for package in entry["packages"].as_array_mut().unwrap() {
            for variable in package["environmentVariables"].as_array_mut().unwrap() {
                let name = variable["name"].as_str().unwrap();
                let setting = table::ALL.iter().find(|setting| setting.variable == name);
                let setting = setting.unwrap_or_else(|| panic!("no setting has the variable {name}"));
                let variable = variable.as_object_mut().unwrap();
                let default = match (setting.format, setting.default) {
                    (Format::Flag, "0") => "false",
                    (_, default) => default,
                };
                let format = match setting.format {
                    Format::Text => "string",
                    Format::Number => "number",
                    Format::Flag => "boolean",
                };
                for (key, value) in [
                    ("description", json!(setting.english)),
                    ("isSecret", json!(setting.is_secret.then_some(true))),
                    ("format", json!(format)),
                    ("default", json!(Some(default).filter(|default| !default.is_empty()))),
                ] {
                    if value.is_null() {
                        variable.remove(key);
                    } else {
                        variable.insert(key.to_owned(), value);
                    }
                }
            }
        }
        expect_file![path("server.json")].assert_eq(&(serde_json::to_string_pretty(&entry).unwrap() + "\n"));
    }

    #[test]
    fn the_help_explains_every_setting_in_both_languages() {
        for language in [Language::En, Language::Zh] {
            let help = environment(language);
            for setting in table::ALL {
                assert_eq!(
                    help.matches(&format!("\n  {} ", setting.variable)).count(),
                    1,
                    "{}",
                    setting.variable
                );
            }
            assert!(
                language == Language::Zh || help.lines().all(|line| line.chars().count() <= WIDTH),
                "{help}"
            );
        }
    }
}
