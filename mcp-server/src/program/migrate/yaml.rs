//! YAML as a tree whose nodes know their lines. Scalars stay texts: their reader knows the type.

use saphyr::{MarkedYaml, ScalarStyle, YamlData, YamlLoader};
use saphyr_parser::{BufferedInput, Parser};

/// A value with the line at which it begins.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

#[derive(Clone)]
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<Node>),
    /// Keys in their order, each with its line.
    Table(Vec<(String, usize, Node)>),
}

/// A text that is not YAML: its line, and the reason in English.
pub(super) struct Malformed {
    pub(super) line: usize,
    pub(super) reason: String,
}

/// Reads the only document of a text.
pub(super) fn read(text: &str) -> Result<Node, Malformed> {
    let mut loader = YamlLoader::<MarkedYaml<'_>>::default();
    loader.early_parse(false);
    let malformed = |error: &saphyr::ScanError| Malformed {
        line: error.marker().line(),
        reason: error.info().to_owned(),
    };
    let mut parser = Parser::new(BufferedInput::new(text.chars()));
    parser.load(&mut loader, true).map_err(|error| malformed(&error))?;
    if let Some(error) = loader.error() {
        return Err(malformed(error));
    }
    let documents = loader.into_documents();
    match &documents[..] {
        [] => Ok(Node { line: 1, value: Value::Null }),
        [only] => node(only),
        [_, second, ..] => Err(Malformed {
            line: second.span.start.line(),
            reason: "a second document begins: only one is expected".to_owned(),
        }),
    }
}

fn node(yaml: &MarkedYaml<'_>) -> Result<Node, Malformed> {
    let line = yaml.span.start.line();
    let value = match &yaml.data {
        YamlData::Representation(text, style, _) => {
            let is_null =
                *style == ScalarStyle::Plain && matches!(&**text, "" | "~" | "null" | "Null" | "NULL");
            if is_null { Value::Null } else { Value::Text(text.to_string()) }
        }
        YamlData::Sequence(list) => Value::List(list.iter().map(node).collect::<Result<_, _>>()?),
        YamlData::Mapping(table) => {
            let (mut entries, mut merged) = (Vec::new(), Vec::new());
            for (key, value) in table {
                let key = node(key)?;
                let value = node(value)?;
                match key.value {
                    Value::Text(name) if name == "<<" => merged.push(value),
                    Value::Text(name) => entries.push((name, key.line, value)),
                    _ => {
                        return Err(Malformed {
                            line: key.line,
                            reason: "expected a text as a key".to_owned(),
                        });
                    }
                }
            }
            for table in merged {
                merge(&mut entries, table)?;
            }
            Value::Table(entries)
        }
        YamlData::Tagged(_, inner) => return node(inner),
        _ => return Err(Malformed { line, reason: "invalid value".to_owned() }),
    };
    Ok(Node { line, value })
}

/// Adds the entries of a merge key that the table does not have itself.
fn merge(entries: &mut Vec<(String, usize, Node)>, from: Node) -> Result<(), Malformed> {
    match from.value {
        Value::Table(others) => {
            for (name, line, value) in others {
                if !entries.iter().any(|(known, ..)| *known == name) {
                    entries.push((name, line, value));
                }
            }
            Ok(())
        }
        Value::List(tables) => tables.into_iter().try_for_each(|table| merge(entries, table)),
        _ => Err(Malformed { line: from.line, reason: "`<<` needs a table".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(node: &Node) -> String {
        match &node.value {
            Value::Null => "null".to_owned(),
            Value::Text(text) => format!("{text:?}"),
            Value::List(list) => format!("[{}]", list.iter().map(shown).collect::<Vec<_>>().join(", ")),
            Value::Table(table) => {
                let entries =
                    table.iter().map(|(key, line, value)| format!("{key}@{line}: {}", shown(value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }

    #[test]
    fn texts_keep_their_spelling_and_keys_their_lines() {
        let read = |text| read(text).map(|node| shown(&node)).map_err(|error| (error.line, error.reason));
        assert_eq!(
            read("a: +86-139\nb:\n  - 007\n  - 'null'\n  - ~\n").as_deref(),
            Ok(r#"{a@1: "+86-139", b@2: ["007", "null", null]}"#)
        );
        assert_eq!(
            read("base: &base { secret: x, url: y }\nops:\n  <<: *base\n  url: z\n").as_deref(),
            Ok(r#"{base@1: {secret@1: "x", url@1: "y"}, ops@2: {url@4: "z", secret@1: "x"}}"#)
        );
        assert_eq!(read("a: 1\na: 2\n").map_err(|(line, _)| line), Err(2));
        assert_eq!(read("a: [1\nb: 2\n").map_err(|(line, _)| line > 0), Err(true));
        assert_eq!(read("a: 1\n---\nb: 2\n").map_err(|(line, _)| line), Err(3));
        assert_eq!(read("").as_deref(), Ok("null"));
    }
}
