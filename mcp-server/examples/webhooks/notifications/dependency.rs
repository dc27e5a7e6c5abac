use dingtalk_core::{Choice, Notification, Url};

/// Warn the team that a repository uses a package with a published security hole.
#[derive(Notification)]
#[dingtalk(
    markdown(
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
    ),
    tool(when = "an advisory concerns a version that the repository really uses")
)]
pub(crate) struct VulnerableDependency {
    /// Owner and name of the repository.
    #[dingtalk(length(1..=200), example = "acme/orders")]
    pub(crate) repository: String,
    /// Name of the package.
    #[dingtalk(length(1..=200), example = "semver")]
    pub(crate) package: String,
    /// File of the repository that requires the package.
    #[dingtalk(length(1..=200), example = "web/package-lock.json")]
    pub(crate) manifest: String,
    /// Severity, as rated by the advisory.
    pub(crate) severity: Severity,
    /// The advisory's score by the Common Vulnerability Scoring System.
    #[dingtalk(line = "- CVSS: {:.1}", range(0.0..=10.0))]
    pub(crate) score: Option<f64>,
    /// Possible consequences, in one sentence.
    #[dingtalk(length(1..=200), example = "A long version string stops the server")]
    pub(crate) summary: String,
    /// Range of affected versions.
    #[dingtalk(length(1..=200), example = "< 7.5.2")]
    pub(crate) vulnerable: String,
    /// First safe version, if there is one yet.
    #[dingtalk(line = "- Patched: {}", length(..=200))]
    pub(crate) patched: Option<String>,
    /// Identifier of the hole, for example `CVE-2022-25883`.
    #[dingtalk(line = "- {}", length(..=40))]
    pub(crate) cve: Option<String>,
    /// Page of the advisory or of the alert.
    #[dingtalk(example = "https://github.com/acme/orders/security/dependabot/1")]
    pub(crate) url: Url,
}

/// Severity of a vulnerability.
#[derive(Choice)]
pub(crate) enum Severity {
    Low,
    Medium,
    High,
    Critical,
}
