//! Arguments of a notification from the flags of its command.

use std::path::Path;

use clap::{Arg, ArgMatches, Command};
use dingtalk_core::tool::{Cardinality, PersonKind};
use dingtalk_template::suggest;
use serde_json::{Map, Value, json};

use super::{
    super::words::words,
    arguments::SendArguments,
    call::{Call, Flags},
    input::{Problem, read_file, read_stdin},
    notification::{BY_NAME, FIELDS, Field, Fields, REST, Sendable},
};

/// Returns the call for a notification: its arguments, and the faults of the command line.
pub(super) fn call(
    sendable: &Sendable,
    matches: &ArgMatches,
    options: &SendArguments,
    send: &Command,
) -> Result<Call, Problem> {
    let fields = Fields::new(&sendable.tool, send).0;
    let mut call = Call {
        tool: sendable.tool.clone(),
        arguments: Map::new(),
        flags: Flags::new(
            fields
                .iter()
                .map(|field| (field.name.clone(), field.shown()))
                .chain([("robot".to_owned(), "--robot".to_owned())]),
        ),
        faults: Vec::new(),
    };
    let rest = texts(matches, REST);
    let from_stdin = rest.iter().any(|argument| argument == "-");
    let file = matches.get_one::<String>(FIELDS);
    if from_stdin && file.is_some() {
        call.faults.push(
            words(
                "--fields and `-` both give the fields: remove one",
                "--fields 和 `-` 都给出了字段：请去掉一个",
            )
            .to_owned(),
        );
    } else if from_stdin || file.is_some_and(|file| file == "-") {
        call.arguments = object(&read_stdin()?, "stdin")?;
    } else if let Some(file) = file {
        call.arguments = object(&read_file(Path::new(file))?, file)?;
    }
    report_rest(&rest, &fields, send, &mut call);

    let mut by_name = named(matches, &fields, &mut call.faults);
    for field in &fields {
        let mut values = field.flag.as_ref().map(|_| texts(matches, &field.id())).unwrap_or_default();
        let (this, others) = by_name.into_iter().partition(|(name, _)| *name == field.name);
        by_name = others;
        values.extend(Vec::from_iter::<Vec<(String, String)>>(this).into_iter().map(|(_, value)| value));
        set(field, values, &mut call);
    }
    mention(&fields, options, &mut call);
    Ok(call)
}

fn texts(matches: &ArgMatches, id: &str) -> Vec<String> {
    matches.get_many::<String>(id).into_iter().flatten().cloned().collect()
}

fn object(text: &str, name: &str) -> Result<Map<String, Value>, Problem> {
    let problem = |why: String| {
        Problem::Invalid(words(
            format!("{name}: expected the fields as a JSON object: {why}"),
            format!("{name}：应为一个 JSON 对象，内容是各字段：{why}"),
        ))
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(problem("found another kind of value".to_owned())),
        Err(error) => Err(problem(error.to_string())),
    }
}

/// Reports arguments that no flag takes: misspelt flags, flags without a value, and values without a flag.
fn report_rest(rest: &[String], fields: &[Field], send: &Command, call: &mut Call) {
    let own = fields.iter().filter_map(|field| field.flag.as_deref());
    let options = send.get_arguments().filter_map(Arg::get_long);
    let known: Vec<&str> = own.chain(options).chain(["field", "fields"]).collect();
    let mut after_unknown = false;
    for argument in rest.iter().filter(|argument| *argument != "-") {
        let name = argument.strip_prefix("--").map(|flag| flag.split('=').next().unwrap_or_default());
        let Some(name) = name else {
            // The value of an unknown flag is no fault of its own.
            if !std::mem::take(&mut after_unknown) {
                call.faults.push(words(
                    format!("{argument:?} has no flag: write --FIELD VALUE; a file with the fields is given by --fields"),
                    format!("{argument:?} 前面没有选项：请写成 --字段 值；字段在文件里时用 --fields"),
                ));
            }
            continue;
        };
        let field = fields.iter().find(|field| field.has_flag(name));
        if field.is_some() || known.contains(&name) {
            if let Some(field) = field {
                call.flags.reported(&field.name);
            }
            call.faults.push(words(
                format!("--{name} has no value; one that looks like an option is written `--{name}=--VALUE`"),
                format!("--{name} 缺少值；如果值本身像选项，请写成 `--{name}=--VALUE`"),
            ));
            continue;
        }
        after_unknown = !argument.contains('=');
        let similar = suggest(&name.replace('_', "-"), known.iter().copied());
        let tip = similar.map_or_else(
            || words("see `--help`", "请看 `--help`").to_owned(),
            |similar| words(format!("did you mean `--{similar}`?"), format!("是不是 `--{similar}`？")),
        );
        call.faults.push(words(format!("--{name} is unknown; {tip}"), format!("未知选项 --{name}；{tip}")));
    }
}

/// Returns the fields that `--field NAME=VALUE` sets.
fn named(matches: &ArgMatches, fields: &[Field], faults: &mut Vec<String>) -> Vec<(String, String)> {
    let mut named = Vec::new();
    for given in texts(matches, BY_NAME) {
        let Some((name, value)) = given.split_once('=') else {
            faults.push(words(
                format!("--field: expected NAME=VALUE, found {given:?}"),
                format!("--field：应写成 NAME=VALUE（字段=值），而不是 {given:?}"),
            ));
            continue;
        };
        if fields.iter().any(|field| field.name == name) {
            named.push((name.to_owned(), value.to_owned()));
        } else {
            let known = fields.iter().map(|field| &*field.name);
            let similar = suggest(name, known).map(|similar| format!("; did you mean `{similar}`?"));
            let similar = similar.unwrap_or_default();
            faults.push(words(
                format!("--field: there is no field `{name}`{similar}"),
                format!("--field：没有字段 `{name}`{similar}"),
            ));
        }
    }
    named
}

/// Sets a field to the values of its flag. A flag replaces the value of a file.
fn set(field: &Field, values: Vec<String>, call: &mut Call) {
    let count = values.len();
    let mut values = values.into_iter().map(|value| read(field.of_value(), value));
    let value = match field.cardinality {
        _ if count == 0 => return,
        Cardinality::List => values.collect(),
        _ if count > 1 => {
            let flag = field.shown();
            call.flags.reported(&field.name);
            call.faults.push(words(
                format!("{flag} takes one value, and was given {count} times"),
                format!("{flag} 只能指定一次，而不是 {count} 次"),
            ));
            return;
        }
        _ => values.next().unwrap_or_default(),
    };
    call.arguments.insert(field.name.clone(), value);
}

/// Reads a value of a command line by its schema. A text that does not fit stays a text, for the tool to report.
fn read(schema: &Map<String, Value>, text: String) -> Value {
    let fits = |value: &Value| match schema.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("string") => false,
        _ => true,
    };
    serde_json::from_str(text.trim()).ok().filter(fits).unwrap_or(Value::String(text))
}

/// Adds the people of `--at` and `--at-user` to the field that mentions people.
fn mention(fields: &[Field], options: &SendArguments, call: &mut Call) {
    for (flag, kind, people) in
        [("--at", PersonKind::Number, &options.at), ("--at-user", PersonKind::Id, &options.at_user)]
    {
        if people.is_empty() {
            continue;
        }
        let able = || fields.iter().filter(|field| field.mentions.is_some());
        let of_kind: Vec<&Field> = able().filter(|field| field.mentions == Some(kind)).collect();
        // Names of people are good for either kind.
        let candidates = if of_kind.is_empty() { able().collect() } else { of_kind };
        match &candidates[..] {
            [] => call.faults.push(words(
                format!("{flag}: this notification cannot mention anyone: it has no field for that"),
                format!("{flag}：这个通知不能 @ 人：没有这样的字段"),
            )),
            [field] if field.cardinality == Cardinality::List => {
                if !call.arguments.contains_key(&field.name) {
                    call.flags.replace(&field.name, flag);
                }
                let list = call.arguments.entry(field.name.clone()).or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.extend(people.iter().map(|person| json!(person)));
                }
            }
            [field] if people.len() == 1 && !call.arguments.contains_key(&field.name) => {
                call.arguments.insert(field.name.clone(), json!(people[0]));
                call.flags.replace(&field.name, flag);
            }
            [field] => call.faults.push(words(
                format!("{flag}: this notification can mention one person; use only {}", field.shown()),
                format!("{flag}：这个通知只能 @ 一个人；请只用 {}", field.shown()),
            )),
            several => {
                let flags: Vec<String> = several.iter().map(|field| field.shown()).collect();
                let flags = flags.join(", ");
                call.faults.push(words(
                    format!("{flag}: several fields mention people; use one of {flags}"),
                    format!("{flag}：有多个字段可以 @ 人；请用其中之一：{flags}"),
                ));
            }
        }
    }
    if options.at_all {
        call.faults.push(
            words(
                "--at-all: a notification mentions everybody by a field of its own; see `--help`",
                "--at-all：通知由自己的字段 @所有人；请看 `--help`",
            )
            .to_owned(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_their_schema() {
        let read = |schema: Value, text: &str| read(schema.as_object().unwrap(), text.to_owned());
        for (kind, text, value) in [
            ("integer", "97", json!(97)),
            ("integer", " 97 ", json!(97)),
            ("integer", "many", json!("many")),
            ("number", "-5.5", json!(-5.5)),
            ("number", "true", json!("true")),
            ("boolean", "false", json!(false)),
            ("boolean", "no", json!("no")),
            ("string", "97", json!("97")),
            ("string", "null", json!("null")),
            ("object", r#"{"a": 1}"#, json!({"a": 1})),
        ] {
            assert_eq!(read(json!({"type": kind}), text), value, "{kind}: {text}");
        }
    }
}
