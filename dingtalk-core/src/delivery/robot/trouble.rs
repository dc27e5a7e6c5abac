//! Failures of attempts. The reason for a missing or incomplete answer is read from the client's error, which contains
//! the address and the token.

use std::{error::Error as _, io};

use rustls::{CertificateError, Error as TlsError};

use super::super::{Block, Error, ErrorKind};

/// Failure of an attempt.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// Set if the answer says that the robot is blocked for some time.
    pub(super) block: Option<Block>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, block: None }
    }
}

/// Reason for a missing or incomplete answer.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) kind: ErrorKind,
    english: String,
    chinese: String,
}

impl Trouble {
    fn new(kind: ErrorKind, english: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self { kind, english: english.into(), chinese: chinese.into() }
    }

    /// Returns the error, as one of this kind.
    pub(super) fn into_error(self, kind: ErrorKind) -> Error {
        Error::of_settings(self.english, self.chinese).with_kind(kind)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let kind = trouble.kind;
        trouble.into_error(kind).into()
    }
}

/// Reads the client's error. `forwards` if the request itself is for a proxy, not for a tunnel through it.
pub(super) fn trouble(error: &reqwest::Error, forwards: bool) -> Trouble {
    if error.is_builder() {
        let english = "the address is not one that a request can be sent to";
        return Trouble::new(ErrorKind::Configuration, english, "无法向这个地址发送请求");
    }
    if !error.is_connect() {
        // Only a failed connect proves that the server has not received the request: a reset can come before or after
        // it.
        let (english, chinese) = match cause(error) {
            _ if error.is_timeout() => ("no answer in time", "没有及时应答"),
            Some(Cause::Io(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)) => {
                ("connection reset", "连接被重置")
            }
            _ => ("the connection ended before the answer did", "连接在应答结束之前断开"),
        };
        return Trouble::new(ErrorKind::Unknown, english, chinese);
    }
    let proxy = proxy_step(error);
    let at_proxy = forwards || matches!(proxy, Some(ProxyStep::Connect));
    let (english, chinese) = match (proxy, cause(error)) {
        _ if error.is_timeout() => ("no connection in time", "没有及时连上"),
        (Some(ProxyStep::Answer(english, chinese)), None) => (english, chinese),
        _ if error.is_dns() && at_proxy => ("its name was not resolved", "域名无法解析"),
        _ if error.is_dns() => ("the name of the server was not resolved", "服务器的域名无法解析"),
        (_, Some(Cause::Certificate(error))) => certificate(&error),
        (_, Some(Cause::Io(io::ErrorKind::ConnectionRefused))) => ("connection refused", "连接被拒绝"),
        (_, Some(Cause::Io(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe))) => {
            ("connection reset", "连接被重置")
        }
        (_, Some(Cause::Io(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable))) => {
            ("server unreachable", "服务器不可达")
        }
        // Kinds with which tokio-rustls reports a protocol that it does not accept.
        (_, Some(Cause::Io(io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof))) => {
            ("TLS handshake failed", "TLS 握手失败")
        }
        _ => ("no connection", "无法连接"),
    };
    if at_proxy {
        let (english, chinese) = (format!("at the proxy: {english}"), format!("连接代理时：{chinese}"));
        return Trouble::new(ErrorKind::NotSent, english, chinese);
    }
    Trouble::new(ErrorKind::NotSent, english, chinese)
}

/// Step of the way through a proxy at which a connection failed.
#[derive(Clone, Copy)]
enum ProxyStep {
    /// The connection to the proxy.
    Connect,
    /// The proxy's answer, in words.
    Answer(&'static str, &'static str),
}

/// Finds the step in the client's error. Its types are private, so they are recognised by their words.
fn proxy_step(error: &reqwest::Error) -> Option<ProxyStep> {
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        let step = match &*text {
            "tunnel error: failed to create underlying connection" => ProxyStep::Connect,
            "tunnel error: proxy authorization required" => ProxyStep::Answer(
                "the proxy requires a valid user name and password",
                "代理要求正确的用户名和密码",
            ),
            "tunnel error: unsuccessful" => {
                ProxyStep::Answer("the proxy refused to connect to the server", "代理拒绝连接服务器")
            }
            "error connecting to socks proxy" => ProxyStep::Answer(
                "the proxy refused to connect to the server, or its user name and password",
                "代理拒绝连接服务器，或用户名和密码不正确",
            ),
            text if text.starts_with("tunnel error: ") => {
                ProxyStep::Answer("the proxy ended the connection", "代理断开了连接")
            }
            _ => {
                source = error.source();
                continue;
            }
        };
        return Some(step);
    }
    None
}

enum Cause {
    Io(io::ErrorKind),
    Certificate(CertificateError),
}

/// Returns the innermost cause that is known by its type.
fn cause(error: &reqwest::Error) -> Option<Cause> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(mut error) = error.downcast_ref::<io::Error>() {
            // `source` does not return an error that is wrapped.
            while let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
                error = inner;
            }
            let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
            return Some(match tls {
                Some(TlsError::InvalidCertificate(error)) => Cause::Certificate(error.clone()),
                _ => Cause::Io(error.kind()),
            });
        }
        source = error.source();
    }
    None
}

fn certificate(error: &CertificateError) -> (&'static str, &'static str) {
    match error {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => (
            "the server's certificate is not valid at this time: it has expired, or this machine's clock is wrong",
            "服务器的证书不在有效期内：已过期，或本机时间不准",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ("the server's certificate is for another name", "服务器的证书属于其他域名")
        }
        _ => (
            "the server's certificate is not trusted: if a private CA or a proxy issued it, name the CA's certificate in \
             SSL_CERT_FILE, or install it on this machine",
            "服务器的证书不受信任：如果由私有 CA 或代理签发，请用 SSL_CERT_FILE 指定 CA 证书，或把它安装到本机",
        ),
    }
}
