//! What all generated code is made with: paths, names, and the frame of an implementation.

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
        // Of this version alone: the core names the module after itself.
        let version = env!("CARGO_PKG_VERSION").replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let private = format_ident!("__private_{version}");
        let private = quote!(#krate::#private);
        Self { krate: private.clone(), private }
    }
}

/// `impl Trait for Type { … }`
pub(super) fn implement(
    implemented: &TokenStream,
    ident: &Ident,
    generics: &Generics,
    items: &TokenStream,
) -> TokenStream {
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #implemented for #ident #ty_generics #where_clause { #items }
    }
}

/// A variable of generated code. The underscores keep it from a user's constant: hygiene does not.
pub(super) fn local(name: &str) -> Ident {
    format_ident!("__{name}", span = Span::mixed_site())
}

/// An `Option` as an expression.
pub(super) fn option(value: Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
