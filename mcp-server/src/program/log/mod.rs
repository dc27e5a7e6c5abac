//! Logging to stderr only, since stdout belongs to the protocol.

mod queue;
mod text;

use std::{fmt, io, sync::LazyLock, time::Duration};

use serde_json::{Map, Value, json};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    field::MakeExt as _,
    filter::{LevelFilter, Targets, filter_fn},
    fmt::{
        MakeWriter,
        format::{Writer, debug_fn},
        time::FormatTime as _,
    },
    layer::{Context, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

use self::{
    queue::{Kind, Queue},
    text::{MAX_MESSAGE, MAX_VALUE, write_value},
};
use super::words::words;
use crate::{
    call::record::TARGET,
    settings::{STATE_TARGET, table::LOG},
};

/// Filter word for one line of JSON for each call.
const CALLS: &str = "calls";

/// Targets of warnings on the state that processes share.
const STATE_TARGETS: [&str; 2] = ["dingtalk_outbox", STATE_TARGET];

/// Time for lines to be written at the end.
const FLUSH: Duration = Duration::from_millis(200);

/// The protocol's library, whose warnings are mistakes of clients.
const PROTOCOL: &str = "rmcp";

static QUEUE: LazyLock<Queue> = LazyLock::new(Queue::default);

/// Starts logging with the filter of the environment, or with this level by default. Fails if the filter is invalid.
pub(super) fn to_stderr(unless_set: LevelFilter) -> Result<(), String> {
    let wanted = std::env::var(LOG.variable).unwrap_or_default();
    let filter = parse(&wanted, unless_set);
    let done = filter.as_ref().map(|_| ()).map_err(Clone::clone);
    let filter = filter.unwrap_or_else(|_| Targets::new().with_default(unless_set));
    let fields = debug_fn(|writer, field, value| match field.name() {
        "message" => write_value(writer, value, MAX_MESSAGE),
        name => {
            write!(writer, "{name}=")?;
            write_value(writer, value, MAX_VALUE)
        }
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(Stderr).with_ansi(false);
    let lines = lines.fmt_fields(fields.delimited(" "));
    let lines = lines.with_filter(filter_fn(|metadata| metadata.target() != TARGET));
    tracing_subscriber::registry().with(CallLines).with(lines).with(filter).init();
    done
}

/// Waits a moment for the lines to be written, and reports whether they are. If not, nobody reads stderr.
pub(super) fn flush() -> bool {
    QUEUE.flush(FLUSH)
}

/// Parses the filter: `calls`, a level, or `target=level`, separated by commas.
fn parse(wanted: &str, unless_set: LevelFilter) -> Result<Targets, String> {
    let (calls, others): (Vec<&str>, Vec<&str>) = wanted
        .split(',')
        .map(str::trim)
        .filter(|directive| !directive.is_empty())
        .partition(|directive| *directive == CALLS);
    let filter: Targets = others.join(",").parse().map_err(|_| {
        words(
            format!(
                "{}: invalid filter {wanted:?}; use `calls`, `info` or `dingtalk_core=debug`, separated by commas",
                LOG.variable
            ),
            format!("{}：过滤条件 {wanted:?} 无效：请写 `calls`、`info` 或 `dingtalk_core=debug`，用逗号分隔", LOG.variable),
        )
    })?;
    let filter = if others.iter().any(|directive| !directive.contains('=')) {
        filter
    } else {
        let names_protocol = others.iter().any(|directive| directive.starts_with(PROTOCOL));
        let protocol = (!names_protocol).then(|| (PROTOCOL, unless_set.min(LevelFilter::ERROR)));
        // A state that cannot be used is no error of a command, and the next command would not know it.
        let state = STATE_TARGETS.into_iter().filter(|target| !wanted.contains(target));
        let state = state.map(|target| (target, LevelFilter::WARN));
        filter.with_default(unless_set).with_targets(state.chain(protocol))
    };
    Ok(if calls.is_empty() { filter } else { filter.with_target(TARGET, Level::INFO) })
}

/// Adds each event to the queue.
struct Stderr;

impl<'w> MakeWriter<'w> for Stderr {
    type Writer = LineWriter;

    fn make_writer(&'w self) -> LineWriter {
        LineWriter(Kind::Other)
    }

    fn make_writer_for(&'w self, metadata: &Metadata<'_>) -> LineWriter {
        LineWriter(if *metadata.level() <= Level::WARN { Kind::Important } else { Kind::Other })
    }
}

/// Takes a line as one piece.
struct LineWriter(Kind);

impl io::Write for LineWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        QUEUE.add(self.0, line.to_vec(), queue::stderr);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes one line of JSON for each call of a tool.
struct CallLines;

impl<S: Subscriber> Layer<S> for CallLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != TARGET {
            return;
        }
        let mut time = String::new();
        // Writing to a string cannot fail.
        let _ = tracing_subscriber::fmt::time::SystemTime.format_time(&mut Writer::new(&mut time));
        let mut facts = Facts(Map::from_iter([("time".to_owned(), json!(time))]));
        event.record(&mut facts);
        QUEUE.add(Kind::Important, format!("{}\n", Value::Object(facts.0)).into_bytes(), queue::stderr);
    }
}

/// The fields of an event, in their order.
struct Facts(Map<String, Value>);

impl Facts {
    fn add(&mut self, field: &Field, value: Value) {
        // The message is the same in every line.
        if field.name() != "message" {
            self.0.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for Facts {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, json!(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write_value(&mut text, value, MAX_VALUE);
        self.add(field, json!(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enabled(wanted: &str, target: &str, level: Level) -> bool {
        parse(wanted, LevelFilter::WARN).unwrap().would_enable(target, &level)
    }

    #[test]
    fn calls_are_logged_on_request() {
        for (wanted, calls) in [("", false), ("warn", false), ("calls", true), ("info", true)] {
            assert_eq!(enabled(wanted, TARGET, Level::INFO), calls, "{wanted}");
        }
        assert!(enabled("dingtalk_core=debug, calls", TARGET, Level::INFO));
        assert!(enabled("dingtalk_core=debug,calls", "dingtalk_core::robot", Level::DEBUG));
    }

    #[test]
    fn warnings_are_always_logged() {
        for wanted in ["", "calls", "dingtalk_core=debug"] {
            assert!(enabled(wanted, "dingtalk_notify", Level::WARN), "{wanted}");
            assert!(!enabled(wanted, "dingtalk_notify", Level::INFO), "{wanted}");
        }
        assert!(!enabled("error,calls", "dingtalk_notify", Level::WARN));
    }

    #[test]
    fn mistakes_of_clients_are_logged_on_request() {
        for wanted in ["", "calls", "dingtalk_core=debug"] {
            assert!(enabled(wanted, "rmcp::service", Level::ERROR), "{wanted}");
            assert!(!enabled(wanted, "rmcp::service", Level::WARN), "{wanted}");
        }
        for wanted in ["warn", "rmcp=warn"] {
            assert!(enabled(wanted, "rmcp::service", Level::WARN), "{wanted}");
        }
    }

    #[test]
    fn an_invalid_filter_is_reported() {
        let problem = parse("dingtalk_core=loud", LevelFilter::WARN).unwrap_err();
        assert!(
            problem.starts_with("DINGTALK_NOTIFY_LOG: invalid filter \"dingtalk_core=loud\""),
            "{problem}"
        );
    }
}
