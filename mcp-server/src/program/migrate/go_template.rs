//! Go templates, as far as a reader has to know them: their texts, their actions, and the templates that they define.

use std::collections::BTreeMap;

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    Action(Action<'t>),
}

/// An action, `{{ … }}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Action<'t> {
    /// Without braces, markers of white space and white space at its ends.
    pub(super) text: &'t str,
    /// Line in the template, from 1.
    pub(super) line: usize,
    /// Bytes in the template, with the braces.
    from: usize,
    until: usize,
}

/// A template that a file defines.
#[derive(Debug, Clone)]
pub(super) struct Defined {
    pub(super) text: String,
    pub(super) file: String,
    /// Line of the file at which the text begins.
    pub(super) line: usize,
}

/// Takes a template apart. Comments are left out; an action that does not end is the rest of the text.
pub(super) fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(from) = template[at..].find("{{").map(|found| at + found) {
        if from > at {
            pieces.push(Piece::Text(&template[at..from]));
        }
        let inside = from + 2;
        let end = end_of_action(&template[inside..]).map_or(template.len(), |end| inside + end);
        let until = (end + 2).min(template.len());
        let text = template[inside..end].trim();
        let text =
            text.strip_prefix("- ").or(text.strip_prefix('-').filter(|rest| rest.is_empty())).unwrap_or(text);
        let text = text.strip_suffix(" -").unwrap_or(text).trim();
        if !text.starts_with("/*") {
            let line = 1 + template[..from].matches('\n').count();
            pieces.push(Piece::Action(Action { text, line, from, until }));
        }
        at = until;
    }
    if at < template.len() {
        pieces.push(Piece::Text(&template[at..]));
    }
    pieces
}

/// Finds the braces that end an action, which stand outside of its strings and comments.
fn end_of_action(inside: &str) -> Option<usize> {
    let begin = inside.trim_start_matches(['-', ' ', '\t', '\r', '\n']);
    let mut at = inside.len() - begin.len();
    if begin.starts_with("/*") {
        at += begin.find("*/").map_or(begin.len(), |end| end + 2);
        return inside[at..].find("}}").map(|end| at + end);
    }
    let mut quote = None;
    let mut is_escaped = false;
    for (index, c) in inside.char_indices() {
        match quote {
            Some(open) => {
                if c == open && !is_escaped {
                    quote = None;
                }
                is_escaped = open != '`' && c == '\\' && !is_escaped;
            }
            None if matches!(c, '"' | '`' | '\'') => quote = Some(c),
            None if inside[index..].starts_with("}}") => return Some(index),
            None => {}
        }
    }
    None
}

/// Adds the templates that a file defines, the later ones in place of earlier ones.
pub(super) fn define(file: &str, template: &str, defined: &mut BTreeMap<String, Defined>) {
    let mut open: Vec<Option<(String, usize)>> = Vec::new();
    for piece in pieces(template) {
        let Piece::Action(action) = piece else { continue };
        let mut words = action.text.split_whitespace();
        match words.next() {
            Some("define" | "block") => {
                open.push(words.next().and_then(name).map(|name| (name, action.until)));
            }
            Some("if" | "range" | "with") => open.push(None),
            Some("end") => {
                let Some(Some((name, from))) = open.pop() else { continue };
                let text = template[from..action.from].to_owned();
                let line = 1 + template[..from].matches('\n').count();
                defined.insert(name, Defined { text, file: file.to_owned(), line });
            }
            _ => {}
        }
    }
}

/// Returns the name of the template that an action shows, and what it is given.
pub(super) fn shown_template(action: &str) -> Option<(String, &str)> {
    let rest = action.strip_prefix("template").or_else(|| action.strip_prefix("block"))?;
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let end = rest[1.min(rest.len())..].find(['"', '`'])? + 2;
    Some((name(&rest[..end])?, rest[end..].trim()))
}

fn name(word: &str) -> Option<String> {
    let quoted = word.strip_prefix(['"', '`'])?.strip_suffix(['"', '`'])?;
    Some(quoted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(template: &str) -> Vec<(&str, usize)> {
        let pieces = pieces(template).into_iter().filter_map(|piece| match piece {
            Piece::Action(action) => Some((action.text, action.line)),
            Piece::Text(_) => None,
        });
        pieces.collect()
    }

    #[test]
    fn an_action_ends_outside_of_its_strings() {
        assert_eq!(
            actions(
                "a {{- .Status | printf \"}}%s\" -}}\n{{/* {{ .A }} */}}\n{{ `}}` }}{{- /* x */ -}} {{.B}}"
            ),
            [(".Status | printf \"}}%s\"", 1), ("`}}`", 3), (".B", 3)]
        );
        assert_eq!(actions("{{ .Status "), [(".Status", 1)]);
        assert_eq!(actions("{{ -1 }}"), [("-1", 1)]);
    }

    #[test]
    fn definitions_end_at_their_own_end() {
        let mut defined = BTreeMap::new();
        define(
            "a.tmpl",
            "{{ define \"x\" }}{{ range .Alerts }}{{ .Status }}{{ end }}!{{ end }}\n{{ define \"y\" }}\n2{{ end }}",
            &mut defined,
        );
        assert_eq!(defined["x"].text, "{{ range .Alerts }}{{ .Status }}{{ end }}!");
        assert_eq!((defined["y"].text.as_str(), defined["y"].line), ("\n2", 2));
        assert_eq!(
            shown_template("template \"a b\" .Alerts.Firing"),
            Some(("a b".to_owned(), ".Alerts.Firing"))
        );
        assert_eq!(shown_template("templates"), None);
    }
}
