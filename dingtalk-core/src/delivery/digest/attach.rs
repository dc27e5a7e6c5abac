//! Notifications as lines of another message.

use super::{
    DigestPolicy, ID,
    entry::Entry,
    outline::Outline,
    pages::{SEPARATOR, push_block},
    waiting::Waiting,
    words::Words,
};
use crate::{
    Message,
    delivery::overflow::body_len,
    message::{MAX_MENTIONS, Mentions, Text},
};

/// Maximum size of a line, in bytes of JSON.
const LINE: usize = 600;

impl DigestPolicy {
    /// Adds notifications to a message, one line each, after its text. Returns the message and the indices of those
    /// that it contains; `None` if it can contain none of them.
    ///
    /// A notification that is more than a line is not added, nor one that does not fit.
    pub(crate) fn attach(&self, host: &Message, waiting: &[Waiting<'_>]) -> Option<(Message, Vec<usize>)> {
        let (mut lines, mut added, mut mentions) = (Vec::new(), Vec::new(), Mentions::default());
        let mut message = None;
        for (index, item) in waiting.iter().enumerate() {
            let Some(line) = line(host, item, Words(self.language)) else { continue };
            lines.push(line);
            let mut all = mentions.clone();
            all.merge(item.message.mentions().cloned().unwrap_or_default());
            let fits = |longer: &Message| {
                longer.mentions().map_or(0, Mentions::people) <= MAX_MENTIONS
                    && body_len(longer, ID).is_ok_and(|bytes| bytes <= self.max_bytes)
            };
            match with_lines(host, &lines, all.clone()).filter(fits) {
                Some(longer) => {
                    (message, mentions) = (Some(longer), all);
                    added.push(index);
                }
                None => drop(lines.pop()),
            }
        }
        Some((message?, added))
    }
}

/// Returns a notification as a line of a message, in the message's syntax.
fn line(host: &Message, item: &Waiting<'_>, words: Words) -> Option<String> {
    match (host, item.line, item.message) {
        (Message::Text(_), Some(line), _) => Some(line.split_whitespace().collect::<Vec<_>>().join(" ")),
        (Message::Text(_), None, Message::Text(Text { content, .. })) => {
            let line = content.trim();
            (line.len() <= LINE && !line.contains('\n')).then(|| line.to_owned())
        }
        (Message::Markdown(_), ..) => match Entry::new(item, LINE, words)? {
            Entry::Item(text) => Some(format!("- {text}")),
            Entry::Blocks { .. } => None,
        },
        _ => None,
    }
}

fn with_lines(host: &Message, lines: &[String], mentions: Mentions) -> Option<Message> {
    let mut message = host.clone();
    match &mut message {
        Message::Markdown(markdown) => {
            // Lines after a fence or tag that is not closed would be part of it.
            Outline::read(&markdown.text)?;
            push_block(&mut markdown.text, SEPARATOR);
            push_block(&mut markdown.text, &lines.join("\n"));
        }
        Message::Text(text) => push_block(&mut text.content, &lines.join("\n")),
        Message::Link(_) | Message::ActionCard(_) | Message::FeedCard(_) => return None,
    }
    Some(if mentions.is_empty() { message } else { message.with_mentions(mentions) })
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::Mobile;

    fn attach(host: &Message, waiting: &[(&Message, Option<&str>)]) -> Option<(String, Vec<usize>)> {
        let waiting: Vec<Waiting<'_>> = waiting
            .iter()
            .map(|(message, line)| Waiting::new(message, SystemTime::UNIX_EPOCH).with_line(*line))
            .collect();
        let (message, added) = DigestPolicy::default().attach(host, &waiting)?;
        let text = match message {
            Message::Markdown(markdown) => markdown.text,
            Message::Text(text) => text.content,
            other => panic!("{other:?}"),
        };
        Some((text, added))
    }

    #[test]
    fn lines_are_in_the_syntax_of_the_message() {
        let resolved = Message::markdown("✅ disk", "### ✅ disk\n\n- web-1\n\n- web-2");
        let line = Some("✅ disk *resolved*");
        let markdown = Message::markdown("cpu", "### cpu\n\n- web-3");
        let text = "### cpu\n\n- web-3\n\n———\n\n- ✅ disk \\*resolved\\*\n- Backup done";
        let backup = Message::text("Backup done");
        assert_eq!(
            attach(&markdown, &[(&resolved, line), (&backup, None)]),
            Some((text.to_owned(), vec![0, 1]))
        );
        let text = "cpu\n\n✅ disk *resolved*\nBackup done".to_owned();
        let host = Message::text("cpu");
        assert_eq!(attach(&host, &[(&resolved, line), (&backup, None)]), Some((text, vec![0, 1])));
    }

    #[test]
    fn more_than_a_line_is_not_added_and_nothing_after_an_open_fence() {
        let long = Message::markdown("a", "## a\n\n> b\n\n> c");
        let short = Message::text("b");
        let host = Message::markdown("t", "text");
        assert_eq!(attach(&host, &[(&long, None), (&short, None)]).map(|(_, added)| added), Some(vec![1]));
        assert_eq!(attach(&host, &[(&long, None)]), None);
        assert_eq!(attach(&Message::markdown("t", "```\ntext"), &[(&short, None)]), None);
        assert_eq!(attach(&Message::feed_card([]), &[(&short, None)]), None);
    }

    #[test]
    fn mentions_are_kept() {
        let on_call = |number| Mentions::mobiles([Mobile::new(number).unwrap()]);
        let host = Message::markdown("t", "text").with_mentions(on_call("13800000000"));
        let other = Message::text("b").with_mentions(on_call("13900000000"));
        let (message, _) =
            DigestPolicy::default().attach(&host, &[Waiting::new(&other, SystemTime::UNIX_EPOCH)]).unwrap();
        assert_eq!(message.mentions().map(Mentions::people), Some(2));
    }

    #[test]
    fn what_does_not_fit_is_not_added() {
        let line = "x".repeat(500);
        let many: Vec<Message> = (0..60).map(|n| Message::text(format!("{n} {line}"))).collect();
        let waiting: Vec<(&Message, Option<&str>)> = many.iter().map(|message| (message, None)).collect();
        let (text, added) = attach(&Message::markdown("t", "text"), &waiting).unwrap();
        assert!(text.len() < 20_000 && added.len() > 30 && added.len() < 40, "{}", added.len());
    }
}
