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
    /// State of the group: alerts fire, or all are over.
    pub(crate) status: Status,
    /// Name of the alerts, or the labels they were grouped by.
    #[dingtalk(length(1..=200), example = "HighErrorRate")]
    pub(crate) name: String,
    /// Labels that all alerts have; may be empty.
    #[dingtalk(line = "{}", length(..=300), example = "cluster=eu-1, job=orders")]
    pub(crate) labels: String,
    /// Summary of the problem, in one sentence; may be empty.
    #[dingtalk(line = "> **{}**", length(..=200), example = "Every tenth order fails")]
    pub(crate) summary: String,
    /// Further details of the problem.
    #[dingtalk(line = "> {}", length(..=200))]
    pub(crate) description: Option<String>,
    /// Number of alerts that fire.
    #[dingtalk(line = "**{} firing**")]
    pub(crate) firing_count: Option<usize>,
    /// Alerts that fire, one line of Markdown each, for example `pod=web-3 · since 18:03 UTC`.
    #[dingtalk(line = "- {}", max_items = 10, length(..=3000))]
    pub(crate) firing: Vec<Markdown>,
    /// Number of firing alerts that are not in the list.
    #[dingtalk(line = "- +{} more")]
    pub(crate) more_firing: Option<usize>,
    /// Number of alerts that are over.
    #[dingtalk(line = "**{} resolved**")]
    pub(crate) resolved_count: Option<usize>,
    /// Alerts that are over, one line of Markdown each.
    #[dingtalk(line = "- {}", max_items = 10, length(..=3000))]
    pub(crate) resolved: Vec<Markdown>,
    /// Number of alerts that are over and not in the list.
    #[dingtalk(line = "- +{} more")]
    pub(crate) more_resolved: Option<usize>,
    /// Number of alerts that the monitoring system omitted from its report.
    #[dingtalk(line = "**+{} more in Alertmanager**")]
    pub(crate) truncated: Option<usize>,
    /// Page with instructions for these alerts.
    #[dingtalk(line = "[Runbook]({})")]
    pub(crate) runbook: Option<Url>,
    /// Page of the Alertmanager that reported them.
    #[dingtalk(line = "[Alertmanager]({})")]
    pub(crate) alertmanager: Option<Url>,
}

/// State of a group of alerts.
#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    #[dingtalk(text("Firing"))]
    Firing,
    #[dingtalk(text("Resolved"))]
    Resolved,
}
