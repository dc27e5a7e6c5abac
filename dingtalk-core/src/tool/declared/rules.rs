//! Rules on a declaration: those of every front end, and those that rustc checks for a type.

use dingtalk_template::{
    Number,
    declaration::{
        self, Bounds, Cardinality, DeclaredMessage, Dialect, End, FieldLocation, Finding, Findings,
        FormatKind, FormatSpec, Literal, Location, MessageKind, Role, Source, Templates, ToolWords,
        check_field, check_mention_limit, check_message, check_parameters, check_tool, check_unbounded,
    },
};
use serde_json::Value;

use super::{
    declaration::{Declaration, DeclaredField},
    field_type::FieldType,
    value::Scalar,
};
#[cfg(feature = "jiff")]
use crate::form;
use crate::{
    message::{Faults, MAX_MENTIONS},
    tool::{Constraint, argument::ReadValue, literal::none_of},
};

/// Returns the templates, or all findings.
pub(super) fn check(declaration: &Declaration, tool: &ToolWords) -> Result<Templates, Vec<Finding>> {
    let mut findings = Findings::new(Dialect::File);
    check_tool(tool, &mut findings);
    let message = declaration.message.as_ref();
    for (index, DeclaredField { rules, field_type }) in declaration.fields.iter().enumerate() {
        check_field(index, rules, message.map(|message| message.kind), &mut findings);
        types(index, rules, field_type, &mut findings);
        check_unbounded(index, rules, &mut findings);
        check_mention_limit(index, rules, &mut findings);
    }
    check_parameters(declaration.fields.iter().map(|field| &field.rules), &mut findings);
    let templates = message.and_then(|message| {
        if !check_message(message, declaration.incomplete, &mut findings) {
            return None;
        }
        if !is_supported(message.kind) {
            let kind = message.kind.key();
            findings.push(
                Location::Message,
                format!(
                    "`{kind}` is not declared in a file: write it in Rust, with `#[derive(Notification)]`"
                ),
            );
            return None;
        }
        let declared = DeclaredMessage {
            message,
            keyword: declaration.keyword.as_deref(),
            delivery: &declaration.delivery,
            fields: declaration.fields.iter().map(|field| &field.rules).collect(),
            computed: Vec::new(),
            read: Vec::new(),
            incomplete: declaration.incomplete,
        };
        let templates = Templates::compile(&declared, &mut findings)?;
        shown_types(&templates, &declaration.fields, &mut findings);
        Some(templates)
    });
    if message.is_none() && !declaration.incomplete {
        findings.push(
            Location::Notification,
            "what is the message? add `text = \"…\"` or `markdown = { title = \"…\", text = \"…\" }`",
        );
    }
    match templates {
        Some(templates) if findings.is_empty() && !declaration.incomplete => Ok(templates),
        _ => Err(findings.into_iter().collect()),
    }
}

/// Reports whether a file can declare this type. Feed cards and fragments are lists of types of their own.
fn is_supported(kind: MessageKind) -> bool {
    matches!(kind, MessageKind::Text | MessageKind::Markdown | MessageKind::Link | MessageKind::ActionCard)
}

/// Checks a field's type as rustc does for a Rust type.
fn types(index: usize, rules: &declaration::FieldRules, field_type: &FieldType, findings: &mut Findings) {
    // The type itself may be the part that could not be read.
    if rules.incomplete {
        return;
    }
    let name = field_type.name();
    // Example: `at = true` on a text.
    if rules.role == Role::At && !matches!(field_type, FieldType::MobileNumber | FieldType::Member) {
        findings.push(
            Location::Field(index, FieldLocation::At),
            format!("`at` takes mobile numbers or user ids, not `{name}`: change the field's type"),
        );
    }
    // Example: `zone = "Asia/Atlantis"` on a time. Other names have been judged without the database.
    #[cfg(feature = "jiff")]
    if let Some(zone) = &rules.zone
        && declaration::zone_problem(zone).is_none()
        && !form::is_time_zone(zone)
    {
        let problem = format!("unknown time zone `{zone}` on this machine");
        findings.push(Location::Field(index, FieldLocation::Zone), problem);
    }
    if let FieldType::Choice(values) = field_type {
        if rules.format.is_some() {
            let problem = format!("`format` says nothing about a `{name}`: remove it");
            findings.push(Location::Field(index, FieldLocation::Format), problem);
        }
        if rules.zone.is_some() {
            let problem =
                format!("only a point in time has a time zone, and a `{name}` is not one: remove `zone`");
            findings.push(Location::Field(index, FieldLocation::Zone), problem);
        }
        // Example: `length = "..=3"` on a choice.
        for (rule, _) in rules.bounds() {
            findings.push(
                Location::Field(index, FieldLocation::Rule(rule)),
                format!("`{}` says nothing about a `{name}`: remove it", rule.key()),
            );
        }
        let literals = [
            (FieldLocation::DefaultValue, "the default", &rules.default),
            (FieldLocation::Example, "the example", &rules.example),
        ];
        for (location, what, literal) in literals {
            for text in literal.iter().flatten().flat_map(Literal::texts) {
                if let Some(problem) = none_of(what, text, values.iter().map(|choice| &*choice.value)) {
                    findings.push(Location::Field(index, location), problem);
                }
            }
        }
    }
    let literals = [
        (FieldLocation::DefaultValue, "default", &rules.default),
        (FieldLocation::Example, "example", &rules.example),
    ];
    if let (Some(Some(Literal::List(_))), Cardinality::One) = (&rules.default, rules.cardinality) {
        let message = "is a list, and the field takes one value: remove the brackets";
        findings.push(
            Location::Field(index, FieldLocation::DefaultValue),
            format!("the default of `{}` {message}", rules.name),
        );
    }
    for (location, what, literal) in literals {
        if let Some(problem) = literal.iter().flatten().find_map(|literal| unreadable(literal, field_type)) {
            findings
                .push(Location::Field(index, location), format!("the {what} of `{}` {problem}", rules.name));
        }
    }
}

/// Returns the reason why an agent could not give this value.
fn unreadable(literal: &Literal, field_type: &FieldType) -> Option<String> {
    match (literal, field_type) {
        (Literal::List(elements), _) => elements.iter().find_map(|element| unreadable(element, field_type)),
        // The rules report a literal that is not a text, or not one of the values.
        #[cfg(feature = "jiff")]
        (Literal::Text(_), FieldType::Time) => refused(literal, field_type),
        (Literal::Text(_), FieldType::Link | FieldType::MobileNumber | FieldType::Member)
        | (Literal::Number { .. }, FieldType::Number | FieldType::Duration | FieldType::Bytes)
        | (Literal::Number { .. } | Literal::Flag(_), FieldType::Choice(_)) => refused(literal, field_type),
        _ => None,
    }
}

/// Returns the faults of a literal as an argument.
fn refused(literal: &Literal, field_type: &FieldType) -> Option<String> {
    let json: Value = serde_json::from_str(&literal.json()).ok()?;
    let mut faults = Faults::default();
    let read: Option<Scalar> = field_type.read(&json, "", &mut faults);
    read.is_none().then(|| faults.to_string())
}

/// Checks the types that slots require, as rustc does.
fn shown_types(templates: &Templates, fields: &[DeclaredField], findings: &mut Findings) {
    let of_delivery = templates.delivery.iter().flat_map(|delivery| &delivery.values);
    for shown in templates.values.iter().chain(of_delivery) {
        let (Source::Field(index) | Source::Inline(index)) = shown.source else { continue };
        let field = fields.get(index).filter(|field| !field.rules.incomplete);
        let Some(DeclaredField { rules, field_type }) = field else { continue };
        let (name, field) = (field_type.name(), &rules.name);
        // Example: `[Runbook]({page})` with a text.
        if shown.target && matches!(shown.source, Source::Field(_)) && *field_type != FieldType::Link {
            findings.push(
                Location::Field(index, FieldLocation::Type),
                format!(
                    "`{field}` is a link's target, which is a `url`, not a `{name}`: write `type = \"url\"`"
                ),
            );
        }
        let format = FormatSpec::parse(&shown.spec).kind;
        // Example: `{host:x}` with a text.
        let has_form = rules.value_format().is_some();
        if !shown.spec.is_empty()
            && !rules.is_mention()
            && !has_form
            && !has_format(field_type, rules.cardinality, format)
        {
            findings.push(
                shown.location,
                format!(
                    "`{field}` is of type `{name}`, which has no format `{}`: remove the format from the template, or change the \
                     type",
                    format.example()
                ),
            );
        }
    }
}

fn has_format(field_type: &FieldType, cardinality: Cardinality, format: FormatKind) -> bool {
    match field_type {
        FieldType::Integer => true,
        FieldType::Number => {
            matches!(format, FormatKind::Plain | FormatKind::LowerExp | FormatKind::UpperExp)
        }
        FieldType::Markdown | FieldType::Duration | FieldType::Bytes => false,
        #[cfg(feature = "jiff")]
        FieldType::Time => false,
        // A flag with a format has already been refused.
        FieldType::Flag => cardinality == Cardinality::Flag,
        FieldType::Text
        | FieldType::Link
        | FieldType::MobileNumber
        | FieldType::Member
        | FieldType::Choice(_) => format == FormatKind::Plain,
    }
}

/// Returns the constraints on a value, as the derive writes them into a constant.
pub(super) fn constraints(field: &declaration::FieldRules) -> Vec<Constraint> {
    let count = |end: &Option<End>| end.as_ref().and_then(|end| end.number).and_then(Number::as_count);
    let counts = |bounds: &Bounds| (count(&bounds.min), count(&bounds.max));
    let length = field.length.as_ref().map(counts).map(|(min, max)| Constraint::Length { min, max });
    let bytes = field.bytes.as_ref().map(counts).map(|(min, max)| Constraint::Bytes { min, max });
    let number = |bound: &Option<End>| bound.as_ref().and_then(|bound| bound.number);
    let range = field.range.as_ref();
    let range = range.map(|range| Constraint::Range { min: number(&range.min), max: number(&range.max) });
    // Mentions have a limit of their own, set by DingTalk.
    let wire_limit =
        (field.role == Role::At && field.cardinality == Cardinality::List).then_some(MAX_MENTIONS);
    let max_items = count(&field.max_items).or(wire_limit);
    let items = max_items.map(|max| Constraint::Items { min: None, max: Some(max) });
    [length, bytes, range, items].into_iter().flatten().collect()
}
