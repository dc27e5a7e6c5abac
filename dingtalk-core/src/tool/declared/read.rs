//! Reader of a call's arguments for declared fields.

use serde_json::Value;

use super::{
    field_type::FieldType,
    value::{FieldValue, Scalar},
};
use crate::{
    message::Faults,
    tool::{Cardinality, argument::ReadValue as _, parameter::OwnedParameter, reader::Reader},
};

/// Visits the parameters in order, as the generated code of a type does.
pub(super) fn visit(
    reader: &mut Reader<'_>,
    parameters: &[OwnedParameter],
    types: &[FieldType],
) -> Option<Vec<FieldValue>> {
    // All parameters are visited, even after a fault, so that all faults are reported.
    let values: Vec<Option<FieldValue>> = parameters
        .iter()
        .zip(types)
        .enumerate()
        .map(|(index, (parameter, how))| one(reader, index, parameter, how))
        .collect();
    values.into_iter().collect()
}

fn one(
    reader: &mut Reader<'_>,
    index: usize,
    parameter: &OwnedParameter,
    how: &FieldType,
) -> Option<FieldValue> {
    let value = match parameter.cardinality {
        Cardinality::One if parameter.has_default => {
            let given = reader.optional_by(index, how)?;
            given.or_else(|| default(parameter, how)).map(FieldValue::One)
        }
        Cardinality::One => reader.one_by(index, how).map(FieldValue::One),
        Cardinality::Optional => reader.optional_by(index, how).map(FieldValue::Optional),
        Cardinality::List => reader.list_by(index, how).map(FieldValue::List),
        Cardinality::Flag => reader.flag(index).map(FieldValue::Flag),
    };
    reader.within(index, value)
}

/// Returns the default. It was checked against the field's constraints when the field was declared.
fn default(parameter: &OwnedParameter, how: &FieldType) -> Option<Scalar> {
    let json: Value = serde_json::from_str(parameter.default.as_ref()?).ok()?;
    how.read(&json, "", &mut Faults::default())
}
