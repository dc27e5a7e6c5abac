//! The measured servers: building and starting them.

use std::{
    env,
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{Over, Result, client::Client};

/// A server to measure.
pub(crate) struct Subject {
    program: PathBuf,
    http: &'static [&'static str],
    environment: Vec<(&'static str, String)>,
}

impl Subject {
    /// `dingtalk-notify` as its users build it, with a robot that signs and has no rate limit.
    pub(crate) fn ours(robot: SocketAddr) -> Result<Self> {
        let program = built("dingtalk-notify", "OUR_SERVER_PROGRAM")?;
        let environment = vec![
            ("DINGTALK_BOT_BASE_URL", format!("http://{robot}")),
            ("DINGTALK_BOT_ACCESS_TOKEN", "0".repeat(64)),
            ("DINGTALK_BOT_SECRET", format!("SEC{}", "0".repeat(64))),
            ("DINGTALK_BOT_RATE_PER_MINUTE", "0".to_owned()),
            ("DINGTALK_NOTIFY_NO_STATE", "1".to_owned()),
        ];
        Ok(Self { program, http: &["serve", "--http", "127.0.0.1:0"], environment })
    }

    pub(crate) fn bare(robot: SocketAddr) -> Result<Self> {
        let program = built("dingtalk-bare-server", "BARE_SERVER_PROGRAM")?;
        Ok(Self { program, http: &["--http"], environment: vec![("BARE_SERVER_ROBOT", robot.to_string())] })
    }

    pub(crate) fn start(&self, over: Over) -> Result<Client> {
        let mut command = Command::new(&self.program);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if over != Over::Stdio {
            command.args(self.http);
        }
        Client::start(&mut command, over)
    }
}

/// Builds a program separately, so that no other package's features are enabled, and returns its path. The
/// environment variable names a program that is already built.
fn built(name: &str, variable: &str) -> Result<PathBuf> {
    if let Some(program) = env::var_os(variable) {
        return Ok(program.into());
    }
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--package", name, "--bin", name])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()?;
    let messages = String::from_utf8(output.stdout)?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .filter(|_| output.status.success())
        .ok_or_else(|| format!("{name} could not be built").into())
}
