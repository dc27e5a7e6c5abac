//! Prose follows `docs/style.md`: lines of at most 120 columns, and comments that open with a noun or a verb.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{fs, path::Path};

use dingtalk_tests::tree;

const COLUMNS: usize = 120;

/// Pages whose lines are not wrapped: a line break would become a space between two Chinese words.
const UNWRAPPED: &str = ".zh-CN.md";

/// Openings of a sentence that `docs/style.md` rules out.
const OPENINGS: [&str; 9] =
    ["What", "Who", "Whoever", "Whether", "Where", "When", "How", "Until when", "So many"];

/// Folders and pages that have been rewritten.
const DONE: [&str; 24] = [
    "README.md",
    "benches/",
    "dingtalk-config/",
    "dingtalk-core/",
    "dingtalk-derive/",
    "dingtalk-outbox/",
    "dingtalk-samples/",
    "dingtalk-sandbox/",
    "dingtalk-template/",
    "docs/configuration.md",
    "docs/delivery.md",
    "docs/operate.md",
    "docs/guide.md",
    "docs/install.md",
    "docs/own-server.md",
    "docs/release.md",
    "docs/scale.md",
    "docs/style.md",
    "docs/tool-quality.md",
    "fuzz/",
    "mcp-server/examples/",
    "mcp-server/src/",
    "mcp-server/tests/",
    "tests/",
];

/// Text of a comment that fills its line.
fn comment(line: &str) -> Option<&str> {
    let text = line.trim_start().strip_prefix("//")?;
    Some(text.strip_prefix(['/', '!']).unwrap_or(text).trim_start())
}

/// Lines of prose in Markdown, with their numbers: no code, tables, link definitions or HTML comments.
fn prose<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> impl Iterator<Item = (usize, &'a str)> {
    let mut code = false;
    lines.filter(move |(_, line)| {
        let line = line.trim_start();
        let fence = line.starts_with("```");
        code ^= fence;
        let definition = line.starts_with('[') && line.contains("]: ");
        !(code || fence || definition || line.starts_with('|') || line.starts_with("<!--"))
    })
}

/// Width of a line without the targets of its links, which cannot be wrapped.
fn columns(line: &str) -> usize {
    let mut pieces = line.split("](");
    let first = pieces.next().map_or(0, |piece| piece.chars().count());
    let rest = pieces.map(|piece| 2 + piece.split_once(')').map_or(piece, |(_, rest)| rest).chars().count());
    first + rest.sum::<usize>()
}

/// Lines of prose that are too long, as `path:number`.
fn too_long(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().zip(1..).map(|(line, number)| (number, line));
    let long = |(_, line): &(usize, &str)| columns(line) > COLUMNS;
    let numbers: Vec<usize> = if Path::new(path).extension().is_some_and(|end| end == "rs") {
        let width = |line: &str| line.chars().count() - comment(line).unwrap_or_default().chars().count();
        let comments = lines.filter_map(|(number, line)| Some((number, comment(line)?)));
        let source: Vec<&str> = text.lines().collect();
        let long = |(number, line): &(usize, &str)| columns(line) + width(source[number - 1]) > COLUMNS;
        prose(comments).filter(long).map(|(number, _)| number).collect()
    } else {
        prose(lines).filter(long).map(|(number, _)| number).collect()
    };
    numbers.into_iter().map(|number| format!("{path}:{number}")).collect()
}

/// Comments with a ruled-out opening, as `path:number: text`.
fn foreign(path: &str, text: &str) -> Vec<String> {
    let opens = |text: &str, opening: &str| {
        text.strip_prefix(opening).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    };
    let lines = text.lines().zip(1..).filter_map(|(line, number)| Some((number, comment(line)?)));
    let text = |line: &'_ str| line.strip_prefix("- ").unwrap_or(line).to_owned();
    lines
        .map(|(number, line)| (number, text(line)))
        .filter(|(_, line)| OPENINGS.iter().any(|opening| opens(line, opening)))
        .map(|(number, line)| format!("{path}:{number}: {line}"))
        .collect()
}

/// Checks all files that have been rewritten, and returns the violations.
fn check(rule: fn(&str, &str) -> Vec<String>) -> Vec<String> {
    let files = tree::files().unwrap();
    for done in DONE {
        assert!(files.iter().any(|(path, _)| path.starts_with(done)), "{done} not found");
    }
    let read =
        |path: &str| [".rs", ".md"].iter().any(|end| path.ends_with(end)) && !path.contains("/golden/");
    let done = |path: &str| DONE.iter().any(|done| path.starts_with(done)) && !path.ends_with(UNWRAPPED);
    let files = files.iter().filter(|(path, _)| read(path) && done(path));
    files.flat_map(|(path, file)| rule(path, &fs::read_to_string(file).unwrap())).collect()
}

#[test]
fn lines_of_prose_have_at_most_120_columns() {
    let long = check(too_long);
    assert!(long.is_empty(), "lines of more than {COLUMNS} columns:\n{}", long.join("\n"));
}

#[test]
fn comments_open_with_a_noun_or_a_verb() {
    let foreign = check(foreign);
    assert!(foreign.is_empty(), "rewrite these comments as docs/style.md says:\n{}", foreign.join("\n"));
}

#[test]
fn long_lines_are_found() {
    let word = "x".repeat(COLUMNS);
    for (path, text, found) in [
        ("page.md", format!("# A\n\n{word}\n"), 0),
        ("page.md", format!("# A\n\n{word}.\n"), 1),
        ("page.md", format!("- {word}\n"), 1),
        ("page.md", format!("| {word} |\n"), 0),
        ("page.md", format!("```\n{word}.\n```\n"), 0),
        ("page.md", format!("```\n```\n{word}.\n"), 1),
        ("page.md", format!("[a](https://example.com/{word}) b\n"), 0),
        ("page.md", format!("[a](https://example.com) {word}\n"), 1),
        ("code.rs", format!("let a = \"{word}\";\n"), 0),
        ("code.rs", format!("    /// {word}\n"), 1),
        ("code.rs", format!("/// {}\n", &word[4..]), 0),
        ("code.rs", format!("/// ```\n/// {word}\n/// ```\n"), 0),
    ] {
        assert_eq!(too_long(path, &text).len(), found, "{text}");
    }
}

#[test]
fn ruled_out_openings_are_found() {
    for opening in OPENINGS {
        for comment in ["//", "    ///", "//!", "/// -"] {
            assert_eq!(
                foreign("code.rs", &format!("{comment} {opening} it is.")).len(),
                1,
                "{comment} {opening}"
            );
        }
    }
    for fine in ["/// Whole numbers.", "// Howl.", "let a = \"// What\";", "/// A place. What it is."] {
        assert!(foreign("code.rs", fine).is_empty(), "{fine}");
    }
}
