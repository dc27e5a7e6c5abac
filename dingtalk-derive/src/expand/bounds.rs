//! Bounds of generic types: `FieldType: Show` for each field that mentions a type parameter and is shown.

use dingtalk_template::declaration::{FormatSpec, MessageKind, Role, Source, Templates, ValueFormat};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{GenericParam, Generics, Type, WherePredicate};

use super::code::Paths;
use crate::{attr::identifiers, model::Model};

/// Returns the generics of the type, with the bounds that its message requires.
pub(crate) fn with_bounds(model: &Model<'_>, templates: &[Templates], paths: &Paths) -> Generics {
    let mut generics = model.generics.clone();
    let parameters: Vec<&Ident> = model.generics.type_params().map(|parameter| &parameter.ident).collect();
    if parameters.is_empty() {
        return generics;
    }
    let Paths { krate, private } = paths;
    let mut predicates: Vec<TokenStream> = Vec::new();
    let mut need = |ty: &Type, bound: TokenStream| {
        if mentions(ty, &parameters) {
            predicates.push(quote!(#ty: #bound));
        }
    };
    for (variant, templates) in model.variants.iter().zip(templates) {
        for field in &variant.fields {
            if field.rules.role == Role::At {
                let of_card = templates.kind == MessageKind::ActionCard;
                need(field.ty, if of_card { quote!(#private::CardAt) } else { quote!(#private::At) });
            } else if field.is_constrained() {
                need(field.ty, quote!(#private::Measured));
            }
        }
        let of_delivery = templates.delivery.iter().flat_map(|delivery| &delivery.values);
        for shown in templates.values.iter().chain(of_delivery) {
            let (Source::Field(index) | Source::Inline(index)) = shown.source else { continue };
            let field = &variant.fields[index];
            let value = field.value_type;
            match (field.rules.role, shown.spec.as_str()) {
                (Role::At | Role::AtAll, _) => {}
                _ if field.rules.value_format().is_some() => match field.rules.value_format() {
                    Some(ValueFormat::Bytes) => need(value, quote!(#private::ByteCount)),
                    Some(ValueFormat::Thousands) => need(value, quote!(#private::Grouped)),
                    Some(ValueFormat::Duration) => need(value, quote!(#private::TimeSpan)),
                    Some(ValueFormat::Time | ValueFormat::Pattern(_)) => {
                        need(value, quote!(#private::Moment));
                    }
                    None => {}
                },
                (_, "") if field.attributes.truncate.is_some() && !shown.is_whole => {
                    need(value, quote!(::core::fmt::Display));
                }
                (_, "") => need(value, quote!(#krate::Show)),
                (_, spec) => {
                    let format = Ident::new(FormatSpec::parse(spec).kind.trait_name(), Span::call_site());
                    need(value, quote!(::core::fmt::#format));
                }
            }
            if shown.target {
                need(value, quote!(#private::LinkTarget));
            }
        }
        if let Some(items) = templates.items {
            let field = &variant.fields[items];
            need(field.value_type, quote!(#private::FeedEntry));
        }
    }
    if !predicates.is_empty() {
        let clause = generics.make_where_clause();
        let parsed =
            predicates.into_iter().filter_map(|predicate| syn::parse2::<WherePredicate>(predicate).ok());
        clause.predicates.extend(parsed);
    }
    generics
}

/// Reports whether the type depends on one of these lifetimes, types or constants.
pub(super) fn mentions_generics(ty: &Type, generics: &Generics) -> bool {
    let parameters: Vec<&Ident> = generics
        .params
        .iter()
        .map(|parameter| match parameter {
            GenericParam::Type(parameter) => &parameter.ident,
            GenericParam::Const(parameter) => &parameter.ident,
            GenericParam::Lifetime(parameter) => &parameter.lifetime.ident,
        })
        .collect();
    mentions(ty, &parameters)
}

fn mentions(ty: &Type, parameters: &[&Ident]) -> bool {
    let mut found = false;
    identifiers(ty.to_token_stream(), &mut |ident| found |= parameters.contains(&ident));
    found
}
