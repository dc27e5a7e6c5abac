//! Parameters of a tool, from a type or a declaration.

use std::fmt;

use dingtalk_template::declaration::Cardinality;

use crate::constraint::{Constraint, Field};

/// One parameter of a tool.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Parameter<'a> {
    /// Name of the parameter and constraints on its value.
    pub field: Field<'a>,
    /// Description: the field's documentation.
    pub description: &'a str,
    /// Number of values: one, optional, list or flag.
    pub cardinality: Cardinality,
    /// Set if the parameter has a default, even if its JSON is not known.
    pub has_default: bool,
    /// Default as JSON, if known.
    pub default: Option<&'a str>,
    /// Example as JSON.
    pub example: Option<&'a str>,
    /// Marked `unbounded`: it has no upper limit on purpose.
    pub is_unbounded: bool,
    /// Kind of id by which the parameter mentions people, for fields marked `at`.
    pub mentions: Option<PersonKind>,
    /// Set if the values are points in time: two spellings of one have the same meaning.
    pub is_moment: bool,
}

/// Kind of id by which a parameter identifies people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PersonKind {
    /// Mobile number.
    Number,
    /// User id.
    Id,
}

impl<'a> Parameter<'a> {
    /// Creates a parameter; used by generated code.
    #[doc(hidden)]
    pub const fn new(field: Field<'a>, description: &'a str, cardinality: Cardinality) -> Self {
        Self {
            field,
            description,
            cardinality,
            has_default: false,
            default: None,
            example: None,
            is_unbounded: false,
            mentions: None,
            is_moment: false,
        }
    }

    /// Marks the parameter as having a default; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn defaulted(mut self) -> Self {
        self.has_default = true;
        self
    }

    /// Says that it has no upper limit; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn unbounded(mut self) -> Self {
        self.is_unbounded = true;
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

    /// Sets the kind of id by which it mentions people; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn mentions(mut self, kind: PersonKind) -> Self {
        self.mentions = Some(kind);
        self
    }

    /// Sets whether its values are points in time; used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn moment(mut self, is_moment: bool) -> Self {
        self.is_moment = is_moment;
        self
    }

    /// Reports whether a call must give the parameter.
    pub fn is_required(&self) -> bool {
        match self.cardinality {
            Cardinality::One => !self.has_default,
            Cardinality::List => {
                self.field.constraints.iter().any(
                    |constraint| matches!(constraint, Constraint::Items { min: Some(min), .. } if *min > 0),
                )
            }
            Cardinality::Optional | Cardinality::Flag => false,
        }
    }
}

/// A parameter of a declaration that is read at run time, which owns its texts.
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
    pub(super) is_moment: bool,
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
            is_unbounded: false,
            mentions: self.mentions,
            is_moment: self.is_moment,
        }
    }
}

/// Parameters of a tool in order, from a type or from a declaration that is read at run time.
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

    /// Returns the number of parameters.
    pub fn len(self) -> usize {
        match self.0 {
            Table::Constant(table) => table.len(),
            Table::Owned(table) => table.len(),
        }
    }

    /// Returns `true` if the tool has no parameters.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Returns the parameter at a position.
    pub fn get(self, index: usize) -> Option<Parameter<'a>> {
        match self.0 {
            Table::Constant(table) => table.get(index).copied(),
            Table::Owned(table) => table.get(index).map(OwnedParameter::borrow),
        }
    }

    /// Iterates over the parameters in order.
    pub fn iter(self) -> ParametersIter<'a> {
        ParametersIter { parameters: self, next: 0 }
    }
}

/// Returns an empty list of parameters.
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

/// Iterator over the parameters of a tool, in order.
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
