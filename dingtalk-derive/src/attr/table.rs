//! Tables of the keys that each place of an attribute allows, with their parsers.
//!
//! After an error, parsing continues at the next key, so every error is reported.

use std::cell::Cell;

use dingtalk_template::suggest;
use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, LitStr, Token, ext::IdentExt as _, parse::ParseStream};

use super::expression;
use crate::errors::Errors;

/// The keys of one place: on a type, on a field, or in the parentheses of another key.
pub(super) struct KeyTable<T: 'static> {
    /// The place, as the end of a sentence: `on a field`.
    pub(super) place: &'static str,
    pub(super) keys: &'static [Key<T>],
    /// Keys that people expect here although they do not exist, each with its fix.
    pub(super) advice: &'static [(&'static str, &'static str)],
    /// The fix for a text without a key.
    pub(super) loose_text: Option<&'static str>,
}

/// A key with the parser of its value.
pub(super) type Key<T> = (&'static str, fn(&mut T, &Ident, ParseStream<'_>, &Reading<'_>) -> syn::Result<()>);

/// The names of a table's keys, independent of the target type.
pub(super) trait Names: Sync {
    fn place(&self) -> &'static str;
    fn has(&self, key: &str) -> bool;
}

impl<T> Names for KeyTable<T> {
    fn place(&self) -> &'static str {
        self.place
    }

    fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|(name, _)| *name == key)
    }
}

/// Errors found while keys are parsed.
pub(super) struct Reading<'e> {
    errors: &'e Errors,
    count: Cell<usize>,
    /// Other places to which an unknown key may belong.
    elsewhere: &'static [&'static dyn Names],
}

impl<'e> Reading<'e> {
    pub(super) fn new(errors: &'e Errors, elsewhere: &'static [&'static dyn Names]) -> Self {
        Self { errors, count: Cell::new(0), elsewhere }
    }

    fn error(&self, error: syn::Error) {
        self.count.set(self.count.get() + 1);
        self.errors.push(error);
    }

    /// Reports whether a key could not be parsed. A part that seems to be missing may then only be misspelt.
    pub(super) fn is_incomplete(&self) -> bool {
        self.errors_so_far() > 0
    }

    /// Returns the number of keys that could not be parsed.
    pub(super) fn errors_so_far(&self) -> usize {
        self.count.get()
    }
}

impl<T> KeyTable<T> {
    /// Parses the keys of every `#[dingtalk(…)]` into `target`.
    pub(super) fn read(&self, attributes: &[Attribute], target: &mut T, reading: &Reading<'_>) {
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("dingtalk")) {
            let parsed =
                attribute.parse_args_with(|input: ParseStream<'_>| self.keys(input, target, reading));
            if let Err(error) = parsed {
                reading.error(error);
            }
        }
    }

    /// Parses the keys between one pair of parentheses into `target`.
    pub(super) fn keys(
        &self,
        input: ParseStream<'_>,
        target: &mut T,
        reading: &Reading<'_>,
    ) -> syn::Result<()> {
        each_key(input, reading, &|input| self.expected(input), &mut |key, input| {
            let name = key.to_string();
            match self.keys.iter().find(|(known, _)| *known == name) {
                Some((_, read)) => read(target, key, input, reading),
                None => Err(self.unknown(key, &name, reading)),
            }
        })
    }

    /// Returns the error for a token that is not a key.
    fn expected(&self, input: ParseStream<'_>) -> String {
        match self.loose_text {
            Some(advice) if input.peek(LitStr) => advice.to_owned(),
            _ => format!("expected one of the keys {}", self.list()),
        }
    }

    fn unknown(&self, key: &Ident, name: &str, reading: &Reading<'_>) -> syn::Error {
        let advice = self.advice.iter().find(|(tried, _)| *tried == name).map(|(_, advice)| *advice);
        let elsewhere = reading.elsewhere.iter().find(|table| table.has(name));
        let message = match (advice, elsewhere) {
            (Some(advice), _) => advice.to_owned(),
            (None, Some(there)) => format!("`{name}` belongs {}, not {}", there.place(), self.place),
            (None, None) => match suggest(name, self.keys.iter().map(|(known, _)| *known)) {
                Some(meant) => format!("unknown attribute `{name}`; did you mean `{meant}`?"),
                None => format!("unknown attribute `{name}`; expected one of {}", self.list()),
            },
        };
        syn::Error::new_spanned(key, message)
    }

    fn list(&self) -> String {
        let names: Vec<&str> = self.keys.iter().map(|(name, _)| *name).collect();
        format!("`{}`", names.join("`, `"))
    }
}

/// Calls `read` for each key; after an error, continues with the next key.
pub(super) fn each_key(
    input: ParseStream<'_>,
    reading: &Reading<'_>,
    expected: &dyn Fn(ParseStream<'_>) -> String,
    read: &mut dyn FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    while !input.is_empty() {
        let message = expected(input);
        let key = Ident::parse_any(input).map_err(|error| syn::Error::new(error.span(), message));
        if let Err(error) = key.and_then(|key| read(&key, input)) {
            reading.error(error);
            expression::until_comma(input)?;
        }
        if !input.is_empty() {
            separator(input)?;
        }
    }
    Ok(())
}

/// Parses the comma between two keys.
fn separator(input: ParseStream<'_>) -> syn::Result<()> {
    if input.parse::<Option<Token![,]>>()?.is_some() {
        return Ok(());
    }
    let error = input.error("expected `,` before the next key");
    // Without this, the rest would cause another error.
    input.parse::<TokenStream>()?;
    Err(error)
}

/// Parses the value of a key that may occur only once.
pub(super) fn set<T>(
    slot: &mut Option<T>,
    key: &Ident,
    input: ParseStream<'_>,
    parse: impl FnOnce(&Ident, ParseStream<'_>) -> syn::Result<T>,
    reading: &Reading<'_>,
) -> syn::Result<()> {
    let value = parse(key, input)?;
    if slot.is_some() {
        reading.errors.at(key, format!("`{key}` is given twice: remove one"));
    }
    *slot = Some(value);
    Ok(())
}
