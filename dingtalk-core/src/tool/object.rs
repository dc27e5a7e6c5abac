//! Elements of a list that have parameters of their own.

use schemars::Schema;
use serde_json::Value;

use super::{
    argument::wrong_type,
    parameter::{Parameter, Parameters},
    reader::{self, Reader},
    schema,
};
use crate::message::Faults;

/// Returns the schema of a list's element that has parameters of its own.
pub fn object_schema<T>(
    parameters: &'static [Parameter<'static>],
    visit: fn(&mut Reader<'_>) -> Option<T>,
) -> Schema {
    let parameters = Parameters::of(parameters);
    schema::object(parameters.iter(), reader::learn(parameters, visit)).into()
}

/// Reads a list's element that has parameters of its own.
pub fn read_object<T>(
    value: &Value,
    path: &str,
    faults: &mut Faults,
    parameters: &'static [Parameter<'static>],
    visit: fn(&mut Reader<'_>) -> Option<T>,
) -> Option<T> {
    let Value::Object(arguments) = value else {
        faults.push(wrong_type(path, "an object", value));
        return None;
    };
    match reader::read(parameters, arguments, visit) {
        Ok(value) => Some(value),
        Err(found) => {
            found.move_to(path, faults);
            None
        }
    }
}
