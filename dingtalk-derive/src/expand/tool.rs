//! `impl Tool`, and list items as parameters of tools.

use dingtalk_template::declaration::{
    Cardinality, Dialect, Literal, Role, ValueFormat, ValueKind, no_upper_limit,
};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::{
    code::{Paths, at_call_site, implement, local, option},
    values::field_constant,
};
use crate::{
    attr::ToolAttribute,
    literal,
    model::{Field, Model, given},
    types::{self, TimeKind},
};

pub(crate) fn implementation(model: &Model<'_>, paths: &Paths) -> TokenStream {
    let (Some(tool), [variant]) = (&model.tool, &model.variants[..]) else {
        return TokenStream::new();
    };
    let Paths { krate, private } = paths;
    let name = model.declared_tool(tool).name();
    let spec = spec(model, tool, paths);
    let table = parameters(model, &variant.fields, paths);
    let arguments = local("arguments");
    // A constant of a trait is evaluated where it is used, which may be in another crate.
    let described = model.documentation.expression.as_ref().map(|text| {
        let call = quote_spanned!(text.span().resolved_at(Span::mixed_site())=> __first_paragraph(#text));
        quote!(const _: &::core::primitive::str = { use #private::first_paragraph as __first_paragraph; #call };)
    });
    let tool = implement(
        &quote!(#krate::Tool),
        model.ident,
        model.generics,
        &quote! {
            const NAME: &'static ::core::primitive::str = #name;
            const SPEC: #krate::ToolSpec<'static> = #spec;
            fn parse(#arguments: &#private::Arguments) -> ::core::result::Result<Self, #krate::Faults> {
                #private::read(&__DINGTALK_PARAMETERS, #arguments, __dingtalk_read)
            }
        },
    );
    quote!(#table #described #tool)
}

/// Generates the code with which a feed card's item marked `tool` can be an element of a tool's list.
pub(crate) fn list_item(model: &Model<'_>, paths: &Paths) -> TokenStream {
    let (Some(_), [variant]) = (&model.tool, &model.variants[..]) else {
        return TokenStream::new();
    };
    let Paths { krate, private } = paths;
    let [value, path, faults] = ["value", "path", "faults"].map(local);
    let table = parameters(model, &variant.fields, paths);
    let argument = implement(
        &quote!(#krate::Argument),
        model.ident,
        model.generics,
        &quote! {
            fn schema(_: &mut #private::SchemaGenerator) -> #private::Schema {
                #private::object_schema(&__DINGTALK_PARAMETERS, __dingtalk_read)
            }
            fn read(
                #value: &#private::Json,
                #path: &::core::primitive::str,
                #faults: &mut #krate::Faults,
            ) -> ::core::option::Option<Self> {
                #private::read_object(#value, #path, #faults, &__DINGTALK_PARAMETERS, __dingtalk_read)
            }
        },
    );
    quote!(#table #argument)
}

/// Generates `static __DINGTALK_PARAMETERS` and `fn __dingtalk_read`, which names the type of each parameter.
fn parameters(model: &Model<'_>, fields: &[Field<'_>], paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let ident = at_call_site(model.ident);
    let table: Vec<TokenStream> = given(fields).map(|field| parameter(field, paths)).collect();
    let count = table.len();
    let reader = local("reader");
    let reads = given(fields).enumerate().map(|(position, field)| read(position, field, paths));
    let variables: Vec<Ident> = given(fields).enumerate().map(|(position, _)| variable(position)).collect();
    let idents = given(fields).map(|field| field.ident);
    let choices = fields.iter().flat_map(|field| choice_literals(field, paths));
    let limits = given(fields).filter_map(|field| limit(field, paths));
    let skipped = fields.iter().filter(|field| field.rules.role == Role::Skip).map(|field| {
        let (ident, value) = (field.ident, default_value(field, paths));
        quote!(#ident: (#value)())
    });
    quote! {
        #(#choices)*
        #(#limits)*
        static __DINGTALK_PARAMETERS: [#private::Parameter<'static>; #count] = [#(#table),*];
        fn __dingtalk_read(#reader: &mut #private::Reader<'_>) -> ::core::option::Option<#ident> {
            #(#reads)*
            match (#(#variables,)*) {
                (#(::core::option::Option::Some(#variables),)*) => {
                    ::core::option::Option::Some(#ident { #(#idents: #variables,)* #(#skipped,)* })
                }
                _ => ::core::option::Option::None,
            }
        }
    }
}

fn variable(position: usize) -> Ident {
    local(&format!("value_{position}"))
}

fn spec(model: &Model<'_>, tool: &ToolAttribute, paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    let declared = model.declared_tool(tool);
    let (name, title, purpose) = (declared.name(), declared.title(), declared.purpose);
    let purpose = match &model.documentation.expression {
        Some(expression) => quote!(#private::first_paragraph(#expression)),
        None => quote!(#purpose),
    };
    let usage = (tool.when.is_some() || tool.not_when.is_some() || tool.instead.is_some()).then(|| {
        let (when, not_when) = (option(tool.when.as_ref()), option(tool.not_when.as_ref()));
        let instead = option(tool.instead.as_ref().map(|ty| quote!(<#ty as #krate::Tool>::NAME)));
        quote!(.usage(#when, #not_when, #instead))
    });
    let destructive = tool.destructive.as_ref().map(|destructive| quote!(.destructive(#destructive)));
    let reader = local("reader");
    quote! {
        #private::ToolSpec::new(
            #name, #title, #purpose, &__DINGTALK_PARAMETERS, |#reader| { __dingtalk_read(#reader); },
        ) #usage #destructive
    }
}

fn parameter(field: &Field<'_>, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let constant = field_constant(field, paths);
    let documentation = match &field.documentation.expression {
        Some(expression) => quote!(#private::documentation(#expression)),
        None => field.documentation.on_one_line(),
    };
    let cardinality = format_ident!("{}", format!("{:?}", field.rules.cardinality));
    let defaulted = field.attributes.default.as_ref().map(|_| quote!(.defaulted()));
    let unbounded = (is_foreign(field) && field.rules.is_unbounded).then(|| quote!(.unbounded()));
    let json = |tokens: Option<TokenStream>| tokens.and_then(literal::read).map(|literal| literal.json());
    let default = json(field.attributes.default.as_ref().and_then(|default| default.value.clone()));
    let example = json(field.attributes.example.clone());
    let values = (default.is_some() || example.is_some()).then(|| {
        let (default, example) = (option(default), option(example));
        quote!(.values(#default, #example))
    });
    let mentions = (field.rules.role == Role::At).then(|| {
        let ty = field.ty;
        quote!(.mentions(<#ty as #private::At>::KIND))
    });
    let moment = may_be_moment(field).then(|| {
        let ty = field.value_type;
        quote!(.moment({
            use #private::NoArgument as _;
            <#private::Probe<#ty>>::IS_MOMENT
        }))
    });
    quote! {
        #private::Parameter::new(#constant, #documentation, #private::Cardinality::#cardinality)
            #defaulted #values #unbounded #mentions #moment
    }
}

/// Reports whether only rustc knows the type of the field, which may be a `Choice`.
fn is_foreign(field: &Field<'_>) -> bool {
    field.rules.value == ValueKind::Foreign
}

/// Reports whether the values may be points in time, as far as the name of the type and the keys say.
fn may_be_moment(field: &Field<'_>) -> bool {
    let by_name = types::time_kind(&field.rules.type_name) == Some(TimeKind::Moment);
    is_foreign(field) && (by_name || field.rules.value_format().is_some_and(ValueFormat::is_time))
}

/// Generates a function that returns the default of the field.
fn default_value(field: &Field<'_>, paths: &Paths) -> TokenStream {
    let ty = field.ty;
    let Some(value) = field.attributes.default.as_ref().and_then(|default| default.value.clone()) else {
        return quote!(<#ty as ::core::default::Default>::default);
    };
    let private = &paths.private;
    let is_text = matches!(literal::read(value.clone()), Some(Literal::Text(_)));
    match (is_text, is_foreign(field)) {
        (false, _) => quote!(|| #private::expression!(#value)),
        (true, false) => quote!(|| ::core::convert::From::from(#value)),
        (true, true) => {
            quote!(|| {
                use #private::NoChoice as _;
                <#private::Probe<#ty>>::of(#value)
            })
        }
    }
}

/// Generates checks of texts that may be values of a `Choice`, which run while the program is compiled.
fn choice_literals(field: &Field<'_>, paths: &Paths) -> Vec<TokenStream> {
    let attributes = &field.attributes;
    if !is_foreign(field) {
        return Vec::new();
    }
    let default = attributes.default.as_ref().and_then(|default| default.value.clone());
    let given = [(default, "the default"), (attributes.example.clone(), "the example")];
    given
        .into_iter()
        .filter_map(|(tokens, what)| Some((tokens?, what)))
        .flat_map(|(tokens, what)| {
            let literal = literal::read(tokens.clone());
            let texts = literal.iter().flat_map(Literal::texts).map(str::to_owned).collect::<Vec<_>>();
            texts.into_iter().map(move |text| choice_literal(field, &tokens, what, &text, paths))
        })
        .collect()
}

/// Generates the check of one literal. Its span is that of the literal, so that an error of the constant points there.
fn choice_literal(
    field: &Field<'_>,
    tokens: &TokenStream,
    what: &str,
    text: &str,
    paths: &Paths,
) -> TokenStream {
    let Paths { krate, private } = paths;
    let ty = field.value_type;
    let span = tokens.span().resolved_at(Span::mixed_site());
    let call = quote_spanned!(span=> __assert(#what, #text, __VALUES));
    quote! {
        const _: () = {
            use #private::{NoChoice as _, assert_value as __assert};
            const __VALUES: &[#krate::ChoiceValue] = <#private::Probe<#ty>>::VALUES;
            #call
        };
    }
}

fn read(position: usize, field: &Field<'_>, paths: &Paths) -> TokenStream {
    let (variable, reader) = (variable(position), local("reader"));
    let (ty, value_type) = (field.ty, field.value_type);
    let default = field.attributes.default.is_some().then(|| default_value(field, paths));
    let how = is_foreign(field).then(|| how(field, paths));
    let read = match (field.rules.cardinality, default, how) {
        (Cardinality::One, None, None) => quote!(#reader.one::<#value_type>(#position)),
        (Cardinality::One, None, Some(how)) => {
            quote!(#reader.one_by(#position, #how))
        }
        (Cardinality::One, Some(default), None) => quote!(#reader.one_or::<#ty>(#position, #default)),
        (Cardinality::One, Some(default), Some(how)) => {
            quote!(#reader.one_or_by(#position, #default, #how))
        }
        (Cardinality::Optional, _, None) => quote!(#reader.optional::<#value_type>(#position)),
        (Cardinality::Optional, _, Some(how)) => {
            quote!(#reader.optional_by(#position, #how))
        }
        (Cardinality::List, _, None) => quote!(#reader.list::<#value_type>(#position)),
        (Cardinality::List, _, Some(how)) => {
            quote!(#reader.list_by(#position, #how))
        }
        (Cardinality::Flag, ..) => quote!(#reader.flag(#position)),
    };
    if !field.is_constrained() {
        quote!(let #variable = #read;)
    } else if field.is_only_counted() {
        quote!(let #variable = #read; let #variable = #reader.counted(#position, #variable);)
    } else {
        quote!(let #variable = #read; let #variable = #reader.within::<#ty>(#position, #variable);)
    }
}

/// Generates code by which rustc selects the parser of a type that is unknown here.
fn how(field: &Field<'_>, paths: &Paths) -> TokenStream {
    let Paths { krate, private } = paths;
    let ty = field.value_type;
    quote!({
        use #private::NoArgument as _;
        <#ty as #krate::Argument<_>>::by(<#private::Probe<#ty>>::HOW)
    })
}

/// Generates a check that a text has a limit, for a name that may be an alias: `type Name = String`.
fn limit(field: &Field<'_>, paths: &Paths) -> Option<TokenStream> {
    let (attributes, rules, private) = (&field.attributes, &field.rules, &paths.private);
    let is_limited =
        [&attributes.length, &attributes.bytes].into_iter().flatten().any(|bounds| bounds.max.is_some());
    if !is_foreign(field) || rules.role != Role::Value || rules.is_unbounded || is_limited {
        return None;
    }
    let ty = field.value_type;
    let problem = no_upper_limit(&rules.name, Dialect::Attributes);
    let call = quote_spanned!(ty.span().resolved_at(Span::mixed_site())=> __assert(__IS_TEXT, #problem));
    Some(quote! {
        const _: () = {
            use #private::{NoArgument as _, assert_limited as __assert};
            const __IS_TEXT: ::core::primitive::bool = <#private::Probe<#ty>>::IS_TEXT;
            #call
        };
    })
}
