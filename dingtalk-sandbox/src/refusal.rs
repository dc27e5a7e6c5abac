//! Refusals: their codes and wordings, and advice for the sender.
//!
//! This file holds every code and wording that the sandbox answers. If several generations of a wording are known, the
//! newest is used. A comment beside each states its source:
//!
//! - *documented*: DingTalk's own pages (`custom-robots-send-group-messages`, the global error codes);
//! - *seen*: a server reply quoted in public code, logs or issues;
//! - *by pattern*: derived from its neighbours, never seen;
//! - *ours*: the sandbox is stricter than DingTalk is known to be, and says so in the wording.

use serde::Serialize;

/// The refusal of a request, with the code and wording of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// `errcode` of the answer. One code has several meanings in DingTalk: match on the wording too.
    pub code: i64,
    /// `errmsg` of the answer.
    pub message: String,
    /// Advice for the sender, if there is any.
    pub advice: Option<Advice>,
}

/// Advice on a refusal, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Advice {
    /// In English.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
}

/// Documented and seen (2026-09).
pub(crate) const NOT_POST: Fixed = Fixed {
    code: 43002,
    message: "需要POST请求",
    advice: Advice { en: "Send the message with POST.", zh: "请使用 POST 发送消息。" },
};

/// Documented; the body of the answer was never seen.
pub(crate) const WRONG_CONTENT_TYPE: Fixed = Fixed {
    code: 43004,
    message: "无效的HTTP HEADER Content-Type",
    advice: Advice {
        en: "Set the header `Content-Type: application/json`.",
        zh: "请设置请求头 Content-Type: application/json。",
    },
};

/// Seen (2026-09).
pub(crate) const NO_TOKEN: Fixed = Fixed {
    code: 40035,
    message: "缺少参数 access_token",
    advice: Advice {
        en: "Use the whole webhook address, including its query parameter `access_token`.",
        zh: "请使用完整的 Webhook 地址，包括 access_token 参数。",
    },
};

/// Seen (2024 to 2026-09).
pub(crate) const UNKNOWN_TOKEN: Fixed = Fixed {
    code: 300_005,
    message: "token is not exist",
    advice: Advice {
        en: "Copy the robot's webhook address again.", zh: "请重新复制机器人的 Webhook 地址。"
    },
};

/// Seen.
pub(crate) const WRONG_SIGNATURE: Fixed = Fixed {
    code: 310_000,
    message: "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中，\
              请确认机器人的密钥加密和填写正确;link:请参考本接口对应文档获得具体要求，\
              或者在https://open.dingtalk.com/document/  搜索相关文档;",
    advice: Advice {
        en: "Sign \"{timestamp}\\n{secret}\" with HMAC-SHA256, using the secret (with its prefix SEC) as the key. Encode \
             the result in base64, then percent-encode it once. Put `timestamp` and `sign` in the URL.",
        zh: "以密钥（保留 SEC 前缀）对“timestamp\\n密钥”做 HMAC-SHA256，Base64 后只做一次 URL 编码；\
             timestamp 与 sign 必须放在网址中。",
    },
};

/// Documented, in the old wording; a newer one was not found.
pub(crate) const WRONG_TIMESTAMP: Fixed = Fixed {
    code: 310_000,
    message: "invalid timestamp",
    advice: Advice {
        en: "Correct the clock of the sending machine, use milliseconds, and sign every attempt anew: a signature is \
             valid for one hour.",
        zh: "请校准发送方时钟，使用毫秒时间戳，并为每次请求重新签名：签名一小时内有效。",
    },
};

/// Seen.
pub(crate) const NO_KEYWORD: Fixed = Fixed {
    code: 310_000,
    message: "description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词，并在发送的信息中包含此关键词;",
    advice: Advice {
        en: "The message must contain at least one of the robot's keywords.",
        zh: "消息中必须包含机器人的任一关键词。",
    },
};

/// Seen once, in a question; the code of the monthly quota is not documented.
pub(crate) const QUOTA: Fixed = Fixed {
    code: 90030,
    message: "webhook over limit",
    advice: Advice {
        en: "The quota of the month is used up: DingTalk refuses every message until the next month. The sandbox counts from \
             its start; restart it, or give the robot a larger quota.",
        zh: "本月额度已用完，钉钉在下月之前拒绝所有消息。沙箱从启动时开始计数：请重启沙箱，或调大机器人的额度。",
    },
};

/// Seen (2023-12, 2026-01).
pub(crate) const TOO_LONG: Fixed = Fixed {
    code: 460_101,
    message: "description: body 大小不合法;solution:请保持大小在 20000bytes 以内;",
    advice: Advice {
        en: "Shorten or split the message: the request body may have at most 20,000 bytes. Serializers that write \
             Chinese as \\u escapes double its size.",
        zh: "请缩短或拆分消息：请求体不超过 20000 字节。把中文写成 \\u 转义会使体积翻倍。",
    },
};

/// Documented and seen.
pub(crate) const NOT_JSON: Fixed = Fixed {
    code: 40035,
    message: "缺少参数 json",
    advice: Advice {
        en: "The body must be a single JSON object. Build it with a JSON serializer.",
        zh: "请求体必须是一个 JSON 对象，请用序列化库生成。",
    },
};

/// Seen (2022).
pub(crate) const NO_TYPE: Fixed =
    Fixed { code: 300_001, message: "msgtype is null", advice: Advice { en: TYPES_EN, zh: TYPES_ZH } };

/// Seen in many logs. The documentation lists 410100 instead; no reply with that code was found.
pub(crate) const TOO_FAST: Fixed = Fixed {
    code: 130_101,
    message: "send too fast, exceed 20 times per minute",
    advice: Advice {
        en: "A robot may send 20 messages per minute. If it sends more, it is blocked for ten minutes.",
        zh: "每个机器人每分钟最多发送 20 条消息，超过后限流 10 分钟。",
    },
};

/// Documented.
pub(crate) const BUSY: Fixed = Fixed {
    code: -1,
    message: "系统繁忙",
    advice: Advice { en: "Try again later, at most three times.", zh: "请稍后重试，最多 3 次。" },
};

/// Ours: the token of the development robot is public.
pub(crate) const FOREIGN_HOST: Fixed = Fixed {
    code: STRICT,
    message: "description:sandbox: the development robot accepts only requests to a loopback name;\
              solution:send to http://127.0.0.1;",
    advice: Advice {
        en: "The token and secret of the development robot are public. Send to 127.0.0.1 or localhost, or start the sandbox \
             with --token and --secret of your own.",
        zh: "开发用机器人的 token 和密钥是公开的。请发往 127.0.0.1 或 localhost，或用 --token 和 --secret 指定自己的值。",
    },
};

/// Code of refusals that only the sandbox makes. DingTalk uses it for missing parameters.
pub(crate) const STRICT: i64 = 40035;

const TYPES_EN: &str = "Robots support text, markdown, link, actionCard and feedCard.";
const TYPES_ZH: &str = "机器人支持 text、markdown、link、actionCard、feedCard。";

/// A refusal with a fixed wording.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fixed {
    pub(crate) code: i64,
    pub(crate) message: &'static str,
    advice: Advice,
}

impl From<Fixed> for Refusal {
    fn from(fixed: Fixed) -> Self {
        Self { code: fixed.code, message: fixed.message.to_owned(), advice: Some(fixed.advice) }
    }
}

impl Refusal {
    /// Refuses an unsupported `msgtype`. The code is documented, the wording was seen.
    pub(crate) fn unsupported_type(name: &str) -> Self {
        Self {
            code: 400_105,
            message: format!(
                "错误描述: 不支持类型 msgType:{name} ;解决方案:请使用支持的类型;参考链接:请参考本接口对应文档查看支持的消息类型，\
                 或者在https://open.dingtalk.com/document/ 搜索对应文档;"
            ),
            advice: Some(Advice { en: TYPES_EN, zh: TYPES_ZH }),
        }
    }

    /// Refuses a request from an address that the robot does not list. Documented and seen, in the old wording.
    pub(crate) fn address(address: &str) -> Self {
        Self {
            code: 310_000,
            message: format!("ip {address} not in whitelist"),
            advice: Some(Advice {
                en: "Add the public address of the sending machine to the robot's security settings.",
                zh: "请在机器人的安全设置中加入发送方的公网 IP 地址。",
            }),
        }
    }

    /// Refuses a missing or empty required field; `path` is written `text->content`. The wording was seen.
    pub(crate) fn missing(code: i64, path: &str) -> Self {
        Self {
            code,
            message: format!("miss param : {path}"),
            advice: Some(Advice {
                en: "Set this field. An empty value counts as missing.",
                zh: "请填写该字段，空值视为缺失。",
            }),
        }
    }

    /// Refuses a message that DingTalk is not known to refuse. Ours.
    pub(crate) fn strict(problem: &str) -> Self {
        Self {
            code: STRICT,
            message: format!(
                "description:sandbox: {problem};solution:use the format that DingTalk documents;"
            ),
            advice: Some(Advice {
                en: "Only the sandbox is known to refuse this. DingTalk's reply is unknown: it may ignore the field.",
                zh: "只有沙箱会拒绝此项，钉钉的实际行为未知，可能会忽略该字段。",
            }),
        }
    }

    /// Returns the body of the answer.
    pub(crate) fn answer(&self) -> String {
        answer(self.code, &self.message)
    }
}

impl Fixed {
    pub(crate) fn answer(self) -> String {
        answer(self.code, self.message)
    }
}

/// Returns the body of the answer to an accepted message.
pub(crate) fn ok() -> String {
    answer(0, "ok")
}

fn answer(code: i64, message: &str) -> String {
    serde_json::json!({"errcode": code, "errmsg": message}).to_string()
}
