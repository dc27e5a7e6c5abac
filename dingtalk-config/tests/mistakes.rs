//! Mistakes that people make in the file, each with its errors in both languages.
//!
//! `golden/mistakes.txt` holds the cases: a title, the file, and after `-- en` and `-- zh` the errors. A new case needs
//! its title and its file; `UPDATE_EXPECT=1` writes the errors.

use dingtalk_config::Config;
use dingtalk_core::delivery::Language;
use expect_test::expect_file;

const CASES: &str = include_str!("golden/mistakes.txt");

/// Secrets that files of the cases hold in the wrong place.
const SECRETS: [&str; 2] = ["canary", "5c8d7c7a1f0e4b2d"];

/// A case, without the errors that the golden file holds.
fn cases() -> impl Iterator<Item = (&'static str, &'static str)> {
    CASES.split("\n== ").map(|case| {
        let (title, rest) = case.split_once('\n').expect("a case has a title and a file");
        let file = rest.split_once("\n-- en\n").map_or(rest, |(file, _)| file);
        (title.trim_start_matches("== "), file.trim_end_matches('\n'))
    })
}

#[test]
fn each_mistake_has_an_error_in_both_languages() {
    let said: Vec<String> = cases()
        .map(|(title, file)| {
            let error = Config::parse(file).expect_err(title);
            let [en, zh] = [Language::En, Language::Zh].map(|language| error.in_language(language));
            format!("== {title}\n{file}\n-- en\n{en}\n-- zh\n{zh}\n")
        })
        .collect();
    expect_file!["golden/mistakes.txt"].assert_eq(&said.join("\n"));
}

#[test]
fn every_error_is_chinese_where_the_language_is() {
    for (title, file) in cases() {
        let error = Config::parse(file).expect_err(title);
        for fault in error.faults() {
            let problem = fault.problem.in_language(Language::Zh);
            let is_chinese = problem.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(is_chinese, "{title}: {fault} has no Chinese");
        }
    }
}

#[test]
fn no_error_repeats_a_secret() {
    for (title, file) in cases() {
        let error = Config::parse(file).expect_err(title);
        for secret in SECRETS {
            assert!(!format!("{error:#?}").contains(secret), "{title}");
        }
    }
}
