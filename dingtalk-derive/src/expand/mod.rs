//! Generation of code: tables, and the calls that walk them.

mod bounds;
mod choice;
mod code;
mod companions;
mod delivery;
mod message;
mod names;
mod shared;
pub(crate) mod tool;
mod values;

use dingtalk_template::declaration::{Dialect, Findings, Templates};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, LitStr};

pub(crate) use self::choice::expand as expand_choice;
use self::{
    code::{Paths, implement},
    shared::Shared,
};
use crate::{
    check,
    derive::Derive,
    errors::Errors,
    model::{Model, Variant},
};

pub(crate) fn expand(input: &DeriveInput, derive: Derive) -> TokenStream {
    let errors = Errors::default();
    let model = Model::read(input, derive, &errors);
    check::check(&model, derive, &errors);
    let paths = Paths::of(model.krate.as_ref());
    let mut shared = Shared::default();
    let templates: Option<Vec<Templates>> = model
        .variants
        .iter()
        .map(|variant| templates(variant, &mut shared, &errors))
        // Collected first, to report the errors of all variants and not only of the first.
        .collect::<Vec<_>>()
        .into_iter()
        .collect();
    shared.report(&model, &errors);
    if model.tool.is_none() {
        for (variant, templates) in model.variants.iter().zip(templates.iter().flatten()) {
            check::shown_although_skipped(variant, templates, &errors);
        }
    }
    let names = errors.is_left_to_rustc().then(|| names::name_check(&model));
    let implementation = match templates {
        Some(templates) if errors.is_empty() && !model.variants.is_empty() => match derive {
            Derive::Notification => {
                let message = message::implementation(&model, &templates, &paths);
                let tool = tool::implementation(&model, &paths);
                quote!(#message #tool)
            }
            Derive::FeedItem => companions::feed_item(&model, &templates, &paths),
            Derive::Fragment => companions::fragment(&model, &templates, &paths),
        },
        // A stub keeps uses of the type from adding more errors.
        _ => stub(&model, derive, &paths),
    };
    let errors = errors.into_tokens();
    // No `#[allow]`, which is an error where the lint is forbidden. rustc and clippy skip the code of a derive anyway.
    quote! {
        #errors
        const _: () = {
            #names
            #implementation
        };
    }
}

/// Compiles the templates of one message; `None` if it is incomplete.
fn templates<'m>(variant: &'m Variant<'_>, shared: &mut Shared<'m>, errors: &Errors) -> Option<Templates> {
    let message = variant.message.as_ref()?.declared();
    let keyword = variant.keyword.as_ref().map(LitStr::value);
    let mut findings = Findings::new(Dialect::Attributes);
    let delivery = variant.delivery.declared();
    let declared = variant.declared(&message, keyword.as_deref(), &delivery);
    let templates = Templates::compile(&declared, &mut findings);
    let (of_enum, own): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| variant.inherited.contains(&finding.location));
    errors.report(own, |location| variant.tokens(location));
    for finding in of_enum {
        shared.add(finding, variant);
    }
    templates
}

/// Generates implementations beside a compile error, which keep uses of the type from adding more errors. They never
/// run.
fn stub(model: &Model<'_>, derive: Derive, paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    let ident = model.ident;
    match derive {
        Derive::Notification => {}
        Derive::FeedItem => return companions::feed_item_stub(model, paths),
        Derive::Fragment => {
            return implement(
                &quote!(#krate::Show),
                ident,
                model.generics,
                &quote! {
                    fn show(&self, _: &mut #krate::Sink<'_>) {}
                },
            );
        }
    }
    let tool = (model.tool.is_some() && check::HAS_TOOLS).then(|| {
        implement(
            &quote!(#krate::Tool),
            ident,
            model.generics,
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
        model.generics,
        &quote! {
            fn message(&self) -> ::core::result::Result<#krate::Message, #krate::Invalid> {
                ::core::unimplemented!()
            }
        },
    );
    quote!(#message #tool)
}
