//! Violations of constraints by the values of a notification.

use std::fmt;

/// A violation of one constraint by one value.
///
/// ```
/// use dingtalk_core::message::Fault;
///
/// let fault = Fault::new("percent", "must be between 0 and 100").given("120");
/// assert_eq!(fault.to_string(), "`percent` must be between 0 and 100, not 120");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Field, with the element's index in a list: `processes[2]`. Empty for the notification as a whole.
    pub path: String,
    /// Violated constraint, as the end of a sentence: `must have 1 to 64 characters`.
    pub rule: String,
    /// Given value, shortened.
    pub given: Option<String>,
    /// Name that was probably meant.
    pub suggestion: Option<String>,
}

impl Fault {
    /// Creates a fault of the value at `path`.
    pub fn new(path: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { path: path.into(), rule: rule.into(), given: None, suggestion: None }
    }

    /// Adds the given value.
    #[must_use]
    pub fn given(mut self, given: impl AsRef<str>) -> Self {
        self.given = Some(shorten(given.as_ref(), GIVEN_CHARACTERS));
        self
    }

    /// Adds the name that was probably meant.
    #[must_use]
    pub fn suggest(mut self, name: Option<&str>) -> Self {
        self.suggestion = name.map(str::to_owned);
        self
    }
}

/// Maximum length of a value that an error repeats, in characters.
const GIVEN_CHARACTERS: usize = 60;

/// Maximum length of a path that an error names, in characters.
const PATH_CHARACTERS: usize = 100;

fn shorten(text: &str, at_most: usize) -> String {
    match text.char_indices().nth(at_most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            // A name that is not a parameter comes from outside.
            let path = shorten(&self.path, PATH_CHARACTERS);
            write!(f, "`{}` ", path.escape_debug())?;
        }
        f.write_str(&self.rule)?;
        if let Some(given) = &self.given {
            write!(f, ", not {given}")?;
        }
        if let Some(suggestion) = &self.suggestion {
            write!(f, "; did you mean `{suggestion}`?")?;
        }
        Ok(())
    }
}

/// All faults of a set of values, in the order of the fields.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a fault.
    pub fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Returns `true` if there are no faults.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of faults.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Iterates over the faults in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }
}

impl Faults {
    /// Adds the faults of a part, with their full paths.
    #[cfg(feature = "tool")]
    pub(crate) fn append(&mut self, part: Self) {
        self.0.extend(part.0);
    }

    /// Moves the faults to the value that contains this one.
    pub(crate) fn move_to(self, path: &str, whole: &mut Self) {
        for mut fault in self.0 {
            fault.path = format!("{path}.{}", fault.path);
            whole.push(fault);
        }
    }
}

/// Quotes and shortens a text from outside, for an error.
pub(crate) fn quote(text: &str) -> String {
    shorten(&format!("{text:?}"), GIVEN_CHARACTERS)
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

crate::debug::debug_as_display!(Faults { 0 });

/// An invalid notification: its values violate constraints. Nothing was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Invalid {
    notification: &'static str,
    faults: Faults,
}

impl Invalid {
    /// Creates an error of the notification type with this name.
    pub fn new(notification: &'static str, faults: Faults) -> Self {
        Self { notification, faults }
    }

    /// Returns the name of the notification type.
    pub fn notification(&self) -> &'static str {
        self.notification
    }

    /// Returns all faults of the notification.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is invalid: {}", self.notification, self.faults)
    }
}

impl std::error::Error for Invalid {}

crate::debug::debug_as_display!(Invalid { notification, faults });
