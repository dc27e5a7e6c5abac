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
