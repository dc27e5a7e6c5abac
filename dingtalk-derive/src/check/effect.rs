//! Rules on keys without an effect, which are probably mistakes.

use dingtalk_template::declaration::{
    Dialect, Findings, Role, Source, Templates, check_mention_limit, check_unbounded,
};

use crate::{
    derive::Derive,
    errors::Errors,
    model::{Field, Model, Variant},
};

pub(super) fn check(model: &Model<'_>, derive: Derive, errors: &Errors) {
    for variant in &model.variants {
        for (index, field) in variant.fields.iter().enumerate() {
            let mut findings = Findings::new(Dialect::Attributes);
            match (&model.tool, derive) {
                (None, Derive::Fragment) => in_fragment(field, errors),
                (Some(_), _) => check_unbounded(index, &field.rules, &mut findings),
                // A key that could not be parsed may have been `tool`.
                (None, _) if !variant.incomplete => without_tool(field, variant.ident.is_some(), errors),
                (None, _) => {}
            }
            errors.report(findings, |location| variant.tokens(location));
            rename(field, errors);
            let mut findings = Findings::new(Dialect::Attributes);
            check_mention_limit(index, &field.rules, &mut findings);
            errors.report(findings, |location| variant.tokens(location));
        }
    }
}

/// Reports attributes that only a tool uses.
fn of_tools(field: &Field<'_>, errors: &Errors, why: impl Fn(&str) -> String) {
    let attributes = &field.attributes;
    if let Some(default) = &attributes.default {
        errors.at(&default.keyword, why("default"));
    }
    // An example on a skipped field is refused elsewhere.
    if let Some(example) = attributes.example.as_ref().filter(|_| field.rules.role != Role::Skip) {
        errors.at(example, why("example"));
    }
    if let Some(unbounded) = &attributes.unbounded {
        errors.at(unbounded, why("unbounded"));
    }
}

/// #[dingtalk(default = 3)] count: u32, and no `tool` on the type
fn without_tool(field: &Field<'_>, of_enum: bool, errors: &Errors) {
    let instead = if of_enum { "" } else { ", or add `tool` to the type" };
    of_tools(field, errors, |key| {
        let why = match key {
            "default" => "only an agent may leave a value out",
            "example" => "only an agent reads an example",
            _ => "only what an agent writes needs a limit",
        };
        format!("{why}, and this is no tool: remove `{key}`{instead}")
    });
}

/// #[derive(Fragment)] with #[dingtalk(rename = "server")] host: String
fn in_fragment(field: &Field<'_>, errors: &Errors) {
    of_tools(field, errors, |key| {
        format!(
            "a fragment is only shown: remove `{key}`, or add `tool` to the fragment, so that an agent can give it"
        )
    });
    if let Some(rename) = &field.attributes.rename {
        errors.at(rename, "a fragment is only shown, and nobody calls its fields by name: remove `rename`");
    }
}

/// #[dingtalk(skip, rename = "server")] host: String
fn rename(field: &Field<'_>, errors: &Errors) {
    let attributes = &field.attributes;
    // A violated constraint is reported under this name.
    let has_rules = attributes.bounds().next().is_some() || attributes.max_items.is_some();
    if let (Role::Skip, Some(rename), false) = (field.rules.role, &attributes.rename, has_rules) {
        errors.at(rename, "a skipped field is no parameter, so nobody calls it by name: remove `rename`");
    }
}

/// #[dingtalk(skip)] host: String, with text("{host} is down"). A tool is the exception: it may show a skipped field,
/// for which it does not ask the agent.
pub(crate) fn shown_although_skipped(variant: &Variant<'_>, templates: &Templates, errors: &Errors) {
    for (index, field) in variant.fields.iter().enumerate() {
        let is_shown = templates.items == Some(index)
            || templates
                .values
                .iter()
                .any(|shown| matches!(shown.source, Source::Field(field) | Source::Inline(field) if field == index));
        if let (Some(skip), true) = (&field.attributes.skip, is_shown) {
            errors.at(
                skip,
                format!(
                    "`{}` is shown, and `skip` says that it is not: remove one of them",
                    field.rules.name
                ),
            );
        }
    }
}
