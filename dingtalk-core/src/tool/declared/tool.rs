//! Declarations as tools.

use dingtalk_template::{
    declaration::{Finding, Literal, Role, ToolWords, ValueKind},
    on_one_line,
};
use serde_json::{Map, Value};

use super::{
    declaration::{Declaration, DeclaredField},
    field_type::FieldType,
    read, rules,
    show::Composer,
    value::FieldValue,
};
#[cfg(feature = "robot")]
use crate::Envelope;
use crate::{
    Message,
    message::Faults,
    tool::{
        parameter::{OwnedParameter, Parameters, PersonKind},
        reader::{self, Types},
        schema::Learned,
        spec::ToolSpec,
    },
};

/// A tool made from a declaration.
#[derive(Debug)]
pub(in crate::tool) struct DeclaredTool {
    name: String,
    title: String,
    purpose: String,
    when: Option<String>,
    not_when: Option<String>,
    instead: Option<String>,
    destructive: bool,
    parameters: Vec<OwnedParameter>,
    /// Type of each parameter.
    types: Vec<FieldType>,
    learned: Vec<Learned>,
    composer: Composer,
}

impl DeclaredTool {
    /// Checks a declaration by the rules of a derived type.
    pub(in crate::tool) fn new(declaration: Declaration) -> Result<Self, Vec<Finding>> {
        let words = declaration.words();
        let name = words.name();
        let instead_of_itself = declaration.instead.as_ref() == Some(&name);
        let words = ToolWords { instead_of_itself, ..words };
        let templates = rules::check(&declaration, &words)?;
        let card_style = (declaration.horizontal, declaration.hide_avatar);
        let fields = declaration.fields.iter().map(|field| &field.rules);
        let composer = Composer::new(templates, fields, card_style);
        let (parameters, types): (Vec<_>, Vec<_>) = declaration.fields.into_iter().map(parameter).unzip();
        let learned =
            reader::learn(Parameters::owned(&parameters), |reader| read::visit(reader, &parameters, &types));
        Ok(Self {
            name,
            title: declaration.title.unwrap_or_else(|| capitalised(&words.title())),
            purpose: words.purpose,
            when: declaration.when,
            not_when: declaration.not_when,
            instead: declaration.instead,
            destructive: declaration.destructive,
            parameters,
            types,
            learned,
            composer,
        })
    }

    pub(in crate::tool) fn spec(&self) -> ToolSpec<'_> {
        let types = Types::Known(&self.learned);
        ToolSpec::of(&self.name, &self.title, &self.purpose, self.parameters(), types)
            .usage(self.when.as_deref(), self.not_when.as_deref(), self.instead.as_deref())
            .destructive(self.destructive)
    }

    fn parameters(&self) -> Parameters<'_> {
        Parameters::owned(&self.parameters)
    }

    pub(in crate::tool) fn message(&self, arguments: &Map<String, Value>) -> Result<Message, Faults> {
        self.compose(&self.values(arguments)?)
    }

    #[cfg(feature = "robot")]
    pub(in crate::tool) fn envelope(&self, arguments: &Map<String, Value>) -> Result<Envelope, Faults> {
        let values = self.values(arguments)?;
        Ok(self.composer.envelope(&self.name, &values, self.compose(&values)?))
    }

    fn values(&self, arguments: &Map<String, Value>) -> Result<Vec<FieldValue>, Faults> {
        reader::read_parameters(self.parameters(), arguments, |reader| {
            read::visit(reader, &self.parameters, &self.types)
        })
    }

    fn compose(&self, values: &[FieldValue]) -> Result<Message, Faults> {
        self.composer.compose(values).map_err(|invalid| invalid.faults().clone())
    }
}

/// Makes a parameter of a field, as the derive does for a type.
fn parameter(field: DeclaredField) -> (OwnedParameter, FieldType) {
    let DeclaredField { rules, field_type } = field;
    let json = |literal: &Option<Option<Literal>>| literal.iter().flatten().map(Literal::json).next();
    let parameter = OwnedParameter {
        constraints: rules::constraints(&rules),
        description: on_one_line(&rules.documentation).into_owned(),
        cardinality: rules.cardinality,
        has_default: rules.default.is_some(),
        mentions: match (rules.role, &field_type) {
            (Role::At, FieldType::Member) => Some(PersonKind::Id),
            (Role::At, _) => Some(PersonKind::Number),
            _ => None,
        },
        is_moment: rules.value == ValueKind::Time,
        default: json(&rules.default),
        example: json(&rules.example),
        name: rules.parameter,
    };
    (parameter, field_type)
}

/// Capitalises the first letter, as in the name of a type: `cpu alert` becomes `Cpu alert`.
fn capitalised(title: &str) -> String {
    let mut letters = title.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.as_str().chars()).collect()
}
