//! Data from others does not determine the server's memory.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use program::Program;
use serde_json::{Value, json};

const MIB: usize = 1024 * 1024;

/// The server keeps at most 4 MiB of a line, and half of that again while its buffer grows.
const LINE_KIB: u64 = 12 * 1024;

/// The server keeps 64 KiB of a reply; the rest is in the connection's buffers, and in the parts of the program that
/// the first call loads.
const REPLY_KIB: u64 = 8 * 1024;

/// Growth of the program's peak memory, in KiB.
fn growth(program: &mut Program, work: impl FnOnce(&mut Program)) -> u64 {
    // Memory that only the first call needs.
    program.call("send_text_message", json!({"text": ""}));
    let before = program.peak_memory();
    work(program);
    program.peak_memory() - before
}

#[test]
fn a_line_of_20_megabytes_is_not_kept() {
    let mut program = Program::serve_with(&["--dry-run"], &[]);
    let text = "x".repeat(20 * MIB);
    let grown = growth(&mut program, |program| {
        for _ in 0..3 {
            let answer = program
                .request("tools/call", json!({"name": "send_text_message", "arguments": {"text": text}}));
            assert_eq!(answer["error"]["code"], -32_600, "{answer}");
        }
        assert_eq!(program.call("send_text_message", json!({"text": "x"}))["isError"], false);
    });
    assert!(grown < LINE_KIB, "{grown} KiB");
}

/// A robot that answers with 256 MiB, and reports how many of them were read.
fn talkative_robot(head: &'static str) -> (String, thread::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            let read = stream.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..read]);
        }
        stream.write_all(head.as_bytes()).unwrap();
        let piece = format!("{:x}\r\n{}\r\n", MIB, " ".repeat(MIB));
        (0..256).take_while(|_| stream.write_all(piece.as_bytes()).is_ok()).count()
    });
    (url, serving)
}

#[test]
fn a_reply_of_256_megabytes_is_not_kept() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 268435456\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n",
    ] {
        let (url, serving) = talkative_robot(head);
        let mut program = Program::serve(&[
            ("DINGTALK_BOT_BASE_URL", &url),
            ("DINGTALK_BOT_ACCESS_TOKEN", "abc"),
            ("DINGTALK_NOTIFY_CALL_DEADLINE", "3"),
        ]);
        let mut result = Value::Null;
        let grown = growth(&mut program, |program| {
            result = program.call("send_text_message", json!({"text": "x"}));
        });
        assert_eq!(result["structuredContent"]["status"], "unknown", "{result}");
        assert!(grown < REPLY_KIB, "{grown} KiB");
        let taken = serving.join().unwrap();
        assert!(taken < 16, "{taken} MiB were read");
    }
}
