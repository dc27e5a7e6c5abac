//! One field of a notification of the file.

use dingtalk_core::tool::declared::{Bounds, ChoiceText, DeclaredField, End, FieldType, Literal, Rule};
use dingtalk_template::{
    declaration::{Cardinality, Role, ValueKind, choice_value_problem, second_role},
    suggest,
};
use toml::Value;

use crate::{Wording, section::Section};

/// The types of one value, as a file writes them.
const TYPES: [&str; 12] = [
    "text", "markdown", "integer", "number", "flag", "url", "mobile", "user_id", "choice", "time",
    "duration", "bytes",
];

/// Reads a field. What cannot be read has been reported, and the field says that it is incomplete.
pub(super) fn read_field(mut section: Section<'_>) -> DeclaredField {
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
        let text = section.string(rule.key());
        *bounds = text.and_then(|text| section.check(rule.key(), Bounds::parse(rule, &text)));
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
            "invalid name; use at most 64 letters, digits and `_`, with a letter first",
            "名称无效；只能用字母、数字和 `_`，最多 64 个字符，以字母开头",
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
        (_, Some(_)) => {
            let problem = Wording::new(
                "`values` is only for fields of type `choice`",
                "`values` 只用于 `choice` 类型的字段",
            );
            section.fault("values", problem);
            Vec::new()
        }
        (_, None) => Vec::new(),
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
            let problem = match suggest(other, TYPES) {
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
            section.fault(&place, problem);
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
    let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(ChoiceText { text: text.unwrap_or_else(|| value.clone()), value, description })
}

fn read_shape(of_type: Cardinality, section: &mut Section<'_>) -> Cardinality {
    let several = [("list", Cardinality::List), ("optional", Cardinality::Optional)];
    let mut given =
        several.into_iter().filter(|(key, _)| section.flag(key).unwrap_or_default()).collect::<Vec<_>>();
    if let [(first, _), (second, _)] = given[..] {
        section.fault(second, second_role(first, second));
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
            section.fault("at_all", second_role("at", "at_all"));
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
