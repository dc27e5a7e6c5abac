//! `impl Notification`.

use dingtalk_template::Template;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{LitStr, spanned::Spanned};

use super::{
    Paths, local, option, table,
    templates::{Compiled, Shown, Templates},
};
use crate::{
    attr::BoundsAttribute,
    model::{Field, Notification, Role, Shape},
};

pub(crate) fn implementation(
    notification: &Notification<'_>,
    templates: &Templates<'_, '_>,
    message: &Compiled,
    paths: &Paths,
) -> TokenStream {
    let Paths { krate, private } = paths;
    let ident = notification.ident;
    let name = notification.name();
    let (check, mentions) = (local("check"), local("mentions"));
    let (impl_generics, ty_generics, where_clause) = notification.generics.split_for_impl();
    let Parts { fields, checks, targets, values } = Parts::of(notification, templates, &check, paths);
    let people = notification.fields.iter().filter_map(|field| {
        let (ident, ty) = (field.ident, field.ty);
        match field.role {
            Role::At => Some(quote!(#private::mention::<#ty>(&self.#ident, &mut #mentions);)),
            Role::AtAll => Some(quote!(#mentions.all |= self.#ident;)),
            Role::Value | Role::Skip => None,
        }
    });
    let (tables, render) = match message {
        Compiled::FeedCard { field } => {
            (TokenStream::new(), feed_card(&notification.fields[*field], &check, paths))
        }
        message => body(message, &check, &mentions, &values, paths),
    };
    quote! {
        #fields
        #tables
        #[automatically_derived]
        impl #impl_generics #krate::Notification for #ident #ty_generics #where_clause {
            fn message(&self) -> ::core::result::Result<#krate::Message, #krate::Invalid> {
                #targets
                let mut #check = #private::Check::new(#name);
                #checks
                let mut #mentions = <#krate::Mentions as ::core::default::Default>::default();
                #(#people)*
                #render
            }
        }
    }
}

/// The message's tables, and the call that renders them.
fn body(
    message: &Compiled,
    check: &Ident,
    mentions: &Ident,
    values: &TokenStream,
    paths: &Paths,
) -> (TokenStream, TokenStream) {
    let private = &paths.private;
    let mut tables = TokenStream::new();
    let mut table = |name: &str, template: &Template| {
        let name = format_ident!("__DINGTALK_{name}");
        tables.extend(table::statics(&name, template, paths));
        quote!(&#name)
    };
    let render = match message {
        Compiled::Text(text) => {
            let text = table("TEXT", text);
            quote!(#private::text(#check, #text, #values, #mentions))
        }
        Compiled::Markdown { title, text } => {
            let (title, text) = (table("TITLE", title), table("TEXT", text));
            quote!(#private::markdown(#check, #title, #text, #values, #mentions))
        }
        Compiled::Link { title, text, url, picture } => {
            let (title, text, url) = (table("TITLE", title), table("TEXT", text), table("URL", url));
            let picture = option(picture.as_ref().map(|picture| table("PICTURE", picture)));
            quote!(#private::link(#check, #title, #text, #url, #picture, #values))
        }
        // The one holds no templates, the other is no message.
        Compiled::FeedCard { .. } | Compiled::Item { .. } => TokenStream::new(),
        Compiled::ActionCard { title, text, buttons, switches: (horizontal, hide_avatar) } => {
            let (title, text) = (table("TITLE", title), table("TEXT", text));
            let buttons: Vec<TokenStream> = buttons
                .iter()
                .enumerate()
                .map(|(index, (title, url))| {
                    let title = table(&format!("BUTTON_{index}"), title);
                    let url = table(&format!("BUTTON_{index}_URL"), url);
                    quote!(#private::ButtonTemplates { title: #title, url: #url })
                })
                .collect();
            quote! {
                #private::action_card(
                    #check, #title, #text, &[#(#buttons),*], (#horizontal, #hide_avatar), #values,
                )
            }
        }
    };
    (tables, render)
}

fn feed_card(items: &Field<'_>, check: &Ident, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let (ident, name, ty) = (items.ident, &items.parameter, items.shape.value(items.ty));
    quote!(#private::feed_card::<#ty>(#check, #name, &self.#ident))
}

/// `impl FeedEntry`: one item of a feed card.
pub(crate) fn feed_item(
    notification: &Notification<'_>,
    templates: &Templates<'_, '_>,
    (title, url, picture): (&Template, &Template, &Template),
    paths: &Paths,
) -> TokenStream {
    let Paths { krate, private } = paths;
    let ident = notification.ident;
    let name = notification.name();
    let (impl_generics, ty_generics, where_clause) = notification.generics.split_for_impl();
    let (check, path, faults) = (local("check"), local("path"), local("faults"));
    let Parts { fields, checks, targets, values } = Parts::of(notification, templates, &check, paths);
    let tables = [("TITLE", title), ("URL", url), ("PICTURE", picture)]
        .map(|(name, template)| table::statics(&format_ident!("__DINGTALK_{name}"), template, paths));
    quote! {
        #fields
        #(#tables)*
        #[automatically_derived]
        impl #impl_generics #private::FeedEntry for #ident #ty_generics #where_clause {
            fn entry(
                &self,
                #path: &::core::primitive::str,
                #faults: &mut #krate::Faults,
            ) -> #krate::message::FeedItem {
                #targets
                let mut #check = #private::Check::new(#name);
                #checks
                #check.move_to(#path, #faults);
                #private::feed_item(
                    #path, #faults, (&__DINGTALK_TITLE, &__DINGTALK_URL, &__DINGTALK_PICTURE), #values,
                )
            }
        }
    }
}

/// What every implementation begins with.
struct Parts {
    /// Constants of the fields' rules.
    fields: TokenStream,
    /// The rules, checked.
    checks: TokenStream,
    /// Link targets have the right type.
    targets: TokenStream,
    /// What the slots show, as a slice.
    values: TokenStream,
}

impl Parts {
    fn of(
        notification: &Notification<'_>,
        templates: &Templates<'_, '_>,
        check: &Ident,
        paths: &Paths,
    ) -> Self {
        let private = &paths.private;
        let fields =
            notification.fields.iter().enumerate().map(|(index, field)| field_constant(index, field, paths));
        let checks = notification.fields.iter().enumerate().filter(|(_, field)| is_constrained(field)).map(
            |(index, field)| {
                let (constant, ident, ty) = (field_name(index), field.ident, field.ty);
                if is_only_counted(field) {
                    quote!(#check.count(&#constant, self.#ident.len());)
                } else {
                    quote!(#check.field::<#ty>(&#constant, &self.#ident);)
                }
            },
        );
        let targets = templates.values.iter().filter(|shown| shown.target).map(|shown| {
            let field = &notification.fields[shown.field];
            let ty = field.shape.value(field.ty);
            quote!(#private::link_target::<#ty>();)
        });
        let values =
            templates.values.iter().map(|shown| value(&notification.fields[shown.field], shown, paths));
        Self {
            fields: fields.collect(),
            checks: checks.collect(),
            targets: targets.collect(),
            values: quote!(&[#(#values),*]),
        }
    }
}

/// The value that a slot shows, as an expression.
fn value(field: &Field<'_>, shown: &Shown, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let (ident, ty) = (field.ident, field.ty);
    let format = || {
        // A type without this format is reported where the field has it.
        let span = ty.span().resolved_at(Span::mixed_site());
        let format = LitStr::new(&format!("{{:{}}}", shown.spec), span);
        let [value, formatter] = ["__value", "__formatter"].map(|name| Ident::new(name, span));
        quote_spanned!(span=> |#value, #formatter| #formatter.write_fmt(::core::format_args!(#format, #value)))
    };
    match (field.role, field.shape) {
        (Role::At, _) => quote!(#private::Value::One(&#private::mention_text::<#ty>(&self.#ident))),
        (Role::AtAll, _) => quote!(#private::Value::One(&#private::mention_all_text(self.#ident))),
        (_, Shape::Flag) => quote!(#private::Value::Flag(self.#ident)),
        (_, Shape::One(_)) if shown.spec.is_empty() => quote!(#private::one::<#ty>(&self.#ident)),
        (_, Shape::One(_)) => {
            let format = format();
            quote!(#private::Value::One(&#private::formatted::<#ty, _>(&self.#ident, #format)))
        }
        (_, Shape::Optional(_) | Shape::List(_)) if shown.spec.is_empty() => {
            quote!(#private::each::<#ty>(&self.#ident))
        }
        (_, Shape::Optional(inner) | Shape::List(inner)) => {
            let format = format();
            quote!(#private::Value::Each(&#private::formatted_each::<#inner, #ty, _>(&self.#ident, #format)))
        }
    }
}

pub(crate) fn field_name(index: usize) -> Ident {
    format_ident!("__DINGTALK_FIELD_{index}")
}

pub(crate) fn is_constrained(field: &Field<'_>) -> bool {
    let attributes = &field.attributes;
    attributes.max_items.is_some()
        || is_mention_list(field)
        || [&attributes.length, &attributes.bytes, &attributes.range].into_iter().any(Option::is_some)
}

/// The field's elements have no rules, only their number has: they can be of any type.
pub(crate) fn is_only_counted(field: &Field<'_>) -> bool {
    let attributes = &field.attributes;
    matches!(field.shape, Shape::List(_))
        && [&attributes.length, &attributes.bytes, &attributes.range].into_iter().all(Option::is_none)
}

/// Mentions have a limit of their own: the wire's.
fn is_mention_list(field: &Field<'_>) -> bool {
    field.role == Role::At && matches!(field.shape, Shape::List(_))
}

/// `const FIELD_0: Field`: the name and the rules of one field.
fn field_constant(index: usize, field: &Field<'_>, paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    let (constant, name) = (field_name(index), &field.parameter);
    let counted = |bounds: &Option<BoundsAttribute>, kind: &str| {
        let kind = format_ident!("{kind}");
        bounds.as_ref().map(|bounds| {
            let (min, max) = (option(bounds.min.as_ref()), option(bounds.max.as_ref()));
            quote!(#private::Constraint::#kind(#private::Bounds { min: #min, max: #max }))
        })
    };
    let range = field.attributes.range.as_ref().map(|bounds| {
        let float = |end: &Option<TokenStream>| {
            option(end.as_ref().map(|end| quote!((#end) as ::core::primitive::f64)).as_ref())
        };
        let (min, max) = (float(&bounds.min), float(&bounds.max));
        quote!(#private::Constraint::Range(#private::Bounds { min: #min, max: #max }))
    });
    let wire_limit = is_mention_list(field).then(|| quote!(#krate::MAX_MENTIONS));
    let max_items = field.attributes.max_items.as_ref().map(|max| quote!(#max)).or(wire_limit);
    let max_items = max_items.map(|max| quote!(#private::Constraint::MaxItems(#max)));
    let constraints = counted(&field.attributes.length, "Length")
        .into_iter()
        .chain(counted(&field.attributes.bytes, "Bytes"))
        .chain(range)
        .chain(max_items);
    quote!(const #constant: #private::Field = #private::Field::new(#name, &[#(#constraints),*]);)
}
