//! The URL of a database: what it may contain, and how it is shown without its password.

use std::{path::PathBuf, str::FromStr as _, sync::Arc, time::Duration};

use dingtalk_core::{Error, ErrorKind};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Time in which a connection is made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Time without an answer after which a connection counts as lost.
const SILENCE: Duration = Duration::from_secs(15);

/// Settings of connections, made of a URL.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
    /// Host and database, for people.
    pub(super) name: String,
}

impl Address {
    /// Reads a URL. No error repeats any part of it that may be secret.
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let problem = |words: &str| Error::new(ErrorKind::Configuration, format!("PostgreSQL URL: {words}"));
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(problem("expected \"postgresql://USER:PASSWORD@HOST/DATABASE\""));
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut kept = Vec::new();
        let (mut mode, mut roots) = (None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", "system")) => {}
                Some(("sslrootcert", path)) => roots = Some(PathBuf::from(path)),
                _ => kept.push(pair),
            }
        }
        let url = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
        let mut config = Config::from_str(&url).map_err(|error| {
            let cause = std::error::Error::source(&error).map_or_else(String::new, ToString::to_string);
            problem(&format!("{cause}; special characters in the password are written as %40 for `@`"))
        })?;
        let is_garbled =
            |host: &Host| matches!(host, Host::Tcp(name) if name.contains('@') || name.is_empty());
        if config.get_hosts().is_empty() || config.get_hosts().iter().any(is_garbled) {
            return Err(problem("invalid host; write `@` in the password as %40"));
        }
        let is_local = config.get_hosts().iter().all(is_local);
        config.ssl_mode(ssl_mode(mode, is_local).map_err(problem)?);
        if roots.is_some() && config.get_ssl_mode() == SslMode::Disable {
            return Err(problem(
                "sslrootcert has no effect without TLS; set sslmode=verify-full, or remove it",
            ));
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 3).keepalives_retries(3);
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("dingtalk-notify");
        }
        let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
        let name = format!("{}/{}", hosts.join(","), config.get_dbname().unwrap_or("postgres"));
        let tls = MakeRustlsConnect::new(tls(roots).map_err(|words| problem(&words))?);
        if config.get_ssl_mode() == SslMode::Disable && !is_local {
            tracing::warn!(
                name: "dingtalk.postgres_without_tls",
                "the connection to {name} is not encrypted (sslmode=disable): anyone on the way can read messages"
            );
        }
        Ok(Self { config, tls, name })
    }
}

/// Returns the mode of TLS. Unless the URL says otherwise, a server on another machine is used with TLS, and one on
/// this machine without. Where TLS is used, the certificate and the name of the host are always checked.
fn ssl_mode(given: Option<&str>, is_local: bool) -> Result<SslMode, &'static str> {
    match given {
        None if is_local => Ok(SslMode::Disable),
        None | Some("require" | "verify-ca" | "verify-full") => Ok(SslMode::Require),
        Some("disable") => Ok(SslMode::Disable),
        Some("allow" | "prefer") if is_local => Ok(SslMode::Prefer),
        // Anyone on the way could answer that the server has no TLS.
        Some("allow" | "prefer") => {
            Err("sslmode=prefer and sslmode=allow protect nothing on the way to another \
             machine; set sslmode=verify-full, or sslmode=disable for a network that you trust")
        }
        Some(_) => Err("invalid sslmode; expected \"disable\", \"require\" or \"verify-full\""),
    }
}

/// Reports whether a server is on this machine.
fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn host(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

/// Returns the settings of TLS, which trust the certificates of a file, or those that the system trusts.
fn tls(roots: Option<PathBuf>) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let Some(path) = roots else {
        let builder = builder.with_platform_verifier().map_err(|error| error.to_string())?;
        return Ok(builder.with_no_client_auth());
    };
    let unreadable = |error: &dyn std::fmt::Display| format!("sslrootcert: {}: {error}", path.display());
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&path).map_err(|error| unreadable(&error))? {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        store.add(certificate).map_err(|error| unreadable(&error))?;
    }
    if store.is_empty() {
        return Err(unreadable(&"no certificate found"));
    }
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(url: &str) -> String {
        Address::parse(url).err().map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn a_server_elsewhere_needs_tls_unless_the_url_says_otherwise() {
        for (url, expected) in [
            // The certificate of Debian's server is one that nobody can check.
            ("postgres://ops@localhost/alerts", SslMode::Disable),
            ("postgresql://ops@127.0.0.1/alerts", SslMode::Disable),
            ("postgresql://ops@127.0.0.1/alerts?sslmode=prefer", SslMode::Prefer),
            ("postgresql://ops@127.0.0.1/alerts?sslmode=verify-full", SslMode::Require),
            ("postgres://ops@db.example.com/alerts", SslMode::Require),
            ("postgres://ops@localhost,db.example.com/alerts", SslMode::Require),
            ("postgres://ops@db.example.com/alerts?sslmode=require", SslMode::Require),
            ("postgres://ops@db.example.com/alerts?sslmode=verify-ca", SslMode::Require),
            ("postgres://ops@db.example.com/alerts?sslmode=verify-full", SslMode::Require),
            ("postgres://ops@db.example.com/alerts?sslmode=disable", SslMode::Disable),
        ] {
            let address = Address::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert_eq!(address.config.get_ssl_mode(), expected, "{url}");
        }
    }

    #[test]
    fn a_mode_that_protects_nothing_is_refused() {
        for (url, expected) in [
            ("postgres://ops@db.example.com/alerts?sslmode=prefer", "protect nothing"),
            ("postgres://ops@localhost,db.example.com/alerts?sslmode=allow", "protect nothing"),
            ("postgres://ops@db.example.com/alerts?sslmode=", "invalid sslmode"),
            ("postgres://ops@db.example.com/alerts?sslmode=disable&sslrootcert=ca.pem", "has no effect"),
            ("postgres://ops@localhost/alerts?sslrootcert=ca.pem", "has no effect"),
        ] {
            assert!(error(url).contains(expected), "{url}: {}", error(url));
        }
    }

    #[test]
    fn no_error_and_no_name_repeats_the_password() {
        for url in [
            "postgres://ops:hunter2@x@db/alerts",
            "postgres://ops:hunter2@db:port/alerts",
            "postgres://ops:hunter2@db/alerts?sslmode=maybe",
            "postgres://ops:hunter2@db/alerts?hunter2=1",
            "mysql://ops:hunter2@db/alerts",
            "postgres://ops:hunter2@db/alerts?sslrootcert=/missing.pem",
            "host=db password=hunter2",
        ] {
            let words = error(url);
            assert!(!words.is_empty() && !words.contains("hunter2@"), "{url}: {words}");
        }
        let address = Address::parse("postgres://ops:hunter2@db.example.com/alerts").expect("a valid URL");
        assert_eq!(address.name, "db.example.com/alerts");
    }
}
