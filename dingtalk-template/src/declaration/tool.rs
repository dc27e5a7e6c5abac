//! Rules on the texts that agents read. A comment above each shows a violation, in the notation of the attributes.

use std::collections::HashMap;

use super::{Dialect, FieldLocation, FieldRules, Findings, Location, Role, Rule, field::NeededLimits};
use crate::{is_tautology, looks_secret, snake_case, tool_name_problem, words};

/// The texts with which a declaration describes its tool.
#[derive(Debug, Clone, Default)]
pub struct ToolWords {
    /// Name of the type or table.
    pub declared_as: String,
    /// Name of the tool, if it is set.
    pub name: Option<String>,
    /// Name of the tool for people, if it is set.
    pub title: Option<String>,
    /// Purpose of the tool: one paragraph on one line.
    pub purpose: String,
    /// The purpose is written by a macro, so that only the compiler knows it.
    pub purpose_is_computed: bool,
    /// Situations in which to use the tool.
    pub when: Option<String>,
    /// Situations in which not to use the tool.
    pub not_when: Option<String>,
    /// True if the tool names itself as its alternative.
    pub instead_of_itself: bool,
    /// True if part of the declaration could not be parsed. A part that seems to be missing may then only be misspelt.
    pub incomplete: bool,
}

impl ToolWords {
    /// Returns the name of the tool: the one that is set, or `send_` and the words of the declaration's name.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("send_{}", snake_case(&self.declared_as)))
    }

    /// Returns the title of the tool: the one that is set, or the words of the declaration's name.
    pub fn title(&self) -> String {
        self.title.clone().unwrap_or_else(|| title_of(&self.declared_as))
    }
}

/// Returns the first paragraph of a text, on one line.
pub fn first_paragraph(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let paragraph = lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    paragraph.collect::<Vec<_>>().join(" ")
}

/// Converts a name into a title: `Cpu alert` for `CpuAlert`.
fn title_of(declared_as: &str) -> String {
    let words = words(declared_as);
    let rest = words.iter().skip(1).map(|word| word.to_lowercase());
    words.first().map(|first| (*first).to_owned()).into_iter().chain(rest).collect::<Vec<_>>().join(" ")
}

/// Checks the texts by which agents choose a tool.
pub fn check_tool(tool: &ToolWords, findings: &mut Findings) {
    description(tool, findings);
    name(tool, findings);
    // #[dingtalk(tool(instead = CpuAlert))] struct CpuAlert
    if tool.instead_of_itself {
        let message = "a tool is no alternative to itself: name another one, or remove `instead`";
        findings.push(Location::Instead, message);
    }
}

fn description(tool: &ToolWords, findings: &mut Findings) {
    let dialect = findings.dialect;
    let (ToolWords { purpose, .. }, name, title) = (tool, tool.name(), tool.title());
    if tool.purpose_is_computed || purpose.is_empty() && tool.incomplete {
        // The key may only be misspelt.
    } else if purpose.is_empty() {
        // struct CpuAlert, without a doc comment
        let message = format!(
            "an agent chooses a tool by its description: say in {} what the notification is for",
            dialect.purpose()
        );
        findings.push(Location::Purpose, message);
    } else if is_tautology(purpose, &[&name, &title, &tool.declared_as]) {
        // /// Sends a CPU alert. struct CpuAlert
        let message = format!(
            "\"{purpose}\" says no more than the name `{name}`: say what the notification tells whom, and why"
        );
        findings.push(Location::Purpose, message);
    }
    // tool(title = "send_cpu_alert")
    if tool.title.is_some() && (title.trim().is_empty() || title == name) {
        findings.push(Location::Title, "a title is for people: write it in words, such as `\"CPU alert\"`");
    }
    let usage = [("when", Location::When, &tool.when), ("not_when", Location::NotWhen, &tool.not_when)];
    for (key, location, text) in usage {
        // tool(when = "")
        if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            let message = format!(
                "`{key}` is the rest of a sentence that begins with \"when\": write it, or remove it"
            );
            findings.push(location, message);
        }
    }
}

fn name(tool: &ToolWords, findings: &mut Findings) {
    let Some(problem) = tool_name_problem(&tool.name()) else { return };
    if tool.name.is_some() {
        // tool(name = "SendHostDown")
        findings.push(Location::ToolName, problem);
    } else {
        // struct ADescriptionOfEverythingThatCouldPossiblyGoWrong
        let how = findings.dialect.tool_name();
        findings.push(Location::Notification, format!("{problem}, with `{how}`"));
    }
}

/// Checks the parameters that agents fill in.
pub fn check_parameters<'f>(fields: impl IntoIterator<Item = &'f FieldRules>, findings: &mut Findings) {
    let mut names: HashMap<&str, &str> = HashMap::new();
    for (index, field) in fields.into_iter().enumerate() {
        if field.role == Role::Skip {
            continue;
        }
        parameter(index, field, findings);
        // #[dingtalk(rename = "host")] server: String, beside host: String
        if let Some(other) = names.insert(&field.parameter, &field.name) {
            let FieldRules { name, parameter, .. } = field;
            let message = if other == name {
                format!("there are two fields `{name}`: remove one, or give it another name")
            } else {
                format!("`{other}` and `{name}` are both the parameter `{parameter}`: rename one")
            };
            findings.of_field(index, FieldLocation::Name, message);
        }
    }
}

fn parameter(index: usize, field: &FieldRules, findings: &mut Findings) {
    let dialect = findings.dialect;
    let documentation = field.documentation.trim();
    let parameter = &field.parameter;
    if field.documentation_is_computed {
        // Generated code checks that it is not empty.
    } else if documentation.is_empty() {
        // host: String, without a doc comment
        let message = format!(
            "an agent fills in `{parameter}`: say in {} what it is, with an example",
            dialect.description()
        );
        findings.of_field(index, FieldLocation::Description, message);
    } else if is_tautology(documentation, &[&field.name]) {
        // /// The host's name. host_name: String
        let message = format!(
            "the {} of `{parameter}` only repeats its name: say what it is, with an example",
            dialect.its_description()
        );
        findings.of_field(index, FieldLocation::Description, message);
    }
    // /// Token of the robot. access_token: String
    if looks_secret(&field.name) {
        let message = format!(
            "`{}` would bring a secret into the agent's context: keep it in the server's environment, not in {}",
            field.name,
            dialect.notification()
        );
        findings.of_field(index, FieldLocation::Name, message);
    }
    names_and_defaults(index, field, findings);
    if !field.is_unbounded && !field.incomplete {
        limits(index, field, findings);
    }
}

fn limits(index: usize, field: &FieldRules, findings: &mut Findings) {
    let dialect = findings.dialect;
    let needed = NeededLimits::of(field);
    let missing = [
        (needed.text, dialect.rule_on_field(Rule::Length, "..=N")),
        (needed.items, dialect.on_field("max_items", "N")),
    ];
    for (_, limit) in missing.iter().filter(|(is_missing, _)| *is_missing) {
        findings.of_field(index, FieldLocation::Name, without_limit(&field.name, limit, dialect));
    }
}

/// Returns the error for a text without a limit, for a type of which only rustc knows that it is a text.
pub fn no_upper_limit(name: &str, dialect: Dialect) -> String {
    without_limit(name, &dialect.rule_on_field(Rule::Length, "..=N"), dialect)
}

fn without_limit(name: &str, limit: &str, dialect: Dialect) -> String {
    format!("`{name}` has no upper limit: add `{limit}` or `{}`", dialect.flag_on_field("unbounded"))
}

fn names_and_defaults(index: usize, field: &FieldRules, findings: &mut Findings) {
    // #[dingtalk(rename = "host name")] host: String
    if field.is_renamed && !is_parameter_name(&field.parameter) {
        findings.of_field(
            index,
            FieldLocation::Rename,
            "a parameter's name is letters, digits, `_` and `-`, 64 at most, a letter first",
        );
    }
    // #[dingtalk(default = 3)] count: Option<u32>
    if field.default.is_some()
        && let Some(several) = findings.dialect.several(field.cardinality)
    {
        let absent = findings.dialect.absent(field.cardinality);
        let message =
            format!("{several} that is not given is {absent}, so a `default` changes nothing: remove it");
        findings.of_field(index, FieldLocation::HasDefault, message);
    }
}

/// Reports whether every client accepts this name of a parameter.
fn is_parameter_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_words() {
        for (declared_as, name, title) in [
            ("CpuAlert", "send_cpu_alert", "Cpu alert"),
            ("cpu_alert", "send_cpu_alert", "cpu alert"),
            ("HTTPAlert", "send_http_alert", "HTTP alert"),
            ("", "send_", ""),
        ] {
            let tool = ToolWords { declared_as: declared_as.to_owned(), ..ToolWords::default() };
            assert_eq!((&*tool.name(), &*tool.title()), (name, title));
        }
    }
}
