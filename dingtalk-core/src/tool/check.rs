//! Checks that an agent can tell the tools of a set apart. [`tools!`](crate::tools) runs them at compile time,
//! [`ToolSet::new`](super::ToolSet::new) for sets that are assembled at run time.

use std::{fmt, iter};

use super::{
    constant::{Text, equal},
    spec::ToolSpec,
    tool_type::ToolType,
};

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
pub(super) fn problems<'a>(tools: &[ToolSpec<'a>]) -> Vec<Problem<'a>> {
    let (mut table, mut names) = (vec![[0; 2]; tools.len()], vec![[0; 2]; tools.len()]);
    let mut firsts = vec![[0; 3]; tools.len()];
    let index = Index::of(tools, table.as_flattened_mut(), names.as_flattened_mut(), &mut firsts);
    let mut at = Position::FIRST;
    iter::from_fn(|| {
        let (problem, next) = index.next(at)?;
        at = next;
        Some(problem)
    })
    .collect()
}

/// Checks tools at compile time, for `tools!`.
///
/// # Panics
///
/// Reports every reason that prevents the tools from being served together as a compile error.
#[track_caller]
pub const fn assert_tools<const COUNT: usize>(tools: &[ToolType; COUNT]) {
    let mut specs = [ToolSpec::new("", "", "", &[], |_| {}); COUNT];
    let mut tool = 0;
    while tool < COUNT {
        if let Some(spec) = tools[tool].derived() {
            specs[tool] = spec;
        }
        tool += 1;
    }
    let (mut table, mut names, mut firsts) = ([[0; 2]; COUNT], [[0; 2]; COUNT], [[0; 3]; COUNT]);
    let index = Index::of(&specs, table.as_flattened_mut(), names.as_flattened_mut(), &mut firsts);
    let mut text = Text::new();
    let mut at = Position::FIRST;
    while let Some((problem, next)) = index.next(at) {
        if !text.is_empty() {
            text.push("; ");
        }
        let mut piece = 0;
        while piece < problem.count {
            text.push(problem.pieces[piece]);
            piece += 1;
        }
        at = next;
    }
    assert!(text.is_empty(), "{}", text.as_str());
}

/// Position of the search: each tool is compared with those before it, then its `instead` and its `when` are checked.
#[derive(Clone, Copy)]
struct Position {
    tool: usize,
    question: usize,
}

impl Position {
    const FIRST: Self = Self { tool: 0, question: 0 };
}

/// The tools by their texts, so that a set is checked in linear time: the compiler stops constants that take long.
struct Index<'i, 'a> {
    tools: &'i [ToolSpec<'a>],
    /// A hash table of the names.
    names: &'i [u32],
    /// For each tool, the first one with the same name, title and purpose.
    firsts: &'i [[u32; 3]],
}

/// Texts of a tool by which it is known, in the order of [`Index::firsts`].
const fn key<'a>(spec: &ToolSpec<'a>, key: usize) -> &'a str {
    match key {
        0 => spec.name,
        1 => spec.title,
        _ => spec.purpose,
    }
}

impl<'i, 'a> Index<'i, 'a> {
    /// Fills tables of zeros. Hash tables have two entries for each tool.
    const fn of(
        tools: &'i [ToolSpec<'a>],
        table: &mut [u32],
        names: &'i mut [u32],
        firsts: &'i mut [[u32; 3]],
    ) -> Self {
        let mut text = 0;
        while text < 3 {
            let mut tool = 0;
            while tool < tools.len() {
                if !tools[tool].name.is_empty() {
                    firsts[tool][text] = if text == 0 {
                        insert(names, tools, tool, text)
                    } else {
                        insert(table, tools, tool, text)
                    };
                }
                tool += 1;
            }
            let mut entry = 0;
            while entry < table.len() {
                table[entry] = 0;
                entry += 1;
            }
            text += 1;
        }
        Self { tools, names, firsts }
    }

    const fn next(&self, mut at: Position) -> Option<(Problem<'a>, Position)> {
        while at.tool < self.tools.len() {
            let spec = &self.tools[at.tool];
            let problem = match at.question {
                // A type with errors of its own has only a placeholder.
                _ if spec.name.is_empty() => None,
                0..3 => self.same(at.tool, at.question),
                3 => self.absent_alternative(spec),
                _ => no_usage(spec, self.tools),
            };
            at = if at.question > 3 {
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

    /// Finds the first tool with the same text. One problem is enough for two tools.
    const fn same(&self, tool: usize, key: usize) -> Option<Problem<'a>> {
        let first = self.firsts[tool][key] as usize;
        let mut earlier = 0;
        let mut is_told = first == tool;
        while earlier < key {
            is_told |= self.firsts[tool][earlier] as usize == first;
            earlier += 1;
        }
        if is_told { None } else { alike(&self.tools[first], &self.tools[tool]) }
    }

    /// Finds a tool whose alternative is not in the set.
    const fn absent_alternative(&self, spec: &ToolSpec<'a>) -> Option<Problem<'a>> {
        let Some(instead) = spec.instead else { return None };
        if instead.is_empty() || self.names[entry(self.names, self.tools, instead, 0)] != 0 {
            return None;
        }
        let advice = "`, which is not in the set: add it, or remove `instead`";
        Some(Problem::new(["`", spec.name, "` points to `", instead, advice]))
    }
}

/// Enters a tool into a hash table, unless its text is there: returns the first tool with it.
const fn insert(table: &mut [u32], tools: &[ToolSpec<'_>], tool: usize, text: usize) -> u32 {
    let entry = entry(table, tools, key(&tools[tool], text), text);
    if table[entry] == 0 {
        #[expect(clippy::cast_possible_truncation, reason = "no set has four thousand million tools")]
        let number = tool as u32 + 1;
        table[entry] = number;
    }
    table[entry] - 1
}

/// Returns the entry of a text in a hash table that is at most half full, or the free one that it would take.
const fn entry(table: &[u32], tools: &[ToolSpec<'_>], text: &str, which: usize) -> usize {
    let mut entry = hash(text) % table.len();
    while table[entry] != 0 && !equal(key(&tools[table[entry] as usize - 1], which), text) {
        entry = (entry + 1) % table.len();
    }
    entry
}

/// FNV-1a over eight bytes at a time: in a constant, every step is dear.
const fn hash(text: &str) -> usize {
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut index = 0;
    while index < chunks.len() {
        hash = mixed(hash, u64::from_le_bytes(chunks[index]));
        index += 1;
    }
    let mut index = 0;
    while index < rest.len() {
        hash = mixed(hash, rest[index] as u64);
        index += 1;
    }
    (hash >> 32) as usize
}

const fn mixed(hash: u64, bytes: u64) -> u64 {
    (hash ^ bytes ^ (bytes >> 32)).wrapping_mul(0x0100_0000_01b3)
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
