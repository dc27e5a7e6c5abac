//! `FeedItem` and `Fragment`.

use dingtalk_template::{
    Template,
    declaration::{MessagePart, Templates},
};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{
    bounds,
    code::{Paths, implement, local},
    tool,
    values::Values,
};
use crate::model::Model;

/// Generates the code of an item of a feed card.
pub(crate) fn feed_item(model: &Model<'_>, templates: &[Templates], paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    let ([variant], [only]) = (&model.variants[..], templates) else { return TokenStream::new() };
    let (check, path, faults) = (local("check"), local("path"), local("faults"));
    let Values { pattern, checks, computed, targets, slice } =
        Values::of(model, variant, only, &check, paths);
    let name = model.name();
    let codes = [MessagePart::Title, MessagePart::Target, MessagePart::Picture]
        .map(|part| only.part(part).map(Template::code).unwrap_or_default());
    let generics = bounds::with_bounds(model, templates, paths);
    let entry = implement(
        &quote!(#private::FeedEntry),
        model.ident,
        &generics,
        &quote! {
            fn entry(
                &self,
                #path: &::core::primitive::str,
                #faults: &mut #krate::Faults,
            ) -> #krate::message::FeedItem {
                let #pattern = self;
                let mut #check = #private::Check::new(#name);
                #checks
                #private::Check::move_to(#check, #path, #faults);
                #computed
                #targets
                #private::feed_item(#path, #faults, (#(#codes),*), #slice)
            }
        },
    );
    let argument = tool::list_item(model, paths);
    quote!(#entry #argument)
}

/// Generates a stub beside a compile error, which never runs.
pub(crate) fn feed_item_stub(model: &Model<'_>, paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    implement(
        &quote!(#private::FeedEntry),
        model.ident,
        model.generics,
        &quote! {
            fn entry(&self, _: &::core::primitive::str, _: &mut #krate::Faults) -> #krate::message::FeedItem {
                ::core::unimplemented!()
            }
        },
    )
}

/// Generates the code of a fragment, which is shown in slots of other templates.
pub(crate) fn fragment(model: &Model<'_>, templates: &[Templates], paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    let ([variant], [only]) = (&model.variants[..], templates) else { return TokenStream::new() };
    let Some(fragment) = &only.fragment else { return TokenStream::new() };
    let (check, sink) = (local("check"), local("sink"));
    let values = Values::of(model, variant, only, &check, paths);
    let argument = tool::list_item(model, paths);
    let rules = model.tool.as_ref().map(|_| rules(model, &values, &check, paths));
    let Values { pattern, computed, targets, slice, .. } = values;
    let (markdown, plain) = (fragment.markdown.code(), fragment.plain.code());
    let generics = bounds::with_bounds(model, templates, paths);
    let show = implement(
        &quote!(#krate::Show),
        model.ident,
        &generics,
        &quote! {
            fn show(&self, #sink: &mut #krate::Sink<'_>) {
                let #pattern = self;
                #computed
                #targets
                #sink.fragment(
                    &#private::Template::from_code(#markdown),
                    &#private::Template::from_code(#plain),
                    #slice,
                );
            }
        },
    );
    quote!(#show #argument #rules)
}

/// Generates the checks of a fragment's constraints, which apply to values from a program as well as from an agent.
fn rules(model: &Model<'_>, values: &Values, check: &Ident, paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    let [path, faults] = ["path", "faults"].map(local);
    let (name, pattern, checks) = (model.name(), &values.pattern, &values.checks);
    implement(
        &quote!(#private::Checked),
        model.ident,
        model.generics,
        &quote! {
            fn check(&self, #path: &::core::primitive::str, #faults: &mut #krate::Faults) {
                let #pattern = self;
                let mut #check = #private::Check::new(#name);
                #checks
                #private::Check::move_to(#check, #path, #faults);
            }
        },
    )
}
