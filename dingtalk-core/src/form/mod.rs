//! Values in a form for readers: sizes, durations, large numbers and points in time.
//!
//! Generated code names the function that writes a field's values, and gives it the keys of the field as data.

mod ask;
mod byte_count;
mod digits;
mod moment;
mod thousands;
mod time_span;
#[cfg(feature = "jiff")]
mod zone;

use dingtalk_template::{Each, Show, Sink};

use crate::__private_0_1_0::format::Spec;

pub(crate) use self::time_span::seconds;
#[cfg(all(feature = "jiff", feature = "robot"))]
pub(crate) use self::zone::find as find_zone;
#[cfg(all(feature = "jiff", feature = "tool"))]
pub(crate) use self::zone::zone_of_program;
pub use self::{
    ask::{AnyForm, Ask, AskMoment, AskShow, AskTimeSpan, Form},
    byte_count::{ByteCount, BytesText, bytes},
    moment::Moment,
    thousands::{Grouped, ThousandsText, thousands},
    time_span::{DurationText, TimeSpan, duration},
};
#[cfg(feature = "jiff")]
pub use self::{
    moment::{TimeText, time},
    zone::{UnknownTimeZone, is_time_zone, set_time_zone},
};

/// The keys of a field that say how its values are shown.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// Format spec of the slot.
    pub spec: Spec,
    /// Time zone of a point in time.
    pub zone: Option<&'a str>,
    /// Pattern of a point in time.
    pub pattern: Option<&'a str>,
}

impl Style<'_> {
    /// The form of a value whose field has no keys.
    pub const PLAIN: Self = Self {
        spec: Spec { plus: false, alternate: false, width: 0, precision: None },
        zone: None,
        pattern: None,
    };
}

/// A function that writes a value of this type.
pub(crate) type Write<T> = fn(&T, Style<'_>, &mut Sink<'_>);

/// A value, shown in a form of its field.
#[derive(Debug)]
pub struct Formed<'a, T>(&'a T, Style<'a>, Write<T>);

/// Wraps a value that is shown in a form of its field.
pub fn formed<'a, T>(value: &'a T, style: Style<'a>, write: Write<T>) -> Formed<'a, T> {
    Formed(value, style, write)
}

#[diagnostic::do_not_recommend]
impl<T> Show for Formed<'_, T> {
    fn show(&self, sink: &mut Sink<'_>) {
        (self.2)(self.0, self.1, sink);
    }
}

/// Values, each shown in a form of their field.
#[derive(Debug)]
pub struct FormedEach<'a, T>(&'a [T], Style<'a>, Write<T>);

/// Wraps values that are shown in a form of their field.
pub fn formed_each<'a, T>(values: &'a [T], style: Style<'a>, write: Write<T>) -> FormedEach<'a, T> {
    FormedEach(values, style, write)
}

impl<T> Each for FormedEach<'_, T> {
    fn each(&self, visit: &mut dyn FnMut(&dyn Show)) {
        for value in self.0 {
            visit(&Formed(value, self.1, self.2));
        }
    }
}
