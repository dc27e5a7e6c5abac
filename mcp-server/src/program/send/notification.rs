//! The commands for notifications: those of the program's types, and those that the configuration file declares.

use std::collections::BTreeSet;

use clap::{
    Arg, ArgAction, Command, Subcommand,
    builder::{PossibleValue, StringValueParser, TypedValueParser},
};
use dingtalk_core::{
    delivery::Language,
    tool::{Cardinality, Parameter, PersonKind, ToolType},
};
use serde_json::{Map, Value};

use super::{super::Program, arguments::MessageArguments};
use crate::builtin_tools;

/// Beginning of the ids of arguments that are fields, which keeps them apart from the options of `send`.
pub(in crate::program) const FIELD: &str = "field.";

/// Id of the arguments that no flag takes.
pub(super) const REST: &str = "rest.arguments";

/// Id of `--field`.
pub(super) const BY_NAME: &str = "rest.field";

/// Id of `--fields`.
pub(super) const FIELDS: &str = "rest.fields";

/// Position of the options of `send` in the help of a notification.
pub(in crate::program) const AFTER_FIELDS: usize = 100;

/// Flags that every notification's command has beside those of `send`.
const OWN_FLAGS: [&str; 4] = ["help", "version", "field", "fields"];

/// A notification that can be sent, and the names of its command.
pub(in crate::program) struct Sendable {
    pub(super) tool: ToolType,
    name: String,
    aliases: Vec<String>,
}

impl Sendable {
    /// Returns the notifications of the program and of its configuration file. A command is named like its tool,
    /// without `send_`; if a type of message or an earlier notification has that name, it has the tool's whole name.
    pub(in crate::program) fn all(program: &Program, declared: &[ToolType]) -> Vec<Self> {
        let builtin: Vec<ToolType> = builtin_tools().into_iter().collect();
        let is_builtin = |tool: &ToolType| {
            let (name, purpose) = (tool.spec().name, tool.spec().purpose);
            builtin.iter().any(|known| (known.spec().name, known.spec().purpose) == (name, purpose))
        };
        let messages = MessageArguments::augment_subcommands(Command::new(""));
        let mut taken: BTreeSet<String> =
            messages.get_subcommands().map(|message| message.get_name().to_owned()).collect();
        taken.insert("help".to_owned());
        let own = program.tools.iter().chain(declared).filter(|tool| !is_builtin(tool));
        own.filter_map(|tool| {
            let whole = tool.spec().name;
            let short = whole.strip_prefix("send_").filter(|short| !short.is_empty()).unwrap_or(whole);
            let names = [short.to_owned(), short.replace('_', "-"), whole.to_owned()];
            let mut names = names.into_iter().filter(|name| taken.insert(name.clone()));
            let name = names.next()?;
            Some(Self { tool: tool.clone(), name, aliases: names.collect() })
        })
        .collect()
    }

    /// Finds a notification by a name of its command, or of its tool.
    pub(in crate::program) fn find<'s>(sendables: &'s [Self], name: &str) -> Option<&'s Self> {
        sendables.iter().find(|sendable| {
            sendable.name == name
                || sendable.aliases.iter().any(|alias| alias == name)
                || sendable.tool.spec().name == name
        })
    }

    /// Returns the command, whose flags are the fields. `send` has the flags that a field cannot have.
    pub(in crate::program) fn command(&self, send: &Command, language: Language) -> Command {
        let texts = Texts::of(language);
        let fields = Fields::new(&self.tool, send);
        let spec = self.tool.spec();
        let mut command = Command::new(self.name.clone())
            .about(spec.purpose.split_whitespace().collect::<Vec<_>>().join(" "))
            .aliases(&self.aliases)
            .args(fields.0.iter().enumerate().filter_map(|(order, field)| field.argument(order, texts)))
            .arg(
                Arg::new(BY_NAME)
                    .long("field")
                    .value_name("NAME=VALUE")
                    .help(texts.by_name)
                    .action(ArgAction::Append)
                    .display_order(AFTER_FIELDS),
            )
            .arg(
                Arg::new(FIELDS)
                    .long("fields")
                    .value_name("FILE")
                    .help(texts.fields)
                    .display_order(AFTER_FIELDS),
            )
            // Everything that no flag takes is reported together with all other faults.
            .arg(Arg::new(REST).hide(true).num_args(0..).last(true));
        let hidden: Vec<&str> =
            fields.0.iter().filter(|field| field.flag.is_none()).map(|field| &*field.name).collect();
        if !hidden.is_empty() {
            command = command.after_help(texts.hidden.replace("{names}", &hidden.join(", ")));
        }
        command
    }
}

/// The fields of a notification as flags.
pub(in crate::program) struct Fields(pub(super) Vec<Field>);

/// A field of a notification.
pub(super) struct Field {
    pub(super) name: String,
    /// The flag without its hyphens; `None` if `send` has that flag.
    pub(super) flag: Option<String>,
    aliases: Vec<String>,
    pub(super) schema: Map<String, Value>,
    pub(super) cardinality: Cardinality,
    pub(super) mentions: Option<PersonKind>,
    is_required: bool,
}

impl Fields {
    pub(super) fn new(tool: &ToolType, send: &Command) -> Self {
        let mut taken: BTreeSet<String> = OWN_FLAGS.map(str::to_owned).into();
        for flag in send.get_arguments() {
            taken.extend(flag.get_long_and_visible_aliases().into_iter().flatten().map(str::to_owned));
        }
        let spec = tool.spec();
        let schema = spec.input_schema();
        let field = |parameter: Parameter<'_>| {
            let name = parameter.field.name;
            let spellings = [kebab(name), name.to_owned(), kebab(name).replace('-', "_")];
            let mut free = spellings.into_iter().filter(|spelling| taken.insert(spelling.clone()));
            Field {
                flag: free.next(),
                aliases: free.collect(),
                schema: schema["properties"][name].as_object().cloned().unwrap_or_default(),
                cardinality: parameter.cardinality,
                mentions: parameter.mentions,
                is_required: parameter.is_required(),
                name: name.to_owned(),
            }
        };
        Self(spec.parameters.iter().map(field).collect())
    }
}

impl Field {
    pub(super) fn id(&self) -> String {
        format!("{FIELD}{}", self.name)
    }

    /// Reports whether the name is one of the flag's spellings.
    pub(super) fn has_flag(&self, name: &str) -> bool {
        self.flag.as_deref() == Some(name) || self.aliases.iter().any(|alias| alias == name)
    }

    /// Returns the name by which a command line gives the field.
    pub(super) fn shown(&self) -> String {
        self.flag.as_ref().map_or_else(|| format!("--field {}", self.name), |flag| format!("--{flag}"))
    }

    /// Returns the schema of one value.
    pub(super) fn of_value(&self) -> &Map<String, Value> {
        let items = self.schema.get("items").filter(|_| self.cardinality == Cardinality::List);
        items.and_then(Value::as_object).unwrap_or(&self.schema)
    }

    fn argument(&self, order: usize, texts: &Texts) -> Option<Arg> {
        let mut arg = Arg::new(self.id())
            .long(self.flag.clone()?)
            .aliases(&self.aliases)
            .help(self.help(texts))
            .action(ArgAction::Append)
            .display_order(order.min(AFTER_FIELDS));
        if self.cardinality == Cardinality::Flag {
            arg = arg
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .hide_possible_values(true);
            return Some(
                arg.value_parser(Suggested(vec!["true".to_owned(), "false".to_owned()]))
                    .value_name("BOOLEAN"),
            );
        }
        arg = arg.value_name(self.value_name());
        let choices = self.of_value().get("enum").and_then(Value::as_array).into_iter().flatten();
        let choices: Vec<String> = choices.map(plain).collect();
        if !choices.is_empty() {
            arg = arg.value_parser(Suggested(choices)).hide_possible_values(true);
        }
        Some(if self.mentions.is_some() { arg.value_delimiter(',') } else { arg })
    }

    /// Returns a word for the form of the values.
    fn value_name(&self) -> &'static str {
        let schema = self.of_value();
        let word = |key: &str| schema.get(key).and_then(Value::as_str);
        match (self.mentions, word("format"), word("type")) {
            (Some(PersonKind::Number), ..) => "MOBILE",
            (Some(_), ..) => "ID",
            (_, Some("date-time"), _) => "TIME",
            (.., Some("integer")) => "INTEGER",
            (.., Some("number")) => "NUMBER",
            (.., Some("string")) if schema.contains_key("enum") => "CHOICE",
            (.., Some("string")) => "TEXT",
            _ => "JSON",
        }
    }

    /// Returns the description with its limits, and the choices, the default and an example.
    fn help(&self, texts: &Texts) -> String {
        let mut help = self.schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        let list = |key: &str, schema: &Map<String, Value>| {
            let values = schema.get(key).and_then(Value::as_array).into_iter().flatten();
            values.map(plain).collect::<Vec<_>>().join(", ")
        };
        let default = self.schema.get("default").filter(|_| self.cardinality != Cardinality::Flag).map(plain);
        for (word, values) in [
            (texts.choices, list("enum", self.of_value())),
            (texts.default, default.unwrap_or_default()),
            (texts.example, list("examples", &self.schema)),
        ] {
            if !values.is_empty() {
                help.push_str(&format!(" [{word}{values}]"));
            }
        }
        if self.is_required {
            help.push_str(&format!(" [{}]", texts.required));
        }
        if self.cardinality == Cardinality::List {
            help.push_str(&format!(" [{}]", texts.repeat));
        }
        help
    }
}

/// Returns a text without quotes, and any other value as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the name in kebab case: `on_call` and `onCall` become `on-call`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && index > 0 && !kebab.ends_with('-') {
            kebab.push('-');
        }
        match letter {
            '_' => kebab.push('-'),
            letter => kebab.extend(letter.to_lowercase()),
        }
    }
    kebab
}

/// Values that completions suggest. All values are accepted here: the tool reports invalid ones, all at once.
#[derive(Clone)]
struct Suggested(Vec<String>);

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(PossibleValue::new)))
    }
}

/// Words around a field's description.
#[derive(Clone, Copy)]
struct Texts {
    choices: &'static str,
    default: &'static str,
    example: &'static str,
    required: &'static str,
    repeat: &'static str,
    by_name: &'static str,
    fields: &'static str,
    /// `{names}` stands for the fields.
    hidden: &'static str,
}

impl Texts {
    fn of(language: Language) -> &'static Self {
        match language {
            Language::Zh => &CHINESE,
            _ => &ENGLISH,
        }
    }
}

const ENGLISH: Texts = Texts {
    choices: "one of: ",
    default: "default: ",
    example: "for example: ",
    required: "required",
    repeat: "repeat for several",
    by_name: "Set a field by its name, also one whose flag is an option of `send`; repeat for several",
    fields: "Read the fields from this file, a JSON object; `-` for stdin. Flags take precedence",
    hidden: "Without a flag of its own, set by `--field NAME=VALUE`: {names}",
};

const CHINESE: Texts = Texts {
    choices: "可选：",
    default: "默认：",
    example: "例如：",
    required: "必填",
    repeat: "可多次指定",
    by_name: "按名称设置字段，包括与 `send` 的选项同名的字段；可多次指定",
    fields: "从这个文件读取各字段（一个 JSON 对象）；`-` 表示标准输入。命令行上的选项优先",
    hidden: "没有自己的选项，用 `--field NAME=VALUE` 设置：{names}",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_in_kebab_case() {
        for (name, flag) in [
            ("host", "host"),
            ("on_call", "on-call"),
            ("pictureUrl", "picture-url"),
            ("Host", "host"),
            ("a_B", "a-b"),
        ] {
            assert_eq!(kebab(name), flag);
        }
    }
}
