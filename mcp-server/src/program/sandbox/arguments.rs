//! The arguments of `sandbox`.

use std::{net::IpAddr, path::PathBuf, str::FromStr, time::Duration};

use clap::{Args, ValueEnum};
use dingtalk_config::Config;
use dingtalk_core::{Mobile, UserId};
use dingtalk_sandbox::{BLOCK, Builder, FaultRule, RATE_PER_MINUTE, RobotConfig, Sandbox, Window};

use super::super::words::words;

/// Name of the robot, if none is given.
const ROBOT: &str = "sandbox";

/// Options of `sandbox`. Without any, port, token and secret are the same at each start.
#[derive(Args, Clone)]
pub(in crate::program) struct SandboxArguments {
    /// Port on 127.0.0.1; 0 for any free port
    #[arg(long, default_value_t = 8080)]
    pub(super) port: u16,
    /// Names of the robots, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = ROBOT)]
    robots: Vec<String>,
    /// Access token; once for each robot, in their order; by default a public one for each name
    #[arg(long, value_name = "TOKEN")]
    token: Vec<String>,
    /// Signing secret; once for each robot, in their order; an empty one for a robot that does not sign; by default a
    /// public one
    #[arg(long, value_name = "SECRET")]
    secret: Vec<String>,
    /// Keyword of every robot; repeat for several
    #[arg(long, value_name = "WORD")]
    keyword: Vec<String>,
    /// Address from which every robot accepts requests; repeat for several; by default any
    #[arg(long, value_name = "IP")]
    address: Vec<IpAddr>,
    /// Messages that each robot accepts until the sandbox ends, as the quota of a month
    #[arg(long, value_name = "MESSAGES")]
    quota: Option<u64>,
    /// Messages a minute that each robot accepts; 0 for no limit
    #[arg(long, value_name = "MESSAGES", default_value_t = RATE_PER_MINUTE)]
    rate: u32,
    /// The minute of the rate: any 60 seconds, or one minute after the other
    #[arg(long, value_enum, value_name = "KIND", default_value = "sliding")]
    window: WindowKind,
    /// Seconds for which a robot that sent too fast is refused
    #[arg(long, value_name = "SECONDS", default_value_t = BLOCK.as_secs())]
    block_seconds: u64,
    /// Fault that requests meet, for example throttle, status:502*3, hang@0.1 or hang@0.1/7 with a seed; repeat for
    /// several
    #[arg(long, value_name = "FAULT")]
    fault: Vec<FaultRule>,
    /// Name of a member of the group, shown in place of a mobile number or user id, for example 13800000000=Li; repeat
    /// for several
    #[arg(long, value_name = "ID=NAME")]
    person: Vec<Member>,
    /// Print messages and refusals in the terminal as they arrive
    #[arg(long)]
    pub(super) tail: bool,
    /// Allow the page to send messages to this real robot, after it has shown its name and who is mentioned
    #[arg(long, value_name = "ROBOT")]
    pub(super) release: Option<String>,
    /// Configuration file with the names of people, and with the robot of `--release`
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

/// A member of the group: `ID=NAME`.
#[derive(Clone)]
struct Member {
    id: String,
    name: String,
}

impl FromStr for Member {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, name) = text.split_once('=').unwrap_or_default();
        // As a message carries it.
        let mobile = Mobile::new(id).map(|mobile| mobile.as_str().to_owned());
        let id = mobile.or_else(|_| UserId::new(id).map(|user_id| user_id.as_str().to_owned()));
        match (id, name.trim()) {
            (Ok(id), name) if !name.is_empty() => Ok(Self { id, name: name.to_owned() }),
            _ => Err(words(
                "expected a mobile number or user id and a name: 13800000000=NAME",
                "应为手机号或用户 ID，以及姓名：13800000000=姓名",
            )
            .to_owned()),
        }
    }
}

/// Kind of the minute.
#[derive(Clone, Copy, ValueEnum)]
enum WindowKind {
    Sliding,
    Fixed,
}

impl SandboxArguments {
    /// Returns the sandbox that they describe, and its faults.
    ///
    /// # Errors
    ///
    /// Names the flag that is given more often than there are robots, a robot without a name, or what is wrong with the
    /// configuration file.
    pub(super) fn sandbox(&self) -> super::Result<(Builder, &[FaultRule])> {
        let mut sandbox = Sandbox::builder()
            .port(self.port)
            .rate_per_minute((self.rate > 0).then_some(self.rate))
            .window(match self.window {
                WindowKind::Sliding => Window::Sliding,
                WindowKind::Fixed => Window::Fixed,
            })
            .block(Duration::from_secs(self.block_seconds));
        for (flag, given) in [("--token", self.token.len()), ("--secret", self.secret.len())] {
            if given > self.robots.len() {
                let robots = self.robots.len();
                return Err(words(
                    format!("{flag}: given {given} times for {robots} robots; name the robots with --robots"),
                    format!("{flag}：给出了 {given} 次，而机器人只有 {robots} 个；请用 --robots 列出机器人"),
                )
                .into());
            }
        }
        for at in 0..self.robots.len() {
            sandbox = sandbox.robot(self.robot(at)?);
        }
        if let Some(file) = &self.config {
            for (name, person) in Config::read(file).map_err(crate::Error::from)?.people {
                sandbox = sandbox.person(person.as_str(), name);
            }
        }
        for Member { id, name } in &self.person {
            sandbox = sandbox.person(id, name);
        }
        Ok((sandbox, &self.fault))
    }

    fn robot(&self, at: usize) -> Result<RobotConfig, String> {
        let name = self.robots[at].trim();
        if name.is_empty() {
            let problem = words("--robots: a name must not be empty", "--robots：名称不能为空");
            return Err(problem.to_owned());
        }
        let empty = |flag: &str| words(format!("{flag}: must not be empty"), format!("{flag}：不能为空"));
        let mut robot = RobotConfig::development(name);
        if let Some(token) = self.token.get(at) {
            if token.trim().is_empty() {
                return Err(empty("--token"));
            }
            robot = robot.token(token);
        }
        if let Some(secret) = self.secret.get(at) {
            robot = if secret.is_empty() { robot.unsigned() } else { robot.secret(secret) };
        }
        for keyword in &self.keyword {
            if keyword.trim().is_empty() {
                return Err(empty("--keyword"));
            }
            robot = robot.keyword(keyword);
        }
        for address in &self.address {
            robot = robot.address(*address);
        }
        Ok(match self.quota {
            Some(quota) => robot.quota(quota),
            None => robot,
        })
    }
}
