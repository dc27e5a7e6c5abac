//! Names of the prelude and of primitives with another meaning.

#![allow(dead_code, non_camel_case_types, unused_macros, reason = "only their names matter")]

use dingtalk_core::{Mobile, Notification, Url};

struct Option;
struct String;
struct Vec;
struct Some;
struct None;
struct Ok;
struct Err;
struct Box;
struct str;
struct bool;
struct u16;
struct usize;
struct f64;
type Result = ();
trait Default {}
trait From {}
trait Display {}
mod core {}
mod std {}
mod alloc {}

macro_rules! format_args {
    () => {};
}
macro_rules! unimplemented {
    () => {};
}

/// Warn the on-call group that one host's CPU stayed above its limit.
#[derive(Notification)]
#[dingtalk(
    markdown(
        title = "CPU {percent:.0}% on {host}",
        text = "
            {processes}
            {runbook}
        ",
    ),
    tool
)]
struct CpuAlert {
    /// Host name, for example `web-3`.
    #[dingtalk(length(1..=64), default = "web-1")]
    host: ::std::string::String,
    /// CPU use over the last five minutes, in percent.
    #[dingtalk(range(0..=100))]
    percent: f32,
    /// Heaviest processes, heaviest first.
    #[dingtalk(line = "- {:.3}", length(..=40), max_items = 3)]
    processes: ::std::vec::Vec<::std::string::String>,
    /// Page that says what to do.
    #[dingtalk(line = "[Runbook]({})")]
    runbook: ::core::option::Option<Url>,
    /// People to mention.
    #[dingtalk(at)]
    people: ::std::vec::Vec<Mobile>,
    #[dingtalk(skip)]
    note: u8,
}

#[test]
fn generated_code_uses_the_standard_ones() {
    let alert = CpuAlert {
        host: "web-3".into(),
        percent: 97.5,
        processes: ::std::vec!["nginx".into()],
        runbook: ::core::option::Option::None,
        people: ::std::vec![],
        note: 0,
    };
    assert_eq!(super::body(&alert), "CPU 98% on web-3\n---\n- ngi");
    assert_eq!(::dingtalk_core::tools![CpuAlert].len(), 1);
}
