//! One attempt: signs and posts a message, and reads the answer.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::{
    RequestBuilder,
    header::{CONTENT_TYPE, DATE, HeaderValue},
};

use super::{
    super::{Error, ErrorKind, classify, secret::clean},
    Inner,
    trouble::{Failure, Trouble, trouble},
};
use crate::message::duration;

const APPLICATION_JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Precision of a `Date` header, which has whole seconds and is older than the answer.
const CLOCK_PRECISION: Duration = Duration::from_secs(10);

/// Maximum number of bytes read of an answer; a robot's has about 40.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Answer of a server.
pub(super) struct Reply {
    pub(super) status: u16,
    /// Time of the server's clock, to the second.
    pub(super) date: Option<SystemTime>,
    pub(super) body: Vec<u8>,
}

/// Posts a body once, and gives up after `limit`. Dropping the future closes the connection.
pub(super) async fn attempt(robot: &Inner, body: Bytes, limit: Duration) -> Result<(), Failure> {
    let signed = match &robot.signer {
        Some(signer) => {
            let timestamp_ms = robot.timestamp_ms()?;
            Some((timestamp_ms, signer.sign(timestamp_ms)))
        }
        None => None,
    };
    let signature = signed.as_ref().map(|(timestamp_ms, signature)| (*timestamp_ms, signature));
    let url = robot.target.request_url(signature);
    let mut request = robot.client()?.post(url).header(CONTENT_TYPE, APPLICATION_JSON).body(body);
    if limit < robot.policy.timeout {
        request = request.timeout(limit);
    }
    let reply = exchange(request, robot.forwards()).await?;

    let answer = classify(reply.status, &reply.body);
    let Some(kind) = answer.failure else { return Ok(()) };
    let signature = signature.map(|(_, signature)| signature.to_base64());
    let secrets = robot.secrets(signature.as_deref());
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let message = answer.message.map(|message| clean(&message, &secrets));
    let cause = match (kind, &signed, reply.date) {
        (ErrorKind::Clock, Some((timestamp_ms, _)), Some(date)) => difference(*timestamp_ms, date),
        _ => status_in_words(reply.status, answer.code.is_some()),
    };
    Err(Failure { error: Error::new(kind, cause).with_answer(answer.code, message), block: answer.block })
}

fn status_in_words(status: u16, has_code: bool) -> String {
    match (has_code, status) {
        (false, 407) => "HTTP 407: the proxy requires a valid user name and password".to_owned(),
        (false, _) => format!("HTTP {status}, no errcode"),
        (true, 200) => String::new(),
        (true, _) => format!("HTTP {status}"),
    }
}

/// Returns the difference between the signing clock and the server's clock, in words.
fn difference(timestamp_ms: u64, server: SystemTime) -> String {
    let ours = SystemTime::UNIX_EPOCH + Duration::from_millis(timestamp_ms);
    match server.duration_since(ours) {
        Ok(behind) if behind >= CLOCK_PRECISION => {
            format!("this machine's clock is {} behind DingTalk's", duration(behind))
        }
        Err(error) if error.duration() >= CLOCK_PRECISION => {
            format!("this machine's clock is {} ahead of DingTalk's", duration(error.duration()))
        }
        _ => "this machine's clock agrees with DingTalk's, so the request was on its way for too long"
            .to_owned(),
    }
}

/// Sends a request and reads the answer, up to a limit that the server does not choose. `forwards` if the request is
/// for a proxy that passes it on.
pub(super) async fn exchange(request: RequestBuilder, forwards: bool) -> Result<Reply, Trouble> {
    let mut response = request.send().await.map_err(|error| trouble(&error, forwards))?;
    let status = response.status().as_u16();
    let date =
        response.headers().get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let mut body = Vec::new();
    while body.len() < MAX_ANSWER_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = MAX_ANSWER_BYTES - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            }
            Ok(None) => break,
            // An incomplete answer is not read.
            Err(error) => return Err(trouble(&error, forwards)),
        }
    }
    Ok(Reply { status, date, body })
}
