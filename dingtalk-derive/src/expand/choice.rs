//! `#[derive(Choice)]`: a unit enum as a value.

use dingtalk_template::{declaration::choice_value_problem, snake_case};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Fields, LitStr, ext::IdentExt as _};

use super::code::{Paths, implement, local};
use crate::{
    attr::{ChoiceAttributes, ChoiceVariantAttributes, Documentation},
    check,
    errors::Errors,
    model::camel_case,
};

/// A variant with its value.
struct Alternative<'a> {
    ident: &'a Ident,
    /// Value in the arguments of a tool.
    value: String,
    /// Text in a message.
    text: String,
    documentation: TokenStream,
}

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let errors = Errors::default();
    let attributes = ChoiceAttributes::read(&input.attrs, &errors);
    let rename = rename_rule(attributes.rename_all.as_ref(), &errors);
    let alternatives = alternatives(input, rename, &errors);
    if !input.generics.params.is_empty() {
        errors.at(
            &input.generics.params,
            "a `Choice` is a plain enum: remove its lifetimes and type parameters",
        );
    }
    let paths = Paths::of(attributes.krate.as_ref());
    let alternatives = if errors.is_empty() { Some(&alternatives[..]) } else { None };
    let implementation = implementation(input, alternatives, &paths);
    let errors = errors.into_tokens();
    quote! {
        #errors
        const _: () = { #implementation };
    }
}

fn rename_rule(rule: Option<&LitStr>, errors: &Errors) -> fn(&str) -> String {
    let Some(rule) = rule else { return snake_case };
    match rule.value().as_str() {
        "snake_case" => snake_case,
        "camelCase" => |name| camel_case(&snake_case(name)),
        "kebab-case" => |name| snake_case(name).replace('_', "-"),
        "SCREAMING_SNAKE_CASE" => |name| snake_case(name).to_uppercase(),
        _ => {
            errors.at(rule, "expected `snake_case`, `camelCase`, `kebab-case` or `SCREAMING_SNAKE_CASE`");
            snake_case
        }
    }
}

fn alternatives<'a>(
    input: &'a DeriveInput,
    rename: fn(&str) -> String,
    errors: &Errors,
) -> Vec<Alternative<'a>> {
    let Data::Enum(data) = &input.data else {
        errors.at(&input.ident, "`Choice` is derived for enums: one variant for each value");
        return Vec::new();
    };
    if data.variants.is_empty() {
        errors.at(&input.ident, "a `Choice` without variants leaves no choice: add one");
    }
    let mut alternatives: Vec<Alternative<'_>> = Vec::new();
    for variant in &data.variants {
        let attributes = ChoiceVariantAttributes::read(&variant.attrs, errors);
        let ident = &variant.ident;
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(&variant.fields, "a variant of a `Choice` is one value: remove its fields");
        }
        let value =
            attributes.rename.as_ref().map_or_else(|| rename(&ident.unraw().to_string()), LitStr::value);
        if let Some(problem) = choice_value_problem(&value) {
            errors.at(&attributes.rename, problem);
        }
        if let Some(same) = alternatives.iter().find(|other| other.value == value) {
            let other = same.ident;
            errors.at(ident, format!("`{other}` and `{ident}` are both the value `{value}`: rename one"));
        }
        let text = attributes.text.as_ref().map_or_else(|| value.clone(), LitStr::value);
        let documentation = Documentation::of(&variant.attrs).on_one_line();
        alternatives.push(Alternative { ident, value, text, documentation });
    }
    alternatives
}

/// Generates the implementation. Without alternatives, it is a stub that keeps uses of the type from adding more
/// errors.
fn implementation(
    input: &DeriveInput,
    alternatives: Option<&[Alternative<'_>]>,
    paths: &Paths,
) -> TokenStream {
    let Paths { krate, private } = paths;
    let [formatter, text, index] = ["formatter", "text", "index"].map(local);
    let each = || alternatives.into_iter().flatten();
    let table = each().map(|Alternative { value, text, documentation, .. }| {
        quote!(#krate::ChoiceValue::new(#value, #text, #documentation))
    });
    let variants: Vec<&Ident> = each().map(|alternative| alternative.ident).collect();
    let indices: Vec<usize> = (0..variants.len()).collect();
    let position = match alternatives {
        Some(_) => quote!(match self { #(Self::#variants => #indices,)* }),
        None => quote!(0),
    };
    let implement = |implemented: TokenStream, items: TokenStream| {
        implement(&implemented, &input.ident, &input.generics, &items)
    };
    let choice = implement(
        quote!(#krate::Choice),
        quote! {
            const VALUES: &'static [#krate::ChoiceValue] = &[#(#table),*];
            fn index(&self) -> ::core::primitive::usize { #position }
            fn from_index(#index: ::core::primitive::usize) -> ::core::option::Option<Self> {
                match #index {
                    #(#indices => ::core::option::Option::Some(Self::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }
        },
    );
    let display = implement(
        quote!(::core::fmt::Display),
        quote! {
            fn fmt(&self, #formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #private::write_choice(self, #formatter)
            }
        },
    );
    let from_str = implement(
        quote!(::core::str::FromStr),
        quote! {
            type Err = #krate::ParseChoiceError;
            fn from_str(
                #text: &::core::primitive::str,
            ) -> ::core::result::Result<Self, #krate::ParseChoiceError> {
                #private::parse_choice(#text)
            }
        },
    );
    // A generic enum has been refused.
    let is_argument = check::HAS_TOOLS && input.generics.params.is_empty();
    let argument = is_argument.then(|| argument(input, paths));
    quote!(#choice #display #from_str #argument)
}

/// A parameter of a tool.
fn argument(input: &DeriveInput, paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    let [value, path, faults, default] = ["value", "path", "faults", "default"].map(local);
    implement(
        &quote!(#krate::Argument),
        &input.ident,
        &input.generics,
        &quote! {
            fn schema(_: &mut #private::SchemaGenerator) -> #private::Schema {
                #private::choice_schema::<Self>()
            }
            fn read(
                #value: &#private::Json,
                #path: &::core::primitive::str,
                #faults: &mut #krate::Faults,
            ) -> ::core::option::Option<Self> {
                #private::read_choice(#value, #path, #faults)
            }
            fn default_in_schema(#default: fn() -> Self) -> ::core::option::Option<#private::Json> {
                #private::choice_value(&#default())
            }
        },
    )
}
