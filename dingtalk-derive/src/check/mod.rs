//! Rules that span several attributes. A comment above each shows a violation.

mod effect;
mod tool;
mod types;

use dingtalk_template::declaration::{Dialect, Findings, MessageKind, check_field};

pub(crate) use self::effect::shown_although_skipped;
use crate::{
    attr::{MessageAttribute, identifiers},
    derive::Derive,
    errors::Errors,
    model::{Field, Model, Variant},
    types::ADD_FEATURE,
};

/// True if `dingtalk-core` has the items that the code of a tool uses.
pub(crate) const HAS_TOOLS: bool = cfg!(feature = "tool");

pub(crate) fn check(model: &Model<'_>, derive: Derive, errors: &Errors) {
    for variant in &model.variants {
        if let Some(message) = &variant.message {
            kind(message, derive, errors);
        }
        let kind = variant.message.as_ref().map(|message| message.kind);
        for (index, field) in variant.fields.iter().enumerate() {
            let mut findings = Findings::new(Dialect::Attributes);
            check_field(index, &field.rules, kind, &mut findings);
            errors.report(findings, |location| variant.tokens(location));
            if derive == Derive::Fragment {
                in_fragment(field, model.tool.is_some(), errors);
            }
        }
        with(variant, errors);
        types::check(variant, errors);
        if let (Some(keyword), true) = (&variant.keyword, derive != Derive::Notification) {
            errors.at(
                keyword,
                "the robot looks for its keyword in whole messages: move `keyword` to the notification",
            );
        }
        if derive != Derive::Notification {
            for key in variant.delivery.declared().keys() {
                let tokens = variant.delivery.tokens(key);
                errors.at(
                    tokens,
                    format!("only whole messages are delivered: move `{key}` to the notification"),
                );
            }
        }
    }
    effect::check(model, derive, errors);
    if let Some(attribute) = &model.tool {
        match derive {
            // dingtalk-core = { features = ["derive"] } and #[dingtalk(tool)]
            _ if !HAS_TOOLS => errors.at(
                &attribute.keyword,
                format!("`tool` needs the feature `tool` of `dingtalk-core`: {ADD_FEATURE}"),
            ),
            Derive::Notification => tool::check(model, attribute, errors),
            Derive::FeedItem | Derive::Fragment if attribute.is_bare() => tool::parameters(model, errors),
            // #[derive(FeedItem)] #[dingtalk(tool(when = "…"))]
            Derive::FeedItem | Derive::Fragment => {
                let what = if derive == Derive::FeedItem { "an item" } else { "a fragment" };
                errors.at(
                    &attribute.keyword,
                    format!("{what} is only a part of a tool's arguments: write `tool` without parentheses"),
                );
            }
        }
    }
}

/// Reports a message attribute that belongs to another derive.
fn kind(message: &MessageAttribute, derive: Derive, errors: &Errors) {
    let keyword = &message.keyword;
    let problem = match (derive, message.kind) {
        (Derive::Notification, MessageKind::Item) => {
            "`item` belongs to `#[derive(FeedItem)]`; a notification is a message"
        }
        (Derive::Notification, MessageKind::Fragment) => {
            "`fragment` belongs to `#[derive(Fragment)]`; a notification is a message"
        }
        (Derive::Notification, _)
        | (Derive::FeedItem, MessageKind::Item)
        | (Derive::Fragment, MessageKind::Fragment) => {
            return;
        }
        (Derive::FeedItem, _) => {
            "an item of a feed card is no message: write `item(title = \"…\", url = \"…\", picture = \"…\")`"
        }
        (Derive::Fragment, _) => "a fragment is no message: write `fragment(\"…\")`",
    };
    errors.at(keyword, problem);
}

/// #[derive(Fragment)] with #[dingtalk(length(..=3))] host: String
fn in_fragment(field: &Field<'_>, is_argument: bool, errors: &Errors) {
    if let Some(line) = &field.attributes.line {
        errors.at(line, "a fragment is one line, so its fields have none: remove it");
    }
    if let Some(multiline) = &field.attributes.multiline {
        errors.at(multiline, "a fragment is one line, so its fields keep no lines: remove it");
    }
    let has_rules = field.attributes.bounds().next().is_some() || field.attributes.max_items.is_some();
    if has_rules && !is_argument {
        errors.at(
            field.ident,
            "a fragment is only shown: put the rule on the notification's field, or add `tool` to the fragment, so that an \
             agent can give it",
        );
    }
}

/// with(host = …) beside a field `host`, or with(short = self.host)
fn with(variant: &Variant<'_>, errors: &Errors) {
    for (index, computed) in variant.computed.iter().enumerate() {
        let name = &computed.name;
        if variant.fields.iter().any(|field| field.rules.name == *name) {
            errors.at(&computed.ident, format!("`{name}` is a field already: choose another name"));
        }
        if variant.computed[..index].iter().any(|other| other.name == *name) {
            errors.at(&computed.ident, format!("`{name}` is given twice: remove one"));
        }
        let mut to_self = None;
        identifiers(computed.expression.clone(), &mut |ident| {
            if ident == "self" {
                to_self.get_or_insert_with(|| ident.clone());
            }
        });
        if let Some(to_self) = to_self {
            errors.at(
                to_self,
                "fields are in scope by their names, as references: write `host`, not `self.host`",
            );
        }
    }
}
