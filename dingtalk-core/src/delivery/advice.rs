//! Summary and advice for each kind of error, in words for people.

use super::error_kind::{ErrorKind, ErrorKind as Kind};

/// Language of an advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

/// Returns what happened, as the beginning of a sentence.
pub(crate) fn summary(kind: ErrorKind) -> &'static str {
    words(kind).0
}

/// Returns the advice: one or two sentences that say what to do.
pub(crate) fn advice(kind: ErrorKind, language: Language) -> &'static str {
    let (_, english, chinese) = words(kind);
    match language {
        Language::En => english,
        Language::Zh => chinese,
    }
}

/// Returns the advice for a message of which some parts were delivered and the rest can be sent.
pub(crate) fn advice_for_the_rest(language: Language) -> &'static str {
    match language {
        Language::En => {
            "Send it again only with the same id, by which DingTalk recognises the parts that it already has."
        }
        Language::Zh => "部分内容已送达。请使用相同的消息 ID（msgUuid）重试，以免已送达的部分重复。",
    }
}

/// Returns the summary in English, the advice in English, and the advice in Chinese.
#[expect(clippy::too_many_lines, reason = "a table, not a procedure")]
fn words(kind: ErrorKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        Kind::Invalid => (
            "the notification has an invalid value",
            "Correct the value and send it again.",
            "请修正该字段的值后重新发送。",
        ),
        Kind::Configuration => (
            "the robot is misconfigured",
            "Correct the setting and start again.",
            "请修正该项配置后重新启动。",
        ),
        Kind::UnknownRobot => (
            "unknown robot",
            "Use the name of an existing robot, or add the robot.",
            "请使用已有的机器人名称，或先添加该机器人。",
        ),
        Kind::PolicyDenied => (
            "the robot's policy does not allow the message",
            "Change the message, have a person confirm it, or change the robot's policy.",
            "机器人的策略不允许发送这条消息。请修改消息，请人确认，或调整该机器人的策略。",
        ),
        Kind::Expired => (
            "the message expired before it was sent",
            "Send it again with a later expiry if it still matters.",
            "消息在发送前已过期。如仍有必要，请延长有效期后重新发送。",
        ),
        Kind::RateLimited => (
            "the robot's limit of messages per minute is reached",
            "Send it later, combine several notifications in one message, or share the load with another robot of the group.",
            "请稍后再发，或将多条内容合并为一条消息，也可由同一群里的其他机器人分担。",
        ),
        Kind::QueueFull => (
            "the queue is full",
            "Send it again later, increase the queue's capacity, or let it merge waiting messages.",
            "队列已满，请稍后重新发送；也可增大队列容量，或启用消息合并。",
        ),
        Kind::QueueClosed => (
            "the queue has ended",
            "Send before the program ends, or through a new queue.",
            "队列已结束，请在程序退出之前发送，或新建队列。",
        ),
        Kind::Store => (
            "the queue's store or the robot's rate window failed",
            "Check the store. The message can be sent again under the same id: each id is accepted once.",
            "队列的存储或机器人的限流状态出错，请检查存储；可使用相同的消息 ID 重新发送，不会造成重复。",
        ),
        Kind::NotSent => (
            "the message was not sent",
            "Check the network, the proxy settings and the robot's base URL. Sending it again cannot post it twice.",
            "请检查网络、代理设置和机器人的接口地址；消息未发出，重新发送不会造成重复。",
        ),
        Kind::Unknown => (
            "the message may have arrived",
            "Look in the group before you send it again, or retry with the same id, by which DingTalk recognises a retry.",
            "消息可能已送达。请先到群里确认；如需重试，请使用相同的消息 ID（msgUuid），以免重复。",
        ),
        Kind::Keyword => (
            "DingTalk found none of the robot's keywords in the message",
            "Add one of the keywords from the robot's security settings to the message.",
            "请在消息内容中加入机器人安全设置里的任意一个自定义关键词。",
        ),
        Kind::Signature => (
            "DingTalk refused the signature",
            "Copy the secret (SEC…) from the robot's security settings again, and check that it belongs to the same \
             robot as the access token.",
            "请从机器人安全设置的“加签”处重新复制密钥（以 SEC 开头），并确认它与 access_token 属于同一个机器人。",
        ),
        Kind::Clock => (
            "DingTalk refused the timestamp of the signature",
            "Correct this machine's clock: it must not be off by more than one hour.",
            "请校准本机时间：与钉钉服务器的误差不能超过一小时。",
        ),
        Kind::IpNotAllowed => (
            "DingTalk does not accept messages from this machine's address",
            "Add this machine's public IPv4 address to the robot's security settings.",
            "请在机器人安全设置的“IP 地址（段）”中加入本机的公网 IPv4 地址。",
        ),
        Kind::SecurityCheck => (
            "the robot's security settings refused the message",
            "Compare the message with the keywords, the signature and the IP addresses in the robot's security settings.",
            "请逐项核对机器人安全设置中的自定义关键词、加签和 IP 地址（段）。",
        ),
        Kind::UnknownToken => (
            "DingTalk does not recognise the access token",
            "Copy the webhook from the robot's settings again; a robot that was removed or reset has a new one.",
            "请从机器人设置中重新复制 Webhook 地址；机器人被删除或重置后，access_token 会改变。",
        ),
        Kind::RobotStopped => (
            "the robot is stopped",
            "Ask the group's owner or an administrator to start the robot again.",
            "请联系群主或管理员重新启用该机器人。",
        ),
        Kind::RobotMissing => (
            "the robot is no longer in the group",
            "Add a robot to the group and use its webhook.",
            "请在群里重新添加机器人，并使用新的 Webhook 地址。",
        ),
        Kind::GroupDissolved => (
            "the group was dissolved",
            "Use the webhook of a robot in another group.",
            "该群已解散，请改用其他群的机器人。",
        ),
        Kind::UnsupportedType => (
            "the robot does not support this type of message",
            "Send it as text or Markdown.",
            "请改用文本或 Markdown 消息。",
        ),
        Kind::MissingParameter => (
            "a part of the message is missing or empty",
            "Fill in every text, title and link of the message.",
            "请为消息的正文、标题和链接填写内容。",
        ),
        Kind::TooLong => (
            "the message is too long",
            "Shorten it or send it in parts: the limit is 20000 bytes of JSON, and a Chinese character takes three bytes.",
            "请缩短消息或分条发送：消息体（JSON）最多 20000 字节，一个汉字占三个字节。",
        ),
        Kind::ForbiddenContent => (
            "DingTalk judged the content unsafe",
            "Change the link, the words or the picture that it names. Sending the same message again does not help.",
            "请修改被判定为不安全的链接、文字或图片；原样重发仍会失败。",
        ),
        Kind::Throttled => (
            "the robot sent too many messages in a minute and is temporarily blocked",
            "Wait ten minutes, then stay below 20 messages per minute; combine several notifications in one message.",
            "请等待十分钟后再发，并保持每分钟不超过 20 条；可将多条内容合并为一条消息。",
        ),
        Kind::AddressBlocked => (
            "this machine's address called DingTalk too often and is temporarily blocked",
            "Wait five minutes; all robots that send from this address share the limit.",
            "请等待五分钟后再发；同一出口 IP 上的所有机器人共享该限额。",
        ),
        Kind::QuotaExhausted => (
            "this month's quota of calls is used up",
            "Wait for the next month, or ask the organisation's administrator to raise the quota or the robot's share.",
            "请等到下个月，或联系企业管理员提高 Webhook 调用额度或该机器人的上限。",
        ),
        Kind::Busy => (
            "DingTalk is busy",
            "Try again in a few seconds with the same id, at most three times.",
            "请在几秒后使用相同的消息 ID（msgUuid）重试，最多三次。",
        ),
        Kind::BadRequest => (
            "DingTalk did not understand the request",
            "Check that the webhook belongs to a custom robot. If it does, please report this as a bug of this library.",
            "请确认使用的是自定义机器人的 Webhook 地址；如确认无误，请向本项目报告此问题。",
        ),
        Kind::Refused => (
            "DingTalk refused the message",
            "Read DingTalk's answer and check the robot's base URL. Sending the same message again does not help.",
            "请根据钉钉返回的信息处理，并检查机器人的接口地址；原样重发仍会失败。",
        ),
    }
}
