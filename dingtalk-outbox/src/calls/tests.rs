//! Tests of calls in a file, as several processes see it. What every table does is checked by a contract in the crate
//! of tests.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicU64,
    time::SystemTime,
};

use sha2::{Digest as _, Sha256};

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
