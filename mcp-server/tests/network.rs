//! The program in a company's network: behind a proxy, and with certificates of a private CA.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::{
    net::SocketAddr,
    process::Output,
    sync::{Arc, Mutex},
};

use dingtalk_sandbox::{RobotConfig, Sandbox};
use program::{File, command};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

const TOKEN: &str = "0123456789abcdef";

/// User name and password of the proxy, as its address contains them and as they are sent.
const CREDENTIALS: (&str, &str) = ("me:pass%21word", "bWU6cGFzcyF3b3Jk");

/// A sandbox behind TLS, with a certificate that a private CA has issued for DingTalk's name.
struct Https {
    sandbox: Sandbox,
    address: SocketAddr,
    /// The CA's certificate, as PEM.
    authority: File,
}

impl Https {
    async fn start(name: &str) -> Self {
        Self::start_with(name, |_| {}).await
    }

    /// Starts a server whose certificate is changed by `change`.
    async fn start_with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let sandbox = Sandbox::builder().robot(RobotConfig::new(TOKEN)).start().await.unwrap();
        let upstream: SocketAddr = sandbox.base_url().strip_prefix("http://").unwrap().parse().unwrap();

        let mut authority = CertificateParams::new([]).unwrap();
        authority.distinguished_name.push(DnType::CommonName, name);
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().unwrap();
        let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
        let issuer = Issuer::new(authority, authority_key);
        let mut leaf = CertificateParams::new(["oapi.dingtalk.com".to_owned()]).unwrap();
        change(&mut leaf);
        let key = KeyPair::generate().unwrap();
        let certificate = leaf.signed_by(&key, &issuer).unwrap().der().clone();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not trust the certificate ends here.
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut upstream = TcpStream::connect(upstream).await.unwrap();
                    let _ = copy_bidirectional(&mut stream, &mut upstream).await;
                });
            }
        });
        Self { sandbox, address, authority: File::new(&format!("{name}-ca"), &authority_pem) }
    }
}

/// A proxy that connects every client to one server, whatever it asks for, if its credentials are right.
struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let asked = Arc::clone(&proxy.asked);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let asked = Arc::clone(&asked);
                tokio::spawn(async move { serve(client, server, &asked).await });
            }
        });
        proxy
    }

    fn url(&self) -> String {
        format!("http://{}@{}", CREDENTIALS.0, self.address)
    }

    /// First lines of the requests to the proxy.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut client: TcpStream, server: SocketAddr, asked: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    asked.lock().unwrap().push(head.lines().next().unwrap().to_owned());
    if !head.contains(&format!("Basic {}", CREDENTIALS.1)) {
        let _ = client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
        return;
    }
    let mut server = TcpStream::connect(server).await.unwrap();
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = command();
    command.args(arguments).envs(environment.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(stream);
        for secret in [TOKEN, CREDENTIALS.0, CREDENTIALS.1, "pass!word", "canary"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    output
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_dingtalk_through_the_proxy_of_the_environment() {
    let https = Https::start("proxied").await;
    let proxy = Proxy::start(https.address).await;
    let (url, authority) = (proxy.url(), https.authority.path());
    let environment = [
        ("DINGTALK_BOT_ACCESS_TOKEN", TOKEN),
        ("HTTPS_PROXY", &url),
        ("NO_PROXY", "localhost, internal.example"),
        ("SSL_CERT_FILE", authority),
    ];
    let output = run(&["send", "text", "hello"], &environment).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(https.sandbox.accepted().len(), 1);
    assert_eq!(proxy.asked(), ["CONNECT oapi.dingtalk.com:443 HTTP/1.1"]);

    let output = run(&["check", "--send"], &environment).await;
    let text = stdout(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("! token     the access token is not 64 hexadecimal digits"), "{text}");
    assert!(text.contains(&format!("proxy     http://{} (HTTPS_PROXY)\n", proxy.address)), "{text}");
    assert_eq!(https.sandbox.accepted().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_has_a_proxy_of_its_own() {
    let https = Https::start("own-proxy").await;
    let proxy = Proxy::start(https.address).await;
    let (url, authority) = (proxy.url(), https.authority.path());
    let common = [("SSL_CERT_FILE", authority)];
    // The proxy for all programs is not asked.
    let others = [("HTTPS_PROXY", "http://127.0.0.1:1"), ("NO_PROXY", "*")];

    let of_environment = [("DINGTALK_BOT_ACCESS_TOKEN", TOKEN), ("DINGTALK_BOT_PROXY", &*url)];
    let environment = [&common[..], &others, &of_environment].concat();
    let output = run(&["send", "text", "hello"], &environment).await;
    assert!(output.status.success(), "{output:?}");

    let file = "version = 1\n[robots.ops]\nabout = \"operations\"\naccess_token = \"env:OPS_TOKEN\"\nproxy = \"env:OPS_PROXY\"";
    let file = File::new("own-proxy", file);
    let of_file = [("OPS_TOKEN", TOKEN), ("OPS_PROXY", &*url)];
    let environment = [&common[..], &others, &of_file].concat();
    let output = run(&["check", "--send", "--json", "--config", file.path()], &environment).await;
    assert!(output.status.success(), "{output:?}");
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let found = findings.iter().find(|finding| finding["check"] == "proxy").unwrap();
    assert_eq!(found["detail"], format!("http://{} (proxy)", proxy.address));
    assert_eq!(https.sandbox.accepted().len(), 2);
    assert!(proxy.asked().len() >= 2, "{:?}", proxy.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses_is_named_with_advice() {
    let https = Https::start("refused").await;
    let proxy = Proxy::start(https.address).await;
    let url = format!("http://other:canary@{}", proxy.address);
    for (language, words, advice) in [
        ("en", "the proxy requires a valid user name and password", "DINGTALK_BOT_PROXY"),
        ("zh", "代理要求正确的用户名和密码", "DINGTALK_BOT_PROXY"),
    ] {
        let environment = [
            ("DINGTALK_BOT_ACCESS_TOKEN", TOKEN),
            ("DINGTALK_NOTIFY_LANG", language),
            ("https_proxy", &url),
            ("SSL_CERT_FILE", https.authority.path()),
        ];
        let output = run(&["check"], &environment).await;
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(6), "{text}");
        assert!(text.contains(words) && text.contains(advice), "{text}");
    }
    assert_eq!(https.sandbox.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_trusted_is_told_apart() {
    let expired = |leaf: &mut CertificateParams| leaf.not_after = rcgen::date_time_ymd(2001, 1, 1);
    let other = |leaf: &mut CertificateParams| {
        leaf.subject_alt_names =
            CertificateParams::new(["other.example".to_owned()]).unwrap().subject_alt_names;
    };
    let private = Https::start("private").await;
    let expired = Https::start_with("expired", expired).await;
    let other = Https::start_with("other", other).await;
    for (server, authority, words) in [
        (&private, &expired, "is not trusted: if a private CA or a proxy issued it"),
        (&expired, &expired, "has expired, or this machine's clock is wrong"),
        (&other, &other, "is for another name"),
    ] {
        let proxy = Proxy::start(server.address).await;
        let url = proxy.url();
        let environment = [
            ("DINGTALK_BOT_ACCESS_TOKEN", TOKEN),
            ("HTTPS_PROXY", &*url),
            ("SSL_CERT_FILE", authority.authority.path()),
        ];
        let output = run(&["check"], &environment).await;
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(6), "{text}");
        assert!(text.contains(words), "{text}");
        assert!(!text.contains("handshake"), "{text}");
        assert_eq!(server.sandbox.requests(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_certificates_is_named() {
    let empty = File::new("no-certificates", "");
    let environment = [("DINGTALK_BOT_ACCESS_TOKEN", TOKEN), ("SSL_CERT_FILE", empty.path())];
    let output = run(&["check"], &environment).await;
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("SSL_CERT_FILE"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_with_plain_http_needs_an_explicit_setting() {
    let environment =
        [("DINGTALK_BOT_ACCESS_TOKEN", TOKEN), ("DINGTALK_BOT_BASE_URL", "http://gateway.invalid")];
    let output = run(&["check"], &environment).await;
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).contains("DINGTALK_BOT_BASE_URL: http would expose the token"), "{output:?}");

    let environment = [&environment[..], &[("DINGTALK_BOT_PLAIN_HTTP", "1")]].concat();
    let output = run(&["check"], &environment).await;
    assert_eq!(output.status.code(), Some(6), "only the name of the gateway is wrong now");
    assert!(stdout(&output).contains("the name of the server was not resolved"), "{output:?}");
}
