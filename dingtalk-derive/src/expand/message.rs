//! `impl Notification`.

use dingtalk_template::{
    Template,
    declaration::{MessageKind, MessagePart, Role, Templates},
};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{
    bounds,
    code::{Paths, implement, local, option},
    delivery,
    values::{Values, bound},
};
use crate::model::{Model, Variant};

pub(crate) fn implementation(model: &Model<'_>, templates: &[Templates], paths: &Paths) -> TokenStream {
    let krate = &paths.krate;
    let arms = model
        .variants
        .iter()
        .zip(templates)
        .map(|(variant, templates)| arm(model, variant, templates, paths));
    let generics = bounds::with_bounds(model, templates, paths);
    let envelope = delivery::envelope(model, templates, paths);
    implement(
        &quote!(#krate::Notification),
        model.ident,
        &generics,
        &quote! {
            fn message(&self) -> ::core::result::Result<#krate::Message, #krate::Invalid> {
                match self { #(#arms)* }
            }
            #envelope
        },
    )
}

/// Generates one message of the type, as an arm of a `match`.
fn arm(model: &Model<'_>, variant: &Variant<'_>, templates: &Templates, paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    let (check, mentions) = (local("check"), local("mentions"));
    let Values { pattern, checks, computed, targets, slice } =
        Values::of(model, variant, templates, &check, paths);
    let name = match variant.ident {
        Some(ident) => format!("{}::{ident}", model.name()),
        None => model.name(),
    };
    let people = variant.fields.iter().enumerate().filter_map(|(index, field)| {
        let (bound, ty) = (bound(index), field.ty);
        match field.rules.role {
            Role::At if templates.kind == MessageKind::ActionCard => {
                Some(quote!(<#ty as #private::CardAt>::mention_in_card(#bound, &mut #mentions);))
            }
            Role::At => Some(quote!(<#ty as #private::At>::mention(#bound, &mut #mentions);)),
            Role::AtAll => Some(quote!(#mentions.all |= *#bound;)),
            Role::Value | Role::Skip => None,
        }
    });
    let mentioned = templates.kind.can_mention().then(|| {
        quote! {
            let mut #mentions = <#krate::Mentions as ::core::default::Default>::default();
            #(#people)*
        }
    });
    let render = render(variant, templates, (&check, &mentions), &slice, paths);
    quote! {
        #pattern => {
            let mut #check = #private::Check::new(#name);
            #checks
            #computed
            #targets
            #mentioned
            #render
        }
    }
}

/// Generates the call that renders the message.
fn render(
    variant: &Variant<'_>,
    templates: &Templates,
    (check, mentions): (&Ident, &Ident),
    values: &TokenStream,
    paths: &Paths,
) -> TokenStream {
    let private = &paths.private;
    let parts = templates.parts.iter().filter(|(part, _)| *part != MessagePart::Picture);
    let parts: Vec<&str> = parts.map(|(_, template)| template.code()).collect();
    match templates.kind {
        MessageKind::Text => quote!(#private::text(#check, #(#parts,)* #values, #mentions)),
        MessageKind::Markdown => quote!(#private::markdown(#check, #(#parts,)* #values, #mentions)),
        MessageKind::Link => {
            let picture = option(templates.part(MessagePart::Picture).map(Template::code));
            quote!(#private::link(#check, #(#parts,)* #picture, #values))
        }
        MessageKind::ActionCard => {
            let buttons = templates.buttons.iter().map(|(title, url)| {
                let (title, url) = (title.code(), url.code());
                quote!((#title, #url))
            });
            let message = variant.message.as_ref();
            let horizontal = message.is_some_and(|card| card.horizontal.is_some());
            let hide_avatar = message.is_some_and(|card| card.hide_avatar.is_some());
            let list = templates.button_list.map(|list| {
                let (bound, field) = (bound(list), &variant.fields[list]);
                let (name, ty) = (&field.rules.parameter, field.value_type);
                quote!(let #check = <#ty as #private::ButtonEntry>::add(#check, #name, #bound);)
            });
            quote! {{
                #list
                #private::action_card(
                    #check, #(#parts,)* &[#(#buttons),*], (#horizontal, #hide_avatar), #values, #mentions,
                )
            }}
        }
        MessageKind::FeedCard => {
            let items = templates.items.unwrap_or_default();
            let (bound, field) = (bound(items), &variant.fields[items]);
            let (name, ty) = (&field.rules.parameter, field.value_type);
            quote!(<#ty as #private::FeedEntry>::card(#check, #name, #bound))
        }
        // Refused elsewhere: these belong to the companions.
        MessageKind::Item | MessageKind::Fragment => TokenStream::new(),
    }
}
