//! A hook whose rules were checked against its notifications: it reads payloads.

use std::{fmt::Write as _, time::Duration};

use dingtalk_core::{
    Envelope, Message,
    delivery::Language,
    message::{Fault as ValueFault, Faults},
    tool::ToolType,
};
use dingtalk_template::suggest;
use serde_json::{Map, Value};

use super::{
    EventRule, Fallback, Hook, Repeat,
    condition::{Conditions, text},
    ended::{Elements, Ended},
    evaluate::Selected,
    fault,
    fit::Slot,
    links::Links,
    manner::{Applied, Manner, Weight},
    mention::{FindPerson, Mention},
    path::Scope,
    payload::{Incident, Payload},
    route::{self, Route, Routed},
    select::Select,
};
use crate::{Fault, Wording};

/// A hook that is ready to read the payloads of its source.
#[derive(Debug, Clone)]
pub struct HookSource {
    name: String,
    language: Language,
    requires: Conditions,
    event: Option<Select>,
    events: Vec<BoundEvent>,
    repeat: Option<Repeat>,
    ended: Option<Ended>,
    fallback: Fallback,
    manner: Manner,
    mention: Mention,
    routes: Vec<Route>,
    links: Links,
}

#[derive(Debug, Clone)]
struct BoundEvent {
    name: String,
    when: Conditions,
    resolves: bool,
    /// `None` if such payloads become no message.
    target: Option<Target>,
}

#[derive(Debug, Clone)]
struct Target {
    tool: ToolType,
    fields: Vec<(Slot, Select)>,
}

/// Meaning of a payload.
#[derive(Debug)]
#[non_exhaustive]
pub enum Meaning<'s> {
    /// Not a payload of this source: it does not have what all of them have.
    Foreign {
        /// Path of what is missing or different.
        path: &'s str,
    },
    /// An event that becomes no message, because the hook says so.
    Skipped {
        /// Name of the event.
        event: String,
    },
    /// An event that the hook does not know.
    Unknown {
        /// Name of the event, from the payload.
        event: String,
    },
    /// An event that becomes a message.
    Event(Box<HookEvent<'s>>),
}

/// An event that becomes a message.
pub struct HookEvent<'s> {
    /// Name of the rule that it fulfils.
    pub name: &'s str,
    /// Key by which the same event is recognised, and for how long.
    pub repeat: Option<(String, Duration)>,
    /// Robots that the routes of the hook choose; `None` if the hook has no routes.
    pub routed: Option<Routed<'s>>,
    source: &'s str,
    applied: Applied,
    tool: &'s ToolType,
    values: Vec<(&'s Slot, Option<Selected>)>,
    fallback: String,
    mention: &'s Mention,
    language: Language,
}

/// The message of an event.
#[derive(Debug)]
#[non_exhaustive]
pub struct Composed {
    /// The message, with the delivery options of the notification.
    pub envelope: Envelope,
    /// Name of the notification.
    pub notification: String,
    /// Arguments that were read; empty for a fallback.
    pub arguments: Map<String, Value>,
    /// Values that do not fit, and are not in the message.
    pub left_out: Vec<ValueFault>,
    /// The notification could not be shown: the message only says that there is one.
    pub is_fallback: bool,
    /// Maximum time for which the message is to wait for the next one.
    pub hold: Option<Duration>,
}

/// Checks the rules of a hook against the notifications that they name.
pub(super) fn bind(hook: &Hook, tools: &[&ToolType], faults: &mut Vec<Fault>) -> HookSource {
    let events = hook.events.iter().map(|rule| bind_event(rule, tools, faults)).collect();
    HookSource {
        name: hook.name.clone(),
        language: hook.language,
        requires: hook.requires.clone(),
        event: hook.event.clone(),
        events,
        repeat: hook.repeat.clone(),
        ended: hook.ended.clone(),
        fallback: hook.fallback.clone(),
        manner: hook.manner.clone(),
        mention: hook.mention.clone(),
        routes: hook.routes.clone(),
        links: hook.links.clone(),
    }
}

fn bind_event(rule: &EventRule, tools: &[&ToolType], faults: &mut Vec<Fault>) -> BoundEvent {
    let target = rule.notification.as_ref().and_then(|name| {
        let is_meant = |tool: &&&ToolType| {
            let full = tool.spec().name;
            full == name || full.strip_prefix("send_") == Some(name)
        };
        let Some(tool) = tools.iter().find(is_meant) else {
            let names: Vec<String> = tools.iter().map(|tool| short_name(tool).to_owned()).collect();
            let problem = match suggest(name, names.iter().map(String::as_str)) {
                Some(meant) => Wording::new(
                    format!("unknown notification `{name}`; did you mean `{meant}`?"),
                    format!("未知的通知 `{name}`；是否想写 `{meant}`？"),
                ),
                None => Wording::new(
                    format!("unknown notification `{name}`; expected one of {}", names.join(", ")),
                    format!("未知的通知 `{name}`；可用的有 {}", names.join("、")),
                ),
            };
            faults.push(fault(&format!("{}.notification", rule.place), problem));
            return None;
        };
        Some(Target { tool: (*tool).clone(), fields: bind_fields(rule, tool, faults) })
    });
    BoundEvent { name: rule.name.clone(), when: rule.when.clone(), resolves: rule.resolves, target }
}

fn short_name(tool: &ToolType) -> &str {
    let name = tool.spec().name;
    name.strip_prefix("send_").unwrap_or(name)
}

fn bind_fields(rule: &EventRule, tool: &ToolType, faults: &mut Vec<Fault>) -> Vec<(Slot, Select)> {
    let spec = tool.spec();
    let schema = spec.input_schema();
    let slots: Vec<Slot> = spec.parameters.iter().map(|parameter| Slot::new(&parameter, &schema)).collect();
    let mut report = |key: &str, problem: Wording| {
        faults.push(fault(&format!("{}.fields.{key}", rule.place), problem));
    };
    for (name, _) in &rule.fields {
        if slots.iter().any(|slot| slot.name == *name) {
            continue;
        }
        let names: Vec<&str> = slots.iter().map(|slot| &*slot.name).collect();
        report(
            name,
            match suggest(name, names.iter().copied()) {
                Some(meant) => Wording::new(
                    format!("the notification has no field `{name}`; did you mean `{meant}`?"),
                    format!("通知没有字段 `{name}`；是否想写 `{meant}`？"),
                ),
                None => Wording::new(
                    format!("the notification has no field `{name}`; it has {}", names.join(", ")),
                    format!("通知没有字段 `{name}`；现有 {}", names.join("、")),
                ),
            },
        );
    }
    let mut bound = Vec::new();
    for slot in slots {
        let Some((_, select)) = rule.fields.iter().find(|(name, _)| *name == slot.name) else {
            if slot.is_required {
                report(
                    &slot.name,
                    Wording::new(
                        "missing: the notification requires this field",
                        "缺少这一项：通知需要这个字段",
                    ),
                );
            }
            continue;
        };
        if select.is_of_memory() && !rule.resolves {
            report(
                &slot.name,
                Wording::new(
                    "`lasted` belongs to an event that ends something: add `resolves = true`",
                    "`lasted` 用于结束某事的事件：请添加 `resolves = true`",
                ),
            );
        }
        for problem in slot.problems(select) {
            report(&slot.name, problem);
        }
        bound.push((slot, select.clone()));
    }
    bound
}

impl Slot {
    /// Returns what can be said of a selection without a payload.
    fn problems(&self, select: &Select) -> Vec<Wording> {
        let mut problems = Vec::new();
        if select.is_list() && !self.is_list() {
            problems.push(Wording::new(
                "selects a list, and the field has one value: add `join`, such as `\", \"`",
                "选出的是列表，而字段只有一个值：请添加 `join`，例如 `\", \"`",
            ));
        }
        if select.is_condition() && select.default.is_none() && !self.is_flag() {
            problems.push(Wording::new(
                "a condition alone is a value of a flag: add `path` or `default`",
                "只有条件的值用于 flag：请添加 `path` 或 `default`",
            ));
        }
        let literals = select.edit.map.iter().map(|(_, to)| to);
        let literals = literals.chain(&select.edit.otherwise).chain(&select.default);
        let everybody = |_: &str| true;
        // The texts of a joined list are parts of the value.
        for literal in literals.filter(|_| select.join.is_none()) {
            let selected = Selected { value: literal.clone(), is_of_file: true };
            if self.fit(selected, &everybody).is_none() {
                problems.push(match self.choices() {
                    Some(choices) => Wording::new(
                        format!(
                            "{literal} is not a value of the field; expected one of {}",
                            choices.join(", ")
                        ),
                        format!("{literal} 不是字段的值；可用的有 {}", choices.join("、")),
                    ),
                    None => Wording::new(
                        format!("{literal} does not fit the type of the field"),
                        format!("{literal} 不符合字段的类型"),
                    ),
                });
            }
        }
        problems
    }
}

impl HookSource {
    /// Returns the name of the source.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the robots of the default route. Empty if the hook has no routes: the address names the robot.
    pub fn default_robots(&self) -> &[String] {
        self.routes.last().map_or(&[], Route::robots)
    }

    /// Reads a payload.
    pub fn read<'s>(&'s self, payload: &Payload<'_>) -> Meaning<'s> {
        let scope = Scope::of(payload);
        if let Some(path) = self.requires.broken(scope) {
            return Meaning::Foreign { path };
        }
        let Some(rule) = self.events.iter().find(|rule| rule.when.hold(scope)) else {
            let event = self.event.as_ref().and_then(|event| event.evaluate(scope));
            let event = event.and_then(|event| text(&event.value)).unwrap_or_default();
            return Meaning::Unknown { event };
        };
        let Some(Target { tool, fields }) = &rule.target else {
            return Meaning::Skipped { event: rule.name.clone() };
        };
        let Some(applied) = self.manner.apply(scope, rule.resolves) else {
            return Meaning::Skipped { event: rule.name.clone() };
        };
        let select = |select: &Select| {
            let mut selected = select.evaluate(scope)?;
            if !selected.is_of_file {
                self.links.apply(&mut selected.value);
            }
            Some(selected)
        };
        let values = fields.iter().map(|(slot, field)| (slot, select(field))).collect();
        let repeat = self.repeat.as_ref().map(|repeat| {
            let parts: Vec<Value> = repeat
                .key
                .iter()
                .map(|part| part.evaluate(scope).map_or(Value::Null, |selected| sorted(selected.value)))
                .collect();
            (Value::Array(parts).to_string(), repeat.within)
        });
        let fallback = self.links.in_text(&self.fallback.words(&self.name, scope)).into_owned();
        Meaning::Event(Box::new(HookEvent {
            name: &rule.name,
            repeat,
            routed: (!self.routes.is_empty()).then(|| route::choose(&self.routes, scope)),
            source: &self.name,
            applied,
            tool,
            values,
            fallback,
            mention: &self.mention,
            language: self.language,
        }))
    }
}

impl HookSource {
    /// Reports that messages of the hook tell for how long something lasted, although its payloads do not: their
    /// [incidents](Self::incident) have to be remembered.
    pub fn needs_memory(&self) -> bool {
        let fields =
            self.events.iter().filter_map(|rule| rule.target.as_ref()).flat_map(|target| &target.fields);
        fields.into_iter().any(|(_, select)| select.is_of_memory())
    }

    /// Returns the incident of which a payload tells. `None` if the hook has no `subject`, or the payload becomes no
    /// message.
    pub fn incident(&self, payload: &Payload<'_>) -> Option<Incident> {
        let scope = Scope::of(payload);
        let rule = self.events.iter().find(|rule| rule.when.hold(scope))?;
        rule.target.as_ref()?;
        let subject = self.manner.subject(scope)?;
        Some(Incident { subject, is_over: rule.resolves })
    }

    /// Returns the elements of a payload that have begun or are over, if the hook has a rule for them.
    pub fn elements(&self, payload: &Payload<'_>) -> Elements {
        self.ended.as_ref().map(|ended| ended.elements(payload)).unwrap_or_default()
    }

    /// Removes [elements](Self::elements) from a payload by their indices, in order. Returns `false` if none is left.
    pub fn remove(&self, body: &mut Value, indices: &[usize]) -> bool {
        self.ended.as_ref().is_none_or(|ended| ended.remove(body, indices))
    }
}

/// Sorts a list, whose order has no meaning in a key.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(mut list) => {
            list.sort_by_cached_key(Value::to_string);
            Value::Array(list)
        }
        value => value,
    }
}

impl Fallback {
    /// Describes a payload in one line: its name, status and count.
    fn words(&self, source: &str, scope: Scope<'_>) -> String {
        let find = |select: &Option<Select>| text(&select.as_ref()?.evaluate(scope)?.value);
        let mut words = find(&self.name).unwrap_or_else(|| source.to_owned());
        if let Some(status) = find(&self.status) {
            let _ = write!(words, ": {status}");
        }
        if let Some(count) = find(&self.count) {
            let _ = write!(words, " ({count})");
        }
        words.chars().filter(|c| !c.is_control()).take(500).collect()
    }
}

impl std::fmt::Debug for HookEvent<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HookEvent").field("name", &self.name).finish_non_exhaustive()
    }
}

impl HookEvent<'_> {
    /// Makes the message. What does not fit is shortened or left out, and an event that cannot be shown becomes a plain
    /// message, so that none is lost. `person` finds people by name: a payload mentions nobody else.
    pub fn compose(&self, person: &FindPerson<'_>) -> Composed {
        let is_person = |name: &str| person(name).is_some();
        let mut arguments = Map::new();
        for (slot, value) in &self.values {
            let fitted = value.clone().and_then(|value| slot.fit(value, &is_person));
            if let Some(value) = fitted {
                arguments.insert(slot.name.clone(), value);
            }
        }
        let mut left_out = Vec::new();
        let faults = loop {
            match self.tool.read(arguments.clone(), person) {
                Ok(call) => {
                    return Composed {
                        envelope: self.finish(call.into_envelope(), person),
                        notification: self.tool.spec().name.to_owned(),
                        arguments,
                        left_out,
                        is_fallback: false,
                        hold: self.applied.hold,
                    };
                }
                Err(faults) => {
                    let before = left_out.len();
                    self.leave_out(&faults, &mut arguments, &mut left_out);
                    if left_out.len() == before {
                        break faults;
                    }
                }
            }
        };
        left_out.extend(faults.iter().cloned());
        Composed {
            envelope: self.finish(Envelope::new(Message::text(self.plain(&faults))), person),
            notification: self.tool.spec().name.to_owned(),
            arguments: Map::new(),
            left_out,
            is_fallback: true,
            hold: self.applied.hold,
        }
    }

    /// Returns the weight of the event.
    pub fn weight(&self) -> Weight {
        self.applied.weight
    }

    /// Returns what identifies the subject of the payload; `None` if the hook has no rule for it.
    pub fn subject(&self) -> Option<&str> {
        self.applied.subject.as_deref()
    }

    /// Sets the delivery options, and adds the mentions of the file and of the payload.
    fn finish(&self, mut envelope: Envelope, person: &FindPerson<'_>) -> Envelope {
        self.applied.set(&mut envelope, self.source, self.name);
        self.mention.add_to(envelope, &self.applied.people, person)
    }

    /// Returns one line that stands for the event.
    pub fn line(&self) -> &str {
        &self.fallback
    }

    /// Makes a plain message in place of one that is too long to be sent.
    pub fn too_long(&self) -> Envelope {
        let text = match self.language {
            Language::Zh => format!("{}\n通知过长，无法显示", self.fallback),
            _ => format!("{}\nThe notification is too long to be shown", self.fallback),
        };
        Envelope::new(Message::text(text))
    }

    /// Removes the values with faults that a message can do without.
    fn leave_out(&self, faults: &Faults, arguments: &mut Map<String, Value>, left_out: &mut Vec<ValueFault>) {
        let mut indices: Vec<(&str, usize)> = Vec::new();
        for fault in faults {
            let end = fault.path.find(['[', '.']).unwrap_or(fault.path.len());
            let (name, rest) = fault.path.split_at(end);
            let Some((slot, _)) = self.values.iter().find(|(slot, _)| slot.name == name) else { continue };
            let index = rest.strip_prefix('[').and_then(|rest| rest.split(']').next()?.parse().ok());
            match (index, arguments.get(name)) {
                (Some(index), Some(Value::Array(_))) => {
                    indices.push((name, index));
                    left_out.push(fault.clone());
                }
                (_, Some(_)) if !slot.is_required => {
                    arguments.remove(name);
                    left_out.push(fault.clone());
                }
                _ => {}
            }
        }
        indices.sort_unstable();
        indices.dedup();
        for (name, index) in indices.into_iter().rev() {
            if let Some(Value::Array(list)) = arguments.get_mut(name)
                && index < list.len()
            {
                list.remove(index);
            }
        }
    }

    fn plain(&self, faults: &Faults) -> String {
        let fault = faults.iter().next().map(ToString::to_string).unwrap_or_default();
        match self.language {
            Language::Zh => format!("{}\n通知无法显示：{fault}", self.fallback),
            _ => format!("{}\nThe notification could not be shown: {fault}", self.fallback),
        }
    }
}
