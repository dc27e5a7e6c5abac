//! The notification as a user of the library declares it.

use dingtalk_core::{Notification, Url};

#[derive(Notification)]
#[dingtalk(markdown(
    title = "CPU {percent:.0}% on {host}",
    text = "
        ### CPU {percent:.1}% on {host}
        Cluster **{cluster}**: {summary}
        {processes}
        {runbook}

        Nobody is called before 08:00.
    ",
))]
pub(crate) struct CpuAlert {
    pub(crate) host: String,
    pub(crate) percent: f64,
    pub(crate) cluster: String,
    pub(crate) summary: String,
    #[dingtalk(line = "- {}")]
    pub(crate) processes: Vec<String>,
    #[dingtalk(line = "[Runbook]({})")]
    pub(crate) runbook: Option<Url>,
}
