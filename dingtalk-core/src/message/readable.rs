//! Markdown as people read it, in plain text.

use std::mem;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::delivery::overflow::MARKDOWN;

/// Returns the text without its marks. Lists, quotes and code keep theirs; a link shows its address.
pub(super) fn readable(markdown: &str) -> String {
    let mut page = Page::default();
    for event in Parser::new_ext(markdown, MARKDOWN) {
        page.event(event);
    }
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
    /// Prefixes of lines inside the surrounding quotes, items and code. An item's marker stands on its first line only.
    prefixes: Vec<Prefix>,
    /// Next number of each surrounding list; `None` for bullets.
    lists: Vec<Option<u64>>,
    /// Addresses of the surrounding links and pictures, with the position at which their text begins.
    links: Vec<(usize, String)>,
    /// Line breaks before the next text.
    breaks: usize,
    is_first_cell: bool,
}

struct Prefix {
    first: Option<String>,
    further: String,
}

impl Page {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::InlineHtml(tag) if tag.starts_with("<br") => self.break_line(),
            // Colours.
            Event::InlineHtml(tag) | Event::Html(tag)
                if tag.starts_with("<font") || tag.starts_with("</font") => {}
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) | Event::Html(text) => {
                self.write(&text);
            }
            Event::SoftBreak | Event::HardBreak => self.break_line(),
            Event::Rule => {
                self.begin_block();
                self.write("———");
                self.end_block();
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::Heading { .. } | Tag::Table(_) | Tag::HtmlBlock => self.begin_block(),
            Tag::BlockQuote(_) => {
                self.begin_block();
                self.prefixes.push(Prefix { first: None, further: "> ".to_owned() });
            }
            Tag::CodeBlock(_) => {
                self.begin_block();
                self.prefixes.push(Prefix { first: None, further: "    ".to_owned() });
            }
            Tag::List(first) => {
                // A list within an item follows on the next line.
                if self.lists.is_empty() {
                    self.begin_block();
                } else {
                    self.break_line();
                }
                self.lists.push(first);
            }
            Tag::Item => {
                let marker = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let marker = format!("{number}. ");
                        *number = number.saturating_add(1);
                        marker
                    }
                    _ => "- ".to_owned(),
                };
                let further = " ".repeat(marker.len());
                self.prefixes.push(Prefix { first: Some(marker), further });
            }
            Tag::TableHead | Tag::TableRow => {
                self.break_line();
                self.is_first_cell = true;
            }
            Tag::TableCell if mem::take(&mut self.is_first_cell) => {}
            Tag::TableCell => self.write(" | "),
            Tag::Link { dest_url, .. } => self.links.push((self.text.len(), dest_url.to_string())),
            Tag::Image { dest_url, .. } => {
                self.write("[");
                self.links.push((self.text.len(), dest_url.to_string()));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Table | TagEnd::HtmlBlock => self.end_block(),
            TagEnd::BlockQuote(_) | TagEnd::CodeBlock => {
                self.prefixes.pop();
                self.end_block();
            }
            TagEnd::Item => {
                // An empty item.
                if self.prefixes.last().is_some_and(|item| item.first.is_some()) {
                    self.write("");
                }
                self.prefixes.pop();
                self.breaks = self.breaks.max(1);
            }
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.end_block();
                }
            }
            TagEnd::Link => {
                if let Some((from, url)) = self.links.pop()
                    && !self.text.get(from..).is_some_and(|text| text.ends_with(&url))
                {
                    self.write(&format!(" ({url})"));
                }
            }
            TagEnd::Image => {
                if let Some((_, url)) = self.links.pop() {
                    self.write(&format!("] ({url})"));
                }
            }
            _ => {}
        }
    }

    fn begin_block(&mut self) {
        // An item's text follows its marker.
        if self.breaks == 0
            && !self.text.is_empty()
            && self.prefixes.last().is_none_or(|item| item.first.is_none())
        {
            self.breaks = 1;
        }
    }

    fn end_block(&mut self) {
        self.breaks = 2;
    }

    fn break_line(&mut self) {
        self.breaks = self.breaks.max(1);
    }

    /// Writes text, each of its lines behind the prefixes.
    fn write(&mut self, text: &str) {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.breaks += 1;
            }
            // The last line break of a block of code or HTML belongs to what follows.
            if index == 0 || !line.is_empty() {
                self.write_line(line);
            }
        }
    }

    fn write_line(&mut self, line: &str) {
        let is_new = self.text.is_empty() || self.breaks > 0;
        for _ in 0..if self.text.is_empty() { 0 } else { self.breaks } {
            self.text.push('\n');
        }
        self.breaks = 0;
        let has_marker = self.prefixes.iter().any(|prefix| prefix.first.is_some());
        if is_new || has_marker {
            for prefix in &mut self.prefixes {
                let marker = prefix.first.take();
                if is_new || marker.is_some() {
                    self.text.push_str(marker.as_ref().unwrap_or(&prefix.further));
                }
            }
        }
        self.text.push_str(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_left_out_and_structure_stays() {
        for (markdown, text) in [
            (
                "### CPU **97.3%** on `web-3`\n\none\ntwo\n\n_three_",
                "CPU 97.3% on web-3\n\none\ntwo\n\nthree",
            ),
            ("snake\\_case \\* &lt;a&gt; 3 * 4", "snake_case * <a> 3 * 4"),
            (
                "- one\n- two\n  - three\n  - four\n- five\n\nsix",
                "- one\n- two\n  - three\n  - four\n- five\n\nsix",
            ),
            ("9. one\n9. two\n\n   three", "9. one\n\n10. two\n\n    three"),
            ("> one\n> two\n>\n> - three\n\nfour", "> one\n> two\n\n> - three\n\nfour"),
            ("a\n\n```sh\nls\n\n  -l\n```\n\nb", "a\n\n    ls\n\n      -l\n\nb"),
            ("[Runbook](https://e.com/a), <https://e.com>", "Runbook (https://e.com/a), https://e.com"),
            ("![disk](https://e.com/a.png)", "[disk] (https://e.com/a.png)"),
            ("<font color=#FF0000>red</font> a<br>b", "red a\nb"),
            ("|a|b|\n|-|-|\n|1|2|\n|3|4|\n\nc", "a | b\n1 | 2\n3 | 4\n\nc"),
            ("a\n\n---\n\nb", "a\n\n———\n\nb"),
            ("-\n- a", "- \n- a"),
            ("", ""),
        ] {
            assert_eq!(readable(markdown), text, "{markdown:?}");
        }
    }
}
