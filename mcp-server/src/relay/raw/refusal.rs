//! Refusals in the form of DingTalk's answers, with its codes. Unlike DingTalk, the relay answers them with a status of
//! their own: 200 means that the message is in the queue.

use std::time::Duration;

use axum::response::Response;
use hyper::StatusCode;
use serde_json::json;

use super::super::reply;
use crate::transport::http::as_json;

/// The code of refusals that are the relay's own; DingTalk uses it for missing parameters.
const OWN: i64 = 40035;

/// Maximum length of a text from outside that an answer repeats, in characters.
const MAX_SHOWN: usize = 64;

/// The refusal of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    pub(super) code: i64,
    pub(super) message: String,
    retry_after: Option<Duration>,
}

impl Refusal {
    fn new(status: StatusCode, code: i64, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    fn bad(code: i64, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(super) fn not_post() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, 43002, "需要POST请求")
    }

    pub(super) fn content_type() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, 43004, "无效的HTTP HEADER Content-Type")
    }

    pub(super) fn no_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 40035, "缺少参数 access_token")
    }

    /// Refuses a token. It may be a robot's own, so it is not repeated.
    pub(super) fn unknown_token(token: &str) -> Self {
        let is_of_robot = token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        let message = if is_of_robot {
            "token is not exist: this is the token of a robot of DingTalk; the relay has tokens of its own, in `[tokens]` \
             of its file"
        } else {
            "token is not exist"
        };
        Self::new(StatusCode::UNAUTHORIZED, 300_005, message)
    }

    pub(super) fn forbidden(problem: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, 300_005, problem)
    }

    pub(super) fn timestamp() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 310_000, "invalid timestamp")
    }

    pub(super) fn signature() -> Self {
        let message = "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中，\
                       请确认机器人的密钥加密和填写正确;";
        Self::new(StatusCode::UNAUTHORIZED, 310_000, message)
    }

    pub(super) fn too_fast(wait: Duration) -> Self {
        let message = "send too fast: the token has used up its rate";
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, 130_101, message);
        Self { retry_after: Some(wait), ..refusal }
    }

    /// Refuses a body that could not be read.
    pub(super) fn unread(status: StatusCode) -> Self {
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            return Self { status, ..Self::too_long() };
        }
        Self::new(status, OWN, "缺少参数 json")
    }

    pub(super) fn too_long() -> Self {
        Self::bad(460_101, "description: body 大小不合法;solution:请保持大小在 20000bytes 以内;")
    }

    pub(super) fn not_json() -> Self {
        Self::bad(40035, "缺少参数 json")
    }

    pub(super) fn no_type() -> Self {
        Self::bad(300_001, "msgtype is null")
    }

    pub(super) fn unsupported_type(name: &str) -> Self {
        let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_SHOWN).collect();
        Self::bad(400_105, format!("错误描述: 不支持类型 msgType:{name} ;解决方案:请使用支持的类型;"))
    }

    /// Refuses a field that is missing or empty; `path` is written `text->content`.
    pub(super) fn missing(code: i64, path: &str) -> Self {
        Self::bad(code, format!("miss param : {path}"))
    }

    /// Refuses a message for a reason of the relay's own.
    pub(super) fn invalid(problem: &str) -> Self {
        Self::bad(OWN, format!("description:{problem};"))
    }

    pub(super) fn busy() -> Self {
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, -1, "系统繁忙");
        Self { retry_after: Some(Duration::from_secs(5)), ..refusal }
    }

    pub(super) fn into_response(self) -> Response {
        let body = json!({"errcode": self.code, "errmsg": self.message});
        let response = as_json(self.status, body.to_string());
        match self.retry_after {
            None => response,
            wait => reply::retry_after(response, wait),
        }
    }
}
