//! A token and a secret that must never be shown, and functions that search for them.

#[path = "../../../dingtalk-core/tests/shared/log.rs"]
mod log;

use std::{error::Error as _, sync::LazyLock};

use dingtalk_core::{Error, delivery::Language};
use tracing_subscriber::{filter::LevelFilter, util::SubscriberInitExt as _};

use self::log::Log;

// Each changes when percent-encoded.
pub(crate) const TOKEN: &str = "canary+token=4f1d";
pub(crate) const SECRET: &str = "SECcanary/secret+77";

/// Asserts that the text contains neither token nor secret in any spelling, nor a signature. Signatures vary,
/// so their keys are searched for.
pub(crate) fn assert_silent(text: &str) {
    let lower = text.to_lowercase();
    for trace in ["canary", "sign=", "access_token=", "timestamp="] {
        if let Some(at) = lower.find(trace) {
            let around: String =
                text.chars().skip(text[..at].chars().count().saturating_sub(80)).take(200).collect();
            panic!("`{trace}` was found: {around}");
        }
    }
}

pub(crate) fn assert_error_silent(error: &Error) {
    assert_silent(&format!(
        "{error} {error:?} {error:#?} {} {}",
        error.advice(Language::En),
        error.advice(Language::Zh)
    ));
    let mut source = error.source();
    while let Some(error) = source {
        assert_silent(&format!("{error} {error:?}"));
        source = error.source();
    }
}

/// All log records of the test program, including those of other crates.
pub(crate) fn log_everything() -> Log {
    static LOG: LazyLock<Log> = LazyLock::new(|| {
        let log = Log::default();
        let lines = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
        lines.with_writer(log.clone()).finish().init();
        log
    });
    LOG.clone()
}
