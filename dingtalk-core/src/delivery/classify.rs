//! Interpretation of DingTalk's answers: a pure function of the HTTP status and the body.
//!
//! The codes come from the pages `custom-robots-send-group-messages` and the global error codes on open.dingtalk.com,
//! and, where these are silent, from answers that users quote in public issues. One code can have several meanings, and
//! there are three generations of wording: English; English and `, more: [https://…]`; and
//! `description:…;solution:…;link:…` in Chinese (also `错误描述:…;解决方案:…`).

use serde::Deserialize;
use serde_json::Value;

use super::{Block, ErrorKind};

/// Interpretation of an answer, returned by [`classify`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// Kind of the failure; `None` if DingTalk accepted the message.
    pub failure: Option<ErrorKind>,
    /// Block during which further messages are refused. Also set if the message may have arrived: users report that a
    /// blocked sender receives a web page.
    pub block: Option<Block>,
    /// `errcode`, if it can be read.
    pub code: Option<i64>,
    /// `errmsg`, exactly as the server wrote it. It may repeat any part of the request, including the token.
    pub message: Option<String>,
}

/// Interprets an answer.
///
/// A message is delivered only if the status is 2xx and `errcode` is 0. An unreadable answer is never a success,
/// whatever its status: DingTalk answers nearly every request with 200, and the pages of its gateway have no `errcode`.
///
/// ```
/// use dingtalk_core::{ErrorKind, delivery::classify};
///
/// assert_eq!(classify(200, br#"{"errcode":0,"errmsg":"ok"}"#).failure, None);
/// let answer = classify(200, br#"{"errcode":310000,"errmsg":"sign not match"}"#);
/// assert_eq!(answer.failure, Some(ErrorKind::Signature));
/// assert_eq!(classify(200, b"<html>").failure, Some(ErrorKind::Unknown));
/// ```
pub fn classify(status: u16, body: &[u8]) -> Answer {
    // One byte of the wording that is not UTF-8 must not hide the code.
    let text = String::from_utf8_lossy(body);
    // serde would also read a struct from an array.
    let object = text.trim_start().starts_with('{');
    let reply: Reply =
        if object { serde_json::from_str(&text).unwrap_or_default() } else { Reply::default() };
    let code = reply.errcode.as_ref().and_then(number);
    let message = reply.errmsg.as_ref().and_then(Value::as_str).map(str::to_owned);
    let failure = match code {
        Some(0) if (200..300).contains(&status) => None,
        Some(0) | None => Some(without_code(status, &reply)),
        Some(code) => Some(with_code(code, message.as_deref().unwrap_or_default())),
    };
    let block = failure.and_then(block).or_else(|| {
        // A page is never a success: it comes from a gateway. With a 5xx status, the gateway found no server.
        let page = (200..300).contains(&status) && text.trim_start().starts_with('<');
        page.then_some(Block::Robot)
    });
    Answer { failure, block, code, message }
}

/// Returns the block that a failure implies.
fn block(failure: ErrorKind) -> Option<Block> {
    match failure {
        ErrorKind::Throttled => Some(Block::Robot),
        ErrorKind::AddressBlocked => Some(Block::Address),
        ErrorKind::QuotaExhausted => Some(Block::Month),
        _ => None,
    }
}

#[derive(Default, Deserialize)]
struct Reply {
    errcode: Option<Value>,
    errmsg: Option<Value>,
    /// These two are set by the gateway: `{"status":1111,"wait":5,"source":"x5","punish":"deny"}`.
    status: Option<Value>,
    punish: Option<Value>,
}

/// Reads a number or a string: the documentation's table says number, its sample shows a string.
fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn without_code(status: u16, reply: &Reply) -> ErrorKind {
    let punished = reply.status.as_ref().and_then(number) == Some(1111)
        || reply.punish.as_ref().and_then(Value::as_str) == Some("deny");
    match status {
        _ if punished => ErrorKind::AddressBlocked,
        // Users report redirects for a robot that keeps sending while it is throttled.
        300..400 | 429 => ErrorKind::Throttled,
        // A proxy asks for credentials, and has passed nothing on.
        407 => ErrorKind::NotSent,
        // The request was refused before a robot received it. 408 means that it was not read to its end, possibly by a
        // proxy.
        400..500 if status != 408 => ErrorKind::Refused,
        _ => ErrorKind::Unknown,
    }
}

fn with_code(code: i64, message: &str) -> ErrorKind {
    match code {
        -1 | 500_100 | 90_002 | 90_018 => ErrorKind::Busy,
        130_101 | 410_100 => ErrorKind::Throttled,
        90_020 | 90_030 => ErrorKind::QuotaExhausted,
        310_000 => security_check(message),
        300_001 | 300_005 if message.contains("token") => ErrorKind::UnknownToken,
        300_001 if message.contains("is null") => ErrorKind::MissingParameter,
        400_101 => ErrorKind::UnknownToken,
        400_102 => ErrorKind::RobotStopped,
        400_106 => ErrorKind::RobotMissing,
        400_013 => ErrorKind::GroupDissolved,
        400_105 => ErrorKind::UnsupportedType,
        // Only some of these are documented. All observed codes mean that a parameter of one type is missing.
        40_035 | 400_201..400_700 => ErrorKind::MissingParameter,
        300_001 | 300_005 | 43_002 | 43_004 => ErrorKind::BadRequest,
        460_101 | 101_002 => ErrorKind::TooLong,
        430_101..=430_104 => ErrorKind::ForbiddenContent,
        _ if speaks_of_throttling(message) => ErrorKind::Throttled,
        _ => ErrorKind::Refused,
    }
}

fn speaks_of_throttling(message: &str) -> bool {
    ["too fast", "发送速度太快", "限流"].iter().any(|words| message.contains(words))
}

/// Distinguishes the four settings that share code 310000, by the wording.
fn security_check(message: &str) -> ErrorKind {
    // The solution for a wrong signature mentions the timestamp, so only the description counts.
    let description = ["solution:", "解决方案"]
        .iter()
        .filter_map(|heading| message.find(heading))
        .min()
        .map_or(message, |end| &message[..end])
        .to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| description.contains(word));
    if says(&["keyword", "关键词"]) {
        ErrorKind::Keyword
    } else if says(&["whitelist", "白名单"]) {
        ErrorKind::IpNotAllowed
    // Checked before the signature: the new wording is "the signature has expired" (签名过期).
    } else if says(&["timestamp", "时间戳", "过期"]) {
        ErrorKind::Clock
    } else if says(&["sign", "签名"]) {
        ErrorKind::Signature
    } else {
        ErrorKind::SecurityCheck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code() {
        use ErrorKind as Kind;
        let rows: &[(i64, &str, ErrorKind)] = &[
            (-1, "系统繁忙", Kind::Busy),
            (500_100, "系统异常，请稍后再试", Kind::Busy),
            (90_002, "", Kind::Busy),
            (90_018, "", Kind::Busy),
            (130_101, "send too fast, exceed 20 times per minute", Kind::Throttled),
            (410_100, "发送速度太快而限流", Kind::Throttled),
            (987_654, "send too fast", Kind::Throttled),
            (90_030, "webhook over limit", Kind::QuotaExhausted),
            (90_020, "", Kind::QuotaExhausted),
            (300_001, "token is not exist", Kind::UnknownToken),
            (300_001, "msgtype is null", Kind::MissingParameter),
            (300_001, "session 不存在", Kind::BadRequest),
            (300_005, "token is not exist", Kind::UnknownToken),
            (300_005, "", Kind::BadRequest),
            (400_101, "access_token不存在", Kind::UnknownToken),
            (400_102, "机器人已停用", Kind::RobotStopped),
            (400_106, "机器人不存在", Kind::RobotMissing),
            (400_013, "群已被解散", Kind::GroupDissolved),
            (400_105, "不支持的消息类型", Kind::UnsupportedType),
            (400_202, "miss param : text->content", Kind::MissingParameter),
            (400_402, "miss param : markdown->title", Kind::MissingParameter),
            (400_602, "", Kind::MissingParameter),
            (40_035, "缺少参数 json", Kind::MissingParameter),
            (43_002, "需要POST请求", Kind::BadRequest),
            (43_004, "无效的HTTP HEADER Content-Type", Kind::BadRequest),
            (460_101, "message too long, exceed 20000 bytes", Kind::TooLong),
            (460_101, "description: body 大小不合法;solution:请保持大小在 20000bytes 以内;", Kind::TooLong),
            (101_002, "message is too long", Kind::TooLong),
            (430_101, "", Kind::ForbiddenContent),
            (430_102, "", Kind::ForbiddenContent),
            (430_103, "", Kind::ForbiddenContent),
            (430_104, "", Kind::ForbiddenContent),
            (88, "", Kind::Refused),
            (660_026, "", Kind::Refused),
            (400_700, "", Kind::Refused),
        ];
        for (code, message, kind) in rows {
            // Both forms of the documentation: the table's and the sample's.
            for code in [Value::from(*code), Value::from(code.to_string())] {
                let body = serde_json::json!({"errcode": code, "errmsg": message}).to_string();
                let answer = classify(200, body.as_bytes());
                assert_eq!(answer.failure, Some(*kind), "{body}");
                assert_eq!(answer.message.as_deref(), Some(*message));
            }
        }
    }

    #[test]
    fn the_four_meanings_of_310000_in_each_wording() {
        use ErrorKind as Kind;
        const MORE: &str = ", more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]";
        let rows: &[(&str, ErrorKind)] = &[
            ("keywords not in content", Kind::Keyword),
            ("sign not match", Kind::Signature),
            ("invalid timestamp", Kind::Clock),
            ("ip 203.0.113.7 not in whitelist", Kind::IpNotAllowed),
            ("description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词;", Kind::Keyword),
            ("错误描述:关键词不匹配;解决方案:请联系群管理员查看此机器人的关键词;参考链接:x", Kind::Keyword),
            (
                "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中;link:x",
                Kind::Signature,
            ),
            (
                "错误描述:机器人发送签名不匹配;解决方案:请确认签名和生成签名的时间戳必须都放在调用的网址中",
                Kind::Signature,
            ),
            // 0wQ/air780e-forwarder#51
            (
                "description:机器人发送签名过期;solution:签名生成时间和发送时间请保持在 timestampms 以内;",
                Kind::Clock,
            ),
            // sansan0/TrendRadar#70
            (
                "description:ip 不在白名单中;solution:请联系对应群的管理员，设置机器人安全ip地址段",
                Kind::IpNotAllowed,
            ),
            ("something new", Kind::SecurityCheck),
            ("", Kind::SecurityCheck),
        ];
        for (message, kind) in rows {
            assert_eq!(security_check(message), *kind, "{message}");
            assert_eq!(security_check(&format!("{message}{MORE}")), *kind, "{message} with a link");
        }
    }

    #[test]
    fn answers_without_a_code_are_never_success() {
        use ErrorKind as Kind;
        let rows: &[(u16, &[u8], ErrorKind)] = &[
            (200, b"", Kind::Unknown),
            (200, b"{}", Kind::Unknown),
            (200, b"ok", Kind::Unknown),
            (200, b"null", Kind::Unknown),
            (200, br#"[0,"ok",null,null]"#, Kind::Unknown),
            (200, b"<!DOCTYPE html><title>punish</title>", Kind::Unknown),
            (200, br#"{"errmsg":"ok"}"#, Kind::Unknown),
            (200, br#"{"errcode":null,"errmsg":"ok"}"#, Kind::Unknown),
            (200, br#"{"errcode":"","errmsg":"ok"}"#, Kind::Unknown),
            (200, br#"{"errcode":false}"#, Kind::Unknown),
            (200, br#"{"errcode":0.0}"#, Kind::Unknown),
            (200, br#"{"errcode":0,"errcode":310000}"#, Kind::Unknown),
            (200, br#"{"errcode":0"#, Kind::Unknown),
            (200, br#"{"errcode":0}<html>"#, Kind::Unknown),
            (500, br#"{"errcode":0}"#, Kind::Unknown),
            (502, b"Bad Gateway", Kind::Unknown),
            (504, b"", Kind::Unknown),
            (407, b"<html>", Kind::NotSent),
            (408, b"", Kind::Unknown),
            (302, b"", Kind::Throttled),
            (302, br#"{"errcode":0}"#, Kind::Throttled),
            (429, b"", Kind::Throttled),
            (403, b"<html>", Kind::Refused),
            (404, b"", Kind::Refused),
            (
                200,
                br#"{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"1"}"#,
                Kind::AddressBlocked,
            ),
            (403, br#"{"punish":"deny"}"#, Kind::AddressBlocked),
        ];
        for (status, body, kind) in rows {
            let text = String::from_utf8_lossy(body);
            assert_eq!(classify(*status, body).failure, Some(*kind), "{status} {text}");
        }
    }

    #[test]
    fn each_block_has_its_scope() {
        for (status, body, block) in [
            (200, r#"{"errcode":130101}"#, Some(Block::Robot)),
            (200, r#"{"errcode":410100}"#, Some(Block::Robot)),
            (200, r#"{"status":1111,"wait":5,"source":"x5","punish":"deny"}"#, Some(Block::Address)),
            (200, r#"{"errcode":90030}"#, Some(Block::Month)),
            (302, "", Some(Block::Robot)),
            (429, "<html>", Some(Block::Robot)),
            (200, "\n<!DOCTYPE html>", Some(Block::Robot)),
            (502, "<html>Bad Gateway", None),
            (404, "<html>", None),
            (200, "", None),
            (200, "{}", None),
            (200, r#"{"errcode":-1}"#, None),
            (200, r#"{"errcode":310000}"#, None),
            (200, r#"{"errcode":0}"#, None),
        ] {
            assert_eq!(classify(status, body.as_bytes()).block, block, "{status} {body}");
        }
    }

    #[test]
    fn a_code_counts_more_than_the_gateway_and_the_status() {
        let merged =
            br#"{"status":1111,"punish":"deny","errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}"#;
        assert_eq!(classify(200, merged).failure, Some(ErrorKind::Throttled));
        assert_eq!(classify(500, br#"{"errcode":-1}"#).failure, Some(ErrorKind::Busy));
    }

    #[test]
    fn success_in_both_spellings_and_despite_odd_wording() {
        for body in [
            br#"{"errcode":0,"errmsg":"ok"}"#.as_slice(),
            br#"{"errcode":"0","errmsg":"ok"}"#,
            br#"{"errcode":0,"errmsg":{"not":"text"},"more":[1]}"#,
            b"{\"errcode\":0,\"errmsg\":\"\xff\xfe\"}",
        ] {
            assert_eq!(classify(200, body).failure, None, "{}", String::from_utf8_lossy(body));
        }
    }
}
