//! Messages of clients as they arrive: stricter than the protocol's library where parsers could differ, and more
//! lenient with the arguments of a call.

mod arguments;
pub(crate) mod batch;
mod json;

use hyper::body::Bytes;
use rmcp::{
    ErrorData,
    model::{
        CallToolRequest, CallToolRequestParams, CompleteRequestParams, Extensions, GetPromptRequestParams,
        InitializeRequestParams, PaginatedRequestParams, ReadResourceRequestParams, RequestId,
    },
};
use serde::{Deserialize as _, de::DeserializeOwned};
use serde_json::{Map, Value, error::Category};

pub(crate) use self::arguments::UnfitArguments;

/// Maximum length of a method, in bytes: an error names it.
const MAX_METHOD: usize = 128;

/// Maximum length of an error's reason, in characters: it may repeat a value.
const MAX_REASON: usize = 200;

/// Byte order mark, which some programs write first; JSON allows ignoring it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A text that a client sent.
#[derive(Debug)]
pub(crate) enum Input {
    One(Incoming),
    /// The messages of a batch, to be read by [`batch::read`], or the reason why nothing of it can be.
    Batch(Result<Vec<Value>, Box<ErrorData>>),
}

/// A message that can be handled.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) message: Value,
    /// Set if the message differs from the one that was sent.
    pub(crate) is_changed: bool,
    /// Set if the message is a call whose arguments are no object.
    pub(crate) unfit: Option<UnfitArguments>,
}

impl Incoming {
    /// Reports whether this is the method of the message.
    pub(crate) fn is(&self, method: &str) -> bool {
        self.message.get("method").is_some_and(|given| given == method)
    }

    /// Returns the id, if the message is a request.
    pub(crate) fn request_id(&self) -> Option<RequestId> {
        self.message.get("method")?;
        RequestId::deserialize(self.message.get("id")?).ok()
    }

    /// Returns the body of an HTTP request with this message, and notes there what makes arguments unfit.
    pub(crate) fn put_into(self, extensions: &mut hyper::http::Extensions, body: Bytes) -> Bytes {
        if let Some(unfit) = self.unfit {
            extensions.insert(unfit);
        }
        if self.is_changed { self.message.to_string().into() } else { body }
    }
}

/// A message that cannot be handled.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The id of the request, unless it is in doubt.
    pub(crate) id: Option<RequestId>,
    pub(crate) error: Box<ErrorData>,
    /// Set for an `initialize`, a method that not all protocol versions have.
    pub(crate) initializes: bool,
}

impl Refused {
    /// Creates the refusal of a message whose id is in doubt.
    pub(crate) fn unidentified(error: ErrorData) -> Self {
        Self { id: None, error: Box::new(error), initializes: false }
    }
}

/// Reads a text.
pub(crate) fn read(text: &[u8]) -> Result<Input, Refused> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let (json, has_halves) = match json::parse(text) {
        Ok(json) => (json, false),
        Err(error) => match json::with_whole_characters(text).map(|text| json::parse(&text)) {
            Some(Ok(json)) if arguments_of(&json.value).and_then(arguments::halves).is_some() => (json, true),
            _ if text.trim_ascii_start().starts_with(b"[") => {
                return Ok(Input::Batch(Err(Box::new(unparsable(text, &error)))));
            }
            _ => return Err(Refused::unidentified(unparsable(text, &error))),
        },
    };
    match json.value {
        Value::Array(_) if json.duplicate_at.is_some() => Ok(Input::Batch(Err(Box::new(twice())))),
        Value::Array(elements) => Ok(Input::Batch(Ok(elements))),
        message => {
            let mut incoming = check(message, json.duplicate_at)?;
            if has_halves {
                incoming.unfit = arguments_of(&incoming.message).and_then(arguments::halves);
                incoming.is_changed = true;
            }
            Ok(Input::One(incoming))
        }
    }
}

/// Takes the call of a tool out of a message that can be handled; returns any other message. The library's reader of
/// all messages tries one kind after another, and nearly all messages are calls.
pub(crate) fn take_call(message: Value) -> Result<(RequestId, serde_json::Result<CallToolRequest>), Value> {
    let is_of_requests = |key: &String| matches!(key.as_str(), "jsonrpc" | "id" | "method" | "params");
    let id = match &message {
        Value::Object(fields) if is_call(fields) && fields.keys().all(is_of_requests) => {
            fields.get("id").and_then(|id| RequestId::deserialize(id).ok())
        }
        _ => None,
    };
    match id {
        Some(id) => Ok((id, CallToolRequest::deserialize(message))),
        None => Err(message),
    }
}

fn is_call(fields: &Map<String, Value>) -> bool {
    fields.get("method").is_some_and(|method| method == "tools/call")
}

/// Returns what makes the arguments of a call unfit, from the request's context.
pub(crate) fn unfit_arguments(context: &Extensions) -> Option<&UnfitArguments> {
    let of_http = || context.get::<hyper::http::request::Parts>()?.extensions.get();
    context.get().or_else(of_http)
}

/// Returns the error for a message that is none.
pub(crate) fn not_a_message() -> ErrorData {
    ErrorData::invalid_request("the message is neither a request nor a notification of JSON-RPC 2.0", None)
}

/// Returns the error for a request whose id belongs to another one in progress: only one answer would have its reader.
pub(crate) fn id_in_use() -> ErrorData {
    let problem = "a request with this id is in progress and will be answered; nothing was done for this one";
    ErrorData::invalid_request(problem, None)
}

fn twice() -> ErrorData {
    ErrorData::invalid_request("the message has a key twice", None)
}

fn arguments_of(message: &Value) -> Option<&Value> {
    message.get("params")?.get("arguments")
}

fn check(mut message: Value, duplicate_at: Option<usize>) -> Result<Incoming, Refused> {
    let Some(fields) = message.as_object_mut() else {
        return Err(Refused::unidentified(not_a_message()));
    };
    let has_id = fields.contains_key("id");
    let id = fields.get("id").cloned().and_then(|id| serde_json::from_value::<RequestId>(id).ok());
    if has_id && id.is_none() && fields.contains_key("method") {
        let problem = "the `id` of a request must be a string or a whole number";
        return Err(Refused::unidentified(ErrorData::invalid_request(problem, None)));
    }
    let request = id.zip(fields.get("method").and_then(Value::as_str).map(str::to_owned));
    let Some((id, method)) = request.filter(|_| duplicate_at != Some(1)) else {
        return match duplicate_at {
            Some(_) => Err(Refused::unidentified(twice())),
            None => Ok(Incoming { message, is_changed: false, unfit: None }),
        };
    };
    match check_request(&method, fields, duplicate_at.is_some()) {
        Ok((is_changed, unfit)) => Ok(Incoming { message, is_changed, unfit }),
        Err(error) => {
            Err(Refused { id: Some(id), error: Box::new(error), initializes: method == "initialize" })
        }
    }
}

/// Checks a request's parameters and makes the arguments of a call an object.
fn check_request(
    method: &str,
    fields: &mut Map<String, Value>,
    has_duplicates: bool,
) -> Result<(bool, Option<UnfitArguments>), ErrorData> {
    let invalid = |problem: String| Err(ErrorData::invalid_params(problem, None));
    if fields.get("jsonrpc").is_none_or(|version| version != "2.0") || fields.contains_key("result") {
        return Err(not_a_message());
    }
    if method.len() > MAX_METHOD {
        let problem = format!("the method has more than {MAX_METHOD} bytes");
        return Err(ErrorData::new(rmcp::model::ErrorCode::METHOD_NOT_FOUND, problem, None));
    }
    if has_duplicates {
        return invalid("`params` has a key twice; parsers differ on which value counts".to_owned());
    }
    let mut none = Value::Null;
    let params = match fields.get_mut("params") {
        None => &mut none,
        Some(params @ (Value::Object(_) | Value::Null)) => params,
        Some(_) => return invalid("`params` must be an object".to_owned()),
    };
    let mut is_changed = false;
    let mut unfit = None;
    if method == "tools/call"
        && let Value::Object(params) = params
    {
        match arguments::make_object(params) {
            Ok(changed) => is_changed = changed,
            Err(found) => {
                params.insert("arguments".to_owned(), Map::new().into());
                (is_changed, unfit) = (true, Some(found));
            }
        }
    }
    match mismatch(method, params) {
        Some(problem) => invalid(problem),
        None => Ok((is_changed, unfit)),
    }
}

/// Returns how the parameters of a method differ from the protocol, which its library reports as an unknown method.
fn mismatch(method: &str, params: &Value) -> Option<String> {
    let problem = match method {
        "initialize" => unlike::<InitializeRequestParams>(params),
        "tools/call" if is_plain_call(params) => None,
        "tools/call" => unlike::<CallToolRequestParams>(params),
        "prompts/get" => unlike::<GetPromptRequestParams>(params),
        "resources/read" => unlike::<ReadResourceRequestParams>(params),
        "completion/complete" => unlike::<CompleteRequestParams>(params),
        "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list" => {
            unlike::<Option<PaginatedRequestParams>>(params)
        }
        _ => None,
    }?;
    Some(format!("invalid `params` of `{method}`: {problem}"))
}

/// Reports whether these are the parameters of a call as most clients write them, which need no further check.
fn is_plain_call(params: &Value) -> bool {
    let Value::Object(params) = params else { return false };
    let is_plain = |(key, value): (&String, &Value)| match key.as_str() {
        "name" => value.is_string(),
        "arguments" => value.is_object(),
        _ => false,
    };
    params.contains_key("name") && params.iter().all(is_plain)
}

fn unlike<P: DeserializeOwned>(params: &Value) -> Option<String> {
    let error = P::deserialize(params).err()?;
    if params.is_null() {
        return Some("missing".to_owned());
    }
    let reason = error.to_string();
    Some(match reason.char_indices().nth(MAX_REASON) {
        Some((at, _)) => format!("{}…", &reason[..at]),
        None => reason,
    })
}

/// Returns the error of a text that is not JSON, without its content.
fn unparsable(text: &[u8], error: &serde_json::Error) -> ErrorData {
    match error.classify() {
        _ if str::from_utf8(text).is_err() => ErrorData::parse_error("the message is not UTF-8", None),
        Category::Syntax | Category::Eof => {
            ErrorData::parse_error(format!("the message is not valid JSON: {error}"), None)
        }
        Category::Data | Category::Io => not_a_message(),
    }
}

#[cfg(test)]
mod tests;
