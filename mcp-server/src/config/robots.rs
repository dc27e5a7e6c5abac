//! One robot of the file, and how it is made.

use std::{sync::Arc, time::Duration};

use dingtalk_core::{Deliver, Overflow, Pace, Pool, Robot};

use super::{section::Section, source::Source};
use crate::{AtAll, Confirm, Error, PACE_WAIT, Target, call::keyword::WithKeyword, settings::check_rate};

/// One robot, or several robots of one group that share its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RobotSettings {
    /// What calls name it by.
    pub name: String,
    /// What its group is for: an agent chooses by it.
    pub about: String,
    /// May a message notify everybody in the group?
    pub at_all: AtAll,
    /// When a person is asked before a message is sent.
    pub confirm: Confirm,
    webhooks: Vec<Webhook>,
    base_url: Option<String>,
    keyword: Option<String>,
    overflow: Overflow,
    rate_per_minute: Option<u32>,
    max_wait: Option<Duration>,
}

/// One webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Webhook {
    access_token: Source,
    secret: Option<Source>,
}

/// The longest `about`, in characters: every conversation reads all of them.
const MAX_ABOUT: usize = 120;

/// The longest name, in characters.
const MAX_NAME: usize = 32;

impl RobotSettings {
    pub(super) fn read(name: String, mut section: Section<'_>) -> Option<Self> {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || name.chars().count() > MAX_NAME || !name.chars().all(fits) {
            section
                .fault("", format!("{name:?} is no name: letters, digits, `_` and `-`, at most {MAX_NAME}"));
        }
        let about = section
            .required_text("about")
            .map(|about| about.split_whitespace().collect::<Vec<_>>().join(" "));
        if let Some(about) = &about
            && about.chars().count() > MAX_ABOUT
        {
            section.fault(
                "about",
                format!("at most {MAX_ABOUT} characters: agents read it in every conversation"),
            );
        }
        let webhooks = match section.sections("pool", |_, mut element| {
            let webhook = Webhook::read(&mut element);
            element.finish();
            webhook
        }) {
            Some(pool) => {
                if pool.is_empty() && section.is_sound("pool") {
                    section.fault("pool", "it is empty: give each robot of the group, or an access_token");
                }
                Some(pool)
            }
            None => Webhook::read(&mut section).map(|webhook| vec![webhook]),
        };
        let base_url = section.text("base_url");
        let keyword = section.text("keyword");
        let overflow = section.choice(
            "overflow",
            &[("reject", Overflow::Reject), ("truncate", Overflow::Truncate), ("split", Overflow::Split)],
        );
        let at_all =
            section.choice("at_all", &[("ask", AtAll::Ask), ("allow", AtAll::Allow), ("deny", AtAll::Deny)]);
        let confirm = section.choice("confirm", &[("at_all", Confirm::AtAll), ("always", Confirm::Always)]);
        let rate_per_minute = section.integer("rate_per_minute").and_then(|rate| {
            let rate = u32::try_from(rate).map_err(|_| format!("expected a number of messages, not {rate}"));
            section.check("rate_per_minute", rate)
        });
        let rate = check_rate(rate_per_minute, base_url.as_deref());
        let rate_per_minute = section.check("rate_per_minute", rate).flatten();
        let max_wait = section.integer("max_wait_seconds").and_then(|seconds| {
            let seconds = u64::try_from(seconds).map_err(|_| format!("expected seconds, not {seconds}"));
            section.check("max_wait_seconds", seconds).map(Duration::from_secs)
        });
        section.finish();
        Some(Self {
            name,
            about: about?,
            at_all,
            confirm,
            webhooks: webhooks?,
            base_url,
            keyword,
            overflow,
            rate_per_minute,
            max_wait,
        })
    }

    /// Reads the secrets and makes what calls can choose; `deadline` is how long one send may take.
    ///
    /// # Errors
    ///
    /// A secret is not where the file says, or a robot cannot be made of it.
    pub fn target(&self, deadline: Duration) -> Result<Target, Error> {
        let deliver = self.deliver(deadline)?;
        let target =
            Target::new(&*self.name, &*self.about, deliver).at_all(self.at_all).confirm(self.confirm);
        Ok(match &self.keyword {
            Some(keyword) => target.keyword(keyword),
            None => target,
        })
    }

    fn deliver(&self, deadline: Duration) -> Result<Arc<dyn Deliver>, Error> {
        let in_place = |problem: String| Error::Settings(format!("robots.{}: {problem}", self.name));
        let robots: Vec<Robot> = self.robots(deadline).collect::<Result<_, _>>().map_err(in_place)?;
        let wrap = |deliver: Arc<dyn Deliver>| -> Arc<dyn Deliver> {
            match &self.keyword {
                Some(keyword) => Arc::new(WithKeyword::new(keyword, deliver)),
                None => deliver,
            }
        };
        if let [robot] = &robots[..] {
            return Ok(wrap(Arc::new(robot.clone())));
        }
        let pool =
            Pool::builder(robots).name(&*self.name).build().map_err(|error| in_place(error.to_string()))?;
        Ok(wrap(Arc::new(pool)))
    }

    /// A robot for each webhook, or what is wrong with it.
    pub(crate) fn robots(&self, deadline: Duration) -> impl Iterator<Item = Result<Robot, String>> {
        self.webhooks.iter().map(move |webhook| self.robot(webhook, deadline))
    }

    /// What messages must hold.
    #[cfg(feature = "program")]
    pub(crate) fn keyword(&self) -> Option<&str> {
        self.keyword.as_deref()
    }

    fn robot(&self, webhook: &Webhook, deadline: Duration) -> Result<Robot, String> {
        let mut builder = Robot::builder(webhook.access_token.read()?)
            .name(&*self.name)
            .overflow(self.overflow)
            .deadline(deadline);
        if let Some(secret) = &webhook.secret {
            builder = builder.secret(secret.read()?);
        }
        if let Some(base_url) = &self.base_url {
            builder = builder.base_url(base_url);
        }
        // No tool sends urgently: nothing is kept for that.
        builder = builder.pace(self.rate_per_minute.map(|rate| {
            Pace::new().limit(rate).urgent_reserve(0).max_wait(self.max_wait.unwrap_or(PACE_WAIT))
        }));
        builder.build().map_err(|error| error.to_string())
    }

    /// How many messages may leave in a minute, over all robots of the group; `None` where nothing paces them.
    pub fn rate_per_minute(&self) -> Option<u32> {
        let robots = u32::try_from(self.webhooks.len()).unwrap_or(u32::MAX);
        self.rate_per_minute.map(|rate| rate.saturating_mul(robots))
    }
}

impl Webhook {
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let access_token = section.required_text("access_token");
        let access_token = access_token.and_then(|text| section.check("access_token", Source::parse(&text)));
        let secret = section.text("secret");
        let secret = secret.map(|text| section.check("secret", Source::parse(&text)));
        Some(Self {
            access_token: access_token?,
            secret: match secret {
                Some(secret) => Some(secret?),
                None => None,
            },
        })
    }
}
