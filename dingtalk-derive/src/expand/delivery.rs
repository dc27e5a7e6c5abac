//! The envelope of a notification with delivery options.

use dingtalk_template::{
    Template,
    declaration::{DeliveryTemplates, Source, Templates},
};
use proc_macro2::TokenStream;
use quote::quote;

use super::{
    code::{Paths, local, option},
    values::{computed, pattern, slice},
};
use crate::model::{Model, Variant};

/// Generates `fn envelope`, if a message has delivery options. The core leaves it out if it has no envelopes.
pub(super) fn envelope(model: &Model<'_>, templates: &[Templates], paths: &Paths) -> Option<TokenStream> {
    templates.iter().find_map(|templates| templates.delivery.as_ref())?;
    let Paths { krate, private } = paths;
    let message = local("message");
    let arms = model.variants.iter().zip(templates).map(|(variant, templates)| match &templates.delivery {
        Some(delivery) => {
            let (pattern, made) = (pattern(variant), made(model, variant, delivery, paths));
            quote!(#pattern => #made,)
        }
        None => {
            let path = variant.ident.map(|ident| quote!(::#ident));
            quote!(Self #path { .. } => #private::Envelope::new(#message),)
        }
    });
    Some(quote! {
        #private::with_envelopes! {
            fn envelope(&self) -> ::core::result::Result<#private::Envelope, #krate::Invalid> {
                let #message = #krate::Notification::message(self)?;
                ::core::result::Result::Ok(match self { #(#arms)* })
            }
        }
    })
}

/// Generates the envelope of one message, as an expression.
fn made(
    model: &Model<'_>,
    variant: &Variant<'_>,
    delivery: &DeliveryTemplates,
    paths: &Paths,
) -> TokenStream {
    let private = &paths.private;
    let message = local("message");
    let DeliveryTemplates { urgent, group, digest, dedupe, throttle, values } = delivery;
    let name = match variant.ident {
        Some(ident) => format!("::{}::{ident}", model.name()),
        None => format!("::{}", model.name()),
    };
    let code = |template: &Option<Template>| option(template.as_ref().map(Template::code));
    let (group, digest) = (code(group), code(digest));
    let dedupe = option(dedupe.map(|span| span.as_secs()));
    let limit = option(throttle.as_ref().map(|throttle| {
        let (limit, span) = (throttle.limit, throttle.span.as_secs());
        quote!((#limit, #span))
    }));
    let by = throttle.iter().flat_map(|throttle| &throttle.by).map(|(name, template)| {
        let code = template.code();
        quote!((#name, #code))
    });
    let is_computed = values.iter().any(|shown| matches!(shown.source, Source::Computed(_)));
    let computed = is_computed.then(|| computed(variant, paths));
    let slice = slice(variant, values, paths);
    quote! {{
        #computed
        #private::envelope(
            #message,
            &#private::DeliveryOptions {
                name: ::core::concat!(::core::module_path!(), #name),
                urgent: #urgent,
                group: #group,
                digest: #digest,
                dedupe: #dedupe,
                throttle: #limit,
                by: &[#(#by),*],
            },
            #slice,
        )
    }}
}
