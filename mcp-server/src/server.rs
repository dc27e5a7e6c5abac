//! A server: what it serves, and over what.

use std::{fmt, sync::Arc};

use dingtalk_core::{Deliver, Deployment, ToolSet, ToolType};
use rmcp::{RoleServer, ServiceExt as _, transport::IntoTransport};
use tokio::net::TcpListener;

use crate::{Error, HttpOptions, handler::Handler, http, stdio, stop::told_to_stop};

/// Serves notification types as MCP tools. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    handler: Handler,
}

/// Collects what a [`Server`] needs.
#[must_use]
pub struct ServerBuilder {
    deliver: Arc<dyn Deliver>,
    tools: Vec<ToolType>,
    deployment: Deployment,
}

impl Server {
    /// A server that delivers through `deliver`: a [`Robot`](dingtalk_core::Robot), or a
    /// [`Stub`](dingtalk_core::Stub) in tests.
    pub fn builder(deliver: impl Deliver + 'static) -> ServerBuilder {
        ServerBuilder { deliver: Arc::new(deliver), tools: Vec::new(), deployment: Deployment::new() }
    }

    /// Serves one client until it closes the connection.
    ///
    /// # Errors
    ///
    /// The client did not begin as the protocol says.
    pub async fn serve<T, E, A>(&self, transport: T) -> Result<(), Error>
    where
        T: IntoTransport<RoleServer, E, A>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let running = match self.handler.clone().serve(transport).await {
            Ok(running) => running,
            // A client that leaves before it has said anything has nothing to complain about.
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(Error::Protocol(error.to_string())),
        };
        running.waiting().await.map_err(|error| Error::Protocol(error.to_string()))?;
        Ok(())
    }

    /// Serves one client over stdin and stdout until stdin ends or the process is told to stop. Calls that are in
    /// flight by then have one second to finish.
    ///
    /// A stuck read may outlive this future: a program has nothing to wait for afterwards and should exit.
    ///
    /// # Errors
    ///
    /// The client did not begin as the protocol says.
    pub async fn serve_stdio(&self) -> Result<(), Error> {
        stdio::serve(self).await
    }

    /// Serves clients over Streamable HTTP, on the path `/mcp`, until the process is told to stop. Calls that are in
    /// flight by then may end. `/healthz` answers whoever asks whether the server runs.
    ///
    /// ```no_run
    /// use dingtalk_core::Robot;
    /// use dingtalk_mcp::{HttpOptions, Server, builtin_tools};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = Server::builder(Robot::from_env()?).tools(builtin_tools()).build()?;
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8100").await?;
    /// server.serve_http(listener, HttpOptions::new()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The options do not fit the address: see [`HttpOptions`].
    pub async fn serve_http(&self, listener: TcpListener, options: HttpOptions) -> Result<(), Error> {
        http::serve(self.handler.clone(), listener, options, told_to_stop()).await
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("tools", &self.handler.tool_names()).finish_non_exhaustive()
    }
}

impl ServerBuilder {
    /// Adds tools; usually written `tools![CpuAlert, DiskAlert]`.
    pub fn tools(mut self, tools: impl IntoIterator<Item = ToolType>) -> Self {
        self.tools.extend(tools);
        self
    }

    /// Sets what the tools' definitions say of delivery.
    pub fn deployment(mut self, deployment: Deployment) -> Self {
        self.deployment = deployment;
        self
    }

    /// Checks that the tools can be served together.
    ///
    /// # Errors
    ///
    /// Names everything that keeps the tools from being served together: see [`ToolSet::new`].
    pub fn build(self) -> Result<Server, Error> {
        let tools = ToolSet::new(self.tools)?;
        Ok(Server { handler: Handler::new(self.deliver, tools, self.deployment) })
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder").field("tools", &self.tools.len()).finish_non_exhaustive()
    }
}
