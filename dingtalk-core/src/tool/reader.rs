//! An agent's arguments, read field by field, with everything that is wrong reported at once.

use std::borrow::Cow;

use dingtalk_template::suggest;
use serde_json::{Map, Value};

use super::{
    Parameter,
    argument::{Argument, wrong_type},
    schema,
};
use crate::{
    Fault, Faults,
    constraint::{self, Measured},
};

/// Reads the arguments of one call. `null` counts as absent.
#[derive(Debug)]
pub struct Reader<'a> {
    parameters: &'static [Parameter],
    arguments: &'a Map<String, Value>,
    faults: Faults,
}

impl<'a> Reader<'a> {
    /// Begins with the names that no parameter has.
    pub fn new(parameters: &'static [Parameter], arguments: &'a Map<String, Value>) -> Self {
        let mut reader = Self { parameters, arguments, faults: Faults::default() };
        for name in arguments.keys() {
            let names = || parameters.iter().map(|parameter| parameter.field.name);
            if !names().any(|known| known == name) {
                let suggestion = suggest(name, names().filter(|known| !arguments.contains_key(*known)));
                let rule = match suggestion {
                    Some(_) => "is not a parameter".to_owned(),
                    None => {
                        format!("is not a parameter; there are {}", names().collect::<Vec<_>>().join(", "))
                    }
                };
                reader.faults.push(Fault::new(name, rule).suggest(suggestion));
            }
        }
        reader
    }

    fn given(&self, index: usize) -> Option<&'a Value> {
        self.arguments.get(self.parameters[index].field.name).filter(|value| !value.is_null())
    }

    /// A value that must be given.
    pub fn one<T: Argument>(&mut self, index: usize) -> Option<T> {
        let Some(value) = self.given(index) else {
            let parameter = &self.parameters[index];
            let article = schema::expected(parameter);
            self.faults.push(Fault::new(parameter.field.name, format!("is missing: give {article}")));
            return None;
        };
        self.read(index, value, None)
    }

    /// A value with a default.
    pub fn one_or<T: Argument>(&mut self, index: usize, default: fn() -> T) -> Option<T> {
        match self.given(index) {
            None => Some(default()),
            Some(value) => self.read(index, value, None),
        }
    }

    /// A value that may be absent.
    pub fn optional<T: Argument>(&mut self, index: usize) -> Option<Option<T>> {
        match self.given(index) {
            None => Some(None),
            Some(value) => self.read(index, value, None).map(Some),
        }
    }

    /// Any number of values. An array that arrives as its JSON text is understood, since agents send that.
    pub fn list<T: Argument>(&mut self, index: usize) -> Option<Vec<T>> {
        let Some(value) = self.given(index) else { return Some(Vec::new()) };
        let values = match value {
            Value::Array(values) => Cow::Borrowed(values),
            Value::String(text) => match serde_json::from_str(text) {
                Ok(values) => Cow::Owned(values),
                Err(_) => return self.wrong(index, value),
            },
            _ => return self.wrong(index, value),
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
        match self.given(index) {
            None => Some(false),
            Some(Value::Bool(flag)) => Some(*flag),
            Some(value) => self.wrong(index, value),
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

    /// Everything was right so far.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    /// Everything that was wrong.
    pub fn finish(self) -> Faults {
        self.faults
    }

    fn read<T: Argument>(&mut self, index: usize, value: &Value, element: Option<usize>) -> Option<T> {
        let path = self.path(index, element);
        T::read(value, &path, &mut self.faults)
    }

    /// A value of the wrong JSON type.
    fn wrong<T>(&mut self, index: usize, value: &Value) -> Option<T> {
        let expected = schema::expected(&self.parameters[index]);
        self.faults.push(wrong_type(self.parameters[index].field.name, &expected, value));
        None
    }

    fn path(&self, index: usize, element: Option<usize>) -> String {
        let name = self.parameters[index].field.name;
        element.map_or_else(|| name.to_owned(), |element| format!("{name}[{element}]"))
    }
}
