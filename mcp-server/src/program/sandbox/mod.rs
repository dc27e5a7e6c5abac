//! `dingtalk-notify sandbox`: a local robot with a chat view.

pub(super) mod arguments;
pub(super) mod compose;
mod release;
mod tail;

use dingtalk_sandbox::Sandbox;

use self::{arguments::SandboxArguments, release::RealRobot};
use super::{Program, Result, say, words::words};

pub(super) async fn run(program: &Program, arguments: SandboxArguments) -> Result<()> {
    let (mut builder, faults) = arguments.sandbox()?;
    builder = builder.compose(compose::compose);
    if let Some(robot) = &arguments.release {
        builder = builder.release(RealRobot::new(program, robot, arguments.config.clone())?);
    }
    let port = arguments.port;
    let sandbox = builder.start().await.map_err(|error| {
        if error.kind() == std::io::ErrorKind::InvalidInput {
            return words(
                "two robots have the same token or name: give each its own".to_owned(),
                "有两个机器人的 token 或名称相同：请分别指定".to_owned(),
            );
        }
        words(
            format!("cannot listen on 127.0.0.1:{port}: {error}; `--port 0` picks a free port"),
            format!("无法监听 127.0.0.1:{port}：{error}；用 `--port 0` 可任选一个空闲端口"),
        )
    })?;
    for fault in faults {
        sandbox.fault_rule(fault.clone());
    }
    say(format!("{}{}", words("Chat: ", "聊天页面："), sandbox.page_url()))?;
    say("")?;
    for robot in sandbox.robots() {
        variables(&sandbox, &robot)?;
    }
    say(words("Press Ctrl-C to stop.", "按 Ctrl-C 结束。"))?;
    let stopped = tokio::signal::ctrl_c();
    if arguments.tail {
        tokio::select! {
            stopped = stopped => stopped?,
            told = tail::follow(&sandbox) => told?,
        }
    } else {
        stopped.await?;
    }
    Ok(())
}

/// Prints the variables that point a program to a robot.
fn variables(sandbox: &Sandbox, robot: &str) -> Result<()> {
    say(words(
        format!("To send messages to the robot `{robot}`, start a program with:"),
        format!("要向机器人 `{robot}` 发消息，先设置这些环境变量再启动程序："),
    ))?;
    say(format!("  export DINGTALK_BOT_BASE_URL={}", sandbox.base_url()))?;
    let (token, secret) = sandbox.access(robot).ok_or("the robot is missing")?;
    say(format!("  export DINGTALK_BOT_ACCESS_TOKEN={}", quoted(token)))?;
    if let Some(secret) = secret {
        say(format!("  export DINGTALK_BOT_SECRET={}", quoted(secret)))?;
    }
    say("")?;
    Ok(())
}

/// Quotes a value for a shell if it needs that.
fn quoted(value: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=+,@".contains(character);
    if value.chars().all(is_plain) { value.to_owned() } else { format!("'{}'", value.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_quoted_for_a_shell() {
        assert_eq!(quoted("SECa-b_c.1"), "SECa-b_c.1");
        assert_eq!(quoted("机器人"), "'机器人'");
        assert_eq!(quoted("a'$(b)"), "'a'\\''$(b)'");
    }
}
