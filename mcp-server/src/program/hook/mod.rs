//! `dingtalk-notify hook`: tells the group what a coding agent needs, called by the agent's hooks.
//!
//! An agent waits for its hooks, and takes exit code 2 as a refusal. So this runs before the command line is parsed,
//! ends with 0 whatever happens, has little time, and prints nothing on stdout unless a person asks for it.

pub(super) mod arguments;
mod entries;
mod event;
mod file;
mod install;
mod message;
mod redact;
mod sending;
mod session;

use std::{
    env,
    ffi::OsString,
    io::{self, Read as _, Write as _},
    panic,
    process::{self, ExitCode},
    sync::mpsc,
    thread,
    time::Duration,
};

use clap::Parser as _;

use self::{
    arguments::HookLine,
    event::{Event, Step},
};
use super::{
    Program, Result, command_line, say,
    words::{language, words},
};

/// Time for everything, after which the event is dropped.
const TIME: Duration = Duration::from_millis(250);

/// Time for the line on stderr.
const LAST_LINE: Duration = Duration::from_millis(50);

/// Maximum size of an event, in bytes.
const MAX_EVENT: u64 = 1024 * 1024;

/// Options with which a person runs the command, and has time.
const OF_PEOPLE: [&str; 5] = ["--help", "-h", "--install", "--try", "--uninstall"];

/// Runs the command if the command line names it.
pub(super) fn intercept(program: &Program) -> Option<ExitCode> {
    let typed: Vec<OsString> = env::args_os().skip(1).collect();
    if typed.first()? != "hook" {
        return None;
    }
    let is_person = typed.iter().any(|argument| OF_PEOPLE.iter().any(|option| argument == option));
    if !is_person {
        protect_agent(program.name);
    }
    let code = match run(program, typed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // One line, whatever the error has.
            let problem = problem.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            if is_person {
                program.tell(problem);
                ExitCode::FAILURE
            } else {
                program.tell(format_args!("{}: {problem}", words("hook: dropped", "hook：已丢弃")));
                ExitCode::SUCCESS
            }
        }
    };
    Some(code)
}

/// Ends the process with 0 if its time is over or it panics.
fn protect_agent(name: &'static str) {
    // Before another hook of the program's own, and before the process aborts.
    panic::set_hook(Box::new(move |_| {
        // A message could contain parts of the event.
        drop_event(name, "internal error");
    }));
    thread::spawn(move || {
        thread::sleep(TIME);
        drop_event(name, &format!("not queued within {} ms", TIME.as_millis()));
    });
}

/// Ends the process with 0, after a line on stderr if somebody reads it.
fn drop_event(name: &'static str, reason: &str) -> ! {
    let line = format!("{name}: hook: dropped: {reason}\n");
    let (written, done) = mpsc::channel();
    thread::spawn(move || {
        let _ = io::stderr().write_all(line.as_bytes());
        let _ = written.send(());
    });
    // A pipe that is full would hold the agent for ever.
    let _ = done.recv_timeout(LAST_LINE);
    process::exit(0);
}

fn run(program: &Program, typed: Vec<OsString>) -> Result<()> {
    let mut arguments = match HookLine::try_parse_from(typed) {
        Ok(line) => line.hook,
        Err(error) if !error.use_stderr() => return help(program),
        // The error would quote the event.
        Err(_) => {
            return Err(words("invalid arguments; see `hook --help`", "参数无效，请看 `hook --help`").into());
        }
    };
    if arguments.install {
        return install::install(&arguments);
    }
    if arguments.uninstall {
        return install::uninstall(&arguments);
    }
    let given = read(arguments.event.clone())?;
    let is_try = arguments.r#try;
    let not_told = || {
        if is_try {
            say(words("this event is not told", "这个事件不会发送通知"))?;
        }
        Ok(())
    };
    let Some(event) = Event::read(arguments.agent, &given)? else { return not_told() };
    if arguments.dry_run {
        let Step::News(kind) = event.step else { return not_told() };
        return Ok(say(message::envelope(&event, kind, &arguments, None)?.message.to_string())?);
    }
    if is_try {
        arguments.make_absolute()?;
    }
    // Nothing in the directory of a project, which may be hostile, is a setting.
    env::set_current_dir("/")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let queued = runtime.block_on(sending::follow(program, &arguments, &event));
    runtime.shutdown_background();
    match queued? {
        Some(id) if is_try => Ok(say(words(format!("queued: {id}"), format!("已排队：{id}")))?),
        Some(_) => Ok(()),
        None if matches!(event.step, Step::News(_)) && is_try => Ok(say(words(
            "not queued: this news waits already, or was told",
            "没有排队：同一件事已在排队，或已发送过",
        ))?),
        None => not_told(),
    }
}

/// Prints the help in the person's language.
fn help(program: &Program) -> Result<()> {
    let mut line = command_line::command(program, &[], language());
    line.build();
    if let Some(hook) = line.find_subcommand_mut("hook") {
        hook.print_help()?;
    }
    Ok(())
}

/// Returns the event as text: the argument, or stdin.
fn read(argument: Option<String>) -> Result<Vec<u8>> {
    let given = if let Some(argument) = argument {
        argument.into_bytes()
    } else {
        let mut given = Vec::new();
        let mut stdin = io::stdin().lock();
        stdin.by_ref().take(MAX_EVENT + 1).read_to_end(&mut given)?;
        // The agent does not expect that nobody reads the rest.
        io::copy(&mut stdin, &mut io::sink())?;
        given
    };
    if given.len() as u64 > MAX_EVENT {
        return Err(words("the event is larger than 1 MiB", "事件超过 1 MiB").into());
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Output};

    use super::*;

    /// Tells the test binary to panic as the command would. The program itself has no such variable.
    const PANIC: &str = "HOOK_TEST_PANICS";

    #[test]
    fn a_child_panics() {
        if let Ok(place) = env::var(PANIC) {
            protect_agent("dingtalk-notify");
            let secret = "hunter2";
            assert_eq!(place, "main", "{}", thread::spawn(move || panic!("{secret}")).join().is_ok());
            panic!("{secret}");
        }
    }

    fn child(place: &str) -> Output {
        let test = concat!(module_path!(), "::a_child_panics");
        let test = test.split_once("::").map_or(test, |(_, test)| test);
        let arguments = ["--exact", test, "--nocapture", "--test-threads=1"];
        Command::new(env::current_exe().unwrap()).args(arguments).env(PANIC, place).output().unwrap()
    }

    #[test]
    fn a_panic_is_no_failure_of_the_agent() {
        for place in ["main", "thread"] {
            let output = child(place);
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(0), "{place}: {told}");
            assert_eq!(told, "dingtalk-notify: hook: dropped: internal error\n", "{place}");
        }
    }
}
