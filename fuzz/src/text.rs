//! Text that exercises templates and escaping.

use arbitrary::{Arbitrary, Result, Unstructured};
use dingtalk_samples::MARKUP;

/// Special characters of templates, in addition.
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

/// Text made of special characters of Markdown, with any characters in between.
#[derive(Debug, Clone)]
pub struct Text(pub String);

/// The same with slots.
#[derive(Debug, Clone)]
pub struct Template(pub String);

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        parts(input, &[MARKUP]).map(Self)
    }
}

impl<'a> Arbitrary<'a> for Template {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        parts(input, &[MARKUP, TEMPLATE, TEMPLATE]).map(Self)
    }
}

fn parts(input: &mut Unstructured<'_>, vocabularies: &[&[&str]]) -> Result<String> {
    let mut text = String::new();
    // One byte encodes the length, so that a short input leaves something for the rest.
    for _ in 0..input.int_in_range(0..=24)? {
        match input.int_in_range(0..=vocabularies.len())?.checked_sub(1) {
            Some(vocabulary) => text.push_str(input.choose(vocabularies[vocabulary])?),
            None => text.push(input.arbitrary()?),
        }
    }
    Ok(text)
}
