//! The tests that the page on threats names exist, so that no line of it is only a claim.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{collections::HashSet, fs};

use dingtalk_tests::tree;

/// Returns the names of tests: of functions that follow an attribute `#[test]`, `#[tokio::test…]`, or are inside
/// `proptest!`.
fn tests_in(source: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if line == "#[test]" || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((_, rest)) = line.split_once("fn ")
            && !line.starts_with("//")
        {
            if is_test {
                names.extend(rest.split(['(', '<']).next());
            }
            is_test = false;
        }
    }
    names
}

/// Returns the first and the last cell of each row of the page's tables.
fn rows(page: &str) -> Vec<(&str, &str)> {
    let rows = page.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let cells = rows.filter_map(|row| row.rsplit_once(" | "));
    cells.map(|(claim, test)| (claim.trim(), test.trim())).filter(|(_, test)| *test != "test").collect()
}

#[test]
fn every_threat_names_a_test_that_exists() {
    let files = tree::files().unwrap();
    let sources =
        files.iter().filter(|(_, path)| path.extension().is_some_and(|extension| extension == "rs"));
    let sources: Vec<String> = sources.map(|(_, path)| fs::read_to_string(path).unwrap()).collect();
    let tests: HashSet<&str> = sources.iter().flat_map(|source| tests_in(source)).collect();
    let page = files.iter().find(|(name, _)| name == "docs/threats.md").unwrap();
    let page = fs::read_to_string(&page.1).unwrap();
    let rows = rows(&page);
    assert!(rows.len() > 40, "{rows:?}");
    let missing: Vec<_> = rows
        .iter()
        .filter(|(_, test)| {
            let name = test.strip_prefix('`').and_then(|test| test.strip_suffix('`'));
            name.is_none_or(|name| !tests.contains(name))
        })
        .collect();
    assert!(missing.is_empty(), "no test has the name that stands in these rows: {missing:#?}");
}

#[test]
fn only_tests_count() {
    let source = "#[test]\nfn a() {}\nfn b() {}\n#[tokio::test(start_paused = true)]\nasync fn c() {}\n// fn d()\n\
                  #[test]\n#[cfg(unix)]\nfn e(x in 0..1) {}";
    assert_eq!(tests_in(source), ["a", "c", "e"]);
    assert_eq!(rows("| it can | test |\n|---|---|\n| a | `b` |\ntext"), [("a", "`b`")]);
}
