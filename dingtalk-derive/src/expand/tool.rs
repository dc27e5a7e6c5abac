//! `impl Tool`.

use dingtalk_template::words;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Lit, LitStr};

use super::{
    Paths, local,
    message::{field_name, is_constrained, is_only_counted},
    option,
};
use crate::{
    attr::ToolAttribute,
    model::{Field, Notification, Role, Shape},
};

pub(crate) fn implementation(notification: &Notification<'_>, paths: &Paths) -> TokenStream {
    let Some(tool) = &notification.tool else { return TokenStream::new() };
    let Paths { krate, private } = paths;
    let ident = notification.ident;
    let (impl_generics, ty_generics, where_clause) = notification.generics.split_for_impl();
    let parameters: Vec<(usize, &Field<'_>)> =
        notification.fields.iter().enumerate().filter(|(_, field)| field.role != Role::Skip).collect();
    let count = parameters.len();
    let (reader, arguments) = (local("reader"), local("arguments"));
    let table = parameters.iter().map(|(index, field)| parameter(*index, field, paths));
    let name = notification.tool_name(tool);
    let spec = spec(notification, tool, paths);
    let reads = parameters.iter().enumerate().map(|(position, (_, field))| read(position, field));
    let variables: Vec<Ident> = (0..count).map(variable).collect();
    let idents = parameters.iter().map(|(_, field)| field.ident);
    let skipped = notification.fields.iter().filter(|field| field.role == Role::Skip).map(|field| {
        let (ident, value) = (field.ident, default_value(field));
        quote!(#ident: (#value)())
    });
    quote! {
        static __DINGTALK_PARAMETERS: [#private::Parameter; #count] = [#(#table),*];
        #[automatically_derived]
        impl #impl_generics #krate::Tool for #ident #ty_generics #where_clause {
            const NAME: &'static ::core::primitive::str = #name;
            const SPEC: #krate::ToolSpec = #spec;
            fn parse(#arguments: &#private::Arguments) -> ::core::result::Result<Self, #krate::Faults> {
                let mut #reader = #private::Reader::new(&__DINGTALK_PARAMETERS, #arguments);
                #(#reads)*
                match (#(#variables,)*) {
                    (#(::core::option::Option::Some(#variables),)*) if #reader.is_clean() => {
                        ::core::result::Result::Ok(Self { #(#idents: #variables,)* #(#skipped,)* })
                    }
                    _ => ::core::result::Result::Err(#reader.finish()),
                }
            }
        }
    }
}

fn variable(position: usize) -> Ident {
    local(&format!("value_{position}"))
}

fn spec(notification: &Notification<'_>, tool: &ToolAttribute, paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    let type_name = notification.name();
    let title = tool.title.as_ref().map_or_else(|| title(&type_name), LitStr::value);
    let purpose = first_paragraph(&notification.documentation);
    let (when, not_when) = (option(tool.when.as_ref()), option(tool.not_when.as_ref()));
    let instead = option(tool.instead.as_ref().map(|ty| quote!(<#ty as #krate::Tool>::NAME)));
    let destructive = tool.destructive.as_ref().is_none_or(syn::LitBool::value);
    quote! {
        #private::ToolSpec::new(<Self as #krate::Tool>::NAME, #title, #purpose, &__DINGTALK_PARAMETERS)
            .usage(#when, #not_when, #instead)
            .destructive(#destructive)
    }
}

/// `CpuAlert` gives `Cpu alert`.
fn title(type_name: &str) -> String {
    let words = words(type_name);
    let rest = words.iter().skip(1).map(|word| word.to_lowercase());
    words.first().map(|first| (*first).to_owned()).into_iter().chain(rest).collect::<Vec<_>>().join(" ")
}

/// The first paragraph of a doc comment, on one line.
fn first_paragraph(documentation: &str) -> String {
    documentation
        .lines()
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn parameter(index: usize, field: &Field<'_>, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let constant = field_name(index);
    let documentation = field.documentation.split_whitespace().collect::<Vec<_>>().join(" ");
    let shape = format_ident!(
        "{}",
        match (field.shape, &field.attributes.default) {
            (Shape::One(_), Some(_)) => "Defaulted",
            (Shape::One(_), None) => "One",
            (Shape::Optional(_), _) => "Optional",
            (Shape::List(_), _) => "List",
            (Shape::Flag, _) => "Flag",
        }
    );
    let default = option(default_json(field));
    let ty = field.shape.value(field.ty);
    quote! {
        #private::Parameter::new(
            #constant, #documentation, #private::Shape::#shape, #default,
            <#ty as #private::JsonSchema>::json_schema,
        )
    }
}

/// A literal default, as the schema shows it.
fn default_json(field: &Field<'_>) -> Option<String> {
    let tokens = field.attributes.default.as_ref()?.value.clone()?;
    match syn::parse2(tokens).ok()? {
        Lit::Str(text) => {
            let escaped: String = text.value().chars().flat_map(char::escape_default).collect();
            text.value().is_ascii().then(|| format!("\"{}\"", escaped.replace("\\'", "'")))
        }
        Lit::Bool(flag) => Some(flag.value.to_string()),
        Lit::Int(number) => Some(number.base10_digits().to_owned()),
        Lit::Float(number) => Some(number.base10_digits().to_owned()),
        _ => None,
    }
}

/// A function that makes the field's default.
fn default_value(field: &Field<'_>) -> TokenStream {
    let ty = field.ty;
    let Some(value) = field.attributes.default.as_ref().and_then(|default| default.value.clone()) else {
        return quote!(<#ty as ::core::default::Default>::default);
    };
    let is_text = matches!(syn::parse2(value.clone()), Ok(Lit::Str(_)));
    if is_text { quote!(|| ::core::convert::From::from(#value)) } else { quote!(|| #value) }
}

fn read(position: usize, field: &Field<'_>) -> TokenStream {
    let (variable, reader) = (variable(position), local("reader"));
    let (ty, value_ty) = (field.ty, field.shape.value(field.ty));
    let read = match (field.shape, &field.attributes.default) {
        (Shape::One(_), None) => quote!(#reader.one::<#value_ty>(#position)),
        (Shape::One(_), Some(_)) => {
            let default = default_value(field);
            quote!(#reader.one_or::<#ty>(#position, #default))
        }
        (Shape::Optional(_), _) => quote!(#reader.optional::<#value_ty>(#position)),
        (Shape::List(_), _) => quote!(#reader.list::<#value_ty>(#position)),
        (Shape::Flag, _) => quote!(#reader.flag(#position)),
    };
    let check = is_constrained(field).then(|| {
        if is_only_counted(field) {
            quote!(#reader.check_count(#position, #variable.as_ref());)
        } else {
            quote!(#reader.check::<#ty>(#position, #variable.as_ref());)
        }
    });
    quote! {
        let #variable = #read;
        #check
    }
}
