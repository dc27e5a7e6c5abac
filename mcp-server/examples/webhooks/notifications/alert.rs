use dingtalk_core::{Choice, Markdown, Notification, Url};

/// Tell the on-call group that monitoring alerts of one kind fire, or that they are over.
#[derive(Notification)]
#[dingtalk(
    markdown(
        title = "{status}: {name}",
        text = "
            ### {status}: {name}
            {labels}
            {summary}
            {description}

            {firing_count}
            {firing}
            {more_firing}

            {resolved_count}
            {resolved}
            {more_resolved}

            {truncated}

            {runbook}
            {alertmanager}
        ",
    ),
    tool(when = "a running system is in trouble and a person must look, or no longer has to")
)]
pub(crate) struct AlertGroup {
    /// Whether they fire or are over.
    pub(crate) status: Status,
    /// What the alerts are called, or what they were grouped by.
    #[dingtalk(length(1..=200), example = "HighErrorRate")]
    pub(crate) name: String,
    /// The labels that all alerts have; may be empty.
    #[dingtalk(line = "{}", length(..=300), example = "cluster=eu-1, job=orders")]
    pub(crate) labels: String,
    /// What is the matter, in one sentence; may be empty.
    #[dingtalk(line = "> **{}**", length(..=200), example = "Every tenth order fails")]
    pub(crate) summary: String,
    /// What is known beyond that.
    #[dingtalk(line = "> {}", length(..=200))]
    pub(crate) description: Option<String>,
    /// How many alerts fire.
    #[dingtalk(line = "**{} firing**")]
    pub(crate) firing_count: Option<usize>,
    /// The alerts that fire, one line of Markdown each, for example `pod=web-3 · since 18:03 UTC`.
    #[dingtalk(line = "- {}", max_items = 10, length(..=3000))]
    pub(crate) firing: Vec<Markdown>,
    /// How many that fire are not in the list.
    #[dingtalk(line = "- +{} more")]
    pub(crate) more_firing: Option<usize>,
    /// How many alerts are over.
    #[dingtalk(line = "**{} resolved**")]
    pub(crate) resolved_count: Option<usize>,
    /// The alerts that are over, one line of Markdown each.
    #[dingtalk(line = "- {}", max_items = 10, length(..=3000))]
    pub(crate) resolved: Vec<Markdown>,
    /// How many that are over are not in the list.
    #[dingtalk(line = "- +{} more")]
    pub(crate) more_resolved: Option<usize>,
    /// How many alerts the monitoring system left out of its report.
    #[dingtalk(line = "**+{} more in Alertmanager**")]
    pub(crate) truncated: Option<usize>,
    /// Page that says what to do.
    #[dingtalk(line = "[Runbook]({})")]
    pub(crate) runbook: Option<Url>,
    /// Page of the Alertmanager that reported them.
    #[dingtalk(line = "[Alertmanager]({})")]
    pub(crate) alertmanager: Option<Url>,
}

/// Whether alerts fire.
#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    #[dingtalk(text("Firing"))]
    Firing,
    #[dingtalk(text("Resolved"))]
    Resolved,
}
