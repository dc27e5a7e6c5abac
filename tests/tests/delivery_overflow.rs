//! A message that is too long, sent to the sandbox in parts.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::time::Duration;

use dingtalk_core::{
    Deliver as _, Envelope, ErrorKind, Message, Robot,
    delivery::{MAX_BODY_BYTES, Overflow, Retry},
};
use dingtalk_notify::CallStatus;
use dingtalk_sandbox::{Fault, Outcome, RobotConfig, Sandbox};

/// Three parts of Chinese text.
fn report() -> Envelope {
    let lines = (1..=700).map(|line| format!("{line}. 磁盘空间不足：请在今天下班之前清理日志目录。"));
    let text = lines.collect::<Vec<_>>().join("\n\n");
    Envelope::new(Message::markdown("日报", text)).with_id("report")
}

fn robot(sandbox: &Sandbox) -> Robot {
    Robot::from_webhook(sandbox.webhook())
        .secret(sandbox.secret().unwrap())
        .overflow(Overflow::Split)
        .attempts(1)
        .backoff(Duration::from_millis(1), Duration::from_millis(1))
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_parts_arrive_in_order_each_under_its_own_id() {
    let sandbox = Sandbox::start().await.unwrap();
    let receipt = robot(&sandbox).deliver(report()).await.unwrap();
    assert_eq!(receipt.parts, ["report-1", "report-2", "report-3"]);
    assert_eq!((receipt.id.as_str(), receipt.attempts), ("report", 3));
    let log = sandbox.log();
    let ids: Vec<_> = sandbox.accepted().into_iter().map(|message| message.id.unwrap()).collect();
    assert_eq!(ids, receipt.parts);
    assert!(log.iter().all(|entry| entry.body_length <= MAX_BODY_BYTES));
    assert_eq!(log.iter().map(|entry| entry.body_length).sum::<usize>(), receipt.bytes);
}

#[tokio::test]
async fn a_retry_under_the_same_id_delivers_the_missing_parts() {
    let sandbox = Sandbox::start().await.unwrap();
    let robot = robot(&sandbox);
    sandbox.fault_script([None, Some(Fault::AcceptThenReset)]);
    let error = robot.deliver(report()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unknown, Retry::SameId));
    assert_eq!((error.delivered_parts(), error.parts().len()), (&["report-1".to_owned()][..], 3));
    assert!(error.to_string().contains("; 1 of 3 parts were delivered: report-1. "), "{error}");
    assert_eq!(CallStatus::from(&error), CallStatus::Unknown);

    robot.deliver(report()).await.unwrap();
    let ids: Vec<_> = sandbox.accepted().into_iter().map(|message| message.id.unwrap()).collect();
    assert_eq!(ids, ["report-1", "report-2", "report-3"]);
    let repeated =
        sandbox.log().iter().filter(|entry| matches!(entry.outcome, Outcome::Repeated { .. })).count();
    assert_eq!(repeated, 2);
}

#[tokio::test]
async fn an_agent_learns_that_a_part_of_a_message_arrived() {
    let sandbox = Sandbox::start().await.unwrap();
    let stopped = r#"{"errcode":400102,"errmsg":"机器人已停用"}"#;
    sandbox.fault_script([None, Some(Fault::Reply(stopped.to_owned()))]);
    let error = robot(&sandbox).deliver(report()).await.unwrap_err();
    assert_eq!((error.kind(), error.delivered_parts().len()), (ErrorKind::RobotStopped, 1));
    assert_eq!(CallStatus::from(error.kind()), CallStatus::Refused);
    assert_eq!(CallStatus::from(&error), CallStatus::Unknown);
}

#[tokio::test]
async fn a_robot_with_a_keyword_takes_every_part() {
    for (overflow, parts) in [(Overflow::Split, 3), (Overflow::Truncate, 1)] {
        let builder = Sandbox::builder().robot(RobotConfig::new("a-token").keyword("告警"));
        let sandbox = builder.start().await.unwrap();
        let robot = |keyword: Option<&str>| {
            let builder = Robot::from_webhook(sandbox.webhook()).overflow(overflow).attempts(1);
            match keyword {
                Some(keyword) => builder.keyword(keyword).build().unwrap(),
                None => builder.build().unwrap(),
            }
        };
        let error = robot(None).deliver(report()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Keyword);
        robot(Some("告警")).deliver(report()).await.unwrap();
        assert_eq!(sandbox.accepted().len(), parts);
    }
}
