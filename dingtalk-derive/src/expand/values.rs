//! Fields in generated code: bound by name, checked, and shown.

use dingtalk_template::{
    Number,
    declaration::{
        Cardinality, Dialect, FormatSpec, Role, Rule, Shown, Source, Templates, ValueFormat, ValueKind,
        other_measure,
    },
};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{
    bounds,
    code::{Paths, local, option},
};
use crate::{
    attr::{BoundsAttribute, EndAttribute, names},
    model::{Field, Model, Variant, given},
    types::{self, HAS_TIME, TimeKind},
};

/// Code with which every implementation begins.
pub(crate) struct Values {
    /// Pattern that binds the fields of a value.
    pub(crate) pattern: TokenStream,
    /// Checks of the constraints.
    pub(crate) checks: TokenStream,
    /// Values that `with(…)` computes.
    pub(crate) computed: TokenStream,
    /// Checks of the types of link targets.
    pub(crate) targets: TokenStream,
    /// Values that the slots show, as a slice.
    pub(crate) slice: TokenStream,
}

impl Values {
    pub(crate) fn of(
        model: &Model<'_>,
        variant: &Variant<'_>,
        templates: &Templates,
        check: &Ident,
        paths: &Paths,
    ) -> Self {
        let private = &paths.private;
        let constrained = variant.fields.iter().enumerate().filter(|(_, field)| field.is_constrained());
        let checks = constrained.map(|(index, field)| {
            let (rules, bound, ty) = (rules(model, variant, index, paths), bound(index), field.ty);
            if field.is_only_counted() {
                quote!(#private::Check::count(&mut #check, &#rules, <[_]>::len(#bound));)
            } else {
                quote!(<#ty as #private::Measured>::keep(#bound, &#rules, #private::Check::faults(&mut #check));)
            }
        });
        let measures = variant.fields.iter().filter_map(|field| measure(model, field, paths));
        let zones = variant.fields.iter().filter_map(|field| {
            let (name, zone) = (&field.rules.parameter, field.rules.zone.as_ref()?);
            Some(quote!(#private::Check::zone(&mut #check, #name, #zone);))
        });
        let parts = variant.fields.iter().enumerate().filter(|(_, field)| may_have_rules(model, field));
        let nested = parts.map(|(index, field)| {
            let (bound, name) = (bound(index), &field.rules.parameter);
            let value_type = field.value_type;
            let values = match field.rules.cardinality {
                Cardinality::One => quote!(::core::slice::from_ref(#bound)),
                _ => quote!(#private::AsSlice::as_values(#bound)),
            };
            let is_list = field.rules.cardinality == Cardinality::List;
            quote!({
                use #private::NoRules as _;
                <#private::Probe<#value_type>>::check(&mut #check, #name, #values, #is_list);
            })
        });
        let targets = templates.values.iter().filter(|shown| shown.target).map(|shown| match shown.source {
            Source::Field(index) => {
                let field = &variant.fields[index];
                let ty = field.value_type;
                quote!(<#ty as #private::LinkTarget>::check();)
            }
            // The text of several values is refused as a target.
            Source::Inline(_) | Source::LeftOut(_) | Source::Absent(_) => TokenStream::new(),
            Source::Computed(index) => {
                let computed = local(&format!("computed_{index}"));
                quote!(#private::Computed::link_target(&#computed);)
            }
        });
        Self {
            pattern: pattern(variant),
            checks: checks.chain(zones).chain(nested).chain(measures).collect(),
            computed: computed(variant, paths),
            targets: targets.collect(),
            slice: slice(variant, &templates.values, paths),
        }
    }
}

/// Returns the variable to which a field is bound.
pub(crate) fn bound(index: usize) -> Ident {
    local(&format!("field_{index}"))
}

/// Generates the values of slots, as a slice.
pub(crate) fn slice(variant: &Variant<'_>, shown: &[Shown], paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let values = shown.iter().map(|shown| match shown.source {
        Source::Field(index) => value(index, &variant.fields[index], shown, paths),
        Source::Inline(index) => inline_value(index, &variant.fields[index], shown, paths),
        Source::LeftOut(index) => {
            let left_out = left_out(index, &variant.fields[index], paths);
            quote!(#private::Value::Each(&#left_out))
        }
        Source::Absent(index) => absent(index, &variant.fields[index], paths),
        Source::Computed(index) => computed_value(index, shown, paths),
    });
    quote!(&[#(#values),*])
}

/// Generates the pattern that binds the fields of a value.
pub(crate) fn pattern(variant: &Variant<'_>) -> TokenStream {
    let path = variant.ident.map(|ident| quote!(::#ident));
    let bindings = variant.fields.iter().enumerate().map(|(index, field)| {
        let (ident, bound) = (field.ident, bound(index));
        quote!(#ident: #bound)
    });
    quote!(Self #path { #(#bindings,)* })
}

/// Generates `let __computed_0 = …;`, with the fields that the expression reads in scope.
pub(crate) fn computed(variant: &Variant<'_>, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let each = variant.computed.iter().enumerate().map(|(index, computed)| {
        let mut read: Vec<usize> = Vec::new();
        names(computed.expression.clone(), &mut |name| {
            let field = variant.fields.iter().position(|field| field.rules.name == name);
            read.extend(field.filter(|field| !read.contains(field)));
        });
        // A name in the expression may not refer to the field, so the variable may be unused.
        let fields = read.iter().map(|&index| {
            let (ident, bound) = (variant.fields[index].ident, bound(index));
            quote!(let #ident = #bound; let _ = #ident;)
        });
        let (variable, expression) = (local(&format!("computed_{index}")), &computed.expression);
        // The span makes rustc report a type that cannot be shown at the expression.
        let mut value = local("value");
        value.set_span(expression.span());
        quote! {
            #(#fields)*
            let #variable = {
                use #private::{AskMoment as _, AskShow as _, AskTimeSpan as _};
                let #value = #private::expression!(#expression);
                (&&&#private::Ask(&#value)).how().keep(#value)
            };
        }
    });
    each.collect()
}

fn computed_value(index: usize, shown: &Shown, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let computed = local(&format!("computed_{index}"));
    if shown.spec.is_empty() {
        return quote!(#private::Value::One(&#computed));
    }
    let (spec, format) = format(&shown.spec, Span::mixed_site(), paths);
    quote!(#private::Value::One(&#private::format::one(&#computed.value, #spec, #format::write)))
}

/// Generates the value that a slot shows, as an expression.
fn value(index: usize, field: &Field<'_>, shown: &Shown, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let (bound, ty) = (bound(index), field.ty);
    match (field.rules.role, field.rules.cardinality) {
        (Role::At, _) => quote!(#private::Value::One(&<#ty as #private::At>::text(#bound))),
        (Role::AtAll, _) => quote!(#private::Value::One(&#private::mention_all_text(*#bound))),
        (_, Cardinality::Flag) => quote!(#private::Value::Flag(*#bound)),
        (_, Cardinality::One) => match (form(field, shown, paths), cut(field, shown, paths)) {
            (Some((style, write)), _) => {
                quote!(#private::Value::One(&#private::formed::<#ty>(#bound, #style, #write)))
            }
            (None, Some(cut)) => quote!(#private::Value::One(&#private::truncated::<#ty>(#bound, #cut))),
            (None, None) if shown.spec.is_empty() => quote!(<#ty as #private::Show>::one(#bound)),
            (None, None) => {
                let (spec, format) = format_of(field, shown, paths);
                quote!(#private::Value::One(&#private::format::one::<#ty>(#bound, #spec, <#ty as #format>::write)))
            }
        },
        (_, Cardinality::Optional | Cardinality::List) => {
            let values = each(index, field, shown, paths);
            quote!(#private::Value::Each(&#values))
        }
    }
}

/// Generates the values of an `Option` or a `Vec`.
fn each(index: usize, field: &Field<'_>, shown: &Shown, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let inner = field.value_type;
    let values = shown_values(index, field, shown, paths);
    if let Some((style, write)) = form(field, shown, paths) {
        quote!(#private::formed_each::<#inner>(#values, #style, #write))
    } else if let Some(cut) = cut(field, shown, paths) {
        quote!(#private::truncated_each::<#inner>(#values, #cut))
    } else if shown.spec.is_empty() {
        quote!(<#inner as #private::Show>::several(#values))
    } else {
        let (spec, format) = format_of(field, shown, paths);
        quote!(#private::format::each::<#inner>(#values, #spec, <#inner as #format>::write))
    }
}

/// Generates a format spec. The span makes rustc report a type without this format at the field.
fn format_of(field: &Field<'_>, shown: &Shown, paths: &Paths) -> (TokenStream, TokenStream) {
    format(&shown.spec, field.ty.span().resolved_at(Span::mixed_site()), paths)
}

/// Generates the length at which a text is cut.
fn cut(field: &Field<'_>, shown: &Shown, paths: &Paths) -> Option<TokenStream> {
    let private = &paths.private;
    // A shortened value would lead elsewhere in a URL, and equal another one.
    let most = field.attributes.truncate.as_ref().filter(|_| !shown.is_whole)?;
    let most = count(most, paths);
    let is_multiline = field.rules.is_multiline;
    Some(quote!(#private::Cut { most: #most, is_multiline: #is_multiline }))
}

/// Generates the values of a field within other text, as one value.
fn inline_value(index: usize, field: &Field<'_>, shown: &Shown, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let or_else = text(&field.rules.or_else);
    let value = match field.rules.cardinality {
        Cardinality::Flag => {
            let (bound, then) = (bound(index), text(&field.rules.then));
            quote!(#private::either(*#bound, #then, #or_else))
        }
        Cardinality::List => {
            let join = text(&field.rules.join);
            let mut values = each(index, field, shown, paths);
            if field.attributes.max_shown.is_some() && !shown.is_whole {
                let left_out = left_out(index, field, paths);
                let (before, after) = field.rules.more_texts();
                let after = option(after);
                values = quote! {
                    #private::Counted { values: &#values, left_out: #left_out, more: (#before, #after) }
                };
            }
            quote!(#private::Joined { values: &#values, join: #join, or_else: #or_else })
        }
        Cardinality::Optional | Cardinality::One => {
            let value = each(index, field, shown, paths);
            quote!(#private::OrElse { value: &#value, or_else: #or_else })
        }
    };
    quote!(#private::Value::One(&#value))
}

/// Generates the text for no value.
fn absent(index: usize, field: &Field<'_>, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let bound = bound(index);
    let or_else = field.rules.or_else.clone().unwrap_or_default();
    let is_absent = match field.rules.cardinality {
        Cardinality::Flag => quote!(!*#bound),
        _ => quote!(<[_]>::is_empty(#private::AsSlice::as_values(#bound))),
    };
    quote!(#private::Value::Each(&#private::absent(#is_absent, #or_else)))
}

/// Generates the style of a field with a form of its own, and the function that writes a value in it.
fn form(field: &Field<'_>, shown: &Shown, paths: &Paths) -> Option<(TokenStream, TokenStream)> {
    let (private, ty) = (&paths.private, field.value_type);
    // The span makes rustc report a type without this form at the field.
    let of = |name: &str| {
        let form = Ident::new(name, field.ty.span().resolved_at(Span::mixed_site()));
        quote!(<#ty as #private::#form>::write)
    };
    let by_name = |kind: TimeKind| {
        let form =
            Ident::new(if kind == TimeKind::Moment { "MOMENT" } else { "TIME_SPAN" }, Span::mixed_site());
        quote!({
            use #private::AnyForm as _;
            <#private::Form<#ty>>::#form
        })
    };
    let write = match field.rules.value_format() {
        _ if field.rules.role != Role::Value => return None,
        Some(ValueFormat::Bytes) => of("ByteCount"),
        Some(ValueFormat::Thousands) => of("Grouped"),
        Some(ValueFormat::Duration) => of("TimeSpan"),
        Some(ValueFormat::Time | ValueFormat::Pattern(_)) => of("Moment"),
        // A format of the template is the type's own.
        None if !shown.spec.is_empty() || field.attributes.truncate.is_some() => return None,
        None => by_name(
            types::time_kind(&field.rules.type_name)
                .filter(|kind| HAS_TIME || *kind == TimeKind::TimeSpan)?,
        ),
    };
    let (spec, _) = format(&shown.spec, Span::mixed_site(), paths);
    let zone = option(field.rules.zone.as_ref());
    let pattern = option(match field.rules.value_format() {
        Some(ValueFormat::Pattern(pattern)) => Some(pattern),
        _ => None,
    });
    let style = match (&field.rules.format, &field.rules.zone) {
        (None, None) => quote!(#private::Style::PLAIN),
        _ => quote!(#private::Style { spec: #spec, zone: #zone, pattern: #pattern }),
    };
    Some((style, write))
}

/// Generates the values of an `Option` or a `Vec` that are shown, as a slice.
fn shown_values(index: usize, field: &Field<'_>, shown: &Shown, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let bound = bound(index);
    let values = quote!(#private::AsSlice::as_values(#bound));
    match field.attributes.max_shown.as_ref().filter(|_| !shown.is_whole) {
        Some(most) => {
            let most = count(most, paths);
            quote!(#private::first(#values, #most))
        }
        None => values,
    }
}

/// Generates the number of values that `max_shown` leaves out.
fn left_out(index: usize, field: &Field<'_>, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let bound = bound(index);
    let most = field.attributes.max_shown.as_ref().map(|most| count(most, paths));
    quote!(#private::left_out(<[_]>::len(#bound), #most))
}

/// Generates a format spec as data, and the trait that formats with it.
fn format(spec: &str, span: Span, paths: &Paths) -> (TokenStream, TokenStream) {
    let private = &paths.private;
    let FormatSpec { kind, plus, alternate, width, precision } = FormatSpec::parse(spec);
    let kind = Ident::new(kind.trait_name(), span);
    let precision = option(precision);
    (
        quote!(#private::format::Spec { plus: #plus, alternate: #alternate, width: #width, precision: #precision }),
        quote!(#private::format::#kind),
    )
}

/// Reports whether the value of a tool may be a fragment with constraints of its own, which only rustc knows.
fn may_have_rules(model: &Model<'_>, field: &Field<'_>) -> bool {
    let rules = &field.rules;
    model.tool.is_some()
        && rules.value == ValueKind::Foreign
        && rules.role == Role::Value
        && rules.min_items == 0
}

/// Generates the question if a constraint says anything about the values of a type that only rustc knows: `length` on a
/// `Duration`. Generic types are asked when a value is checked.
fn measure(model: &Model<'_>, field: &Field<'_>, paths: &Paths) -> Option<TokenStream> {
    let private = &paths.private;
    let ty = field.value_type;
    if field.rules.value != ValueKind::Foreign || bounds::mentions_generics(ty, model.generics) {
        return None;
    }
    let attributes = &field.attributes;
    let rules = [
        (Rule::Length, &attributes.length, "IS_NUMBER"),
        (Rule::Bytes, &attributes.bytes, "IS_NUMBER"),
        (Rule::Range, &attributes.range, "IS_TEXT"),
    ];
    let is_duration = types::time_kind(&field.rules.type_name) == Some(TimeKind::TimeSpan);
    let calls = rules.into_iter().filter_map(|(rule, bounds, other)| Some((rule, bounds.as_ref()?, other)));
    let calls = calls.map(|(rule, bounds, other)| {
        let is_other = Ident::new(other, Span::mixed_site());
        let problem = other_measure(rule, &field.rules.type_name, is_duration, Dialect::Attributes);
        let span = bounds.keyword.span().resolved_at(Span::mixed_site());
        quote_spanned!(span=> __assert(<#private::MeasureOf<#ty>>::#is_other, #problem);)
    });
    let calls: TokenStream = calls.collect();
    (!calls.is_empty()).then(|| {
        quote! {
            const _: () = {
                use #private::{AnyMeasure as _, assert_measure as __assert};
                #calls
            };
        }
    })
}

/// Generates the name and the constraints of one field. Those of a tool are in the table of its parameters: the
/// compiler would read a second copy of each.
fn rules(model: &Model<'_>, variant: &Variant<'_>, index: usize, paths: &Paths) -> TokenStream {
    let field = &variant.fields[index];
    if model.tool.is_none() || model.variants.len() != 1 || field.rules.role == Role::Skip {
        return field_constant(field, paths);
    }
    let position = given(&variant.fields[..index]).count();
    quote!(__DINGTALK_PARAMETERS[#position].field)
}

/// Generates `Field::new("host", &[…])` with the name and the constraints of one field.
pub(crate) fn field_constant(field: &Field<'_>, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let name = &field.rules.parameter;
    let bounds =
        |bounds: &Option<BoundsAttribute>, kind: &str, write: fn(&EndAttribute, &Paths) -> TokenStream| {
            let kind = format_ident!("{kind}");
            bounds.as_ref().map(|bounds| {
                let [min, max] =
                    [&bounds.min, &bounds.max].map(|end| option(end.as_ref().map(|end| write(end, paths))));
                quote!(#private::Constraint::#kind { min: #min, max: #max })
            })
        };
    let constraints = bounds(&field.attributes.length, "Length", count)
        .into_iter()
        .chain(bounds(&field.attributes.bytes, "Bytes", count))
        .chain(bounds(&field.attributes.range, "Range", number))
        .chain(items(field, paths));
    quote!(#private::Field::new(#name, &[#(#constraints),*]))
}

/// Generates the constraint on the number of a list's elements.
fn items(field: &Field<'_>, paths: &Paths) -> Option<TokenStream> {
    let Paths { krate, private } = paths;
    let wire_limit = field.is_mention_list().then(|| quote!(#krate::MAX_MENTIONS));
    let max = field.attributes.max_items.as_ref().map(|max| count(max, paths)).or(wire_limit);
    let min = Some(field.rules.min_items).filter(|min| *min > 0);
    if max.is_none() && min.is_none() {
        return None;
    }
    let (min, max) = (option(min), option(max));
    Some(quote!(#private::Constraint::Items { min: #min, max: #max }))
}

/// Generates a count, without the suffix of its literal.
fn count(end: &EndAttribute, _: &Paths) -> TokenStream {
    match end.number.and_then(Number::as_count) {
        Some(count) => quote!(#count),
        None => end.tokens.clone(),
    }
}

/// Generates a number of any type. Integers are never rounded.
fn number(end: &EndAttribute, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    match end.number {
        Some(Number::Integer(integer)) => {
            let integer = Literal::i128_unsuffixed(integer);
            quote!(#private::Number::Integer(#integer))
        }
        Some(Number::Float(float)) => quote!(#private::Number::Float(#float)),
        None => {
            let constant = &end.tokens;
            quote! {
                #private::Number::of_constant(
                    (#constant) as ::core::primitive::f64,
                    (#constant) as ::core::primitive::i128,
                )
            }
        }
    }
}
