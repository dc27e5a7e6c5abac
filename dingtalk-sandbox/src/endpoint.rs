//! The robot endpoint: checks a request, logs it, and answers it or injects a fault.

use hyper::StatusCode;
use tokio::time::Instant;

use crate::{
    admission::{self, Request},
    ending::{Ending, TRUNCATED},
    fault::Fault,
    gzip,
    log::{Outcome, Received},
    refusal::{self, Refusal},
    shared::{Shared, State},
    validation,
    view::milliseconds,
};

/// Path to which [`Fault::Redirect`] points.
pub(crate) const REDIRECT_TARGET: &str = "/redirected";

/// An answer of the endpoint.
#[derive(Debug)]
pub(crate) enum Answer {
    Http {
        status: StatusCode,
        content_type: &'static str,
        location: Option<&'static str>,
        body: Vec<u8>,
    },
    /// JSON, compressed.
    Gzip(Vec<u8>),
    Cut(Ending),
}

impl Answer {
    fn ok(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self::Http { status: StatusCode::OK, content_type, location: None, body: body.into() }
    }

    /// Business failures are answered with HTTP 200 too.
    fn json(body: String) -> Self {
        Self::ok("application/json", body)
    }
}

/// Result of the checks, for the log.
struct Checked {
    outcome: Outcome,
    warnings: Vec<String>,
}

/// Handles one request; `target` is its path and query, as received.
pub(crate) fn handle(shared: &Shared, request: Request, target: &str) -> Answer {
    let mut state = shared.state();
    let fault = state.faults.take();
    let comes_first = fault.as_ref().is_some_and(|fault| !fault.follows_checks());
    let checked = if comes_first {
        Checked { outcome: Outcome::Faulted, warnings: Vec::new() }
    } else {
        check(shared, &mut state, &request)
    };
    let answer = match &checked.outcome {
        Outcome::Refused(refusal) => refusal.answer(),
        _ => refusal::ok(),
    };
    let answer = match &fault {
        None => Answer::json(answer),
        Some(fault) => with_fault(fault, answer, &request, target),
    };
    state.log.push(received(shared, request), checked.outcome, checked.warnings, fault);
    drop(state);
    shared.announce();
    answer
}

/// Logs a connection that was reset before it was read.
pub(crate) fn log_reset_connection(shared: &Shared) {
    let received = received(shared, Request::default());
    shared.state().log.push(received, Outcome::Faulted, Vec::new(), Some(Fault::ResetOnConnect));
    shared.announce();
}

fn check(shared: &Shared, state: &mut State, request: &Request) -> Checked {
    let mut warnings = Vec::new();
    let outcome = accept(shared, state, request, &mut warnings).unwrap_or_else(Outcome::Refused);
    Checked { outcome, warnings }
}

fn accept(
    shared: &Shared,
    state: &mut State,
    request: &Request,
    warnings: &mut Vec<String>,
) -> Result<Outcome, Refusal> {
    let at = admission::admit(request, &shared.robots, milliseconds((shared.clock)()))?;
    let robot = &shared.robots[at];
    // The clock of tokio: a test that advances it ends a block too.
    let now = Instant::now().into_std();
    if state.limiters[at].is_blocked(now) {
        return Err(refusal::TOO_FAST.into());
    }
    let valid = validation::validate(&request.body, request.length, &robot.keywords)?;
    if robot.quota.is_some_and(|quota| state.accepted[at] >= quota) {
        return Err(refusal::QUOTA.into());
    }
    if !state.limiters[at].admit(now) {
        return Err(refusal::TOO_FAST.into());
    }
    // DingTalk meters calls: a repetition of an id counts, too.
    state.accepted[at] += 1;
    if shared.deduplicate
        && let Some(id) = &valid.message.id
        && let Some(of) = state.log.accepted_with_id(shared.name(at), id)
    {
        return Ok(Outcome::Repeated { of });
    }
    *warnings = valid.warnings;
    Ok(Outcome::Accepted(valid.message))
}

fn with_fault(fault: &Fault, answer: String, request: &Request, target: &str) -> Answer {
    match fault {
        Fault::AcceptThen(fault) => with_fault(fault, answer, request, target),
        Fault::SlowAnswer => Answer::Cut(Ending::Trickle(answer)),
        Fault::Gzip => Answer::Gzip(gzip::stored(answer.as_bytes())),
        Fault::ResetOnConnect | Fault::ResetBeforeAnswer | Fault::AcceptThenReset => {
            Answer::Cut(Ending::Reset)
        }
        Fault::Hang | Fault::AcceptThenHang => Answer::Cut(Ending::Hang),
        Fault::Truncate => Answer::Cut(Ending::Write(TRUNCATED.to_vec())),
        Fault::Garbage(bytes) => Answer::Cut(Ending::Write(bytes.clone())),
        Fault::Huge => Answer::Cut(Ending::HUGE),
        Fault::Html => Answer::ok(HTML, "<!doctype html><title>Sandbox</title><p>A page of a gateway.</p>"),
        Fault::Redirect => Answer::Http {
            status: StatusCode::FOUND,
            content_type: HTML,
            location: Some(REDIRECT_TARGET),
            body: Vec::new(),
        },
        Fault::Status(status) => {
            // hyper sends informational responses itself.
            let status = StatusCode::from_u16(*status)
                .ok()
                .filter(|status| !status.is_informational())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let body = format!("<!doctype html><title>{status}</title><p>{status}</p>");
            Answer::Http { status, content_type: HTML, location: None, body: body.into_bytes() }
        }
        Fault::Reply(body) => Answer::json(body.clone()),
        Fault::Echo => {
            let mut echo = format!("{} {target}\n\n", request.method).into_bytes();
            echo.extend_from_slice(&request.body);
            Answer::ok("text/plain; charset=utf-8", echo)
        }
        Fault::Busy => Answer::json(refusal::BUSY.answer()),
        Fault::Throttle => Answer::json(refusal::TOO_FAST.answer()),
    }
}

const HTML: &str = "text/html; charset=utf-8";

fn received(shared: &Shared, request: Request) -> Received {
    Received {
        robot: request.robot(&shared.robots).map(|at| shared.name(at).to_owned()),
        method: request.method,
        content_type: request.content_type,
        query_keys: request.query.into_iter().map(|(key, _)| plain_key(key)).collect(),
        body: request.body,
        body_length: request.length,
    }
}

/// Hides a key that might be a token, as in `/robot/send?<token>`.
fn plain_key(key: String) -> String {
    let is_name = key.len() <= 24 && key.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if is_name { key } else { "…".to_owned() }
}
