//! Samples: payloads of the programs that presets know.

use serde_json::Value;

use super::payload::Payload;

/// A payload as a program sends it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Sample {
    /// Name of the program's preset.
    pub preset: &'static str,
    /// Name of the event.
    pub name: &'static str,
    header: Option<(&'static str, &'static str)>,
    text: &'static str,
}

impl Sample {
    /// Returns the body of the request.
    pub fn body(&self) -> Value {
        // A test reads all samples.
        serde_json::from_str(self.text).unwrap_or_default()
    }

    /// Returns the header of this name, if the program sends one that matters.
    pub fn header(&self, name: &str) -> Option<String> {
        let (known, value) = self.header?;
        name.eq_ignore_ascii_case(known).then(|| value.to_owned())
    }

    /// Hands the sample as a payload to a function.
    pub fn with_payload<T>(&self, read: impl FnOnce(&Payload<'_>) -> T) -> T {
        let body = self.body();
        read(&Payload::new(&body, &|name| self.header(name)))
    }
}

macro_rules! samples {
    ($($preset:literal $name:literal $(, $header:literal = $value:literal)?;)*) => {
        &[$(Sample {
            preset: $preset,
            name: $name,
            header: samples!(@ $($header = $value)?),
            text: include_str!(concat!("../../samples/", $preset, "/", $name, ".json")),
        }),*]
    };
    (@) => { None };
    (@ $header:literal = $value:literal) => { Some(($header, $value)) };
}

/// All samples, by preset.
pub const SAMPLES: &[Sample] = samples! {
    "alertmanager" "firing";
    "alertmanager" "resolved";
    "flux" "error";
    "flux" "info";
    "forgejo" "action_run_failure", "X-Forgejo-Event" = "action_run_failure";
    "forgejo" "action_run_recover", "X-Forgejo-Event" = "action_run_recover";
    "forgejo" "pull_request", "X-Forgejo-Event" = "pull_request";
    "forgejo" "push", "X-Forgejo-Event" = "push";
    "gitea" "issue_comment", "X-Gitea-Event" = "issue_comment";
    "gitea" "issues", "X-Gitea-Event" = "issues";
    "gitea" "pull_request", "X-Gitea-Event" = "pull_request";
    "gitea" "pull_request_rejected", "X-Gitea-Event" = "pull_request_rejected";
    "gitea" "push", "X-Gitea-Event" = "push";
    "gitea" "push_tag", "X-Gitea-Event" = "push";
    "gitea" "release", "X-Gitea-Event" = "release";
    "github" "push", "X-GitHub-Event" = "push";
    "github" "push_tag", "X-GitHub-Event" = "push";
    "github" "workflow_run", "X-GitHub-Event" = "workflow_run";
    "gitlab" "confidential_issue", "X-Gitlab-Event" = "Confidential Issue Hook";
    "gitlab" "deployment", "X-Gitlab-Event" = "Deployment Hook";
    "gitlab" "issue", "X-Gitlab-Event" = "Issue Hook";
    "gitlab" "member", "X-Gitlab-Event" = "Member Hook";
    "gitlab" "merge_request", "X-Gitlab-Event" = "Merge Request Hook";
    "gitlab" "note", "X-Gitlab-Event" = "Note Hook";
    "gitlab" "pipeline", "X-Gitlab-Event" = "Pipeline Hook";
    "gitlab" "push", "X-Gitlab-Event" = "Push Hook";
    "gitlab" "release", "X-Gitlab-Event" = "Release Hook";
    "grafana" "firing";
    "harbor" "push";
    "harbor" "quota";
    "harbor" "replication";
    "harbor" "retention";
    "harbor" "sbom";
    "harbor" "scan";
    "sentry" "event_alert", "Sentry-Hook-Resource" = "event_alert";
    "sentry" "issue", "Sentry-Hook-Resource" = "issue";
    "sentry" "metric_alert.critical", "Sentry-Hook-Resource" = "metric_alert";
    "sentry" "metric_alert.resolved", "Sentry-Hook-Resource" = "metric_alert";
    "uptime-kuma" "down";
    "uptime-kuma" "up";
};
