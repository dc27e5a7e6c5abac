//! Lifetimes, type and const parameters, bounds and defaults.

use std::{borrow::Cow, fmt::Display};

use dingtalk_core::{Mobile, Notification};

#[derive(Notification)]
#[dingtalk(text("{what} on {host}: {error}\n{notes}"))]
struct Failed<'a, T: Display = u32, E: ?Sized + Display = str, const N: usize = 1>
where
    T: Copy,
{
    what: &'a str,
    host: Cow<'a, str>,
    error: &'a E,
    #[dingtalk(line = "- {:.1}")]
    notes: Vec<T>,
    #[dingtalk(at)]
    people: Option<Mobile>,
    #[dingtalk(skip)]
    _marks: [u8; N],
}

#[test]
fn generic_fields_are_shown() {
    let failed: Failed<'_, f32, str, 2> = Failed {
        what: "deployment",
        host: "web-3".into(),
        error: "timeout",
        notes: vec![0.25, 1.0],
        people: None,
        _marks: [0; 2],
    };
    assert_eq!(super::body(&failed), "deployment on web-3: timeout\n- 0.2\n- 1.0");
}
