//! All errors of one expansion, reported together.

use std::cell::{Cell, RefCell};

use dingtalk_template::declaration::{Finding, Location, Told};
use proc_macro2::TokenStream;
use quote::ToTokens;

/// Collects errors, so that one mistake does not hide the next.
#[derive(Default)]
pub(crate) struct Errors {
    found: RefCell<Vec<syn::Error>>,
    left_to_rustc: Cell<bool>,
}

impl Errors {
    /// Adds an error with its caret under these tokens.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&self, error: syn::Error) {
        self.found.borrow_mut().push(error);
    }

    /// Adds the findings of the rules, each with its caret under the tokens that `tokens` returns.
    pub(crate) fn report(
        &self,
        findings: impl IntoIterator<Item = Finding>,
        tokens: impl Fn(Location) -> TokenStream,
    ) {
        for finding in findings {
            if finding.told != Told::Here {
                self.leave_to_rustc();
            }
            if finding.told != Told::ByRustc {
                self.at(tokens(finding.location), finding.message);
            }
        }
    }

    /// Notes a problem that rustc itself reports, with its caret inside the literal.
    pub(crate) fn leave_to_rustc(&self) {
        self.left_to_rustc.set(true);
    }

    pub(crate) fn is_left_to_rustc(&self) -> bool {
        self.left_to_rustc.get()
    }

    /// Reports whether no problem was found, including those left to rustc.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.borrow().is_empty() && !self.left_to_rustc.get()
    }

    /// Returns a `compile_error!` for each error.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.found.into_inner().iter().map(syn::Error::to_compile_error).collect()
    }
}
