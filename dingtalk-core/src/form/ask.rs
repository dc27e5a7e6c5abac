//! Questions about the types of values that only rustc can answer, asked by generated code.

use std::marker::PhantomData;

use dingtalk_template::{Show, Sink};

#[cfg(feature = "jiff")]
use super::Moment;
use super::{Style, TimeSpan, Write};
use crate::__private_0_1_0::Computed;

/// Asks rustc about a type that has the name of a type of times. Its own associated items are found before those of
/// [`AnyForm`].
#[derive(Debug)]
pub struct Form<T>(PhantomData<T>);

/// The answers for a type of a program's own.
pub trait AnyForm<T: Show> {
    /// Writes a point in time.
    const MOMENT: Write<T> = |value, _, sink| value.show(sink);
    /// Writes a length of time.
    const TIME_SPAN: Write<T> = |value, _, sink| value.show(sink);
}

impl<T: Show> AnyForm<T> for Form<T> {}

#[cfg(feature = "jiff")]
impl<T: Moment> Form<T> {
    /// Writes a point in time.
    pub const MOMENT: Write<T> = T::write;
}

impl<T: TimeSpan> Form<T> {
    /// Writes a length of time.
    pub const TIME_SPAN: Write<T> = T::write;
}

/// Asks rustc about the type of a value that an expression computes. Of the next three traits, the type has the one for
/// the most references that fits, because methods are looked for in this order.
#[derive(Debug)]
pub struct Ask<'a, T>(pub &'a T);

/// The answer for a point in time.
pub trait AskMoment {
    /// Type of the value.
    type Value;

    /// Returns the answer.
    fn how(&self) -> ByForm<Self::Value>;
}

#[cfg(feature = "jiff")]
impl<T: Moment> AskMoment for &&Ask<'_, T> {
    type Value = T;

    fn how(&self) -> ByForm<T> {
        ByForm(|value, sink| value.write(Style::PLAIN, sink))
    }
}

/// The answer for a length of time.
pub trait AskTimeSpan {
    /// Type of the value.
    type Value;

    /// Returns the answer.
    fn how(&self) -> ByForm<Self::Value>;
}

impl<T: TimeSpan> AskTimeSpan for &Ask<'_, T> {
    type Value = T;

    fn how(&self) -> ByForm<T> {
        ByForm(|value, sink| value.write(Style::PLAIN, sink))
    }
}

/// The answer for all other types.
pub trait AskShow {
    /// Returns the answer.
    fn how(&self) -> ByShow {
        ByShow
    }
}

impl<T> AskShow for Ask<'_, T> {}

/// A computed value is shown in a form of its type.
#[derive(Debug)]
pub struct ByForm<T>(fn(&T, &mut Sink<'_>));

impl<T> ByForm<T> {
    /// Keeps the value with the function that shows it.
    pub fn keep(self, value: T) -> Computed<T> {
        Computed::shown_by(value, self.0)
    }
}

/// A computed value shows itself.
#[derive(Debug)]
pub struct ByShow;

impl ByShow {
    /// Keeps the value with the function that shows it.
    #[expect(clippy::unused_self, reason = "the call is the same for all answers")]
    pub fn keep<T: Show>(self, value: T) -> Computed<T> {
        Computed::new(value)
    }
}
