//! Writes the code: tables and the calls that walk them.

mod bounds;
mod choice;
mod companions;
mod message;
mod names;
pub(crate) mod tool;
mod values;

use dingtalk_template::declaration::{Dialect, Findings, Templates};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{DeriveInput, Generics, LitStr};

pub(crate) use self::choice::expand as expand_choice;
use crate::{
    check,
    errors::Errors,
    model::{Declaration, Variant},
};

/// Which derive is expanded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Derive {
    Notification,
    FeedItem,
    Fragment,
}

impl Derive {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::FeedItem => "FeedItem",
            Self::Fragment => "Fragment",
        }
    }

    /// The error where no attribute says what is shown.
    pub(crate) fn asks_for_message(self) -> &'static str {
        match self {
            Self::Notification => {
                "what is the message? add `#[dingtalk(text(\"…\"))]` or `#[dingtalk(markdown(title = \"…\", text = \"…\"))]`"
            }
            Self::FeedItem => {
                "what is the item? add `#[dingtalk(item(title = \"…\", url = \"…\", picture = \"…\"))]`"
            }
            Self::Fragment => "what does the fragment say? add `#[dingtalk(fragment(\"…\"))]`",
        }
    }
}

pub(crate) fn expand(input: &DeriveInput, derive: Derive) -> TokenStream {
    let errors = Errors::default();
    let declaration = Declaration::read(input, derive, &errors);
    check::check(&declaration, derive, &errors);
    let paths = Paths::of(declaration.krate.as_ref());
    let templates: Option<Vec<Templates>> = declaration
        .variants
        .iter()
        .map(|variant| templates(variant, &errors))
        // Not stopped at the first that fails: every one has its errors reported.
        .collect::<Vec<_>>()
        .into_iter()
        .collect();
    if declaration.tool.is_none() {
        for (variant, templates) in declaration.variants.iter().zip(templates.iter().flatten()) {
            check::shown_although_skipped(variant, templates, &errors);
        }
    }
    let names = errors.is_left_to_rustc().then(|| names::name_check(&declaration));
    let implementation = match templates {
        Some(templates) if errors.is_empty() && !declaration.variants.is_empty() => match derive {
            Derive::Notification => {
                let message = message::implementation(&declaration, &templates, &paths);
                let tool = tool::implementation(&declaration, &paths);
                quote!(#message #tool)
            }
            Derive::FeedItem => companions::feed_item(&declaration, &templates, &paths),
            Derive::Fragment => companions::fragment(&declaration, &templates, &paths),
        },
        // The errors say enough; a stub keeps uses of the type from adding theirs.
        _ => stub(&declaration, derive, &paths),
    };
    let errors = errors.into_tokens();
    // No `#[allow]`: it is an error where a lint is forbidden. rustc and clippy pass over what a derive writes.
    quote! {
        #errors
        const _: () = {
            #names
            #implementation
        };
    }
}

/// The templates of one message; `None` if it is incomplete.
fn templates(variant: &Variant<'_>, errors: &Errors) -> Option<Templates> {
    let message = variant.message.as_ref()?.declared();
    let keyword = variant.keyword.as_ref().map(LitStr::value);
    let mut findings = Findings::new(Dialect::Attributes);
    let templates = Templates::compile(&variant.declared(&message, keyword.as_deref()), &mut findings);
    errors.report(findings, |place| variant.tokens(place));
    templates
}

/// Absolute paths into `dingtalk_core`.
pub(crate) struct Paths {
    pub(crate) krate: TokenStream,
    pub(crate) private: TokenStream,
}

impl Paths {
    fn of(krate: Option<&syn::Path>) -> Self {
        let krate = match krate {
            Some(path) => quote!(#path),
            None => quote!(::dingtalk_core),
        };
        Self { private: quote!(#krate::__private), krate }
    }
}

/// Implementations beside a compile error, so that uses of the type add no errors of their own. They never run.
fn stub(declaration: &Declaration<'_>, derive: Derive, paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    let ident = declaration.ident;
    match derive {
        Derive::Notification => {}
        Derive::FeedItem => return companions::feed_item_stub(declaration, paths),
        Derive::Fragment => {
            return implement(
                &quote!(#krate::Show),
                ident,
                declaration.generics,
                &quote! {
                    fn show(&self, _: &mut #krate::Sink<'_>) {}
                },
            );
        }
    }
    let tool = (declaration.tool.is_some() && check::HAS_TOOLS).then(|| {
        implement(
            &quote!(#krate::Tool),
            ident,
            declaration.generics,
            &quote! {
                const NAME: &'static ::core::primitive::str = "";
                const SPEC: #krate::ToolSpec<'static> = #private::ToolSpec::new("", "", "", &[], |_| {});
                fn parse(_: &#private::Arguments) -> ::core::result::Result<Self, #krate::Faults> {
                    ::core::unimplemented!()
                }
            },
        )
    });
    let message = implement(
        &quote!(#krate::Notification),
        ident,
        declaration.generics,
        &quote! {
            fn message(&self) -> ::core::result::Result<#krate::Message, #krate::Invalid> {
                ::core::unimplemented!()
            }
        },
    );
    quote!(#message #tool)
}

/// `impl Trait for Type { … }`
fn implement(
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
