//! A minimal MCP server with one sending tool, as the baseline for `dingtalk-notify`.
//!
//! Its tool makes no checks and posts the text through a plain HTTP client with persistent connections. It
//! does not sign, limit its rate or recognise repeated calls, and does not report the robot's answer. Without
//! an argument, it serves stdin and stdout; with `--http`, a free port, which it writes to stderr.

use std::{
    env,
    error::Error,
    io::{self, Write as _},
    net::Ipv4Addr,
    sync::Arc,
};

use http_body_util::{BodyExt as _, Full};
use hyper::{Request, body::Bytes, header::CONTENT_TYPE, server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt as _,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde_json::json;
use tokio::net::TcpListener;

/// Address of the robot: `127.0.0.1:8080`.
const ROBOT: &str = "BARE_SERVER_ROBOT";

type Failure = Box<dyn Error + Send + Sync>;

#[derive(Clone)]
struct Handler {
    url: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Handler {
    fn new(robot: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { url: format!("http://{robot}/robot/send"), client }
    }

    /// Posts the text and reads the answer to its end.
    async fn post(&self, text: &str) -> Result<(), Failure> {
        let body = json!({"msgtype": "text", "text": {"content": text}}).to_string();
        let request = Request::post(&*self.url)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))?;
        self.client.request(request).await?.into_body().collect().await?;
        Ok(())
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema =
            json!({"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]});
        let schema = schema.as_object().cloned().unwrap_or_default();
        let tool = Tool::new("send_text_message", "Post plain text to a group.", Arc::new(schema));
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let text = arguments.get("text").and_then(|text| text.as_str()).unwrap_or_default();
        let posted = self.post(text).await;
        posted.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(CallToolResult::success(vec![ContentBlock::text("sent")]).into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let robot = env::var(ROBOT).map_err(|_| format!("{ROBOT} is not set"))?;
    let handler = Handler::new(&robot);
    if env::args().any(|argument| argument == "--http") {
        return serve_http(handler).await;
    }
    handler.serve(rmcp::transport::stdio_pipes()).await?.waiting().await?;
    Ok(())
}

async fn serve_http(handler: Handler) -> Result<(), Failure> {
    let config = StreamableHttpServerConfig::default().with_json_response(true);
    let sessions = Arc::new(LocalSessionManager::default());
    let protocol = StreamableHttpService::new(move || Ok(handler.clone()), sessions, config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    writeln!(io::stderr(), "http://{}/mcp", listener.local_addr()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let protocol = protocol.clone();
        let answer = service_fn(move |request| {
            let protocol = protocol.clone();
            async move { Ok::<_, Failure>(protocol.handle(request).await) }
        });
        // An error means that the client has disconnected.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}
