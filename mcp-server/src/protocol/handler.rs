//! Answers to the protocol's requests.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use dingtalk_core::tool::ToolSet;
use hyper::http::request::Parts;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
        CompletionInfo, Extensions, GetPromptRequestParams, GetPromptResponse, Implementation,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        PaginatedRequestParams, ProgressNotificationParam, ProgressToken, ReadResourceRequestParams,
        ReadResourceResponse, ReadResourceResult, ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
    },
    service::RequestContext,
};
use serde_json::json;
use tokio::time::{Instant, interval_at, timeout};

use super::{
    completion,
    instructions::instructions,
    message::{self, UnfitArguments},
    prompts, request_id, resources, result,
};
use crate::{
    call::{
        Calls, Request,
        consent::{Consent, Consents},
        queue::CallQueue,
        repeat::{Caller, Delivery},
        rights::Rights,
        status,
    },
    definition::{Definition, Deployment, STATUS_TOOL},
    metrics::Metrics,
};

/// Time for which a client may cache the list of tools, which changes only with the program.
const LIST_TTL_MS: u64 = 3_600_000;

const FOREIGN_STATE: &str = "nothing was sent: `requestState` was not issued by this server for this call; call again without it \
     to ask the person anew";

/// Maximum length of a value that an error repeats, in characters.
const MAX_SHOWN: usize = 128;

/// Maximum length of an error, in characters: it may repeat a value.
const MAX_PROBLEM: usize = 500;

/// Interval of progress reports for a client that asked for them: well below the shortest timeout of a client.
const PROGRESS: Duration = Duration::from_secs(2);

/// Answers for a set of tools. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Handler(Arc<Inner>);

struct Inner {
    this: Implementation,
    instructions: String,
    calls: Calls,
    consents: Consents,
    tools: ToolSet,
    deployment: Deployment,
    /// Created on the first request, so that starting costs nothing.
    definitions: OnceLock<Vec<Tool>>,
}

impl Handler {
    pub(crate) fn new(this: Implementation, calls: Calls, tools: ToolSet, deployment: Deployment) -> Self {
        Self(Arc::new(Inner {
            this,
            instructions: instructions(&tools, deployment.queue),
            calls,
            consents: Consents::default(),
            tools,
            deployment,
            definitions: OnceLock::new(),
        }))
    }

    pub(crate) fn tools(&self) -> &ToolSet {
        &self.0.tools
    }

    pub(crate) fn deployment(&self) -> &Deployment {
        &self.0.deployment
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.calls.metrics
    }

    #[cfg(feature = "program")]
    pub(crate) fn calls(&self) -> &Calls {
        &self.0.calls
    }

    pub(crate) fn tool_names(&self) -> Vec<String> {
        let tools = &self.0.tools;
        let names = tools.iter().map(|tool| tool.spec().name);
        let names = names.chain(self.0.deployment.queue.then_some(STATUS_TOOL));
        names.map(|name| tools.served_name(name).into_owned()).collect()
    }

    /// Returns the queue, if this is the name of the tool that reports the status of its messages.
    fn queue_for_status(&self, tool: &str) -> Option<&CallQueue> {
        let queue = self.0.calls.dispatcher.queue()?;
        (self.0.deployment.queue && self.0.tools.served_name(STATUS_TOOL) == tool).then_some(queue)
    }

    fn definitions(&self) -> &[Tool] {
        self.0.definitions.get_or_init(|| {
            self.0.deployment.definitions(&self.0.tools).into_iter().map(to_protocol).collect()
        })
    }
}

/// Refuses a cursor: all lists have one page, so none was given out.
fn first_page(page: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match page.and_then(|page| page.cursor) {
        None => Ok(()),
        Some(_) => Err(ErrorData::invalid_params(
            "unknown cursor: the list has one page; ask for it without a cursor",
            None,
        )),
    }
}

/// Returns the rights of the token of a call's HTTP request, if it has a name.
fn rights_of(context: &Extensions) -> Option<&Rights> {
    context.get::<Parts>()?.extensions.get::<Arc<Rights>>().map(|rights| &**rights)
}

/// Cuts a text that may come from outside.
fn cut(mut text: String, characters: usize) -> String {
    if let Some((at, _)) = text.char_indices().nth(characters) {
        text.truncate(at);
        text.push('…');
    }
    text
}

fn to_protocol(definition: Definition) -> Tool {
    let hints = definition.annotations;
    Tool::new(definition.name, definition.description, Arc::new(definition.input_schema))
        .with_title(definition.title.clone())
        .with_raw_output_schema(Arc::new(definition.output_schema))
        .with_annotations(ToolAnnotations::from_raw(
            Some(definition.title),
            Some(hints.read_only),
            Some(hints.destructive),
            Some(hints.idempotent),
            Some(hints.open_world),
        ))
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let offered = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_completions()
            .build();
        ServerConfig::new(offered)
            .with_server_info(self.0.this.clone())
            .with_instructions(&*self.0.instructions)
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        first_page(page)?;
        let mut list = ListToolsResult::with_all_items(self.definitions().to_vec());
        list.ttl_ms = Some(LIST_TTL_MS);
        list.cache_scope = Some(CacheScope::Public);
        Ok(list)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.definitions().iter().find(|tool| tool.name == name).cloned()
    }

    async fn list_prompts(
        &self,
        page: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        first_page(page)?;
        let mut list = ListPromptsResult::with_all_items(prompts::list(&self.0.deployment));
        list.ttl_ms = Some(LIST_TTL_MS);
        list.cache_scope = Some(CacheScope::Public);
        Ok(list)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let prompt = prompts::get(&request.name, &arguments, &self.0.tools, &self.0.deployment);
        prompt.map(Into::into).map_err(|problem| ErrorData::invalid_params(cut(problem, MAX_PROBLEM), None))
    }

    async fn list_resources(
        &self,
        page: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        first_page(page)?;
        let mut list = ListResourcesResult::with_all_items(resources::list(&self.0.tools));
        list.ttl_ms = Some(LIST_TTL_MS);
        list.cache_scope = Some(CacheScope::Public);
        Ok(list)
    }

    async fn list_resource_templates(
        &self,
        page: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        first_page(page)?;
        let mut list = ListResourceTemplatesResult::with_all_items(resources::templates(&self.0.deployment));
        list.ttl_ms = Some(LIST_TTL_MS);
        list.cache_scope = Some(CacheScope::Public);
        Ok(list)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        if let Some(id) = resources::message_id(&request.uri)
            && let Some(queue) = self.0.calls.dispatcher.queue()
        {
            let answer = status::of(queue, &id).await;
            // It changes from one moment to the next.
            return Ok(ReadResourceResult::new(vec![resources::status(&request.uri, &answer)]).into());
        }
        match resources::read(&request.uri, &self.0.tools, &self.0.deployment) {
            Some(contents) => {
                let mut result = ReadResourceResult::new(vec![contents]);
                result.ttl_ms = Some(LIST_TTL_MS);
                result.cache_scope = Some(CacheScope::Public);
                Ok(result.into())
            }
            None => {
                let uri = json!({"uri": cut(request.uri, MAX_SHOWN)});
                Err(ErrorData::resource_not_found("resource not found", Some(uri)))
            }
        }
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let mut values = completion::complete(&request, &self.0.tools, &self.0.deployment);
        values.truncate(CompletionInfo::MAX_VALUES);
        let values = CompletionInfo::with_all_values(values);
        Ok(CompleteResult::new(values.map_err(|problem| ErrorData::internal_error(problem, None))?))
    }

    async fn call_tool(
        &self,
        mut request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if let Some(queue) = self.queue_for_status(&request.name) {
            let arguments = request.arguments.take().unwrap_or_default();
            return Ok(result::of_status(&status::answer(queue, arguments).await).into());
        }
        let Some(tool) = self.0.tools.get(&request.name) else {
            let names = self.tool_names().join(", ");
            let name = cut(request.name.into_owned(), MAX_SHOWN);
            let message = format!("unknown tool {name:?}; expected one of {names}");
            return Err(ErrorData::invalid_params(message, None));
        };
        let calls = &self.0.calls;
        let log_id = request_id::of(&context.extensions);
        let rights = rights_of(&context.extensions);
        if let Some(UnfitArguments(faults)) = message::unfit_arguments(&context.extensions) {
            return Ok(result::of(&calls.invalid(tool, faults.clone(), rights, log_id).answer).into());
        }
        let client = context.client_info().map(|client| client.name);
        // The same call with another token is another call.
        let client = match rights {
            Some(rights) => Some(format!("{}\0{}", rights.token, client.unwrap_or_default())),
            None => client,
        };
        let call = Request {
            tool,
            arguments: request.arguments.take().unwrap_or_default(),
            robot: None,
            caller: Caller::Client(client.as_deref()),
            rights,
            log_id,
        };
        let mut ready = match calls.prepare(call) {
            Ok(ready) => ready,
            Err(ended) => return Ok(result::of(&ended.answer).into()),
        };
        // A call that sends nothing needs no confirmation.
        if let Some(question) = ready.question
            && !calls.is_settled(&ready).await
        {
            // Boxed, since asking is rare and its future is large.
            match Box::pin(self.0.consents.ask(question, &ready, &request, &context)).await {
                Consent::Given => ready.confirm(client.as_deref().unwrap_or("an MCP client"), question),
                Consent::Ask(question) => return Ok((*question).into()),
                Consent::Refused(refusal) => return Ok(result::of(&ready.refused(refusal).answer).into()),
                Consent::Forged => return Err(ErrorData::invalid_params(FOREIGN_STATE, None)),
            }
        }
        let deadline = calls.dispatcher.deadline();
        let meanwhile = |delivery| report_progress(&context, delivery, deadline);
        let ended = calls.send(ready, context.ct.cancelled(), meanwhile).await;
        Ok(result::of(&ended.answer).into())
    }
}

/// Reports to a client that asked for progress how long its call has been waiting.
async fn report_progress(context: &RequestContext<RoleServer>, delivery: Arc<Delivery>, deadline: Duration) {
    if let Some(token) = context.meta.get_progress_token() {
        // Boxed, so that calls without progress reports have a small future.
        Box::pin(report_to(token, context, delivery, deadline)).await;
    }
}

async fn report_to(
    token: ProgressToken,
    context: &RequestContext<RoleServer>,
    delivery: Arc<Delivery>,
    deadline: Duration,
) {
    let began = Instant::now();
    let mut ticks = interval_at(began + PROGRESS, PROGRESS);
    loop {
        ticks.tick().await;
        let words = if delivery.is_held() { "waiting for a free slot; not sent yet" } else { "sending" };
        let progress = ProgressNotificationParam::new(token.clone(), began.elapsed().as_secs_f64())
            .with_total(deadline.as_secs_f64())
            .with_message(words);
        // A client that does not read must not block its own call.
        let _ = timeout(PROGRESS, context.peer.notify_progress(progress)).await;
    }
}
