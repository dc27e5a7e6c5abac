//! Keys that would change nothing where they stand: whoever writes one means something else.

use syn::ext::IdentExt as _;

use super::{field::TEXTS, is_list, number};
use crate::{
    errors::Errors,
    expand::{
        Derive,
        templates::{Source, Templates},
    },
    model::{Declaration, Field, Role, Variant, type_name},
};

/// The wire's limit, `MAX_MENTIONS` of dingtalk-core.
const MAX_MENTIONS: f64 = 50.0;

pub(super) fn check(declaration: &Declaration<'_>, derive: Derive, errors: &Errors) {
    for variant in &declaration.variants {
        for field in &variant.fields {
            match (&declaration.tool, derive) {
                (_, Derive::Fragment) => in_fragment(field, errors),
                (Some(_), _) => unbounded(field, errors),
                // What could not be read may have been `tool`.
                (None, _) if !variant.incomplete => without_tool(field, variant.ident.is_some(), errors),
                (None, _) => {}
            }
            rename(field, errors);
            mentions(field, errors);
        }
    }
}

/// The attributes that only a tool reads.
fn of_tools(field: &Field<'_>, errors: &Errors, why: impl Fn(&str) -> String) {
    let attributes = &field.attributes;
    if let Some(default) = &attributes.default {
        errors.at(&default.keyword, why("default"));
    }
    // In a skipped field it has been refused.
    if let Some(example) = attributes.example.as_ref().filter(|_| field.role != Role::Skip) {
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
    of_tools(field, errors, |key| format!("a fragment is only shown, and never a tool: remove `{key}`"));
    if let Some(rename) = &field.attributes.rename {
        errors.at(rename, "a fragment is only shown, and nobody calls its fields by name: remove `rename`");
    }
}

/// #[dingtalk(length(..=64), unbounded)] host: String
fn unbounded(field: &Field<'_>, errors: &Errors) {
    let Some(unbounded) = &field.attributes.unbounded else { return };
    let needed = needed_limits(field);
    if needed.text || needed.items {
        return;
    }
    let name = field.ident.unraw();
    let message = match field.role {
        Role::Skip => "a skipped field is no parameter, so it needs no limit: remove `unbounded`".to_owned(),
        Role::At | Role::AtAll => "DingTalk limits mentions itself: remove `unbounded`".to_owned(),
        Role::Value if is_text(field) || is_list(field) => {
            format!("`{name}` has an upper limit, and `unbounded` says that it has none: remove one of them")
        }
        Role::Value => {
            format!("only texts and lists need a limit, and `{name}` is neither: remove `unbounded`")
        }
    };
    errors.at(unbounded, message);
}

/// The limits that a tool's parameter needs and does not have.
pub(super) struct NeededLimits {
    pub(super) text: bool,
    pub(super) items: bool,
}

pub(super) fn needed_limits(field: &Field<'_>) -> NeededLimits {
    let attributes = &field.attributes;
    let limited =
        [&attributes.length, &attributes.bytes].into_iter().flatten().any(|bounds| bounds.max.is_some());
    let value = field.role == Role::Value;
    NeededLimits {
        // text: String, as long as an agent likes
        text: value && is_text(field) && !limited,
        // lines: Vec<String>, as many as an agent likes
        items: value && is_list(field) && attributes.max_items.is_none(),
    }
}

fn is_text(field: &Field<'_>) -> bool {
    type_name(field.shape.value(field.ty)).is_some_and(|name| TEXTS.contains(&name.as_str()))
}

/// #[dingtalk(skip, rename = "server")] host: String
fn rename(field: &Field<'_>, errors: &Errors) {
    let attributes = &field.attributes;
    // A broken rule is reported under the name.
    let has_rules = attributes.bounds().next().is_some() || attributes.max_items.is_some();
    if let (Role::Skip, Some(rename), false) = (field.role, &attributes.rename, has_rules) {
        errors.at(rename, "a skipped field is no parameter, so nobody calls it by name: remove `rename`");
    }
}

/// `max_items = 80` on people to mention
fn mentions(field: &Field<'_>, errors: &Errors) {
    let max = field.attributes.max_items.as_ref().filter(|_| field.role == Role::At && is_list(field));
    if let Some(max) = max
        && number(max).is_some_and(|max| max > MAX_MENTIONS)
    {
        errors.at(
            max,
            format!("DingTalk mentions at most {MAX_MENTIONS} people: remove `max_items`, or lower it"),
        );
    }
}

/// #[dingtalk(skip)] host: String, with text("{host} is down"). An agent's arguments are the exception: a tool that shows
/// a skipped field does not ask for it.
pub(crate) fn shown_although_skipped(variant: &Variant<'_>, templates: &Templates, errors: &Errors) {
    for (index, field) in variant.fields.iter().enumerate() {
        let is_shown = templates.items == Some(index)
            || templates.values.iter().any(|shown| shown.source == Source::Field(index));
        if let (Some(skip), true) = (&field.attributes.skip, is_shown) {
            errors.at(
                skip,
                format!("`{}` is shown, and `skip` says that it is not: remove one of them", field.name),
            );
        }
    }
}
