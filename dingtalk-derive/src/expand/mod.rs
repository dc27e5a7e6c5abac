//! Writes the code: tables and the calls that walk them.

mod message;
mod table;
mod templates;
mod tool;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::DeriveInput;

use self::templates::{Compiled, Templates};
use crate::{check, errors::Errors, model::Notification};

/// Which derive is expanded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Derive {
    Notification,
    FeedItem,
}

pub(crate) fn expand(input: &DeriveInput, derive: Derive) -> TokenStream {
    let errors = Errors::default();
    let notification = Notification::read(input, &errors);
    check::check(&notification, &errors);
    check::derive(&notification, derive, &errors);
    let paths = Paths::of(&notification);
    let templates = Templates::compile(&notification, &errors);
    let names = templates.name_check();
    let implementation = match &templates.message {
        Some(Compiled::Item { title, url, picture }) if errors.is_empty() && !templates.refused => {
            message::feed_item(&notification, &templates, (title, url, picture), &paths)
        }
        Some(message) if errors.is_empty() && !templates.refused => {
            let message = message::implementation(&notification, &templates, message, &paths);
            let tool = tool::implementation(&notification, &paths);
            quote!(#message #tool)
        }
        // The errors say enough; a stub keeps uses of the type from adding theirs.
        _ => stub(&notification, derive, &paths),
    };
    let errors = errors.into_tokens();
    quote! {
        #errors
        #[allow(dead_code, unused_mut, unused_qualifications, unused_variables, clippy::all, clippy::pedantic)]
        const _: () = {
            #names
            #implementation
        };
    }
}

/// Absolute paths into `dingtalk_core`.
pub(crate) struct Paths {
    pub(crate) krate: TokenStream,
    pub(crate) private: TokenStream,
}

impl Paths {
    fn of(notification: &Notification<'_>) -> Self {
        let krate = match &notification.krate {
            Some(path) => quote!(#path),
            None => quote!(::dingtalk_core),
        };
        Self { private: quote!(#krate::__private), krate }
    }
}

fn stub(notification: &Notification<'_>, derive: Derive, paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    let ident = notification.ident;
    let (impl_generics, ty_generics, where_clause) = notification.generics.split_for_impl();
    if derive == Derive::FeedItem {
        return quote! {
            impl #impl_generics #private::FeedEntry for #ident #ty_generics #where_clause {
                fn entry(&self, _: &::core::primitive::str, _: &mut #krate::Faults) -> #krate::message::FeedItem {
                    ::core::unimplemented!()
                }
            }
        };
    }
    let tool = notification.tool.is_some().then(|| {
        quote! {
            impl #impl_generics #krate::Tool for #ident #ty_generics #where_clause {
                const NAME: &'static ::core::primitive::str = "";
                const SPEC: #krate::ToolSpec = #private::ToolSpec::new("", "", "", &[]);
                fn parse(_: &#private::Arguments) -> ::core::result::Result<Self, #krate::Faults> {
                    ::core::unimplemented!()
                }
            }
        }
    });
    quote! {
        impl #impl_generics #krate::Notification for #ident #ty_generics #where_clause {
            fn message(&self) -> ::core::result::Result<#krate::Message, #krate::Invalid> {
                ::core::unimplemented!()
            }
        }
        #tool
    }
}

/// A variable of generated code. The underscores keep it from a user's constant: hygiene does not.
fn local(name: &str) -> Ident {
    format_ident!("__{name}", span = Span::mixed_site())
}

/// An `Option` as an expression.
fn option(value: Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
