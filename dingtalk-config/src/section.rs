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
    /// Required keys that are missing.
    missing: Vec<String>,
    hints: &'static [Hint],
    faults: &'f mut Vec<Fault>,
}

impl<'f> Section<'f> {
    pub(crate) fn new(path: impl Into<String>, table: Table, faults: &'f mut Vec<Fault>) -> Self {
        Self { path: path.into(), table, asked: Vec::new(), missing: Vec::new(), hints: &[], faults }
    }

    /// Sets the advice for unknown keys that people try.
    pub(crate) fn hint(&mut self, hints: &'static [Hint]) {
        self.hints = hints;
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

    /// Reports whether nothing is wrong so far with this key and what is below it.
    pub(crate) fn is_sound(&self, key: &str) -> bool {
        let place = self.place(key);
        let is_within = |other: &str| {
            other.strip_prefix(&*place).is_some_and(|below| below.is_empty() || below.starts_with(['.', '[']))
        };
        !self.faults.iter().any(|fault| is_within(&fault.place))
    }

    pub(crate) fn is_table(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(Value::is_table)
    }

    #[cfg(feature = "notifications")]
    pub(crate) fn is_list(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(Value::is_array)
    }

    #[cfg(feature = "notifications")]
    pub(crate) fn is_text(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(Value::is_str)
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
            other => self.wrong_type(key, TEXT, &other),
        }
    }

    /// A value of any type.
    pub(crate) fn value(&mut self, key: &str) -> Option<Value> {
        self.take(key)
    }

    pub(crate) fn required_text(&mut self, key: &str) -> Option<String> {
        if !self.table.contains_key(key) {
            self.ask(key);
            self.missing(key);
            return None;
        }
        self.text(key)
    }

    /// Reports a required key that is missing.
    pub(crate) fn missing(&mut self, key: &str) {
        self.missing.push(key.to_owned());
        self.fault(key, Wording::new("missing", "缺少这一项"));
    }

    pub(crate) fn integer(&mut self, key: &str) -> Option<i64> {
        match self.take(key)? {
            Value::Integer(number) => Some(number),
            other => self.wrong_type(key, NUMBER, &other),
        }
    }

    pub(crate) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.take(key)? {
            Value::Boolean(flag) => Some(flag),
            other => self.wrong_type(key, FLAG, &other),
        }
    }

    /// One of several words.
    pub(crate) fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(*choice);
        }
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let problem = match suggest(&text, choices.iter().map(|(word, _)| *word)) {
            Some(meant) => Wording::new(
                format!("invalid value {text:?}; did you mean \"{meant}\"?"),
                format!("{text:?} 无效；是否想写 \"{meant}\"？"),
            ),
            None => Wording::new(
                format!("invalid value {text:?}; expected one of {}", words.join(", ")),
                format!("应为 {} 之一，而不是 {text:?}", words.join("、")),
            ),
        };
        self.fault(key, problem);
        None
    }

    pub(crate) fn section(&mut self, key: &str) -> Option<Section<'_>> {
        match self.take(key)? {
            Value::Table(table) => Some(Section::new(format!("{}{key}.", self.path), table, self.faults)),
            other => self.wrong_type(key, TABLE, &other),
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
            other => return self.wrong_type(key, TABLES, &other),
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
            other => self.wrong_type(place, TABLE, &other),
        }
    }

    /// Reports the keys that nobody has asked for.
    pub(crate) fn finish(mut self) {
        self.report_unknown();
    }

    /// The same while more may be wrong with the keys that are known.
    pub(crate) fn report_unknown(&mut self) {
        for key in self.keys() {
            let (meant, problem) = self.unknown(&key);
            // A misspelt key is one fault, not two.
            if let Some(place) =
                meant.filter(|meant| self.missing.contains(meant)).map(|key| self.place(&key))
            {
                self.faults.retain(|fault| fault.place != place);
            }
            self.fault(&key, problem);
        }
    }

    /// Returns the known key that an unknown one stands for, and the words for it.
    fn unknown(&self, key: &str) -> (Option<String>, Wording) {
        let hint = self.hints.iter().find(|hint| hint.key.eq_ignore_ascii_case(key));
        if let Some(Hint { meant, words: Some((english, chinese)), .. }) = hint {
            let problem = Wording::new(format!("unknown key; {english}"), format!("未知的键；{chinese}"));
            return (Some((*meant).to_owned()), problem);
        }
        let asked = || self.asked.iter().map(String::as_str);
        let hinted = hint.map(|hint| hint.meant).filter(|meant| asked().any(|asked| asked == *meant));
        let Some(meant) = hinted.or_else(|| suggest(key, asked())) else {
            let problem = Wording::new(
                format!("unknown key; expected one of {}", self.asked.join(", ")),
                format!("未知的键；可用的有 {}", self.asked.join("、")),
            );
            return (None, problem);
        };
        let problem = Wording::new(
            format!("unknown key; did you mean `{meant}`?"),
            format!("未知的键；是否想写 `{meant}`？"),
        );
        (Some(meant.to_owned()), problem)
    }

    /// Reports whether the key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Reports a key that is known and has no place here.
    pub(crate) fn refuse(&mut self, key: &str, problem: impl Into<Wording>) {
        self.table.remove(key);
        self.fault(key, problem);
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
        let (kind, chinese_kind) = kind(given);
        let (fix, chinese_fix) = self.fix(key, expected, given).unwrap_or_default();
        self.fault(
            key,
            Wording::new(
                format!("expected {english}, found {kind}{fix}"),
                format!("应为{chinese}，而不是{chinese_kind}{chinese_fix}"),
            ),
        );
        None
    }

    /// Returns the change that makes a value of the wrong type right, if it is likely.
    fn fix(&self, key: &str, expected: (&str, &str), given: &Value) -> Option<(String, String)> {
        let last = key.split('[').next().unwrap_or(key);
        let place = self.place(key);
        match given {
            Value::String(text) if expected == NUMBER && text.trim().parse::<i64>().is_ok() => {
                Some(("; remove the quotes".to_owned(), "；请去掉引号".to_owned()))
            }
            Value::String(text) if expected == FLAG && text.trim().parse::<bool>().is_ok() => {
                Some(("; remove the quotes".to_owned(), "；请去掉引号".to_owned()))
            }
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_)
                if expected == TEXT && last == key =>
            {
                Some((
                    format!("; write it in quotes: `{last} = \"…\"`"),
                    format!("；请加上引号：`{last} = \"…\"`"),
                ))
            }
            Value::Array(elements) if expected == TABLE && elements.iter().all(Value::is_table) => {
                // [[robots]] is a list; [[robots.ops]] is one robot in a list.
                let name = if self.path.is_empty() { ".NAME" } else { "" };
                let chinese_name = if self.path.is_empty() { ".名称" } else { "" };
                Some((
                    format!("; write single brackets: `[{place}{name}]`"),
                    format!("；请写单方括号：`[{place}{chinese_name}]`"),
                ))
            }
            Value::Table(table) if expected == TABLES => {
                let by_name = !table.is_empty() && table.values().all(Value::is_table);
                let (english, chinese) = if by_name {
                    (" for each of them, with `name = \"…\"`", "，每个元素一段，并写 `name = \"…\"`")
                } else {
                    ("", "")
                };
                Some((
                    format!("; write double brackets: `[[{place}]]`{english}"),
                    format!("；请写双方括号：`[[{place}]]`{chinese}"),
                ))
            }
            Value::String(_) if expected == TABLE && last == "pool" => Some((
                "; write `{ access_token = \"env:NAME\" }`".to_owned(),
                "；请写 `{ access_token = \"env:变量名\" }`".to_owned(),
            )),
            Value::String(_) if expected == TABLE && last == "quiet_hours" => {
                let table = "`{ begin = \"22:00\", end = \"08:00\" }`";
                Some((format!("; write {table}"), format!("；请写 {table}")))
            }
            Value::String(_) if expected == LIST => {
                Some((format!("; write `{last} = [\"…\"]`"), format!("；请写 `{last} = [\"…\"]`")))
            }
            _ => None,
        }
    }
}

/// Advice for an unknown key that people try.
#[derive(Debug)]
pub(crate) struct Hint {
    pub(crate) key: &'static str,
    /// The known key that it stands for; empty if there is none.
    pub(crate) meant: &'static str,
    /// Words in place of "did you mean …?", in English and in Chinese.
    pub(crate) words: Option<(&'static str, &'static str)>,
}

impl Hint {
    /// A name for a key that is known under another one.
    pub(crate) const fn meant(key: &'static str, meant: &'static str) -> Self {
        Self { key, meant, words: None }
    }

    /// A key with advice of its own.
    pub(crate) const fn say(
        key: &'static str,
        meant: &'static str,
        english: &'static str,
        chinese: &'static str,
    ) -> Self {
        Self { key, meant, words: Some((english, chinese)) }
    }
}

/// Names of expected values, in English and in Chinese.
pub(crate) const TEXT: (&str, &str) = ("a string", "字符串");
pub(crate) const LIST: (&str, &str) = ("a list of names", "名称列表");
const NUMBER: (&str, &str) = ("a whole number", "整数");
const FLAG: (&str, &str) = ("true or false", " true 或 false");
const TABLE: (&str, &str) = ("a table", "表");
const TABLES: (&str, &str) = ("a list of tables", "由表组成的列表");

/// Returns the name of a value's type, in English and in Chinese.
fn kind(given: &Value) -> (&'static str, &'static str) {
    match given {
        Value::String(_) => ("a string", "字符串"),
        Value::Integer(_) => ("an integer", "整数"),
        Value::Float(_) => ("a float", "小数"),
        Value::Boolean(_) => ("a boolean", "布尔值"),
        Value::Datetime(_) => ("a datetime", "日期时间"),
        Value::Array(_) => ("an array", "列表"),
        Value::Table(_) => ("a table", "表"),
    }
}

#[cfg(feature = "notifications")]
impl Section<'_> {
    /// A text that may be blank: something else judges it.
    pub(crate) fn string(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => self.wrong_type(key, TEXT, &other),
        }
    }

    /// The same for a key that has its place here.
    pub(crate) fn asks_for(&mut self, key: &str) -> bool {
        self.ask(key);
        self.has(key)
    }

    /// Returns the path of this table from the top of the file.
    pub(crate) fn path(&self) -> &str {
        self.path.strip_suffix('.').unwrap_or(&self.path)
    }

    /// Reads a value of a list as if it had a key of its own.
    pub(crate) fn with_value<T>(
        &mut self,
        place: &str,
        value: Value,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.table.insert(place.to_owned(), value);
        let result = read(self);
        self.asked.retain(|asked| asked != place);
        result
    }

    /// Number of faults in the file so far.
    pub(crate) fn fault_count(&self) -> usize {
        self.faults.len()
    }
}
