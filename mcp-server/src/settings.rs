//! The environment variables of the binary.

use dingtalk_core::{Deployment, Pace, Robot, RobotBuilder};

use crate::Error;

/// How many messages a custom robot takes in a minute (`custom-robots-send-group-messages`, open.dingtalk.com).
pub const RATE_PER_MINUTE: u32 = 20;

const BASE_URL_VARIABLE: &str = "DINGTALK_BOT_BASE_URL";
const RATE_VARIABLE: &str = "DINGTALK_BOT_RATE_PER_MINUTE";

/// What the environment says: the robot, and what the tools' definitions say of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The robot that posts.
    pub robot: Robot,
    /// What the definitions say of delivery.
    pub deployment: Deployment,
}

impl Settings {
    /// Reads the process's environment.
    ///
    /// - `DINGTALK_BOT_ACCESS_TOKEN`: the robot's access token, or its whole webhook. Required; blank counts as missing.
    /// - `DINGTALK_BOT_SECRET`: its signing secret, if it signs.
    /// - `DINGTALK_BOT_BASE_URL`: where robots live, if not on `https://oapi.dingtalk.com`.
    /// - `DINGTALK_BOT_RATE_PER_MINUTE`: messages a minute, 20 unless set. `0` is no limit: only for a server that is not DingTalk's.
    ///
    /// # Errors
    ///
    /// Names the variable that is missing or wrong.
    pub fn from_env() -> Result<Self, Error> {
        let deployment = Self::deployment_from_env()?;
        // No tool sends urgently: nothing is kept for that.
        let pace = deployment.rate_per_minute.map(|rate| Pace::new().limit(rate).urgent_reserve(0));
        Ok(Self { robot: RobotBuilder::from_env()?.pace(pace).build()?, deployment })
    }

    /// Reads what the definitions say of delivery: this needs no robot.
    ///
    /// # Errors
    ///
    /// Names the variable that is wrong.
    pub fn deployment_from_env() -> Result<Deployment, Error> {
        let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.trim().is_empty());
        let base_url = variable(BASE_URL_VARIABLE).or_else(|| variable("DINGTALK_BOT_ACCESS_TOKEN"));
        let rate = rate(variable(RATE_VARIABLE).as_deref(), is_dingtalk(base_url.as_deref()))?;
        Ok(Deployment::new().rate_per_minute(rate))
    }
}

/// Does the address lead to DingTalk? A token alone does.
fn is_dingtalk(address: Option<&str>) -> bool {
    let Some((_, rest)) = address.and_then(|address| address.split_once("://")) else { return true };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    ["dingtalk.com", "dingtalk.io"]
        .iter()
        .any(|domain| host == *domain || host.strip_suffix(domain).is_some_and(|sub| sub.ends_with('.')))
}

/// Messages a minute; `None` where nothing paces them.
fn rate(given: Option<&str>, dingtalk: bool) -> Result<Option<u32>, Error> {
    let wrong = |problem: String| Err(Error::Settings(format!("{RATE_VARIABLE}: {problem}")));
    let Some(given) = given.map(str::trim) else { return Ok(Some(RATE_PER_MINUTE)) };
    match given.parse::<u32>() {
        Err(_) => wrong(format!("expected a whole number, not {given:?}")),
        Ok(0) if dingtalk => wrong(
            "0 switches the limit off, and DingTalk then blocks the robot for ten minutes; set 1 to 20"
                .to_owned(),
        ),
        Ok(rate) if dingtalk && rate > RATE_PER_MINUTE => wrong(format!(
            "DingTalk takes at most {RATE_PER_MINUTE} messages a minute from a robot, not {rate}"
        )),
        Ok(0) => Ok(None),
        Ok(rate) => Ok(Some(rate)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dingtalk_s_own_hosts_are_dingtalk() {
        for (address, dingtalk) in [
            (None, true),
            (Some("abcdef"), true),
            (Some("https://oapi.dingtalk.com"), true),
            (Some("https://OAPI.dingtalk.io:443/robot/send?access_token=x"), true),
            (Some("https://x@oapi.dingtalk.com./"), true),
            (Some("http://127.0.0.1:8080"), false),
            (Some("https://notdingtalk.com"), false),
            (Some("https://gateway.example/oapi.dingtalk.com"), false),
        ] {
            assert_eq!(is_dingtalk(address), dingtalk, "{address:?}");
        }
    }

    #[test]
    fn no_limit_is_for_other_servers() {
        assert_eq!(rate(None, true).unwrap(), Some(20));
        assert_eq!(rate(Some(" 5 "), true).unwrap(), Some(5));
        assert_eq!(rate(Some("0"), false).unwrap(), None);
        assert_eq!(rate(Some("600"), false).unwrap(), Some(600));
        for (given, dingtalk) in [("0", true), ("21", true), ("-1", false), ("many", true)] {
            let error = rate(Some(given), dingtalk).unwrap_err().to_string();
            assert!(error.starts_with(RATE_VARIABLE), "{error}");
        }
    }
}
