//! Meaning of a target's Go templates: those of the program by their names, and the values that others show.

use std::collections::{BTreeMap, BTreeSet};

use super::go_template::{Action, Defined, Piece, pieces, shown_template};

/// Deepest nesting of templates.
const MAX_DEPTH: usize = 16;

/// Maximum length of the words before a value, in characters.
const MAX_WORDS: usize = 40;

/// Templates that the program had, each with those that it shows.
const BUILT_IN: [(&str, &[&str]); 10] = [
    ("__subject", &[]),
    ("__alertmanagerURL", &[]),
    ("__text_alert_list", &[]),
    ("default.__text_alert_list", &[]),
    ("default.title", &["__subject"]),
    ("default.content", &["__alertmanagerURL", "default.__text_alert_list"]),
    ("legacy.title", &["__subject"]),
    ("legacy.content", &["__alertmanagerURL", "__text_alert_list"]),
    ("ding.link.title", &["default.title"]),
    ("ding.link.content", &["default.content"]),
];

/// Templates that a message can use.
pub(super) struct Templates {
    pub(super) defined: BTreeMap<String, Defined>,
    pub(super) has_built_in: bool,
}

/// A text of a message.
#[derive(Debug)]
pub(super) enum Meaning {
    /// One of the program's own templates, by its name.
    BuiltIn(&'static str),
    Custom(Custom),
}

/// A text of the user's own.
#[derive(Debug, Default)]
pub(super) struct Custom {
    /// The templates, each with its place.
    pub(super) sources: Vec<Source>,
    /// Values of the group of alerts, in their order.
    pub(super) group: Vec<Shown>,
    /// Values of each alert.
    pub(super) alert: Vec<Shown>,
    /// Actions without a counterpart, each with its place.
    pub(super) untranslated: Vec<(String, String)>,
    /// Text after the last value.
    pub(super) tail: String,
}

#[derive(Debug)]
pub(super) struct Source {
    pub(super) place: String,
    pub(super) text: String,
}

/// A value, with the text before it on its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) before: String,
    pub(super) value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A path of the payload, or of an alert.
    Path(String),
    /// A point in time at this path.
    Time(&'static str),
    /// The state of the group; in capitals if the flag is set.
    Status(bool),
    /// Number of the alerts with this state, or of all.
    Count(Option<&'static str>),
    /// All entries of a table of the payload, or of an alert.
    Entries(String),
}

impl Templates {
    /// Returns the meaning of a template; the name of one that is missing otherwise. `place` is that of the text.
    pub(super) fn meaning(&self, place: &str, line: usize, text: &str) -> Result<Meaning, String> {
        let mut followed = text.to_owned();
        for _ in 0..MAX_DEPTH {
            let Some(name) = only_template(&followed) else { break };
            if let Some(defined) = self.defined.get(&name) {
                followed.clone_from(&defined.text);
                if only_template(&followed).is_none() {
                    let place = format!("{}, `{name}`", defined.file);
                    return self.custom(&place, defined.line, &defined.text);
                }
                continue;
            }
            let Some((own, parts)) = self.built_in(&name) else { return Err(name) };
            if let ["default.title" | "default.content"] = parts {
                followed = format!("{{{{ template \"{}\" . }}}}", parts[0]);
                continue;
            }
            let replaced = parts.iter().find_map(|part| Some((*part, self.defined.get(*part)?)));
            return match replaced {
                None => Ok(Meaning::BuiltIn(own)),
                Some((part, defined)) => {
                    let place = format!("{}, `{part}`", defined.file);
                    self.custom(&place, defined.line, &defined.text)
                }
            };
        }
        self.custom(place, line, text)
    }

    fn built_in(&self, name: &str) -> Option<(&'static str, &'static [&'static str])> {
        BUILT_IN.iter().copied().find(|(own, _)| *own == name && self.has_built_in)
    }

    fn custom(&self, place: &str, line: usize, text: &str) -> Result<Meaning, String> {
        let mut reader = Reader { templates: self, custom: Custom::default(), seen: BTreeSet::new() };
        reader.read(place, line, text, 0)?;
        Ok(Meaning::Custom(reader.custom))
    }
}

/// Returns the name of the template that a text shows, if it shows nothing else.
fn only_template(text: &str) -> Option<String> {
    let mut name = None;
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) if text.trim().is_empty() => {}
            Piece::Action(action) if name.is_none() => match shown_template(action.text)? {
                (shown, "." | "$") => name = Some(shown),
                _ => return None,
            },
            _ => return None,
        }
    }
    name
}

struct Reader<'t> {
    templates: &'t Templates,
    custom: Custom,
    /// Templates that were read: each is listed once.
    seen: BTreeSet<String>,
}

impl Reader<'_> {
    fn read(&mut self, place: &str, line: usize, text: &str, depth: usize) -> Result<(), String> {
        self.custom.sources.push(Source { place: format!("{place}, line {line}"), text: text.to_owned() });
        let mut before = String::new();
        // Blocks that are open: in one over entries, names and values have no counterpart of their own.
        let mut open = Vec::new();
        for piece in pieces(text) {
            let action = match piece {
                Piece::Text(text) => {
                    match text.rsplit_once('\n') {
                        Some((_, last)) => last.clone_into(&mut before),
                        None => before.push_str(text),
                    }
                    continue;
                }
                Piece::Action(action) => action,
            };
            if let Some((name, _)) = shown_template(action.text) {
                if action.text.starts_with("block") {
                    open.push(Block::Kept);
                }
                self.template(&name, depth)?;
                before.clear();
                continue;
            }
            self.action(&action, place, line, &mut open, &before);
            before.clear();
        }
        self.custom.tail = before;
        Ok(())
    }

    fn template(&mut self, name: &str, depth: usize) -> Result<(), String> {
        if let Some(defined) = self.templates.defined.get(name).cloned() {
            if depth < MAX_DEPTH && self.seen.insert(name.to_owned()) {
                let tail = std::mem::take(&mut self.custom.tail);
                self.read(&format!("{}, `{name}`", defined.file), defined.line, &defined.text, depth + 1)?;
                self.custom.tail = tail;
            }
            return Ok(());
        }
        let Some((own, _)) = self.templates.built_in(name) else { return Err(name.to_owned()) };
        let path = |path: &str| Value::Path(path.to_owned());
        match own {
            "__subject" | "default.title" | "legacy.title" | "ding.link.title" => {
                let name = path("groupLabels.alertname");
                let parts = [("[", Value::Status(true)), (":", Value::Count(Some("firing"))), ("] ", name)];
                for (before, value) in parts {
                    self.custom.group.push(Shown { before: before.to_owned(), value });
                }
            }
            // The skeleton links to Alertmanager by itself.
            "__alertmanagerURL" => {}
            _ => {
                let parts = [path("annotations.summary"), path("annotations.description")];
                for value in parts.into_iter().chain([Value::Entries("labels".to_owned())]) {
                    self.show_alert(Shown { before: String::new(), value });
                }
            }
        }
        Ok(())
    }

    fn action(&mut self, action: &Action<'_>, place: &str, line: usize, open: &mut Vec<Block>, before: &str) {
        let place = format!("{place}, line {}", line + action.line - 1);
        let before = before.to_owned();
        let is_translated = match action.text.split_whitespace().next().unwrap_or_default() {
            "range" => {
                let block = Block::of_range(action.text);
                match &block {
                    Block::Entries(table, true) => {
                        self.show_alert(Shown { before, value: Value::Entries(table.clone()) });
                    }
                    Block::Entries(table, false) => {
                        self.custom.group.push(Shown { before, value: Value::Entries(table.clone()) });
                    }
                    _ => {}
                }
                let is_known = !matches!(block, Block::Other);
                open.push(block);
                is_known
            }
            "if" => {
                let is_kept = asks_for_state(action.text) || asks_for_presence(action.text);
                open.push(if is_kept { Block::Kept } else { Block::Other });
                is_kept
            }
            "with" => {
                let field = field_of(action.text.trim_start_matches("with"));
                let is_exact = field.as_ref().is_some_and(|(_, is_exact)| *is_exact);
                open.push(field.map_or(Block::Other, |(field, _)| Block::With(field)));
                is_exact
            }
            "else" => action.text == "else" && matches!(open.last(), Some(Block::Kept)),
            "end" => {
                open.pop();
                true
            }
            "define" => {
                open.push(Block::Kept);
                true
            }
            "" => true,
            _ => match open.last() {
                Some(Block::Entries(..) | Block::Mentions) => true,
                Some(Block::With(field)) if action.text == "." => {
                    let field = field.clone();
                    self.show(field, before);
                    true
                }
                _ => match field_of(action.text) {
                    Some((field, is_exact)) => {
                        self.show(field, before);
                        is_exact
                    }
                    None => false,
                },
            },
        };
        if !is_translated {
            self.custom.untranslated.push((place, action.text.to_owned()));
        }
    }

    fn show(&mut self, field: Field, before: String) {
        match field {
            Field::Nothing => {}
            Field::Group(value) => self.custom.group.push(Shown { before, value }),
            Field::Alert(value) => self.show_alert(Shown { before, value }),
        }
    }

    /// Adds a value of an alert, once: blocks for firing and for resolved alerts show the same.
    fn show_alert(&mut self, shown: Shown) {
        if !self.custom.alert.iter().any(|known| known.value == shown.value) {
            self.custom.alert.push(shown);
        }
    }
}

/// A block that is open.
enum Block {
    /// The skeleton has a counterpart.
    Kept,
    /// Entries of a table, and whether it is one of an alert.
    Entries(String, bool),
    /// The numbers to mention.
    Mentions,
    /// A loop over alerts.
    Alerts,
    /// A value, if there is one.
    With(Field),
    Other,
}

impl Block {
    fn of_range(action: &str) -> Self {
        let over = action.strip_prefix("range").unwrap_or(action);
        let over = over.rsplit_once(":=").map_or(over, |(_, over)| over).trim();
        let parts: Vec<&str> = over.trim_start_matches(['(', '$']).trim_end_matches(')').split('.').collect();
        match parts[..] {
            ["", ""] | [.., "Alerts"] | [.., "Alerts", "Firing" | "Resolved"] => Self::Alerts,
            [.., "AtMobiles"] => Self::Mentions,
            [.., table, "SortedPairs"] | [.., table] => match table {
                "Labels" => Self::Entries("labels".to_owned(), true),
                "Annotations" => Self::Entries("annotations".to_owned(), true),
                "CommonLabels" => Self::Entries("commonLabels".to_owned(), false),
                "GroupLabels" => Self::Entries("groupLabels".to_owned(), false),
                "CommonAnnotations" => Self::Entries("commonAnnotations".to_owned(), false),
                _ => Self::Other,
            },
            [] => Self::Other,
        }
    }
}

/// Reports that a condition only tells firing alerts from resolved ones, as the skeleton does by itself.
fn asks_for_state(condition: &str) -> bool {
    let words: Vec<&str> = condition
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'))
        .filter(|w| !w.is_empty())
        .collect();
    let is_known = |word: &&str| {
        matches!(
            *word,
            "if" | "with"
                | "gt"
                | "ge"
                | "ne"
                | "eq"
                | "len"
                | "|"
                | "0"
                | "1"
                | "\"firing\""
                | "\"resolved\""
                | "."
        ) || ["Alerts", "Alerts.Firing", "Alerts.Resolved", "Status", "AtMobiles"]
            .iter()
            .any(|known| word.trim_start_matches(|c: char| c != '.').trim_start_matches('.') == *known)
    };
    words.len() > 1 && words.iter().all(is_known)
}

/// Reports that a condition only asks for a value: the skeleton leaves out those that are missing.
fn asks_for_presence(condition: &str) -> bool {
    let mut words = condition.split_whitespace().skip(1);
    matches!((words.next(), words.next()), (Some(word), None) if field_of(word).is_some())
}

#[derive(Debug, Clone)]
enum Field {
    /// The relay does this by itself: mentions.
    Nothing,
    Group(Value),
    Alert(Value),
}

/// Returns the value that an action shows, and `false` if a function changes it.
fn field_of(action: &str) -> Option<(Field, bool)> {
    // An assignment shows nothing.
    if action.contains(":=") || action.starts_with('$') && action.contains(" = ") {
        return None;
    }
    let words: Vec<&str> = action
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '|'))
        .filter(|w| !w.is_empty())
        .collect();
    let mut fields = words.iter().filter_map(|word| {
        let (variable, path) = word.split_once('.')?;
        let is_variable = variable.is_empty() || variable.starts_with('$');
        let is_method = matches!(path, "Format" | "Add" | "Local" | "UTC" | "In" | "Unix");
        (is_variable && !path.is_empty() && !is_method).then_some(path)
    });
    let path = fields.next()?;
    if fields.any(|other| other != path) {
        return None;
    }
    let mut parts = path.split('.');
    let first = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    let indexed = || {
        let key = words.iter().find_map(|word| word.strip_prefix('"')?.strip_suffix('"'))?;
        (words.first() == Some(&"index")).then(|| key.to_owned())
    };
    let table = |name: &str| {
        let key =
            rest.first().map(|key| (*key).to_owned()).filter(|key| key != "SortedPairs").or_else(indexed);
        match key {
            Some(key) => Value::Path(format!("{name}.{}", quoted(&key))),
            None => Value::Entries(name.to_owned()),
        }
    };
    let is_upper = words.iter().any(|word| matches!(*word, "toUpper" | "upper"));
    let counts = words.contains(&"len");
    let field = match first {
        "Labels" => Field::Alert(table("labels")),
        "Annotations" => Field::Alert(table("annotations")),
        "StartsAt" => Field::Alert(Value::Time("startsAt")),
        "EndsAt" => Field::Alert(Value::Time("endsAt")),
        "Fingerprint" => Field::Alert(Value::Path("fingerprint".to_owned())),
        "GeneratorURL" => Field::Alert(Value::Path("generatorURL".to_owned())),
        "CommonLabels" => Field::Group(table("commonLabels")),
        "GroupLabels" => Field::Group(table("groupLabels")),
        "CommonAnnotations" => Field::Group(table("commonAnnotations")),
        "Receiver" => Field::Group(Value::Path("receiver".to_owned())),
        "ExternalURL" => Field::Group(Value::Path("externalURL".to_owned())),
        "Status" => Field::Group(Value::Status(is_upper)),
        "Alerts" if counts => Field::Group(Value::Count(match rest[..] {
            ["Firing"] => Some("firing"),
            ["Resolved"] => Some("resolved"),
            _ => None,
        })),
        "AtMobiles" => Field::Nothing,
        _ => return None,
    };
    let formats_time = first == "StartsAt" || first == "EndsAt";
    let is_plain = |word: &&str| {
        matches!(*word, "markdown" | "html" | "trim" | "len" | "index" | "toString")
            || word.contains('.') && !word.starts_with('"')
            || (word.starts_with('"') && words[0] == "index")
            || is_upper && first == "Status" && matches!(*word, "toUpper" | "upper")
            || first == "AtMobiles"
    };
    // A time has the form and the zone of the skeleton.
    let is_exact = formats_time || words.iter().all(is_plain);
    Some((field, is_exact))
}

/// Quotes a key where a path would read it otherwise.
fn quoted(key: &str) -> String {
    let is_plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if is_plain { key.to_owned() } else { format!("\"{key}\"") }
}

impl Shown {
    /// Returns the words before the value, without the marks of Markdown.
    pub(super) fn words(&self) -> String {
        let is_mark = |c: char| c.is_whitespace() || "#>*-_~`\\[](){}|,.;，。；、".contains(c);
        let line = self.before.rsplit(['<', '>']).next().unwrap_or_default();
        let words = line.trim_matches(is_mark).replace(['*', '`'], "");
        if !words.contains(char::is_alphanumeric) || words.chars().count() > MAX_WORDS {
            return String::new();
        }
        if words.ends_with('：') { words } else { format!("{words} ") }
    }
}
