//! Answers whose connection breaks: the client comes back with `Last-Event-ID`, or makes the call again.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
mod served;

use program::PATIENCE;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use served::{Served, answer, body, client, hello, modern, post};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// A robot that answers on demand.
struct Robot(TcpListener);

impl Robot {
    async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn serve(&self) -> Served {
        Served::serve(&[], &[("DINGTALK_BOT_BASE_URL", &format!("http://{}", self.0.local_addr().unwrap()))])
    }

    /// Reads the next request, and returns its connection.
    async fn take(&self) -> TcpStream {
        let (mut stream, _) = timeout(PATIENCE, self.0.accept()).await.unwrap().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            assert!(stream.read_buf(&mut request).await.unwrap() > 0, "the request ends early");
        }
        stream
    }

    async fn accept(mut stream: TcpStream) {
        let body = r#"{"errcode":0,"errmsg":"ok"}"#;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    }

    async fn assert_idle(&self) {
        let request = timeout(std::time::Duration::from_millis(300), self.0.accept()).await;
        assert!(request.is_err(), "the message was sent twice");
    }
}

/// One event of a stream.
#[derive(Debug)]
struct Event {
    id: String,
    message: Value,
}

/// A stream of events, as far as it has been read.
struct Events {
    response: Response,
    text: String,
}

impl Events {
    fn of(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        Self { response, text: String::new() }
    }

    /// Returns the next event; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("").trim();
                let (id, data) = (field("id:").to_owned(), field("data:").to_owned());
                self.text = String::from(rest);
                // Comments keep the connection.
                if id.is_empty() && data.is_empty() {
                    continue;
                }
                return Some(Event { id, message: serde_json::from_str(&data).unwrap_or_default() });
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.unwrap().unwrap()?;
            self.text.push_str(str::from_utf8(&chunk).unwrap());
        }
    }

    /// Reads up to a message that the predicate accepts.
    async fn until(&mut self, found: impl Fn(&Value) -> bool) -> Event {
        loop {
            let event = self.next().await.expect("the stream ends early");
            if found(&event.message) {
                return event;
            }
        }
    }
}

struct Session<'a> {
    served: &'a Served,
    id: String,
}

impl<'a> Session<'a> {
    async fn begin(served: &'a Served, capabilities: &str) -> Self {
        let hello = hello().replace("\"capabilities\":{}", &format!("\"capabilities\":{capabilities}"));
        let greeted = post(&served.url, hello).send().await.unwrap();
        let id = greeted.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let session = Self { served, id };
        let noted = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(session.post(&noted).await.status(), StatusCode::ACCEPTED);
        session
    }

    async fn post(&self, message: &Value) -> Response {
        let request = post(&self.served.url, message.to_string());
        request
            .header("mcp-session-id", &self.id)
            .header("mcp-protocol-version", "2025-11-25")
            .send()
            .await
            .unwrap()
    }

    async fn call(&self, id: u32, text: &str, more: &Value) -> Events {
        let mut params =
            json!({"name": "send_text_message", "arguments": {"text": text}, "_meta": {"progressToken": 7}});
        for (name, value) in more.as_object().into_iter().flatten() {
            params["arguments"][name] = value.clone();
        }
        let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
        Events::of(self.post(&call).await)
    }

    /// Comes back to a stream.
    async fn resume(&self, last_event: &str) -> Response {
        let get = client().get(&self.served.url).header("accept", "text/event-stream");
        let get = get.header("mcp-session-id", &self.id).header("mcp-protocol-version", "2025-11-25");
        get.header("last-event-id", last_event).send().await.unwrap()
    }
}

fn is_answer(message: &Value) -> bool {
    message.get("id").is_some() && message.get("method").is_none()
}

fn status(event: &Event) -> &Value {
    &event.message["result"]["structuredContent"]["status"]
}

#[tokio::test]
async fn a_stream_that_breaks_in_the_middle_is_continued() {
    let robot = Robot::start().await;
    let served = robot.serve();
    let session = Session::begin(&served, "{}").await;
    let mut events = session.call(5, "broken", &json!({})).await;
    let at_robot = robot.take().await;
    let progress = events.until(|message| message["method"] == "notifications/progress").await;
    drop(events);

    let mut events = Events::of(session.resume(&progress.id).await);
    // The id is in use as long as the call is.
    let again = session.post(&json!({"jsonrpc": "2.0", "id": 5, "method": "ping"})).await;
    assert!(answer(again).await["error"]["message"].as_str().unwrap().contains("a request with this id"));
    Robot::accept(at_robot).await;
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        assert_ne!(event.id, progress.id, "an event is repeated");
        seen.push(event);
    }
    let last = seen.last().unwrap();
    assert_eq!((&last.message["id"], status(last)), (&json!(5), &json!("delivered")), "{seen:?}");
    assert_eq!(seen.iter().filter(|event| is_answer(&event.message)).count(), 1);

    // There is nothing more, and the client is told so.
    assert_eq!(session.resume(&last.id).await.status(), StatusCode::NO_CONTENT);
    robot.assert_idle().await;
}

#[tokio::test]
async fn an_answer_that_came_while_nobody_read_is_there_afterwards() {
    let robot = Robot::start().await;
    let served = robot.serve();
    let session = Session::begin(&served, "{}").await;
    let mut events = session.call(5, "unread", &json!({})).await;
    let primed = events.next().await.unwrap();
    assert_eq!(primed.message, Value::Null);
    let at_robot = robot.take().await;
    drop(events);
    Robot::accept(at_robot).await;
    // Other calls come and go.
    let mut other = session.call(6, "other", &json!({})).await;
    Robot::accept(robot.take().await).await;
    assert_eq!(status(&other.until(is_answer).await), "delivered");

    for _ in 0..2 {
        let mut events = Events::of(session.resume(&primed.id).await);
        let found = events.until(is_answer).await;
        assert_eq!((&found.message["id"], status(&found)), (&json!(5), &json!("delivered")));
        assert!(events.next().await.is_none(), "the stream ends with its answer");
    }
    robot.assert_idle().await;
}

#[tokio::test]
async fn a_question_is_asked_once_on_whichever_stream() {
    let robot = Robot::start().await;
    let served = robot.serve();
    let session = Session::begin(&served, r#"{"elicitation":{"form":{}}}"#).await;
    let mut events = session.call(5, "question", &json!({"atAll": true})).await;
    let primed = events.next().await.unwrap();
    drop(events);
    let is_question = |message: &Value| message["method"] == "elicitation/create";
    let mut events = Events::of(session.resume(&primed.id).await);
    let question = events.until(is_question).await;
    drop(events);

    let mut events = Events::of(session.resume(&question.id).await);
    let yes = json!({"action": "accept", "content": {"answer": "yes"}});
    let yes = session.post(&json!({"jsonrpc": "2.0", "id": question.message["id"], "result": yes})).await;
    assert_eq!(yes.status(), StatusCode::ACCEPTED);
    Robot::accept(robot.take().await).await;
    loop {
        let event = events.next().await.unwrap();
        assert!(!is_question(&event.message), "the person is asked twice");
        if is_answer(&event.message) {
            assert_eq!(status(&event), "delivered", "{event:?}");
            break;
        }
    }
}

#[tokio::test]
async fn a_request_whose_answer_is_lost_is_answered_by_an_error() {
    let robot = Robot::start().await;
    let served = robot.serve();
    let session = Session::begin(&served, "{}").await;
    let primed = session.call(5, "lost", &json!({})).await.next().await.unwrap();
    Robot::accept(robot.take().await).await;
    let id = session.id.clone();
    drop(served);

    let served = robot.serve();
    let session = Session { served: &served, id };
    let mut events = Events::of(session.resume(&primed.id).await);
    let error = events.until(is_answer).await;
    assert_eq!(error.message["id"], 5);
    let words = error.message["error"]["message"].as_str().unwrap();
    assert!(words.contains("Make the same call again"), "{words}");
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn what_names_no_event_has_nothing_to_follow() {
    let served = Served::serve(&["--dry-run"], &[]);
    let session = Session::begin(&served, "{}").await;
    for junk in [
        "x",
        "-1",
        "1/2",
        "01J/1/5",
        "99999999999999999999",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV/0/",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV/0/[5]",
    ] {
        assert_eq!(session.resume(junk).await.status(), StatusCode::NO_CONTENT, "{junk}");
    }
    // Another session's answer is not readable.
    let mut events = session.call(5, "mine", &json!({})).await;
    let primed = events.next().await.unwrap();
    assert_eq!(status(&events.until(is_answer).await), "dry_run");
    let other = Session::begin(&served, "{}").await;
    let mut events = Events::of(other.resume(&primed.id).await);
    assert!(events.next().await.unwrap().message.get("error").is_some());
}

/// In newer versions of the protocol, no answer can be continued: the call is made again.
#[tokio::test]
async fn a_repeated_call_has_the_result_of_the_one_whose_answer_was_lost() {
    let robot = Robot::start().await;
    let served = robot.serve();
    let call = json!({"name": "send_text_message", "arguments": {"text": "once"}});
    let lost = tokio::spawn(modern(&served.url, "tools/call", call.clone()).send());
    Robot::accept(robot.take().await).await;
    // The answer is on its way, or even here.
    let lost = lost.await.unwrap().unwrap();
    drop(lost);
    let again = answer(modern(&served.url, "tools/call", call).send().await.unwrap()).await;
    let facts = &again["result"]["structuredContent"];
    assert_eq!(facts["status"], "duplicate", "{again}");
    assert!(facts["id"].is_string(), "{again}");
    robot.assert_idle().await;

    // The same over a session, for a request of its own.
    let session = Session::begin(&served, "{}").await;
    let listed =
        answer(session.post(&serde_json::from_str(&body("tools/list", &json!({}))).unwrap()).await).await;
    assert!(listed["result"]["tools"].is_array(), "{listed}");
    let mut events = session.call(9, "once", &json!({})).await;
    let found = events.until(is_answer).await;
    assert_eq!(
        (status(&found), &found.message["result"]["structuredContent"]["id"]),
        (&json!("duplicate"), &facts["id"])
    );
    robot.assert_idle().await;
}
