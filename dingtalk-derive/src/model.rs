//! What the attributes mean: a typed description of the notification that the later phases read.

use dingtalk_template::snake_case;
use proc_macro2::Ident;
use syn::{Data, DeriveInput, Fields, GenericArgument, Generics, LitStr, PathArguments, Type, ext::IdentExt};

use crate::{
    attr::{
        ActionCardAttribute, FieldAttributes, ItemAttribute, LinkAttribute, MessageAttribute, ToolAttribute,
        TypeAttributes, documentation,
    },
    errors::Errors,
};

/// A type that derives `Notification`.
pub(crate) struct Notification<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) documentation: String,
    pub(crate) body: Option<Body>,
    pub(crate) tool: Option<ToolAttribute>,
    pub(crate) krate: Option<syn::Path>,
    pub(crate) fields: Vec<Field<'a>>,
}

/// The message's templates.
pub(crate) enum Body {
    Text(LitStr),
    Markdown {
        title: LitStr,
        text: Option<LitStr>,
    },
    Link {
        title: LitStr,
        text: LitStr,
        url: LitStr,
        picture: Option<LitStr>,
    },
    ActionCard {
        title: LitStr,
        text: LitStr,
        card: ActionCardAttribute,
    },
    FeedCard {
        items: Ident,
    },
    /// No message, but one item of a feed card.
    Item {
        keyword: Ident,
        title: LitStr,
        url: LitStr,
        picture: LitStr,
    },
}

impl Body {
    /// Its templates, in the order in which they are written.
    pub(crate) fn templates(&self) -> Vec<&LitStr> {
        match self {
            Self::Text(text) => vec![text],
            Self::Markdown { title, text } => std::iter::once(title).chain(text).collect(),
            Self::Link { title, text, url, picture } => {
                [title, text, url].into_iter().chain(picture).collect()
            }
            Self::FeedCard { .. } => Vec::new(),
            Self::Item { title, url, picture, .. } => vec![title, url, picture],
            Self::ActionCard { title, text, card } => {
                let buttons = card.buttons.iter().flat_map(|button| [&button.title, &button.url]);
                [title, text].into_iter().chain(buttons).collect()
            }
        }
    }

    /// Can the message mention anybody?
    pub(crate) fn can_mention(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Markdown { .. })
    }
}

/// A field and what it is.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    /// Its name without `r#`: what templates call it.
    pub(crate) name: String,
    /// What callers of the tool call it.
    pub(crate) parameter: String,
    pub(crate) ty: &'a Type,
    pub(crate) shape: Shape<'a>,
    pub(crate) role: Role,
    pub(crate) documentation: String,
    pub(crate) attributes: FieldAttributes,
}

/// How many values a field has, decided by the last segment of its type's path.
#[derive(Clone, Copy)]
pub(crate) enum Shape<'a> {
    One(&'a Type),
    Optional(&'a Type),
    List(&'a Type),
    Flag,
}

/// What a field is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Value,
    At,
    AtAll,
    Skip,
}

impl<'a> Shape<'a> {
    fn of(ty: &'a Type) -> Self {
        let Type::Path(path) = ungrouped(ty) else { return Self::One(ty) };
        let Some(segment) = path.path.segments.last() else { return Self::One(ty) };
        let inner = match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => {
                arguments.args.iter().find_map(|argument| match argument {
                    GenericArgument::Type(ty) => Some(ty),
                    _ => None,
                })
            }
            _ => None,
        };
        match (segment.ident.to_string().as_str(), inner) {
            ("bool", None) => Self::Flag,
            ("Option", Some(inner)) => Self::Optional(inner),
            ("Vec", Some(inner)) => Self::List(inner),
            _ => Self::One(ty),
        }
    }

    /// The type of one value.
    pub(crate) fn value(self, whole: &'a Type) -> &'a Type {
        match self {
            Self::One(ty) | Self::Optional(ty) | Self::List(ty) => ty,
            Self::Flag => whole,
        }
    }

    /// What to call it in an error; `None` for exactly one value.
    pub(crate) fn several(self) -> Option<&'static str> {
        match self {
            Self::One(_) => None,
            Self::Optional(_) => Some("an `Option`"),
            Self::List(_) => Some("a `Vec`"),
            Self::Flag => Some("a `bool`"),
        }
    }
}

/// A type that a `macro_rules!` passed on comes in a group without delimiters.
fn ungrouped(mut ty: &Type) -> &Type {
    while let Type::Group(syn::TypeGroup { elem, .. }) | Type::Paren(syn::TypeParen { elem, .. }) = ty {
        ty = elem;
    }
    ty
}

/// The last segment of a type's path.
pub(crate) fn type_name(ty: &Type) -> Option<String> {
    match ungrouped(ty) {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}

impl<'a> Notification<'a> {
    /// The type's name without `r#`.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    pub(crate) fn read(input: &'a DeriveInput, errors: &Errors) -> Self {
        let attributes = TypeAttributes::read(&input.attrs, errors);
        let rename = rename_rule(attributes.rename_all.as_ref(), errors);
        let named = named_fields(input, errors);
        // Without fields, every slot of a template would be one more error.
        let body =
            named.as_ref().and_then(|_| body(input, attributes.messages, attributes.incomplete, errors));
        let fields = named.into_iter().flatten();
        Self {
            ident: &input.ident,
            generics: &input.generics,
            documentation: documentation(&input.attrs),
            body,
            tool: attributes.tool,
            krate: attributes.krate,
            fields: fields.filter_map(|field| read_field(field, rename, errors)).collect(),
        }
    }

    /// The tool's name: as given, or `send_` and the type's words.
    pub(crate) fn tool_name(&self, tool: &ToolAttribute) -> String {
        tool.name.as_ref().map_or_else(|| format!("send_{}", snake_case(&self.name())), LitStr::value)
    }
}

fn body(
    input: &DeriveInput,
    messages: Vec<(Ident, MessageAttribute)>,
    incomplete: bool,
    errors: &Errors,
) -> Option<Body> {
    let mut messages = messages.into_iter();
    let Some((keyword, message)) = messages.next() else {
        if !incomplete {
            errors.at(
                &input.ident,
                "what is the message? add `#[dingtalk(text(\"…\"))]` or `#[dingtalk(markdown(title = \"…\", text = \"…\"))]`",
            );
        }
        return None;
    };
    for (second, _) in messages {
        errors.at(
            second,
            format!("a notification is one message, and this one is `{keyword}` already: remove one"),
        );
    }
    // What a misspelt key left out would be a second error.
    let missing = |key: &str, why: &str| {
        if !incomplete {
            errors.at(&keyword, format!("`{keyword}` needs a `{key}`: {why}; add `{key} = \"…\"`"));
        }
    };
    let shown = "it is what the conversation list shows";
    match message {
        MessageAttribute::Text(text) => Some(Body::Text(text)),
        MessageAttribute::Markdown { title, text } => {
            let Some(title) = title else {
                missing("title", shown);
                return None;
            };
            Some(Body::Markdown { title, text })
        }
        MessageAttribute::Link(LinkAttribute { title, text, url, picture }) => {
            let required = [
                ("title", &title, "it is the headline"),
                ("text", &text, "it stands below the title"),
                ("url", &url, "it is the page to open"),
            ];
            for (key, _, why) in required.iter().filter(|(_, value, _)| value.is_none()) {
                missing(key, why);
            }
            Some(Body::Link { title: title?, text: text?, url: url?, picture })
        }
        MessageAttribute::ActionCard(mut card) => {
            if card.title.is_none() {
                missing("title", shown);
            }
            if card.text.is_none() {
                missing("text", "it is the body");
            }
            if card.buttons.is_empty() && !incomplete {
                errors.at(&keyword, "an action card needs a button: add `button(\"Label\", url = \"…\")`");
            }
            Some(Body::ActionCard { title: card.title.take()?, text: card.text.take()?, card })
        }
        MessageAttribute::FeedCard { items } => {
            if items.is_none() && !incomplete {
                errors.at(&keyword, "`feed_card` needs its items: add `items = field` with a `Vec` field");
            }
            Some(Body::FeedCard { items: items? })
        }
        MessageAttribute::Item(ItemAttribute { title, url, picture }) => {
            let required = [
                ("title", &title, "it is the headline"),
                ("url", &url, "it is the page to open"),
                ("picture", &picture, "DingTalk requires one for each item"),
            ];
            for (key, _, why) in required.iter().filter(|(_, value, _)| value.is_none()) {
                missing(key, why);
            }
            Some(Body::Item { title: title?, url: url?, picture: picture?, keyword: keyword.clone() })
        }
    }
}

/// The fields that a template can name.
fn named_fields<'a>(input: &'a DeriveInput, errors: &Errors) -> Option<Vec<&'a syn::Field>> {
    let only_structs = "`Notification` is derived for structs with named fields: write one for each message";
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields.named.iter().collect()),
            Fields::Unit => return Some(Vec::new()),
            Fields::Unnamed(fields) => {
                errors.at(fields, "a template names its fields: write a struct with named fields");
            }
        },
        Data::Enum(data) => errors.at(data.enum_token, only_structs),
        Data::Union(data) => errors.at(data.union_token, only_structs),
    }
    None
}

fn read_field<'a>(field: &'a syn::Field, rename: fn(&str) -> String, errors: &Errors) -> Option<Field<'a>> {
    let ident = field.ident.as_ref()?;
    let attributes = FieldAttributes::read(&field.attrs, errors);
    let roles =
        [(Role::At, &attributes.at), (Role::AtAll, &attributes.at_all), (Role::Skip, &attributes.skip)];
    let mut given = roles.iter().filter_map(|(role, keyword)| Some((*role, keyword.as_ref()?)));
    let role = given.next();
    if let (Some((_, first)), Some((_, second))) = (role, given.next()) {
        errors.at(second, format!("a field is either `{first}` or `{second}`: remove one"));
    }
    let name = ident.unraw().to_string();
    Some(Field {
        ident,
        parameter: attributes.rename.as_ref().map_or_else(|| rename(&name), LitStr::value),
        name,
        ty: &field.ty,
        shape: Shape::of(&field.ty),
        role: role.map_or(Role::Value, |(role, _)| role),
        documentation: documentation(&field.attrs),
        attributes,
    })
}

fn rename_rule(rule: Option<&LitStr>, errors: &Errors) -> fn(&str) -> String {
    let Some(rule) = rule else { return str::to_owned };
    match rule.value().as_str() {
        "snake_case" => str::to_owned,
        "camelCase" => |name| {
            let mut words = name.split('_').filter(|word| !word.is_empty());
            let first = words.next().unwrap_or_default().to_owned();
            words.fold(first, |mut renamed, word| {
                let mut letters = word.chars();
                renamed.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                renamed.push_str(letters.as_str());
                renamed
            })
        },
        "kebab-case" => |name| name.replace('_', "-"),
        _ => {
            errors.at(rule, "expected `snake_case`, `camelCase` or `kebab-case`");
            str::to_owned
        }
    }
}
