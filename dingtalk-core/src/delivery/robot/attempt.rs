//! One attempt: sign, post, read.

use std::{error::Error as _, io};

use reqwest::{RequestBuilder, header::CONTENT_TYPE};
use secrecy::ExposeSecret as _;

use super::{
    super::{Error, ErrorKind, classify, secret::clean},
    Inner,
};

/// More of an answer is not read; a robot's has some 40 bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Posts a body once. Dropping the future closes the connection.
pub(super) async fn attempt(robot: &Inner, body: Vec<u8>) -> Result<(), Error> {
    let signed = match &robot.signer {
        Some(signer) => {
            let timestamp_ms = robot.timestamp_ms()?;
            Some((timestamp_ms, signer.sign(timestamp_ms)))
        }
        None => None,
    };
    let signature = signed.as_ref().map(|(timestamp_ms, signature)| (*timestamp_ms, signature));
    let url = robot.endpoint.request_url(robot.token.expose_secret(), signature);
    let request = robot.client()?.post(url).header(CONTENT_TYPE, "application/json").body(body);
    let (status, body) = exchange(request).await?;

    let answer = classify(status, &body);
    let Some(kind) = answer.failure else { return Ok(()) };
    let secrets = robot.secrets(signature.map(|(_, signature)| signature.as_base64()));
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let message = answer.message.map(|message| clean(&message, &secrets));
    let cause = match (answer.code, status) {
        (None, _) => format!("HTTP {status}, no errcode"),
        (Some(_), 200) => String::new(),
        (Some(_), _) => format!("HTTP {status}"),
    };
    Err(Error::new(kind, cause).with_answer(answer.code, message))
}

/// Sends a request and reads the answer, up to a limit that the server does not choose.
async fn exchange(request: RequestBuilder) -> Result<(u16, Vec<u8>), Error> {
    let mut response = request.send().await.map_err(|error| failure(&error))?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while body.len() < MAX_ANSWER_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = MAX_ANSWER_BYTES - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            }
            Ok(None) => break,
            // A part of an answer is no answer.
            Err(error) => return Err(failure(&error)),
        }
    }
    Ok((status, body))
}

/// Turns the client's error, which holds the address and with it the token, into ours.
fn failure(error: &reqwest::Error) -> Error {
    if error.is_builder() {
        return Error::new(ErrorKind::Configuration, "the address is not one that a request can be sent to");
    }
    let connecting = error.is_connect();
    let cause = match io_error(error) {
        _ if error.is_dns() => "the name of the server was not resolved",
        _ if error.is_timeout() && connecting => "no connection in time",
        _ if error.is_timeout() => "no answer in time",
        Some(io::ErrorKind::ConnectionRefused) => "connection refused",
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => "connection reset",
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => "server unreachable",
        // The way in which tokio-rustls reports a certificate or protocol that it does not accept.
        Some(io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) if connecting => {
            "TLS handshake failed"
        }
        _ if connecting => "no connection",
        _ => "the connection ended before the answer did",
    };
    // Only a failed connect proves that the server has seen nothing: a reset looks the same before and after.
    Error::new(if connecting { ErrorKind::NotSent } else { ErrorKind::Unknown }, cause)
}

fn io_error(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(mut error) = error.downcast_ref::<io::Error>() {
            // A wrapped error is not its wrapper's source.
            while let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
                error = inner;
            }
            return Some(error.kind());
        }
        source = error.source();
    }
    None
}
