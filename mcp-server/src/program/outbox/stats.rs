//! `dingtalk-notify outbox stats`: numbers of the queue.

use std::process::ExitCode;

use dingtalk_outbox::outbox::LaneStats;
use serde_json::{Value, json};

use super::{
    super::{Program, Result, say, status::span, words::words},
    arguments::StatsArguments,
    operator::{Operator, elapsed, fingerprint},
};

pub(super) async fn run(program: &Program, arguments: StatsArguments) -> Result<ExitCode> {
    let operator = Operator::open(&arguments.place.settings()).await?;
    let stats = operator.store.stats().await?;
    let dispatchers = operator.store.dispatchers().await?;
    if arguments.json {
        let lane = |lane: &LaneStats| {
            json!({
                "robot": operator.name(&lane.lane),
                "robot_of_sender": lane.robot,
                "lane": fingerprint(&lane.lane),
                "served": operator.is_served(&lane.lane),
                "waiting": lane.pending.waiting,
                "sending": lane.pending.sending,
                "oldest_seconds": lane.waiting_since.map(|since| elapsed(since).as_secs()),
            })
        };
        let robots: Vec<Value> = stats.lanes.iter().map(lane).collect();
        let dispatchers: Vec<Value> = dispatchers
            .iter()
            .map(|dispatcher| {
                let robots: Vec<String> = dispatcher.lanes.iter().map(|lane| operator.robot(lane)).collect();
                let running = elapsed(dispatcher.since).as_secs();
                json!({"owner": dispatcher.owner, "robots": robots, "running_seconds": running})
            })
            .collect();
        let report = json!({
            "robots": robots, "dead_letters": stats.dead_letters, "bytes": stats.bytes, "dispatchers": dispatchers,
        });
        say(serde_json::to_string_pretty(&report)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for lane in &stats.lanes {
        let (robot, waiting, sending) =
            (operator.robot(&lane.lane), lane.pending.waiting, lane.pending.sending);
        let oldest = lane.waiting_since.map(|since| span(elapsed(since)));
        let oldest = oldest.map(|age| words(format!(", oldest: {age}"), format!("，最早的已等待 {age}")));
        let oldest = oldest.unwrap_or_default();
        say(words(
            format!("{robot}: {waiting} waiting, {sending} being sent{oldest}"),
            format!("{robot}：等待 {waiting} 条，正在发送 {sending} 条{oldest}"),
        ))?;
    }
    if stats.lanes.is_empty() {
        say(words("nothing waits", "没有等待的通知"))?;
    }
    let dead = stats.dead_letters;
    say(words(format!("dead letters: {dead}"), format!("死信：{dead} 条")))?;
    if let Some(bytes) = stats.bytes {
        let kib = bytes.div_ceil(1024);
        say(words(format!("size: {kib} KiB"), format!("大小：{kib} KiB")))?;
    }
    for dispatcher in &dispatchers {
        let robots: Vec<String> = dispatcher.lanes.iter().map(|lane| operator.robot(lane)).collect();
        let (owner, age) = (&dispatcher.owner, span(elapsed(dispatcher.since)));
        say(words(
            format!("delivering for {}: {owner}, for {age}", robots.join(", ")),
            format!("正在为 {} 发送：{owner}，已运行 {age}", robots.join("、")),
        ))?;
    }
    for line in operator.unserved(stats.lanes.iter().map(|lane| &*lane.lane), program.name) {
        program.tell(line);
    }
    Ok(ExitCode::SUCCESS)
}
