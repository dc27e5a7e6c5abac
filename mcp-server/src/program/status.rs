//! `dingtalk-notify status`: the state that the processes of this machine share.

use std::time::Duration;

use clap::Args;
use dingtalk_core::{
    Robot,
    delivery::{Block, RobotKey},
};
use dingtalk_outbox::{QuotaStatus, RobotStatus};
use serde_json::{Value, json};

use super::{Program, Result, options::StoreArguments, say, words::words};

#[derive(Args)]
pub(super) struct StatusArguments {
    /// Print the status as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: StoreArguments,
}

pub(super) async fn run(program: &Program, arguments: StatusArguments) -> Result<()> {
    let settings = arguments.place.settings();
    settings.check()?;
    let Some(state) = settings.state() else {
        if arguments.json {
            return Ok(say(json!({"stateDir": null, "robots": []}).to_string())?);
        }
        program.tell(words(
            "no state is shared: each process counts for itself; see `--state-dir` and `--no-state`",
            "没有共享状态：每个进程只计自己的消息；见 `--state-dir` 和 `--no-state`",
        ));
        return Ok(());
    };
    let known = state.status().await?;
    let configured = settings.known_robots();
    let find = |key: &RobotKey| configured.iter().find(|robot| robot.key() == key);
    if arguments.json {
        let robots: Vec<Value> = known.iter().map(|robot| to_json(robot, find(&robot.key))).collect();
        let report = json!({"state": state.name(), "stateDir": state.directory(), "robots": robots});
        return Ok(say(serde_json::to_string_pretty(&report)?)?);
    }
    say(place(state.name()))?;
    for robot in &known {
        say("")?;
        in_words(robot, find(&robot.key)).into_iter().try_for_each(say)?;
    }
    for idle in configured.iter().filter(|robot| known.iter().all(|known| known.key != *robot.key())) {
        say("")?;
        say(heading(Some(idle), idle.key()))?;
        say(words("  nothing sent yet", "  还没有发送过"))?;
    }
    Ok(())
}

fn place(name: &str) -> String {
    format!("{}{name}", words("State: ", "状态："))
}

/// Returns the name of the robot, with the identifier that logs and `check` show.
fn heading(robot: Option<&Robot>, key: &RobotKey) -> String {
    match robot {
        Some(robot) => {
            let unnamed = || words("the robot of the environment", "环境变量中的机器人");
            format!("{} ({})", robot.name().unwrap_or_else(unnamed), robot.id())
        }
        None => words(
            format!("a robot that is not configured here (key {key})"),
            format!("没有在这里配置的机器人（键 {key}）"),
        ),
    }
}

fn in_words(robot: &RobotStatus, configured: Option<&Robot>) -> Vec<String> {
    let RobotStatus { taken, limit, waiting, delivered, refused, unknown, .. } = robot;
    let mut lines = vec![heading(configured, &robot.key)];
    lines.push(words(
        format!("  window: {taken} of {limit} slots taken; {waiting} waiting"),
        format!("  速率窗口：{limit} 个名额已用 {taken} 个；{waiting} 条在等待"),
    ));
    lines.push(if robot.forecast.wait.is_zero() {
        words("  next message: at once", "  下一条消息：立即发送").to_owned()
    } else {
        let wait = span(robot.forecast.wait);
        words(format!("  next message: in {wait}"), format!("  下一条消息：{wait}后发送"))
    });
    if let Some((left, block)) = robot.rest {
        let (left, why) = (span(left), cause(block));
        lines.push(words(
            format!("  rest: for another {left}, because {why}"),
            format!("  停发：还有 {left}，{why}"),
        ));
    }
    lines.push(words(
        format!("  this month: {delivered} delivered, {refused} refused, {unknown} unknown"),
        format!("  本月：送达 {delivered}，拒收 {refused}，结果未知 {unknown}"),
    ));
    for QuotaStatus { name, used, limit, forecast, .. } in &robot.quotas {
        let (english, chinese) = match forecast {
            Some(forecast) => {
                (format!("; about {forecast} by its end"), format!("，照此到月底约 {forecast} 次"))
            }
            None => (String::new(), String::new()),
        };
        lines.push(words(
            format!("  quota {name}: {used} of {limit} requests this month{english}"),
            format!("  额度 {name}：本月 {limit} 次请求已用 {used} 次{chinese}"),
        ));
    }
    lines
}

fn cause(block: Block) -> &'static str {
    match block {
        Block::Robot => words("DingTalk throttled the robot", "钉钉对机器人限流"),
        Block::Address => words("DingTalk blocked this machine's address", "钉钉限制了本机的地址"),
        Block::Month => words("the requests of this month are used up", "本月的请求次数已用完"),
        _ => words("DingTalk accepts nothing", "钉钉不接收消息"),
    }
}

/// Returns the cause as programs read it, named like the kind of the error of a message.
fn cause_name(block: Block) -> &'static str {
    match block {
        Block::Robot => "throttled",
        Block::Address => "address_blocked",
        Block::Month => "quota_exhausted",
        _ => "unknown",
    }
}

/// Returns the duration in words, rounded up to seconds.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    let (days, hours, minutes, seconds) =
        (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let parts: [(u64, &str); 4] = [
        (days, words(" d", " 天")),
        (hours, words(" h", " 小时")),
        (minutes, words(" min", " 分")),
        (seconds, words(" s", " 秒")),
    ];
    let first = parts.iter().position(|(number, _)| *number > 0).unwrap_or(parts.len() - 1);
    let shown =
        parts.iter().skip(first).take(2).enumerate().filter(|(at, (number, _))| *at == 0 || *number > 0);
    let shown = shown.map(|(_, (number, unit))| format!("{number}{unit}"));
    shown.collect::<Vec<_>>().join(" ")
}

fn to_json(robot: &RobotStatus, configured: Option<&Robot>) -> Value {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let quota = |quota: &QuotaStatus| json!({"name": quota.name, "used": quota.used, "limit": quota.limit, "forecast": quota.forecast});
    json!({
        "name": configured.and_then(Robot::name),
        "id": configured.map(Robot::id),
        "key": robot.key.to_string(),
        "window": {"taken": robot.taken, "limit": robot.limit},
        "waiting": robot.waiting,
        "forecastMs": millis(robot.forecast.wait),
        "rest": robot.rest.map(|(left, block)| json!({"leftMs": millis(left), "kind": cause_name(block)})),
        "month": {"delivered": robot.delivered, "refused": robot.refused, "unknown": robot.unknown},
        "quotas": robot.quotas.iter().map(quota).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units() {
        for (millis, expected) in [
            (0, "0 s"),
            (1, "1 s"),
            (61_000, "1 min 1 s"),
            (600_000, "10 min"),
            (3_600_000, "1 h"),
            (90_061_000, "1 d 1 h"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), expected);
        }
    }
}
