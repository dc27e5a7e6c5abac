//! Checks that an agent can tell the tools of a set apart. [`tools!`](crate::tools) runs them at compile time,
//! [`ToolSet::new`](super::ToolSet::new) for sets that are assembled at run time.

use std::{fmt, iter};

use super::spec::ToolSpec;

/// A reason why an agent could not choose between the tools, in pieces of one sentence: a constant cannot allocate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem<'a> {
    pieces: [&'a str; 8],
    count: usize,
}

impl<'a> Problem<'a> {
    const fn new<const COUNT: usize>(sentence: [&'a str; COUNT]) -> Self {
        let mut pieces = [""; 8];
        let mut index = 0;
        while index < COUNT {
            pieces[index] = sentence[index];
            index += 1;
        }
        Self { pieces, count: COUNT }
    }
}

impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces[..self.count].iter().try_for_each(|piece| f.write_str(piece))
    }
}

/// Returns every reason that prevents the tools from being served together.
pub(super) fn problems<'a>(tools: &'a [ToolSpec<'a>]) -> impl Iterator<Item = Problem<'a>> {
    let mut at = Position { tool: 0, question: 0 };
    iter::from_fn(move || {
        let (problem, next) = next(tools, at)?;
        at = next;
        Some(problem)
    })
}

/// Checks tools at compile time, for `tools!`.
///
/// # Panics
///
/// Reports every reason that prevents the tools from being served together as a compile error.
#[track_caller]
pub const fn assert_tools(tools: &[ToolSpec<'_>]) {
    let mut text = Text::new();
    let mut at = Position { tool: 0, question: 0 };
    while let Some((problem, next)) = next(tools, at) {
        if text.length > 0 {
            text.push("; ");
        }
        let mut piece = 0;
        while piece < problem.count {
            text.push(problem.pieces[piece]);
            piece += 1;
        }
        at = next;
    }
    assert!(text.length == 0, "{}", text.as_str());
}

/// Position of the search: each tool is compared with those before it, then its `instead` and its `when` are checked.
#[derive(Clone, Copy)]
struct Position {
    tool: usize,
    question: usize,
}

const fn next<'a>(tools: &[ToolSpec<'a>], mut at: Position) -> Option<(Problem<'a>, Position)> {
    while at.tool < tools.len() {
        let spec = &tools[at.tool];
        let problem = if spec.name.is_empty() {
            // A type with errors of its own has only a placeholder.
            None
        } else if at.question < at.tool {
            alike(&tools[at.question], spec)
        } else if at.question == at.tool {
            absent_alternative(spec, tools)
        } else {
            no_usage(spec, tools)
        };
        at = if at.question > at.tool {
            Position { tool: at.tool + 1, question: 0 }
        } else {
            Position { tool: at.tool, question: at.question + 1 }
        };
        if let Some(problem) = problem {
            return Some((problem, at));
        }
    }
    None
}

/// Finds two tools that an agent or a person cannot tell apart.
const fn alike<'a>(first: &ToolSpec<'a>, second: &ToolSpec<'a>) -> Option<Problem<'a>> {
    let [title, purpose] = [equal(first.title, second.title), equal(first.purpose, second.purpose)];
    let (one, other) = (first.name, second.name);
    if equal(one, other) && title && purpose {
        Some(Problem::new(["`", one, "` is in the set twice: list it once"]))
    } else if equal(one, other) {
        let advice = "\": give one of them another name with `name = \"…\"`";
        let (first, second) = (first.title, second.title);
        Some(Problem::new(["`", one, "` is the name of two tools, \"", first, "\" and \"", second, advice]))
    } else if title {
        let advice = "\": give one of them another title with `title = \"…\"`";
        Some(Problem::new(["`", one, "` and `", other, "` have the same title, \"", first.title, advice]))
    } else if purpose {
        let (same, advice) = ("` have the same description, \"", "\": say what sets them apart");
        Some(Problem::new(["`", one, "` and `", other, same, first.purpose, advice]))
    } else {
        None
    }
}

/// Finds a tool whose alternative is not in the set.
const fn absent_alternative<'a>(spec: &ToolSpec<'a>, tools: &[ToolSpec<'a>]) -> Option<Problem<'a>> {
    let Some(instead) = spec.instead else { return None };
    if instead.is_empty() || find(tools, instead) {
        return None;
    }
    let advice = "`, which is not in the set: add it, or remove `instead`";
    Some(Problem::new(["`", spec.name, "` points to `", instead, advice]))
}

/// Finds a tool with siblings that does not say when to use it.
const fn no_usage<'a>(spec: &ToolSpec<'a>, tools: &[ToolSpec<'a>]) -> Option<Problem<'a>> {
    if let Some(when) = spec.when
        && !when.trim_ascii().is_empty()
    {
        return None;
    }
    let mut index = 0;
    while index < tools.len() {
        let sibling = tools[index].name;
        if !sibling.is_empty() && !equal(sibling, spec.name) {
            let advice = "`: add `when = \"…\"`";
            let silence = "` does not say when to use it and not `";
            return Some(Problem::new(["`", spec.name, silence, sibling, advice]));
        }
        index += 1;
    }
    None
}

const fn find(tools: &[ToolSpec<'_>], name: &str) -> bool {
    let mut index = 0;
    while index < tools.len() {
        if equal(tools[index].name, name) {
            return true;
        }
        index += 1;
    }
    false
}

/// Compares texts; `==` is not constant yet.
pub(super) const fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}

/// Capacity for an error of the compiler, in bytes; longer text is cut.
const CAPACITY: usize = 8192;

pub(super) struct Text {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Text {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; CAPACITY], length: 0 }
    }

    pub(super) const fn push(&mut self, piece: &str) {
        let piece = piece.as_bytes();
        if self.length + piece.len() > CAPACITY {
            return;
        }
        let mut index = 0;
        while index < piece.len() {
            self.bytes[self.length + index] = piece[index];
            index += 1;
        }
        self.length += piece.len();
    }

    pub(super) const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "the tools cannot be served together",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_is_equal() {
        for (one, other) in
            [("", ""), ("a", "a"), ("告警", "告警"), ("a", "b"), ("a", ""), ("ab", "a"), ("a", "ab")]
        {
            assert_eq!(equal(one, other), one == other, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_full_buffer_keeps_whole_pieces() {
        let mut text = Text::new();
        text.push("告");
        for _ in 0..CAPACITY {
            text.push("警告");
        }
        assert!(text.as_str().starts_with("告警告") && text.as_str().ends_with("警告"));
        assert!(text.length > CAPACITY - 6);
    }
}
