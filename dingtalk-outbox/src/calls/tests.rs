//! Tests of calls in one file, as several processes see it: each `Program` has a state of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicU64,
    time::SystemTime,
};

use sha2::{Digest as _, Sha256};

use dingtalk_core::delivery::{DeliveredParts, RobotKey};

use super::*;
use crate::{Clock, Reading};

/// A directory that is removed with all its files.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("dingtalk-calls-{:016x}", rand::random::<u64>()));
        fs::create_dir(&path).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A clock that tests set, in seconds. The system starts anew if `boot` changes.
#[derive(Default)]
struct TestClock {
    seconds: AtomicU64,
    boot: AtomicU64,
}

impl TestClock {
    fn advance(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Restarts the system, which takes this long.
    fn restart(&self, seconds: u64) {
        self.advance(seconds);
        self.boot.store(self.seconds.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn read(&self) -> Reading {
        let (now, boot) = (self.seconds.load(Ordering::SeqCst), self.boot.load(Ordering::SeqCst));
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + now);
        Reading::new(boot.to_string(), Duration::from_secs(1_000 + now - boot), wall)
    }
}

/// A file, and its clock.
struct File {
    directory: TempDir,
    clock: Arc<TestClock>,
}

impl File {
    fn new() -> Self {
        Self { directory: TempDir::new(), clock: Arc::default() }
    }

    /// Returns the table as another process sees it.
    fn program(&self) -> Calls {
        let state = State::builder(self.directory.path()).clock(Arc::<TestClock>::clone(&self.clock));
        state.build().calls()
    }

    /// Returns the bytes of all files.
    fn bytes(&self) -> Vec<u8> {
        let files = fs::read_dir(self.directory.path()).unwrap().flatten();
        files.filter_map(|file| fs::read(file.path()).ok()).flatten().collect()
    }
}

fn call(name: &str) -> Call {
    Call::new(name)
}

async fn granted(program: &Calls, call: &Call, id: &str) -> Permit {
    match program.claim(call, id).await.unwrap() {
        Claim::Granted(permit) => permit,
        other => panic!("{other:?}"),
    }
}

/// Ends a call, and waits until that is stored.
async fn end(program: &Calls, permit: Permit, how: CallEnd) {
    permit.end(how);
    program.0.state.flush().await;
}

/// Ends a process as `kill -9` does: its lock is released, and nothing is recorded.
async fn kill(program: Calls, permit: Permit) {
    // Jobs of its thread own the lock too, until they are done.
    program.0.state.flush().await;
    permit.0.ended.store(true, Ordering::SeqCst);
    drop((program, permit));
}

#[tokio::test]
async fn a_call_of_a_process_that_is_running_is_not_granted_to_another() {
    let file = File::new();
    let (first, second) = (file.program(), file.program());
    let permit = granted(&first, &call("a"), "one").await;
    let claim = second.claim(&call("a"), "two").await.unwrap();
    assert!(matches!(&claim, Claim::InProgress { id } if id == "one"), "{claim:?}");
    // Time alone changes nothing: it may wait for its slot.
    file.clock.advance(3_600);
    assert_eq!(second.look(&call("a")).await.unwrap(), Some(CallState::InProgress));
    assert_eq!(second.look(&call("b")).await.unwrap(), None);
    end(&first, permit, CallEnd::Delivered).await;
    file.clock.advance(59);
    let claim = second.claim(&call("a"), "two").await.unwrap();
    assert!(matches!(&claim, Claim::Delivered { id, .. } if id == "one"), "{claim:?}");
    file.clock.advance(60);
    assert_eq!(granted(&second, &call("a"), "two").await.id(), "two");
}

#[tokio::test]
async fn a_process_that_was_killed_leaves_its_id_its_robot_and_its_parts() {
    let file = File::new();
    let asked = call("a").several_robots(true);
    let first = file.program();
    let permit = granted(&first, &asked, "one").await;
    assert_eq!(permit.earlier(), None);
    let robot = RobotKey::from_bytes([7; 32]);
    let mut attempt = Attempt::default();
    (attempt.robot, attempt.delivered, attempt.parts) = (Some(robot), 2, 5);
    permit.mark().begin(attempt).await.unwrap();
    kill(first, permit).await;
    let second = file.program();
    assert_eq!(second.look(&asked).await.unwrap(), Some(CallState::Abandoned));
    let permit = granted(&second, &asked, "two").await;
    assert_eq!(permit.id(), "one");
    let earlier = *permit.earlier().unwrap();
    let parts = Some(DeliveredParts { count: 2, of: 5 });
    assert_eq!((earlier.sender, earlier.delivered), (Some(robot), parts));
    // It is in progress again, for others.
    assert!(matches!(file.program().claim(&asked, "three").await.unwrap(), Claim::InProgress { .. }));
    end(&second, permit, CallEnd::NotSent).await;
    assert_eq!(second.look(&asked).await.unwrap(), Some(CallState::Unknown), "it may have arrived before");
    file.clock.advance(600);
    assert_eq!(granted(&second, &asked, "four").await.id(), "four");
}

#[tokio::test]
async fn each_end_is_remembered_for_its_time() {
    for (how, state, seconds) in
        [(CallEnd::Delivered, CallState::Delivered, 60), (CallEnd::Unknown, CallState::Unknown, 600)]
    {
        let (file, asked) = (File::new(), call("a"));
        let program = file.program();
        end(&program, granted(&program, &asked, "one").await, how).await;
        file.clock.advance(seconds - 1);
        assert_eq!(program.look(&asked).await.unwrap(), Some(state));
        file.clock.advance(1);
        assert_eq!(program.look(&asked).await.unwrap(), None);
        assert_eq!(granted(&program, &asked, "two").await.id(), "two");
    }
    let program = File::new();
    let program = program.program();
    end(&program, granted(&program, &call("a"), "one").await, CallEnd::NotSent).await;
    assert_eq!(program.look(&call("a")).await.unwrap(), None);
    drop(granted(&program, &call("a"), "two").await);
    assert_eq!(program.look(&call("a")).await.unwrap(), Some(CallState::Unknown), "nobody said how it ended");
}

#[tokio::test]
async fn a_queued_message_is_the_answer_until_its_delivery_has_ended() {
    let (file, asked) = (File::new(), call("a"));
    let (first, second) = (file.program(), file.program());
    end(&first, granted(&first, &asked, "one").await, CallEnd::Queued).await;
    file.clock.advance(86_400);
    assert_eq!(second.look(&asked).await.unwrap(), Some(CallState::Queued));
    let claim = second.claim(&asked, "two").await.unwrap();
    let age = Duration::from_secs(86_400);
    assert!(matches!(&claim, Claim::Queued { id, age: found } if id == "one" && *found == age), "{claim:?}");
    // Another message of the call has ended: this one has not.
    let claim = second.claim(&asked.clone().settled("zero"), "two").await.unwrap();
    assert!(matches!(claim, Claim::Queued { .. }), "{claim:?}");
    let permit = granted(&second, &asked.clone().settled("one"), "two").await;
    assert_eq!((permit.id(), permit.earlier()), ("two", None), "a new call");
    // Both processes saw that it had ended; one of them sends.
    let claim = first.claim(&asked.clone().settled("one"), "three").await.unwrap();
    assert!(matches!(&claim, Claim::InProgress { id } if id == "two"), "{claim:?}");
    end(&second, permit, CallEnd::Queued).await;
    file.clock.advance(7 * 86_400);
    assert_eq!(second.look(&asked).await.unwrap(), None, "the queue has forgotten it too");
}

#[tokio::test]
async fn an_unknown_outcome_is_sent_again_and_keeps_its_age_if_it_was_not_sent() {
    let (file, asked) = (File::new(), call("a"));
    let program = file.program();
    end(&program, granted(&program, &asked, "one").await, CallEnd::Unknown).await;
    file.clock.advance(400);
    let permit = granted(&program, &asked, "two").await;
    assert_eq!((permit.id(), permit.earlier().is_some()), ("one", true));
    end(&program, permit, CallEnd::NotSent).await;
    file.clock.advance(199);
    assert_eq!(granted(&program, &asked, "three").await.id(), "one");
    file.clock.advance(1);
    assert_eq!(granted(&program, &asked, "four").await.id(), "one", "the last one may have arrived");
}

#[tokio::test]
async fn an_attempt_of_a_killed_process_counts_from_its_own_time() {
    let (file, asked) = (File::new(), call("a"));
    let program = file.program();
    end(&program, granted(&program, &asked, "one").await, CallEnd::Unknown).await;
    file.clock.advance(400);
    let permit = granted(&program, &asked, "two").await;
    kill(program, permit).await;
    file.clock.advance(599);
    let program = file.program();
    let permit = granted(&program, &asked, "three").await;
    assert_eq!(permit.id(), "one");
    // It was not sent now: what counts is the attempt before.
    end(&program, permit, CallEnd::NotSent).await;
    file.clock.advance(1);
    assert_eq!(granted(&program, &asked, "four").await.id(), "four");
}

#[tokio::test]
async fn a_claim_that_nobody_received_is_given_up() {
    let (file, asked) = (File::new(), call("a"));
    let program = file.program();
    let mut claim = Box::pin(program.claim(&asked, "one"));
    // It is asked for, and dropped before its answer.
    assert!(
        std::future::poll_fn(|context| std::task::Poll::Ready(claim.as_mut().poll(context)))
            .await
            .is_pending()
    );
    drop(claim);
    // Once for the claim, and once for what its answer does.
    program.0.state.flush().await;
    program.0.state.flush().await;
    assert_eq!(granted(&program, &asked, "two").await.id(), "two");
}

#[tokio::test]
async fn a_late_end_does_not_change_a_newer_claim() {
    let (file, asked) = (File::new(), call("a"));
    let (first, second) = (file.program(), file.program());
    let late = granted(&first, &asked, "one").await;
    // Its lock is lost, though it is running.
    fs::remove_dir_all(file.directory.path().join("processes")).unwrap();
    let permit = granted(&second, &asked, "two").await;
    assert_eq!(permit.id(), "one");
    let mark = late.mark();
    late.end(CallEnd::NotSent);
    first.0.state.flush().await;
    assert_eq!(second.look(&asked).await.unwrap(), Some(CallState::Abandoned));
    end(&second, permit, CallEnd::Delivered).await;
    assert_eq!(second.look(&asked).await.unwrap(), Some(CallState::Delivered));
    let mut attempt = Attempt::default();
    attempt.parts = 2;
    assert!(mark.begin(attempt).await.is_err(), "it may not send any more");
}

#[tokio::test]
async fn a_process_whose_directory_was_removed_is_found_in_the_new_one() {
    let file = File::new();
    let (one, two) = (file.program(), file.program());
    let first = granted(&one, &call("a"), "one").await;
    for entry in fs::read_dir(file.directory.path()).unwrap().flatten() {
        fs::remove_file(entry.path()).or_else(|_| fs::remove_dir_all(entry.path())).unwrap();
    }
    let permit = granted(&one, &call("b"), "two").await;
    assert!(matches!(two.claim(&call("b"), "three").await.unwrap(), Claim::InProgress { .. }));
    drop((first, permit));
}

#[tokio::test]
async fn a_chosen_key_is_of_one_message() {
    let file = File::new();
    let named =
        |text: &str| call("nightly").meaning(text).remembered(Duration::MAX, Duration::MAX, Duration::MAX);
    let program = file.program();
    end(&program, granted(&program, &named("a"), "one").await, CallEnd::Delivered).await;
    file.clock.advance(1_000_000);
    for other in [named("b"), call("nightly").remembered(Duration::MAX, Duration::MAX, Duration::MAX)] {
        assert!(matches!(program.claim(&other, "two").await.unwrap(), Claim::OtherMessage));
    }
    match program.claim(&named("a"), "two").await.unwrap() {
        Claim::Delivered { id, age } => assert_eq!((&*id, age), ("one", Duration::from_secs(1_000_000))),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn calls_outlive_a_restart_of_the_system() {
    let (file, asked) = (File::new(), call("a"));
    let program = file.program();
    let permit = granted(&program, &asked, "one").await;
    kill(program, permit).await;
    file.clock.restart(300);
    let program = file.program();
    let permit = granted(&program, &asked, "two").await;
    assert_eq!(permit.id(), "one");
    end(&program, permit, CallEnd::Unknown).await;
    file.clock.restart(599);
    assert_eq!(program.look(&asked).await.unwrap(), Some(CallState::Unknown));
    file.clock.restart(1);
    assert_eq!(granted(&file.program(), &asked, "three").await.id(), "three");
}

#[tokio::test]
async fn the_file_contains_nothing_of_a_call_and_differs_from_others() {
    let keys = |file: &File| {
        let path = file.directory.path().join("state.db");
        let keys = rusqlite::Connection::open(path).unwrap();
        let sql = "SELECT key, meaning, (SELECT secret FROM secret) FROM call";
        keys.query_row(sql, [], |row| Ok([row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?])).unwrap()
    };
    let (one, two) = (File::new(), File::new());
    let asked = call("a customer's name").meaning("Disk of a customer is full");
    for file in [&one, &two] {
        let program = file.program();
        end(&program, granted(&program, &asked, "id").await, CallEnd::Delivered).await;
        program.0.state.flush().await;
        let bytes = file.bytes();
        for secret in ["customer", "Disk"] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
        }
        let hash = Sha256::digest("a customer's name");
        assert!(!bytes.windows(32).any(|part| part == &hash[..]), "a hash could be guessed");
    }
    let (one, two) = (keys(&one), keys(&two));
    assert!(one.iter().zip(&two).all(|(one, two)| one.len() == 32 && one != two), "secrets differ");
}

#[tokio::test]
async fn the_table_forgets() {
    let file = File::new();
    let program = file.program();
    for number in 0..100 {
        end(&program, granted(&program, &call(&number.to_string()), "one").await, CallEnd::Delivered).await;
    }
    file.clock.advance(61);
    end(&program, granted(&program, &call("last"), "one").await, CallEnd::NotSent).await;
    program.0.state.flush().await;
    let rows = rusqlite::Connection::open(file.directory.path().join("state.db")).unwrap();
    assert_eq!(rows.query_row("SELECT count(*) FROM call", [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[tokio::test]
async fn calls_are_remembered_in_memory_if_the_directory_cannot_be_used_except_durable_ones() {
    let calls = State::builder("/dev/null/state").build().calls();
    let permit = granted(&calls, &call("a").several_robots(true), "one").await;
    permit.mark().begin(Attempt::default()).await.unwrap();
    end(&calls, permit, CallEnd::Delivered).await;
    assert_eq!(calls.look(&call("a")).await.unwrap(), Some(CallState::Delivered));
    let error = calls.claim(&call("b").durable(true), "one").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains("/dev/null/state"), "{error}");
    assert_eq!(calls.look(&call("b")).await.unwrap(), None);
}

#[tokio::test]
async fn a_file_of_the_first_schema_gains_the_table() {
    let file = File::new();
    let path = file.directory.path().join("state.db");
    let first = rusqlite::Connection::open(&path).unwrap();
    first.execute_batch(include_str!("../schema/1.sql")).unwrap();
    first.execute_batch("UPDATE meta SET schema = 1").unwrap();
    drop(first);
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let (one, two) = (file.program(), file.program());
    let (call_a, call_b) = (call("a"), call("b"));
    let permits = tokio::join!(granted(&one, &call_a, "one"), granted(&two, &call_b, "two"));
    assert_eq!((permits.0.id(), permits.1.id()), ("one", "two"));
    let schema = rusqlite::Connection::open(&path).unwrap();
    assert_eq!(schema.query_row("SELECT schema FROM meta", [], |row| row.get::<_, i64>(0)).unwrap(), 2);
}
