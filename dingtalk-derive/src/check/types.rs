//! Types that a message cannot show as they are.

use dingtalk_template::{
    captures,
    declaration::{Role, ValueFormat},
};
use syn::LitStr;

use crate::{
    attr::MessageAttribute,
    errors::Errors,
    model::Variant,
    types::{self, ADD_FEATURE, HAS_TIME},
};

/// Reports fields whose types are shown and cannot be.
pub(super) fn check(variant: &Variant<'_>, errors: &Errors) {
    let templates = variant.message.iter().flat_map(MessageAttribute::templates);
    let texts: Vec<String> = templates.map(LitStr::value).collect();
    let shown: Vec<&str> = texts.iter().flat_map(|text| captures(text)).collect();
    for field in &variant.fields {
        let is_shown = field.attributes.line.is_some() || shown.contains(&&*field.rules.name);
        if field.rules.role == Role::Value
            && is_shown
            && let Some(problem) =
                types::problem(&field.rules.name, field.rules.cardinality, field.value_type)
        {
            errors.at(field.ty, problem);
        }
        // #[dingtalk(zone = "UTC")] with dingtalk-core = { features = ["derive"] }
        let format = field.rules.value_format();
        if format.is_some_and(ValueFormat::is_time) && !HAS_TIME {
            let (key, written) = match (&field.attributes.zone, &field.attributes.format) {
                (Some(zone), _) => ("zone", zone),
                (None, Some(format)) => ("format", format),
                (None, None) => continue,
            };
            errors.at(written, format!("`{key}` needs the feature `jiff` of `dingtalk-core`: {ADD_FEATURE}"));
        }
    }
}
