//! Advice on definitions, in addition to the rules of a set, whose violations are errors.
//!
//! The thresholds follow the public Tool Definition Quality Score (github.com/glama-ai/tool-definition-quality-score)
//! and the linters of definitions. A rule keeps its number.

use std::fmt;

use dingtalk_core::tool::{ToolSet, ToolSpec, ToolType};
use dingtalk_template::{Instruction, filler, instruction_like, overlap, undefined_acronyms};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Definition, deployment::Deployment};

/// The length of a whole description, in characters.
const DESCRIPTION: std::ops::RangeInclusive<usize> = 120..=700;

/// Maximum length of the first sentence, in characters: some clients show only that.
const FIRST_SENTENCE: usize = 160;

/// Number of tools among which an agent chooses well.
const TOOLS: std::ops::RangeInclusive<usize> = 3..=15;

/// Maximum cost of `tools/list`, in tokens: 3 % of a context of 200,000. Every conversation pays it.
const TOKEN_BUDGET: usize = 6_000;

/// Bytes of JSON per token, approximately, over the tokenizers in use.
const BYTES_PER_TOKEN: usize = 4;

/// Maximum share of words that the descriptions of two tools may have in common.
const OVERLAP: f64 = 0.55;

/// Advice on a set of tools, or on one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Lint {
    /// The rule, `W1` to `W7` or `W10`.
    pub rule: &'static str,
    /// The tool's name; `None` for the set as a whole.
    pub tool: Option<String>,
    /// The finding, and how to fix it.
    pub message: String,
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tool {
            Some(tool) => write!(f, "{} {tool}: {}", self.rule, self.message),
            None => write!(f, "{} {}", self.rule, self.message),
        }
    }
}

impl Deployment {
    /// Returns suggestions for better definitions of these tools.
    ///
    /// | rule | requirement |
    /// |---|---|
    /// | W1 | a description of 120 to 700 characters, with a first sentence of at most 160 |
    /// | W2 | 3 to 15 tools |
    /// | W3 | no tool that is far more work to call than another: an agent prefers the cheap one |
    /// | W4 | definitions of at most 6,000 tokens in total |
    /// | W5 | no empty words, such as `simply` |
    /// | W6 | descriptions with at most 55 % of their words in common |
    /// | W7 | abbreviations that are known or explained |
    /// | W10 | informative texts: no orders to a model, no invisible characters |
    pub fn lint(&self, tools: &ToolSet) -> Vec<Lint> {
        let definitions = self.definitions(tools);
        let specs: Vec<ToolSpec<'_>> = tools.iter().map(ToolType::spec).collect();
        let mut lints = Vec::new();
        for (spec, definition) in specs.iter().zip(&definitions) {
            let mut add =
                |rule, message| lints.push(Lint { rule, tool: Some(spec.name.to_owned()), message });
            for message in lengths(spec.purpose, &definition.description) {
                add("W1", message);
            }
            for message in fillers(&texts(spec)) {
                add("W5", message);
            }
            for message in orders(&titled(spec)) {
                add("W10", message);
            }
            for acronym in undefined_acronyms(&prose(spec)) {
                add("W7", unexplained(acronym));
            }
        }
        lints.extend(shadowed(&specs, &definitions));
        lints.extend(alike(&specs));
        lints.sort_by_key(|lint| specs.iter().position(|spec| Some(spec.name) == lint.tool.as_deref()));
        if let Some(status) = definitions.get(specs.len()) {
            lints.extend(of_definition(status));
        }
        let of_the_set = [
            count(specs.len()).map(|message| ("W2", message)),
            size(&definitions).map(|message| ("W4", message)),
        ];
        lints.extend(of_the_set.into_iter().flatten().map(|(rule, message)| Lint {
            rule,
            tool: None,
            message,
        }));
        lints
    }
}

/// Applies the rules over words to a tool that no type describes.
fn of_definition(definition: &Definition) -> Vec<Lint> {
    let properties = definition.input_schema.get("properties").and_then(Value::as_object);
    let parameters = properties.into_iter().flatten().filter_map(|(name, property)| {
        Some((format!("the parameter `{name}`"), property.get("description")?.as_str()?))
    });
    let description = ("the description".to_owned(), &*definition.description);
    let texts: Vec<(String, &str)> = std::iter::once(description).chain(parameters).collect();
    let prose = texts.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(". ");
    let lengths = lengths(&definition.description, &definition.description).into_iter();
    let mut found: Vec<(&'static str, String)> = lengths.map(|message| ("W1", message)).collect();
    found.extend(fillers(&texts).into_iter().map(|message| ("W5", message)));
    found.extend(orders(&texts).into_iter().map(|message| ("W10", message)));
    found.extend(undefined_acronyms(&prose).into_iter().map(|acronym| ("W7", unexplained(acronym))));
    let lint = |(rule, message)| Lint { rule, tool: Some(definition.name.clone()), message };
    found.into_iter().map(lint).collect()
}

/// Returns all texts that the author of a tool wrote for agents.
fn prose(spec: &ToolSpec<'_>) -> String {
    let texts = texts(spec).into_iter().map(|(_, text)| text);
    texts.collect::<Vec<_>>().join(". ")
}

fn texts<'s>(spec: &ToolSpec<'s>) -> Vec<(String, &'s str)> {
    let parameters = spec
        .parameters
        .iter()
        .map(|parameter| (format!("the parameter `{}`", parameter.field.name), parameter.description));
    [
        ("the description".to_owned(), Some(spec.purpose)),
        ("`when`".to_owned(), spec.when),
        ("`not_when`".to_owned(), spec.not_when),
    ]
    .into_iter()
    .filter_map(|(place, text)| Some((place, text?)))
    .chain(parameters)
    .collect()
}

fn titled<'s>(spec: &ToolSpec<'s>) -> Vec<(String, &'s str)> {
    std::iter::once(("the title".to_owned(), spec.title)).chain(texts(spec)).collect()
}

/// W1.
fn lengths(purpose: &str, description: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let length = description.chars().count();
    if !DESCRIPTION.contains(&length) {
        let (least, most) = (DESCRIPTION.start(), DESCRIPTION.end());
        let advice =
            if length < *least { "say what happens, when and to whom" } else { "keep what helps to choose" };
        messages
            .push(format!("the description has {length} characters; expected {least} to {most}: {advice}"));
    }
    let first = first_sentence(purpose).chars().count();
    if first > FIRST_SENTENCE {
        messages.push(format!(
            "the first sentence has {first} characters: state the purpose in at most {FIRST_SENTENCE}, and the rest after it"
        ));
    }
    messages
}

fn first_sentence(text: &str) -> &str {
    let end = text.char_indices().find(|&(at, c)| {
        let rest = &text[at + c.len_utf8()..];
        matches!(c, '。' | '！' | '？')
            || (matches!(c, '.' | '!' | '?') && rest.starts_with(char::is_whitespace))
    });
    end.map_or(text, |(at, c)| &text[..at + c.len_utf8()])
}

/// W2.
fn count(tools: usize) -> Option<String> {
    let (least, most) = (TOOLS.start(), TOOLS.end());
    (!TOOLS.contains(&tools)).then(|| {
        let s = if tools == 1 { "" } else { "s" };
        format!("the set has {tools} tool{s}: agents choose best among {least} to {most}")
    })
}

/// W3: the cheapest tool that an agent may prefer to each expensive one.
fn shadowed(specs: &[ToolSpec<'_>], definitions: &[Definition]) -> Vec<Lint> {
    let costs: Vec<(usize, &str)> = definitions
        .iter()
        .zip(specs)
        .map(|(definition, spec)| (invocation_cost(&definition.input_schema), spec.name))
        .collect();
    let Some(&(cheap, by)) = costs.iter().min_by_key(|(cost, _)| *cost) else { return Vec::new() };
    let dear = costs.iter().filter(|(dear, _)| *dear >= 2 * cheap && dear - cheap >= 4);
    dear.map(|(dear, name)| Lint {
        rule: "W3",
        tool: Some((*name).to_owned()),
        message: format!(
            "a call costs {dear}, but only {cheap} for `{by}`, which agents may prefer: make parameters optional, or \
             give them defaults"
        ),
    })
    .collect()
}

/// Returns the work of filling in the required part of a schema: its fields, and 2 for each level below the first. The
/// formula of the Tool Definition Quality Score, without its term for unions, which a set refuses.
fn invocation_cost(schema: &Map<String, Value>) -> usize {
    let (fields, depth) = required_subtree(schema);
    fields + 2 * depth.saturating_sub(1)
}

/// Returns the number of required fields, containers included, and the depth.
fn required_subtree(schema: &Map<String, Value>) -> (usize, usize) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return (0, 0) };
    let required = schema.get("required").and_then(Value::as_array);
    let required = required.into_iter().flatten().filter_map(|name| properties.get(name.as_str()?));
    // DingTalk has no card without items: nobody can make such a list optional.
    let required = required.filter(|property| property.get("minItems").is_none());
    let (mut fields, mut deepest) = (0, 0);
    for property in required {
        let inside = property.get("items").unwrap_or(property).as_object();
        let (within, depth) = inside.map_or((0, 0), required_subtree);
        fields += 1 + within;
        deepest = deepest.max(depth);
    }
    (fields, 1 + deepest)
}

/// W4.
fn size(definitions: &[Definition]) -> Option<String> {
    let bytes: usize = definitions
        .iter()
        .filter_map(|definition| serde_json::to_string(definition).ok())
        .map(|json| json.len())
        .sum();
    let tokens = bytes / BYTES_PER_TOKEN;
    (tokens > TOKEN_BUDGET).then(|| {
        format!("the definitions are about {tokens} tokens: stay below {TOKEN_BUDGET}, or serve fewer tools")
    })
}

/// W7.
fn unexplained(acronym: &str) -> String {
    format!("`{acronym}` may be unknown: explain it in parentheses, or spell it out")
}

/// W5.
fn fillers(texts: &[(String, &str)]) -> Vec<String> {
    let found =
        texts.iter().flat_map(|(place, text)| filler(text).into_iter().map(move |word| (place, word)));
    found.map(|(place, word)| format!("{place} has the empty word `{word}`: remove it")).collect()
}

/// W10.
fn orders(texts: &[(String, &str)]) -> Vec<String> {
    let found = texts.iter().filter_map(|(place, text)| {
        let found = instruction_like(text)?;
        let why = match found {
            Instruction::Character(_) => "it is invisible to people, but not to a model",
            _ => "a definition informs and gives no orders",
        };
        Some(format!("{place} has {found}: {why}; remove it"))
    });
    found.collect()
}

/// W6.
fn alike(specs: &[ToolSpec<'_>]) -> Vec<Lint> {
    let own = |spec: &ToolSpec<'_>| format!("{} {}", spec.purpose, spec.when.unwrap_or_default());
    let mut lints = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        for other in &specs[..index] {
            let share = overlap(&own(spec), &own(other));
            if share > OVERLAP {
                let message = format!(
                    "its description and its `when` have {:.0} % of their words in common with those of `{}`: state the \
                     difference",
                    share * 100.0,
                    other.name
                );
                lints.push(Lint { rule: "W6", tool: Some(spec.name.to_owned()), message });
            }
        }
    }
    lints
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sentence_ends_before_white_space_or_in_chinese() {
        for (text, first) in [
            ("Use 3.5 of it. Then stop.", "Use 3.5 of it."),
            ("发送告警。每个成员都能看到。", "发送告警。"),
            ("Really?\nYes", "Really?"),
            ("no end", "no end"),
        ] {
            assert_eq!(first_sentence(text), first);
        }
    }

    #[test]
    fn a_description_is_neither_short_nor_long() {
        assert_eq!(lengths("A.", &"x".repeat(120)), [""; 0]);
        assert_eq!(lengths("A.", &"钉".repeat(700)), [""; 0]);
        assert!(
            lengths("A.", &"x".repeat(119))[0]
                .starts_with("the description has 119 characters; expected 120 to 700: say")
        );
        assert!(
            lengths("A.", &"x".repeat(701))[0]
                .starts_with("the description has 701 characters; expected 120 to 700: keep")
        );
    }

    /// The examples of the published formula.
    #[test]
    fn required_fields_and_levels_cost() {
        let cost = |schema: Value| invocation_cost(schema.as_object().unwrap());
        let scalar = json!({"type": "string"});
        assert_eq!(cost(json!({"type": "object", "properties": {}})), 0);
        let four = json!({"a": scalar, "b": scalar, "c": scalar, "d": scalar, "e": scalar});
        assert_eq!(cost(json!({"type": "object", "properties": four, "required": ["a", "b", "c", "d"]})), 4);
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let eight: Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), scalar.clone())).collect();
        let inner = json!({"type": "object", "properties": eight, "required": names});
        assert_eq!(cost(inner.clone()), 8);
        let wrapped =
            |inner: Value| json!({"type": "object", "properties": {"all": inner}, "required": ["all"]});
        assert_eq!(cost(wrapped(inner.clone())), 11);
        assert_eq!(cost(wrapped(json!({"type": "array", "items": inner}))), 11);
        let optional = json!({"type": "object", "properties": {"all": inner}});
        assert_eq!(cost(optional), 0);
    }
}
