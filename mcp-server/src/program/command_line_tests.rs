//! Tests of both languages of the help.

use std::collections::{BTreeMap, BTreeSet};

use clap::Command;

use super::{
    chinese::{Entry, TEXTS, below, found},
    *,
};

fn program() -> Program {
    Program::new("dingtalk-notify", "1.0.0").about(env!("CARGO_PKG_DESCRIPTION"))
}

/// Returns each page of the help, by its position.
fn pages(language: Language) -> BTreeMap<String, String> {
    fn add(command: &mut Command, place: &str, pages: &mut BTreeMap<String, String>) {
        pages.insert(place.to_owned(), command.render_long_help().to_string());
        pages.insert(format!("{place} -h"), command.render_help().to_string());
        for command in command.get_subcommands_mut() {
            let place = below(place, command.get_name());
            add(command, &place, pages);
        }
    }
    let mut command = command(&program(), &[], language);
    command.build();
    let mut pages = BTreeMap::new();
    add(&mut command, "", &mut pages);
    pages
}

/// Calls `see` with the position and the text of every command, option and value.
fn walk(command: &Command, place: &str, see: &mut impl FnMut(&str, Option<&'static Entry>)) {
    for arg in command.get_arguments() {
        see(&below(place, &arg.to_string()), found(place, Some(arg)));
    }
    for command in command.get_subcommands() {
        let place = below(place, command.get_name());
        see(&place, found(&place, None));
        walk(command, &place, see);
    }
}

#[test]
fn everything_has_chinese_and_all_chinese_is_used() {
    let mut command = command(&program(), &[], Language::En);
    command.build();
    let mut used = BTreeSet::from(["(end, in short)", "(end)", "check (end)", "send (end)", "serve (end)"]);
    walk(&command, "", &mut |place, found| {
        used.insert(found.unwrap_or_else(|| panic!("{place:?} has no Chinese")).0);
    });
    let places: BTreeSet<&str> = TEXTS.iter().map(|(place, _)| *place).collect();
    assert_eq!(places.difference(&used).collect::<Vec<_>>(), [&""; 0], "nothing has this Chinese");
    assert_eq!(places.len(), TEXTS.len(), "a position occurs twice");
}

/// Returns the untranslated words: variables, options, exit codes, addresses.
fn code(page: &str) -> BTreeSet<&str> {
    let words = page.split(|c: char| !(c.is_ascii_alphanumeric() || "_-:/.".contains(c)));
    let words = words.map(|word| word.trim_matches(['.', ':']));
    let code = |word: &&str| {
        word.starts_with("--")
            || word.starts_with("DINGTALK_")
            || word.starts_with(|c: char| c.is_ascii_digit())
    };
    words.filter(code).collect()
}

#[test]
fn both_languages_name_the_same_code() {
    let (english, chinese) = (pages(Language::En), pages(Language::Zh));
    assert_eq!(english.keys().collect::<Vec<_>>(), chinese.keys().collect::<Vec<_>>());
    assert!(code(&english[""]).contains("DINGTALK_BOT_ACCESS_TOKEN"));
    for (place, page) in &english {
        let (english, chinese) = (code(page), code(&chinese[place]));
        let one: Vec<_> = english.symmetric_difference(&chinese).collect();
        assert!(one.is_empty(), "{place:?}: only one language says {one:?}");
    }
}

#[test]
fn no_page_is_half_english() {
    for (place, page) in pages(Language::Zh) {
        for english in ["Usage", "Options", "Commands", "Arguments", "Print", "default", "possible", " the "]
        {
            assert!(!page.contains(english), "{place:?} says {english:?}:\n{page}");
        }
        assert!(page.contains("\n用法： dingtalk-notify"), "{page}");
    }
}

#[test]
fn both_languages_parse_the_same_command_line() {
    let line = ["dingtalk-notify", "send", "--at", "13800000000", "text", "--json", "-"];
    let english = command(&program(), &[], Language::En).try_get_matches_from(line).unwrap();
    let chinese = command(&program(), &[], Language::Zh).try_get_matches_from(line).unwrap();
    assert_eq!(english, chinese);
}

#[test]
fn another_program_has_its_own_description() {
    let program = Program::new("team-alerts", "1.0.0").about("告诉团队。");
    let page = command(&program, &[], Language::Zh).render_long_help().to_string();
    assert!(page.starts_with("告诉团队。\n\n不带子命令时"), "{page}");
    assert!(page.contains("team-alerts send text") && !page.contains("dingtalk-notify"), "{page}");
}
