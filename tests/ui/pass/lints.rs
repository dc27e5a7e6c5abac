//! The strictest lints that a user may have set.

#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused)]
#![deny(unused_qualifications, unused_results, unused_lifetimes, single_use_lifetimes, let_underscore_drop)]
#![deny(missing_copy_implementations, trivial_casts, trivial_numeric_casts, unsafe_code)]
#![deny(variant_size_differences, elided_lifetimes_in_paths, explicit_outlives_requirements)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery, clippy::cargo)]
#![deny(
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::missing_trait_methods
)]
#![deny(clippy::allow_attributes, clippy::allow_attributes_without_reason, clippy::implicit_return)]
#![deny(clippy::std_instead_of_core, clippy::absolute_paths, clippy::unwrap_used, clippy::shadow_unrelated)]
#![deny(clippy::arithmetic_side_effects, clippy::missing_inline_in_public_items, clippy::unimplemented)]

use dingtalk_core::{Mobile, Notification, Url};

/// Warn the on-call group that one host's CPU stayed above its limit.
#[derive(Debug, Notification)]
#[dingtalk(
    markdown(
        title = "CPU {percent:.0}% on {host}",
        text = "
            ### CPU {percent:.1}% on **{host}**
            {processes}
            {urgent}
            {runbook}
        ",
    ),
    tool(when = "a host's CPU limit has been exceeded and a person must look")
)]
struct CpuAlert {
    /// Host name, for example `web-3`.
    #[dingtalk(length(1..=64))]
    host: String,
    /// CPU use over the last five minutes, in percent.
    #[dingtalk(range(0..=100))]
    percent: f64,
    /// Heaviest processes, heaviest first.
    #[dingtalk(line = "- {}", length(..=40), max_items = 3)]
    processes: Vec<String>,
    /// Needs attention at once.
    #[dingtalk(line = "**now**")]
    urgent: bool,
    /// Page that says what to do.
    #[dingtalk(line = "[Runbook]({})")]
    runbook: Option<Url>,
    /// People to mention.
    #[dingtalk(at)]
    people: Vec<Mobile>,
    /// Mention everybody.
    #[dingtalk(at_all)]
    everybody: bool,
}

/// A field that only the template reads is not dead code.
#[derive(Debug, Notification)]
#[dingtalk(text("all is well"))]
struct Well;

#[test]
fn nothing_is_linted() {
    let alert = CpuAlert {
        host: "web-3".into(),
        percent: 97.5,
        processes: vec![],
        urgent: false,
        runbook: None,
        people: vec![],
        everybody: false,
    };
    assert_eq!(super::body(&alert), "CPU 98% on web-3\n---\n### CPU 97.5% on **web-3**");
    assert_eq!(super::body(&Well), "all is well");
}
