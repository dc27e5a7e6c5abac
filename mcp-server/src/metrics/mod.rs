//! Metrics in the text form of `OpenMetrics`. Labels have values of closed sets: names of the file and of this program,
//! never what a client sends.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use dingtalk_core::delivery::BoxFuture;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};
use serde_json::Value;

/// Media type of the text.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the buckets of durations, in seconds: from an answer without a delivery to the deadline of a call.
const SECONDS: [f64; 11] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0];

/// The metrics of a process. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Metrics(Arc<Inner>);

/// Metrics of something outside the process, which are read before the text is made.
pub(crate) trait Source: Collector {
    /// Reads them. Reports whether the source can be used.
    fn refresh(&self) -> BoxFuture<'_, bool>;

    /// Describes the source as it was read last, for a person.
    fn describe(&self) -> Value;
}

/// The source in force, if there is one. A registry forgets no collector.
#[derive(Debug, Clone, Default)]
struct Current(Arc<Mutex<Option<Arc<dyn Source>>>>);

impl Current {
    fn source(&self) -> Option<Arc<dyn Source>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Collector for Current {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.source().map_or(Ok(()), |source| source.encode(encoder))
    }
}

struct Inner {
    registry: Mutex<Registry>,
    source: Current,
    calls: Family<CallLabels, Counter>,
    requests: Family<RequestLabels, Counter>,
    durations: Family<DoorLabels, Histogram, fn() -> Histogram>,
    at_all_removed: Family<DoorLabels, Counter>,
    hooks: Family<HookLabels, Counter>,
    in_progress: Gauge,
    streams: Gauge,
    connections: Gauge,
    sessions: Gauge,
    reload_ok: Gauge,
    reloaded_at: Gauge,
}

/// Labels of a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    tool: String,
    robot: String,
    token: String,
    status: &'static str,
}

/// Labels of an HTTP request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    door: &'static str,
    token: String,
    status: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DoorLabels {
    door: &'static str,
}

/// Labels of a request of another program: a hook and a robot of the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HookLabels {
    source: String,
    robot: String,
    outcome: &'static str,
}

/// An HTTP request that has been answered.
pub(crate) struct Answered<'a> {
    pub(crate) door: &'static str,
    pub(crate) token: Option<&'a str>,
    pub(crate) status: u16,
    /// Time until the answer began.
    pub(crate) after: Duration,
}

/// Usage at the moment when the metrics are read.
pub(crate) struct InUse {
    pub(crate) requests: usize,
    pub(crate) streams: usize,
    pub(crate) connections: usize,
    pub(crate) sessions: usize,
}

impl Default for Metrics {
    fn default() -> Self {
        let inner = Inner {
            registry: Mutex::default(),
            source: Current::default(),
            calls: Family::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            at_all_removed: Family::default(),
            hooks: Family::default(),
            in_progress: Gauge::default(),
            streams: Gauge::default(),
            connections: Gauge::default(),
            sessions: Gauge::default(),
            reload_ok: Gauge::default(),
            reloaded_at: Gauge::default(),
        };
        let metrics = Self(Arc::new(inner));
        metrics.register_own();
        metrics.reloaded(true);
        metrics
    }
}

impl Metrics {
    fn register_own(&self) {
        let inner = &self.0;
        let mut registry = inner.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let registry = registry.sub_registry_with_prefix("dingtalk_notify");
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Version of the program", version);
        registry.register("calls", "Calls of tools by the status of their answer", inner.calls.clone());
        registry.register("http_requests", "Answered HTTP requests", inner.requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time until an HTTP answer began",
            inner.durations.clone(),
        );
        registry.register(
            "at_all_removed",
            "Messages of other programs that were to notify everybody, and did not",
            inner.at_all_removed.clone(),
        );
        registry.register(
            "hook_requests",
            "Requests of other programs by their outcome",
            inner.hooks.clone(),
        );
        registry.register(
            "http_requests_in_progress",
            "HTTP requests in progress",
            inner.in_progress.clone(),
        );
        registry.register("http_streams", "Open streams of clients that listen", inner.streams.clone());
        registry.register("http_connections", "Open connections", inner.connections.clone());
        registry.register("http_sessions", "Sessions in memory", inner.sessions.clone());
        registry.register(
            "config_reload_ok",
            "1 if the settings in force are the last ones that were read, 0 if those were faulty",
            inner.reload_ok.clone(),
        );
        registry.register(
            "config_reload_timestamp_seconds",
            "Unix time at which the settings in force were read",
            inner.reloaded_at.clone(),
        );
        registry.register_collector(Box::new(inner.source.clone()));
    }

    /// Adds the metrics of this source, or none, in place of those of an earlier one.
    #[cfg(feature = "program")]
    pub(crate) fn watch(&self, source: Option<Arc<dyn Source>>) {
        *self.0.source.0.lock().unwrap_or_else(PoisonError::into_inner) = source;
    }

    /// Reads the source, if there is one. Reports whether it can be used.
    pub(crate) async fn refresh(&self) -> bool {
        match self.0.source.source() {
            Some(source) => source.refresh().await,
            None => true,
        }
    }

    /// Describes the source as it was read last; `null` if there is none.
    pub(crate) fn describe_source(&self) -> Value {
        self.0.source.source().map_or(Value::Null, |source| source.describe())
    }

    /// Counts a call.
    pub(crate) fn called(&self, tool: &str, robot: Option<&str>, token: Option<&str>, status: &'static str) {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let labels = CallLabels { tool: tool.to_owned(), robot: text(robot), token: text(token), status };
        self.0.calls.get_or_create(&labels).inc();
    }

    /// Counts a message that does not notify everybody, although its program asked for it.
    pub(crate) fn at_all_removed(&self, door: &'static str) {
        self.0.at_all_removed.get_or_create(&DoorLabels { door }).inc();
    }

    /// Counts a request of another program.
    #[cfg(feature = "program")]
    pub(crate) fn hook(&self, source: &str, robot: &str, outcome: &'static str) {
        let labels = HookLabels { source: source.to_owned(), robot: robot.to_owned(), outcome };
        self.0.hooks.get_or_create(&labels).inc();
    }

    /// Counts an HTTP request.
    pub(crate) fn answered(&self, answered: &Answered<'_>) {
        let Answered { door, token, status, after } = answered;
        let token = token.unwrap_or_default().to_owned();
        let labels = RequestLabels { door, token, status: u32::from(*status) };
        self.0.requests.get_or_create(&labels).inc();
        self.0.durations.get_or_create(&DoorLabels { door }).observe(after.as_secs_f64());
    }

    /// Notes whether the settings could be read again.
    pub(crate) fn reloaded(&self, is_ok: bool) {
        self.0.reload_ok.set(i64::from(is_ok));
        if is_ok {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            self.0.reloaded_at.set(i64::try_from(now).unwrap_or_default());
        }
    }

    /// Returns the text, with what is in use now.
    pub(crate) fn text(&self, in_use: &InUse) -> String {
        let set = |gauge: &Gauge, count: usize| gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        set(&self.0.in_progress, in_use.requests);
        set(&self.0.streams, in_use.streams);
        set(&self.0.connections, in_use.connections);
        set(&self.0.sessions, in_use.sessions);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.0.registry.lock().unwrap_or_else(PoisonError::into_inner));
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_in_the_text() {
        let metrics = Metrics::default();
        metrics.called("send_text_message", Some("ops"), Some("grafana"), "delivered");
        metrics.called("send_text_message", Some("ops"), Some("grafana"), "delivered");
        let answered = Answered { door: "mcp", token: None, status: 200, after: Duration::from_millis(30) };
        metrics.answered(&answered);
        metrics.reloaded(false);
        let text = metrics.text(&InUse { requests: 1, streams: 2, connections: 3, sessions: 4 });
        for line in [
            "dingtalk_notify_calls_total{tool=\"send_text_message\",robot=\"ops\",token=\"grafana\",status=\"delivered\"} 2",
            "dingtalk_notify_http_requests_total{door=\"mcp\",token=\"\",status=\"200\"} 1",
            "dingtalk_notify_http_request_duration_seconds_bucket{le=\"0.1\",door=\"mcp\"} 1",
            "dingtalk_notify_http_requests_in_progress 1",
            "dingtalk_notify_http_streams 2",
            "dingtalk_notify_http_connections 3",
            "dingtalk_notify_http_sessions 4",
            "dingtalk_notify_config_reload_ok 0",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
