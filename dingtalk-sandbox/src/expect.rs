//! Comparison of what was received or drawn with what a test expects.

use std::fmt::{self, Write as _};

use dingtalk_core::{Message, Notification, message::WireMessage};
use serde_json::Value;

use crate::log::{Entry, Outcome};

/// Maximum number of comparisons of lines: longer texts that differ throughout are shown one after the other.
const MAX_COMPARISONS: usize = 1_000_000;

/// Lines around a difference that are shown.
const CONTEXT: usize = 2;

/// The difference between the messages in the chat, or a gallery, and what was expected, for people.
#[derive(Clone, PartialEq, Eq)]
pub struct Differs {
    text: String,
}

impl Differs {
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self { text: text.as_ref().trim_end().to_owned() }
    }
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text itself: `unwrap` shows it.
impl fmt::Debug for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for Differs {}

/// Compares the accepted messages of the log with these notifications, in order. Ids are ignored.
pub(crate) fn compare(log: &[Entry], expected: &[&dyn Notification]) -> Result<(), Differs> {
    let received: Vec<(&Entry, &WireMessage)> =
        log.iter().filter_map(|entry| Some((entry, entry.accepted()?))).collect();
    let mut report = String::new();
    let mut is_equal = received.len() == expected.len();
    for (at, expected) in expected.iter().enumerate() {
        let number = at + 1;
        let expected = match expected.message() {
            Ok(message) => message,
            Err(invalid) => {
                is_equal = false;
                line(
                    &mut report,
                    &format!("message {number}: the expected notification is invalid: {invalid}"),
                );
                continue;
            }
        };
        match received.get(at) {
            Some((_, received)) if received.message == expected => {
                line(&mut report, &format!("message {number}: as expected"));
            }
            Some((entry, received)) => {
                is_equal = false;
                line(&mut report, &format!("message {number} (request {}): differs", entry.number));
                report.push_str(&difference(&fields(&expected), &fields(&received.message)));
            }
            None => {
                is_equal = false;
                line(&mut report, &format!("message {number}: not received"));
                report.push_str(&marked('-', &fields(&expected)));
            }
        }
    }
    for (entry, received) in received.iter().skip(expected.len()) {
        line(&mut report, &format!("not expected (request {}):", entry.number));
        report.push_str(&marked('+', &fields(&received.message)));
    }
    if is_equal {
        return Ok(());
    }
    for entry in log {
        let robot = entry.robot.as_deref().unwrap_or("unknown robot");
        match &entry.outcome {
            Outcome::Refused(refusal) => {
                let advice = refusal.advice.map(|advice| format!("; {}", advice.en)).unwrap_or_default();
                let refused = format!(
                    "request {} to {robot:?} was refused: {} {}{advice}",
                    entry.number, refusal.code, refusal.message
                );
                line(&mut report, &refused);
            }
            Outcome::Faulted => {
                line(&mut report, &format!("request {} to {robot:?} met a fault", entry.number));
            }
            _ => {}
        }
    }
    let text = format!(
        "the sandbox received other messages than expected ({} expected, {} received; `-` expected, `+` received)\n{report}",
        expected.len(),
        received.len()
    );
    Err(Differs::new(text))
}

fn line(report: &mut String, text: &str) {
    // Writing to a String does not fail.
    let _ = writeln!(report, "{text}");
}

/// Returns the message as lines: a path and a value each, a text of several lines on lines of its own.
fn fields(message: &Message) -> Vec<String> {
    fn add(path: &str, value: &Value, lines: &mut Vec<String>) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| add(&below(name), value, lines)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, value)| add(&format!("{path}[{at}]"), value, lines));
            }
            Value::String(text) if text.contains('\n') => {
                lines.push(format!("{path}:"));
                lines.extend(text.split('\n').map(|line| format!("  {}", visible(line))));
            }
            Value::String(text) => lines.push(format!("{path}: {}", visible(text))),
            other => lines.push(format!("{path}: {other}")),
        }
    }
    let mut lines = Vec::new();
    match serde_json::to_value(WireMessage::new(message.clone())) {
        Ok(value) => add("", &value, &mut lines),
        Err(error) => lines.push(error.to_string()),
    }
    lines
}

/// Makes spaces at the end and control characters visible.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        match character {
            '\t' => shown.push('→'),
            control if control.is_control() => shown.extend(control.escape_default()),
            other => shown.push(other),
        }
    }
    let kept = shown.trim_end_matches(' ').len();
    let spaces = shown.len() - kept;
    shown.truncate(kept);
    shown.push_str(&"·".repeat(spaces));
    shown
}

fn marked(mark: char, lines: &[String]) -> String {
    lines.iter().fold(String::new(), |mut text, field| {
        line(&mut text, &format!("  {mark} {field}"));
        text
    })
}

/// Returns the lines that differ, with a few around them.
pub(crate) fn difference(expected: &[String], received: &[String]) -> String {
    let edits = edits(expected, received);
    let is_near = |at: usize| {
        let around = &edits[at.saturating_sub(CONTEXT)..edits.len().min(at + CONTEXT + 1)];
        around.iter().any(|(mark, _)| *mark != ' ')
    };
    let mut text = String::new();
    let mut skips = false;
    for (at, (mark, field)) in edits.iter().enumerate() {
        if is_near(at) {
            line(&mut text, format!("  {mark} {field}").trim_end());
            skips = false;
        } else if !skips {
            line(&mut text, "    …");
            skips = true;
        }
    }
    text
}

/// Returns all lines, each marked as common, expected or received.
fn edits<'l>(expected: &'l [String], received: &'l [String]) -> Vec<(char, &'l str)> {
    let equal = |(one, other): &(&String, &String)| one == other;
    let start = expected.iter().zip(received).take_while(equal).count();
    let (head, expected, received) = (&expected[..start], &expected[start..], &received[start..]);
    let end = expected.iter().rev().zip(received.iter().rev()).take_while(equal).count();
    let (expected, tail) = expected.split_at(expected.len() - end);
    let received = &received[..received.len() - end];
    let marked = |mark, lines: &'l [String]| lines.iter().map(move |line| (mark, line.as_str()));
    let changed = if expected.len().saturating_mul(received.len()) > MAX_COMPARISONS {
        marked('-', expected).chain(marked('+', received)).collect()
    } else {
        by_common_lines(expected, received)
    };
    marked(' ', head).chain(changed).chain(marked(' ', tail)).collect()
}

/// Marks the lines by a longest common subsequence.
fn by_common_lines<'l>(expected: &'l [String], received: &'l [String]) -> Vec<(char, &'l str)> {
    let mut common = vec![vec![0_usize; received.len() + 1]; expected.len() + 1];
    for (i, one) in expected.iter().enumerate().rev() {
        for (j, other) in received.iter().enumerate().rev() {
            common[i][j] =
                if one == other { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut edits = Vec::new();
    while i < expected.len() || j < received.len() {
        if i < expected.len() && j < received.len() && expected[i] == received[j] {
            edits.push((' ', expected[i].as_str()));
            (i, j) = (i + 1, j + 1);
        } else if j == received.len() || (i < expected.len() && common[i + 1][j] >= common[i][j + 1]) {
            edits.push(('-', expected[i].as_str()));
            i += 1;
        } else {
            edits.push(('+', received[j].as_str()));
            j += 1;
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        log::{LOG_CAPACITY, Log, Received},
        refusal,
    };

    fn log(outcomes: Vec<Outcome>) -> Vec<Entry> {
        let mut log = Log::new(LOG_CAPACITY);
        for outcome in outcomes {
            let received = Received {
                robot: Some("ops".to_owned()),
                method: "POST".to_owned(),
                content_type: None,
                query_keys: Vec::new(),
                body: Vec::new(),
                body_length: 0,
            };
            log.push(received, outcome, Vec::new(), None);
        }
        log.since(0).iter().map(|entry| Entry::clone(entry)).collect()
    }

    fn accepted(message: Message) -> Outcome {
        Outcome::Accepted(WireMessage::with_id(message, "1"))
    }

    fn differs(outcomes: Vec<Outcome>, expected: &[&dyn Notification]) -> String {
        compare(&log(outcomes), expected).unwrap_err().to_string()
    }

    #[test]
    fn equal_messages_do_not_differ_and_ids_do_not_matter() {
        let received = vec![accepted(Message::text("a")), Outcome::Faulted, accepted(Message::text("b"))];
        assert_eq!(compare(&log(received), &[&Message::text("a"), &Message::text("b")]), Ok(()));
        assert_eq!(compare(&[], &[]), Ok(()));
    }

    #[test]
    fn only_the_lines_that_differ_are_shown() {
        let text = |cpu: &str| format!("### web-3\n\na\nb\nc\n- cpu {cpu}\n- disk 3%\n1\n2\n3\n4");
        let message = |cpu| Message::markdown("CPU", text(cpu));
        let shown = differs(vec![accepted(message("97%"))], &[&message("79% ")]);
        assert_eq!(
            shown,
            "the sandbox received other messages than expected (1 expected, 1 received; `-` expected, `+` received)\n\
             message 1 (request 1): differs\n    …\n      b\n      c\n  -   - cpu 79%·\n  +   - cpu 97%\n      - disk 3%\n      \
             1\n    …"
        );
    }

    #[test]
    fn missing_and_additional_messages_are_named_and_so_are_refusals() {
        let refused = Outcome::Refused(refusal::NO_KEYWORD.into());
        let shown = differs(vec![refused, Outcome::Faulted], &[&Message::text("Disk is full")]);
        assert!(
            shown.contains("message 1: not received\n  - msgtype: text\n  - text.content: Disk is full\n"),
            "{shown}"
        );
        assert!(
            shown.contains("request 1 to \"ops\" was refused: 310000 description:关键词不匹配"),
            "{shown}"
        );
        assert!(shown.contains("The message must contain at least one of the robot's keywords."), "{shown}");
        assert!(shown.ends_with("request 2 to \"ops\" met a fault"), "{shown}");
        let shown = differs(vec![accepted(Message::text("x\u{1b}[31m"))], &[]);
        assert!(
            shown.contains("not expected (request 1):\n  + msgtype: text\n  + text.content: x\\u{1b}[31m"),
            "{shown}"
        );
    }
}
