//! TLS to a real server: its certificate and the name of its host are always checked. Starts a server of its own.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::{fs, sync::Arc, time::Duration};

use dingtalk_core::{
    DeliverExt as _, Envelope, Error, ErrorKind, Message, Robot,
    queue::store::{Enqueued, Store as _},
};
use dingtalk_outbox::{Postgres, PostgresStore, State};
use dingtalk_sandbox::{RobotConfig, Sandbox};
use dingtalk_tests::{
    postgres_server::{PostgresServer, schema},
    temporary::TemporaryDirectory,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// Name of the database in a URL, after the host.
const DATABASE: &str = "postgres";

/// Returns a certificate authority that nobody trusts yet.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Starts a server whose certificate is for `localhost`, and returns its authority.
fn server() -> Option<(PostgresServer, CertifiedIssuer<'static, KeyPair>)> {
    let (authority, key) = (authority(), KeyPair::generate().unwrap());
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let server = PostgresServer::start_with_tls("fsync = off", &certificate.pem(), &key.serialize_pem())?;
    Some((server, authority))
}

fn url(server: &PostgresServer, host: &str, query: &str) -> String {
    format!("postgresql://postgres@{host}:{}/{DATABASE}?{query}", server.port())
}

async fn add(url: &str, schema: &str) -> Result<Enqueued, Error> {
    let store = PostgresStore::new(Postgres::builder(url).schema(schema).build()?).without_session();
    store.enqueue("lane", Envelope::new(Message::text("a")), 100).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_and_the_host_are_checked() {
    let Some((server, authority)) = server() else { return };
    let (directory, schema) = (TemporaryDirectory::new(), schema());
    let file = |name: &str, pem: String| {
        let path = directory.path().join(name);
        fs::write(&path, pem).unwrap();
        format!("sslrootcert={}", path.display())
    };
    let right = file("right.pem", authority.pem());
    let wrong = file("wrong.pem", self::authority().pem());
    // The names of libpq that use TLS all check everything.
    for mode in ["require", "verify-ca", "verify-full", "prefer"] {
        let url = url(&server, "localhost", &format!("sslmode={mode}&{right}"));
        assert_eq!(add(&url, &schema).await.unwrap(), Enqueued::Added, "{mode}");
        let encrypted: bool = encrypted(&url).await;
        assert!(encrypted, "{mode}");
    }
    for mode in ["require", "verify-ca", "verify-full", "prefer"] {
        for (host, roots, expected) in [
            ("localhost", &*wrong, "sslrootcert=FILE"),
            ("localhost", "sslrootcert=system", "sslrootcert=FILE"),
            ("127.0.0.1", &*right, "the name of the host"),
        ] {
            let error =
                add(&url(&server, host, &format!("sslmode={mode}&{roots}")), &schema).await.unwrap_err();
            let words = error.to_string();
            assert!(
                words.contains("invalid peer certificate") && words.contains(expected),
                "{mode} {host}: {words}"
            );
        }
    }
    let empty =
        url(&server, "localhost", &format!("sslmode=verify-full&{}", file("empty.pem", String::new())));
    let error = Postgres::builder(empty).build().unwrap_err();
    assert!(error.to_string().contains("no certificate"), "{error}");
}

/// Reports whether the connections of a program with this URL are encrypted.
async fn encrypted(url: &str) -> bool {
    let schema = schema();
    let store = PostgresStore::new(Postgres::builder(url).schema(&schema).build().unwrap()).without_session();
    store.pending("lane").await.unwrap();
    let plain = url.split_once('?').unwrap().0;
    let (client, connection) = tokio_postgres::connect(plain, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
         WHERE application_name = 'dingtalk-notify'";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_trusted_stops_direct_sends_at_once() {
    let Some((server, _)) = server() else { return };
    let sandbox = Sandbox::builder().robot(RobotConfig::new("0123abcd")).start().await.unwrap();
    let postgres = Postgres::builder(url(&server, "localhost", "sslmode=verify-full")).build().unwrap();
    let robot = Robot::builder("0123abcd").base_url(sandbox.base_url()).deadline(Duration::from_secs(600));
    let robot = robot.windows(Arc::new(State::postgres(postgres).build())).build().unwrap();
    let error = robot.send(&Message::text("a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains("invalid peer certificate"), "{error}");
    assert_eq!(sandbox.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_refused_where_tls_is_demanded() {
    let Some(server) = PostgresServer::start("fsync = off") else { return };
    let error = add(&url(&server, "localhost", "sslmode=require"), &schema()).await.unwrap_err();
    assert!(error.to_string().contains("does not support TLS); turn on TLS"), "{error}");
    assert_eq!(add(&url(&server, "localhost", "sslmode=prefer"), &schema()).await.unwrap(), Enqueued::Added);
}
