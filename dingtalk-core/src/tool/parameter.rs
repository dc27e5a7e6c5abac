//! The parameters of a tool, wherever they are declared.

use std::fmt;

use dingtalk_template::declaration::Cardinality;

use crate::constraint::{Constraint, Field};

/// One parameter of a tool.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Parameter<'a> {
    /// Its name and the rules on its value.
    pub field: Field<'a>,
    /// What it is: the field's documentation.
    pub description: &'a str,
    /// How many values it takes.
    pub cardinality: Cardinality,
    /// It has a default, known as JSON or not.
    pub has_default: bool,
    /// Its default as JSON, where that is known.
    pub default: Option<&'a str>,
    /// An example as JSON.
    pub example: Option<&'a str>,
    /// Whom it mentions, if it does: values of a field marked `at`.
    pub mentions: Option<PersonKind>,
}

/// How a parameter names people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PersonKind {
    /// By mobile number.
    Number,
    /// By user id.
    Id,
}

impl<'a> Parameter<'a> {
    /// A parameter; used by generated code.
    #[doc(hidden)]
    pub const fn new(field: Field<'a>, description: &'a str, cardinality: Cardinality) -> Self {
        Self {
            field,
            description,
            cardinality,
            has_default: false,
            default: None,
            example: None,
            mentions: None,
        }
    }

    /// Says that it has a default; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn defaulted(mut self) -> Self {
        self.has_default = true;
        self
    }

    /// Adds a default and an example; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn values(mut self, default: Option<&'a str>, example: Option<&'a str>) -> Self {
        self.default = default;
        self.example = example;
        self
    }

    /// Says whom it mentions; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn mentions(mut self, kind: PersonKind) -> Self {
        self.mentions = Some(kind);
        self
    }

    /// Must a call give it?
    pub fn is_required(&self) -> bool {
        self.cardinality == Cardinality::One && !self.has_default
    }
}

/// A parameter that was read while the program runs, in its own memory.
#[derive(Debug)]
pub(super) struct OwnedParameter {
    pub(super) name: String,
    pub(super) constraints: Vec<Constraint>,
    pub(super) description: String,
    pub(super) cardinality: Cardinality,
    pub(super) has_default: bool,
    pub(super) default: Option<String>,
    pub(super) example: Option<String>,
    pub(super) mentions: Option<PersonKind>,
}

impl OwnedParameter {
    fn borrow(&self) -> Parameter<'_> {
        Parameter {
            field: Field::new(&self.name, &self.constraints),
            description: &self.description,
            cardinality: self.cardinality,
            has_default: self.has_default,
            default: self.default.as_deref(),
            example: self.example.as_deref(),
            mentions: self.mentions,
        }
    }
}

/// The parameters of a tool in order: those of a type, or those of a declaration that was read while the program runs.
#[derive(Clone, Copy)]
pub struct Parameters<'a>(Table<'a>);

#[derive(Clone, Copy)]
enum Table<'a> {
    Constant(&'a [Parameter<'a>]),
    Owned(&'a [OwnedParameter]),
}

impl<'a> Parameters<'a> {
    pub(crate) const fn of(table: &'a [Parameter<'a>]) -> Self {
        Self(Table::Constant(table))
    }

    pub(super) fn owned(table: &'a [OwnedParameter]) -> Self {
        Self(Table::Owned(table))
    }

    /// How many there are.
    pub fn len(self) -> usize {
        match self.0 {
            Table::Constant(table) => table.len(),
            Table::Owned(table) => table.len(),
        }
    }

    /// The tool has no parameters.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The parameter at a position.
    pub fn get(self, index: usize) -> Option<Parameter<'a>> {
        match self.0 {
            Table::Constant(table) => table.get(index).copied(),
            Table::Owned(table) => table.get(index).map(OwnedParameter::borrow),
        }
    }

    /// The parameters in order.
    pub fn iter(self) -> ParametersIter<'a> {
        ParametersIter { parameters: self, next: 0 }
    }
}

/// No parameters.
impl Default for Parameters<'_> {
    fn default() -> Self {
        Self::of(&[])
    }
}

impl<'a> IntoIterator for Parameters<'a> {
    type Item = Parameter<'a>;
    type IntoIter = ParametersIter<'a>;

    fn into_iter(self) -> ParametersIter<'a> {
        self.iter()
    }
}

/// The parameters of a tool in order.
#[derive(Debug, Clone)]
pub struct ParametersIter<'a> {
    parameters: Parameters<'a>,
    next: usize,
}

impl<'a> Iterator for ParametersIter<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Parameter<'a>> {
        let parameter = self.parameters.get(self.next)?;
        self.next += 1;
        Some(parameter)
    }
}

impl fmt::Debug for Parameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
