//! Checks of the texts and parameters that agents read.

use dingtalk_template::declaration::{Dialect, Findings, Location, ToolWords, check_parameters, check_tool};
use quote::ToTokens as _;
use syn::LitStr;

use crate::{attr::ToolAttribute, errors::Errors, model::Model, types::type_name};

pub(super) fn check(model: &Model<'_>, tool: &ToolAttribute, errors: &Errors) {
    // An enum is refused elsewhere.
    if model.variants.len() != 1 {
        return;
    }
    let name = |instead| type_name(instead).is_some_and(|name| name == "Self" || model.ident == &name);
    let declared =
        ToolWords { instead_of_itself: tool.instead.as_ref().is_some_and(name), ..model.declared_tool(tool) };
    let mut findings = Findings::new(Dialect::Attributes);
    check_tool(&declared, &mut findings);
    errors.report(findings, |location| {
        let tokens = match location {
            Location::ToolName => tool.name.as_ref().map(LitStr::to_token_stream),
            Location::Title => tool.title.as_ref().map(LitStr::to_token_stream),
            Location::When => tool.when.as_ref().map(LitStr::to_token_stream),
            Location::NotWhen => tool.not_when.as_ref().map(LitStr::to_token_stream),
            Location::Instead => tool.instead.as_ref().map(syn::Type::to_token_stream),
            Location::Notification => Some(model.ident.to_token_stream()),
            _ => None,
        };
        tokens.unwrap_or_else(|| tool.keyword.to_token_stream())
    });
    parameters(model, errors);
}

/// Checks the parameters of a tool.
pub(super) fn parameters(model: &Model<'_>, errors: &Errors) {
    // struct CpuAlert<'a> { host: &'a str }
    if !model.generics.params.is_empty() {
        errors.at(
            &model.generics.params,
            "a tool owns its values: write `String` and the like, without lifetimes and type parameters",
        );
    }
    let Some(variant) = model.variants.first() else { return };
    let mut findings = Findings::new(Dialect::Attributes);
    check_parameters(variant.fields.iter().map(|field| &field.rules), &mut findings);
    errors.report(findings, |location| variant.tokens(location));
}
