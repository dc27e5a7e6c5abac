//! Code that makes rustc report unknown names and malformed format strings in templates.
//!
//! It is generated only if there is such a problem, because it takes long to compile. Functions that are never called
//! have the fields as parameters and pass the user's own literal to `format_args!`, so that the caret points into the
//! literal. They are in a separate module, so that a template cannot capture a constant of the user. Problems that we
//! report ourselves are not reported by rustc again.

use dingtalk_template::{Segment, SyntaxError, parse};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{LitStr, ext::IdentExt as _};

use crate::{
    attr::MessageAttribute,
    model::{Model, Variant},
};

pub(crate) fn name_check(model: &Model<'_>) -> TokenStream {
    let functions = model.variants.iter().enumerate().map(|(index, variant)| {
        let templates = templates(index, variant);
        let lines = lines(index, variant);
        quote!(#templates #lines)
    });
    let formats = ["Display", "LowerHex", "UpperHex", "Octal", "Binary", "LowerExp", "UpperExp"]
        .map(|name| format_ident!("{name}"));
    quote! {
        mod __dingtalk_names {
            trait Slot: #(::core::fmt::#formats +)* {}
            #(#functions)*
        }
    }
}

fn templates(index: usize, variant: &Variant<'_>) -> TokenStream {
    let literals = variant.message.iter().flat_map(MessageAttribute::templates);
    // The names in a template of the enum are reported by the derive, once for all variants.
    let own = variant.delivery.templates().filter(|(location, _)| !variant.inherited.contains(location));
    let literals = literals.chain(own.map(|(_, literal)| literal));
    let checked = literals.enumerate().filter_map(|(number, literal)| {
        let slot_names = slot_names(literal)?;
        let function = format_ident!("template_{index}_{number}");
        let mut names: Vec<Ident> = Vec::new();
        let fields = variant.fields.iter().map(|field| field.ident);
        for known in fields.chain(variant.computed.iter().map(|computed| &computed.ident)) {
            // The name as written: `r#gen` is valid in every edition. A duplicate name has an error of our own.
            let mut known = known.clone();
            known.set_span(literal.span());
            if !names.iter().any(|name| name.unraw() == known.unraw()) {
                names.push(known);
            }
        }
        let parameters = names.iter().map(|name| quote!(#name: &impl Slot));
        // Our own error asks for the name of a `{}`, so rustc must not ask for an argument.
        let slot = Ident::new("slot", Span::mixed_site());
        let slots = vec![&slot; slot_names.iter().filter(|name| name.is_empty()).count()];
        let parameters = parameters.chain(slots.first().map(|slot| quote!(#slot: &impl Slot)));
        Some(quote! {
            fn #function(#(#parameters),*) {
                let _ = ::core::format_args!(#literal #(, #slots)*);
                // A template may leave out fields.
                let _ = (#(#names,)*);
            }
        })
    });
    checked.collect()
}

fn lines(index: usize, variant: &Variant<'_>) -> TokenStream {
    let checked = variant.fields.iter().enumerate().filter_map(|(number, field)| {
        let literal = field.attributes.line.as_ref()?;
        let names = slot_names(literal)?;
        if names.iter().any(|name| !name.is_empty()) {
            return None;
        }
        let function = format_ident!("line_{index}_{number}");
        let slots = names.iter().map(|_| quote!(, slot));
        Some(quote! {
            fn #function(slot: &impl Slot) { let _ = ::core::format_args!(#literal #(#slots)*); }
        })
    });
    checked.collect()
}

/// Returns the names of a template's slots, empty for `{}`; `None` if our own errors already cover the template.
fn slot_names(template: &LitStr) -> Option<Vec<String>> {
    match parse(&template.value()) {
        Ok(segments) => {
            let name = |segment: &Segment<'_>| match segment {
                Segment::Slot { name, .. } => Some((*name).to_owned()),
                Segment::Text(_) => None,
            };
            Some(segments.iter().filter_map(name).collect())
        }
        Err(SyntaxError::Malformed { .. }) => Some(Vec::new()),
        Err(SyntaxError::Unsupported { .. }) => None,
    }
}
