//! Parsing of attributes: their syntax only, with the tokens for the carets of errors.

mod documentation;
mod expression;
mod message;
mod table;
mod values;

use dingtalk_template::declaration::{DedupeRule, DeliveryRules, Location, MessageKind, Rule, ThrottleRule};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, LitBool, LitStr, Path, Type, ext::IdentExt, parse::ParseStream};

pub(crate) use self::{
    documentation::Documentation,
    expression::names,
    message::MessageAttribute,
    values::{BoundsAttribute, EndAttribute},
};
use self::{
    message::{ACTION_CARD, BUTTON, FEED_CARD, ITEM, LINK, MARKDOWN},
    table::{Key, KeyTable, Names, Reading, each_key, set},
    values::{
        alone, any_expression, at_end, count, crate_path, equals, equals_expression, equals_text,
        in_parentheses, parsed_text, text,
    },
};
use crate::errors::Errors;

/// `#[dingtalk(…)]` on the type, or on a variant of an enum.
#[derive(Default)]
pub(crate) struct TypeAttributes {
    pub(crate) messages: Vec<MessageAttribute>,
    pub(crate) computed: Vec<Computed>,
    pub(crate) tool: Option<ToolAttribute>,
    pub(crate) keyword: Option<LitStr>,
    pub(crate) delivery: DeliveryAttributes,
    pub(crate) rename_all: Option<LitStr>,
    pub(crate) krate: Option<Path>,
    pub(crate) incomplete: bool,
}

/// `urgent`, `group`, `digest`, `dedupe` and `throttle`.
#[derive(Default, Clone)]
pub(crate) struct DeliveryAttributes {
    pub(crate) urgent: Option<Ident>,
    pub(crate) group: Option<LitStr>,
    pub(crate) digest: Option<LitStr>,
    pub(crate) dedupe: Option<(LitStr, DedupeRule)>,
    pub(crate) throttle: Option<(LitStr, ThrottleRule)>,
}

/// `name = expression` in `with(…)`.
pub(crate) struct Computed {
    pub(crate) ident: Ident,
    /// Name in templates, without `r#`.
    pub(crate) name: String,
    pub(crate) expression: TokenStream,
}

/// `tool(…)`.
pub(crate) struct ToolAttribute {
    pub(crate) keyword: Ident,
    pub(crate) name: Option<LitStr>,
    pub(crate) title: Option<LitStr>,
    pub(crate) when: Option<LitStr>,
    pub(crate) not_when: Option<LitStr>,
    pub(crate) instead: Option<Type>,
    pub(crate) destructive: Option<LitBool>,
}

/// `#[dingtalk(…)]` on a field.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) line: Option<LitStr>,
    pub(crate) at: Option<Ident>,
    pub(crate) at_all: Option<Ident>,
    pub(crate) skip: Option<Ident>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) default: Option<DefaultAttribute>,
    pub(crate) example: Option<TokenStream>,
    pub(crate) length: Option<BoundsAttribute>,
    pub(crate) bytes: Option<BoundsAttribute>,
    pub(crate) range: Option<BoundsAttribute>,
    pub(crate) max_items: Option<EndAttribute>,
    pub(crate) max_shown: Option<EndAttribute>,
    pub(crate) more: Option<LitStr>,
    pub(crate) truncate: Option<EndAttribute>,
    pub(crate) join: Option<LitStr>,
    pub(crate) then: Option<LitStr>,
    pub(crate) or_else: Option<LitStr>,
    pub(crate) multiline: Option<Ident>,
    pub(crate) format: Option<LitStr>,
    pub(crate) zone: Option<LitStr>,
    pub(crate) unbounded: Option<Ident>,
    pub(crate) incomplete: bool,
}

/// `default` or `default = expr`.
pub(crate) struct DefaultAttribute {
    pub(crate) keyword: Ident,
    pub(crate) value: Option<TokenStream>,
}

/// `#[dingtalk(…)]` on a `Choice`.
#[derive(Default)]
pub(crate) struct ChoiceAttributes {
    pub(crate) rename_all: Option<LitStr>,
    pub(crate) krate: Option<Path>,
}

/// `#[dingtalk(…)]` on a variant of a `Choice`.
#[derive(Default)]
pub(crate) struct ChoiceVariantAttributes {
    pub(crate) rename: Option<LitStr>,
    pub(crate) text: Option<LitStr>,
}

/// Entry of a key table for a key that declares a message.
macro_rules! message {
    ($key:literal, $kind:ident) => {
        ($key, |of_type, key, input, reading| {
            of_type.messages.push(MessageAttribute::parse(MessageKind::$kind, key, input, reading)?);
            Ok(())
        })
    };
}

/// Entry of a key table for a key whose value is stored in the field of the same name.
macro_rules! value {
    ($key:literal, $field:ident, $parse:expr) => {
        ($key, |target, key, input, reading| set(&mut target.$field, key, input, $parse, reading))
    };
}

const TEXT: Key<TypeAttributes> = message!("text", Text);
const MARKDOWN_MESSAGE: Key<TypeAttributes> = message!("markdown", Markdown);
const LINK_MESSAGE: Key<TypeAttributes> = message!("link", Link);
const ACTION_CARD_MESSAGE: Key<TypeAttributes> = message!("action_card", ActionCard);
const FEED_CARD_MESSAGE: Key<TypeAttributes> = message!("feed_card", FeedCard);
const WITH: Key<TypeAttributes> =
    ("with", |of_type, key, input, reading| Computed::parse(key, input, reading, &mut of_type.computed));
const KEYWORD: Key<TypeAttributes> = value!("keyword", keyword, equals_text);

/// Entry of a key table for a delivery option.
macro_rules! delivery {
    ($key:literal, $field:ident, $parse:expr) => {
        ($key, |of_type, key, input, reading| set(&mut of_type.delivery.$field, key, input, $parse, reading))
    };
}

const URGENT: Key<TypeAttributes> = delivery!("urgent", urgent, alone);
const GROUP: Key<TypeAttributes> = delivery!("group", group, equals_text);
const DIGEST: Key<TypeAttributes> = delivery!("digest", digest, equals_text);
const DEDUPE: Key<TypeAttributes> =
    delivery!("dedupe", dedupe, |key, input| parsed_text(key, input, DedupeRule::parse));
const THROTTLE: Key<TypeAttributes> =
    delivery!("throttle", throttle, |key, input| parsed_text(key, input, ThrottleRule::parse));

const NO_MESSAGE_NAMED: &str =
    "a text stands in a message: write `text(\"…\")`, or `markdown(title = \"…\", text = \"…\")`";

static TYPE: KeyTable<TypeAttributes> = KeyTable {
    place: "on the type",
    keys: &[
        TEXT,
        MARKDOWN_MESSAGE,
        LINK_MESSAGE,
        ACTION_CARD_MESSAGE,
        FEED_CARD_MESSAGE,
        message!("item", Item),
        message!("fragment", Fragment),
        WITH,
        ("tool", |of_type, key, input, reading| {
            let parse = |key: &Ident, input: ParseStream<'_>| ToolAttribute::parse(key, input, reading);
            set(&mut of_type.tool, key, input, parse, reading)
        }),
        KEYWORD,
        URGENT,
        GROUP,
        DIGEST,
        DEDUPE,
        THROTTLE,
        value!("rename_all", rename_all, equals_text),
        value!("crate", krate, crate_path),
    ],
    advice: &[],
    loose_text: Some(NO_MESSAGE_NAMED),
};

static VARIANT: KeyTable<TypeAttributes> = KeyTable {
    place: "on a variant",
    keys: &[
        TEXT,
        MARKDOWN_MESSAGE,
        LINK_MESSAGE,
        ACTION_CARD_MESSAGE,
        FEED_CARD_MESSAGE,
        WITH,
        KEYWORD,
        URGENT,
        GROUP,
        DIGEST,
        DEDUPE,
        THROTTLE,
    ],
    advice: &[],
    loose_text: Some(NO_MESSAGE_NAMED),
};

const DESCRIPTION: &str =
    "the description of a tool is the doc comment of its type: write `/// …` above the type";

static TOOL: KeyTable<ToolAttribute> = KeyTable {
    place: "in `tool(…)`",
    keys: &[
        value!("name", name, equals_text),
        value!("title", title, equals_text),
        value!("when", when, equals_text),
        value!("not_when", not_when, equals_text),
        value!("instead", instead, equals),
        value!("destructive", destructive, equals),
    ],
    advice: &[("description", DESCRIPTION), ("desc", DESCRIPTION), ("purpose", DESCRIPTION)],
    loose_text: Some("a text in `tool(…)` has a key: write `when = \"…\"`"),
};

const ZONE: &str = "the time zone of a field is its `zone`: write `zone = \"Asia/Shanghai\"`";

/// Advice for other names of `else`, `then` and `join`.
const ELSE: &str = "the text for no value is the `else` of a field: write `else = \"none\"`";
const THEN: &str = "a flag has two texts: write `then = \"yes\", else = \"no\"`";
const JOIN: &str = "the text between values is the `join` of a field: write `join = \", \"`";

static FIELD: KeyTable<FieldAttributes> = KeyTable {
    place: "on a field",
    keys: &[
        value!("line", line, equals_text),
        value!("at", at, alone),
        value!("at_all", at_all, alone),
        value!("skip", skip, alone),
        value!("rename", rename, equals_text),
        value!("default", default, DefaultAttribute::parse),
        value!("example", example, equals_expression),
        value!("length", length, |key, input| BoundsAttribute::parse(Rule::Length, key, input)),
        value!("bytes", bytes, |key, input| BoundsAttribute::parse(Rule::Bytes, key, input)),
        value!("range", range, |key, input| BoundsAttribute::parse(Rule::Range, key, input)),
        value!("max_items", max_items, count),
        value!("max_shown", max_shown, count),
        value!("more", more, equals_text),
        value!("truncate", truncate, count),
        value!("join", join, equals_text),
        value!("then", then, equals_text),
        value!("else", or_else, equals_text),
        value!("multiline", multiline, alone),
        value!("format", format, equals_text),
        value!("zone", zone, equals_text),
        value!("unbounded", unbounded, alone),
    ],
    advice: &[
        (
            "description",
            "the description of a parameter is the doc comment of its field: write `/// …` above the field",
        ),
        ("or", ELSE),
        ("none", ELSE),
        ("or_else", ELSE),
        ("yes", THEN),
        ("no", THEN),
        ("separator", JOIN),
        ("sep", JOIN),
        ("time_zone", ZONE),
        ("timezone", ZONE),
        ("tz", ZONE),
    ],
    loose_text: Some("a text on a field has a key: write `line = \"… {} …\"`"),
};

static CHOICE: KeyTable<ChoiceAttributes> = KeyTable {
    place: "on a `Choice`",
    keys: &[value!("rename_all", rename_all, equals_text), value!("crate", krate, crate_path)],
    advice: &[
        ("text", "`text` belongs on the variants of a `Choice`, not on the type"),
        ("rename", "`rename` belongs on the variants of a `Choice`, not on the type"),
    ],
    loose_text: None,
};

static CHOICE_VARIANT: KeyTable<ChoiceVariantAttributes> = KeyTable {
    place: "on a variant of a `Choice`",
    keys: &[
        value!("rename", rename, equals_text),
        value!("text", text, |key, input| in_parentheses(key, "\"…\"", input, |input| text(key, input))),
    ],
    advice: &[],
    loose_text: Some("the text that readers see has a key: write `text(\"…\")`"),
};

/// Places to which a key may belong that is unknown elsewhere.
static ELSEWHERE: [&dyn Names; 9] =
    [&TYPE, &MARKDOWN, &LINK, &ACTION_CARD, &FEED_CARD, &ITEM, &BUTTON, &TOOL, &FIELD];

impl TypeAttributes {
    pub(crate) fn of_type(attributes: &[Attribute], errors: &Errors) -> Self {
        Self::read(attributes, &TYPE, errors)
    }

    pub(crate) fn of_variant(attributes: &[Attribute], errors: &Errors) -> Self {
        Self::read(attributes, &VARIANT, errors)
    }

    fn read(attributes: &[Attribute], table: &KeyTable<Self>, errors: &Errors) -> Self {
        let reading = Reading::new(errors, &ELSEWHERE);
        let mut read = Self::default();
        table.read(attributes, &mut read, &reading);
        read.incomplete = reading.is_incomplete();
        read
    }

    /// Takes the keys of the enum that its variant does not set, and returns their locations.
    pub(crate) fn inherit(&mut self, of_enum: &Self) -> Vec<Location> {
        fn take<T: Clone>(own: &mut Option<T>, of_enum: Option<&T>) -> bool {
            let takes = own.is_none() && of_enum.is_some();
            if takes {
                *own = of_enum.cloned();
            }
            takes
        }
        let (own, other) = (&mut self.delivery, &of_enum.delivery);
        take(&mut own.urgent, other.urgent.as_ref());
        take(&mut own.dedupe, other.dedupe.as_ref());
        let taken = [
            (Location::Keyword, take(&mut self.keyword, of_enum.keyword.as_ref())),
            (Location::Group, take(&mut own.group, other.group.as_ref())),
            (Location::Digest, take(&mut own.digest, other.digest.as_ref())),
            (Location::Throttle, take(&mut own.throttle, other.throttle.as_ref())),
        ];
        taken.into_iter().filter_map(|(location, is_taken)| is_taken.then_some(location)).collect()
    }
}

impl DeliveryAttributes {
    /// Returns the options for the rules.
    pub(crate) fn declared(&self) -> DeliveryRules {
        DeliveryRules {
            urgent: self.urgent.is_some(),
            group: self.group.as_ref().map(LitStr::value),
            digest: self.digest.as_ref().map(LitStr::value),
            dedupe: self.dedupe.as_ref().map(|(_, rule)| rule.clone()),
            throttle: self.throttle.as_ref().map(|(_, rule)| rule.clone()),
        }
    }

    /// Returns the tokens under which an error about a key is reported.
    pub(crate) fn tokens(&self, key: &str) -> Option<TokenStream> {
        let text = |text: &Option<LitStr>| text.as_ref().map(LitStr::to_token_stream);
        match key {
            "urgent" => self.urgent.as_ref().map(Ident::to_token_stream),
            "group" => text(&self.group),
            "digest" => text(&self.digest),
            "dedupe" => self.dedupe.as_ref().map(|(text, _)| text.to_token_stream()),
            _ => self.throttle.as_ref().map(|(text, _)| text.to_token_stream()),
        }
    }

    /// Returns the templates, with their locations.
    pub(crate) fn templates(&self) -> impl Iterator<Item = (Location, &LitStr)> {
        let templates = [(Location::Group, &self.group), (Location::Digest, &self.digest)];
        templates.into_iter().filter_map(|(location, text)| Some((location, text.as_ref()?)))
    }
}

impl Computed {
    /// Parses `with(name = expression, …)`, the only place without a table, because its names are freely chosen.
    fn parse(
        key: &Ident,
        input: ParseStream<'_>,
        reading: &Reading<'_>,
        computed: &mut Vec<Self>,
    ) -> syn::Result<()> {
        let expected =
            |_: ParseStream<'_>| "expected the name of a value: write `name = expression`".to_owned();
        in_parentheses(key, "name = expression", input, |input| {
            each_key(input, reading, &expected, &mut |ident, input| {
                let (expression, problem) = any_expression(ident, input);
                let name = ident.unraw().to_string();
                // Kept even with a problem, because a template may show it.
                computed.push(Self { ident: ident.clone(), name, expression });
                problem.map_or(Ok(()), Err)
            })
        })
    }
}

impl ToolAttribute {
    fn parse(keyword: &Ident, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<Self> {
        let mut tool = Self {
            keyword: keyword.clone(),
            name: None,
            title: None,
            when: None,
            not_when: None,
            instead: None,
            destructive: None,
        };
        if !at_end(input) {
            in_parentheses(keyword, "when = \"…\"", input, |input| TOOL.keys(input, &mut tool, reading))?;
        }
        Ok(tool)
    }

    /// Reports whether no key is set.
    pub(crate) fn is_bare(&self) -> bool {
        let texts = [&self.name, &self.title, &self.when, &self.not_when];
        texts.iter().all(|text| text.is_none()) && self.instead.is_none() && self.destructive.is_none()
    }
}

impl FieldAttributes {
    pub(crate) fn read(attributes: &[Attribute], errors: &Errors) -> Self {
        let reading = Reading::new(errors, &ELSEWHERE);
        let mut read = Self::default();
        FIELD.read(attributes, &mut read, &reading);
        read.incomplete = reading.is_incomplete();
        read
    }

    /// Returns the constraints that are ranges.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = &BoundsAttribute> {
        [&self.length, &self.bytes, &self.range].into_iter().flatten()
    }
}

impl DefaultAttribute {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let value = if at_end(input) { None } else { Some(equals_expression(key, input)?) };
        Ok(Self { keyword: key.clone(), value })
    }
}

impl ChoiceAttributes {
    pub(crate) fn read(attributes: &[Attribute], errors: &Errors) -> Self {
        let mut read = Self::default();
        CHOICE.read(attributes, &mut read, &Reading::new(errors, &ELSEWHERE));
        read
    }
}

impl ChoiceVariantAttributes {
    pub(crate) fn read(attributes: &[Attribute], errors: &Errors) -> Self {
        let mut read = Self::default();
        CHOICE_VARIANT.read(attributes, &mut read, &Reading::new(errors, &ELSEWHERE));
        read
    }
}

/// Calls `visit` with each identifier among these tokens.
pub(crate) fn identifiers(tokens: TokenStream, visit: &mut dyn FnMut(&Ident)) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => visit(&ident),
            TokenTree::Group(group) => identifiers(group.stream(), visit),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
