//! Output of the README's first program for a newcomer without a robot.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::process::Command;

const README: &str = include_str!("../../README.md");
const PROGRAM: &str = include_str!("../src/bin/first_program.rs");

#[test]
fn the_program_is_the_one_in_the_readme() {
    let code = README.split_once("```rust,no_run\n").unwrap().1.split_once("```\n").unwrap().0;
    assert!(PROGRAM.ends_with(code), "copy the README's first program to tests/src/bin/first_program.rs");
}

#[test]
fn without_a_token_it_says_what_to_set() {
    let output = Command::new(env!("CARGO_BIN_EXE_first_program")).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "Error: the robot is misconfigured (DINGTALK_BOT_ACCESS_TOKEN is not set: it takes the robot's access token or its \
         whole webhook). Correct the setting and start again.\n"
    );
}
