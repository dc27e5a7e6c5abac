//! Two processes that deliver one queue, and commands that add to it, are killed at random moments, as by `kill -9`:
//! what a command has reported as queued is in the group once.
//!
//! The sandbox honours `msgUuid` as DingTalk documents it, and never throttles; DingTalk's own behaviour is not
//! verified. `ROUNDS=40` in the environment makes more than a few rounds.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a broken set-up is a failed test; the counts are for the person who sets ROUNDS"
)]

mod program;
#[path = "outbox/scene.rs"]
mod scene;

use std::{collections::BTreeMap, env, time::Duration};

use dingtalk_core::queue::store::Store as _;
use dingtalk_sandbox::Fault;
use scene::{Scene, end, words};

/// Rounds unless the environment sets others.
const ROUNDS: u64 = 3;

/// Commands of a round.
const COMMANDS: u64 = 8;

/// Returns a random time up to a limit, in milliseconds.
fn some(milliseconds: u64) -> Duration {
    Duration::from_millis(rand::random_range(0..milliseconds))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_queued_is_in_the_group_once() {
    let rounds = env::var("ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let scene = Scene::new("killed", "").await;
    let (mut queued, mut interrupted) = (Vec::new(), 0);
    for round in 0..rounds {
        let workers = [scene.start(&["outbox", "run"]), scene.start(&["outbox", "run"])];
        scene.wait_until_served().await;
        let mut commands = Vec::new();
        for index in 0..COMMANDS {
            let text = format!("round {round} number {index}.");
            commands.push((scene.start(&["send", "text", &text, "--queue"]), text));
            tokio::time::sleep(some(30)).await;
        }
        // A command may be killed, too, before it has reported anything.
        for (index, (command, text)) in commands.into_iter().enumerate() {
            let output =
                if index % 4 == 3 { end(command, "-KILL") } else { command.wait_with_output().unwrap() };
            if words(&output).starts_with("queued as ") {
                queued.push(text);
            } else {
                interrupted += 1;
                assert!(output.status.code().is_none(), "{}", words(&output));
            }
        }
        tokio::time::sleep(some(1_000)).await;
        // Then a process is killed in the middle of a request that has arrived.
        if round % 3 == 0 {
            scene.sandbox.fault_next(1, Fault::AcceptThenHang);
            let last = format!("round {round} last.");
            let output = scene.run(&["send", "text", &last, "--queue"]);
            assert!(output.status.success(), "{}", words(&output));
            queued.push(last);
            tokio::time::sleep(some(300)).await;
        }
        for worker in workers {
            tokio::time::sleep(some(100)).await;
            end(worker, "-KILL");
        }
    }
    scene.sandbox.heal();
    let left = scene.store().lanes().await.unwrap();
    let output = scene.run(&["outbox", "run", "--drain"]);
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(scene.store().dead_letters(10).await.unwrap(), []);

    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for text in scene.texts() {
        *seen.entry(text).or_default() += 1;
    }
    let twice: Vec<_> = seen.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "seen twice: {twice:?}");
    let lost: Vec<_> = queued.iter().filter(|text| !seen.contains_key(*text)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    println!(
        "{rounds} rounds: {} queued, {interrupted} commands interrupted, {left:?} left for the last process",
        queued.len()
    );
}
