//! A call of a tool, as a command line describes it.

use dingtalk_core::{message::Fault, tool::ToolType};
use serde_json::{Map, Value};

use super::arguments::SendArguments;
use crate::call::{Request, repeat::Caller};

/// A call of a tool, with the faults that were found before the tool reads its arguments.
pub(super) struct Call {
    pub(super) tool: ToolType,
    pub(super) arguments: Map<String, Value>,
    pub(super) flags: Flags,
    pub(super) faults: Vec<String>,
}

impl Call {
    /// Returns the request of the call.
    pub(super) fn request<'c>(&'c self, options: &'c SendArguments) -> Request<'c> {
        Request {
            tool: &self.tool,
            arguments: self.arguments.clone(),
            robot: options.robot.as_deref(),
            caller: Caller::Person { id: options.id.as_deref() },
            rights: None,
            log_id: None,
        }
    }
}

/// The flags of a command, by the parameters that they set.
pub(super) struct Flags {
    flags: Vec<(String, String)>,
    /// Parameters whose fault has been reported.
    reported: Vec<String>,
}

impl Flags {
    pub(super) fn new(flags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        let flags = flags.into_iter().map(|(parameter, flag)| (parameter.into(), flag.into())).collect();
        Self { flags, reported: Vec::new() }
    }

    /// Replaces the flag of a parameter that another flag has set.
    pub(super) fn replace(&mut self, parameter: &str, flag: &str) {
        if let Some((_, known)) = self.flags.iter_mut().find(|(known, _)| known == parameter) {
            flag.clone_into(known);
        }
    }

    /// Notes that a parameter's fault has been reported: that it is missing then follows from it.
    pub(super) fn reported(&mut self, parameter: &str) {
        self.reported.push(parameter.to_owned());
    }

    /// Describes a fault of an argument by the flag that gave it; `None` for one that follows from a reported fault.
    pub(super) fn describe(&self, fault: &Fault) -> Option<String> {
        if self.reported.contains(&fault.path) {
            return None;
        }
        Some(self.in_words(fault))
    }

    fn in_words(&self, fault: &Fault) -> String {
        if fault.path.is_empty() {
            return fault.to_string();
        }
        let (parameter, rest) = fault.path.split_at(fault.path.find(['[', '.']).unwrap_or(fault.path.len()));
        let Some((_, flag)) = self.flags.iter().find(|(known, _)| known == parameter) else {
            return fault.to_string();
        };
        let mut nameless = fault.clone();
        nameless.path.clear();
        format!("{flag}{} {nameless}", position(rest))
    }
}

/// Describes the position of a fault within the values of a flag: `[2].url` is the `url` of the third value.
fn position(rest: &str) -> String {
    let Some(index) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return if rest.is_empty() {
            String::new()
        } else {
            format!(" (`{}`)", rest.trim_start_matches('.'))
        };
    };
    let (index, rest) =
        (index.0.parse::<usize>().map_or(1, |index| index + 1), index.1.trim_start_matches('.'));
    if rest.is_empty() { format!(" (value {index})") } else { format!(" (value {index}, `{rest}`)") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_by_the_flag_and_the_number_of_its_value() {
        let flags = Flags::new([("items", "--item"), ("host", "--host")]);
        for (path, words) in [
            ("host", "--host must be short, not 3; did you mean `x`?"),
            ("items[1]", "--item (value 2) must be short, not 3; did you mean `x`?"),
            ("items[0].url", "--item (value 1, `url`) must be short, not 3; did you mean `x`?"),
            ("items.url", "--item (`url`) must be short, not 3; did you mean `x`?"),
            ("hots", "`hots` must be short, not 3; did you mean `x`?"),
            ("", "must be short, not 3; did you mean `x`?"),
        ] {
            let fault = Fault::new(path, "must be short").given("3").suggest(Some("x"));
            assert_eq!(flags.describe(&fault).as_deref(), Some(words));
        }
    }
}
