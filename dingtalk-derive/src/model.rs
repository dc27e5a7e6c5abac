//! What the attributes mean: a typed description of the type that the later phases read.

use dingtalk_template::snake_case;
use proc_macro2::Ident;
use syn::{Data, DeriveInput, Fields, GenericArgument, Generics, LitStr, PathArguments, Type, ext::IdentExt};

use crate::{
    attr::{Computed, FieldAttributes, Kind, MessageAttribute, ToolAttribute, TypeAttributes, documentation},
    errors::Errors,
    expand::Derive,
};

/// A type that derives `Notification` or one of its companions.
pub(crate) struct Declaration<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) documentation: String,
    pub(crate) tool: Option<ToolAttribute>,
    pub(crate) krate: Option<syn::Path>,
    /// One for a struct, one for each variant of an enum.
    pub(crate) variants: Vec<Variant<'a>>,
}

/// What one message is made of.
pub(crate) struct Variant<'a> {
    /// `None` for a struct.
    pub(crate) ident: Option<&'a Ident>,
    pub(crate) fields: Vec<Field<'a>>,
    pub(crate) computed: Vec<Computed>,
    pub(crate) message: Option<MessageAttribute>,
    pub(crate) keyword: Option<LitStr>,
    /// A key could not be read: what seems to be missing may only be misspelt.
    pub(crate) incomplete: bool,
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

impl<'a> Declaration<'a> {
    /// The type's name without `r#`.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    pub(crate) fn read(input: &'a DeriveInput, derive: Derive, errors: &Errors) -> Self {
        let attributes = TypeAttributes::of_type(&input.attrs, errors);
        let variants = match &input.data {
            Data::Enum(data) if derive == Derive::Notification => {
                only_on_structs(&attributes, errors);
                if data.variants.is_empty() {
                    errors.at(&input.ident, "an enum without variants is no message: add one");
                }
                let variant = |variant: &'a syn::Variant| {
                    let mut own = TypeAttributes::of_variant(&variant.attrs, errors);
                    own.keyword = own.keyword.or_else(|| attributes.keyword.clone());
                    // What stands on the type has been sent to the variants.
                    own.incomplete |= attributes.incomplete || !attributes.messages.is_empty();
                    Variant::read(Some(&variant.ident), &variant.ident, &variant.fields, own, derive, errors)
                };
                data.variants.iter().map(variant).collect()
            }
            Data::Struct(data) => {
                let attributes = TypeAttributes {
                    messages: attributes.messages,
                    computed: attributes.computed,
                    keyword: attributes.keyword,
                    rename_all: attributes.rename_all,
                    incomplete: attributes.incomplete,
                    ..TypeAttributes::default()
                };
                vec![Variant::read(None, &input.ident, &data.fields, attributes, derive, errors)]
            }
            Data::Enum(data) => {
                errors.at(data.enum_token, format!("`{}` is derived for structs", derive.name()));
                Vec::new()
            }
            Data::Union(data) => {
                errors.at(data.union_token, format!("`{}` is not derived for unions", derive.name()));
                Vec::new()
            }
        };
        Self {
            ident: &input.ident,
            generics: &input.generics,
            documentation: documentation(&input.attrs),
            tool: attributes.tool,
            krate: attributes.krate,
            variants,
        }
    }

    /// All fields of all variants.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &Field<'a>> {
        self.variants.iter().flat_map(|variant| &variant.fields)
    }

    /// The tool's name: as given, or `send_` and the type's words.
    pub(crate) fn tool_name(&self, tool: &ToolAttribute) -> String {
        tool.name.as_ref().map_or_else(|| format!("send_{}", snake_case(&self.name())), LitStr::value)
    }
}

/// On an enum these belong to each variant, or nowhere.
fn only_on_structs(attributes: &TypeAttributes, errors: &Errors) {
    for message in &attributes.messages {
        errors.at(
            &message.keyword,
            format!(
                "each variant of an enum is a message of its own: move `{}` to the variants",
                message.kind.key()
            ),
        );
    }
    for computed in &attributes.computed {
        errors.at(&computed.ident, "`with` reads the fields of one variant: move it to the variants");
    }
    if let Some(tool) = &attributes.tool {
        errors.at(
            &tool.keyword,
            "a tool sends one kind of message: give each variant a type of its own, or remove `tool`",
        );
    }
    if let Some(rename_all) = &attributes.rename_all {
        errors.at(rename_all, "`rename_all` names a tool's parameters, and an enum is no tool: remove it");
    }
}

impl<'a> Variant<'a> {
    fn read(
        variant: Option<&'a Ident>,
        name: &Ident,
        fields: &'a Fields,
        attributes: TypeAttributes,
        derive: Derive,
        errors: &Errors,
    ) -> Self {
        let rename = rename_rule(attributes.rename_all.as_ref(), errors);
        let named: Option<Vec<&syn::Field>> = match fields {
            Fields::Named(fields) => Some(fields.named.iter().collect()),
            Fields::Unit => Some(Vec::new()),
            // struct Over();
            Fields::Unnamed(fields) if fields.unnamed.is_empty() => Some(Vec::new()),
            Fields::Unnamed(fields) => {
                errors
                    .at(fields, "a template names its fields: write named fields, as in `{ host: String }`");
                None
            }
        };
        // Without fields, every slot of a template would be one more error.
        let message = named
            .as_ref()
            .and_then(|_| message(name, attributes.messages, attributes.incomplete, derive, errors));
        let fields = named.into_iter().flatten();
        Self {
            ident: variant,
            fields: fields.filter_map(|field| read_field(field, rename, errors)).collect(),
            computed: attributes.computed,
            message,
            keyword: attributes.keyword,
            incomplete: attributes.incomplete,
        }
    }
}

/// The one message, if it is complete.
fn message(
    name: &Ident,
    messages: Vec<MessageAttribute>,
    incomplete: bool,
    derive: Derive,
    errors: &Errors,
) -> Option<MessageAttribute> {
    let mut messages = messages.into_iter();
    let Some(message) = messages.next() else {
        if !incomplete {
            errors.at(name, derive.asks_for_message());
        }
        return None;
    };
    let keyword = &message.keyword;
    for second in messages {
        errors.at(
            second.keyword,
            format!("a notification is one message, and this one is `{keyword}` already: remove one"),
        );
    }
    // What a misspelt key left out would be a second error.
    let mut complete = true;
    let mut missing = |problem: String| {
        complete = false;
        if !incomplete {
            errors.at(keyword, problem);
        }
    };
    for (part, why) in message.kind.parts() {
        if let (Some(why), None) = (why, message.part(*part)) {
            let key = part.key();
            missing(format!("`{keyword}` needs a `{key}`: {why}; add `{key} = \"…\"`"));
        }
    }
    if message.kind == Kind::ActionCard && message.buttons.is_empty() && message.button_list.is_none() {
        missing("an action card needs a button: add `button(\"Label\", url = \"…\")`".to_owned());
    }
    if message.kind == Kind::FeedCard && message.items.is_none() {
        missing("`feed_card` needs its items: add `items = field` with a `Vec` field".to_owned());
    }
    complete.then_some(message)
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
        "camelCase" => camel_case,
        "kebab-case" => |name| name.replace('_', "-"),
        _ => {
            errors.at(rule, "expected `snake_case`, `camelCase` or `kebab-case`");
            str::to_owned
        }
    }
}

/// `host_name` gives `hostName`.
pub(crate) fn camel_case(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut renamed, word| {
        let mut letters = word.chars();
        renamed.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        renamed.push_str(letters.as_str());
        renamed
    })
}
