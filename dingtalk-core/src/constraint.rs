//! Constraints on values, written once as an attribute: they check a value before it is sent, and describe it to an
//! agent.

use std::{borrow::Cow, fmt, marker::PhantomData, num, rc::Rc, sync::Arc, time};

use dingtalk_template::Number;

use crate::{
    Markdown, form,
    message::{Fault, Faults},
};

/// A field of a notification's declaration.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Field<'a> {
    /// Name of the field, as callers see it.
    pub name: &'a str,
    /// Constraints on the value; in a list, on each element, except for [`Constraint::Items`].
    pub constraints: &'a [Constraint],
}

impl<'a> Field<'a> {
    /// Creates a field; used by generated code.
    #[doc(hidden)]
    pub const fn new(name: &'a str, constraints: &'a [Constraint]) -> Self {
        Self { name, constraints }
    }
}

/// A limit on a value. Ranges are inclusive and may be open on either side.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Constraint {
    /// Number of characters.
    Length {
        /// Minimum.
        min: Option<usize>,
        /// Maximum.
        max: Option<usize>,
    },
    /// Number of bytes in UTF-8.
    Bytes {
        /// Minimum.
        min: Option<usize>,
        /// Maximum.
        max: Option<usize>,
    },
    /// Value of a number.
    Range {
        /// Minimum.
        min: Option<Number>,
        /// Maximum.
        max: Option<Number>,
    },
    /// Number of elements in a list.
    Items {
        /// Minimum.
        min: Option<usize>,
        /// Maximum.
        max: Option<usize>,
    },
}

/// An inclusive range that may be open on either side.
#[derive(Clone, Copy)]
struct Bounds<T> {
    min: Option<T>,
    max: Option<T>,
}

impl<T: PartialOrd> Bounds<T> {
    fn contains(&self, value: &T) -> bool {
        self.min.as_ref().is_none_or(|min| value >= min) && self.max.as_ref().is_none_or(|max| value <= max)
    }
}

impl<T: fmt::Display + PartialEq> Bounds<T> {
    fn words(&self, between: &str) -> String {
        match (&self.min, &self.max) {
            (Some(min), Some(max)) if min == max => format!("exactly {min}"),
            (Some(min), Some(max)) => format!("{min} {between} {max}"),
            (Some(min), None) => format!("at least {min}"),
            (None, Some(max)) => format!("at most {max}"),
            (None, None) => "any number".to_owned(),
        }
    }
}

impl Bounds<usize> {
    /// Renders a count, such as `1 to 64 characters`. The unit agrees with the last number.
    fn count(self, unit: &str) -> String {
        let s = if self.max.or(self.min) == Some(1) { "" } else { "s" };
        format!("{} {unit}{s}", self.words("to"))
    }
}

impl Constraint {
    /// Describes the constraint in words, for a parameter's description: `1 to 64 characters`.
    pub fn words(&self) -> String {
        match *self {
            Self::Length { min, max } => Bounds { min, max }.count("character"),
            Self::Bytes { min, max } => format!("{} in UTF-8", Bounds { min, max }.count("byte")),
            Self::Range { min, max } => Bounds { min, max }.words("to"),
            Self::Items { min, max } => Bounds { min, max }.count("item"),
        }
    }

    /// Returns the fault if the value violates the constraint.
    fn broken_by(&self, measure: Measure<'_>) -> Option<Fault> {
        let fault = |rule: String, given: String| Some(Fault::new("", rule).given(given));
        let shown = |text: &str, count: usize, unit: &str| {
            let quoted = format!("{:?}", text.chars().take(24).collect::<String>());
            format!("{quoted}{} ({count} {unit})", if text.chars().count() > 24 { "…" } else { "" })
        };
        match (*self, measure) {
            (Self::Length { min, max }, Measure::Text(text)) => {
                let count = text.chars().count();
                if (Bounds { min, max }).contains(&count) {
                    return None;
                }
                fault(format!("must have {}", self.words()), shown(text, count, "characters"))
            }
            (Self::Bytes { min, max }, Measure::Text(text))
                if !(Bounds { min, max }).contains(&text.len()) =>
            {
                fault(format!("must have {}", self.words()), shown(text, text.len(), "bytes"))
            }
            (Self::Range { min, max }, Measure::Number(number))
                if !(Bounds { min, max }).contains(&number) =>
            {
                fault(format!("must be {}", self.words()), number.to_string())
            }
            (Self::Items { min, max }, Measure::Items(items)) if !(Bounds { min, max }).contains(&items) => {
                fault(format!("must have {}", self.words()), items.to_string())
            }
            _ => None,
        }
    }
}

/// A measurable property of a value.
#[derive(Debug, Clone, Copy)]
pub enum Measure<'a> {
    /// A text.
    Text(&'a str),
    /// A number.
    Number(Number),
    /// A list's length.
    Items(usize),
}

/// A value that can have constraints.
///
/// Texts and numbers are, and lengths of time, whose `range` is in seconds. Implement it for a type of your own, so
/// that its fields can have `length`, `bytes` or `range`:
///
/// ```
/// use dingtalk_core::{
///     Notification,
///     field::{Measure, Measured},
/// };
///
/// #[derive(Clone, Copy)]
/// struct Celsius(f64);
///
/// impl std::fmt::Display for Celsius {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         write!(f, "{} °C", self.0)
///     }
/// }
///
/// impl Measured for Celsius {
///     fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>)) {
///         visit(None, Measure::Number(self.0.into()));
///     }
/// }
///
/// #[derive(Notification)]
/// #[dingtalk(text("The room has {now}"))]
/// struct Room {
///     #[dingtalk(range(-40..=60))]
///     now: Celsius,
/// }
///
/// let error = Room { now: Celsius(80.5) }.message().unwrap_err();
/// assert_eq!(error.to_string(), "`Room` is invalid: `now` must be -40 to 60, not 80.5");
/// ```
#[diagnostic::on_unimplemented(
    message = "constraints do not apply to `{Self}`",
    label = "neither a text, a number nor a list of them",
    note = "remove `length`, `bytes` or `range`, or implement `dingtalk_core::field::Measured` for a type of your own"
)]
pub trait Measured {
    /// Calls `visit` with each measurable property and, in a list, the element's index; without an index for one value.
    fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>));

    /// Checks the value by the constraints of its field; used by generated code.
    #[doc(hidden)]
    fn keep(&self, field: &Field<'_>, faults: &mut Faults)
    where
        Self: Sized,
    {
        check(field, self, faults);
    }
}

macro_rules! texts {
    ($(|$text:ident: &$type:ty| $str:expr;)*) => {$(
        impl Measured for $type {
            fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>)) {
                let $text = self;
                visit(None, Measure::Text($str));
            }
        }

        impl MeasureOf<$type> {
            /// Values of the type are texts.
            pub const IS_TEXT: bool = true;
        }
    )*};
}

texts! {
    |text: &str| text;
    |text: &String| text;
    |text: &Cow<'_, str>| text;
    |text: &Box<str>| text;
    |text: &Rc<str>| text;
    |text: &Arc<str>| text;
    |text: &Markdown| text.as_str();
}

macro_rules! are_numbers {
    ($($type:ty,)*) => {$(
        impl MeasureOf<$type> {
            /// Values of the type are numbers.
            pub const IS_NUMBER: bool = true;
        }
    )*};
}

macro_rules! numbers {
    ($($type:ty),*; $($nonzero:ident),*) => {
        are_numbers!($($type,)* $(num::$nonzero,)*);
        $(impl Measured for $type {
            fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>)) {
                visit(None, Measure::Number((*self).into()));
            }
        })*
        $(impl Measured for num::$nonzero {
            fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>)) {
                visit(None, Measure::Number(self.get().into()));
            }
        })*
    };
}

numbers! {
    f32, f64, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize;
    NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize
}

/// Measures a length of time in seconds.
macro_rules! time_spans {
    ($($type:ty),*) => {
        are_numbers!($($type,)*);
        $(impl Measured for $type {
            fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>)) {
                visit(None, Measure::Number(form::seconds(self)));
            }
        })*
    };
}

time_spans!(time::Duration);
#[cfg(feature = "jiff")]
time_spans!(jiff::SignedDuration);
#[cfg(feature = "chrono")]
time_spans!(chrono::TimeDelta);

impl<T: Measured + ?Sized> Measured for &T {
    fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>)) {
        (**self).measure(visit);
    }
}

impl<T: Measured> Measured for Option<T> {
    fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>)) {
        if let Some(value) = self {
            value.measure(visit);
        }
    }
}

impl<T: Measured> Measured for Vec<T> {
    fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>)) {
        visit(None, Measure::Items(self.len()));
        for (index, value) in self.iter().enumerate() {
            value.measure(&mut |_, measure| visit(Some(index), measure));
        }
    }
}

/// Asks rustc about a type with constraints, whose name says nothing to the derive. Its own associated items are found
/// before those of [`AnyMeasure`].
#[derive(Debug)]
pub struct MeasureOf<T: ?Sized>(PhantomData<T>);

/// The answer for a type of a program's own, which is checked when a value is.
pub trait AnyMeasure {
    /// True if the values are texts.
    const IS_TEXT: bool = false;
    /// True if the values are numbers.
    const IS_NUMBER: bool = false;
}

impl<T: ?Sized> AnyMeasure for MeasureOf<T> {}

/// Fails the compilation if a constraint says nothing about the type of its field.
///
/// # Panics
///
/// While the program is compiled, with the error.
#[track_caller]
pub const fn assert_measure(is_other: bool, problem: &str) {
    assert!(!is_other, "{}", problem);
}

/// Adds a fault for every constraint of the field that the value violates, or that says nothing about it.
pub(crate) fn check(field: &Field<'_>, value: &dyn Measured, faults: &mut Faults) {
    let (mut has_text, mut has_number) = (false, false);
    value.measure(&mut |index, measure| {
        has_text |= matches!(measure, Measure::Text(_));
        has_number |= matches!(measure, Measure::Number(_));
        for constraint in field.constraints {
            if let Some(mut fault) = constraint.broken_by(measure) {
                fault.path = match index {
                    Some(index) => format!("{}[{index}]", field.name),
                    None => field.name.to_owned(),
                };
                faults.push(fault);
            }
        }
    });
    for constraint in field.constraints {
        let rule = match constraint {
            Constraint::Length { .. } if has_number && !has_text => {
                "has a `length`, and is measured as a number"
            }
            Constraint::Bytes { .. } if has_number && !has_text => {
                "has a limit in `bytes`, and is measured as a number"
            }
            Constraint::Range { .. } if has_text && !has_number => "has a `range`, and is measured as a text",
            _ => continue,
        };
        faults.push(Fault::new(field.name, rule));
    }
}

/// Checks the number of elements only, for a list whose elements have no constraints.
pub(crate) fn check_count(field: &Field<'_>, items: usize, faults: &mut Faults) {
    for constraint in field.constraints {
        if let Some(mut fault) = constraint.broken_by(Measure::Items(items)) {
            field.name.clone_into(&mut fault.path);
            faults.push(fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Field<'static> = Field::new(
        "host",
        &[Constraint::Length { min: Some(1), max: Some(4) }, Constraint::Items { min: None, max: Some(2) }],
    );

    #[test]
    fn elements_are_named_by_index() {
        let mut faults = Faults::default();
        check(&HOST, &vec!["主机名字x".to_owned(), "ok".to_owned(), String::new()], &mut faults);
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            faults,
            [
                "`host` must have at most 2 items, not 3",
                "`host[0]` must have 1 to 4 characters, not \"主机名字x\" (5 characters)",
                "`host[2]` must have 1 to 4 characters, not \"\" (0 characters)",
            ]
        );
    }

    #[test]
    fn a_constraint_that_says_nothing_about_a_value_is_told() {
        let length = Constraint::Length { min: None, max: Some(3) };
        let range = Constraint::Range { min: None, max: Some(Number::Integer(3)) };
        let faults = |constraint, value: &dyn Measured| {
            let (constraints, mut faults) = ([constraint], Faults::default());
            check(&Field::new("took", &constraints), value, &mut faults);
            faults.to_string()
        };
        let took = time::Duration::from_secs(1);
        assert_eq!(faults(length, &took), "`took` has a `length`, and is measured as a number");
        assert_eq!(faults(length, &vec![took]), "`took` has a `length`, and is measured as a number");
        assert_eq!(faults(range, &"1"), "`took` has a `range`, and is measured as a text");
        for (constraint, value) in
            [(range, &took as &dyn Measured), (length, &"1"), (length, &Vec::<u8>::new())]
        {
            assert_eq!(faults(constraint, value), "");
        }
    }

    #[test]
    fn not_a_number_is_in_no_range() {
        let field = Field::new(
            "percent",
            &[Constraint::Range { min: Some(Number::Integer(0)), max: Some(Number::Integer(100)) }],
        );
        let mut faults = Faults::default();
        check(&field, &f64::NAN, &mut faults);
        check(&field, &100.0, &mut faults);
        assert_eq!(faults.to_string(), "`percent` must be 0 to 100, not NaN");
    }
}
