//! Requests and messages as text for a terminal.

use dingtalk_core::message::WireMessage;

use crate::{
    fault_rule::name_of,
    log::{Entry, Outcome},
    render::{Block, Body, Drawing, FeedRow, Inline, Names, Picture},
};

/// A way to write to a terminal.
///
/// Everything that a sender controls is written without its control characters: a message cannot move the cursor,
/// change the colours or the title of the terminal, or reverse the direction of the text around it.
///
/// ```
/// use dingtalk_core::{Message, message::WireMessage};
/// use dingtalk_sandbox::terminal::Terminal;
///
/// let message = WireMessage::new(Message::markdown("Disk", "- **db-1** is full\u{1b}[2J"));
/// assert_eq!(Terminal::plain().message(&message, &Default::default()), "• db-1 is full\\u{1b}[2J");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terminal {
    /// Writes colours and other styles.
    pub colour: bool,
    /// Writes advice in Chinese.
    pub chinese: bool,
}

/// Select Graphic Rendition: the sequences that begin and end a style.
#[derive(Clone, Copy)]
struct Style(&'static str, &'static str);

const BOLD: Style = Style("1", "22");
const ITALIC: Style = Style("3", "23");
const UNDERLINE: Style = Style("4", "24");
const STRIKE: Style = Style("9", "29");
const GREY: Style = Style("90", "39");
const RED: Style = Style("31", "39");
const GREEN: Style = Style("32", "39");
const YELLOW: Style = Style("33", "39");
const BLUE: Style = Style("34", "39");
const CYAN: Style = Style("36", "39");

/// Columns of a rule.
const RULE: usize = 40;

impl Terminal {
    /// Writes plain text in English.
    #[must_use]
    pub fn plain() -> Self {
        Self { colour: false, chinese: false }
    }

    /// Sets the colours.
    #[must_use]
    pub fn colour(mut self, colour: bool) -> Self {
        self.colour = colour;
        self
    }

    /// Sets the language of the advice: Chinese, or else English.
    #[must_use]
    pub fn chinese(mut self, chinese: bool) -> Self {
        self.chinese = chinese;
        self
    }

    /// Writes a request: a line with its number, robot and verdict, then the message, the refusal or the fault. No line
    /// break follows.
    #[must_use]
    pub fn entry(self, entry: &Entry, names: &Names) -> String {
        let robot = entry.robot.as_deref().map_or_else(|| "?".to_owned(), visible);
        let number = self.style(GREY, &format!("#{}", entry.number));
        let head = |style, verdict: &str, rest: &str| {
            let line = format!("{number} {} {} {rest}", self.style(BOLD, &robot), self.style(style, verdict));
            line.trim_end().to_owned()
        };
        let mut lines = match &entry.outcome {
            Outcome::Accepted(message) => {
                let drawing = Drawing::new(message, names);
                let mark =
                    drawing.preview.mark.map(|mark| format!(" {}", self.style(YELLOW, mark.chinese())));
                let mark = mark.unwrap_or_default();
                let kind = self.style(GREY, drawing.kind);
                let title = format!("{kind}{mark} {}", visible(&drawing.preview.text));
                let mut lines = vec![head(GREEN, self.word("accepted", "已接受"), &title)];
                lines.extend(indented(&self.body(&drawing)));
                lines.extend(
                    entry
                        .warnings
                        .iter()
                        .map(|warning| format!("  {} {}", self.style(YELLOW, "!"), visible(warning))),
                );
                lines
            }
            Outcome::Repeated { of } => {
                let rest = if self.chinese {
                    format!("与 #{of} 相同，不再显示")
                } else {
                    format!("the same id as #{of}, not shown again")
                };
                vec![head(GREEN, self.word("repeated", "重复"), &rest)]
            }
            Outcome::Refused(refusal) => {
                let rest = format!("{} {}", refusal.code, visible(&refusal.message));
                let mut lines = vec![head(RED, self.word("refused", "被拒绝"), &rest)];
                let advice = refusal.advice.map(|advice| self.word(advice.en, advice.zh));
                lines.extend(advice.map(|advice| format!("  {} {advice}", self.style(YELLOW, "→"))));
                lines
            }
            Outcome::Faulted => vec![head(RED, self.word("faulted", "故障"), "")],
        };
        if let Some(fault) = &entry.fault {
            let label = self.word("fault", "故障");
            lines.push(format!("  {} {label}: {}", self.style(RED, "×"), name_of(fault)));
        }
        if entry.attempt > 1 {
            let attempt = if self.chinese {
                format!("第 {} 次尝试", entry.attempt)
            } else {
                format!("attempt {}", entry.attempt)
            };
            lines.push(format!("  {}", self.style(GREY, &attempt)));
        }
        lines.join("\n")
    }

    /// Writes a message, without the line of the conversation list. No line break follows.
    #[must_use]
    pub fn message(self, message: &WireMessage, names: &Names) -> String {
        self.body(&Drawing::new(message, names)).join("\n")
    }

    fn word<'w>(self, english: &'w str, chinese: &'w str) -> &'w str {
        if self.chinese { chinese } else { english }
    }

    /// Puts a style around a text that is safe to write.
    fn style(self, Style(begin, end): Style, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\u{1b}[{begin}m{text}\u{1b}[{end}m")
        } else {
            text.to_owned()
        }
    }

    fn body(self, drawing: &Drawing) -> Vec<String> {
        match &drawing.body {
            Body::Text(inlines) => self.lines(inlines, false),
            Body::Markdown(blocks) => self.blocks(blocks),
            Body::Link { title, text, url, .. } => {
                let text = text.lines().map(visible);
                [self.style(BOLD, &visible(title))]
                    .into_iter()
                    .chain(text)
                    .chain([self.address(url)])
                    .collect()
            }
            Body::ActionCard { cover, blocks, buttons, .. } => {
                let mut lines: Vec<String> = cover.iter().map(|cover| self.picture(cover)).collect();
                lines.extend(self.blocks(blocks));
                lines.extend(buttons.iter().map(|button| {
                    let title = self.style(BLUE, &format!("[{}]", visible(&button.title)));
                    format!("{title} {}", self.address(&button.url))
                }));
                lines
            }
            Body::FeedCard(rows) => {
                let row = |row: &FeedRow| {
                    format!("• {} {}", self.style(BOLD, &visible(&row.title)), self.address(&row.url))
                };
                rows.iter().map(row).collect()
            }
        }
    }

    fn blocks(self, blocks: &[Block]) -> Vec<String> {
        let mut lines = Vec::new();
        for (at, block) in blocks.iter().enumerate() {
            if at > 0 {
                lines.push(String::new());
            }
            lines.extend(self.block(block));
        }
        lines
    }

    fn block(self, block: &Block) -> Vec<String> {
        match block {
            Block::Paragraph(inlines) => self.lines(inlines, false),
            Block::Heading { level, inlines } => {
                let style = if *level <= 2 { UNDERLINE } else { BOLD };
                let bold = |line: String| self.style(BOLD, &line);
                let lines = self.lines(inlines, true).into_iter();
                if *level <= 2 {
                    lines.map(|line| self.style(style, &bold(line))).collect()
                } else {
                    lines.map(bold).collect()
                }
            }
            Block::Quote(blocks) => {
                let bar = self.style(GREY, "│");
                self.blocks(blocks)
                    .into_iter()
                    .map(|line| format!("{bar} {line}").trim_end().to_owned())
                    .collect()
            }
            Block::List { start, items } => self.list(*start, items),
            Block::Raw { source, .. } => source.lines().map(visible).collect(),
            Block::Code { text, .. } => {
                text.lines().map(|line| format!("  {}", self.style(CYAN, &visible(line)))).collect()
            }
            Block::Table { head, rows, .. } => self.table(head, rows),
            Block::Rule { .. } => vec![self.style(GREY, &"─".repeat(RULE))],
        }
    }

    fn list(self, start: Option<u64>, items: &[Vec<Block>]) -> Vec<String> {
        let mut lines = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let mark = match start {
                Some(start) => format!("{}. ", start.saturating_add(at as u64)),
                None => "• ".to_owned(),
            };
            // A list in an item follows its text directly.
            let content = item.iter().flat_map(|block| self.block(block));
            for (line, content) in content.enumerate() {
                let before = if line == 0 { mark.clone() } else { " ".repeat(columns(&mark)) };
                lines.push(format!("{before}{content}").trim_end().to_owned());
            }
        }
        lines
    }

    fn table(self, head: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) -> Vec<String> {
        let plain = Self { colour: false, ..self };
        let cells = |row: &[Vec<Inline>]| -> Vec<String> {
            row.iter().map(|cell| plain.lines(cell, false).join(" ")).collect()
        };
        let all: Vec<Vec<String>> =
            [cells(head)].into_iter().chain(rows.iter().map(|row| cells(row))).collect();
        let width =
            |column: usize| all.iter().filter_map(|row| row.get(column)).map(|cell| columns(cell)).max();
        let widths: Vec<usize> = (0..head.len()).map(|column| width(column).unwrap_or_default()).collect();
        let line = |row: &Vec<String>| {
            let padded = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(columns(cell)))));
            padded.collect::<Vec<_>>().join(&format!(" {} ", self.style(GREY, "│"))).trim_end().to_owned()
        };
        all.iter()
            .enumerate()
            .map(|(at, row)| if at == 0 { self.style(BOLD, &line(row)) } else { line(row) })
            .collect()
    }

    /// Writes inlines, as one line more than they have breaks.
    fn lines(self, inlines: &[Inline], is_bold: bool) -> Vec<String> {
        let mut lines = vec![String::new()];
        for inline in inlines {
            append(&mut lines, self.inline(inline, is_bold));
        }
        lines
    }

    fn inline(self, inline: &Inline, is_bold: bool) -> Vec<String> {
        let styled = |style: Style, text: &str| self.styled(style, text.split('\n').map(visible));
        match inline {
            Inline::Text(text) => text.split('\n').map(visible).collect(),
            Inline::Html(tag) => styled(GREY, tag),
            Inline::Code(code) => styled(CYAN, code),
            Inline::Break => vec![String::new(), String::new()],
            Inline::Mention(mention) => styled(BLUE, &format!("@{}", mention.shown())),
            Inline::Image(picture) => vec![self.picture(picture)],
            // Its end would end the outer one, too.
            Inline::Strong(inner) if is_bold => self.lines(inner, true),
            Inline::Strong(inner) => self.styled(BOLD, self.lines(inner, true)),
            Inline::Emphasis(inner) => self.styled(ITALIC, self.lines(inner, is_bold)),
            Inline::Strike(inner) => self.styled(STRIKE, self.lines(inner, is_bold)),
            Inline::Coloured { inlines, .. } => self.lines(inlines, is_bold),
            Inline::Link { url, inlines } => {
                let text = self.lines(inlines, is_bold);
                let shows_address = text.concat() == visible(url);
                let mut lines = self.styled(BLUE, text);
                if !shows_address {
                    append(&mut lines, vec![format!(" {}", self.address(url))]);
                }
                lines
            }
        }
    }

    fn styled(self, style: Style, lines: impl IntoIterator<Item = String>) -> Vec<String> {
        lines.into_iter().map(|line| self.style(style, &line)).collect()
    }

    fn address(self, url: &str) -> String {
        self.style(GREY, &format!("<{}>", visible(url)))
    }

    fn picture(self, picture: &Picture) -> String {
        let label = self.word("picture", "图片");
        let label = match picture.alt.as_str() {
            "" => format!("[{label}]"),
            alt => format!("[{label}: {}]", visible(alt)),
        };
        format!("{label} {}", self.address(&picture.url))
    }
}

/// Appends lines, of which the first continues the last one.
fn append(lines: &mut Vec<String>, further: Vec<String>) {
    let mut further = further.into_iter();
    match (lines.last_mut(), further.next()) {
        (Some(last), Some(first)) => last.push_str(&first),
        (None, Some(first)) => lines.push(first),
        (_, None) => {}
    }
    lines.extend(further);
}

fn indented(lines: &[String]) -> impl Iterator<Item = String> {
    lines.iter().map(|line| format!("    {line}").trim_end().to_owned())
}

/// Returns the text with its control characters and those of writing direction as escapes.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        match character {
            '\t' => shown.push(' '),
            character if character.is_control() || turns => shown.extend(character.escape_unicode()),
            character => shown.push(character),
        }
    }
    shown
}

/// Returns the columns that the text takes in a terminal, roughly: characters of East Asia and pictures take two.
fn columns(text: &str) -> usize {
    let width = |character: char| match u32::from(character) {
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    };
    text.chars().map(width).sum()
}

#[cfg(test)]
mod tests {
    use dingtalk_core::Message;

    use super::*;
    use crate::{
        Fault,
        log::{LOG_CAPACITY, Log, Received},
        refusal,
    };

    fn markdown(text: &str) -> WireMessage {
        WireMessage::new(Message::markdown("T", text))
    }

    fn plain(text: &str) -> String {
        Terminal::plain().message(&markdown(text), &Names::new())
    }

    fn coloured(text: &str) -> String {
        Terminal::plain().colour(true).message(&markdown(text), &Names::new())
    }

    #[test]
    fn markdown_is_written_as_text() {
        let text = "### CPU **97%**\n\n> last *five* minutes\n\n- `java` 412%\n- [book](https://a.example/b)\n\n1. one\n2. two\n\n\
                    ![chart](https://a.example/c.png)\n\nhttps://a.example";
        assert_eq!(
            plain(text),
            "CPU 97%\n\n│ last five minutes\n\n• java 412%\n• book <https://a.example/b>\n\n1. one\n2. two\n\n\
             [picture: chart] <https://a.example/c.png>\n\nhttps://a.example"
        );
        assert_eq!(plain("| 主机 | % |\n|---|---|\n| a | 97 |"), "主机 │ %\na    │ 97");
    }

    #[test]
    fn styles_end_where_they_began() {
        assert_eq!(coloured("### a **b**"), "\u{1b}[1ma b\u{1b}[22m");
        assert_eq!(coloured("a **b** *c*"), "a \u{1b}[1mb\u{1b}[22m \u{1b}[3mc\u{1b}[23m");
        for text in ["# a\n\n> **b** `c` [d](https://e.example)\n\n- f\n\n---\n\n~~g~~", "<b>x</b>"] {
            let shown = coloured(text);
            assert_eq!(shown.matches("\u{1b}[").count() % 2, 0, "{shown:?}");
            assert!(shown.contains('\u{1b}'), "{shown:?}");
            assert!(!plain(text).contains('\u{1b}'));
        }
    }

    #[test]
    fn a_message_controls_nothing() {
        let hostile = "a\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{8}\r\u{202e}b\u{0}";
        for message in [
            Message::text(hostile),
            Message::markdown(
                hostile,
                format!("# {hostile}\n\n`{hostile}` [{hostile}](https://a.example/{hostile})"),
            ),
        ] {
            let wire = WireMessage::new(message);
            let outcomes =
                [Outcome::Accepted(wire.clone()), Outcome::Refused(crate::Refusal::strict(hostile))];
            for outcome in outcomes {
                let shown = Terminal::plain().entry(&entry(hostile, outcome), &Names::new());
                let controls: Vec<char> = shown.chars().filter(|c| c.is_control() && *c != '\n').collect();
                assert!(controls.is_empty(), "{shown:?}");
                assert!(!shown.contains('\u{202e}'));
            }
        }
    }

    fn entry(robot: &str, outcome: Outcome) -> Entry {
        let mut log = Log::new(LOG_CAPACITY);
        let received = Received {
            robot: Some(robot.to_owned()),
            method: "POST".to_owned(),
            content_type: None,
            query_keys: Vec::new(),
            body: Vec::new(),
            body_length: 0,
        };
        let fault = (outcome == Outcome::Faulted).then_some(Fault::Status(502));
        log.push(received, outcome, vec!["ignored".to_owned()], fault);
        Entry::clone(&log.since(0)[0])
    }

    #[test]
    fn each_verdict_has_its_line() {
        let all = r#"{"msgtype":"text","text":{"content":"down"},"at":{"isAtAll":true}}"#;
        let accepted = Outcome::Accepted(serde_json::from_str(all).unwrap());
        let shown = |outcome, chinese| {
            Terminal::plain().chinese(chinese).entry(&entry("ops", outcome), &Names::new())
        };
        assert!(shown(accepted, false).starts_with("#1 ops accepted text [@所有人] down"));
        assert_eq!(
            shown(Outcome::Repeated { of: 7 }, false),
            "#1 ops repeated the same id as #7, not shown again"
        );
        assert_eq!(
            shown(Outcome::Refused(refusal::NO_KEYWORD.into()), true),
            "#1 ops 被拒绝 310000 description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词，并在发送的信息中包含此关键词;\n  \
             → 消息中必须包含机器人的任一关键词。"
        );
        assert_eq!(shown(Outcome::Faulted, false), "#1 ops faulted\n  × fault: status:502");
    }
}
