//! The least that an MCP server with a sending tool can be: what `dingtalk-mcp` costs on top of it is our doing.
//!
//! It has one tool, without checks, whose call posts the text over one plain TCP connection that stays open.

use std::{env, error::Error, sync::Arc};

use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt as _,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde_json::json;
use tokio::{
    io::{self, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Mutex,
};

/// Where the robot listens: `127.0.0.1:8080`.
const ROBOT: &str = "BARE_SERVER_ROBOT";

/// More than the robot's whole answer.
const ANSWER_BYTES: usize = 4096;

struct Handler {
    robot: String,
    connection: Mutex<Option<TcpStream>>,
}

impl Handler {
    /// Posts the text and reads the answer, which the robot sends in one piece.
    async fn post(&self, text: &str) -> io::Result<String> {
        let mut connection = self.connection.lock().await;
        let stream = match &mut *connection {
            Some(stream) => stream,
            connection => {
                let stream = TcpStream::connect(&self.robot).await?;
                stream.set_nodelay(true)?;
                connection.insert(stream)
            }
        };
        let body = json!({"msgtype": "text", "text": {"content": text}}).to_string();
        let head = format!(
            "POST /robot/send HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.robot,
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
        let mut answer = [0; ANSWER_BYTES];
        let length = stream.read(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
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
        let answer = self.post(text).await;
        let answer = answer.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let content = vec![ContentBlock::text("sent")];
        let sent = answer.contains("\"errcode\":0");
        Ok(if sent { CallToolResult::success(content) } else { CallToolResult::error(content) }.into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let handler = Handler { robot: env::var(ROBOT)?, connection: Mutex::new(None) };
    handler.serve(rmcp::transport::stdio_pipes()).await?.waiting().await?;
    Ok(())
}
