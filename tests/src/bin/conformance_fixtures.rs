//! Tools with the names that the official conformance suite calls, on the unmodified server: the suite sees
//! answers, errors, progress and elicitation as every client does.
//!
//! Serves over HTTP on two free ports and prints them: first the tools without confirmation, then those that
//! require it for each message. Sends nothing anywhere.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use dingtalk_core::{
    Deliver, Envelope, Error, Message, Notification, Receipt,
    delivery::{BoxFuture, Outcome},
    tools,
};
use dingtalk_notify::{Confirm, HttpOptions, Server};
use tokio::{net::TcpListener, time::sleep};

/// Send a text that the suite reads.
#[derive(Notification)]
#[dingtalk(text("simple text"), tool(name = "test_simple_text", when = "the suite reads a text"))]
struct SimpleText {}

/// Refuse every call of the suite, since none has the required argument.
#[derive(Notification)]
#[dingtalk(text("{missing}"), tool(name = "test_error_handling", when = "the suite reads an error"))]
struct ErrorHandling {
    /// Argument that no call of the suite has, for example `x`.
    #[dingtalk(length(1..=8))]
    missing: String,
}

/// Send slowly, so that the suite sees three reports of progress.
#[derive(Notification)]
#[dingtalk(text("slow"), tool(name = "test_tool_with_progress", when = "the suite watches progress"))]
struct ToolWithProgress {}

/// Send so slowly that the suite closes the stream and comes back.
#[derive(Notification)]
#[dingtalk(text("very slow"), tool(name = "test_reconnection", when = "the suite loses its connection"))]
struct Reconnection {}

/// Send without writing to the client's log.
#[derive(Notification)]
#[dingtalk(text("logging"), tool(name = "test_logging_tool", when = "the suite watches for logs"))]
struct LoggingTool {}

/// Defines a tool that requires confirmation.
macro_rules! asking {
    ($name:ident, $tool:literal, $description:literal, $when:literal) => {
        #[doc = $description]
        #[derive(Notification)]
        #[dingtalk(text("{message}"), tool(name = $tool, when = $when))]
        struct $name {
            /// Text that the suite wants to be shown, for example `Please answer`.
            #[dingtalk(length(..=200), default = "A question of the suite")]
            message: String,
        }
    };
}

asking!(
    Elicitation,
    "test_elicitation",
    "Ask before a message of the suite.",
    "the suite answers a question"
);
asking!(
    InputRequired,
    "test_input_required_result_elicitation",
    "Ask by an answer, and take what comes back.",
    "the suite answers in a further call"
);
asking!(
    RequestState,
    "test_input_required_result_request_state",
    "Ask, and know the question again by its state.",
    "the suite hands back a state"
);
asking!(
    TamperedState,
    "test_input_required_result_tampered_state",
    "Ask, and recognize a state that was changed.",
    "the suite hands back another state"
);
asking!(
    StreamingElicitation,
    "test_streaming_elicitation",
    "Ask where an answer may be a stream of events.",
    "the suite reads the stream"
);

/// Long enough for three reports of progress, which come every two seconds.
const SLOW: Duration = Duration::from_secs(7);

/// Longer than the ten seconds for which the suite reads a stream.
const VERY_SLOW: Duration = Duration::from_secs(12);

/// Accepts every message, slowly if the test is about progress.
struct Nowhere;

impl Deliver for Nowhere {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async move {
            match &envelope.message {
                Message::Text(text) if text.content == "slow" => sleep(SLOW).await,
                Message::Text(text) if text.content == "very slow" => sleep(VERY_SLOW).await,
                _ => {}
            }
            Ok(Receipt::new(envelope.id, Outcome::Delivered))
        })
    }
}

async fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stderr(), "serving MCP at http://{}/mcp", listener.local_addr()?)?;
    Ok(listener)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let plain = tools![SimpleText, ErrorHandling, ToolWithProgress, Reconnection, LoggingTool];
    let plain = Server::builder(Nowhere).tools(plain).build()?;
    let asking = tools![Elicitation, InputRequired, RequestState, TamperedState, StreamingElicitation];
    let asking = Server::builder(Nowhere).confirm(Confirm::Always).tools(asking).build()?;
    let (first, second) = (listen().await?, listen().await?);
    tokio::try_join!(
        plain.serve_http(first, HttpOptions::new()),
        asking.serve_http(second, HttpOptions::new()),
    )?;
    Ok(())
}
