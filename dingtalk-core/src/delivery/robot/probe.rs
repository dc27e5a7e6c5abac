//! Asking a robot's server for a sign of life.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{
    super::{Error, ErrorKind, classify},
    Robot,
    attempt::{Trouble, exchange},
};

/// What a robot's server answered when it was [asked](Robot::probe).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probe {
    /// The time by the server's clock, to the second, where it said so. DingTalk takes a signature whose time is at most one
    /// hour off (`customize-robot-security-settings`, open.dingtalk.com).
    pub server_time: Option<SystemTime>,
    /// The time by the clock that the robot signs with, when the answer came.
    pub local_time: SystemTime,
    /// How long the answer took.
    pub elapsed: Duration,
    /// The answer was one of a robot's server: JSON with an `errcode`. If not, something else answers at this address.
    pub is_robot_server: bool,
}

impl Robot {
    /// Asks the robot's server whether it is there. Sends no message, no token and no signature, and does not count as a message:
    /// it is a `GET` without parameters, which DingTalk refuses with `errcode` 43002. What only a message can show
    /// (token, signature, keyword, allowed addresses) stays open.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotSent`]: the server could not be reached, or gave no whole answer in time.
    pub async fn probe(&self) -> Result<Probe, Error> {
        let robot = &*self.0;
        let started = Instant::now();
        let request = robot.client()?.get(robot.endpoint.url());
        let reply =
            exchange(request).await.map_err(|Trouble { cause, .. }| Error::new(ErrorKind::NotSent, cause))?;
        Ok(Probe {
            server_time: reply.date,
            local_time: (robot.clock)(),
            elapsed: started.elapsed(),
            is_robot_server: classify(reply.status, &reply.body).code.is_some(),
        })
    }
}
