//! The README's first program, word for word: `tests/first_program.rs` runs it without any configuration, as
//! a newcomer does.

#![allow(clippy::print_stdout, reason = "it is what the README shows")]

use dingtalk_core::{DeliverExt, Mobile, Notification, Robot, Url};

#[derive(Notification)]
#[dingtalk(markdown(
    title = "CPU {percent:.0}% on {host}",
    text = "
        ### CPU {percent:.1}% on {host}
        {processes}
        {runbook}
    ",
))]
struct CpuAlert {
    host: String,
    #[dingtalk(range(0..=100))]
    percent: f64,
    #[dingtalk(line = "- {}")]
    processes: Vec<String>,
    #[dingtalk(line = "[Runbook]({})")]
    runbook: Option<Url>,
    #[dingtalk(at)]
    on_call: Vec<Mobile>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), dingtalk_core::Error> {
    let robot = Robot::from_env()?;
    let alert = CpuAlert {
        host: "web-3".into(),
        percent: 97.5,
        processes: vec!["nginx".into(), "backup *nightly*".into()],
        runbook: None,
        on_call: vec![],
    };
    let receipt = robot.send(&alert).await?;
    println!("delivered as {}", receipt.id);
    Ok(())
}
