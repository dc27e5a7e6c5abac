//! The queue of notifications that survives a crash, as the file describes it.

use std::time::Duration;

#[cfg(feature = "notifications")]
use dingtalk_core::queue::QuietHours;
use dingtalk_core::{
    delivery::Language,
    queue::{DigestPolicy, QueueBuilder},
};
use dingtalk_template::declaration;

use crate::{
    Wording,
    section::{Hint, Section},
};

/// The queue of notifications that survives a crash.
///
/// ```
/// use dingtalk_config::Config;
/// use dingtalk_core::{Stub, queue::Queue};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = Config::parse("version = 1\n[outbox]\ncapacity = 500\ndigest = true\ndigest_window = \"10s\"")?;
/// assert_eq!(config.outbox.capacity, Some(500));
/// // In a service, with a robot and a durable store.
/// let queue = config.outbox.apply(Queue::builder().only_lane(Stub::new())).build()?;
/// # drop(queue);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct OutboxSettings {
    /// Maximum number of notifications that wait.
    pub capacity: Option<usize>,
    /// Set if the program queues the messages of calls that would have to wait longer than a call does. Only the
    /// program uses it.
    pub calls: Option<bool>,
    /// Time after which a notification without an expiry of its own is outdated.
    pub expires_after: Option<Duration>,
    /// Rules for merging waiting notifications; `None` if they are not merged.
    pub digest: Option<DigestPolicy>,
    /// Language of the words that the queue adds to messages.
    pub language: Option<Language>,
    /// Hours in which only urgent notifications are sent. Without the feature `notifications`, the key is not read.
    #[cfg(feature = "notifications")]
    pub quiet_hours: Option<QuietHours>,
}

const HINTS: &[Hint] = &[
    Hint::meant("size", "capacity"),
    Hint::meant("max", "capacity"),
    Hint::meant("limit", "capacity"),
    Hint::meant("expiry", "expires_after"),
    Hint::meant("ttl", "expires_after"),
    Hint::meant("max_age", "expires_after"),
    Hint::meant("merge", "digest"),
    Hint::meant("serve", "calls"),
    Hint::meant("queue", "calls"),
    Hint::meant("lang", "language"),
    Hint::meant("quiet", "quiet_hours"),
];

impl OutboxSettings {
    /// Reads the section. `time_zone` is that of the file, for quiet hours without one.
    pub(crate) fn read(mut section: Section<'_>, time_zone: Option<&str>) -> Self {
        section.hint(HINTS);
        let capacity = section.integer("capacity").and_then(|capacity| {
            let checked = usize::try_from(capacity).ok().filter(|capacity| *capacity > 0).ok_or_else(|| {
                Wording::new(
                    format!("invalid value {capacity}; expected a number of notifications, at least 1"),
                    format!("应为通知条数，至少为 1，而不是 {capacity}"),
                )
            });
            section.check("capacity", checked)
        });
        let calls = section.flag("calls");
        let expires_after = span(&mut section, "expires_after");
        let language = section.choice("language", &[("en", Language::En), ("zh", Language::Zh)]);
        let digest = read_digest(&mut section, language);
        #[cfg(feature = "notifications")]
        let quiet_hours = section.section("quiet_hours").and_then(|hours| quiet_hours(hours, time_zone));
        #[cfg(not(feature = "notifications"))]
        let _ = (section.value("quiet_hours"), time_zone);
        section.finish();
        Self {
            capacity,
            calls,
            expires_after,
            digest,
            language,
            #[cfg(feature = "notifications")]
            quiet_hours,
        }
    }

    /// Applies the settings to a queue; those that the file does not set remain unchanged.
    pub fn apply(&self, mut queue: QueueBuilder) -> QueueBuilder {
        if let Some(capacity) = self.capacity {
            queue = queue.capacity(capacity);
        }
        if let Some(expires_after) = self.expires_after {
            queue = queue.expiry(expires_after);
        }
        if let Some(digest) = &self.digest {
            queue = queue.digest(digest.clone());
        }
        if let Some(language) = self.language {
            queue = queue.language(language);
        }
        #[cfg(feature = "notifications")]
        if let Some(hours) = &self.quiet_hours {
            queue = queue.quiet_hours(hours.clone());
        }
        queue
    }
}

fn span(section: &mut Section<'_>, key: &str) -> Option<Duration> {
    let text = section.text(key)?;
    let span = declaration::span(text.trim()).map_err(|english| {
        let chinese = format!("应为 `1s` 到 `366d` 的时长，例如 `30s`、`10m` 或 `1h30m`，而不是 {text:?}");
        Wording::new(english, chinese)
    });
    section.check(key, span)
}

/// Keys that only digests have.
const OF_DIGESTS: [&str; 2] = ["digest_window", "urgent_threshold"];

fn read_digest(section: &mut Section<'_>, language: Option<Language>) -> Option<DigestPolicy> {
    let merges = section.flag("digest").unwrap_or_default();
    let mut policy = DigestPolicy::default();
    let window = span(section, OF_DIGESTS[0]);
    let threshold = section.integer(OF_DIGESTS[1]).and_then(|number| {
        let checked = usize::try_from(number).map_err(|_| {
            Wording::new(
                format!("invalid value {number}; expected a number of notifications"),
                format!("应为通知条数，而不是 {number}"),
            )
        });
        section.check(OF_DIGESTS[1], checked)
    });
    if !merges && section.is_sound("digest") {
        for (key, is_set) in OF_DIGESTS.into_iter().zip([window.is_some(), threshold.is_some()]) {
            if is_set {
                let problem = Wording::new(
                    format!("`{key}` has no effect without `digest = true`"),
                    format!("没有 `digest = true` 时 `{key}` 不起作用"),
                );
                section.fault(key, problem);
            }
        }
    }
    policy.window = window.unwrap_or(policy.window);
    policy.urgent_threshold = threshold.unwrap_or(policy.urgent_threshold);
    policy.language = language.unwrap_or(policy.language);
    merges.then_some(policy)
}

#[cfg(feature = "notifications")]
fn quiet_hours(mut hours: Section<'_>, time_zone: Option<&str>) -> Option<QuietHours> {
    let (begin, end) = (hours.required_text("begin"), hours.required_text("end"));
    let zone = hours.text("zone");
    if zone.is_none() && time_zone.is_none() && hours.is_sound("zone") {
        let problem = Wording::new(
            "missing; name the time zone of the hours, such as `zone = \"Asia/Shanghai\"`, or set `time_zone`",
            "缺少这一项：请写明时区，例如 `zone = \"Asia/Shanghai\"`，或设置 `time_zone`",
        );
        hours.fault("zone", problem);
    }
    let zone = zone.or_else(|| time_zone.map(str::to_owned));
    hours.report_unknown();
    let (begin, end, zone) = (begin?, end?, zone?);
    let checked = QuietHours::new(begin.trim(), end.trim(), zone.trim()).map_err(|error| {
        let chinese = format!(
            "时段无效：begin = {begin:?}，end = {end:?}，zone = {zone:?}；时刻写成 `22:00`，起止不能相同，\
             时区写成 `Asia/Shanghai` 或 `+08:00`"
        );
        Wording::new(error.cause_in(Language::En).to_owned(), chinese)
    });
    hours.check("", checked)
}
