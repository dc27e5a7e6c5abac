//! The meaning of the attributes: a typed description of the type, for the later phases.

use dingtalk_template::declaration::{
    Bounds, Cardinality, DeclaredMessage, DeliveryRules, Dialect, End, FieldLocation, FieldRules, Findings,
    Location, MessageTemplates, Role, Rule, ToolWords, ValueKind, check_message, first_paragraph,
    second_message, second_role,
};
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens as _;
use syn::{Data, DeriveInput, Fields, Generics, LitStr, Type, ext::IdentExt};

use crate::{
    attr::{
        BoundsAttribute, Computed, DeliveryAttributes, Documentation, EndAttribute, FieldAttributes,
        MessageAttribute, ToolAttribute, TypeAttributes, names,
    },
    derive::Derive,
    errors::Errors,
    literal, types,
};

/// A type that derives `Notification` or one of its companions.
pub(crate) struct Model<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) documentation: Documentation,
    pub(crate) tool: Option<ToolAttribute>,
    pub(crate) krate: Option<syn::Path>,
    /// One element for a struct; one per variant for an enum.
    pub(crate) variants: Vec<Variant<'a>>,
}

/// The declaration of one message.
pub(crate) struct Variant<'a> {
    /// `None` for a struct.
    pub(crate) ident: Option<&'a Ident>,
    pub(crate) fields: Vec<Field<'a>>,
    pub(crate) computed: Vec<Computed>,
    pub(crate) message: Option<MessageAttribute>,
    pub(crate) keyword: Option<LitStr>,
    pub(crate) delivery: DeliveryAttributes,
    /// Keys that its enum has set for all variants.
    pub(crate) inherited: Vec<Location>,
    /// True if a key could not be parsed. A part that seems to be missing may then only be misspelt.
    pub(crate) incomplete: bool,
}

/// A field with its attributes.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    /// Type of one value: `T` for `Vec<T>` and `Option<T>`.
    pub(crate) value_type: &'a Type,
    pub(crate) attributes: FieldAttributes,
    pub(crate) documentation: Documentation,
    /// The field as the rules see it.
    pub(crate) rules: FieldRules,
}

impl<'a> Model<'a> {
    /// Returns the name of the type without `r#`.
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
                    let inherited = own.inherit(&attributes);
                    // A message on the type has already been reported, so nothing is missing on the variants.
                    own.incomplete |= attributes.incomplete || !attributes.messages.is_empty();
                    let name = &variant.ident;
                    Variant {
                        inherited,
                        ..Variant::read(Some(name), name, &variant.fields, own, derive, errors)
                    }
                };
                data.variants.iter().map(variant).collect()
            }
            Data::Struct(data) => {
                let attributes = TypeAttributes {
                    messages: attributes.messages,
                    computed: attributes.computed,
                    keyword: attributes.keyword,
                    delivery: attributes.delivery,
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
            documentation: Documentation::of(&input.attrs),
            tool: attributes.tool,
            krate: attributes.krate,
            variants,
        }
    }

    /// Returns the texts of the tool, for the rules.
    pub(crate) fn declared_tool(&self, tool: &ToolAttribute) -> ToolWords {
        let text = |literal: &Option<LitStr>| literal.as_ref().map(LitStr::value);
        ToolWords {
            declared_as: self.name(),
            name: text(&tool.name),
            title: text(&tool.title),
            purpose: first_paragraph(&self.documentation.text),
            purpose_is_computed: self.documentation.expression.is_some(),
            when: text(&tool.when),
            not_when: text(&tool.not_when),
            ..ToolWords::default()
        }
    }
}

/// Reports attributes that an enum may have only on its variants, or not at all.
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
        // Without fields, every slot of a template would cause another error.
        let message = named
            .as_ref()
            .and_then(|_| message(name, attributes.messages, attributes.incomplete, derive, errors));
        let fields = named.into_iter().flatten();
        let mut fields: Vec<Field<'_>> =
            fields.filter_map(|field| read_field(field, rename, errors)).collect();
        for field in &mut fields {
            field.rules.min_items = message.as_ref().map_or(0, |message| message.min_items(field.ident));
        }
        Self {
            ident: variant,
            fields,
            computed: attributes.computed,
            message,
            keyword: attributes.keyword,
            delivery: attributes.delivery,
            inherited: Vec::new(),
            incomplete: attributes.incomplete,
        }
    }
}

/// Returns the only message, if it is complete.
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
        errors.at(second.keyword, second_message(&keyword.to_string()));
    }
    let mut findings = Findings::new(Dialect::Attributes);
    let complete = check_message(&message.declared(), incomplete, &mut findings);
    errors.report(findings, |_| keyword.to_token_stream());
    complete.then_some(message)
}

fn read_field<'a>(field: &'a syn::Field, rename: fn(&str) -> String, errors: &Errors) -> Option<Field<'a>> {
    let ident = field.ident.as_ref()?;
    let attributes = FieldAttributes::read(&field.attrs, errors);
    let keywords =
        [(Role::At, &attributes.at), (Role::AtAll, &attributes.at_all), (Role::Skip, &attributes.skip)];
    let mut given = keywords.iter().filter_map(|(role, keyword)| Some((*role, keyword.as_ref()?)));
    let role = given.next();
    if let (Some((_, first)), Some((_, second))) = (role, given.next()) {
        errors.at(second, second_role(&first.to_string(), &second.to_string()));
    }
    let role = role.map_or(Role::Value, |(role, _)| role);
    let (cardinality, value_type) = types::cardinality(&field.ty);
    let documentation = Documentation::of(&field.attrs);
    let rules = field_rules(ident, value_type, rename, &attributes, &documentation);
    // A type that no message shows has an error of its own.
    let incomplete = rules.incomplete || types::problem(&rules.name, cardinality, value_type).is_some();
    let rules = FieldRules { cardinality, role, incomplete, ..rules };
    Some(Field { ident, ty: &field.ty, value_type, attributes, documentation, rules })
}

/// Returns the field for the rules.
fn field_rules(
    ident: &Ident,
    value_type: &Type,
    rename: fn(&str) -> String,
    attributes: &FieldAttributes,
    documentation: &Documentation,
) -> FieldRules {
    let name = ident.unraw().to_string();
    let type_name = types::type_name(value_type).unwrap_or_default();
    let value = match type_name.as_str() {
        "Box" | "Rc" | "Arc" | "Cow" if types::is_of_text(value_type) => ValueKind::Text,
        "String" | "str" => ValueKind::Text,
        "Markdown" => ValueKind::Markdown,
        "bool" => ValueKind::Flag,
        "Mobile" | "UserId" | "Url" => ValueKind::Own,
        name if types::is_number(name) => ValueKind::Number,
        _ => ValueKind::Foreign,
    };
    let default = attributes.default.as_ref();
    FieldRules {
        parameter: attributes.rename.as_ref().map_or_else(|| rename(&name), LitStr::value),
        name,
        documentation_is_computed: documentation.expression.is_some(),
        documentation: documentation.text.clone(),
        type_name,
        value,
        cardinality: Cardinality::One,
        role: Role::Value,
        line: attributes.line.as_ref().map(LitStr::value),
        is_renamed: attributes.rename.is_some(),
        default: default.map(|default| default.value.clone().and_then(literal::read)),
        example: attributes.example.clone().map(literal::read),
        length: attributes.length.as_ref().map(bounds),
        bytes: attributes.bytes.as_ref().map(bounds),
        range: attributes.range.as_ref().map(bounds),
        min_items: 0,
        max_items: attributes.max_items.as_ref().map(bound),
        max_shown: attributes.max_shown.as_ref().map(bound),
        more: attributes.more.as_ref().map(LitStr::value),
        truncate: attributes.truncate.as_ref().map(bound),
        join: attributes.join.as_ref().map(LitStr::value),
        then: attributes.then.as_ref().map(LitStr::value),
        or_else: attributes.or_else.as_ref().map(LitStr::value),
        is_multiline: attributes.multiline.is_some(),
        format: attributes.format.as_ref().map(LitStr::value),
        zone: attributes.zone.as_ref().map(LitStr::value),
        is_unbounded: attributes.unbounded.is_some(),
        incomplete: attributes.incomplete,
    }
}

fn bounds(attribute: &BoundsAttribute) -> Bounds {
    Bounds { min: attribute.min.as_ref().map(bound), max: attribute.max.as_ref().map(bound) }
}

fn bound(attribute: &EndAttribute) -> End {
    End { written: attribute.tokens.to_string().replace(' ', ""), number: attribute.number }
}

impl Field<'_> {
    /// Reports whether a check of the value is generated.
    pub(crate) fn is_constrained(&self) -> bool {
        self.attributes.max_items.is_some()
            || self.rules.min_items > 0
            || self.is_mention_list()
            || self.attributes.bounds().next().is_some()
    }

    /// Reports whether only the number of the field's elements is constrained. The elements can then have any type.
    pub(crate) fn is_only_counted(&self) -> bool {
        self.rules.cardinality == Cardinality::List && self.attributes.bounds().next().is_none()
    }

    /// Reports whether the field is a list of mentions, which has DingTalk's own limit.
    pub(crate) fn is_mention_list(&self) -> bool {
        self.rules.role == Role::At && self.rules.cardinality == Cardinality::List
    }

    /// Returns the tokens under which an error about a part of the field is reported.
    fn tokens(&self, location: FieldLocation) -> TokenStream {
        let attributes = &self.attributes;
        let rule = |rule: Rule| match rule {
            Rule::Length => &attributes.length,
            Rule::Bytes => &attributes.bytes,
            Rule::Range => &attributes.range,
        };
        let end = |end: Option<&EndAttribute>| end.map(|end| end.tokens.clone());
        let default = attributes.default.as_ref();
        let tokens = match location {
            FieldLocation::Type => Some(self.ty.to_token_stream()),
            FieldLocation::Line => attributes.line.as_ref().map(LitStr::to_token_stream),
            FieldLocation::At => attributes.at.as_ref().map(Ident::to_token_stream),
            FieldLocation::AtAll => attributes.at_all.as_ref().map(Ident::to_token_stream),
            FieldLocation::Skip => attributes.skip.as_ref().map(Ident::to_token_stream),
            FieldLocation::Rename => attributes.rename.as_ref().map(LitStr::to_token_stream),
            FieldLocation::HasDefault => default.map(|default| default.keyword.to_token_stream()),
            FieldLocation::DefaultValue => default.and_then(|default| default.value.clone()),
            FieldLocation::Example => attributes.example.clone(),
            FieldLocation::Rule(name) => rule(name).as_ref().map(|bounds| bounds.keyword.to_token_stream()),
            FieldLocation::Min(name) => end(rule(name).as_ref().and_then(|bounds| bounds.min.as_ref())),
            FieldLocation::Max(name) => end(rule(name).as_ref().and_then(|bounds| bounds.max.as_ref())),
            FieldLocation::MaxItems => end(attributes.max_items.as_ref()),
            FieldLocation::MaxShown => end(attributes.max_shown.as_ref()),
            FieldLocation::More => attributes.more.as_ref().map(LitStr::to_token_stream),
            FieldLocation::Truncate => end(attributes.truncate.as_ref()),
            FieldLocation::Join => attributes.join.as_ref().map(LitStr::to_token_stream),
            FieldLocation::Then => attributes.then.as_ref().map(LitStr::to_token_stream),
            FieldLocation::Else => attributes.or_else.as_ref().map(LitStr::to_token_stream),
            FieldLocation::Multiline => attributes.multiline.as_ref().map(Ident::to_token_stream),
            FieldLocation::Format => attributes.format.as_ref().map(LitStr::to_token_stream),
            FieldLocation::Zone => attributes.zone.as_ref().map(LitStr::to_token_stream),
            FieldLocation::Unbounded => attributes.unbounded.as_ref().map(Ident::to_token_stream),
            _ => None,
        };
        tokens.unwrap_or_else(|| self.ident.to_token_stream())
    }
}

impl Variant<'_> {
    /// Returns the message for the rules.
    pub(crate) fn declared<'d>(
        &'d self,
        message: &'d MessageTemplates,
        keyword: Option<&'d str>,
        delivery: &'d DeliveryRules,
    ) -> DeclaredMessage<'d> {
        let mut read = Vec::new();
        for computed in &self.computed {
            names(computed.expression.clone(), &mut |name| read.push(name.to_owned()));
        }
        DeclaredMessage {
            message,
            keyword,
            delivery,
            fields: self.fields.iter().map(|field| &field.rules).collect(),
            computed: self.computed.iter().map(|computed| &*computed.name).collect(),
            read,
            incomplete: self.incomplete,
        }
    }

    /// Returns the tokens under which an error about a part of the message is reported.
    pub(crate) fn tokens(&self, location: Location) -> TokenStream {
        let message = self.message.as_ref();
        let button = |index: usize| message.and_then(|message| message.buttons.get(index));
        let tokens = match location {
            Location::Field(index, location) => self.fields.get(index).map(|field| field.tokens(location)),
            Location::Part(part) => {
                message.and_then(|message| message.part(part)).map(LitStr::to_token_stream)
            }
            Location::ButtonLabel(index) => button(index).map(|button| button.title.to_token_stream()),
            Location::ButtonUrl(index) => button(index).map(|button| button.url.to_token_stream()),
            Location::ButtonList => {
                message.and_then(|message| message.button_list.as_ref()).map(Ident::to_token_stream)
            }
            Location::Items => message.and_then(|message| message.items.as_ref()).map(Ident::to_token_stream),
            Location::Keyword => self.keyword.as_ref().map(LitStr::to_token_stream),
            Location::Group => self.delivery.tokens("group"),
            Location::Digest => self.delivery.tokens("digest"),
            Location::Throttle => self.delivery.tokens("throttle"),
            Location::Computed(index) => {
                self.computed.get(index).map(|computed| computed.ident.to_token_stream())
            }
            _ => None,
        };
        tokens.or_else(|| message.map(|message| message.keyword.to_token_stream())).unwrap_or_default()
    }
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

/// Converts a name to camel case: `hostName` for `host_name`.
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

/// Returns the fields that are parameters of the tool.
pub(crate) fn given<'f, 'a>(fields: &'f [Field<'a>]) -> impl Iterator<Item = &'f Field<'a>> {
    fields.iter().filter(|field| field.rules.role != Role::Skip)
}
