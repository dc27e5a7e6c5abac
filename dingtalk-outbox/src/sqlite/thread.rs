//! The thread that owns the connection: SQLite blocks, and the runtime must not.

use std::{
    path::Path,
    sync::mpsc::{self, Sender},
    thread,
};

use rusqlite::Connection;

use super::{file, trouble::Trouble};

pub(super) type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Opens the file, and starts the thread, which ends when the sender is dropped.
pub(super) fn start(path: &Path) -> Result<Sender<Job>, Trouble> {
    let mut connection = file::open(path)?;
    let (sender, jobs) = mpsc::channel::<Job>();
    let thread = thread::Builder::new().name("dingtalk-outbox".to_owned());
    let run = move || jobs.into_iter().for_each(|job| job(&mut connection));
    thread.spawn(run).map_err(|error| Trouble::new(format!("no thread can be started ({error})")))?;
    Ok(sender)
}
