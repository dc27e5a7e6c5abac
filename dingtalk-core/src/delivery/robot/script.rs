//! Attempts without requests, for tests in virtual time.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    super::{Block, Error, ErrorKind},
    send::Post,
    trouble::Failure,
};

/// Ending of an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending {
    Success,
    Fails(ErrorKind),
    /// A gateway's page: the outcome is unknown, and the robot is blocked.
    Page,
    /// No answer until the attempt's limit.
    Hangs,
}

/// Attempts that end as scripted; after the end of the script, with success.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<Played>>);

#[derive(Default)]
struct Played {
    endings: VecDeque<(Duration, Ending)>,
    /// Beginning and limit of each attempt.
    attempts: Vec<(Instant, Duration)>,
}

impl Script {
    pub(crate) fn new(endings: impl IntoIterator<Item = Ending>) -> Self {
        Self::timed(endings.into_iter().map(|ending| (Duration::ZERO, ending)))
    }

    pub(crate) fn timed(endings: impl IntoIterator<Item = (Duration, Ending)>) -> Self {
        let script = Self::default();
        script.0.lock().unwrap().endings.extend(endings);
        script
    }

    pub(crate) fn attempts(&self) -> Vec<(Instant, Duration)> {
        self.0.lock().unwrap().attempts.clone()
    }
}

impl Post for Script {
    async fn mark(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn post(&self, limit: Duration) -> Result<(), Failure> {
        let (takes, ending) = {
            let mut played = self.0.lock().unwrap();
            played.attempts.push((Instant::now(), limit));
            played.endings.pop_front().unwrap_or((Duration::ZERO, Ending::Success))
        };
        let cut = takes > limit;
        sleep(takes.min(limit)).await;
        let (kind, block) = match ending {
            Ending::Success if !cut => return Ok(()),
            Ending::Fails(kind) if !cut => (kind, block(kind)),
            Ending::Page => (ErrorKind::Unknown, Some(Block::Robot)),
            _ => {
                sleep(limit.saturating_sub(takes)).await;
                (ErrorKind::Unknown, None)
            }
        };
        Err(Failure { error: Error::new(kind, "as scripted"), block })
    }
}

fn block(kind: ErrorKind) -> Option<Block> {
    [Block::Robot, Block::Address, Block::Month].into_iter().find(|block| block.kind() == kind)
}
