//! What an agent reads, as the rules know it.

use dingtalk_template::declaration::{Dialect, Findings, Place, ToolWords, check_parameters, check_tool};
use quote::ToTokens as _;
use syn::LitStr;

use crate::{
    attr::ToolAttribute,
    errors::Errors,
    model::{Declaration, type_name},
};

pub(super) fn check(declaration: &Declaration<'_>, tool: &ToolAttribute, errors: &Errors) {
    // An enum has been refused.
    if declaration.variants.len() != 1 {
        return;
    }
    let name = |instead| type_name(instead).is_some_and(|name| name == "Self" || declaration.ident == &name);
    let declared = ToolWords {
        instead_of_itself: tool.instead.as_ref().is_some_and(name),
        ..declaration.declared_tool(tool)
    };
    let mut findings = Findings::new(Dialect::Attributes);
    check_tool(&declared, &mut findings);
    errors.report(findings, |place| {
        let tokens = match place {
            Place::ToolName => tool.name.as_ref().map(LitStr::to_token_stream),
            Place::Title => tool.title.as_ref().map(LitStr::to_token_stream),
            Place::When => tool.when.as_ref().map(LitStr::to_token_stream),
            Place::NotWhen => tool.not_when.as_ref().map(LitStr::to_token_stream),
            Place::Instead => tool.instead.as_ref().map(syn::Type::to_token_stream),
            Place::Notification => Some(declaration.ident.to_token_stream()),
            _ => None,
        };
        tokens.unwrap_or_else(|| tool.keyword.to_token_stream())
    });
    parameters(declaration, errors);
}

/// What an agent fills in.
pub(super) fn parameters(declaration: &Declaration<'_>, errors: &Errors) {
    // struct CpuAlert<'a> { host: &'a str }
    if !declaration.generics.params.is_empty() {
        errors.at(
            &declaration.generics.params,
            "a tool owns its values: write `String` and the like, without lifetimes and type parameters",
        );
    }
    let Some(variant) = declaration.variants.first() else { return };
    let mut findings = Findings::new(Dialect::Attributes);
    check_parameters(variant.fields.iter().map(|field| &field.declared), &mut findings);
    errors.report(findings, |place| variant.tokens(place));
}
