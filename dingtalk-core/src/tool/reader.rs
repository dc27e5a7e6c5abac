//! An agent's arguments, read field by field, with everything that is wrong reported at once.

use std::borrow::Cow;

use dingtalk_template::suggest;
use serde_json::{Map, Value};

use super::{
    Parameter, Shape,
    argument::{Argument, ValueSchema, wrong_type},
    schema,
};
use crate::{
    Fault, Faults,
    constraint::{self, Measured},
};

/// Visits the parameters of one tool in order, each with its type: to read the arguments of a call, or to learn the
/// types. One function of generated code serves both, so that every type is named once.
#[derive(Debug)]
pub struct Reader<'a> {
    parameters: &'static [Parameter],
    visit: Visit<'a>,
    faults: Faults,
}

#[derive(Debug)]
enum Visit<'a> {
    Read(&'a Map<String, Value>),
    Learn(Vec<Learned>),
}

/// What a parameter's type says of it.
#[derive(Debug)]
pub(crate) struct Learned {
    /// The schema of one value.
    pub(crate) schema: ValueSchema,
    /// The field's default, where it is an expression that only the type can read.
    pub(crate) default: Option<Value>,
}

/// The arguments of one call, read by generated code.
pub fn read<T>(
    parameters: &'static [Parameter],
    arguments: &Map<String, Value>,
    visit: fn(&mut Reader<'_>) -> Option<T>,
) -> Result<T, Faults> {
    let mut reader = Reader { parameters, visit: Visit::Read(arguments), faults: Faults::default() };
    reader.find_unknown(arguments);
    let value = visit(&mut reader);
    value.filter(|_| reader.faults.is_empty()).ok_or(reader.faults)
}

/// What the parameters' types say.
pub(crate) fn learn<T>(
    parameters: &'static [Parameter],
    visit: impl FnOnce(&mut Reader<'_>) -> T,
) -> Vec<Learned> {
    let mut reader = Reader { parameters, visit: Visit::Learn(Vec::new()), faults: Faults::default() };
    visit(&mut reader);
    match reader.visit {
        Visit::Learn(learned) => learned,
        Visit::Read(_) => Vec::new(),
    }
}

/// What an argument gives for a parameter. `null` counts as absent.
enum Given<'a> {
    Value(&'a Value),
    Absent,
    /// Nobody calls: only the type is asked for.
    Learning,
}

impl<'a> Reader<'a> {
    /// Reports the names that no parameter has.
    fn find_unknown(&mut self, arguments: &Map<String, Value>) {
        let names = || self.parameters.iter().map(|parameter| parameter.field.name);
        for name in arguments.keys().filter(|name| !names().any(|known| known == *name)) {
            let suggestion = suggest(name, names().filter(|known| !arguments.contains_key(*known)));
            let rule = match suggestion {
                Some(_) => "is not a parameter".to_owned(),
                None => {
                    format!("is not a parameter; there are {}", names().collect::<Vec<_>>().join(", "))
                }
            };
            self.faults.push(Fault::new(name, rule).suggest(suggestion));
        }
    }

    fn given<T: Argument>(&mut self, index: usize) -> Given<'a> {
        match &mut self.visit {
            Visit::Learn(learned) => {
                learned.push(Learned { schema: T::schema, default: None });
                Given::Learning
            }
            Visit::Read(arguments) => match arguments.get(self.parameters[index].field.name) {
                None | Some(Value::Null) => Given::Absent,
                Some(value) => Given::Value(value),
            },
        }
    }

    /// A value that must be given.
    pub fn one<T: Argument>(&mut self, index: usize) -> Option<T> {
        match self.given::<T>(index) {
            Given::Value(value) => self.read(index, value, None),
            Given::Absent => {
                let expected = schema::expected(T::schema, Shape::One);
                let name = self.parameters[index].field.name;
                self.faults.push(Fault::new(name, format!("is missing: give {expected}")));
                None
            }
            Given::Learning => None,
        }
    }

    /// A value with a default.
    pub fn one_or<T: Argument>(&mut self, index: usize, default: fn() -> T) -> Option<T> {
        match self.given::<T>(index) {
            Given::Value(value) => self.read(index, value, None),
            Given::Absent => Some(default()),
            Given::Learning => {
                if let Visit::Learn(learned) = &mut self.visit
                    && let Some(learned) = learned.last_mut()
                {
                    learned.default = T::default_in_schema(default);
                }
                None
            }
        }
    }

    /// A value that may be absent.
    pub fn optional<T: Argument>(&mut self, index: usize) -> Option<Option<T>> {
        match self.given::<T>(index) {
            Given::Value(value) => self.read(index, value, None).map(Some),
            Given::Absent => Some(None),
            Given::Learning => None,
        }
    }

    /// Any number of values. An array that arrives as its JSON text is understood, since agents send that.
    pub fn list<T: Argument>(&mut self, index: usize) -> Option<Vec<T>> {
        let value = match self.given::<T>(index) {
            Given::Value(value) => value,
            Given::Absent => return Some(Vec::new()),
            Given::Learning => return None,
        };
        let values = match value {
            Value::Array(values) => Some(Cow::Borrowed(values)),
            Value::String(text) => serde_json::from_str(text).ok().map(Cow::Owned),
            _ => None,
        };
        let Some(values) = values else {
            let expected = schema::expected(T::schema, Shape::List);
            self.faults.push(wrong_type(self.parameters[index].field.name, &expected, value));
            return None;
        };
        let read: Vec<Option<T>> = values
            .iter()
            .enumerate()
            .map(|(element, value)| self.read(index, value, Some(element)))
            .collect();
        read.into_iter().collect()
    }

    /// A flag.
    pub fn flag(&mut self, index: usize) -> Option<bool> {
        match self.given::<bool>(index) {
            Given::Value(value) => self.read(index, value, None),
            Given::Absent => Some(false),
            Given::Learning => None,
        }
    }

    /// A value, as one of the methods above has read it, if it keeps the parameter's constraints.
    pub fn within<T: Measured>(&mut self, index: usize, value: Option<T>) -> Option<T> {
        if let Some(value) = &value {
            constraint::check(&self.parameters[index].field, value, &mut self.faults);
        }
        value
    }

    /// The same for a list whose elements have no rules of their own.
    pub fn counted<T>(&mut self, index: usize, values: Option<Vec<T>>) -> Option<Vec<T>> {
        if let Some(values) = &values {
            constraint::check_count(&self.parameters[index].field, values.len(), &mut self.faults);
        }
        values
    }

    fn read<T: Argument>(&mut self, index: usize, value: &Value, element: Option<usize>) -> Option<T> {
        let path = self.path(index, element);
        T::read(value, &path, &mut self.faults)
    }

    fn path(&self, index: usize, element: Option<usize>) -> String {
        let name = self.parameters[index].field.name;
        element.map_or_else(|| name.to_owned(), |element| format!("{name}[{element}]"))
    }
}
