//! The robots of the settings: the one of the environment, or those of the configuration file.

use std::sync::Arc;

use dingtalk_config::{
    DeliveryOptions, Error, Fault, FaultKind, Guarded, PACE_WAIT, RATE_PER_MINUTE, RobotSettings, Stated,
    Wording, build_paced,
};
#[cfg(feature = "state")]
use dingtalk_core::delivery::RobotKey;
use dingtalk_core::{Deliver, Robot, delivery::RobotBuilder, message::Keyword};
use secrecy::SecretString;

use super::{
    reader::{GivenSecret, Reader},
    table::{self, Setting},
};

/// The robot of the environment.
#[derive(Debug, Default)]
pub(crate) struct EnvironmentRobot {
    token: Option<GivenSecret>,
    secret: Option<GivenSecret>,
    base_url: Option<String>,
    plain_http: bool,
    proxy: Option<GivenSecret>,
    rate_per_minute: Option<u32>,
    pub(super) keyword: Option<Keyword>,
    pub(super) stated: Stated,
}

/// The settings that describe it, each of which has a key in the file.
const OWN: [&Setting; 9] = [
    &table::ACCESS_TOKEN,
    &table::ACCESS_TOKEN_FILE,
    &table::SECRET,
    &table::SECRET_FILE,
    &table::BASE_URL,
    &table::PROXY,
    &table::PLAIN_HTTP,
    &table::RATE_PER_MINUTE,
    &table::KEYWORD,
];

impl EnvironmentRobot {
    pub(super) fn read(reader: &mut Reader<'_>, stated: Stated) -> Self {
        Self {
            token: reader.secret(&table::ACCESS_TOKEN, &table::ACCESS_TOKEN_FILE),
            secret: reader.secret(&table::SECRET, &table::SECRET_FILE),
            base_url: reader.text(&table::BASE_URL, None).map(|given| given.value),
            plain_http: reader.flag(&table::PLAIN_HTTP, false),
            proxy: reader.secret_text(&table::PROXY),
            rate_per_minute: reader.number(&table::RATE_PER_MINUTE, 0..=u32::MAX),
            keyword: reader.text(&table::KEYWORD, None).and_then(|given| Keyword::new(given.value)),
            stated,
        }
    }

    /// Returns the faults of variables that describe a robot although the file has robots: the intention is ambiguous.
    pub(super) fn beside_a_file(reader: &mut Reader<'_>) -> Vec<Fault> {
        let set: Vec<&Setting> =
            OWN.into_iter().filter(|setting| reader.text(setting, None).is_some()).collect();
        let fault = |setting: &Setting| {
            let (variable, key) = (setting.variable, setting.key.unwrap_or_default());
            let problem = Wording::new(
                format!(
                    "{variable} cannot be combined with the robots of the configuration file: unset it, and use the key \
                     `{key}` instead"
                ),
                format!(
                    "{variable} 不能与含有机器人的配置文件同时使用：请取消这个变量，改用文件里的键 `{key}`"
                ),
            );
            Fault::new(FaultKind::Invalid, "", problem)
        };
        set.into_iter().map(fault).collect()
    }

    /// Returns the names of the variables that describe it.
    #[cfg(feature = "program")]
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        let given = [&self.token, &self.secret, &self.proxy].into_iter().flatten();
        let referenced = given.filter_map(|given| given.value.variable());
        OWN.into_iter().map(|setting| setting.variable).chain(referenced)
    }

    /// Returns the maximum number of messages per minute; `None` without a rate limit.
    pub(super) fn rate(&self) -> Option<u32> {
        Some(self.rate_per_minute.unwrap_or(RATE_PER_MINUTE)).filter(|rate| *rate > 0)
    }

    fn robot(&self, options: &DeliveryOptions) -> Result<Robot, Error> {
        let rate_place = || table::RATE_PER_MINUTE.variable.to_owned();
        build_paced(self.builder()?, self.rate_per_minute, PACE_WAIT, options, rate_place)
            .map_err(Error::from)
    }

    #[cfg(feature = "state")]
    fn key(&self) -> Result<RobotKey, Error> {
        self.builder()?.key().map_err(|error| wrong(&error))
    }

    fn builder(&self) -> Result<RobotBuilder, Error> {
        let mut faults = Vec::new();
        let mut read = |given: Option<&GivenSecret>| -> Option<SecretString> {
            let given = given?;
            match given.value.read() {
                Ok(secret) => Some(secret),
                Err(error) => {
                    faults.push(Fault::new(FaultKind::Secret, given.source, Wording::of_cause(&error)));
                    None
                }
            }
        };
        let [token, secret, proxy] =
            [&self.token, &self.secret, &self.proxy].map(|given| read(given.as_ref()));
        let [token, secret, proxy] = Error::check([token, secret, proxy], faults)?;
        let Some(token) = token else {
            // The same words as for a program without these settings.
            return RobotBuilder::from_variables(|_| None).map_err(|error| wrong(&error));
        };
        let source = |given: Option<&GivenSecret>, setting: &Setting| {
            given.map_or(setting.variable, |given| given.source)
        };
        let mut builder = Robot::builder(token).plain_http(self.plain_http).named_by(
            source(self.token.as_ref(), &table::ACCESS_TOKEN),
            source(self.secret.as_ref(), &table::SECRET),
        );
        if let Some(secret) = secret {
            builder = builder.secret(secret);
        }
        if let Some(base_url) = &self.base_url {
            builder = builder.base_url(base_url);
        }
        if let Some(proxy) = proxy {
            builder = builder.proxy(proxy);
        }
        Ok(match &self.keyword {
            Some(keyword) => builder.keyword(keyword.as_str()),
            None => builder,
        })
    }
}

fn wrong(error: &dingtalk_core::Error) -> Error {
    Fault::new(FaultKind::Robot, "", error).into()
}

/// One robot, from either source.
#[derive(Clone, Copy)]
pub(crate) enum Described<'s> {
    Environment(&'s EnvironmentRobot),
    Named(&'s RobotSettings),
}

impl Described<'_> {
    /// Returns the name; `None` for the robot of the environment.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Environment(..) => None,
            Self::Named(robot) => Some(&robot.name),
        }
    }

    /// Reports that no source describes a robot.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Environment(EnvironmentRobot { token: None, .. }))
    }

    /// Reads its secrets, and creates its delivery with keyword and policy.
    pub(crate) fn deliver(&self, options: &DeliveryOptions) -> Result<Arc<dyn Deliver>, Error> {
        match self {
            Self::Environment(robot) => {
                let guarded = Guarded::new(robot.robot(options)?, robot.stated.policy());
                Ok(Arc::new(guarded.confirmed(options.must_be_confirmed())))
            }
            Self::Named(robot) => robot.deliver(options),
        }
    }

    /// Creates a robot for each of its webhooks.
    pub(crate) fn robots(&self, options: &DeliveryOptions) -> Vec<Result<Robot, Error>> {
        match self {
            Self::Environment(robot) => vec![robot.robot(options)],
            Self::Named(robot) => robot.robots(options).map(|robot| robot.map_err(Error::from)).collect(),
        }
    }

    /// Returns the key of each of its webhooks, as far as their tokens can be read.
    #[cfg(feature = "state")]
    pub(super) fn keys(&self) -> Vec<RobotKey> {
        match self {
            Self::Environment(robot) => robot.key().into_iter().collect(),
            Self::Named(robot) => robot.keys().filter_map(Result::ok).collect(),
        }
    }
}
