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
    scene.wait_until_served().await;
    assert_eq!(scene.store().dispatchers().await.unwrap()[0].lanes, [scene.lane()]);
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

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_queued_unless_a_process_delivers() {
    let scene = Scene::new("unserved", "").await;
    let output = scene.run(&["send", "text", "a", "--queue"]);
    assert_eq!(output.status.code(), Some(3), "{}", words(&output));
    assert!(words(&output).contains("nothing was queued: no running process delivers for the robot `ops`"));
    let output = scene.run(&["send", "text", "a", "--queue", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["outcome"]), (Some(3), &"failed".into()), "{report}");
    assert!(scene.store().lanes().await.unwrap().is_empty());

    let running = scene.start(&["outbox", "run"]);
    scene.wait_until_served().await;
    let output = scene.run(&["send", "text", "b", "--queue"]);
    assert!(output.status.success() && words(&output).starts_with("queued as "), "{}", words(&output));
    scene.wait_for(|texts| texts == ["b"]).await;
    let output = scene.run(&["send", "text", "c", "--queue", "--json", "--id", "nightly"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["outcome"], "queued");
    scene.wait_for(|texts| texts == ["b", "c"]).await;
    let again = scene.run(&["send", "text", "c", "--queue", "--id", "nightly"]);
    let id = report["id"].as_str().unwrap();
    assert!(again.status.success() && words(&again).contains(id), "{}", words(&again));
    let direct = scene.run(&["send", "text", "c", "--id", "nightly"]);
    assert!(direct.status.success() && words(&direct).contains("already delivered"), "{}", words(&direct));
    scene::end(running, "-TERM");
    assert_eq!(scene.texts(), ["b", "c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_who_enters_at_all_has_confirmed_it() {
    for (policy, arrives) in [("confirm = \"always\"", true), ("at_all = \"deny\"", false)] {
        let scene = Scene::new(&format!("person-{arrives}"), policy).await;
        let output = scene.run(&["send", "text", "come", "--at-all", "--queue", "--detach"]);
        assert_eq!(output.status.code(), Some(if arrives { 0 } else { 3 }), "{}", words(&output));
        if arrives {
            scene.wait_for(|texts| texts.len() == 1).await;
        }
        scene.wait_for_end().await;
        assert_eq!(scene.texts().len(), usize::from(arrives));
        assert_eq!(scene.store().dead_letters(10).await.unwrap(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_commands_at_once_share_detached_processes_and_lose_nothing() {
    const ROUNDS: usize = 3;
    const COMMANDS: usize = 12;

    let scene = Scene::new("concurrent", "").await;
    let mut expected = Vec::new();
    for round in 0..ROUNDS {
        let mut children = Vec::new();
        for index in 0..COMMANDS {
            let text = format!("round {round} number {index}");
            children.push(scene.start(&["send", "text", &text, "--queue", "--detach"]));
            expected.push(text);
            // Some of them come while a detached process ends, which is two seconds after its last delivery.
            tokio::time::sleep(Duration::from_millis(if index % 4 == 3 { 1_950 } else { 5 })).await;
        }
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", words(&output));
        }
    }
    scene.wait_for(|texts| texts.len() >= expected.len()).await;
    scene.wait_for_end().await;
    let mut texts = scene.texts();
    texts.sort();
    expected.sort();
    assert_eq!(texts, expected);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_detached_process_has_nothing_of_the_one_that_started_it() {
    use std::fs;

    let scene = Scene::new("nothing", "").await;
    scene.sandbox.fault(Fault::Hang);
    // The shell holds a file open, as the lock of `flock`, and a variable that is no business of the process.
    let held = scene.path("lock");
    let mut command = scene.command(&[]);
    let program = command.get_program().display();
    let script = format!("exec 9>{}; exec {program} send text a --queue --detach", held.display());
    let variables: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.unwrap().to_owned())).collect();
    drop(command);
    command = std::process::Command::new("sh");
    command.args(["-c", &script]).env_clear().envs(variables).env("SECRET_OF_OTHERS", "x");
    command.env("HTTPS_PROXY", "http://127.0.0.1:1").env("NO_PROXY", "127.0.0.1");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", words(&output));
    let owner = scene.store().dispatchers().await.unwrap()[0].owner.clone();
    let process = owner.rsplit(' ').next().unwrap().to_owned();
    let of = |name: &str| std::path::Path::new("/proc").join(&process).join(name);
    let variables = fs::read_to_string(of("environ")).unwrap();
    let mut names: Vec<&str> = variables.split('\0').filter_map(|line| line.split('=').next()).collect();
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    assert_eq!(names, ["HTTPS_PROXY", "NO_PROXY", "TOKEN"], "{variables}");
    assert_eq!(fs::read_link(of("cwd")).unwrap(), std::path::Path::new("/"));
    for entry in fs::read_dir(of("fd")).unwrap() {
        let target = fs::read_link(entry.unwrap().path()).unwrap_or_default();
        assert_ne!(target, held);
    }
    for descriptor in ["fd/0", "fd/1", "fd/2"] {
        assert_eq!(fs::read_link(of(descriptor)).unwrap(), std::path::Path::new("/dev/null"));
    }
    // The sixth field is the session, of which it is the leader.
    let status = fs::read_to_string(of("stat")).unwrap();
    let session = status.rsplit(')').next().unwrap().split_whitespace().nth(3).unwrap();
    assert_eq!(session, process);
    scene.sandbox.heal();
    let killed = std::process::Command::new("kill").args(["-TERM", &process]).status().unwrap();
    assert!(killed.success());
    scene.wait_for_end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_used_is_told_and_loses_nothing() {
    use std::fs;

    let scene = Scene::new("trouble", "").await.with("[outbox]\ncapacity = 2\n");
    for index in 0..2 {
        scene.enqueue(text(&format!("number {index}"))).await;
    }
    // Full: a process delivers, and cannot: the robot hangs.
    scene.sandbox.fault(Fault::Hang);
    let running = scene.start(&["outbox", "run"]);
    scene.wait_until_served().await;
    let send = |scene: &Scene| scene.run(&["send", "text", "one more", "--queue"]);
    let output = send(&scene);
    assert_eq!(output.status.code(), Some(5), "{}", words(&output));
    assert!(words(&output).contains("queue is full"), "{}", words(&output));
    scene::end(running, "-KILL");
    scene.sandbox.heal();

    // Damaged: nothing is replaced.
    let path = scene.path("state").join("outbox.db");
    let sound = scene.path("sound");
    fs::create_dir(&sound).unwrap();
    for entry in fs::read_dir(scene.path("state")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), sound.join(entry.file_name())).unwrap();
        }
    }
    fs::write(&path, "this is no database, but somebody's notes").unwrap();
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", path.display()));
    }
    for arguments in [&["send", "text", "a", "--queue"][..], &["outbox", "run", "--drain"]] {
        let output = scene.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", words(&output));
        assert!(words(&output).contains("the file is damaged and is left as it is"), "{}", words(&output));
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "this is no database, but somebody's notes");

    // Recovered.
    for entry in fs::read_dir(&sound).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), scene.path("state").join(entry.file_name())).unwrap();
    }
    let output = scene.run(&["outbox", "run", "--drain"]);
    assert!(output.status.success(), "{}", words(&output));
    let mut texts = scene.texts();
    texts.sort();
    assert_eq!(texts, ["number 0", "number 1"]);
}
