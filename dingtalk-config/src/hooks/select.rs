//! Selection of a field's value from a payload, as a file describes it.

use std::time::Duration;

use dingtalk_core::message::is_time_zone;
use toml::Value as Toml;

use super::{condition::Conditions, path::Path};
use crate::{Wording, section::Section};

/// Deepest nesting of `parts`.
const MAX_DEPTH: usize = 4;

/// Selection of one value, or of a list.
#[derive(Debug, Clone, Default)]
pub(super) struct Select {
    pub(super) source: Source,
    /// Nothing is selected unless they hold.
    pub(super) when: Conditions,
    /// Elements for which the source is selected.
    pub(super) each: Option<Each>,
    /// Text between the elements of a list, for a field with one value.
    pub(super) join: Option<String>,
    pub(super) edit: Edit,
    /// It is a part of a text.
    pub(super) is_part: bool,
    /// Value if nothing was selected.
    pub(super) default: Option<serde_json::Value>,
}

/// Origin of a value.
#[derive(Debug, Clone, Default)]
pub(super) enum Source {
    /// Nothing: the default alone, or a flag that a condition sets.
    #[default]
    Nothing,
    /// The first path with a value.
    First(Vec<Path>),
    /// Several selections in one text.
    Parts { parts: Vec<Select>, between: String },
    /// Number of elements.
    Count(Each),
    /// Keys and values of a table, each as one text.
    Entries { table: Path, except: Vec<String>, between: String },
    /// Seconds between two points in time.
    Span { from: Path, until: Path },
    /// Seconds since the relay heard of the beginning of what the payload ends.
    Lasted,
}

/// Elements of a list, without those for which a condition does not hold.
#[derive(Debug, Clone)]
pub(super) struct Each {
    pub(super) list: Path,
    pub(super) filter: Conditions,
}

/// Changes to a selected text.
#[derive(Debug, Clone, Default)]
pub(super) struct Edit {
    pub(super) strip: Option<String>,
    pub(super) is_first_line: bool,
    pub(super) characters: Option<usize>,
    pub(super) map: Vec<(String, serde_json::Value)>,
    /// Value for texts that the map does not have.
    pub(super) otherwise: Option<serde_json::Value>,
    pub(super) time: Option<TimeForm>,
    pub(super) before: String,
    pub(super) after: String,
}

/// Form of a point in time.
#[derive(Debug, Clone)]
pub(super) struct TimeForm {
    pub(super) pattern: String,
    pub(super) zone: Option<String>,
}

impl Select {
    /// Reads a path, or a table.
    pub(super) fn read(section: &mut Section<'_>, key: &str) -> Option<Self> {
        read_at(section, key, 0)
    }

    /// Reports that several values are selected.
    pub(super) fn is_list(&self) -> bool {
        self.join.is_none() && (self.each.is_some() || matches!(self.source, Source::Entries { .. }))
    }

    /// Reports that it selects nothing unless a condition holds.
    pub(super) fn is_condition(&self) -> bool {
        matches!(self.source, Source::Nothing) && !self.when.is_empty()
    }

    /// Reports that the value, or a part of it, is the time for which something lasted.
    pub(super) fn is_of_memory(&self) -> bool {
        match &self.source {
            Source::Lasted => true,
            Source::Parts { parts, .. } => parts.iter().any(Self::is_of_memory),
            _ => false,
        }
    }
}

/// Reads a list of paths and tables.
pub(super) fn read_selections(section: &mut Section<'_>, key: &str) -> Vec<Select> {
    let list = match section.value(key) {
        Some(Toml::Array(list)) => list,
        Some(other) => {
            section.wrong_type::<()>(key, ("a list of paths and tables", "路径和表的列表"), &other);
            return Vec::new();
        }
        None => {
            section.fault(key, Wording::new("missing", "缺少这一项"));
            return Vec::new();
        }
    };
    let mut selections = Vec::new();
    for (index, part) in list.into_iter().enumerate() {
        let place = format!("{key}[{index}]");
        selections.extend(section.with_value(&place, part, |section| Select::read(section, &place)));
    }
    selections
}

fn read_at(section: &mut Section<'_>, key: &str, depth: usize) -> Option<Select> {
    if section.is_table(key) {
        return read_table(section.section(key)?, depth);
    }
    let given = section.value(key)?;
    let source = Source::First(read_paths(section, key, given)?);
    Some(Select { source, is_part: depth > 0, ..Select::default() })
}

fn read_paths(section: &mut Section<'_>, key: &str, given: Toml) -> Option<Vec<Path>> {
    let expected = ("a path, a list of paths, or a table", "路径、路径列表或表");
    let texts = match given {
        Toml::String(text) => vec![text],
        Toml::Array(list) if !list.is_empty() && list.iter().all(Toml::is_str) => {
            list.into_iter().filter_map(|path| path.as_str().map(str::to_owned)).collect()
        }
        other => return section.wrong_type(key, expected, &other),
    };
    texts.iter().map(|text| section.check(key, Path::parse(text))).collect()
}

fn read_table(mut section: Section<'_>, depth: usize) -> Option<Select> {
    let before = section.fault_count();
    let mut sources = Vec::new();
    if let Some(given) = section.value("path") {
        sources.push(("path", read_paths(&mut section, "path", given).map(Source::First)));
    }
    if let Some(given) = section.value("parts") {
        sources.push(("parts", read_parts(&mut section, given, depth)));
    }
    let filter = Conditions::read(&mut section, "where");
    if let Some(list) = section.text("count") {
        let list = section.check("count", Path::parse(&list));
        sources.push(("count", list.map(|list| Source::Count(Each { list, filter: filter.clone() }))));
    }
    if let Some(table) = section.text("entries") {
        let table = section.check("entries", Path::parse(&table));
        let except = read_names(&mut section, "except");
        let between = section.string("between").unwrap_or_else(|| ": ".to_owned());
        sources.push(("entries", table.map(|table| Source::Entries { table, except, between })));
    }
    if section.has("from") || section.has("until") {
        let ends = ["from", "until"].map(|key| {
            let text = section.required_text(key)?;
            section.check(key, Path::parse(&text))
        });
        let [from, until] = ends;
        sources.push(("from", from.zip(until).map(|(from, until)| Source::Span { from, until })));
    }
    if section.flag("lasted").unwrap_or_default() {
        sources.push(("lasted", Some(Source::Lasted)));
    }
    if let [(first, _), (second, _), ..] = &sources[..] {
        let problem = Wording::new(
            format!("a value has one source: remove `{first}` or `{second}`"),
            format!("一个值只有一个来源：请去掉 `{first}` 或 `{second}`"),
        );
        section.fault(second, problem);
    }
    let each = section.text("each").and_then(|list| section.check("each", Path::parse(&list)));
    let is_counted = sources.iter().any(|(key, _)| *key == "count");
    if !filter.is_empty() && each.is_none() && !is_counted {
        let problem = Wording::new("`where` needs `each` or `count`", "`where` 需要 `each` 或 `count`");
        section.fault("where", problem);
    }
    let when = Conditions::read(&mut section, "when");
    let join = section.string("join");
    let edit = read_edit(&mut section);
    let default = section.value("default").and_then(|value| json(&mut section, "default", value));
    let has_source = !sources.is_empty() || default.is_some() || !when.is_empty();
    if !has_source && section.fault_count() == before {
        let problem = Wording::new(
            "expected one of `path`, `parts`, `count`, `entries`, `from` with `until`, `lasted`, or a `default`",
            "应有 `path`、`parts`、`count`、`entries`、`from` 与 `until`、`lasted` 之一，或 `default`",
        );
        section.fault("", problem);
    }
    section.report_unknown();
    if section.fault_count() > before {
        return None;
    }
    let source = sources.into_iter().next().and_then(|(_, source)| source).unwrap_or_default();
    // The filter belongs to the count, if there is one.
    let filter = if is_counted { Conditions::default() } else { filter };
    let each = each.map(|list| Each { list, filter });
    Some(Select { source, when, each, join, edit, is_part: depth > 0, default })
}

/// Reads `parts`: paths and tables.
fn read_parts(section: &mut Section<'_>, given: Toml, depth: usize) -> Option<Source> {
    let Toml::Array(list) = given else {
        let expected = ("a list of paths and tables", "路径和表的列表");
        return section.wrong_type("parts", expected, &given);
    };
    if depth >= MAX_DEPTH {
        let problem =
            Wording::new(format!("nested more than {MAX_DEPTH} times"), format!("嵌套超过 {MAX_DEPTH} 层"));
        section.fault("parts", problem);
        return None;
    }
    let mut parts = Vec::new();
    for (index, part) in list.into_iter().enumerate() {
        let place = format!("parts[{index}]");
        parts.push(section.with_value(&place, part, |section| read_at(section, &place, depth + 1)));
    }
    let between = section.string("between").unwrap_or_else(|| " ".to_owned());
    let parts: Option<Vec<Select>> = parts.into_iter().collect();
    parts.map(|parts| Source::Parts { parts, between })
}

fn read_edit(section: &mut Section<'_>) -> Edit {
    let map = section.section("map").map(|mut table| {
        let keys = table.keys();
        let read = |key: String| {
            let value = table.value(&key)?;
            json(&mut table, &key, value).map(|value| (key, value))
        };
        keys.into_iter().filter_map(read).collect()
    });
    let otherwise = section.value("otherwise").and_then(|value| json(section, "otherwise", value));
    let pattern = section.text("time");
    let zone = section.text("zone");
    if let Some(zone) = zone.as_deref().filter(|zone| !is_time_zone(zone)) {
        let problem = Wording::new(
            format!(
                "unknown time zone {zone:?}; expected a name such as `Asia/Shanghai`, or an offset such as `+08:00`"
            ),
            format!("未知的时区 {zone:?}；应为 `Asia/Shanghai` 这样的名称，或 `+08:00` 这样的偏移量"),
        );
        section.fault("zone", problem);
    }
    if zone.is_some() && pattern.is_none() {
        let problem = Wording::new(
            "`zone` needs `time`, a pattern such as `\"%m-%d %H:%M\"`; a field of type `time` has its own `zone`",
            "`zone` 需要 `time`（例如 `\"%m-%d %H:%M\"`）；`time` 类型的字段有自己的 `zone`",
        );
        section.fault("zone", problem);
    }
    let characters = section.integer("characters").and_then(|number| {
        let checked = usize::try_from(number).ok().filter(|number| *number > 0).ok_or_else(|| {
            Wording::new(
                format!("invalid value {number}; expected at least 1"),
                format!("应至少为 1，而不是 {number}"),
            )
        });
        section.check("characters", checked)
    });
    Edit {
        strip: section.string("strip"),
        is_first_line: section.flag("first_line").unwrap_or_default(),
        characters,
        map: map.unwrap_or_default(),
        otherwise,
        time: pattern.map(|pattern| TimeForm { pattern, zone }),
        before: section.string("before").unwrap_or_default(),
        after: section.string("after").unwrap_or_default(),
    }
}

fn read_names(section: &mut Section<'_>, key: &str) -> Vec<String> {
    let Some(given) = section.value(key) else { return Vec::new() };
    match given {
        Toml::Array(list) if list.iter().all(Toml::is_str) => {
            list.into_iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
        }
        other => {
            section.wrong_type::<()>(key, ("a list of strings", "文本列表"), &other);
            Vec::new()
        }
    }
}

/// Reads a literal.
fn json(section: &mut Section<'_>, key: &str, value: Toml) -> Option<serde_json::Value> {
    match value {
        Toml::String(text) => Some(text.into()),
        Toml::Integer(number) => Some(number.into()),
        Toml::Float(number) => Some(number.into()),
        Toml::Boolean(flag) => Some(flag.into()),
        Toml::Array(list) => {
            let list: Option<Vec<_>> = list.into_iter().map(|value| json(section, key, value)).collect();
            list.map(Into::into)
        }
        other => section.wrong_type(key, ("a literal, or a list of literals", "字面量或字面量列表"), &other),
    }
}

/// Reads a span of time: `4m`.
pub(super) fn read_span(section: &mut Section<'_>, key: &str) -> Option<Duration> {
    let text = section.required_text(key)?;
    section.check(key, dingtalk_template::declaration::span(&text))
}
