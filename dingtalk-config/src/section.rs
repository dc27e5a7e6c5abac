//! Reading a table of the file: every fault with its place, and unknown keys by what was asked for.

use dingtalk_template::suggest;
use toml::{Table, Value};

use crate::{Fault, FaultKind, Wording};

/// The longest name, in characters.
const MAX_NAME: usize = 32;

/// A table of the file. What is wrong with it is collected; a key that nobody asked for is wrong, too.
pub(crate) struct Section<'f> {
    /// Path of the table, with a dot at its end; empty at the top.
    path: String,
    table: Table,
    asked: Vec<String>,
    faults: &'f mut Vec<Fault>,
}

impl<'f> Section<'f> {
    pub(crate) fn new(path: impl Into<String>, table: Table, faults: &'f mut Vec<Fault>) -> Self {
        Self { path: path.into(), table, asked: Vec::new(), faults }
    }

    /// The keys that are there, in alphabetical order.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.table.keys().cloned().collect()
    }

    /// Checks the name of what the table describes.
    pub(crate) fn check_name(&mut self, name: &str) {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || name.chars().count() > MAX_NAME || !name.chars().all(fits) {
            let problem = Wording::new(
                format!("invalid name {name:?}; use letters, digits, `_` and `-`, at most {MAX_NAME}"),
                format!("名称 {name:?} 无效：只能用文字、数字、`_` 和 `-`，最多 {MAX_NAME} 个字符"),
            );
            self.fault("", problem);
        }
    }

    pub(crate) fn fault(&mut self, key: &str, problem: impl Into<Wording>) {
        let place = self.place(key);
        self.faults.push(Fault::new(FaultKind::Invalid, place, problem));
    }

    /// The path of a key from the top of the file; that of the section itself for an empty one.
    fn place(&self, key: &str) -> String {
        let place = format!("{}{key}", self.path);
        place.strip_suffix('.').map_or(place.clone(), str::to_owned)
    }

    /// Is nothing wrong with this key so far?
    pub(crate) fn is_sound(&self, key: &str) -> bool {
        let place = self.place(key);
        !self.faults.iter().any(|fault| fault.place == place)
    }

    pub(crate) fn is_table(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(Value::is_table)
    }

    /// A value that something else has judged.
    pub(crate) fn check<T, E: Into<Wording>>(&mut self, key: &str, judged: Result<T, E>) -> Option<T> {
        judged.map_err(|problem| self.fault(key, problem)).ok()
    }

    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) if text.trim().is_empty() => {
                self.fault(key, Wording::new("must not be blank", "内容不能为空"));
                None
            }
            Value::String(text) => Some(text),
            other => self.wrong_type(key, ("a string", "字符串"), &other),
        }
    }

    /// A value of any type.
    pub(crate) fn value(&mut self, key: &str) -> Option<Value> {
        self.take(key)
    }

    pub(crate) fn required_text(&mut self, key: &str) -> Option<String> {
        if !self.table.contains_key(key) {
            self.ask(key);
            self.fault(key, Wording::new("missing", "缺少这一项"));
            return None;
        }
        self.text(key)
    }

    pub(crate) fn integer(&mut self, key: &str) -> Option<i64> {
        match self.take(key)? {
            Value::Integer(number) => Some(number),
            other => self.wrong_type(key, ("a whole number", "整数"), &other),
        }
    }

    pub(crate) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.take(key)? {
            Value::Boolean(flag) => Some(flag),
            other => self.wrong_type(key, ("true or false", "true 或 false"), &other),
        }
    }

    /// One of several words.
    pub(crate) fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(*choice);
        }
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.fault(
            key,
            Wording::new(
                format!("invalid value {text:?}; expected one of {}", words.join(", ")),
                format!("应为 {} 之一，而不是 {text:?}", words.join("、")),
            ),
        );
        None
    }

    pub(crate) fn section(&mut self, key: &str) -> Option<Section<'_>> {
        match self.take(key)? {
            Value::Table(table) => Some(Section::new(format!("{}{key}.", self.path), table, self.faults)),
            other => self.wrong_type(key, ("a table", "表"), &other),
        }
    }

    /// The tables of a list, each read by `read`.
    pub(crate) fn sections<T>(
        &mut self,
        key: &str,
        mut read: impl FnMut(usize, Section<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let list = match self.take(key)? {
            Value::Array(list) => list,
            other => return self.wrong_type(key, ("a list of tables", "由表组成的列表"), &other),
        };
        let mut sections = Vec::new();
        for (index, element) in list.into_iter().enumerate() {
            let place = format!("{key}[{index}]");
            sections.extend(self.element(&place, element, |section| read(index, section)));
        }
        Some(sections)
    }

    /// A table in a list.
    pub(crate) fn element<T>(
        &mut self,
        place: &str,
        element: Value,
        read: impl FnOnce(Section<'_>) -> Option<T>,
    ) -> Option<T> {
        match element {
            Value::Table(table) => read(Section::new(format!("{}{place}.", self.path), table, self.faults)),
            other => self.wrong_type(place, ("a table", "表"), &other),
        }
    }

    /// Reports the keys that nobody has asked for.
    pub(crate) fn finish(mut self) {
        self.report_unknown();
    }

    /// The same while more may be wrong with the keys that are known.
    pub(crate) fn report_unknown(&mut self) {
        for key in self.keys() {
            let problem = match suggest(&key, self.asked.iter().map(String::as_str)) {
                Some(meant) => Wording::new(
                    format!("unknown key; did you mean `{meant}`?"),
                    format!("未知的键；是否想写 `{meant}`？"),
                ),
                None => Wording::new(
                    format!("unknown key; expected one of {}", self.asked.join(", ")),
                    format!("未知的键；可用的有 {}", self.asked.join("、")),
                ),
            };
            self.fault(&key, problem);
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
    pub(crate) fn wrong_type<T>(&mut self, key: &str, expected: (&str, &str), given: &Value) -> Option<T> {
        let (english, chinese) = expected;
        let kind = given.type_str();
        self.fault(
            key,
            Wording::new(
                format!("expected {english}, found {}", article(kind)),
                format!("应为{chinese}，而不是 {kind}"),
            ),
        );
        None
    }
}

#[cfg(feature = "notifications")]
impl Section<'_> {
    /// A text that may be blank: something else judges it.
    pub(crate) fn string(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => self.wrong_type(key, ("a string", "字符串"), &other),
        }
    }

    /// Is the key there?
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The same for a key that has its place here.
    pub(crate) fn asks_for(&mut self, key: &str) -> bool {
        self.ask(key);
        self.has(key)
    }

    /// Reports a key that is known and has no place here.
    pub(crate) fn refuse(&mut self, key: &str, problem: impl Into<Wording>) {
        self.table.remove(key);
        self.fault(key, problem);
    }

    /// Number of faults in the file so far.
    pub(crate) fn fault_count(&self) -> usize {
        self.faults.len()
    }
}

fn article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}
