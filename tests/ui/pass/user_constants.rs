//! Constants with the names of fields, and with those that generated code uses.

#![allow(dead_code, non_upper_case_globals, reason = "only their names matter")]

use dingtalk_core::{Mobile, Notification};

const host: &str = "a constant";
const percent: u32 = 1;
static people: &str = "a static";
const check: u32 = 1;
const mentions: u32 = 1;
const value: u32 = 1;
const f: u32 = 1;
const reader: u32 = 1;
const arguments: u32 = 1;
const value_0: u32 = 1;

/// Warn the on-call group that one host's CPU stayed above its limit.
#[derive(Notification)]
#[dingtalk(text("{host}: {percent:.1}"), tool)]
struct CpuAlert {
    /// Host name, for example `web-3`.
    #[dingtalk(length(1..=64))]
    host: String,
    /// CPU use over the last five minutes, in percent.
    #[dingtalk(range(0..=100))]
    percent: f64,
    /// People to mention.
    #[dingtalk(at)]
    people: Vec<Mobile>,
}

#[test]
fn fields_are_shown_and_not_the_constants() {
    let alert = CpuAlert { host: "web-3".into(), percent: 97.5, people: vec![] };
    assert_eq!(super::body(&alert), "web-3: 97.5");
}
