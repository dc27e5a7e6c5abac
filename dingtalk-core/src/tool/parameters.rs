//! The parameters of a tool, wherever they are declared.

use std::fmt;

use super::{Parameter, declared::DeclaredParameter};

/// The parameters of a tool in order: those of a type, or those of a declaration that was read while the program runs.
#[derive(Clone, Copy)]
pub struct Parameters<'a>(Table<'a>);

#[derive(Clone, Copy)]
enum Table<'a> {
    Derived(&'a [Parameter<'a>]),
    Declared(&'a [DeclaredParameter]),
}

impl<'a> Parameters<'a> {
    pub(crate) const fn of(table: &'a [Parameter<'a>]) -> Self {
        Self(Table::Derived(table))
    }

    pub(super) fn declared(table: &'a [DeclaredParameter]) -> Self {
        Self(Table::Declared(table))
    }

    /// What a declaration says of its parameters; nothing for those of a type.
    pub(super) fn as_declared(self) -> &'a [DeclaredParameter] {
        match self.0 {
            Table::Declared(table) => table,
            Table::Derived(_) => &[],
        }
    }

    /// How many there are.
    pub fn len(self) -> usize {
        match self.0 {
            Table::Derived(table) => table.len(),
            Table::Declared(table) => table.len(),
        }
    }

    /// The tool has no parameters.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The parameter at a position.
    pub fn get(self, index: usize) -> Option<Parameter<'a>> {
        match self.0 {
            Table::Derived(table) => table.get(index).copied(),
            Table::Declared(table) => table.get(index).map(DeclaredParameter::parameter),
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
