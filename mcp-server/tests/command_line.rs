//! Output of the program for people: completions for their shell, and help in their language.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod program;

use std::process::{Command, Output, Stdio};

use program::command;

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    command().args(arguments).envs(environment.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

/// Output of the program, if it succeeds.
fn printed(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = run(arguments, environment);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Commands that the help lists.
fn commands() -> Vec<String> {
    let help = printed(&["--help"], &[]);
    let (_, commands) = help.split_once("\nCommands:\n").unwrap();
    let lines = commands.lines().take_while(|line| !line.is_empty());
    lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn every_shell_completes_every_command() {
    let commands = commands();
    assert!(commands.len() > 5 && commands.contains(&"send".to_owned()), "{commands:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        for environment in [&[][..], &[("LANG", "zh_CN.UTF-8")]] {
            let script = printed(&["completions", shell], environment);
            assert!(script.contains("dingtalk-notify"), "{shell}");
            for word in commands.iter().map(String::as_str).chain(["action-card", "at-user", "dry-run"]) {
                assert!(script.contains(word), "{shell} does not complete `{word}`");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn bash_completes_with_the_script() {
    let script = printed(&["completions", "bash"], &[]);
    let checked = Command::new("bash").args(["-n", "-c", &script]).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    // Behaviour of bash when a person types `dingtalk-notify se` and presses the tabulator.
    let typed = r#"
        set -- $(complete -p dingtalk-notify)
        while [ "$1" != -F ]; do shift; done
        COMP_WORDS=(dingtalk-notify se) COMP_CWORD=1
        "$2" dingtalk-notify se dingtalk-notify
        echo "${COMPREPLY[@]}"
    "#;
    let asked = format!("{script}\n{typed}");
    let completed = Command::new("bash").args(["-c", &asked]).output().unwrap();
    assert_eq!(String::from_utf8(completed.stdout).unwrap(), "serve send\n");
}

#[test]
fn help_is_in_the_users_language() {
    for (environment, chinese) in [
        (&[][..], false),
        (&[("LANG", "en_US.UTF-8")], false),
        (&[("LANG", "zh_CN.UTF-8")], true),
        (&[("LC_ALL", "en_US.UTF-8"), ("LANG", "zh_CN.UTF-8")], false),
        (&[("DINGTALK_NOTIFY_LANG", "zh"), ("LC_ALL", "C")], true),
        (&[("DINGTALK_NOTIFY_LANG", "en"), ("LANG", "zh_CN.UTF-8")], false),
    ] {
        for arguments in [&["--help"][..], &["send", "-h"], &["help", "send", "text"], &["tools", "--help"]] {
            let help = printed(arguments, environment);
            assert_eq!(help.contains("用法： "), chinese, "{arguments:?} {environment:?}");
            assert_eq!(help.contains("Usage: "), !chinese, "{arguments:?} {environment:?}");
        }
    }
}

#[test]
fn the_demo_is_available_in_chinese() {
    let told = printed(&["demo", "--once"], &[("DINGTALK_NOTIFY_LANG", "zh")]);
    assert!(told.contains("6 条消息全部送达"), "{told}");
    assert!(!told.contains("arrived"), "{told}");
}

#[test]
fn our_own_errors_of_the_command_line_are_in_chinese() {
    let environment = [("DINGTALK_NOTIFY_LANG", "zh")];
    let button = ["send", "action-card", "--title", "a", "--button", "no target", "text"];
    let output = run(&button, &environment);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr, "dingtalk-notify: --button：应写成 LABEL=URL（文字=链接），而不是 \"no target\"\n");

    // clap's own words are English in every language.
    let output = run(&["send", "txt"], &environment);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stderr.starts_with(b"error: unrecognized subcommand 'txt'"));
}
