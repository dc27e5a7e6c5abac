//! Runs a sandbox with one message of each type, sent by the client, two refusals and warnings, until Ctrl-C:
//! `cargo run -p dingtalk-sandbox --example show -- 8080`. A second number is the rate per minute.

use std::{
    error::Error,
    io::{self, Read as _, Write as _},
    net::TcpStream,
};

use dingtalk_core::{DeliverExt as _, message::WireMessage};
use dingtalk_sandbox::{RATE_PER_MINUTE, RobotConfig, Sandbox};
use serde_json::{Value, json};

fn messages() -> Vec<Value> {
    let picture = "https://example.com/picture.png";
    vec![
        json!({"msgtype": "text", "text": {"content": "@13800138000 web-3 的 CPU 已连续五分钟超过 90%\n请查看 https://example.com/runbook"},
            "at": {"atMobiles": ["13800138000"]}}),
        json!({"msgtype": "markdown", "markdown": {"title": "CPU 97% on web-3", "text":
            "### CPU 97.3% on web-3\n\n> 最近 **五分钟** 平均，*阈值 90%*\n\n最重的进程：\n\n- `java` 412%\n- postgres 180%\n- node\\_exporter 3%\n\n\
             1. 看[运行手册](https://example.com/runbook)\n2. 必要时扩容\n\n| 表格 | 不渲染 |\n|---|---|\n\n<b>HTML</b> 也不渲染\n\n@13800138000"},
            "at": {"atMobiles": ["13800138000"], "atUserIds": ["manager4220"]}}),
        json!({"msgtype": "link", "link": {"title": "发布 1.4.0", "text": "这一版修复了签名在跨时区机器上的问题，并把批量告警合并为一条消息；升级前请阅读迁移说明。",
            "messageUrl": "https://example.com/notes", "picUrl": picture}}),
        json!({"msgtype": "actionCard", "actionCard": {"title": "部署审批", "text": "### 部署到生产环境？\n\n**dingtalk-notify 0.1.0**，由张三发起\n\n![变更](https://example.com/change.png)",
            "btnOrientation": "1", "btns": [
                {"title": "同意", "actionURL": "https://example.com/yes"}, {"title": "拒绝", "actionURL": "https://example.com/no"}]}}),
        json!({"msgtype": "text", "text": {}}),
        json!({"msgtype": "actionCard", "actionCard": {"title": "周报", "text": "## 本周\n\n三次告警，均已恢复。  \n平均恢复时间 *7 分钟*。",
            "singleTitle": "阅读全文", "singleURL": "dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fexample.com"}}),
        json!({"msgtype": "feedCard", "feedCard": {"links": [
            {"title": "今日要闻：沙箱上线", "messageURL": "https://example.com/1", "picURL": picture},
            {"title": "如何让 @ 真正通知到人", "messageURL": "https://example.com/2", "picURL": picture},
            {"title": "每分钟二十条，以及之后的十分钟", "messageURL": "https://example.com/3", "picURL": picture}]}}),
        json!({"msgtype": "markdown", "markdown": {"title": "t", "text": "x", "tilte": "t"}}),
    ]
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let number = |at: usize| std::env::args().nth(at).and_then(|number| number.parse::<u16>().ok());
    let (port, rate) = (number(1).unwrap_or(8080), number(2).map_or(RATE_PER_MINUTE, u32::from));
    let robot = RobotConfig::new("example").secret("SECexample").name("监控机器人");
    let plain = RobotConfig::new("plain").name("值班机器人");
    let sandbox = Sandbox::builder()
        .port(port)
        .rate_per_minute(Some(rate))
        .robot(robot)
        .robot(plain)
        .person("13800138000", "刘炜")
        .start()
        .await?;
    let (robot, plain) = (sandbox.robot("监控机器人"), sandbox.webhook_of("值班机器人").unwrap_or_default());
    for message in messages() {
        // The client, for what it can send.
        match serde_json::from_value::<WireMessage>(message.clone()) {
            Ok(wire) if wire.message.mentions().is_none_or(|it| it.user_ids.is_empty()) => {
                robot.send(&wire.message).await?;
            }
            _ => {
                let webhook = plain.clone();
                tokio::task::spawn_blocking(move || post(&webhook, &message)).await??;
            }
        }
    }
    writeln!(io::stdout(), "{}", sandbox.page_url())?;
    std::future::pending().await
}

fn post(webhook: &str, message: &Value) -> io::Result<()> {
    let (host, path) = webhook.trim_start_matches("http://").split_once('/').unwrap_or((webhook, ""));
    let body = message.to_string();
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    stream.read_to_end(&mut Vec::new())?;
    Ok(())
}
