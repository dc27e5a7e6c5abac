//! Rules that span several attributes. A comment above each shows what it forbids.

mod effect;
mod field;
mod tool;

use std::collections::HashSet;

use dingtalk_template::{Line, Piece, Row};
use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;

pub(crate) use self::{effect::shown_although_skipped, field::is_foreign};
use crate::{
    attr::{Kind, MessageAttribute, Part, identifiers},
    errors::Errors,
    expand::{Derive, templates::Templates},
    model::{Declaration, Field, Role, Shape, Variant},
};

/// Does `dingtalk-core` have what a tool's code names?
pub(crate) const HAS_TOOLS: bool = cfg!(feature = "tool");

pub(crate) fn check(declaration: &Declaration<'_>, derive: Derive, errors: &Errors) {
    for variant in &declaration.variants {
        if let Some(message) = &variant.message {
            kind(message, derive, errors);
        }
        for field in &variant.fields {
            field::check(field, errors);
            mention(field, variant.message.as_ref(), errors);
            in_companion(field, derive, errors);
        }
        with(variant, errors);
        if let (Some(keyword), true) = (&variant.keyword, derive != Derive::Notification) {
            errors.at(
                keyword,
                "the robot looks for its keyword in whole messages: move `keyword` to the notification",
            );
        }
    }
    effect::check(declaration, derive, errors);
    if let Some(attribute) = &declaration.tool {
        match derive {
            // dingtalk-core = { features = ["derive"] } and #[dingtalk(tool)]
            Derive::Notification | Derive::FeedItem if !HAS_TOOLS => errors.at(
                &attribute.keyword,
                "`tool` needs the feature `tool` of `dingtalk-core`: add it to the dependency's `features` in `Cargo.toml`",
            ),
            Derive::Notification => tool::check(declaration, attribute, errors),
            Derive::FeedItem if attribute.is_bare() => tool::parameters(declaration, errors),
            // #[derive(FeedItem)] #[dingtalk(tool(when = "…"))]
            Derive::FeedItem => errors.at(
                &attribute.keyword,
                "an item is only a part of a tool's arguments: write `tool` without parentheses",
            ),
            // #[derive(Fragment)] #[dingtalk(tool)]
            Derive::Fragment => errors.at(&attribute.keyword, "a fragment is no tool: remove `tool`"),
        }
    }
}

/// Each derive has attributes of its own.
fn kind(message: &MessageAttribute, derive: Derive, errors: &Errors) {
    let keyword = &message.keyword;
    let problem = match (derive, message.kind) {
        (Derive::Notification, Kind::Item) => {
            "`item` belongs to `#[derive(FeedItem)]`; a notification is a message"
        }
        (Derive::Notification, Kind::Fragment) => {
            "`fragment` belongs to `#[derive(Fragment)]`; a notification is a message"
        }
        (Derive::Notification, _) | (Derive::FeedItem, Kind::Item) | (Derive::Fragment, Kind::Fragment) => {
            return;
        }
        (Derive::FeedItem, _) => {
            "an item of a feed card is no message: write `item(title = \"…\", url = \"…\", picture = \"…\")`"
        }
        (Derive::Fragment, _) => "a fragment is no message: write `fragment(\"…\")`",
    };
    errors.at(keyword, problem);
}

/// link(…) with #[dingtalk(at)] people: Vec<Mobile>
fn mention(field: &Field<'_>, message: Option<&MessageAttribute>, errors: &Errors) {
    let mention = field.attributes.at.as_ref().or(field.attributes.at_all.as_ref());
    if let (Some(mention), Some(false)) = (mention, message.map(|message| message.kind.can_mention())) {
        errors.at(mention, "only text and Markdown messages can mention people: remove it");
    }
}

/// #[derive(Fragment)] with #[dingtalk(length(..=3))] host: String
fn in_companion(field: &Field<'_>, derive: Derive, errors: &Errors) {
    if derive != Derive::Fragment {
        return;
    }
    if let Some(line) = &field.attributes.line {
        errors.at(line, "a fragment is one line, so its fields have none: remove it");
    }
    if field.attributes.bounds().next().is_some() || field.attributes.max_items.is_some() {
        errors.at(
            field.ident,
            "a fragment is only shown: put the rule on the notification's field, or on a type that checks itself",
        );
    }
}

/// with(host = …) beside a field `host`, or with(short = self.host)
fn with(variant: &Variant<'_>, errors: &Errors) {
    for (index, computed) in variant.computed.iter().enumerate() {
        let name = &computed.name;
        if variant.fields.iter().any(|field| field.name == *name) {
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

/// Every field must be used: `used` holds those that a template or an expression names.
pub(crate) fn unused(variant: &Variant<'_>, used: &HashSet<String>, errors: &Errors) {
    // struct Alert { host: String, note: String } with text("{host}")
    let by_lines = variant
        .message
        .as_ref()
        .is_some_and(|message| message.kind == Kind::Markdown && message.part(Part::Text).is_none());
    let unused = |field: &&Field<'_>| {
        field.role == Role::Value && !field.attributes.incomplete && !used.contains(&field.name)
    };
    for field in variant.fields.iter().filter(unused) {
        let name = &field.name;
        let how = if by_lines {
            "give it a `#[dingtalk(line = \"… {} …\")]`".to_owned()
        } else {
            format!("write `{{{name}}}` where it belongs")
        };
        errors.at(field.ident, format!("no template shows `{name}`: {how}, or mark it `#[dingtalk(skip)]`"));
    }
    // with(short = …) that no slot names
    for computed in &variant.computed {
        let name = computed.ident.unraw().to_string();
        if !used.contains(&name) {
            errors.at(
                &computed.ident,
                format!("no template shows `{name}`: write `{{{name}}}` where it belongs, or remove it"),
            );
        }
    }
}

/// What the wire and the robot ask of the text that is there whatever the values are.
pub(crate) fn static_text(variant: &Variant<'_>, templates: &Templates, errors: &Errors) {
    let Some(message) = &variant.message else { return };
    // text("")
    for (part, literal) in &message.parts {
        if matches!(part, Part::Title | Part::Text)
            && message.kind != Kind::Fragment
            && literal.value().trim().is_empty()
        {
            let key = part.key();
            errors.at(literal, format!("DingTalk refuses a message with an empty {key}: write it"));
        }
    }
    // markdown(title = "alert") without a field that has a line
    let lines = || templates.part(Part::Text).map_or(0, |text| text.rows().count());
    if message.kind == Kind::Markdown
        && message.part(Part::Text).is_none()
        && !variant.incomplete
        && lines() == 0
    {
        errors.at(
            &message.keyword,
            "no field has a `line`, so the message would be empty: add `text = \"…\"`, or `line`s to fields",
        );
    }
    let bytes: usize = templates.static_texts().map(str::len).sum();
    // markdown(title = "…", text = include of a whole manual)
    if bytes > dingtalk_template::MAX_BODY_BYTES {
        errors.at(
            message.templates().max_by_key(|literal| literal.value().len()),
            format!(
                "the fixed text alone has {bytes} bytes, and DingTalk takes {} for the whole message: shorten it, or \
                 link to a page",
                dingtalk_template::MAX_BODY_BYTES
            ),
        );
    }
    // In a companion it has been refused.
    let Some(keyword) = variant.keyword.as_ref().filter(|_| message.kind.is_message()) else { return };
    let wanted = keyword.value();
    // keyword = "告警", text("{host} is down")
    let shown = templates
        .parts
        .iter()
        .filter(|(part, _)| matches!(part, Part::Title | Part::Text))
        // A repeated line may vanish.
        .flat_map(|(_, template)| template.rows().filter(|row| matches!(row, Row::Line(_))))
        .filter_map(Row::line)
        .flat_map(Line::pieces)
        .filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            _ => None,
        });
    if wanted.trim().is_empty() {
        errors.at(keyword, "the robot's keyword is empty: write it as the robot's security settings have it");
    } else if message.kind == Kind::FeedCard {
        // keyword = "news", feed_card(items = news)
        errors.at(keyword, "a feed card has no text that is there whatever its items are: remove `keyword`");
    } else if !shown.into_iter().any(|text| text.contains(&wanted)) {
        errors.at(
            keyword,
            format!(
                "the robot refuses a message without its keyword, and no title or text says `{wanted}` whatever the \
                 values are: write it into a template"
            ),
        );
    }
}

/// The value of a number literal, without its separators and suffix.
fn number(literal: &TokenStream) -> Option<f64> {
    let plain: String = literal.to_string().chars().filter(|c| !matches!(c, '_' | ' ')).collect();
    plain.trim_end_matches(char::is_alphabetic).parse().ok()
}

/// How many values a field has, for a rule on lists.
fn is_list(field: &Field<'_>) -> bool {
    matches!(field.shape, Shape::List(_))
}
