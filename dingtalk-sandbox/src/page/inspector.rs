//! The request as it was received, without its secrets, and what a person does with it: curl, and the links.

use super::options::Options;
use crate::{
    log::Entry,
    render::{Drawing, Element, Language, Names},
    view::grouped,
};

/// Returns the request, the same as a call of curl, and the links of its message.
pub(super) fn request(entry: &Entry, names: &Names, options: &Options) -> Element {
    let title = |texts| Element::of("h3", "part").text(options.say(texts));
    let block = |class: &'static str, text: String| {
        Element::of("pre", class).with("tabindex", "0").with("dir", "ltr").text(text)
    };
    let mut part = Element::of("div", "inspector")
        .child(title(["As received", "收到的请求"]))
        .child(block("received", received(entry, options)))
        .child(title(["As curl", "等价的 curl"]))
        .child(block("curl", curl(entry)));
    if let Some(message) = entry.accepted() {
        let targets = Drawing::new(message, names).targets();
        if !targets.is_empty() {
            let items = targets.iter().map(|target| {
                let kind =
                    options.say(if target.is_picture { ["picture", "图片"] } else { ["link", "链接"] });
                let state = if target.works() { "works" } else { "broken" };
                let mut item = Element::of("li", state).child(Element::of("span", "kind").text(kind));
                if !target.text.is_empty() {
                    item = item.text(" ").child(Element::new("bdi").text(&target.text));
                }
                item = item.text(" ").child(Element::of("code", "url").text(&target.url));
                if target.works() {
                    item
                } else {
                    item.text(" ").text(options.say(["does not open", "无法打开"]))
                }
            });
            part = part.child(title(["Links", "链接"])).child(Element::of("ul", "links").children(items));
        }
    }
    part
}

/// Returns the request. Its token and signature were never kept.
fn received(entry: &Entry, options: &Options) -> String {
    let keys: Vec<_> = entry.query_keys.iter().map(|key| format!("{key}=…")).collect();
    let mut text = format!("{} /robot/send", entry.method);
    if !keys.is_empty() {
        text.push('?');
        text.push_str(&keys.join("&"));
    }
    if let Some(content_type) = &entry.content_type {
        text.push_str(&format!("\nContent-Type: {content_type}"));
    }
    text.push_str(&format!("\nContent-Length: {}\n\n", entry.body_length));
    let body = entry.body_text();
    match serde_json::from_str::<serde_json::Value>(&body).and_then(|it| serde_json::to_string_pretty(&it)) {
        Ok(pretty) => text.push_str(&pretty),
        Err(_) => text.push_str(&body),
    }
    if entry.body.len() < entry.body_length {
        let kept = grouped(entry.body.len());
        text.push_str(&match options.language {
            Language::English => format!("\n… (the first {kept} bytes)"),
            Language::Chinese => format!("\n……（前 {kept} 字节）"),
        });
    }
    text
}

/// Returns a call of curl that sends the same body, with the variables that the product reads.
pub(super) fn curl(entry: &Entry) -> String {
    let body = entry.body_text().replace('\'', r"'\''");
    let url = "\"$DINGTALK_BOT_BASE_URL/robot/send?access_token=$DINGTALK_BOT_ACCESS_TOKEN";
    let is_signed = entry.query_keys.iter().any(|key| key == "sign");
    let (before, url) = if is_signed {
        (SIGN, format!("{url}&timestamp=$timestamp\" \\\n  --url-query \"sign=$sign\""))
    } else {
        ("", format!("{url}\""))
    };
    let method = if entry.method == "POST" || entry.method.is_empty() {
        String::new()
    } else {
        format!(" -X {}", entry.method)
    };
    let content_type =
        entry.content_type.as_deref().unwrap_or("application/json").replace(['"', '\\', '$', '`'], "");
    format!(
        "{before}curl{method} {url} \\\n  -H \"Content-Type: {content_type}\" \\\n  --data-binary '{body}'"
    )
}

/// Signs with the secret in the environment.
const SIGN: &str = "timestamp=$(date +%s)000\nsign=$(printf '%s\\n%s' \"$timestamp\" \"$DINGTALK_BOT_SECRET\" |\n  \
                    openssl dgst -sha256 -hmac \"$DINGTALK_BOT_SECRET\" -binary | base64)\n";
