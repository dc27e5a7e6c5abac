//! Reading a table of the file: every fault with its place, and unknown keys by what was asked for.

use std::fmt;

use dingtalk_template::suggest;
use toml::{Table, Value};

/// A table of the file. What is wrong with it is collected; a key that nobody asked for is wrong, too.
pub(super) struct Section<'f> {
    /// Where it stands, with a dot at its end; empty at the top.
    path: String,
    table: Table,
    asked: Vec<String>,
    faults: &'f mut Vec<String>,
}

impl<'f> Section<'f> {
    pub(super) fn new(path: impl Into<String>, table: Table, faults: &'f mut Vec<String>) -> Self {
        Self { path: path.into(), table, asked: Vec::new(), faults }
    }

    /// The keys that are there, in alphabetical order.
    pub(super) fn keys(&self) -> Vec<String> {
        self.table.keys().cloned().collect()
    }

    pub(super) fn fault(&mut self, key: &str, problem: impl fmt::Display) {
        self.faults.push(format!("{}{key}: {problem}", self.path));
    }

    /// Is nothing wrong with this key so far?
    pub(super) fn is_sound(&self, key: &str) -> bool {
        let place = format!("{}{key}: ", self.path);
        !self.faults.iter().any(|fault| fault.starts_with(&place))
    }

    pub(super) fn is_table(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(Value::is_table)
    }

    /// A value that something else has judged.
    pub(super) fn check<T, E: fmt::Display>(&mut self, key: &str, judged: Result<T, E>) -> Option<T> {
        judged.map_err(|problem| self.fault(key, problem)).ok()
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) if text.trim().is_empty() => {
                self.fault(key, "it is blank");
                None
            }
            Value::String(text) => Some(text),
            other => self.wrong_type(key, "a string", &other),
        }
    }

    /// A text that may be blank: something else judges it.
    pub(super) fn string(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => self.wrong_type(key, "a string", &other),
        }
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.take(key)? {
            Value::Boolean(flag) => Some(flag),
            other => self.wrong_type(key, "true or false", &other),
        }
    }

    /// A value of any type.
    pub(super) fn value(&mut self, key: &str) -> Option<Value> {
        self.take(key)
    }

    /// Is the key there?
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The same for a key that has its place here.
    pub(super) fn asks_for(&mut self, key: &str) -> bool {
        self.ask(key);
        self.has(key)
    }

    /// Reports a key that is known and has no place here.
    pub(super) fn refuse(&mut self, key: &str, problem: impl fmt::Display) {
        self.table.remove(key);
        self.fault(key, problem);
    }

    /// How many faults the file has so far.
    pub(super) fn fault_count(&self) -> usize {
        self.faults.len()
    }

    pub(super) fn required_text(&mut self, key: &str) -> Option<String> {
        if !self.table.contains_key(key) {
            self.ask(key);
            self.fault(key, "missing");
            return None;
        }
        self.text(key)
    }

    pub(super) fn integer(&mut self, key: &str) -> Option<i64> {
        match self.take(key)? {
            Value::Integer(number) => Some(number),
            other => self.wrong_type(key, "a whole number", &other),
        }
    }

    /// One of several words, or the first where nothing is said.
    pub(super) fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> T {
        let first = choices[0].1;
        let Some(text) = self.text(key) else { return first };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return *choice;
        }
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.fault(key, format!("expected one of {}, not {text:?}", words.join(", ")));
        first
    }

    pub(super) fn section(&mut self, key: &str) -> Option<Section<'_>> {
        match self.take(key)? {
            Value::Table(table) => Some(Section::new(format!("{}{key}.", self.path), table, self.faults)),
            other => self.wrong_type(key, "a table", &other),
        }
    }

    /// The tables of a list, each read by `read`.
    pub(super) fn sections<T>(
        &mut self,
        key: &str,
        mut read: impl FnMut(usize, Section<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let list = match self.take(key)? {
            Value::Array(list) => list,
            other => return self.wrong_type(key, "a list of tables", &other),
        };
        let mut sections = Vec::new();
        for (index, element) in list.into_iter().enumerate() {
            let place = format!("{key}[{index}]");
            sections.extend(self.element(&place, element, |section| read(index, section)));
        }
        Some(sections)
    }

    /// A table in a list.
    pub(super) fn element<T>(
        &mut self,
        place: &str,
        element: Value,
        read: impl FnOnce(Section<'_>) -> Option<T>,
    ) -> Option<T> {
        match element {
            Value::Table(table) => read(Section::new(format!("{}{place}.", self.path), table, self.faults)),
            other => self.wrong_type(place, "a table", &other),
        }
    }

    /// Reports the keys that nobody has asked for.
    pub(super) fn finish(mut self) {
        self.report_unknown();
    }

    /// The same while more may be wrong with the keys that are known.
    pub(super) fn report_unknown(&mut self) {
        for key in self.keys() {
            let hint = match suggest(&key, self.asked.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("there are {}", self.asked.join(", ")),
            };
            self.fault(&key, format!("unknown; {hint}"));
        }
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.ask(key);
        self.table.remove(key)
    }

    fn ask(&mut self, key: &str) {
        if !self.asked.iter().any(|asked| asked == key) {
            self.asked.push(key.to_owned());
        }
    }

    /// Does not say what was given: it may be a secret in the wrong place.
    fn wrong_type<T>(&mut self, key: &str, expected: &str, given: &Value) -> Option<T> {
        self.fault(key, format!("expected {expected}, not {}", article(given.type_str())));
        None
    }
}

fn article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}
