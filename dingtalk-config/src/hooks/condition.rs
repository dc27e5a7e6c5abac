//! Conditions on a payload: `{ status = "firing", action = ["opened", "closed"] }`.

use serde_json::Value;
use toml::Value as Toml;

use super::path::{Path, Scope};
use crate::{Wording, section::Section};

/// Conditions that must all hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions(Vec<Condition>);

#[derive(Debug, Clone)]
struct Condition {
    /// The path as the file has it.
    written: String,
    path: Path,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    /// The value, as text, is one of these.
    Is(Vec<String>),
    /// The value is missing, or none of these.
    IsNot(Vec<String>),
    Exists(bool),
    StartsWith(String),
}

impl Conditions {
    /// Reads a table of paths, each with the values that fulfil the condition.
    pub(super) fn read(section: &mut Section<'_>, key: &str) -> Self {
        let mut conditions = Vec::new();
        let Some(mut table) = section.section(key) else { return Self::default() };
        for written in table.keys() {
            let path = table.check(&written, Path::parse(&written));
            let test = read_test(&mut table, &written);
            conditions.extend(path.zip(test).map(|(path, test)| Condition { written, path, test }));
        }
        Self(conditions)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn hold(&self, scope: Scope<'_>) -> bool {
        self.broken(scope).is_none()
    }

    /// Returns the path of the first condition that does not hold.
    pub(super) fn broken(&self, scope: Scope<'_>) -> Option<&str> {
        self.0.iter().find(|condition| !condition.holds(scope)).map(|condition| &*condition.written)
    }
}

impl Condition {
    fn holds(&self, scope: Scope<'_>) -> bool {
        let value = self.path.find(scope);
        let text = value.as_deref().and_then(text);
        let is_one_of = |wanted: &[String]| {
            text.as_deref().is_some_and(|text| wanted.iter().any(|wanted| wanted == text))
        };
        match &self.test {
            Test::Is(wanted) => is_one_of(wanted),
            Test::IsNot(unwanted) => !is_one_of(unwanted),
            Test::Exists(wanted) => value.is_some() == *wanted,
            Test::StartsWith(start) => text.as_deref().is_some_and(|text| text.starts_with(start)),
        }
    }
}

/// Returns the text of a single value.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn read_test(table: &mut Section<'_>, key: &str) -> Option<Test> {
    if !table.is_table(key) {
        let given = table.value(key)?;
        return read_texts(table, key, &given).map(Test::Is);
    }
    let mut test = table.section(key)?;
    let not = test.value("not");
    let not = not.and_then(|not| read_texts(&mut test, "not", &not)).map(Test::IsNot);
    let exists = test.flag("exists").map(Test::Exists);
    let start = test.text("starts_with").map(Test::StartsWith);
    let found: Vec<Test> = [not, exists, start].into_iter().flatten().collect();
    let is_one = found.len() == 1;
    if !is_one && test.is_sound("") {
        let problem = Wording::new(
            "expected one of `not`, `exists` and `starts_with`",
            "应为 `not`、`exists` 和 `starts_with` 之一",
        );
        test.fault("", problem);
    }
    test.finish();
    found.into_iter().next().filter(|_| is_one)
}

fn read_texts(section: &mut Section<'_>, key: &str, given: &Toml) -> Option<Vec<String>> {
    let one = |value: &Toml| match value {
        Toml::String(text) => Some(text.clone()),
        Toml::Integer(number) => Some(number.to_string()),
        Toml::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    };
    let texts = match given {
        Toml::Array(list) => list.iter().map(one).collect::<Option<Vec<_>>>().filter(|list| !list.is_empty()),
        value => one(value).map(|text| vec![text]),
    };
    texts.or_else(|| {
        let expected = (
            "a string, a number, true or false, or a list of these",
            "文本、整数、true、false，或它们的列表",
        );
        section.wrong_type(key, expected, given)
    })
}
