//! Writes a compiled template with its values.

use crate::{
    block::{protect_heading_end, protect_start},
    show::{Show, Sink, Value},
    table::{Line, LineKind, Piece, Place, Row, Syntax, Template},
};

/// Writes the template's text. `values` are indexed by the slots; a slot without a value writes nothing.
pub fn render(template: &Template, values: &[Value<'_>]) -> String {
    let mut writer = Writer { out: String::new(), syntax: template.syntax(), last: None, blank: false };
    for row in template.rows() {
        match row {
            Row::Blank => writer.blank = true,
            Row::Line(line) => writer.line(line, values, None),
            Row::Repeated { value, line } => match values.get(usize::from(value)) {
                Some(Value::One(one)) => writer.line(line, values, Some(*one)),
                Some(Value::Each(each)) => each.each(&mut |one| writer.line(line, values, Some(one))),
                Some(Value::Flag(true)) => writer.line(line, values, None),
                Some(Value::Flag(false)) | None => {}
            },
        }
    }
    writer.out
}

struct Writer {
    out: String,
    syntax: Syntax,
    last: Option<LineKind>,
    blank: bool,
}

impl Writer {
    /// Writes one line; in a repeated line, `each` is what its slot shows.
    fn line(&mut self, line: Line<'_>, values: &[Value<'_>], each: Option<&dyn Show>) {
        let start = self.out.len();
        let kind = self.kind(line, values, each);
        self.out.push_str(self.separator(kind));
        self.out.push_str(line.marker);
        let content = self.out.len();
        let mut shown = false;
        let mut has_slots = false;
        let mut open: Vec<usize> = Vec::new();
        for piece in line.pieces() {
            match piece {
                Piece::Text(text) => {
                    // An empty value before it must not leave a second space or one behind an emphasis mark.
                    let skip = open.last().is_some_and(|&at| at == self.out.len())
                        || (has_slots && self.out.len() == content);
                    self.out.push_str(if skip { text.trim_start() } else { text });
                }
                Piece::Slot { value, place, before, after } => {
                    has_slots = true;
                    let Some(value) = shown_value(value, values, each) else { continue };
                    let at = self.out.len();
                    let alone = kind == LineKind::Alone;
                    value.show(&mut Sink { out: &mut self.out, place, before, after, alone });
                    shown |= self.out.len() > at;
                }
                Piece::Open(mark) | Piece::LinkOpen(mark) => {
                    self.out.push_str(mark);
                    open.push(self.out.len());
                }
                Piece::Close(mark) => {
                    let inside = open.pop().unwrap_or(content);
                    trim_end(&mut self.out, inside);
                    if self.out.len() == inside {
                        self.out.truncate(inside - mark.len());
                    } else {
                        self.out.push_str(mark);
                    }
                }
                Piece::LinkTarget => {
                    trim_end(&mut self.out, open.last().copied().unwrap_or(content));
                    self.out.push_str("](");
                }
                Piece::LinkClose => {
                    let text = open.pop().unwrap_or(content);
                    // A link without text would be invisible: show where it leads.
                    if let Some(target) = self.out[text..].strip_prefix("](") {
                        let target = target.to_owned();
                        let mut shown = String::new();
                        crate::escape::push_value(&mut shown, &target, Place::LinkText, '[', ']');
                        self.out.insert_str(text, &shown);
                    }
                    self.out.push(')');
                }
            }
        }
        trim_end(&mut self.out, content);
        let empty = self.out.len() == content || (each.is_some() && has_slots && !shown);
        if empty {
            self.out.truncate(start);
            return;
        }
        if self.syntax == Syntax::Markdown {
            match kind {
                LineKind::Heading => protect_heading_end(&mut self.out, content),
                LineKind::Alone => {}
                _ => protect_start(&mut self.out, content),
            }
        }
        self.last = Some(kind);
        self.blank = false;
    }

    /// A slot alone on its line is a line of a paragraph, unless its value is blocks of its own.
    fn kind(&self, line: Line<'_>, values: &[Value<'_>], each: Option<&dyn Show>) -> LineKind {
        let (LineKind::Alone, Some(Piece::Slot { value, .. })) = (line.kind, line.pieces().next()) else {
            return line.kind;
        };
        let blocks = shown_value(value, values, each).is_some_and(Show::is_blocks);
        if blocks && self.syntax == Syntax::Markdown { LineKind::Alone } else { LineKind::Paragraph }
    }

    /// What stands between the last line and one of this kind.
    fn separator(&self, kind: LineKind) -> &'static str {
        let Some(last) = self.last else { return "" };
        match (self.syntax, last, kind) {
            (Syntax::Title, ..) => " ",
            (Syntax::Text, ..)
            | (Syntax::Markdown, LineKind::Bullet, LineKind::Bullet)
            | (Syntax::Markdown, LineKind::Ordered, LineKind::Ordered)
                if !self.blank =>
            {
                "\n"
            }
            (Syntax::Markdown, LineKind::Quote, LineKind::Quote) if !self.blank => "  \n",
            // DingTalk's pages ask for two spaces before and after the break.
            (Syntax::Markdown, LineKind::Paragraph, LineKind::Paragraph) if !self.blank => "  \n  ",
            _ => "\n\n",
        }
    }
}

/// What a slot shows: in a repeated line the value that the line is for.
fn shown_value<'a>(index: u16, values: &[Value<'a>], each: Option<&'a dyn Show>) -> Option<&'a dyn Show> {
    match (each, values.get(usize::from(index))) {
        (Some(one), _) => Some(one),
        (None, Some(Value::One(one))) => Some(*one),
        _ => None,
    }
}

/// Removes white space at the end, but not before `from`.
fn trim_end(out: &mut String, from: usize) {
    let keep = out[from..].trim_end().len();
    out.truncate(from + keep);
}
