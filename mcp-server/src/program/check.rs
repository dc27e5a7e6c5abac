//! `dingtalk-notify check`: problems of each robot, and how to fix them.

use std::{process::ExitCode, time::Duration};

use clap::Args;
use dingtalk_config::DeliveryOptions;
use dingtalk_core::{Deliver as _, Envelope, Error, ErrorKind, Message, Robot, delivery::Probe};
use serde_json::{Value, json};

use super::{
    Program, Result,
    options::FileArgument,
    say, send,
    words::{in_language, language, words},
};
use crate::settings::Described;

#[derive(Args)]
pub(super) struct CheckArguments {
    /// Check only this robot of the configuration file
    #[arg(long, value_name = "NAME")]
    robot: Option<String>,
    /// Send a short message with each robot: the only way to verify token, signature, keyword and IP address
    #[arg(long)]
    send: bool,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    file: FileArgument,
}

/// Clock difference that is not reported: a `Date` header has whole seconds, and is older than the answer.
const CLOCK_PRECISION: Duration = Duration::from_secs(10);

/// Clock difference that DingTalk accepts (`customize-robot-security-settings`, open.dingtalk.com).
const CLOCK_LIMIT: Duration = Duration::from_secs(3600);

/// Result of one check.
struct Finding {
    about: About,
    result: Outcome,
    detail: String,
    /// Advice on fixing it.
    advice: String,
}

#[derive(Clone, Copy)]
enum About {
    Settings,
    Token,
    Server,
    Clock,
    Secret,
    Proxy,
    Message,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Good,
    Doubtful,
    /// Failed, with the exit code.
    Wrong(u8),
    /// Not checked.
    Open,
}

pub(super) async fn run(program: &Program, arguments: CheckArguments) -> Result<ExitCode> {
    let settings = arguments.file.settings();
    // All errors of `serve` that do not depend on a robot.
    program.equip(settings.preview()?).build()?;
    let candidates = settings.robots(arguments.robot.as_deref())?.into_iter();
    // A check is no reason to write to the state that sends share.
    let options = settings.options();
    let candidates = candidates.flat_map(|described| self::candidates(described, &options));
    let mut report = Vec::new();
    let mut worst = None;
    for candidate in candidates {
        let name = candidate.name.clone();
        let id = candidate.robot.as_ref().ok().map(|robot| robot.id().to_owned());
        let findings = examine(program, candidate, arguments.send).await;
        worst = worst.or(findings.iter().find_map(|finding| match finding.result {
            Outcome::Wrong(code) => Some(code),
            _ => None,
        }));
        if arguments.json {
            report.extend(findings.iter().map(|finding| finding.to_json(name.as_deref(), id.as_deref())));
            continue;
        }
        let name =
            name.as_deref().unwrap_or_else(|| words("the robot of the environment", "环境变量中的机器人"));
        say(match id {
            Some(id) => format!("{name} ({id})"),
            None => name.to_owned(),
        })?;
        findings.iter().try_for_each(|finding| say(finding.line()))?;
    }
    if arguments.json {
        say(serde_json::to_string_pretty(&report)?)?;
    }
    Ok(worst.map_or(ExitCode::SUCCESS, ExitCode::from))
}

/// A robot to check.
struct Candidate {
    /// `None` for the robot of the environment.
    name: Option<String>,
    /// The robot, or the error that prevents it, in the person's language.
    robot: std::result::Result<Robot, String>,
}

/// Returns every webhook of a robot of the settings.
fn candidates(described: Described<'_>, options: &DeliveryOptions) -> Vec<Candidate> {
    let name = described.name().map(str::to_owned);
    let candidate = |robot: std::result::Result<Robot, dingtalk_config::Error>| Candidate {
        name: name.clone(),
        robot: robot.map_err(|error| error.in_language(language())),
    };
    described.robots(options).into_iter().map(candidate).collect()
}

async fn examine(program: &Program, candidate: Candidate, send: bool) -> Vec<Finding> {
    let robot = match candidate.robot {
        Ok(robot) => robot,
        Err(problem) => {
            return vec![Finding::new(About::Settings, Outcome::Wrong(send::NOT_SET_UP), problem)];
        }
    };
    let mut findings = vec![settings(&robot)];
    findings.extend(doubt_about_token(&robot));
    findings.extend(doubt_about_secret(&robot));
    let proxy = robot.proxy().map(ToString::to_string);
    findings.extend(proxy.map(|proxy| Finding::new(About::Proxy, Outcome::Good, proxy)));
    match robot.probe().await {
        Ok(probe) => {
            findings.push(server(&robot, &probe));
            findings.push(clock(&probe, robot.has_usual_secret().is_some()));
        }
        Err(error) => {
            findings.push(out_of_reach(&robot, &error));
            return findings;
        }
    }
    findings.push(if send { post(program, robot).await } else { not_posted() });
    findings
}

fn settings(robot: &Robot) -> Finding {
    let keyword = robot.keyword();
    let signs = robot.has_usual_secret().is_some();
    let english = || {
        let signs = if signs { "signs its messages" } else { "does not sign" };
        let keyword = keyword.map(|keyword| format!(", keyword {keyword:?}")).unwrap_or_default();
        format!("the token is set; {signs}{keyword}")
    };
    let chinese = || {
        let signs = if signs { "，已设置加签密钥" } else { "，未设置加签密钥" };
        let keyword = keyword.map(|keyword| format!("，关键词“{keyword}”")).unwrap_or_default();
        format!("已设置 access_token{signs}{keyword}")
    };
    Finding::new(About::Settings, Outcome::Good, words(english(), chinese()))
}

/// Doubts a token for DingTalk itself: a gateway and a sandbox may have others.
fn doubt_about_token(robot: &Robot) -> Option<Finding> {
    let is_dingtalk = [Robot::CHINA, Robot::INTERNATIONAL]
        .iter()
        .any(|url| url.strip_prefix("https://") == Some(robot.host()));
    if robot.has_usual_token() || !is_dingtalk {
        return None;
    }
    let detail = words(
        "the access token is not 64 hexadecimal digits, as DingTalk's are",
        "access_token 不是 64 位十六进制数字，与钉钉的格式不同",
    );
    let advice = words(
        "Copy the whole webhook from the robot's settings again.",
        "请从机器人设置中重新复制完整的 Webhook 地址。",
    );
    Some(Finding::new(About::Token, Outcome::Doubtful, detail).advise(advice))
}

fn doubt_about_secret(robot: &Robot) -> Option<Finding> {
    if robot.has_usual_secret() != Some(false) {
        return None;
    }
    let detail =
        words("the signing secret does not begin with SEC, as DingTalk's do", "加签密钥不是以 SEC 开头");
    let advice = words(
        "Copy it again from the robot's security settings, or remove it if the robot does not sign.",
        "请从机器人安全设置的“加签”处重新复制密钥；如未启用加签，请去掉该项配置。",
    );
    Some(Finding::new(About::Secret, Outcome::Doubtful, detail).advise(advice))
}

fn server(robot: &Robot, probe: &Probe) -> Finding {
    let (host, elapsed) = (robot.host(), probe.elapsed.as_millis());
    if probe.is_robot_server {
        let detail =
            words(format!("{host} answered in {elapsed} ms"), format!("{host} 在 {elapsed} 毫秒内应答"));
        return Finding::new(About::Server, Outcome::Good, detail);
    }
    let detail = words(
        format!("{host} answers, but not as DingTalk does"),
        format!("{host} 有应答，但不是钉钉的应答"),
    );
    let advice = words(
        "Check the base URL (base_url, DINGTALK_BOT_BASE_URL), and look for a proxy or a login page of the network in \
         between.",
        "请检查 base_url（DINGTALK_BOT_BASE_URL）、代理和网络登录页。",
    );
    Finding::new(About::Server, Outcome::Wrong(send::NO_CONNECTION), detail).advise(advice)
}

fn out_of_reach(robot: &Robot, error: &Error) -> Finding {
    let (host, detail) = (robot.host(), error.cause_in(language()));
    let detail = words(format!("{host} cannot be reached: {detail}"), format!("无法连接 {host}：{detail}"));
    let advice = words(
        "Check the network, the proxy (HTTPS_PROXY, NO_PROXY, or proxy, DINGTALK_BOT_PROXY), and the base URL (base_url, \
         DINGTALK_BOT_BASE_URL).",
        "请检查网络、代理（HTTPS_PROXY、NO_PROXY，或 proxy、DINGTALK_BOT_PROXY）和 base_url（DINGTALK_BOT_BASE_URL）。",
    );
    Finding::new(About::Server, Outcome::Wrong(send::exit_code(error.kind())), detail).advise(advice)
}

fn clock(probe: &Probe, signs: bool) -> Finding {
    let Some(theirs) = probe.server_time else {
        let detail = words("the server did not send its time", "服务器没有返回时间");
        return Finding::new(About::Clock, Outcome::Open, detail);
    };
    let (off, behind) = match theirs.duration_since(probe.local_time) {
        Ok(behind) => (behind, true),
        Err(ahead) => (ahead.duration(), false),
    };
    if off <= CLOCK_PRECISION {
        let detail = format!("within {} s of the server's clock", CLOCK_PRECISION.as_secs());
        let detail = words(detail, "与服务器时间一致".to_owned());
        return Finding::new(About::Clock, Outcome::Good, detail);
    }
    let seconds = off.as_secs();
    let (english, chinese) = if behind { ("behind", "慢") } else { ("ahead of", "快") };
    let detail = words(
        format!("this machine's clock is {seconds} s {english} the server's"),
        format!("本机时间比服务器{chinese} {seconds} 秒"),
    );
    let advice = words(
        "Set this machine's clock: DingTalk rejects a signature that is more than one hour off.",
        "请校准本机时间：加签的消息与钉钉服务器的时间误差不能超过一小时。",
    );
    let result =
        if signs && off >= CLOCK_LIMIT { Outcome::Wrong(send::NOT_SET_UP) } else { Outcome::Doubtful };
    Finding::new(About::Clock, result, detail).advise(advice)
}

/// Sends a short message.
async fn post(program: &Program, robot: Robot) -> Finding {
    let text = format!("{} check: this robot can send messages. 机器人检查：可以发送消息。", program.name);
    let envelope = Envelope::new(Message::text(text));
    match robot.deliver(envelope).await {
        Ok(_) => {
            let detail = words("DingTalk accepted a message", "钉钉已接收一条消息");
            Finding::new(About::Message, Outcome::Good, detail)
        }
        Err(error) => refused(&robot, &error),
    }
}

fn refused(robot: &Robot, error: &Error) -> Finding {
    let (detail, mut advice) = in_language(error, language());
    if error.kind() == ErrorKind::Signature && robot.has_usual_secret().is_none() {
        words(
            "This robot signs, and no secret is set: copy the secret (SEC…) from the robot's security settings to `secret` \
             (DINGTALK_BOT_SECRET).",
            "该机器人启用了加签，但没有设置密钥：请从机器人安全设置的“加签”处复制密钥，填在 secret（DINGTALK_BOT_SECRET）。",
        )
        .clone_into(&mut advice);
    }
    if error.kind() == ErrorKind::Keyword {
        advice.push_str(words(
            " Or set `keyword` (DINGTALK_BOT_KEYWORD): it is then appended to messages that lack it.",
            "也可以设置 keyword（DINGTALK_BOT_KEYWORD），缺少关键词的消息会自动补上。",
        ));
    }
    let result = Outcome::Wrong(send::exit_code(error.kind()));
    Finding { about: About::Message, result, detail, advice }
}

fn not_posted() -> Finding {
    let detail = words(
        "not verified: token, signature, keyword and IP address; `--send` sends a message to verify them",
        "access token 是否有效、加签、关键词和 IP 地址（段）只有发送消息才能确认：加 --send 会发送一条",
    );
    Finding::new(About::Message, Outcome::Open, detail)
}

impl Finding {
    fn new(about: About, result: Outcome, detail: impl Into<String>) -> Self {
        Self { about, result, detail: detail.into(), advice: String::new() }
    }

    fn advise(mut self, advice: &str) -> Self {
        advice.clone_into(&mut self.advice);
        self
    }

    fn line(&self) -> String {
        let Self { about, result, detail, advice } = self;
        let mark = match result {
            Outcome::Good => "✓",
            Outcome::Doubtful => "!",
            Outcome::Wrong(_) => "✗",
            Outcome::Open => "-",
        };
        let advice = if advice.is_empty() { String::new() } else { format!("\n      {advice}") };
        words(
            format!("  {mark} {:<10}{detail}{advice}", about.word()),
            format!("  {mark} {}：{detail}{advice}", about.in_chinese()),
        )
    }

    fn to_json(&self, robot: Option<&str>, id: Option<&str>) -> Value {
        let result = match self.result {
            Outcome::Good => "ok",
            Outcome::Doubtful => "warning",
            Outcome::Wrong(_) => "failed",
            Outcome::Open => "open",
        };
        json!({
            "robot": robot,
            "id": id,
            "check": self.about.word(),
            "result": result,
            "detail": self.detail,
            "advice": self.advice,
        })
    }
}

impl About {
    fn word(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Token => "token",
            Self::Server => "server",
            Self::Clock => "clock",
            Self::Secret => "secret",
            Self::Proxy => "proxy",
            Self::Message => "message",
        }
    }

    fn in_chinese(self) -> &'static str {
        match self {
            Self::Settings => "配置",
            Self::Token => "access_token",
            Self::Server => "服务器",
            Self::Clock => "时间",
            Self::Secret => "密钥",
            Self::Proxy => "代理",
            Self::Message => "消息",
        }
    }
}
