//! Reader of an agent's arguments, field by field. All faults are reported at once.

use std::{borrow::Cow, marker::PhantomData};

use dingtalk_template::suggest;
use schemars::SchemaGenerator;
use serde_json::{Map, Value};

use super::{
    Cardinality,
    argument::{Argument, By, ByItself, ReadValue, list_in_text, wrong_type},
    parameter::{Parameter, Parameters},
    schema::{self, Learned},
};
use crate::{
    constraint::{self, Field, Measured},
    message::{Fault, Faults},
};

/// Visitor of a tool's parameters, in order and each with its type, either to read the arguments of a call or to learn
/// the types. One function of generated code serves both, so that every type is named once.
#[derive(Debug)]
pub struct Reader<'a> {
    parameters: Parameters<'a>,
    visit: Visit<'a>,
    faults: Faults,
}

#[derive(Debug)]
enum Visit<'a> {
    Read(&'a Map<String, Value>),
    Learn(Vec<Learned>),
}

/// Types of a tool's parameters.
#[derive(Debug, Clone, Copy)]
pub(super) enum Types<'a> {
    /// Types in generated code, found by visiting the parameters.
    Visited(fn(&mut Reader<'_>)),
    /// Types of a declaration, already learned.
    Known(&'a [Learned]),
}

impl Types<'_> {
    pub(super) fn learn(self, parameters: Parameters<'_>) -> Vec<Learned> {
        match self {
            Self::Visited(visit) => learn(parameters, visit),
            Self::Known(learned) => learned.to_vec(),
        }
    }
}

/// Reads the arguments of one call, for generated code.
pub fn read<T>(
    parameters: &'static [Parameter<'static>],
    arguments: &Map<String, Value>,
    visit: fn(&mut Reader<'_>) -> Option<T>,
) -> Result<T, Faults> {
    read_parameters(Parameters::of(parameters), arguments, visit)
}

/// Reads the arguments of one call.
pub(super) fn read_parameters<T>(
    parameters: Parameters<'_>,
    arguments: &Map<String, Value>,
    visit: impl FnOnce(&mut Reader<'_>) -> Option<T>,
) -> Result<T, Faults> {
    let mut reader = Reader { parameters, visit: Visit::Read(arguments), faults: Faults::default() };
    reader.find_unknown(arguments);
    let value = visit(&mut reader);
    value.filter(|_| reader.faults.is_empty()).ok_or(reader.faults)
}

/// Returns the schemas and defaults that the parameters' types provide.
pub(super) fn learn<T>(parameters: Parameters<'_>, visit: impl FnOnce(&mut Reader<'_>) -> T) -> Vec<Learned> {
    let mut reader = Reader { parameters, visit: Visit::Learn(Vec::new()), faults: Faults::default() };
    visit(&mut reader);
    match reader.visit {
        Visit::Learn(learned) => learned,
        Visit::Read(_) => Vec::new(),
    }
}

/// Value that an argument gives for a parameter. `null` counts as absent.
enum Given<'a> {
    Value(&'a Value),
    Absent,
    /// No call: only the type is learned.
    Learning,
}

impl<'a> Reader<'a> {
    /// Reports names that do not match any parameter.
    fn find_unknown(&mut self, arguments: &Map<String, Value>) {
        let parameters = self.parameters;
        let names = || parameters.iter().map(|parameter| parameter.field.name);
        for name in arguments.keys().filter(|name| !names().any(|known| known == *name)) {
            let suggestion = suggest(name, names().filter(|known| !arguments.contains_key(*known)));
            let rule = match suggestion {
                Some(_) => "is not a parameter".to_owned(),
                None => {
                    format!("is not a parameter; expected one of: {}", names().collect::<Vec<_>>().join(", "))
                }
            };
            self.faults.push(Fault::new(name, rule).suggest(suggestion));
        }
    }

    /// Returns the parameter's field, with an empty name if the position is not in the table.
    fn field(&self, index: usize) -> Field<'a> {
        self.parameters.get(index).map_or(Field::new("", &[]), |parameter| parameter.field)
    }

    fn given<T>(&mut self, index: usize, how: &dyn ReadValue<T>) -> Given<'a> {
        let name = self.field(index).name;
        match &mut self.visit {
            Visit::Learn(learned) => {
                let of_type = |generator: &mut SchemaGenerator| how.schema(generator);
                let is_foreign = how.is_foreign();
                let unlimited = if is_foreign { schema::unlimited(&of_type) } else { Vec::new() };
                learned.push(Learned {
                    schema: schema::value(&of_type),
                    default: None,
                    unlimited,
                    is_foreign,
                });
                Given::Learning
            }
            Visit::Read(arguments) => match arguments.get(name) {
                None | Some(Value::Null) => Given::Absent,
                Some(value) => Given::Value(value),
            },
        }
    }

    /// Reads a required value.
    pub fn one<T: Argument>(&mut self, index: usize) -> Option<T> {
        self.one_by(index, &By(PhantomData::<ByItself>))
    }

    /// The same, read in this way.
    pub fn one_by<T>(&mut self, index: usize, how: &dyn ReadValue<T>) -> Option<T> {
        match self.given(index, how) {
            Given::Value(value) => self.read(index, value, None, how),
            Given::Absent => {
                self.missing(index, how, Cardinality::One);
                None
            }
            Given::Learning => None,
        }
    }

    fn is_required(&self, index: usize) -> bool {
        self.parameters.get(index).is_some_and(|parameter| parameter.is_required())
    }

    fn missing<T>(&mut self, index: usize, how: &dyn ReadValue<T>, cardinality: Cardinality) {
        let expected = schema::expected(&|generator| how.schema(generator), cardinality);
        let name = self.field(index).name;
        self.faults.push(Fault::new(name, format!("is missing: give {expected}")));
    }

    /// Reads a value with a default.
    pub fn one_or<T: Argument>(&mut self, index: usize, default: fn() -> T) -> Option<T> {
        self.one_or_by(index, default, &By(PhantomData::<ByItself>))
    }

    /// The same, read in this way.
    pub fn one_or_by<T>(&mut self, index: usize, default: fn() -> T, how: &dyn ReadValue<T>) -> Option<T> {
        let value = self.optional_by(index, how);
        if let Visit::Learn(learned) = &mut self.visit
            && let Some(learned) = learned.last_mut()
        {
            learned.default = how.default_in_schema(default);
        }
        value.map(|value| value.unwrap_or_else(default))
    }

    /// Reads an optional value.
    pub fn optional<T: Argument>(&mut self, index: usize) -> Option<Option<T>> {
        self.optional_by(index, &By(PhantomData::<ByItself>))
    }

    /// The same, read in this way.
    pub fn optional_by<T>(&mut self, index: usize, how: &dyn ReadValue<T>) -> Option<Option<T>> {
        match self.given(index, how) {
            Given::Value(value) => self.read(index, value, None, how).map(Some),
            Given::Absent => Some(None),
            Given::Learning => None,
        }
    }

    /// Reads any number of values. An array that arrives as JSON text is accepted, since agents send that.
    pub fn list<T: Argument>(&mut self, index: usize) -> Option<Vec<T>> {
        self.list_by(index, &By(PhantomData::<ByItself>))
    }

    /// The same, read in this way.
    pub fn list_by<T>(&mut self, index: usize, how: &dyn ReadValue<T>) -> Option<Vec<T>> {
        let value = match self.given(index, how) {
            Given::Value(value) => value,
            Given::Absent if self.is_required(index) => {
                self.missing(index, how, Cardinality::List);
                return None;
            }
            Given::Absent => return Some(Vec::new()),
            Given::Learning => return None,
        };
        let values = match value {
            Value::Array(values) => Some(Cow::Borrowed(values)),
            Value::String(text) => list_in_text(text).map(Cow::Owned),
            _ => None,
        };
        let Some(values) = values else {
            let expected = schema::expected(&|generator| how.schema(generator), Cardinality::List);
            self.faults.push(wrong_type(self.field(index).name, &expected, value));
            return None;
        };
        let read: Vec<Option<T>> = values
            .iter()
            .enumerate()
            .map(|(element, value)| self.read(index, value, Some(element), how))
            .collect();
        read.into_iter().collect()
    }

    /// Reads a flag.
    pub fn flag(&mut self, index: usize) -> Option<bool> {
        self.optional::<bool>(index).map(Option::unwrap_or_default)
    }

    /// Returns a value that one of the methods above has read, if it satisfies the parameter's constraints.
    pub fn within<T: Measured>(&mut self, index: usize, value: Option<T>) -> Option<T> {
        if let Some(value) = &value {
            constraint::check(&self.field(index), value, &mut self.faults);
        }
        value
    }

    /// Checks only the number of elements, for a list whose elements have no constraints.
    pub fn counted<T>(&mut self, index: usize, values: Option<Vec<T>>) -> Option<Vec<T>> {
        if let Some(values) = &values {
            constraint::check_count(&self.field(index), values.len(), &mut self.faults);
        }
        values
    }

    fn read<T>(
        &mut self,
        index: usize,
        value: &Value,
        element: Option<usize>,
        how: &dyn ReadValue<T>,
    ) -> Option<T> {
        let path = self.path(index, element);
        how.read(value, &path, &mut self.faults)
    }

    fn path(&self, index: usize, element: Option<usize>) -> String {
        let name = self.field(index).name;
        element.map_or_else(|| name.to_owned(), |element| format!("{name}[{element}]"))
    }
}
