//! Text that gives templates and escaping something to do.

use arbitrary::{Arbitrary, Result, Unstructured};

/// What Markdown reacts to.
const MARKDOWN: &[&str] = &[
    "\n",
    "\n\n",
    "\r\n",
    " ",
    "  ",
    "    ",
    "\t",
    "*",
    "**",
    "_",
    "__",
    "`",
    "```",
    "~",
    "~~",
    "#",
    "### ",
    "> ",
    "- ",
    "---",
    "+ ",
    "===",
    "1. ",
    "12) ",
    "(",
    ")",
    "[",
    "]",
    "](",
    "][",
    "]: ",
    "!",
    "![",
    "<",
    ">",
    "</",
    "<b>",
    "<!--",
    "&",
    "&lt;",
    "&#x41;",
    ";",
    "|",
    "|-|",
    ":",
    "\\",
    "\\\\",
    "{",
    "}",
    "a",
    "B",
    "7",
    "主",
    "，",
    "“",
    "é",
    "🚀",
    "@",
    "https://e.com",
    "(https://e.com)",
    "\u{a0}",
    "\u{2028}",
    "\u{0}",
    "\u{202e}",
];

/// What a template reacts to besides.
const TEMPLATE: &[&str] = &[
    "{a}",
    "{b}",
    "{c}",
    "{list}",
    "{url}",
    "\n{list}\n",
    "](https://e.com)",
    "]({url})",
    "{a:.1}",
    "{b:+08.3e}",
    "{c:#x}",
    "{}",
    "{ a }",
    "{a",
    "{a.b}",
    "{0}",
    "{a:?}",
    "{{",
    "}}",
    "{{}}",
];

/// Text made of what Markdown reacts to, with any characters in between.
#[derive(Debug, Clone)]
pub struct Text(pub String);

/// The same with slots.
#[derive(Debug, Clone)]
pub struct Template(pub String);

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        parts(input, &[MARKDOWN]).map(Self)
    }
}

impl<'a> Arbitrary<'a> for Template {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        parts(input, &[MARKDOWN, TEMPLATE, TEMPLATE]).map(Self)
    }
}

fn parts(input: &mut Unstructured<'_>, vocabularies: &[&[&str]]) -> Result<String> {
    let mut text = String::new();
    // One byte says how long it is, so that a short input leaves something for what follows.
    for _ in 0..input.int_in_range(0..=24)? {
        match input.int_in_range(0..=vocabularies.len())?.checked_sub(1) {
            Some(vocabulary) => text.push_str(input.choose(vocabularies[vocabulary])?),
            None => text.push(input.arbitrary()?),
        }
    }
    Ok(text)
}
