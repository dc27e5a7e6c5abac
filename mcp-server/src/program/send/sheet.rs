//! `send --sheet`: one message of each construct, so that people can take photographs of what their DingTalk draws.

use std::{
    future::pending,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use dingtalk_core::{Envelope, message::WireMessage};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{
    super::{Program, Result, say, words::words},
    FLUSH, Report,
    arguments::SendArguments,
    exit_code,
};
use crate::call::{
    answer::CallStatus,
    offer::{Offer, Offered},
    outcome::CallOutcome,
    repeat::DeliveryOutcome,
};

/// Maximum number of messages: fewer than a robot may send in a minute.
const MAX: usize = 15;

/// A picture of DingTalk's own documentation (`robot-message-type`, open.dingtalk.com).
const PICTURE: &str = "https://gw.alicdn.com/tfs/TB1ut3xxbsrBKNjSZFpXXcXhFXa-846-786.png";

const PAGE: &str = "https://open.dingtalk.com/";

/// Sends the sheet to this robot, after the person has agreed.
pub(super) async fn run(program: &Program, arguments: &SendArguments, robot: &str) -> Result<ExitCode> {
    let settings = arguments.settings();
    let server = program.equip(settings.server_for(Some(robot))?).build()?;
    let sheet = sheet();
    let seconds = arguments.pause.as_secs() * (sheet.len() as u64).saturating_sub(1);
    let cost = words(
        format!(
            "{} messages to the robot `{robot}`, in about {seconds} s: they count in its rate and in the quota of the month",
            sheet.len()
        ),
        format!("向机器人 `{robot}` 发送 {} 条消息，约需 {seconds} 秒，计入频率和本月额度", sheet.len()),
    );
    if server.calls().dry_run {
        return dry_run(&sheet, &cost, arguments.json);
    }
    if !arguments.yes && !agreed(program, &cost)? {
        return Ok(ExitCode::FAILURE);
    }
    for (at, (construct, body)) in sheet.iter().enumerate() {
        if at > 0 {
            sleep(arguments.pause).await;
        }
        let WireMessage { message, .. } = serde_json::from_value(body.clone())?;
        let envelope = Envelope::new(message);
        let (robot, name) = (Some(robot), "sheet");
        let offer = Offer { envelope, door: "sheet", name, robot, id: None, rights: None, log_id: None };
        let ended = match server.calls().offer(offer) {
            Ok(Offered { ready, .. }) => server.calls().send(ready, pending(), async |_| {}).await,
            Err(ended) => *ended,
        };
        let place = format!("{}/{} {construct}", at + 1, sheet.len());
        if ended.answer.status != CallStatus::Delivered {
            let problem = ended.answer.detail.clone().into_iter();
            let advice = ended.answer.advice.clone().into_iter().map(std::borrow::Cow::into_owned);
            let told: Vec<String> = problem.chain(ended.answer.faults.clone()).chain(advice).collect();
            program.tell(format_args!("{place}: {}", told.join("; ")));
            return Ok(match &ended.outcome {
                CallOutcome::Delivery { outcome: DeliveryOutcome::Failed(error), .. } => {
                    ExitCode::from(exit_code(error.kind()))
                }
                _ => ExitCode::FAILURE,
            });
        }
        say(if arguments.json {
            json!({"outcome": "delivered", "construct": construct}).to_string()
        } else {
            format!("{place}{}", words(": delivered", "：已送达"))
        })?;
    }
    if let Some(state) = settings.state() {
        // The month counts the outcome of the last request, too.
        let _ = timeout(FLUSH, state.flush()).await;
    }
    Ok(ExitCode::SUCCESS)
}

fn dry_run(sheet: &[(&str, Value)], cost: &str, as_json: bool) -> Result<ExitCode> {
    if as_json {
        let messages: Vec<&Value> = sheet.iter().map(|(_, body)| body).collect();
        say(json!({"outcome": "dry_run", "request": messages}).to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    say(cost)?;
    for (construct, body) in sheet {
        say(format!("{construct}: {body}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks the person at the terminal. Without a terminal, nothing is sent.
fn agreed(program: &Program, cost: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        program.tell(format_args!(
            "{cost}. {}",
            words(
                "Nothing was sent: there is no terminal to ask on; pass --yes",
                "没有发送：没有终端可以确认；请加上 --yes"
            )
        ));
        return Ok(false);
    }
    write!(io::stderr(), "{cost}. {}", words("Send them? [y/N] ", "发送吗？[y/N] "))?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "是"))
}

/// Reports a command line that names neither a message nor a sheet, or both.
pub(super) fn choose(program: &Program, both: bool, as_json: bool) -> Result<ExitCode> {
    let problem = if both {
        words(
            "--sheet sends messages of its own: leave the message out",
            "--sheet 发送自带的消息：请不要再写消息",
        )
    } else {
        words(
            "name the message, such as `text`, `markdown` or a notification of the configuration file; see `send --help`",
            "请写明要发的消息，例如 `text`、`markdown`，或配置文件里的通知；见 `send --help`",
        )
    };
    Report::of_faults(&[problem.to_owned()]).tell(program, as_json)
}

/// Returns the messages, each with the name of its construct, which stands in the message, too.
fn sheet() -> Vec<(&'static str, Value)> {
    let markdown = |text: &str| json!({"msgtype": "markdown", "markdown": {"text": text}});
    let button = |title: &str| json!({"title": title, "actionURL": PAGE});
    let card = |text: &str, buttons: Value| {
        let mut card = json!({"text": text});
        if let (Some(card), Some(buttons)) = (card.as_object_mut(), buttons.as_object()) {
            card.extend(buttons.clone());
        }
        json!({"msgtype": "actionCard", "actionCard": card})
    };
    let item = |title: &str| json!({"title": title, "messageURL": PAGE, "picURL": PICTURE});
    let picture = format!("![picture]({PICTURE})");
    let sheet: [(&str, Value); MAX] = [
        (
            "text",
            json!({"msgtype": "text", "text": {"content": format!("Line one, 第二行见下\n{PAGE}\n**not bold** 🙂")}}),
        ),
        (
            "headings",
            markdown(
                "# Heading 1\n\n## Heading 2\n\n### Heading 3\n\n#### Heading 4\n\n##### Heading 5\n\n###### Heading 6",
            ),
        ),
        ("emphasis", markdown("**bold** *italic* ***both*** ~~struck out~~ __bold__ _italic_")),
        (
            "lists",
            markdown("- one\n- two\n    - nested\n    - nested\n- three\n\n1. first\n2. second\n3. third"),
        ),
        ("quotes", markdown("> One line\n>\n> Another paragraph, **bold**\n\n> > A quote in a quote")),
        ("links and pictures", markdown(&format!("[A link]({PAGE}) and {PAGE}\n\n{picture}"))),
        ("table", markdown("| Host | CPU |\n|---|---:|\n| web-3 | 97% |\n| db-1 | 12% |")),
        ("code", markdown("A span: `systemctl status`\n\n```sh\nsystemctl status\ndf -h\n```")),
        ("rules and breaks", markdown("One break\nthen two spaces  \nthen a line\n\n---\n\nAfter the rule")),
        (
            "colours and HTML",
            markdown(
                "<font color=#ff5219>orange</font> <font color=\"green\">green</font> <b>bold</b> <br> &lt;",
            ),
        ),
        (
            "link card",
            json!({"msgtype": "link", "link": {"text": "A text of a link card that is long enough for a second line on a telephone.", "messageUrl": PAGE, "picUrl": PICTURE}}),
        ),
        (
            "card with one button",
            card(
                &format!("{picture}\n\n### A heading\n\nA paragraph."),
                json!({"singleTitle": "Read more", "singleURL": PAGE}),
            ),
        ),
        (
            "card with two buttons side by side",
            card(
                "### Approve?\n\nA paragraph.",
                json!({"btnOrientation": "1", "btns": [button("Yes"), button("No")]}),
            ),
        ),
        (
            "card with three buttons",
            card("### Choose\n\n- a list", json!({"btns": [button("One"), button("Two"), button("Three")]})),
        ),
        (
            "feed card",
            json!({"msgtype": "feedCard", "feedCard": {"links": [item("1: feed card"), item("A second, longer title of an item"), item("A third")]}}),
        ),
    ];
    sheet.into_iter().enumerate().map(|(at, (name, body))| (name, titled(at + 1, name, body))).collect()
}

/// Puts number and name of a construct into the title, and into a text.
fn titled(number: usize, name: &str, mut body: Value) -> Value {
    let title = format!("{number}: {name}");
    if let Some(content) = body.pointer_mut("/text/content") {
        *content = format!("{title}\n{}", content.as_str().unwrap_or_default()).into();
    }
    for kind in ["markdown", "link", "actionCard"] {
        if let Some(message) = body.get_mut(kind) {
            message["title"] = title.clone().into();
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_message_of_the_sheet_is_accepted_and_says_what_it_shows() {
        let sheet = sheet();
        assert!(sheet.len() <= MAX);
        let mut names = BTreeSet::new();
        for (at, (name, body)) in sheet.iter().enumerate() {
            let verdict = dingtalk_sandbox::verdict(body.to_string());
            assert_eq!((verdict.refusal, verdict.warnings), (None, Vec::new()), "{name}");
            assert!(
                body.to_string().contains(&format!("{}: {name}", at + 1)) || *name == "feed card",
                "{body}"
            );
            assert!(names.insert(*name), "{name} occurs twice");
        }
        let kinds: BTreeSet<_> = sheet.iter().map(|(_, body)| body["msgtype"].as_str().unwrap()).collect();
        assert_eq!(kinds.len(), 5, "every type of message: {kinds:?}");
    }
}
