//! Doc comments, also those that a macro writes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The documentation of a type, a field or a variant.
pub(crate) struct Documentation {
    /// The text of `///` comments, one line each.
    pub(crate) text: String,
    /// The whole text as an expression, if a macro makes a part of it: `#[doc = include_str!("…")]`.
    pub(crate) expression: Option<TokenStream>,
}

impl Documentation {
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        let values: Vec<&Expr> = attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("doc"))
            .filter_map(|attribute| match &attribute.meta {
                Meta::NameValue(meta) => Some(&meta.value),
                _ => None,
            })
            .collect();
        let texts = values.iter().map(|value| match value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        });
        let texts: Vec<Option<String>> = texts.collect();
        let expression = texts.contains(&None).then(|| {
            let lines = values.iter().map(quote::ToTokens::to_token_stream);
            quote!(::core::concat!(#(#lines, "\n"),*))
        });
        Self { text: texts.into_iter().flatten().collect::<Vec<_>>().join("\n"), expression }
    }

    /// The text on one line, as an expression.
    pub(crate) fn on_one_line(&self) -> TokenStream {
        let line = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.expression.clone().unwrap_or_else(|| quote!(#line))
    }
}
