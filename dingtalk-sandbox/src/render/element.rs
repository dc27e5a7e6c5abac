//! Elements of a page, and their two forms: HTML, and JSON from which the page's script builds the same elements.
//!
//! Names of elements and attributes are constants of this crate. Everything from a message is an attribute's value or a
//! text, and is escaped.

use serde_json::{Map, Value};

/// An element of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    tag: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Node>,
}

/// A child of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Element(Element),
    Text(String),
}

/// Elements of a line.
const INLINE: [&str; 8] = ["a", "bdi", "br", "code", "em", "s", "span", "strong"];

/// Classes of elements of a line.
const IN_LINE: [&str; 4] = ["dt-a", "dt-a dt-dead", "dt-mention", "dt-colour"];

/// Elements without an end tag.
const VOID: [&str; 5] = ["br", "hr", "img", "input", "meta"];

impl Element {
    pub(crate) fn new(tag: &'static str) -> Self {
        Self { tag, attributes: Vec::new(), children: Vec::new() }
    }

    /// Creates an element of a class.
    pub(crate) fn of(tag: &'static str, class: impl Into<String>) -> Self {
        Self::new(tag).with("class", class)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    pub(crate) fn child(mut self, child: Self) -> Self {
        self.children.push(Node::Element(child));
        self
    }

    pub(crate) fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children.into_iter().map(Node::Element));
        self
    }

    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.children.push(Node::Text(text));
        }
        self
    }

    /// Returns the element as HTML.
    #[must_use]
    pub fn html(&self) -> String {
        let mut html = String::new();
        self.write(&mut html);
        html
    }

    pub(crate) fn write(&self, html: &mut String) {
        html.push('<');
        html.push_str(self.tag);
        for (name, value) in &self.attributes {
            html.push(' ');
            html.push_str(name);
            html.push_str("=\"");
            escape(value, html);
            html.push('"');
        }
        html.push('>');
        if VOID.contains(&self.tag) {
            return;
        }
        if self.tag == "pre" {
            // A parser drops the first line break of `pre`.
            html.push('\n');
        }
        for child in &self.children {
            match child {
                Node::Element(element) => element.write(html),
                Node::Text(text) => escape(text, html),
            }
        }
        html.push_str("</");
        html.push_str(self.tag);
        html.push('>');
    }

    /// Returns the element as JSON: an array of its name, its attributes, and its children. A text is a string.
    #[must_use]
    pub fn json(&self) -> Value {
        let attributes: Map<String, Value> =
            self.attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
        let mut array = vec![self.tag.into(), attributes.into()];
        array.extend(self.children.iter().map(|child| match child {
            Node::Element(element) => element.json(),
            Node::Text(text) => text.clone().into(),
        }));
        array.into()
    }

    /// Returns the text of the children of a class.
    pub(crate) fn text_of(&self, class: &str) -> String {
        let is_of = |element: &&Self| {
            element.attributes.iter().any(|(name, value)| *name == "class" && value == class)
        };
        let children = self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        });
        children.filter(is_of).map(Self::text_content).collect()
    }

    fn text_content(&self) -> String {
        let child = |child: &Node| match child {
            Node::Element(element) => element.text_content(),
            Node::Text(text) => text.clone(),
        };
        self.children.iter().map(child).collect()
    }

    /// Returns the text and structure: a line for each element that has text of its own, named by its last class or
    /// tag.
    pub(crate) fn outline(&self) -> String {
        let mut lines = String::new();
        self.write_outline(0, &mut lines);
        lines
    }

    fn write_outline(&self, depth: usize, lines: &mut String) {
        let get =
            |name: &str| self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        let class = get("class").and_then(|class| class.split(' ').next_back());
        let name = class.map_or(self.tag, |class| class.strip_prefix("dt-").unwrap_or(class));
        if self.tag == "svg" {
            return;
        }
        let is_run = |child: &Node| match child {
            Node::Text(_) => true,
            Node::Element(element) => INLINE.contains(&element.tag) && !element.is_box(),
        };
        if !self.children.is_empty() && self.children.iter().all(is_run) {
            let text = self.run().replace('\n', "\n    ");
            let target = get("href").map_or_else(String::new, |href| format!(" -> {href}"));
            lines.push_str(&format!("{}{name}: {text}{target}\n", "  ".repeat(depth)));
            return;
        }
        // An element around others is a line of its own only if it says something.
        let says = get("href").or_else(|| get("aria-label")).filter(|_| self.tag != "div");
        let is_structure = ["blockquote", "ul", "ol", "li", "table", "tr", "hr"].contains(&self.tag);
        let deeper = match says {
            Some(said) => {
                lines.push_str(&format!("{}{name}: {said}\n", "  ".repeat(depth)));
                true
            }
            None if is_structure => {
                lines.push_str(&format!("{}{name}\n", "  ".repeat(depth)));
                true
            }
            None => false,
        };
        // The host of a picture is in its label.
        if get("role").is_some() {
            return;
        }
        let mut run = String::new();
        let depth = if deeper { depth + 1 } else { depth };
        for child in &self.children {
            match child {
                Node::Text(text) => run.push_str(text),
                Node::Element(element) if is_run(child) => run.push_str(&element.inline()),
                Node::Element(element) => {
                    flush(&mut run, depth, lines);
                    element.write_outline(depth, lines);
                }
            }
        }
        flush(&mut run, depth, lines);
    }

    /// Reports whether this is drawn as a box, although its tag is one of a line.
    fn is_box(&self) -> bool {
        self.attributes.iter().any(|(name, value)| {
            *name == "role"
                || *name == "class" && value.starts_with("dt-") && !IN_LINE.contains(&value.as_str())
        })
    }

    /// Returns the text of the children, with marks.
    fn run(&self) -> String {
        let child = |child: &Node| match child {
            Node::Text(text) => text.clone(),
            Node::Element(element) => element.inline(),
        };
        self.children.iter().map(child).collect()
    }

    fn inline(&self) -> String {
        let run = self.run();
        let href = self.attributes.iter().find(|(name, _)| *name == "href").map(|(_, value)| value);
        match (self.tag, href) {
            ("br", _) => "\n".to_owned(),
            ("strong", _) => format!("**{run}**"),
            ("em", _) => format!("*{run}*"),
            ("a", Some(href)) if *href == run => run,
            ("a", Some(href)) => format!("[{run}]({href})"),
            _ => run,
        }
    }

    /// Calls `found` with each element of the tree and its value of this attribute.
    pub(crate) fn each(&self, name: &str, found: &mut impl FnMut(&str)) {
        for (_, value) in self.attributes.iter().filter(|(known, _)| *known == name) {
            found(value);
        }
        for child in &self.children {
            if let Node::Element(element) = child {
                element.each(name, found);
            }
        }
    }
}

fn flush(run: &mut String, depth: usize, lines: &mut String) {
    if !run.trim().is_empty() {
        lines.push_str(&format!("{}{}\n", "  ".repeat(depth), run.trim()));
    }
    run.clear();
}

/// Writes text for HTML. NUL, which HTML cannot hold, becomes U+FFFD.
pub(crate) fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\0' => html.push('\u{fffd}'),
            // A parser turns it into a line feed.
            '\r' => html.push_str("&#13;"),
            c => html.push(c),
        }
    }
}
