//! One field of a notification of the file.

use dingtalk_core::tool::declared::{Bounds, ChoiceText, DeclaredField, End, FieldType, Literal, Rule};
use dingtalk_template::{
    declaration::{Cardinality, Role, ValueKind, choice_value_problem, second_role},
    on_one_line, suggest,
};
use toml::Value;

use super::chinese;
use crate::{
    Wording,
    section::{Hint, Section, TEXT},
};

/// The types of one value, as a file writes them.
const TYPES: [&str; 12] = [
    "text", "markdown", "integer", "number", "flag", "url", "mobile", "user_id", "choice", "time",
    "duration", "bytes",
];

/// Types of other languages and libraries, with those of a file.
const OTHER_TYPES: [(&str, &str); 35] = [
    ("string", "text"),
    ("str", "text"),
    ("varchar", "text"),
    ("multiline", "text"),
    ("md", "markdown"),
    ("int", "integer"),
    ("int32", "integer"),
    ("int64", "integer"),
    ("i32", "integer"),
    ("i64", "integer"),
    ("u32", "integer"),
    ("u64", "integer"),
    ("long", "integer"),
    ("count", "integer"),
    ("float", "number"),
    ("double", "number"),
    ("decimal", "number"),
    ("f64", "number"),
    ("percent", "number"),
    ("bool", "flag"),
    ("boolean", "flag"),
    ("uri", "url"),
    ("link", "url"),
    ("phone", "mobile"),
    ("tel", "mobile"),
    ("userid", "user_id"),
    ("user", "user_id"),
    ("enum", "choice"),
    ("select", "choice"),
    ("datetime", "time"),
    ("date", "time"),
    ("timestamp", "time"),
    ("timedelta", "duration"),
    ("seconds", "duration"),
    ("size", "bytes"),
];

const HINTS: &[Hint] = &[
    Hint::say(
        "required",
        "",
        "a field is required unless it has `optional = true`, a `default`, or `list = true`",
        "字段默认必填；可选的字段请写 `optional = true`，或写 `default`、`list = true`",
    ),
    Hint::say("nullable", "", "write `optional = true`", "请写 `optional = true`"),
    Hint::say("or", "", "the text for no value is `else = \"…\"`", "没有值时的文本是 `else = \"…\"`"),
    Hint::meant("or_else", "else"),
    Hint::meant("fallback", "else"),
    Hint::say("min", "", RANGE.0, RANGE.1),
    Hint::say("max", "", RANGE.0, RANGE.1),
    Hint::say("minimum", "", RANGE.0, RANGE.1),
    Hint::say("maximum", "", RANGE.0, RANGE.1),
    Hint::say("min_length", "", LENGTH.0, LENGTH.1),
    Hint::say("max_length", "", LENGTH.0, LENGTH.1),
    Hint::say("minlength", "", LENGTH.0, LENGTH.1),
    Hint::say("maxlength", "", LENGTH.0, LENGTH.1),
    Hint::say("max_len", "", LENGTH.0, LENGTH.1),
    Hint::meant("desc", "description"),
    Hint::meant("about", "description"),
    Hint::meant("help", "description"),
    Hint::meant("comment", "description"),
    Hint::meant("doc", "description"),
    Hint::meant("key", "name"),
    Hint::meant("id", "name"),
    Hint::meant("field", "name"),
    Hint::meant("kind", "type"),
    Hint::meant("enum", "values"),
    Hint::meant("options", "values"),
    Hint::meant("choices", "values"),
    Hint::meant("variants", "values"),
    Hint::meant("array", "list"),
    Hint::meant("repeated", "list"),
    Hint::meant("many", "list"),
    Hint::meant("separator", "join"),
    Hint::meant("sep", "join"),
    Hint::meant("template", "line"),
    Hint::meant("shorten", "truncate"),
    Hint::meant("cut", "truncate"),
    Hint::meant("timezone", "zone"),
    Hint::meant("time_zone", "zone"),
    Hint::meant("tz", "zone"),
    Hint::meant("mention", "at"),
    Hint::say(
        "title",
        "",
        "a field has no title: its `name` is for templates and calls, its `description` for agents",
        "字段没有 title：`name` 用于模板和调用，`description` 给智能体看",
    ),
    Hint::say(
        "label",
        "",
        "a field has no label: write it into the template, as in `Host: {host}`",
        "字段没有 label：请写进模板，例如 `主机：{host}`",
    ),
];
const RANGE: (&str, &str) = ("write both ends as `range = \"0..=100\"`", "范围请写成 `range = \"0..=100\"`");
const LENGTH: (&str, &str) = ("write both ends as `length = \"1..=64\"`", "长度请写成 `length = \"1..=64\"`");

/// Reads a field. What cannot be read has been reported, and the field says that it is incomplete.
pub(super) fn read_field(mut section: Section<'_>) -> DeclaredField {
    section.hint(HINTS);
    let before = section.fault_count();
    let name = read_name(&mut section).unwrap_or_default();
    let field_type = read_type(&mut section);
    let is_known = field_type.is_some();
    let mut field = DeclaredField::new(name, field_type.unwrap_or(FieldType::Text));
    let rules = &mut field.rules;
    if !is_known {
        rules.value = ValueKind::Foreign;
    }
    rules.documentation = section.string("description").unwrap_or_default();
    rules.cardinality = read_shape(rules.cardinality, &mut section);
    rules.role = read_role(&mut section);
    rules.line = section.string("line");
    rules.default = section.value("default").map(|value| literal(&value, rules.value));
    if rules.default == Some(None) {
        let problem = Wording::new(
            "a default is a literal, such as `\"web-3\"` or `42`",
            "默认值应为字面量，例如 `\"web-3\"` 或 `42`",
        );
        section.fault("default", problem);
    }
    rules.example = section.value("example").map(|value| literal(&value, rules.value));
    for (rule, bounds) in
        [(Rule::Length, &mut rules.length), (Rule::Bytes, &mut rules.bytes), (Rule::Range, &mut rules.range)]
    {
        *bounds = read_bounds(rule, &mut section);
    }
    let items = ("items", "元素个数");
    rules.max_items = read_count("max_items", items, &mut section);
    rules.max_shown = read_count("max_shown", items, &mut section);
    rules.more = section.string("more");
    rules.truncate = read_count("truncate", ("characters", "字符数"), &mut section);
    rules.join = section.string("join");
    rules.then = section.string("then");
    rules.or_else = section.string("else");
    rules.is_multiline = section.flag("multiline").unwrap_or_default();
    rules.format = section.string("format");
    rules.zone = section.string("zone");
    rules.is_unbounded = section.flag("unbounded").unwrap_or_default();
    for (only, instead) in [
        (
            "skip",
            Wording::new(
                "not supported in a file, which shows every field: remove it",
                "配置文件里的字段都会显示：请去掉这一项",
            ),
        ),
        (
            "rename",
            Wording::new(
                "not supported in a file: change `name` instead",
                "配置文件里的字段只有一个名称：请修改 `name`",
            ),
        ),
    ] {
        if section.has(only) {
            section.refuse(only, instead);
        }
    }
    section.report_unknown();
    field.rules.incomplete = section.fault_count() > before;
    field
}

/// Reads a range. A number, and a list of two, are what people try.
fn read_bounds(rule: Rule, section: &mut Section<'_>) -> Option<Bounds> {
    let key = rule.key();
    let number = |value: &Value| match value {
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    };
    let given = section.value(key)?;
    let meant = match &given {
        Value::String(text) => {
            let bounds = Bounds::parse(rule, text).map_err(|problem| chinese::wording(&problem));
            return section.check(key, bounds);
        }
        Value::Array(ends) => match &ends[..] {
            [min, max] => number(min).zip(number(max)).map(|(min, max)| format!("{min}..={max}")),
            _ => None,
        },
        other => number(other).map(|max| format!("..={max}")),
    };
    let Some(meant) = meant else { return section.wrong_type(key, TEXT, &given) };
    section.fault(
        key,
        Wording::new(
            format!("expected a range in quotes; write `{key} = \"{meant}\"`"),
            format!("应为引号里的范围；请写 `{key} = \"{meant}\"`"),
        ),
    );
    None
}

/// Reads a number of things.
fn read_count(key: &str, (things, chinese): (&str, &str), section: &mut Section<'_>) -> Option<End> {
    let given = section.integer(key)?;
    let count = u32::try_from(given).map_err(|_| {
        Wording::new(
            format!("invalid value {given}; expected a number of {things}"),
            format!("应为{chinese}，而不是 {given}"),
        )
    });
    let count = section.check(key, count)?;
    Some(End { written: count.to_string(), number: Some(count.into()) })
}

/// The name for templates and callers: one that a slot can have and every client takes.
fn read_name(section: &mut Section<'_>) -> Option<String> {
    let name = section.required_text("name")?;
    let fits = name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !fits {
        let problem = Wording::new(
            "invalid name; use at most 64 ASCII letters, digits and `_`, with a letter first",
            "名称无效；只能用英文字母、数字和 `_`，最多 64 个字符，以字母开头",
        );
        section.fault("name", problem);
    }
    Some(name)
}

fn read_type(section: &mut Section<'_>) -> Option<FieldType> {
    let values = section.value("values");
    let name = section.required_text("type")?;
    let values = match (name.as_str(), values) {
        ("choice", Some(values)) => read_values(values, section),
        ("choice", None) => {
            let problem = Wording::new(
                "a choice needs at least one value: add `values = [\"…\", \"…\"]`",
                "至少需要一个可选的值：请添加 `values = [\"…\", \"…\"]`",
            );
            section.fault("values", problem);
            Vec::new()
        }
        (name, Some(_)) if TYPES.contains(&name) => {
            let problem = Wording::new(
                "`values` is only for fields of type `choice`",
                "`values` 只用于 `choice` 类型的字段",
            );
            section.fault("values", problem);
            Vec::new()
        }
        _ => Vec::new(),
    };
    Some(match name.as_str() {
        "text" => FieldType::Text,
        "markdown" => FieldType::Markdown,
        "integer" => FieldType::Integer,
        "number" => FieldType::Number,
        "flag" => FieldType::Flag,
        "url" => FieldType::Link,
        "mobile" => FieldType::MobileNumber,
        "user_id" => FieldType::Member,
        "choice" => FieldType::Choice(values),
        "time" => FieldType::Time,
        "duration" => FieldType::Duration,
        "bytes" => FieldType::Bytes,
        other => {
            let known = OTHER_TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(other));
            let problem = match known.map(|(_, meant)| *meant).or_else(|| suggest(other, TYPES)) {
                // A list is no type: `list = true`, with the type of its elements.
                _ if ["list", "array", "vec"].contains(&other) => Wording::new(
                    "a list has the type of its elements, and `list = true`",
                    "列表请写元素的类型，并写 `list = true`",
                ),
                Some(meant) => Wording::new(
                    format!("unknown type {other:?}; did you mean `{meant}`?"),
                    format!("未知的类型 {other:?}；是否想写 `{meant}`？"),
                ),
                None => Wording::new(
                    format!(
                        "unknown type {other:?}; expected one of {}; for any other type, use Rust",
                        TYPES.join(", ")
                    ),
                    format!("未知的类型 {other:?}；可用的有 {}；其他类型请用 Rust 编写", TYPES.join("、")),
                ),
            };
            section.fault("type", problem);
            return None;
        }
    })
}

/// `["low", "high"]`, or `[{ value = "low", text = "低", description = "…" }]`.
fn read_values(values: Value, section: &mut Section<'_>) -> Vec<ChoiceText> {
    let Value::Array(values) = values else {
        let problem = Wording::new(
            "expected a list of strings, or of tables with `value`",
            "应为文本列表，或由含 `value` 的表组成的列表",
        );
        section.fault("values", problem);
        return Vec::new();
    };
    if values.is_empty() {
        let problem = Wording::new("a choice needs at least one value", "至少需要一个可选的值");
        section.fault("values", problem);
    }
    let mut choices: Vec<ChoiceText> = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        let place = format!("values[{index}]");
        let choice = match value {
            Value::String(value) => {
                Some(ChoiceText { text: value.clone(), value, description: String::new() })
            }
            other => section.element(&place, other, read_value),
        };
        let Some(choice) = choice else { continue };
        if let Some(problem) = choice_value_problem(&choice.value) {
            section.fault(&place, chinese::wording(problem));
        }
        if choices.iter().any(|other| other.value == choice.value) {
            let problem = Wording::new(
                format!("duplicate value `{}`; remove one", choice.value),
                format!("`{}` 出现了两次：请去掉一个", choice.value),
            );
            section.fault(&place, problem);
        }
        choices.push(choice);
    }
    choices
}

fn read_value(mut section: Section<'_>) -> Option<ChoiceText> {
    let value = section.required_text("value");
    let text = section.string("text");
    let description = section.string("description").unwrap_or_default();
    section.finish();
    let value = value?;
    let description = on_one_line(&description).into_owned();
    Some(ChoiceText { text: text.unwrap_or_else(|| value.clone()), value, description })
}

fn read_shape(of_type: Cardinality, section: &mut Section<'_>) -> Cardinality {
    let several = [("list", Cardinality::List), ("optional", Cardinality::Optional)];
    let mut given =
        several.into_iter().filter(|(key, _)| section.flag(key).unwrap_or_default()).collect::<Vec<_>>();
    if let [(first, _), (second, _)] = given[..] {
        section.fault(second, chinese::wording(&second_role(first, second)));
    }
    match (of_type, given.pop()) {
        (Cardinality::Flag, Some((key, _))) => {
            let problem = Wording::new(
                "a flag is on or off, and off where it is not given: remove it",
                "flag 只有开和关，没有给出时为关：请去掉这一项",
            );
            section.fault(key, problem);
            Cardinality::Flag
        }
        (_, Some((_, shape))) => shape,
        (of_type, None) => of_type,
    }
}

fn read_role(section: &mut Section<'_>) -> Role {
    let [at, at_all] = ["at", "at_all"].map(|key| section.flag(key).unwrap_or_default());
    match (at, at_all) {
        (true, true) => {
            section.fault("at_all", chinese::wording(&second_role("at", "at_all")));
            Role::At
        }
        (true, false) => Role::At,
        (false, true) => Role::AtAll,
        (false, false) => Role::Value,
    }
}

/// `None` for what is no literal of JSON too. JSON has times as texts.
fn literal(value: &Value, kind: ValueKind) -> Option<Literal> {
    match value {
        Value::String(text) => Some(Literal::Text(text.clone())),
        Value::Integer(number) => {
            Some(Literal::Number { digits: number.to_string(), value: (*number).into() })
        }
        Value::Float(number) if number.is_finite() => {
            Some(Literal::Number { digits: number.to_string(), value: (*number).into() })
        }
        Value::Boolean(flag) => Some(Literal::Flag(*flag)),
        Value::Array(elements) => {
            elements.iter().map(|element| literal(element, kind)).collect::<Option<_>>().map(Literal::List)
        }
        Value::Datetime(time) if kind == ValueKind::Time => Some(Literal::Text(time.to_string())),
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}
