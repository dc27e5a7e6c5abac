//! Messages as people read them.

use std::{
    any::type_name,
    fmt::{self, Display, Formatter, Write as _},
};

use super::{ActionCard, Button, FeedCard, FeedItem, Link, MarkdownText, Message, readable::readable};
use crate::Notification;

/// The message as people read it, for tests and terminals: Markdown without its marks, buttons and links with their
/// addresses. The text has no line break at its end.
///
/// | message | text |
/// |---|---|
/// | text | the content |
/// | Markdown | `[title]`, a blank line, the body |
/// | link | title, text, address |
/// | action card | `[title]`, a blank line, the body, a blank line, a line per button: `[Open] https://…` |
/// | feed card | a line per item: `- Title: https://…` |
///
/// Mentions are part of a body. The title of Markdown and of an action card appears in the conversation list. Access
/// tokens in addresses and secrets of signatures are shown as `…`.
///
/// ```
/// use dingtalk_core::Message;
///
/// let message = Message::markdown("CPU", "### CPU 97% on **web-3**\n\n- nginx\n- [Runbook](https://example.com/cpu)");
/// assert_eq!(message.to_string(), "[CPU]\n\nCPU 97% on web-3\n\n- nginx\n- Runbook (https://example.com/cpu)");
/// ```
impl Display for Message {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let shown = match self {
            Self::Text(text) => text.content.clone(),
            Self::Markdown(MarkdownText { title, text, .. }) => titled(title, text),
            Self::Link(Link { title, text, url, .. }) => format!("{title}\n{text}\n{url}"),
            Self::ActionCard(ActionCard { title, text, buttons, .. }) => {
                let button = |Button { title, url }: &Button| format!("[{title}] {url}");
                let buttons: Vec<String> = buttons.as_slice().iter().map(button).collect();
                format!("{}\n\n{}", titled(title, text), buttons.join("\n"))
            }
            Self::FeedCard(FeedCard { items }) => {
                let item = |FeedItem { title, url, .. }: &FeedItem| format!("- {title}: {url}");
                items.iter().map(item).collect::<Vec<_>>().join("\n")
            }
        };
        f.write_str(without_secrets(&shown).trim_end())
    }
}

fn titled(title: &str, markdown: &str) -> String {
    format!("[{title}]\n\n{}", readable(markdown))
}

/// Replaces access tokens of addresses, and secrets of signatures.
fn without_secrets(text: &str) -> String {
    const MARKS: [(&str, usize); 2] = [("access_token=", 1), ("SEC", 32)];
    let is_secret = |c: char| c.is_ascii_alphanumeric() || matches!(c, '%' | '-' | '_' | '.' | '~');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, mark, least)) =
        MARKS.iter().filter_map(|(mark, least)| Some((rest.find(mark)?, *mark, *least))).min()
    {
        let (before, behind) = rest.split_at(at + mark.len());
        let len = behind.find(|c| !is_secret(c)).unwrap_or(behind.len());
        shown.push_str(before);
        if len >= least {
            shown.push('…');
            rest = &behind[len..];
        } else {
            rest = behind;
        }
    }
    shown + rest
}

/// Notifications as people read them, each below the name of its type: a page for the review of all notifications of a
/// program, or for a test that compares it with a file.
///
/// The values are the program's own examples. A notification whose values break a constraint is shown as the error.
///
/// ```
/// use dingtalk_core::{Notification, message::Preview};
///
/// #[derive(Notification)]
/// #[dingtalk(text("Backup of {database} finished"))]
/// struct BackupFinished {
///     database: String,
/// }
///
/// #[derive(Notification)]
/// #[dingtalk(text("Disk of {host} is {percent}% full"))]
/// struct DiskAlert {
///     host: String,
///     #[dingtalk(range(0..=100))]
///     percent: u8,
/// }
///
/// let preview = Preview::new()
///     .with(&BackupFinished { database: "orders".into() })
///     .with(&DiskAlert { host: "db-1".into(), percent: 97 });
/// assert_eq!(
///     preview.to_string(),
///     "=== BackupFinished (text)\n\nBackup of orders finished\n\n\
///      === DiskAlert (text)\n\nDisk of db-1 is 97% full\n"
/// );
/// ```
#[derive(Debug, Clone, Default)]
pub struct Preview {
    text: String,
}

impl Preview {
    /// Creates a preview without notifications.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an example of a notification, below the name of its type.
    #[must_use]
    pub fn with<N: Notification>(self, notification: &N) -> Self {
        let path = type_name::<N>();
        let parameters = path.find('<').unwrap_or(path.len());
        let name = path[..parameters].rsplit("::").next().unwrap_or(path);
        self.with_named(name, notification)
    }

    /// Adds an example of a notification below a title: one more of the same type, or a variant of an enum.
    #[must_use]
    pub fn with_named(mut self, title: &str, notification: &(impl Notification + ?Sized)) -> Self {
        self.push(title, &notification.message().map_err(|error| error.to_string()));
        self
    }

    pub(crate) fn push(&mut self, title: &str, message: &Result<Message, String>) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        // Writing to a `String` does not fail.
        let _ = match message {
            Ok(message) => writeln!(self.text, "=== {title} ({})\n\n{message}", message.kind()),
            Err(error) => writeln!(self.text, "=== {title} (invalid)\n\n{error}"),
        };
    }
}

impl Display for Preview {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot set itself up fails")]

    use super::*;
    use crate::{
        Mobile, Url, UserId,
        message::{Buttons, Mentions},
    };

    fn url(path: &str) -> Url {
        Url::new(format!("https://example.com/{path}")).unwrap()
    }

    #[test]
    fn each_type_reads_as_people_see_it() {
        let mentions = Mentions::mobiles([Mobile::new("13800000000").unwrap()]);
        let buttons =
            || Buttons::Several(vec![Button::new("Approve", url("yes")), Button::new("Reject", url("no"))]);
        let card = ActionCard::new("Deploy?", "### Deploy?", buttons())
            .with_user_ids([UserId::new("li_si").unwrap()]);
        for (message, shown) in [
            (
                Message::text("Disk\nis *full*").with_mentions(mentions.clone()),
                "Disk\nis *full*\n@13800000000",
            ),
            (
                Message::markdown("CPU", "### CPU\n\n**97%**").with_mentions(mentions),
                "[CPU]\n\nCPU\n\n97%\n\n@13800000000",
            ),
            (
                Message::link("Notes", "Release 1.4", url("notes")),
                "Notes\nRelease 1.4\nhttps://example.com/notes",
            ),
            (
                Message::ActionCard(card),
                "[Deploy?]\n\nDeploy?\n\n@li_si\n\n[Approve] https://example.com/yes\n[Reject] https://example.com/no",
            ),
            (
                Message::action_card("Title", "Text", Buttons::Single(Button::new("Open", url("a")))),
                "[Title]\n\nText\n\n[Open] https://example.com/a",
            ),
            (
                Message::feed_card([
                    FeedItem::new("One", url("1"), url("1.png")),
                    FeedItem::new("Two", url("2"), url("2.png")),
                ]),
                "- One: https://example.com/1\n- Two: https://example.com/2",
            ),
        ] {
            assert_eq!(message.to_string(), shown);
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let token = "cafe0123".repeat(8);
        let secret = format!("SEC{token}");
        let webhook = format!("https://oapi.dingtalk.com/robot/send?access_token={token}&timestamp=1");
        let url = || Url::new(&webhook).unwrap();
        let text = format!("{webhook} {secret}, SECOND");
        for message in [
            Message::text(&text),
            Message::markdown(&text, format!("[a]({webhook}) {text} `{text}`")),
            Message::link(&text, &text, url()),
            Message::action_card(&text, &text, Buttons::Single(Button::new(&text, url()))),
            Message::feed_card([FeedItem::new(&text, url(), url())]),
        ] {
            let shown = message.to_string();
            assert!(!shown.contains("cafe0123"), "{shown}");
            assert!(shown.contains("access_token=…"), "{shown}");
            assert!(shown.contains("SEC…, SECOND"), "{shown}");
        }
    }

    #[test]
    fn an_invalid_notification_is_shown_as_its_error() {
        struct Odd;
        impl Notification for Odd {
            fn message(&self) -> Result<Message, crate::message::Invalid> {
                Ok(Message::text("odd"))
            }
        }
        let preview = Preview::new().with(&Odd).with(&Box::new(Odd)).with_named("again", &Odd);
        let mut preview = preview;
        preview.push("host", &Err("host: must not be empty".to_owned()));
        assert_eq!(
            preview.to_string(),
            "=== Odd (text)\n\nodd\n\n=== Box (text)\n\nodd\n\n=== again (text)\n\nodd\n\n\
             === host (invalid)\n\nhost: must not be empty\n"
        );
    }
}
