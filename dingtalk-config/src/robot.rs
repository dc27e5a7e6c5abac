//! One robot of the file: its settings, and what delivers with them.

use std::{sync::Arc, time::Duration};

use dingtalk_core::{
    Deliver, Error as CoreError, Robot,
    delivery::{Overflow, Pace, RobotBuilder, RobotKey, SecretSource},
    message::Keyword,
    pool::Pool,
};

use crate::{
    AtAll, Confirm, DeliveryOptions, Error, Fault, FaultKind, Guarded, Stated, WithFallback, Wording,
    quota::read_limit,
    section::{Hint, Section},
};

/// Messages that a custom robot takes in a minute (`custom-robots-send-group-messages`, open.dingtalk.com).
pub const RATE_PER_MINUTE: u32 = 20;

/// The longest that a message waits for its slot at the robot's pace unless set; if it would wait longer, it fails at
/// once. A rest of the robot is never waited out: it lasts minutes.
pub const PACE_WAIT: Duration = Duration::from_secs(10);

/// One robot, or several robots of one group that share its messages.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RobotSettings {
    /// The name by which calls choose it.
    pub name: String,
    /// Purpose of its group: an agent chooses by it.
    pub about: String,
    /// Its policy, as far as the file states it.
    pub stated: Stated,
    /// The keyword that it demands.
    pub keyword: Option<Keyword>,
    /// Name of the robot that sends what this one refuses for good.
    pub fallback_robot: Option<String>,
    /// Settings of that robot.
    pub(crate) fallback: Option<Box<Self>>,
    /// Requests that each of its webhooks may make in a month: a limit that an administrator has set.
    pub monthly_quota: Option<u32>,
    webhooks: Vec<Webhook>,
    base_url: Option<String>,
    is_gateway: bool,
    plain_http: bool,
    proxy: Option<SecretSource>,
    overflow: Overflow,
    rate_per_minute: Option<u32>,
    max_wait: Option<Duration>,
}

/// One webhook.
#[derive(Debug, Clone)]
struct Webhook {
    access_token: SecretSource,
    secret: Option<SecretSource>,
}

const HINTS: &[Hint] = &[
    Hint::meant("description", "about"),
    Hint::meant("desc", "about"),
    Hint::meant("purpose", "about"),
    Hint::meant("title", "about"),
    Hint::meant("token", "access_token"),
    Hint::meant("webhook", "access_token"),
    Hint::meant("webhook_url", "access_token"),
    Hint::meant("url", "access_token"),
    Hint::meant("key", "access_token"),
    Hint::meant("sign", "secret"),
    Hint::meant("sign_secret", "secret"),
    Hint::meant("password", "secret"),
    Hint::meant("robots", "pool"),
    Hint::meant("server", "base_url"),
    Hint::meant("host", "base_url"),
    Hint::meant("keywords", "keyword"),
    Hint::meant("rate", "rate_per_minute"),
    Hint::meant("rate_limit", "rate_per_minute"),
    Hint::meant("max_wait", "max_wait_seconds"),
    Hint::meant("quota", "monthly_quota"),
    Hint::meant("fallback", "fallback_robot"),
    Hint::meant("backup", "fallback_robot"),
    Hint::meant("at", "at_all"),
    Hint::say("name", "", "the name of a robot stands in its brackets: `[robots.NAME]`", NAME_IN_BRACKETS),
    Hint::say("mobile", "", "names of people stand in `[people]`", "人员写在 `[people]` 里"),
    Hint::say(
        "people",
        "",
        "names of people stand in `[people]`, for all robots",
        "人员写在 `[people]` 里，所有机器人共用",
    ),
    Hint::say(
        "timeout",
        "",
        "the time of a call is set by `DINGTALK_NOTIFY_CALL_DEADLINE`",
        DEADLINE_ELSEWHERE,
    ),
];
const NAME_IN_BRACKETS: &str = "机器人的名称写在方括号里：`[robots.名称]`";
const DEADLINE_ELSEWHERE: &str = "调用的时限由 `DINGTALK_NOTIFY_CALL_DEADLINE` 设置";

/// The longest `about`, in characters: every conversation reads all of them.
const MAX_ABOUT: usize = 120;

impl RobotSettings {
    pub(crate) fn read(name: String, mut section: Section<'_>) -> Option<Self> {
        section.check_name(&name);
        section.hint(HINTS);
        let about =
            section.required_text("about").map(|about| dingtalk_template::on_one_line(&about).into_owned());
        if let Some(about) = &about
            && about.chars().count() > MAX_ABOUT
        {
            let problem = Wording::new(
                format!("must have at most {MAX_ABOUT} characters: agents read it in every conversation"),
                format!("最多 {MAX_ABOUT} 个字符：智能体在每次会话中都会读到它"),
            );
            section.fault("about", problem);
        }
        let webhooks = Webhook::read_all(&mut section);
        let base_url = section.text("base_url");
        let is_gateway = section.flag("gateway").unwrap_or_default();
        if is_gateway && base_url.is_none() && section.is_sound("base_url") {
            let problem = Wording::new(
                "`gateway = true` needs a `base_url`: the address of the gateway",
                "`gateway = true` 需要同时写 `base_url`，即网关的地址",
            );
            section.fault("gateway", problem);
        }
        let plain_http = section.flag("plain_http").unwrap_or_default();
        let proxy = section.text("proxy").and_then(|text| section.check("proxy", proxy(&text)));
        let keyword = section.text("keyword").and_then(Keyword::new);
        let overflow = section.choice(
            "overflow",
            &[("reject", Overflow::Reject), ("truncate", Overflow::Truncate), ("split", Overflow::Split)],
        );
        let stated = Stated {
            at_all: section.choice("at_all", &AtAll::VALUES),
            confirm: section.choice("confirm", &Confirm::VALUES),
        };
        let rate_per_minute = section.integer("rate_per_minute").and_then(|rate| {
            let rate = u32::try_from(rate).map_err(|_| {
                Wording::new(
                    format!("invalid value {rate}; expected a number of messages"),
                    format!("应为消息条数，而不是 {rate}"),
                )
            });
            section.check("rate_per_minute", rate)
        });
        // Without a base URL, the token tells the host: it may be a webhook of another server.
        let known = base_url.as_deref().or(webhooks.is_none().then_some(Robot::CHINA));
        let known = if is_gateway { Some(Robot::CHINA) } else { known };
        if let Some(host) = known.and_then(host) {
            section.check("rate_per_minute", check_rate(rate_per_minute, &host));
        }
        let max_wait = section.integer("max_wait_seconds").and_then(|seconds| {
            let seconds = u64::try_from(seconds).map_err(|_| {
                Wording::new(
                    format!("invalid value {seconds}; expected a number of seconds"),
                    format!("应为秒数，而不是 {seconds}"),
                )
            });
            section.check("max_wait_seconds", seconds).map(Duration::from_secs)
        });
        let monthly_quota = read_limit(&mut section, "monthly_quota");
        if monthly_quota.is_some() && rate_per_minute == Some(0) {
            let problem = Wording::new(
                "has no effect with `rate_per_minute = 0`, because such a robot counts nothing: set a rate",
                "与 `rate_per_minute = 0` 同时使用时不起作用，因为这样的机器人不计数：请设置速率",
            );
            section.fault("monthly_quota", problem);
        }
        let fallback_robot = section.text("fallback_robot");
        section.finish();
        Some(Self {
            name,
            about: about?,
            stated,
            keyword,
            fallback_robot,
            fallback: None,
            monthly_quota,
            webhooks: webhooks?,
            base_url,
            is_gateway,
            plain_http,
            proxy,
            overflow: overflow.unwrap_or_default(),
            rate_per_minute,
            max_wait,
        })
    }

    /// Reads the secrets and makes the delivery to the group: a robot, or a pool of them. It appends the keyword, and
    /// refuses to notify everybody if the policy denies that.
    ///
    /// # Errors
    ///
    /// Names everything that keeps a robot from being made.
    pub fn deliver(&self, options: &DeliveryOptions) -> Result<Arc<dyn Deliver>, Error> {
        let (mut robots, mut faults) = (Vec::new(), Vec::new());
        for robot in self.robots(options) {
            match robot {
                Ok(robot) => robots.push(robot),
                Err(fault) => faults.push(fault),
            }
        }
        let robots = Error::check(robots, faults)?;
        let inner: Arc<dyn Deliver> = if let [robot] = &robots[..] {
            Arc::new(robot.clone())
        } else {
            let pool = Pool::builder(robots).name(&*self.name).build();
            Arc::new(pool.map_err(|error| self.fault(FaultKind::Robot, &error))?)
        };
        let guarded = Guarded::new(inner, self.stated.policy()).confirmed(options.confirmed);
        let Some(fallback) = &self.fallback else { return Ok(Arc::new(guarded)) };
        let names = (&*self.name, &*fallback.name);
        Ok(Arc::new(WithFallback::new(guarded, fallback.deliver(options)?, names)))
    }

    /// Makes a robot for each webhook, without its policy: for checks.
    ///
    /// # Errors
    ///
    /// A secret is not where the file says, or a robot cannot be made of it.
    pub fn robots(&self, options: &DeliveryOptions) -> impl Iterator<Item = Result<Robot, Fault>> {
        self.webhooks.iter().map(move |webhook| self.robot(webhook, options))
    }

    /// Returns the key of each webhook in state that several programs share.
    ///
    /// # Errors
    ///
    /// An access token is not where the file says, or is invalid.
    pub fn keys(&self) -> impl Iterator<Item = Result<RobotKey, Fault>> {
        self.webhooks
            .iter()
            .map(|webhook| self.builder(webhook)?.key().map_err(|error| self.fault(FaultKind::Robot, &error)))
    }

    fn unreadable(&self, error: &CoreError) -> Fault {
        self.fault(FaultKind::Secret, Wording::of_cause(error))
    }

    /// Begins a robot with its token and address.
    fn builder(&self, webhook: &Webhook) -> Result<RobotBuilder, Fault> {
        let token = webhook.access_token.read().map_err(|error| self.unreadable(&error))?;
        let mut builder = Robot::builder(token).gateway(self.is_gateway).plain_http(self.plain_http);
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(proxy.read().map_err(|error| self.unreadable(&error))?);
        }
        Ok(match &self.base_url {
            Some(base_url) => builder.base_url(base_url),
            None => builder,
        })
    }

    fn robot(&self, webhook: &Webhook, options: &DeliveryOptions) -> Result<Robot, Fault> {
        let mut builder = self.builder(webhook)?.name(&*self.name).overflow(self.overflow);
        if let Some(secret) = &webhook.secret {
            builder = builder.secret(secret.read().map_err(|error| self.unreadable(&error))?);
        }
        if let Some(keyword) = &self.keyword {
            builder = builder.keyword(keyword.as_str());
        }
        let max_wait = self.max_wait.unwrap_or(PACE_WAIT);
        build_paced(builder, self.rate_per_minute, max_wait, options, || {
            format!("{}.rate_per_minute", self.place())
        })
        .map_err(|fault| {
            let place = if fault.place.is_empty() { self.place() } else { fault.place };
            Fault { place, ..fault }
        })
    }

    fn place(&self) -> String {
        format!("robots.{}", self.name)
    }

    fn fault(&self, kind: FaultKind, problem: impl Into<Wording>) -> Fault {
        Fault::new(kind, self.place(), problem)
    }

    /// Messages that may leave in a minute, over all robots of the group; `None` if nothing paces them.
    pub fn rate_per_minute(&self) -> Option<u32> {
        let robots = u32::try_from(self.webhooks.len()).unwrap_or(u32::MAX);
        match self.rate_per_minute {
            Some(0) => None,
            rate => Some(rate.unwrap_or(RATE_PER_MINUTE).saturating_mul(robots)),
        }
    }

    /// Handling of a message that is too long.
    pub fn overflow(&self) -> Overflow {
        self.overflow
    }

    /// Names of the environment variables that its secrets are read from.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let sources = self
            .webhooks
            .iter()
            .flat_map(|webhook| [Some(&webhook.access_token), webhook.secret.as_ref()].into_iter().flatten())
            .chain(&self.proxy);
        sources.filter_map(SecretSource::variable)
    }
}

impl Webhook {
    /// Reads the robots of a pool, or the one robot.
    fn read_all(section: &mut Section<'_>) -> Option<Vec<Self>> {
        match section.sections("pool", |_, mut element| {
            element.hint(HINTS);
            let webhook = Self::read(&mut element);
            element.finish();
            webhook
        }) {
            Some(pool) => {
                if pool.is_empty() && section.is_sound("pool") {
                    let problem = Wording::new(
                        "must not be empty: list each robot of the group, or give an access_token",
                        "列表为空：请列出群里的每个机器人，或改用 access_token",
                    );
                    section.fault("pool", problem);
                }
                for key in ["access_token", "secret"] {
                    if section.has(key) {
                        let problem = Wording::new(
                            format!("move `{key}` into `pool`, which lists every robot of the group"),
                            format!("请把 `{key}` 移到 `pool` 里：它列出群里的每个机器人"),
                        );
                        section.refuse(key, problem);
                    }
                }
                Some(pool)
            }
            None if !section.is_sound("pool") => {
                let _ = (section.value("access_token"), section.value("secret"));
                None
            }
            None => Self::read(section).map(|webhook| vec![webhook]),
        }
    }

    fn read(section: &mut Section<'_>) -> Option<Self> {
        let access_token = section.required_text("access_token");
        let access_token = access_token.and_then(|text| section.check("access_token", reference(&text)));
        let secret = section.text("secret");
        let secret = secret.map(|text| section.check("secret", reference(&text)));
        Some(Self {
            access_token: access_token?,
            secret: match secret {
                Some(secret) => Some(secret?),
                None => None,
            },
        })
    }
}

/// The text may be the secret itself: it is not repeated.
pub(crate) fn reference(text: &str) -> Result<SecretSource, Wording> {
    SecretSource::reference(text).ok_or_else(|| {
        Wording::new(
            "secrets do not belong in this file: write `env:NAME` for an environment variable, or `file:PATH`",
            "密钥不能写在这个文件里：请写 `env:变量名`（环境变量）或 `file:路径`",
        )
    })
}

/// Reads the setting of a proxy, whose address stands in the file unless it contains a password.
fn proxy(text: &str) -> Result<SecretSource, Wording> {
    if text.contains('@') && SecretSource::reference(text).is_none() {
        return Err(Wording::new(
            "a user name and a password do not belong in this file: write `env:NAME` or `file:PATH`, with the whole \
             address of the proxy there",
            "用户名和密码不能写在这个文件里：请写 `env:变量名` 或 `file:路径`，完整的代理地址放在那里",
        ));
    }
    Ok(SecretSource::parse(text))
}

/// Makes a robot that sends at most `rate` messages a minute, [`RATE_PER_MINUTE`] unless given. `0` is no limit: only
/// for a server that is not DingTalk's, which its host tells. A message waits at most `max_wait` for a slot, unless the
/// options say otherwise. `rate_place` is the place of a fault in the rate.
///
/// # Errors
///
/// A setting is wrong. The place is empty unless the rate is.
pub fn build_paced(
    builder: RobotBuilder,
    rate: Option<u32>,
    max_wait: Duration,
    options: &DeliveryOptions,
    rate_place: impl FnOnce() -> String,
) -> Result<Robot, Fault> {
    let wrong = |error: CoreError| Fault::new(FaultKind::Robot, "", &error);
    // It may be that of a webhook.
    let host = builder.host().map_err(wrong)?;
    let rate =
        check_rate(rate, &host).map_err(|problem| Fault::new(FaultKind::Invalid, rate_place(), problem))?;
    let max_wait = options.max_wait.unwrap_or(max_wait);
    let pace = rate.map(|rate| Pace::new().limit(rate).max_wait(max_wait));
    let builder = match &options.windows {
        Some(windows) => builder.windows(Arc::clone(windows)),
        None => builder,
    };
    let builder = match options.overflow {
        Some(overflow) => builder.overflow(overflow),
        None => builder,
    };
    builder.deadline(options.deadline).pace(pace).build().map_err(wrong)
}

/// The host of a base URL; `None` where it is not right, which the robot says.
fn host(base_url: &str) -> Option<String> {
    // Any token does: no robot is made with it.
    Robot::builder("0").base_url(base_url).plain_http(true).host().ok()
}

fn check_rate(rate: Option<u32>, host: &str) -> Result<Option<u32>, Wording> {
    let host = host.trim_end_matches('.');
    let is_dingtalk = ["dingtalk.com", "dingtalk.io"]
        .iter()
        .any(|domain| host.strip_suffix(domain).is_some_and(|sub| sub.is_empty() || sub.ends_with('.')));
    match rate.unwrap_or(RATE_PER_MINUTE) {
        0 if is_dingtalk => Err(Wording::new(
            "invalid value 0; without a limit, DingTalk blocks the robot for ten minutes: set 1 to 20",
            "0 表示不限速，钉钉会因此把机器人限流十分钟；请设为 1 到 20",
        )),
        rate if is_dingtalk && rate > RATE_PER_MINUTE => Err(Wording::new(
            format!(
                "invalid value {rate}; DingTalk accepts at most {RATE_PER_MINUTE} messages a minute from a robot"
            ),
            format!("钉钉每分钟最多接收一个机器人的 {RATE_PER_MINUTE} 条消息，而不是 {rate} 条"),
        )),
        0 => Ok(None),
        rate => Ok(Some(rate)),
    }
}

pub(crate) fn no_robot<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Wording {
    let names: Vec<&str> = names.collect();
    let name = name.escape_debug();
    let (english, chinese) = match dingtalk_template::suggest(&name.to_string(), names.iter().copied()) {
        Some(meant) => (format!("; did you mean `{meant}`?"), format!("；是否想写 `{meant}`？")),
        None if names.is_empty() => (String::new(), String::new()),
        None => (
            format!("; expected one of `{}`", names.join("`, `")),
            format!("；现有 `{}`", names.join("`、`")),
        ),
    };
    Wording::new(format!("unknown robot `{name}`{english}"), format!("未知的机器人 `{name}`{chinese}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dingtalk_s_own_hosts_are_dingtalk() {
        for (base_url, is_dingtalk) in [
            ("https://oapi.dingtalk.com", true),
            ("https://OAPI.dingtalk.io:443/x", true),
            ("https://dingtalk.com", true),
            ("https://oapi.dingtalk.com./", true),
            ("http://127.0.0.1:8080", false),
            ("https://notdingtalk.com", false),
            ("https://gateway.example/oapi.dingtalk.com", false),
        ] {
            let host = host(base_url).unwrap();
            assert_eq!(check_rate(Some(0), &host).is_err(), is_dingtalk, "{base_url}");
            assert_eq!(check_rate(Some(21), &host).is_err(), is_dingtalk, "{base_url}");
        }
    }

    #[test]
    fn a_webhook_of_another_server_needs_no_base_url_for_its_rate() {
        let build = |token: &str, rate| {
            build_paced(Robot::builder(token), rate, PACE_WAIT, &DeliveryOptions::new(), || "rate".to_owned())
        };
        assert!(build("http://127.0.0.1:1/robot/send?access_token=abcd", Some(0)).is_ok());
        for (token, rate) in
            [("abcd", 0), ("abcd", 21), ("https://oapi.dingtalk.io/robot/send?access_token=a", 0)]
        {
            let fault = build(token, Some(rate)).expect_err(token);
            assert_eq!((fault.kind, &*fault.place), (FaultKind::Invalid, "rate"));
        }
        let fault = build("a b", None).expect_err("no token has a blank");
        assert_eq!((fault.kind, &*fault.place), (FaultKind::Robot, ""));
    }
}
