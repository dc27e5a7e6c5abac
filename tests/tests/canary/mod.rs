//! A token and a secret that must be seen nowhere, and the means to look.

use std::{
    error::Error as _,
    io,
    sync::{Arc, LazyLock, Mutex},
};

use dingtalk_core::{Error, Language};
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter, util::SubscriberInitExt as _};

// Each looks different when percent-encoded.
pub(crate) const TOKEN: &str = "canary+token=4f1d";
pub(crate) const SECRET: &str = "SECcanary/secret+77";

/// Neither token nor secret in any spelling, and no signature: those change, what leads to them does not.
pub(crate) fn assert_silent(text: &str) {
    let lower = text.to_lowercase();
    for trace in ["canary", "sign=", "access_token=", "timestamp="] {
        if let Some(at) = lower.find(trace) {
            let around: String =
                text.chars().skip(text[..at].chars().count().saturating_sub(80)).take(200).collect();
            panic!("`{trace}` shows up: {around}");
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

/// Everything that was logged by any test of the program, other crates' records among it.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn install() -> Self {
        static LOG: LazyLock<Log> = LazyLock::new(|| {
            let log = Log::default();
            let lines = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
            lines.with_writer(log.clone()).finish().init();
            log
        });
        LOG.clone()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
