//! The durable queue of the program: `outbox run`, its policy, its digests, and what it tells about failures.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
#[path = "outbox/scene.rs"]
mod scene;

use std::time::Duration;

use dingtalk_core::{
    Envelope, Message,
    delivery::{Confirmation, Urgency},
    message::Mentions,
    queue::store::Store as _,
};
use dingtalk_outbox::{Outbox as _, outbox::Standing};
use dingtalk_sandbox::Fault;
use scene::{Scene, words};

fn text(text: &str) -> Envelope {
    Envelope::new(Message::text(text))
}

fn everybody(text: &str) -> Envelope {
    Envelope::new(Message::text(text).with_mentions(Mentions::everybody()))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_queued_is_delivered_and_the_process_ends() {
    let scene = Scene::new("drain", "").await;
    for index in 0..5 {
        scene.enqueue(text(&format!("number {index}"))).await;
    }
    let output = scene.run(&["outbox", "run", "--drain"]);
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(scene.texts(), ["number 0", "number 1", "number 2", "number 3", "number 4"]);
    assert!(scene.store().dispatchers().await.unwrap().is_empty(), "it has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_delivers_is_known_until_a_signal_ends_it() {
    let scene = Scene::new("signal", "").await;
    let running = scene.start(&["outbox", "run"]);
    let dispatcher = loop {
        if let [dispatcher] = &scene.store().dispatchers().await.unwrap()[..] {
            break dispatcher.clone();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(dispatcher.lanes, [scene.lane()]);
    scene.enqueue(text("while it runs")).await;
    scene.wait_for(|texts| texts.len() == 1).await;
    let output = scene::end(running, "-TERM");
    assert!(output.status.success(), "{}", words(&output));
    assert!(scene.store().dispatchers().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_the_process_that_delivers_decides() {
    let allowed = "at_all = \"allow\"";
    // The policy, a message, and the reason of its dead letter.
    let agreed = || everybody("come").with_confirmation(Confirmation::of_everybody("editor"));
    let read = || text("read").with_confirmation(Confirmation::of_message("editor"));
    let always = "confirm = \"always\"\nat_all = \"allow\"";
    let cases = [
        ("at_all = \"deny\"", agreed(), Some("(at_all = \"deny\")")),
        (
            "",
            everybody("come"),
            Some("a person has not confirmed that it notifies everybody (at_all = \"ask\")"),
        ),
        ("", agreed(), None),
        (allowed, everybody("come"), None),
        (always, text("read"), Some("a person has not confirmed it (confirm = \"always\")")),
        (always, read(), None),
    ];
    for (index, (policy, envelope, reason)) in cases.into_iter().enumerate() {
        let scene = Scene::new(&format!("policy-{index}"), policy).await;
        let id = envelope.id.clone();
        scene.enqueue(envelope).await;
        let output = scene.run(&["outbox", "run", "--drain"]);
        assert!(output.status.success(), "{}", words(&output));
        let letters = scene.store().dead_letters(10).await.unwrap();
        let found = letters.first().map(|letter| letter.failure.text.clone());
        assert_eq!(found.is_some(), reason.is_some(), "{policy}: {found:?}");
        assert!(reason.is_none_or(|reason| found.is_some_and(|found| found.contains(reason))), "{policy}");
        assert_eq!(scene.texts().len(), usize::from(reason.is_none()), "{policy}");
        if reason.is_some() {
            let told = words(&output);
            assert!(told.contains(&id) && told.contains("ops"), "the log names the robot and the id: {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_of_the_process_that_delivers_can_be_stricter_than_the_file() {
    let scene = Scene::new("stricter", "at_all = \"allow\"").await;
    scene.enqueue(everybody("come")).await;
    let mut command = scene.command(&["outbox", "run", "--drain"]);
    let output = command.env("DINGTALK_NOTIFY_AT_ALL", "deny").output().unwrap();
    assert!(output.status.success(), "{}", words(&output));
    assert!(scene.texts().is_empty());
    assert_eq!(scene.store().dead_letters(10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_is_told_in_a_few_messages() {
    let scene = Scene::new("burst", "").await.with("[outbox]\ndigest = true\ncapacity = 400\n");
    let name = |index| format!("disk {index} of host {}.", index * 7);
    for index in 0..302 {
        let urgency = if index % 3 == 0 { Urgency::Urgent } else { Urgency::Normal };
        scene.enqueue(text(&name(index)).with_urgency(urgency)).await;
    }
    let output = scene.run(&["outbox", "run", "--drain"]);
    assert!(output.status.success(), "{}", words(&output));
    let texts = scene.texts();
    let told = |index: &i32| texts.iter().filter(|text| text.contains(&name(*index))).count() == 1;
    let missing: Vec<i32> = (0..302).filter(|index| !told(index)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(texts.len() <= 8, "{} messages", texts.len());
    assert_eq!(scene.store().dead_letters(10).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_names_the_robot_and_the_id_in_the_log() {
    let scene = Scene::new("failure", "").await;
    let envelope = text("unwelcome");
    let id = envelope.id.clone();
    scene.enqueue(envelope).await;
    let refusal = r#"{"errcode":430101,"errmsg":"unsafe words in: unwelcome"}"#;
    scene.sandbox.fault(Fault::Reply(refusal.to_owned()));
    let output = scene.run(&["outbox", "run", "--drain"]);
    let told = words(&output);
    let lines: Vec<&str> = told.lines().filter(|line| line.contains("WARN")).collect();
    assert!(!lines.is_empty(), "{told}");
    for line in lines {
        assert!(line.contains(&id) && line.contains("ops"), "{line}");
        assert!(!line.contains("unwelcome"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_detached_process_serves_alone_and_ends_after_the_last_one() {
    let scene = Scene::new("detached", "").await;
    for index in 0..3 {
        scene.enqueue(text(&format!("number {index}"))).await;
    }
    let first = scene.run(&["outbox", "run", "--detach"]);
    assert!(first.status.success() && first.stdout.is_empty(), "{}", words(&first));
    let second = scene.run(&["outbox", "run", "--detach"]);
    assert!(second.status.success(), "{}", words(&second));
    let dispatchers = scene.store().dispatchers().await.unwrap();
    assert!(dispatchers.len() <= 1, "{dispatchers:?}");
    scene.wait_for(|texts| texts.len() == 3).await;
    scene.wait_for_end().await;
    let id = scene.enqueue(text("nobody is left")).await;
    assert!(matches!(scene.store().find(&id).await.unwrap(), Standing::Kept { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_needs_a_state() {
    let scene = Scene::new("off", "").await;
    let mut command = scene.command(&["outbox", "run", "--no-state"]);
    let output = command.env_remove("DINGTALK_NOTIFY_STATE_DIR").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        words(&output).contains("the queue needs the state that outlives a process"),
        "{}",
        words(&output)
    );
}
