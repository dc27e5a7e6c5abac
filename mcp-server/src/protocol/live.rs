//! A handler that can be replaced while clients are connected.

use std::sync::{Arc, PoisonError, RwLock};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
        GetPromptRequestParams, GetPromptResponse, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams,
        ReadResourceResponse, ServerConfig, Tool,
    },
    service::RequestContext,
};

use super::Handler;

/// The handler in force. A request ends under the one under which it began.
#[derive(Clone)]
pub(crate) struct LiveHandler(Arc<RwLock<Handler>>);

impl LiveHandler {
    pub(crate) fn new(handler: Handler) -> Self {
        Self(Arc::new(RwLock::new(handler)))
    }

    /// Answers all further requests by this handler.
    pub(crate) fn replace(&self, handler: Handler) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = handler;
    }

    fn now(&self) -> Handler {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Everything that [`Handler`] answers.
impl ServerHandler for LiveHandler {
    fn get_info(&self) -> ServerConfig {
        self.now().get_info()
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.now().list_tools(page, context).await
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.now().get_tool(name)
    }

    async fn list_prompts(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.now().list_prompts(page, context).await
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.now().get_prompt(request, context).await
    }

    async fn list_resources(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.now().list_resources(page, context).await
    }

    async fn list_resource_templates(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.now().list_resource_templates(page, context).await
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.now().read_resource(request, context).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        self.now().complete(request, context).await
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.now().call_tool(request, context).await
    }
}
