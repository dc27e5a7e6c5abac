//! `dingtalk-notify send`: one message from a terminal or a script.

use std::{
    io::{self, IsTerminal as _, Read as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand};
use dingtalk_core::{Envelope, Error, ErrorKind, Message, ToolSet, WireMessage};
use serde_json::{Map, Value, json};

use super::{
    Program, Result,
    language::{in_language, language, words},
    say,
};
use crate::{AtAll, Settings, builtin_tools};

/// `{program}` is the program's name.
pub(super) const AFTER_HELP: &str = "\
Examples:
  {program} send text \"Disk is full\" --at 13800000000
  {program} send markdown --title \"Nightly report\" < report.md

Exit codes:
  0  DingTalk took the message (or a dry run showed it)
  1  a setting, a file or a stream is wrong; stderr says which
  2  the message or an argument is wrong; nothing was sent
  3  the robot is not set up right; nothing was posted
  4  DingTalk refused it; nothing was posted
  5  too many messages, or the month's calls are used up; nothing was posted
  6  no connection; nothing was sent
  7  it may have arrived: look in the group before you repeat it";

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    message: MessageArguments,
    /// Post through this robot of the configuration file
    #[arg(long, global = true, value_name = "NAME")]
    robot: Option<String>,
    /// Mention a person by mobile number; several times for several
    #[arg(long, global = true, value_name = "MOBILE")]
    at: Vec<String>,
    /// Mention a person by user id; several times for several
    #[arg(long, global = true, value_name = "ID")]
    at_user: Vec<String>,
    /// Mention everybody in the group
    #[arg(long, global = true)]
    at_all: bool,
    /// Send nothing, and print the request
    #[arg(long, global = true)]
    dry_run: bool,
    /// Print what became of it as JSON
    #[arg(long, global = true)]
    json: bool,
    /// A TOML file with robots by name: see docs/configuration.md
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum MessageArguments {
    /// Plain text
    Text {
        /// The text; read from stdin if absent or `-`
        text: Option<String>,
    },
    /// Markdown
    Markdown {
        /// What the list of conversations shows
        #[arg(long)]
        title: String,
        /// The Markdown; read from stdin if absent or `-`
        text: Option<String>,
    },
    /// One page to open
    Link {
        /// The headline
        #[arg(long)]
        title: String,
        /// The page
        #[arg(long)]
        url: String,
        /// A picture beside it
        #[arg(long, value_name = "URL")]
        picture: Option<String>,
        /// The text below the title; read from stdin if absent or `-`
        text: Option<String>,
    },
    /// Markdown with buttons
    ActionCard {
        /// What the list of conversations shows
        #[arg(long)]
        title: String,
        /// A button, as LABEL=URL; several times for several
        #[arg(long = "button", value_name = "LABEL=URL", required = true)]
        buttons: Vec<String>,
        /// The Markdown; read from stdin if absent or `-`
        text: Option<String>,
    },
    /// Several pages to open, each with a picture
    FeedCard {
        /// An item: its title, its page and its picture; several times for several
        #[arg(long = "item", num_args = 3, value_names = ["TITLE", "URL", "PICTURE"], required = true)]
        items: Vec<String>,
    },
}

/// The message or an argument is wrong. As clap's.
const WRONG: u8 = 2;

/// The robot is not set up right.
pub(super) const NOT_SET_UP: u8 = 3;

/// There is no connection.
pub(super) const NO_CONNECTION: u8 = 6;

pub(super) async fn run(program: &Program, arguments: Arguments) -> Result<ExitCode> {
    let mut settings = Settings::from_env()?;
    settings.config = arguments.config.clone().or(settings.config);
    settings.dry_run |= arguments.dry_run;
    let message = match message(&arguments)? {
        Ok(message) => message,
        Err(problem) => {
            program.tell(problem);
            return Ok(ExitCode::from(WRONG));
        }
    };
    if arguments.at_all && denies_everybody(&settings, arguments.robot.as_deref())? {
        program.tell(words(
            "this robot is set never to notify everybody (at_all = \"deny\")",
            "这个机器人设置为禁止 @所有人（at_all = \"deny\"）",
        ));
        return Ok(ExitCode::from(NOT_SET_UP));
    }
    let mut envelope = Envelope::new(message);
    envelope.robot.clone_from(&arguments.robot);
    if settings.dry_run {
        let wire = WireMessage::with_id(envelope.message, &*envelope.id);
        say(serde_json::to_string_pretty(&wire)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    match settings.deliver()?.deliver(envelope).await {
        Ok(receipt) if arguments.json => say(serde_json::to_string(&receipt)?)?,
        Ok(receipt) => say(format!("{}{}", words("delivered as ", "已送达："), receipt.id))?,
        Err(error) => {
            report(program, &error, arguments.json)?;
            return Ok(ExitCode::from(exit_code(error.kind())));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The message, by the rules of the tool that agents send the same with; or everything that is wrong.
fn message(arguments: &Arguments) -> Result<std::result::Result<Message, String>> {
    let mut given = Map::new();
    let mut give = |name: &str, value: Value| given.insert(name.to_owned(), value);
    let tool = match &arguments.message {
        MessageArguments::Text { text } => {
            give("text", json!(text_or_stdin(text.as_deref())?));
            "send_text_message"
        }
        MessageArguments::Markdown { title, text } => {
            give("title", json!(title));
            give("text", json!(text_or_stdin(text.as_deref())?));
            "send_markdown_message"
        }
        MessageArguments::Link { title, url, picture, text } => {
            give("title", json!(title));
            give("url", json!(url));
            give("pictureUrl", json!(picture));
            give("text", json!(text_or_stdin(text.as_deref())?));
            "send_link_message"
        }
        MessageArguments::ActionCard { title, buttons, text } => {
            give("title", json!(title));
            give("text", json!(text_or_stdin(text.as_deref())?));
            let mut list = Vec::new();
            for button in buttons {
                let Some((label, url)) = button.split_once('=') else {
                    return Ok(Err(words(
                        format!("--button takes LABEL=URL, not {button:?}"),
                        format!("--button 要写成 LABEL=URL，而不是 {button:?}"),
                    )));
                };
                list.push(json!({"label": label, "url": url}));
            }
            give("buttons", json!(list));
            "send_action_card_message"
        }
        MessageArguments::FeedCard { items } => {
            let item = |item: &[String]| json!({"title": item[0], "url": item[1], "pictureUrl": item[2]});
            give("items", items.chunks_exact(3).map(item).collect());
            "send_feed_card_message"
        }
    };
    for (name, people) in [("atMobiles", &arguments.at), ("atUserIds", &arguments.at_user)] {
        if !people.is_empty() {
            given.insert(name.to_owned(), json!(people));
        }
    }
    if arguments.at_all {
        given.insert("atAll".to_owned(), json!(true));
    }
    let tools = ToolSet::new(builtin_tools())?;
    let Some(tool) = tools.get(tool) else { return Err("the tool is missing".into()) };
    Ok(tool.message(&given).map_err(|faults| faults.to_string()))
}

fn text_or_stdin(given: Option<&str>) -> Result<String> {
    match given {
        Some(text) if text != "-" => Ok(text.to_owned()),
        None if io::stdin().is_terminal() => {
            Err(words("give a text, or pipe one into stdin", "请给出文本，或通过管道从标准输入传入").into())
        }
        _ => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text)?;
            Ok(text.trim_end().to_owned())
        }
    }
}

fn denies_everybody(settings: &Settings, robot: Option<&str>) -> Result<bool> {
    let config = settings.read_config()?;
    if config.robots.is_empty() {
        return Ok(settings.at_all == AtAll::Deny);
    }
    let only = (config.robots.len() == 1).then(|| &*config.robots[0].name);
    let name = robot.or(config.default_robot.as_deref()).or(only);
    Ok(config.robots.iter().any(|known| Some(&*known.name) == name && known.at_all == AtAll::Deny))
}

fn report(program: &Program, error: &Error, as_json: bool) -> Result<()> {
    if as_json {
        let report = json!({
            "outcome": "failed",
            "kind": error.kind(),
            "code": error.code(),
            "message": error.server_message(),
            "detail": error.detail(),
            "advice": error.advice(language()),
            "id": error.id(),
            "retry_after_ms": error.retry_after().map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
        });
        return Ok(say(report.to_string())?);
    }
    let (happened, advice) = in_language(error, language());
    program.tell(format!("{happened}. {advice}"));
    Ok(())
}

pub(super) fn exit_code(kind: ErrorKind) -> u8 {
    use ErrorKind as Kind;
    match kind {
        Kind::Invalid | Kind::TooLong | Kind::UnknownRobot => WRONG,
        Kind::Configuration
        | Kind::Keyword
        | Kind::Signature
        | Kind::Clock
        | Kind::IpNotAllowed
        | Kind::SecurityCheck
        | Kind::UnknownToken
        | Kind::RobotStopped
        | Kind::RobotMissing
        | Kind::GroupDissolved => NOT_SET_UP,
        Kind::RateLimited | Kind::Throttled | Kind::AddressBlocked | Kind::QuotaExhausted => 5,
        Kind::NotSent => NO_CONNECTION,
        Kind::Unknown | Kind::Busy => 7,
        _ => 4,
    }
}
