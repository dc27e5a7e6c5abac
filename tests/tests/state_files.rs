//! The directory and the file of a shared state: modes, files that cannot be used, and the time without one.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use dingtalk_core::{
    DeliverExt as _, Message, Robot,
    delivery::{
        Urgency::Normal,
        window::{Window, Windows as _},
    },
};
use dingtalk_outbox::State;
use dingtalk_sandbox::Sandbox;
use dingtalk_tests::{
    shared_state::{Log, SharedState, pace, robot, take, take_all},
    temporary::TemporaryDirectory,
};
use tokio::time::advance;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[tokio::test(start_paused = true)]
async fn the_directory_and_the_file_are_for_their_owner_alone() {
    let shared = SharedState::new();
    let window = shared.window(pace(3));
    assert!(!shared.path().exists(), "nothing is created before the first message");
    drop(take(&*window, Normal).await.unwrap());
    assert_eq!((mode(&shared.path()), mode(&shared.file())), (0o700, 0o600));
    assert_eq!(mode(&shared.path().join("state.db-wal")), 0o600);
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_a_group_shares_gives_its_mode_to_the_file() {
    let shared = SharedState::new();
    fs::create_dir(shared.path()).unwrap();
    fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o2770)).unwrap();
    drop(take(&*shared.window(pace(3)), Normal).await.unwrap());
    assert_eq!(mode(&shared.file()), 0o660);
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_others_control_is_refused() {
    type Prepare = fn(&SharedState);
    let cases: [(&str, Prepare); 5] = [
        ("is a symbolic link; set the directory that it points to", |shared| {
            fs::create_dir(shared.path().with_extension("real")).unwrap();
            symlink(shared.path().with_extension("real"), shared.path()).unwrap();
        }),
        ("can be written by everyone", |shared| {
            fs::create_dir(shared.path()).unwrap();
            fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o777)).unwrap();
        }),
        ("can be written by its group", |shared| {
            fs::create_dir(shared.path()).unwrap();
            fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o770)).unwrap();
        }),
        ("holds a state.db that is not a regular file", |shared| {
            fs::create_dir(shared.path()).unwrap();
            symlink("/etc/passwd", shared.file()).unwrap();
        }),
        ("cannot be created", |shared| fs::write(shared.path(), "").unwrap()),
    ];
    for (words, prepare) in cases {
        let (shared, log) = (SharedState::new(), Log::default());
        prepare(&shared);
        let recording = log.record();
        let window = shared.window(pace(3));
        assert_eq!(take_all(&*window, Normal).await.unwrap(), 3, "{words}: it counts in memory");
        advance(Duration::from_secs(20)).await;
        assert_eq!(take_all(&*window, Normal).await.unwrap(), 3);
        drop(recording);
        assert_eq!(log.lines("the shared state cannot be used").len(), 1, "one warning: {words}");
        assert_eq!(log.lines(words).len(), 1, "{words}: {log:?}");
        let created = fs::symlink_metadata(shared.file()).is_ok_and(|file| file.is_file());
        assert!(!created, "{words}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_creates_nothing_and_says_why_it_cannot_be_read() {
    let shared = SharedState::new();
    assert_eq!(shared.builder().build().status().await.unwrap(), []);
    assert!(!shared.path().exists());
    fs::create_dir(shared.path()).unwrap();
    symlink("/etc/passwd", shared.file()).unwrap();
    let error = shared.builder().build().status().await.unwrap_err();
    assert!(error.to_string().contains("holds a state.db that is not a regular file; remove it"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_damaged_file_is_put_aside_and_its_window_counts_as_full() {
    let (shared, log) = (SharedState::new(), Log::default());
    fs::create_dir(shared.path()).unwrap();
    fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let damaged = [7; 5000];
    fs::write(shared.file(), damaged).unwrap();
    let recording = log.record();
    let window = shared.window(pace(3));
    let wait = take(&*window, Normal).await.unwrap().unwrap_err().wait;
    assert_eq!(wait, Duration::from_secs(10));
    drop(recording);
    assert_eq!(log.lines("state.db was damaged").len(), 1);
    let names = fs::read_dir(shared.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let aside =
        names.map(|name| name.into_string().unwrap()).find(|name| name.contains(".damaged-")).unwrap();
    assert_eq!(fs::read(shared.path().join(aside)).unwrap(), damaged);
    // It is full for every process and every robot.
    let other = shared.builder().build().window(&robot(2), &pace(3));
    assert_eq!(take_all(&*other, Normal).await.unwrap(), 0);
    advance(wait).await;
    assert_eq!(take_all(&*other, Normal).await.unwrap(), 3);
    assert_eq!(take_all(&*window, Normal).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_removed_or_replaced_is_opened_anew() {
    let shared = SharedState::new();
    let (first, second) = (shared.window(pace(3)), shared.window(pace(3)));
    assert_eq!(take_all(&*first, Normal).await.unwrap(), 3);
    fs::remove_dir_all(shared.path()).unwrap();
    assert_eq!(take_all(&*second, Normal).await.unwrap(), 3);
    assert_eq!(take_all(&*first, Normal).await.unwrap(), 0, "both use the same file again");
}

#[tokio::test(start_paused = true)]
async fn without_a_file_it_goes_on_from_the_last_window_and_writes_it_back() {
    let (shared, log) = (SharedState::new(), Log::default());
    let recording = log.record();
    let window = shared.window(pace(3));
    let open = take(&*window, Normal).await.unwrap().unwrap();
    drop(take(&*window, Normal).await.unwrap().unwrap());
    let away = shared.path().with_extension("away");
    fs::rename(shared.path(), &away).unwrap();
    fs::write(shared.path(), "").unwrap();
    assert_eq!(take_all(&*window, Normal).await.unwrap(), 1, "two of three were taken before");
    advance(Duration::from_secs(4)).await;
    drop(open);

    fs::remove_file(shared.path()).unwrap();
    fs::rename(&away, shared.path()).unwrap();
    advance(Duration::from_secs(2)).await;
    assert_eq!(take_all(&*window, Normal).await.unwrap(), 0);
    // Another process sees what was sent meanwhile.
    let [status] = &shared.builder().build().status().await.unwrap()[..] else { panic!("one robot") };
    assert_eq!((status.taken, status.unknown), (3, 3));
    // The first slot ended after four seconds, the others before them.
    advance(Duration::from_secs(4)).await;
    assert_eq!(take_all(&*window, Normal).await.unwrap(), 2);
    drop(recording);
    assert_eq!(log.lines("the shared state cannot be used").len(), 1);
}

/// Returns a state of which one slot was taken before its file was locked, its window and the lock.
async fn locked_after_one(directory: &TemporaryDirectory) -> (State, Arc<dyn Window>, rusqlite::Connection) {
    let state = State::builder(directory.path().join("state")).build();
    let window = state.window(&robot(1), &pace(5));
    drop(take(&*window, Normal).await.unwrap().unwrap());
    state.flush().await;
    let locked = rusqlite::Connection::open(directory.path().join("state/state.db")).unwrap();
    locked.execute_batch("BEGIN IMMEDIATE").unwrap();
    (state, window, locked)
}

#[tokio::test]
async fn a_file_that_is_locked_is_waited_for_and_not_given_up() {
    let directory = TemporaryDirectory::new();
    let (state, window, locked) = locked_after_one(&directory).await;
    let unlocks = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        locked.execute_batch("COMMIT").unwrap();
    });
    drop(take(&*window, Normal).await.unwrap().unwrap());
    assert!(unlocks.is_finished(), "it was granted only after the lock");
    unlocks.join().unwrap();
    state.flush().await;
    assert_eq!(state.status().await.unwrap()[0].taken, 2);
}

#[tokio::test]
async fn a_file_that_stays_locked_is_given_up_until_it_works() {
    let directory = TemporaryDirectory::new();
    let (state, window, locked) = locked_after_one(&directory).await;
    drop(take(&*window, Normal).await.unwrap().unwrap());
    locked.execute_batch("COMMIT").unwrap();
    state.flush().await;
    assert_eq!(state.status().await.unwrap()[0].taken, 2, "what was sent meanwhile is written back");
}

/// Reports whether the tests run as root.
fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout == b"0\n"
}

#[test]
fn under_sudo_nothing_is_created() {
    let directory = TemporaryDirectory::new();
    let state = directory.path().join("state");
    let mut user = Command::new(env!("CARGO_BIN_EXE_window_user"));
    user.arg(&state).args(["1", "5", "1000", "each"]).stdout(Stdio::null());
    assert!(user.env("SUDO_UID", "1000").status().unwrap().success());
    assert_eq!(state.exists(), !is_root(), "a person who set SUDO_UID is not root");
    assert!(user.env("SUDO_UID", "0").status().unwrap().success());
    assert!(state.join("state.db").exists());
}

#[tokio::test]
async fn nothing_of_a_message_or_of_a_secret_is_stored() {
    const TOKEN: &str = "c0ffee0123456789canarytoken";
    let directory = TemporaryDirectory::new();
    let state = State::builder(directory.path().join("state")).owner("a test").build();
    let sandbox = Sandbox::start().await.unwrap();
    let base = sandbox.webhook().split("/robot").next().unwrap().to_owned();
    let robot = Robot::builder(TOKEN).secret("SECcanarysecret").base_url(base);
    let robot = robot.windows(Arc::new(state.clone())).build().unwrap();
    drop(robot.send(&Message::text("the canary message")).await);
    state.flush().await;
    assert_eq!(state.status().await.unwrap()[0].taken, 1);
    for name in ["state.db", "state.db-wal"] {
        let bytes = fs::read(directory.path().join("state").join(name)).unwrap();
        for secret in [TOKEN, "canary", robot.id()] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{name} contains {secret}");
        }
    }
}
