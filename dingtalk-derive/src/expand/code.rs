//! Building blocks of generated code: paths, names, and the frame of an implementation.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::Generics;

/// Absolute paths into `dingtalk_core`.
pub(crate) struct Paths {
    pub(crate) krate: TokenStream,
    pub(crate) private: TokenStream,
}

impl Paths {
    pub(super) fn of(krate: Option<&syn::Path>) -> Self {
        let krate = match krate {
            Some(path) => quote!(#path),
            None => quote!(::dingtalk_core),
        };
        // The core names the module after its version, so no other version matches.
        let version = env!("CARGO_PKG_VERSION").replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let private = format_ident!("__private_{version}");
        let private = quote!(#krate::#private);
        Self { krate: private.clone(), private }
    }
}

/// Generates `impl Trait for Type { … }`.
pub(super) fn implement(
    implemented: &TokenStream,
    ident: &Ident,
    generics: &Generics,
    items: &TokenStream,
) -> TokenStream {
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = at_call_site(ident);
    quote! {
        #[automatically_derived]
        impl #impl_generics #implemented for #ident #ty_generics #where_clause { #items }
    }
}

/// Returns the type's name as the derive's own token, so that the declaration of a deprecated type does not warn.
pub(super) fn at_call_site(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(ident.span().resolved_at(Span::call_site()));
    ident
}

/// Returns a variable of generated code. Its underscores prevent a collision with a user's constant, which hygiene does
/// not.
pub(super) fn local(name: &str) -> Ident {
    format_ident!("__{name}", span = Span::mixed_site())
}

/// Generates an `Option` expression.
pub(super) fn option(value: Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
