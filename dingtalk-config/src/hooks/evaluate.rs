//! Evaluation of a selection over a payload.

use std::{borrow::Cow, time::Duration};

use dingtalk_core::message::{duration, time};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Value, json};

use super::{
    condition::text,
    path::{Path, Scope},
    select::{Each, Edit, Select, Source, TimeForm},
};

/// Maximum number of elements of a list, and of bytes of a text: more is in no message.
const MAX_ELEMENTS: usize = 1_000;
const MAX_BYTES: usize = 64 * 1024;

/// A selected value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Selected {
    pub(super) value: Value,
    /// The file has the value itself: it does not come from the payload.
    pub(super) is_of_file: bool,
}

impl Selected {
    fn of_file(value: &Value) -> Self {
        Self { value: value.clone(), is_of_file: true }
    }

    fn of_payload(value: Value) -> Self {
        Self { value, is_of_file: false }
    }
}

impl Select {
    /// Returns the value; `None` if there is none.
    pub(super) fn evaluate(&self, scope: Scope<'_>) -> Option<Selected> {
        self.selected(scope).or_else(|| self.default.as_ref().map(Selected::of_file))
    }

    fn selected(&self, scope: Scope<'_>) -> Option<Selected> {
        if !self.when.hold(scope) {
            return None;
        }
        if self.is_condition() && self.default.is_none() {
            return Some(Selected::of_file(&Value::Bool(true)));
        }
        let Selected { value, is_of_file } = match &self.each {
            None => self.one(scope)?,
            Some(each) => self.several(each, scope)?,
        };
        let value = match (&self.join, value) {
            (Some(join), Value::Array(list)) => joined(&list, join)?,
            (_, value) => value,
        };
        Some(Selected { value: self.edit.framed(value), is_of_file })
    }

    fn span(&self, span: Duration) -> Cow<'static, Value> {
        let span = Duration::from_secs(span.as_secs());
        Cow::Owned(if self.is_text() {
            Value::String(duration(span).to_string())
        } else {
            json!(span.as_secs())
        })
    }

    /// Reports that the value is a text: a span of time then has its units.
    fn is_text(&self) -> bool {
        self.is_part || self.join.is_some() || !(self.edit.before.is_empty() && self.edit.after.is_empty())
    }

    /// Returns the values for the elements of a list.
    fn several(&self, each: &Each, scope: Scope<'_>) -> Option<Selected> {
        let mut list = Vec::new();
        let mut is_of_file = true;
        for element in elements(each, scope).take(MAX_ELEMENTS) {
            let Some(selected) = self.one(scope.at(element)) else { continue };
            is_of_file &= selected.is_of_file;
            match selected.value {
                Value::Array(several) => list.extend(several),
                value => list.push(value),
            }
        }
        (!list.is_empty()).then_some(Selected { value: Value::Array(list), is_of_file })
    }

    /// Returns the value as a part of a text.
    fn words(&self, scope: Scope<'_>) -> Option<String> {
        let value = self.evaluate(scope)?.value;
        text(&value)
    }

    /// Returns the value for one element.
    fn one(&self, scope: Scope<'_>) -> Option<Selected> {
        let value = match &self.source {
            Source::Nothing => return None,
            Source::First(paths) => paths.iter().find_map(|path| path.find(scope))?,
            Source::Parts { parts, between } => {
                let texts: Vec<String> = parts.iter().filter_map(|part| part.words(scope)).collect();
                if texts.is_empty() {
                    return None;
                }
                Cow::Owned(Value::String(texts.join(between)))
            }
            Source::Count(each) => Cow::Owned(json!(elements(each, scope).count())),
            Source::Entries { table, except, between } => {
                let found = table.find(scope)?;
                let entries = found.as_object()?.iter().filter(|(key, _)| !except.contains(key));
                let texts =
                    entries.filter_map(|(key, value)| Some(format!("{key}{between}{}", text(value)?)));
                let list: Vec<Value> = texts.take(MAX_ELEMENTS).map(Value::String).collect();
                if list.is_empty() {
                    return None;
                }
                Cow::Owned(Value::Array(list))
            }
            Source::Span { from, until } => {
                let at = |path: &Path| -> Option<Timestamp> { moment_or_civil(path.find(scope)?.as_ref()) };
                let seconds = at(until)?.as_second().checked_sub(at(from)?.as_second())?;
                self.span(Duration::from_secs(u64::try_from(seconds).ok()?))
            }
            Source::Lasted => self.span(scope.payload.lasted?),
        };
        self.edit.apply(value)
    }
}

impl Edit {
    /// Changes a value, or each element of a list.
    fn apply(&self, value: Cow<'_, Value>) -> Option<Selected> {
        if let Value::Array(list) = &*value {
            let changed = list.iter().take(MAX_ELEMENTS).filter_map(|value| self.apply(Cow::Borrowed(value)));
            let list: Vec<Value> = changed.map(|selected| selected.value).collect();
            return (!list.is_empty()).then(|| Selected::of_payload(Value::Array(list)));
        }
        if self.is_nothing() {
            return Some(Selected::of_payload(bounded(value.into_owned())));
        }
        let mut changed = text(&value)?;
        if let Some(rest) = self.strip.as_ref().and_then(|start| changed.strip_prefix(start.as_str())) {
            changed = String::from(rest);
        }
        if self.is_first_line {
            let line = changed.lines().map(str::trim).find(|line| !line.is_empty());
            changed = line.map_or_else(String::new, str::to_owned);
        }
        if let Some(most) = self.characters {
            changed = changed.chars().take(most).collect();
        }
        if let Some(form) = &self.time {
            // A time that cannot be read is shown as it came.
            changed = form.of(&changed).unwrap_or(changed);
        }
        let mapped = self.map.iter().find(|(from, _)| *from == changed).map(|(_, to)| to);
        if let Some(value) = mapped.or(self.otherwise.as_ref()) {
            return Some(Selected::of_file(value));
        }
        (!changed.trim().is_empty()).then(|| Selected::of_payload(bounded(Value::String(changed))))
    }

    /// Adds the texts before and after a value, or each value of a list.
    fn framed(&self, value: Value) -> Value {
        if self.before.is_empty() && self.after.is_empty() {
            return value;
        }
        match value {
            Value::Array(list) => list.into_iter().map(|value| self.framed(value)).collect(),
            value => match text(&value) {
                Some(text) => Value::String(format!("{}{text}{}", self.before, self.after)),
                None => value,
            },
        }
    }

    fn is_nothing(&self) -> bool {
        let Self { strip, is_first_line, characters, map, otherwise, time, before: _, after: _ } = self;
        strip.is_none()
            && !is_first_line
            && characters.is_none()
            && map.is_empty()
            && otherwise.is_none()
            && time.is_none()
    }
}

impl TimeForm {
    fn of(&self, text: &str) -> Option<String> {
        let seconds = text.parse::<i64>().ok().map(Value::from);
        let moment = moment(&seconds.unwrap_or_else(|| Value::String(text.to_owned())))?;
        let mut shown = time(moment).with_pattern(&self.pattern);
        if let Some(zone) = &self.zone {
            shown = shown.in_zone(zone);
        }
        Some(shown.to_string())
    }
}

/// Reads a point in time: RFC 3339, or seconds since 1970. The year 1 stands for "not yet".
fn moment(value: &Value) -> Option<Timestamp> {
    let moment: Timestamp = match value {
        Value::Number(seconds) => Timestamp::from_second(seconds.as_i64()?).ok()?,
        value => value.as_str()?.parse().ok()?,
    };
    (moment.as_second() > 0).then_some(moment)
}

/// Reads a point in time that may have no zone. Two of the same zone have a distance all the same.
fn moment_or_civil(value: &Value) -> Option<Timestamp> {
    let civil = || TimeZone::UTC.to_timestamp(value.as_str()?.parse::<DateTime>().ok()?).ok();
    moment(value).or_else(civil)
}

fn elements<'v>(each: &'v Each, scope: Scope<'v>) -> impl Iterator<Item = &'v Value> {
    let list = match each.list.find(scope) {
        Some(Cow::Borrowed(Value::Array(list))) => list.as_slice(),
        _ => &[],
    };
    list.iter().filter(move |element| each.filter.hold(scope.at(element)))
}

fn joined(list: &[Value], join: &str) -> Option<Value> {
    let texts: Vec<String> = list.iter().filter_map(text).collect();
    (!texts.is_empty()).then(|| bounded(Value::String(texts.join(join))))
}

/// Cuts a text that no message could hold.
fn bounded(value: Value) -> Value {
    match value {
        Value::String(mut text) if text.len() > MAX_BYTES => {
            let end = (0..=MAX_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.truncate(end);
            Value::String(text)
        }
        value => value,
    }
}
