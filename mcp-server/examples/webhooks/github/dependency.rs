//! A Dependabot alert: `dependabot_alert`.

use dingtalk_core::{Notification, Url};
use serde::Deserialize;

use super::{LINE, Repository};
use crate::excerpt::excerpt;

/// A repository uses a package with a known vulnerability.
#[derive(Notification)]
#[dingtalk(markdown(
    title = "{package} is vulnerable ({severity}) in {repository}",
    text = "
        ### [{summary}]({url})
        **{package}** in {repository}, {manifest}

        - Severity: {severity}
        {score}
        - Vulnerable: {vulnerable}
        {patched}
        {cve}
    ",
))]
pub(super) struct VulnerableDependency {
    #[dingtalk(length(1..))]
    repository: String,
    #[dingtalk(length(1..))]
    package: String,
    manifest: String,
    /// `low`, `medium`, `high` or `critical`.
    severity: String,
    #[dingtalk(line = "- CVSS: {:.1}", range(0.0..=10.0))]
    score: Option<f64>,
    summary: String,
    /// The range of versions that are vulnerable.
    vulnerable: String,
    /// The first version that is not, if there is one yet.
    #[dingtalk(line = "- Patched: {}")]
    patched: Option<String>,
    #[dingtalk(line = "- {}")]
    cve: Option<String>,
    url: Url,
}

#[derive(Deserialize)]
pub(super) struct DependabotAlertEvent {
    alert: Alert,
    repository: Repository,
}

#[derive(Deserialize)]
struct Alert {
    html_url: Url,
    dependency: Dependency,
    security_advisory: Advisory,
    security_vulnerability: Vulnerability,
}

#[derive(Deserialize)]
struct Dependency {
    package: Package,
    manifest_path: String,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

#[derive(Deserialize)]
struct Advisory {
    summary: String,
    cve_id: Option<String>,
    cvss: Option<Cvss>,
}

#[derive(Deserialize)]
struct Cvss {
    score: f64,
}

#[derive(Deserialize)]
struct Vulnerability {
    severity: String,
    vulnerable_version_range: String,
    first_patched_version: Option<Version>,
}

#[derive(Deserialize)]
struct Version {
    identifier: String,
}

impl From<DependabotAlertEvent> for VulnerableDependency {
    fn from(DependabotAlertEvent { alert, repository }: DependabotAlertEvent) -> Self {
        Self {
            repository: repository.full_name,
            package: alert.dependency.package.name,
            manifest: alert.dependency.manifest_path,
            severity: alert.security_vulnerability.severity,
            // An advisory without a score has the score 0.
            score: alert.security_advisory.cvss.map(|cvss| cvss.score).filter(|score| *score > 0.0),
            summary: excerpt(&alert.security_advisory.summary, LINE),
            vulnerable: excerpt(&alert.security_vulnerability.vulnerable_version_range, LINE),
            patched: alert.security_vulnerability.first_patched_version.map(|version| version.identifier),
            cve: alert.security_advisory.cve_id,
            url: alert.html_url,
        }
    }
}
