//! A Dependabot alert: `dependabot_alert`.

use dingtalk_core::Url;
use serde::Deserialize;

use super::{LINE, Repository};
use crate::{
    excerpt::excerpt,
    notifications::dependency::{Severity, VulnerableDependency},
    payload::choice,
};

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
    #[serde(deserialize_with = "choice")]
    severity: Severity,
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
            repository: excerpt(&repository.full_name, LINE),
            package: excerpt(&alert.dependency.package.name, LINE),
            manifest: excerpt(&alert.dependency.manifest_path, LINE),
            severity: alert.security_vulnerability.severity,
            // An advisory without a score has the score 0.
            score: alert.security_advisory.cvss.map(|cvss| cvss.score).filter(|score| *score > 0.0),
            summary: excerpt(&alert.security_advisory.summary, LINE),
            vulnerable: excerpt(&alert.security_vulnerability.vulnerable_version_range, LINE),
            patched: alert
                .security_vulnerability
                .first_patched_version
                .map(|version| excerpt(&version.identifier, LINE)),
            cve: alert.security_advisory.cve_id,
            url: alert.html_url,
        }
    }
}
