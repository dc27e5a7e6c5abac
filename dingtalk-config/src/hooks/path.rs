//! Paths to the values of a payload: `commonLabels.alertname`, `alerts[0].labels."app.kubernetes.io/name"`.

use std::borrow::Cow;

use serde_json::Value;

use super::payload::Payload;
use crate::Wording;

/// Deepest path that a file can have.
const MAX_STEPS: usize = 32;

/// A path to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    root: Root,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Root {
    /// The element of `each`, or the payload outside of it.
    Here,
    /// The payload: `$.status`.
    Payload,
    /// A header of the request: `@header.X-GitHub-Event`.
    Header(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// The values that paths select from.
#[derive(Clone, Copy)]
pub(super) struct Scope<'v> {
    pub(super) payload: &'v Payload<'v>,
    /// The element of `each`; the payload outside of it.
    pub(super) here: &'v Value,
}

impl<'v> Scope<'v> {
    pub(super) fn of(payload: &'v Payload<'v>) -> Self {
        Self { payload, here: payload.body }
    }

    pub(super) fn at(self, here: &'v Value) -> Self {
        Self { here, ..self }
    }
}

impl Path {
    /// Parses a path; `.` is the element itself.
    pub(super) fn parse(text: &str) -> Result<Self, Wording> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix("@header.") {
            let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(is_token) {
                return Err(problem(text, "the name of a header", "请求头的名称"));
            }
            return Ok(Self { root: Root::Header(name.to_ascii_lowercase()), steps: Vec::new() });
        }
        if text.starts_with('@') {
            return Err(problem(text, "`@header.NAME` for a header", "`@header.名称`（请求头）"));
        }
        let (root, mut rest) = match text.strip_prefix('$') {
            Some(rest) if rest.is_empty() || rest.starts_with(['.', '[']) => (Root::Payload, rest),
            _ => (Root::Here, text),
        };
        let mut steps = Vec::new();
        if root == Root::Here {
            if rest == "." {
                return Ok(Self { root, steps });
            }
            if !rest.starts_with('[') {
                rest = key(rest, text, &mut steps)?;
            }
        }
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('[') {
                let (index, after) = after.split_once(']').ok_or_else(|| unfinished(text))?;
                let index = index.trim().parse().map_err(|_| {
                    problem(
                        text,
                        "a number in brackets; for all elements, use `each`",
                        "方括号里的数字；要取全部元素，请用 `each`",
                    )
                })?;
                steps.push(Step::Index(index));
                rest = after;
            } else if let Some(after) = rest.strip_prefix('.') {
                rest = key(after, text, &mut steps)?;
            } else {
                return Err(unfinished(text));
            }
        }
        if steps.len() > MAX_STEPS {
            return Err(Wording::new(
                format!("the path has more than {MAX_STEPS} parts"),
                format!("路径超过 {MAX_STEPS} 段"),
            ));
        }
        Ok(Self { root, steps })
    }

    /// Finds the value; `None` if there is none, or if it is null or blank.
    pub(super) fn find<'v>(&self, scope: Scope<'v>) -> Option<Cow<'v, Value>> {
        let mut value = match &self.root {
            Root::Here => scope.here,
            Root::Payload => scope.payload.body,
            Root::Header(name) => {
                let header = (scope.payload.header)(name)?;
                return (!header.trim().is_empty()).then(|| Cow::Owned(Value::String(header)));
            }
        };
        for step in &self.steps {
            value = match step {
                Step::Key(key) => value.get(key)?,
                Step::Index(index) => value.get(index)?,
            };
        }
        match value {
            Value::Null => None,
            Value::String(text) if text.trim().is_empty() => None,
            value => Some(Cow::Borrowed(value)),
        }
    }
}

/// Parses a key at the beginning of `rest`, and returns what follows.
fn key<'t>(rest: &'t str, whole: &str, steps: &mut Vec<Step>) -> Result<&'t str, Wording> {
    if let Some(quoted) = rest.strip_prefix('"') {
        let (key, after) = quoted.split_once('"').ok_or_else(|| unfinished(whole))?;
        steps.push(Step::Key(key.to_owned()));
        return Ok(after);
    }
    let end = rest.find(['.', '[', ']', '"']).unwrap_or(rest.len());
    let key = &rest[..end];
    if key.is_empty() || key.contains(char::is_whitespace) {
        return Err(problem(
            whole,
            "a key between dots; in quotes if it has dots or blanks",
            "点之间的键；键里有点或空格时请加引号",
        ));
    }
    steps.push(Step::Key(key.to_owned()));
    Ok(&rest[end..])
}

fn unfinished(path: &str) -> Wording {
    problem(
        path,
        "keys with dots between them, as in `alerts[0].labels.host`",
        "用点分隔的键，例如 `alerts[0].labels.host`",
    )
}

fn problem(path: &str, expected: &str, chinese: &str) -> Wording {
    Wording::new(
        format!("invalid path {path:?}; expected {expected}"),
        format!("路径 {path:?} 无效；应为{chinese}"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_finds_its_value() {
        let body = json!({
            "a": {"b": [{"c": 1}, {"c": "two"}], "x.y": true, "empty": " ", "nothing": null},
            "list": ["first"],
        });
        let payload = Payload::new(&body, &|name| (name == "x-event").then(|| "push".to_owned()));
        let scope = Scope::of(&payload).at(&body["a"]);
        for (path, found) in [
            ("b[1].c", Some(json!("two"))),
            ("b[0].c", Some(json!(1))),
            ("b[7].c", None),
            ("\"x.y\"", Some(json!(true))),
            ("$.list[0]", Some(json!("first"))),
            ("$.a.b[0]", Some(json!({"c": 1}))),
            ("empty", None),
            ("nothing", None),
            ("b.c", None),
            ("@header.X-Event", Some(json!("push"))),
            ("@header.X-Other", None),
        ] {
            let value = Path::parse(path).unwrap().find(scope).map(Cow::into_owned);
            assert_eq!(value, found, "{path}");
        }
        let itself = Path::parse(".").unwrap();
        assert_eq!(itself.find(scope.at(&body["list"][0])).unwrap().as_str(), Some("first"));
    }

    #[test]
    fn an_invalid_path_is_explained() {
        for path in
            ["", "a..b", "a[x]", "a[]", "a[0", "a\"b", "a b", "@body.x", "@header.", ".a", "a.", "$x y"]
        {
            assert!(Path::parse(path).is_err(), "{path}");
        }
    }
}
