//! Probe of a robot's server.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{
    super::{Error, ErrorKind, classify},
    Robot,
    attempt::exchange,
};

/// Result of a [probe](Robot::probe) of a robot's server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probe {
    /// Time of the server's clock, to the second, if the answer contains it. DingTalk accepts a signature whose time is
    /// at most one hour off (`customize-robot-security-settings`, open.dingtalk.com).
    pub server_time: Option<SystemTime>,
    /// Time of the robot's signing clock when the answer arrived.
    pub local_time: SystemTime,
    /// Time until the answer arrived.
    pub elapsed: Duration,
    /// Set if the answer is from a robot's server: JSON with an `errcode`. Otherwise, another server answers at this
    /// address.
    pub is_robot_server: bool,
}

impl Robot {
    /// Checks that the robot's server is reachable. Sends no message, no token and no signature, and does not count as
    /// a message: it is a `GET` without parameters, which DingTalk refuses with `errcode` 43002. The token, the
    /// signature, the keyword and the allowed addresses can only be checked by a message.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotSent`]: the server could not be reached, or did not answer completely in time.
    pub async fn probe(&self) -> Result<Probe, Error> {
        let robot = &*self.0;
        let started = Instant::now();
        let request = robot.client()?.get(robot.endpoint.url());
        let reply = exchange(request, robot.forwards())
            .await
            .map_err(|trouble| trouble.into_error(ErrorKind::NotSent))?;
        Ok(Probe {
            server_time: reply.date,
            local_time: (robot.clock)(),
            elapsed: started.elapsed(),
            is_robot_server: classify(reply.status, &reply.body).code.is_some(),
        })
    }
}
