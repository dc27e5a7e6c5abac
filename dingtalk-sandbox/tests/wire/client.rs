//! A client on plain TCP, so that no library hides the sandbox's behaviour.

use std::{
    io,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dingtalk_sandbox::Sandbox;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

pub(crate) struct Reply {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn code(&self) -> i64 {
        self.json()["errcode"].as_i64().expect("a number")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

pub(crate) fn address(sandbox: &Sandbox) -> String {
    sandbox.base_url().trim_start_matches("http://").to_owned()
}

/// Path and query of a webhook, without scheme and host.
pub(crate) fn target(sandbox: &Sandbox, webhook: &str) -> String {
    webhook.strip_prefix(&sandbox.base_url()).expect("a webhook of this sandbox").to_owned()
}

/// Sends bytes and reads until the connection is closed.
pub(crate) async fn exchange(sandbox: &Sandbox, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address(sandbox)).await?;
    stream.write_all(request).await?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).await?;
    Ok(reply)
}

pub(crate) fn parse(raw: &[u8]) -> Reply {
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n").expect("the end of a head");
    let head = String::from_utf8_lossy(&raw[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
    Reply { status, head, body: raw[end + 4..].to_vec() }
}

pub(crate) fn request(method: &str, target: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

pub(crate) async fn get(sandbox: &Sandbox, target: &str) -> Reply {
    parse(&exchange(sandbox, &request("GET", target, "text/plain", b"")).await.expect("an answer"))
}

pub(crate) fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis()
}

/// The query of a signature, encoded.
pub(crate) fn signature(secret: &str, timestamp: u128) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(format!("{timestamp}\n{secret}").as_bytes());
    let sign = STANDARD.encode(mac.finalize().into_bytes());
    let sign = sign.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("&timestamp={timestamp}&sign={sign}")
}

/// The complete, correctly signed request of the first robot.
pub(crate) fn post(sandbox: &Sandbox, body: &Value) -> Vec<u8> {
    let mut target = target(sandbox, &sandbox.webhook());
    if let Some(secret) = sandbox.secret() {
        target.push_str(&signature(secret, now_ms()));
    }
    request("POST", &target, "application/json", body.to_string().as_bytes())
}

pub(crate) async fn try_send(sandbox: &Sandbox, body: &Value) -> io::Result<Reply> {
    exchange(sandbox, &post(sandbox, body)).await.map(|raw| parse(&raw))
}

pub(crate) async fn send(sandbox: &Sandbox, body: &Value) -> Reply {
    try_send(sandbox, body).await.expect("an answer")
}

pub(crate) fn text(content: &str) -> Value {
    json!({"msgtype": "text", "text": {"content": content}})
}

pub(crate) fn text_with_id(content: &str, id: &str) -> Value {
    json!({"msgtype": "text", "text": {"content": content}, "msgUuid": id})
}
