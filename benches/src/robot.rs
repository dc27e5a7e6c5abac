//! A robot that accepts everything at once.

use std::{
    io::{self, BufReader, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
};

use crate::http::Message;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n\
    {\"errcode\":0,\"errmsg\":\"ok\"}";

/// Starts it on a free port; it runs as long as this process.
pub fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // An error means that the server has ended.
            thread::spawn(move || answer_all(stream));
        }
    });
    Ok(address)
}

/// Answers requests until the server closes the connection.
fn answer_all(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while Message::read(&mut reader)?.is_some() {
        reader.get_mut().write_all(ANSWER)?;
    }
    Ok(())
}
