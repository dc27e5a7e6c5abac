//! The settings of the durable queue, and the robots for which it has lanes.

use std::path::Path;

use dingtalk_config::{OutboxSettings, RobotSettings};

use super::{Settings, StatePlace, robots::EnvironmentRobot, table};
use crate::{
    Error,
    outbox::{Lane, Robots, detached::Detached},
};

impl Settings {
    /// Returns the settings of the queue in the file.
    pub(crate) fn outbox(&self) -> &OutboxSettings {
        &self.config.outbox
    }

    /// Reports that nothing is sent.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Returns the robot of calls that name none, if the file names it.
    pub(crate) fn default_robot(&self) -> Option<&str> {
        self.config.default_robot.as_deref()
    }

    /// Returns the directory of the shared state, unless none is shared.
    pub(crate) fn state_directory(&self) -> Option<&Path> {
        match &self.state {
            StatePlace::Directory(directory) => Some(directory),
            StatePlace::Off | StatePlace::Homeless => None,
        }
    }

    /// Returns the maximum number of messages per minute of the robot with this name, or of the robot of the
    /// environment; `None` without a limit.
    pub(crate) fn rate_per_minute(&self, robot: Option<&str>) -> Option<u32> {
        match &self.environment {
            Some(environment) => environment.rate(),
            None => self.config.robots.iter().find(|known| Some(&*known.name) == robot)?.rate_per_minute(),
        }
    }

    /// Returns a lane for each of these robots, which refuse messages that their policies do not allow or that nobody
    /// has confirmed.
    ///
    /// # Errors
    ///
    /// Names all faults of the settings, and of the robots that must be complete; and if there is no robot.
    pub(crate) fn lanes(&self, robots: Robots<'_>) -> Result<Vec<Lane>, Error> {
        let options = self.sending().confirmed(true);
        let chosen = match robots {
            Robots::One(name) if !self.config.robots.is_empty() => {
                Some(self.config.robot(name)?.name.as_str())
            }
            _ => None,
        };
        let mut faults = self.faults.clone();
        let mut lanes = Vec::new();
        for robot in self.all_robots() {
            if chosen.is_some() && robot.name() != chosen {
                continue;
            }
            match robot.deliver(&options) {
                Ok(deliver) => lanes.push(Lane { name: robot.name().map(str::to_owned), deliver }),
                Err(_) if matches!(robots, Robots::Complete) => {}
                Err(error) => faults.extend(error.into_faults()),
            }
        }
        let lanes = dingtalk_config::Error::check(lanes, faults)?;
        if lanes.is_empty() {
            return Err(Error::setting(
                "no robot is complete: set its access token",
                "没有设置完整的机器人：请设置 access_token",
            ));
        }
        Ok(lanes)
    }

    /// Returns what a detached process needs; `None` if no state is shared.
    pub(crate) fn detached(&self) -> Option<Detached> {
        let directory = self.state_directory().map(Path::to_owned);
        if directory.is_none() && self.state_database().is_none() {
            return None;
        }
        let of_program = [
            &table::AT_ALL,
            &table::CONFIRM,
            &table::CALL_DEADLINE,
            &table::STATE_URL,
            &table::TIME_ZONE,
            &table::LANG,
        ];
        let of_state = self.state_database().and_then(|database| database.url_variable.as_deref());
        let of_program = of_program.into_iter().map(|setting| setting.variable).chain(of_state);
        let of_file = self.config.robots.iter().flat_map(RobotSettings::variables);
        let of_environment = self.environment.iter().flat_map(EnvironmentRobot::variables);
        Some(Detached {
            directory,
            config: self.config_path.clone(),
            variables: of_program.chain(of_file).chain(of_environment).map(str::to_owned).collect(),
        })
    }
}
