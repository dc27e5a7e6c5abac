//! Outline of a Markdown text.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::delivery::overflow::MARKDOWN;

/// Blocks, headings and letters of a text.
#[derive(Debug)]
pub(super) struct Outline {
    /// Outermost blocks.
    pub(super) blocks: Vec<Block>,
    /// All headings, including those inside other blocks.
    pub(super) headings: Vec<Heading>,
    /// Visible text, without white space and marks.
    pub(super) letters: String,
}

#[derive(Debug)]
pub(super) enum Block {
    Heading(Heading),
    Paragraph(Range<usize>),
    /// A list of one item that contains only a paragraph.
    Item,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    pub(super) level: usize,
    pub(super) range: Range<usize>,
    /// Set if it is inside another block.
    nested: bool,
}

impl Heading {
    /// Returns its text as Markdown; `None` if its lines cannot be separated from the markers of the surrounding
    /// blocks.
    pub(super) fn text(&self, source: &str) -> Option<String> {
        let text = source[self.range.clone()].trim_ascii();
        let marked = text.trim_start_matches('#');
        if text.len() - marked.len() == self.level && (marked.is_empty() || marked.starts_with([' ', '\t'])) {
            return Some(marked.trim_ascii().to_owned());
        }
        // A heading that is underlined.
        let (lines, _) = text.rsplit_once('\n')?;
        let lines: Vec<&str> = lines.lines().map(str::trim_ascii).collect();
        (!self.nested).then(|| lines.join(" "))
    }
}

impl Outline {
    /// Parses a text. Returns `None` if it would change how the text after it is read: an unclosed fence or tag, or the
    /// definition of a link's address.
    pub(super) fn read(source: &str) -> Option<Self> {
        const BEHIND: &str = "\n\nbehind";
        let whole = format!("{source}{BEHIND}");
        let parser = Parser::new_ext(&whole, MARKDOWN);
        if parser.reference_definitions().iter().next().is_some() {
            return None;
        }
        let mut outline = Self { blocks: Vec::new(), headings: Vec::new(), letters: String::new() };
        let mut depth = 0_usize;
        // Depth inside the current outermost block.
        let mut inside = 0_usize;
        for (event, range) in parser.into_offset_iter() {
            match event {
                Event::Start(tag) => {
                    // A block's range includes the line break after it.
                    let range = range.start..range.end.min(source.len());
                    let inline = is_inline(&tag);
                    if let Tag::Heading { level, .. } = tag {
                        outline.headings.push(Heading {
                            level: level as usize,
                            range: range.clone(),
                            nested: depth > 0,
                        });
                    }
                    if depth == 0 {
                        inside = 0;
                        outline.blocks.push(match (tag, outline.headings.last()) {
                            (Tag::Heading { .. }, Some(heading)) => Block::Heading(heading.clone()),
                            (Tag::Paragraph, _) => Block::Paragraph(range),
                            (Tag::List(_), _) => Block::Item,
                            _ => Block::Other,
                        });
                    } else if !inline {
                        inside += 1;
                    }
                    depth += 1;
                }
                Event::End(end) => {
                    depth -= 1;
                    if depth == 0 && end == TagEnd::List(false) && inside > 1 {
                        *outline.blocks.last_mut()? = Block::Other;
                    }
                }
                Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                    outline.letters.extend(text.chars().filter(|c| !c.is_whitespace()));
                }
                Event::Rule if depth == 0 => outline.blocks.push(Block::Other),
                _ => {}
            }
        }
        let Some(Block::Paragraph(behind)) = outline.blocks.pop() else { return None };
        if behind.start != whole.len() - BEHIND.trim_start().len() {
            return None;
        }
        let letters = outline.letters.len() - BEHIND.trim_start().len();
        outline.letters.truncate(letters);
        Some(outline)
    }

    /// Reports whether the visible text contains this one.
    pub(super) fn shows(&self, text: &str) -> bool {
        self.letters.contains(&letters(text))
    }
}

fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
}

/// Returns a text without white space.
pub(super) fn letters(text: &str) -> String {
    text.split_whitespace().collect()
}
