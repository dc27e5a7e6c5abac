//! A server on raw TCP that misbehaves exactly as a test requires.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up fails")]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// Behaviour of the server after it has read a request.
#[derive(Clone)]
pub(crate) enum Then {
    /// Answers with these bytes and closes.
    Answer(Vec<u8>),
    /// Answers with the function's result for the request, and closes.
    Reply(fn(&str) -> Vec<u8>),
    /// Sends an endless answer.
    Flood,
    /// Sends nothing and waits until the client disconnects.
    Hang,
    /// Sends nothing and closes.
    Close,
    /// Reads nothing; sends these bytes and waits until the client disconnects.
    Greet(&'static [u8]),
}

pub(crate) struct Fake {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    arrived: Arc<Notify>,
    gone: Arc<Notify>,
}

impl Fake {
    pub(crate) async fn start(then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            arrived: Arc::default(),
            gone: Arc::default(),
        };
        let (requests, arrived, gone) = (fake.requests.clone(), fake.arrived.clone(), fake.gone.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (then, requests) = (then.clone(), requests.clone());
                let (arrived, gone) = (arrived.clone(), gone.clone());
                tokio::spawn(async move {
                    serve(stream, then, &requests, &arrived).await;
                    gone.notify_one();
                });
            }
        });
        fake
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn https_url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// All requests so far, with head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Waits until a request has been read.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Waits until a connection is closed.
    pub(crate) async fn gone(&self) {
        self.gone.notified().await;
    }
}

/// An answer with status 200 and a JSON body.
pub(crate) fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", &[("Content-Type", "application/json")], body)
}

pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let headers =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

async fn serve(mut stream: TcpStream, then: Then, requests: &Mutex<Vec<String>>, arrived: &Notify) {
    if let Then::Greet(bytes) = then {
        let _ = stream.write_all(bytes).await;
        wait_for_end(&mut stream).await;
        return;
    }
    let Some(request) = read_request(&mut stream).await else { return };
    requests.lock().unwrap().push(request.clone());
    arrived.notify_one();
    match then {
        Then::Answer(bytes) => drop(stream.write_all(&bytes).await),
        Then::Reply(reply) => drop(stream.write_all(&reply(&request)).await),
        Then::Flood => {
            let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            let mut written = stream.write_all(head).await;
            let chunk = format!("400\r\n{}\r\n", "x".repeat(0x400));
            while written.is_ok() {
                written = stream.write_all(chunk.as_bytes()).await;
            }
        }
        Then::Hang => wait_for_end(&mut stream).await,
        Then::Close | Then::Greet(_) => {}
    }
}

async fn wait_for_end(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while matches!(stream.read(&mut buffer).await, Ok(1..)) {}
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, length)| length.trim().parse().unwrap());
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(read @ 1..) => bytes.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}
