use std::fs;

use dingtalk_config::Policy;

use super::*;

/// A file that is deleted at the end of the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = env::temp_dir().join(format!("dingtalk-notify-settings-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn read(flags: Flags, variables: &[(&str, &str)]) -> Settings {
    Settings::from_variables(flags, variables.iter().map(|(name, value)| ((*name).into(), (*value).into())))
}

fn with(variables: &[(&str, &str)]) -> Settings {
    read(Flags::default(), variables)
}

/// Returns all faults of the settings and the robots.
fn faults(settings: &Settings) -> Vec<String> {
    let Err(Error::Settings(error)) = settings.server() else { return Vec::new() };
    error.faults().iter().map(ToString::to_string).collect()
}

/// Returns the policy of the robot of this name, or of the environment's robot.
fn policy(settings: &Settings, name: Option<&str>) -> Policy {
    let robot = settings.config.robots.iter().find(|robot| Some(&*robot.name) == name);
    match (robot, &settings.environment) {
        (Some(robot), _) => robot.stated.policy(),
        (None, Some(robot)) => robot.stated.policy(),
        (None, None) => panic!("there is no robot {name:?}"),
    }
}

const TOKEN: (&str, &str) = ("DINGTALK_BOT_ACCESS_TOKEN", "0123456789abcdef");

#[test]
fn blank_is_absent() {
    let settings = with(&[
        (table::CALL_DEADLINE.variable, " "),
        (table::DRY_RUN.variable, ""),
        (table::TOOLS.variable, ""),
        (table::ACCESS_TOKEN.variable, " \"\" "),
        (table::ACCESS_TOKEN_FILE.variable, "\t"),
    ]);
    assert_eq!(
        (settings.call_deadline, settings.max_mentions, settings.dry_run, &settings.tools),
        (Duration::from_secs(25), 10, false, &None)
    );
    assert!(faults(&settings)[0].contains("DINGTALK_BOT_ACCESS_TOKEN is not set"), "{:?}", faults(&settings));
}

#[test]
fn every_variable_is_read() {
    let settings = with(&[
        (table::CALL_DEADLINE.variable, "40"),
        (table::MAX_MENTIONS.variable, "0"),
        (table::DRY_RUN.variable, " TRUE "),
        (table::TOOLS.variable, "a, b,"),
        (table::TOOL_PREFIX.variable, "ops"),
        (table::TIME_ZONE.variable, "Asia/Tokyo"),
        (table::HTTP_HOSTS.variable, "a.example, b.example"),
        (table::HTTP_ORIGINS.variable, "https://a.example:443"),
        (table::HTTP_SESSION_HOURS.variable, "2"),
        (table::HTTP_SESSION_IDLE_MINUTES.variable, "3"),
        (table::KEYWORD.variable, "alert"),
        (table::BASE_URL.variable, "https://gateway.example"),
        (table::RATE_PER_MINUTE.variable, "600"),
        (table::AT_ALL.variable, "deny"),
        (table::CONFIRM.variable, "always"),
        TOKEN,
    ]);
    assert_eq!(faults(&settings), [""; 0]);
    assert_eq!(
        (settings.call_deadline, settings.max_mentions, settings.dry_run),
        (Duration::from_secs(40), 0, true)
    );
    assert_eq!(settings.tools.as_deref(), Some(&["a".to_owned(), "b".to_owned()][..]));
    assert_eq!(settings.tool_prefix.as_deref(), Some("ops"));
    assert_eq!(settings.time_zone.as_deref(), Some("Asia/Tokyo"));
    assert_eq!(settings.http.hosts, ["a.example", "b.example"]);
    assert_eq!(settings.http.origins, ["https://a.example:443"]);
    let http = format!("{:?}", settings.http_options().unwrap());
    assert!(http.contains("session_lifetime: 7200s, session_idle: 180s"), "{http}");
    let robot = settings.environment.as_ref().unwrap();
    assert_eq!((robot.keyword.as_ref().map(Keyword::as_str), robot.rate()), (Some("alert"), Some(600)));
    assert_eq!(policy(&settings, None), Policy { at_all: AtAll::Deny, confirm: Confirm::Always });
    let robots = settings.all_robots()[0].robots(&settings.options());
    assert_eq!(robots[0].as_ref().unwrap().host(), "gateway.example");
}

#[test]
fn the_time_zone_of_the_file_is_used_if_no_other_is_set() {
    let file = File::new("zone", "version = 1\ntime_zone = \"Asia/Kathmandu\"\n");
    let zone = |variables: &[(&str, &str)]| {
        let flags = Flags { config: Some(file.path().into()), ..Flags::default() };
        let settings = read(flags, variables);
        settings.check().map(|()| settings.time_zone)
    };
    assert_eq!(zone(&[]).unwrap().as_deref(), Some("Asia/Kathmandu"));
    assert_eq!(zone(&[(table::TIME_ZONE.variable, "UTC")]).unwrap().as_deref(), Some("UTC"));
    for (given, words) in [
        ("CST", "DINGTALK_NOTIFY_TIME_ZONE: an abbreviation such as `CST` has several meanings"),
        ("Asia/Atlantis", "DINGTALK_NOTIFY_TIME_ZONE: unknown time zone `Asia/Atlantis`"),
    ] {
        let error = zone(&[(table::TIME_ZONE.variable, given)]).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_flag_takes_precedence_over_a_variable() {
    let variables = [
        (table::TOOLS.variable, "variable"),
        (table::TOOL_PREFIX.variable, "variable"),
        (table::TIME_ZONE.variable, "Asia/Tokyo"),
        (table::HTTP_HOSTS.variable, "variable"),
        (table::HTTP_ORIGINS.variable, "variable"),
        (table::HTTP_PATH_PREFIX.variable, "/variable"),
        (table::HTTP_ADMIN.variable, "127.0.0.1:2"),
        (table::HTTP_DRAIN_DELAY.variable, "21"),
        (table::DRY_RUN.variable, "0"),
        (table::QUEUE.variable, "0"),
        (table::STATE_DIR.variable, "/of/the/variable"),
        (table::CONFIG.variable, "/none/of/the/flag"),
    ];
    let file = File::new("flag", "version = 1\n[people]\non_call = \"13800000000\"\n");
    let flags = Flags {
        config: Some(file.path().into()),
        tools: vec!["flag".to_owned()],
        tool_prefix: Some("flag".to_owned()),
        time_zone: Some("-03:30".to_owned()),
        dry_run: true,
        state_dir: Some("/of/the/flag".into()),
        no_state: false,
        queue: true,
        allow_host: vec!["flag".to_owned()],
        allow_origin: vec!["flag".to_owned()],
        path_prefix: Some("/flag".to_owned()),
        admin: Some("127.0.0.1:1".to_owned()),
        drain_delay: Some("3".to_owned()),
    };
    let settings = read(flags, &variables);
    settings.check().unwrap();
    assert_eq!(settings.tools.as_deref(), Some(&["flag".to_owned()][..]));
    assert_eq!(settings.tool_prefix.as_deref(), Some("flag"));
    assert_eq!(settings.time_zone.as_deref(), Some("-03:30"));
    assert_eq!(
        (&settings.http.hosts[..], &settings.http.origins[..]),
        (&["flag".to_owned()][..], &["flag".to_owned()][..])
    );
    assert_eq!(settings.http.path_prefix.as_deref(), Some("/flag"));
    assert_eq!(settings.http.admin.as_ref().map(|given| &*given.value), Some("127.0.0.1:1"));
    assert_eq!(settings.http.drain_delay, Some(3));
    assert!(settings.dry_run && settings.queue && !settings.queues_calls(), "a dry run sends nothing");
    assert_eq!(settings.config.people.len(), 1);
}

#[test]
fn a_queue_for_calls_is_never_ignored() {
    let settings = with(&[(table::QUEUE.variable, "1"), TOKEN]);
    assert!(settings.queues_calls());
    let error = settings.server().unwrap_err().to_string();
    assert!(error.contains("DINGTALK_NOTIFY_QUEUE: only the command `serve`"), "{error}");
    assert!(settings.serving().is_ok());
}

#[test]
fn all_faults_are_reported_at_once() {
    let wrong = [
        (table::CALL_DEADLINE.variable, "1"),
        (table::MAX_MENTIONS.variable, "51"),
        (table::DRY_RUN.variable, "yes please"),
        (table::AT_ALL.variable, "denied"),
        (table::CONFIRM.variable, "never"),
        (table::RATE_PER_MINUTE.variable, "many"),
        (table::LANG.variable, "fr"),
        ("DINGTALK_MCP_AT_ALL", "deny"),
        ("DINGTALK_NOTIFY_TOOL", "a"),
        (table::SECRET_FILE.variable, "/run/secrets/none"),
        TOKEN,
    ];
    let faults = faults(&with(&wrong));
    assert_eq!(faults.len(), wrong.len() - 1, "{faults:#?}");
    for (variable, _) in &wrong[..wrong.len() - 1] {
        assert_eq!(
            faults.iter().filter(|fault| fault.starts_with(variable)).count(),
            1,
            "{variable}: {faults:#?}"
        );
    }
    for (variable, value) in [
        (table::CALL_DEADLINE.variable, "601"),
        (table::CALL_DEADLINE.variable, "25s"),
        (table::MAX_MENTIONS.variable, "-1"),
    ] {
        let faults = self::faults(&with(&[(variable, value), TOKEN]));
        assert!(faults.len() == 1 && faults[0].starts_with(variable), "{faults:?}");
    }
}

#[test]
fn the_file_s_faults_come_with_those_of_variables() {
    let file = File::new("faults", "version = 1\n[robots.ops]\nabuot = \"x\"\naccess_token = \"env:T\"\n");
    let faults = faults(&with(&[
        (table::CONFIG.variable, file.path()),
        (table::AT_ALL.variable, "denied"),
        ("DINGTALK_MCP_TOOLS", "a"),
    ]));
    for expected in ["DINGTALK_NOTIFY_AT_ALL: ", "DINGTALK_MCP_TOOLS: ", "did you mean `about`?"] {
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected}: {faults:#?}");
    }
    assert!(!faults.iter().any(|fault| fault.contains("is not set")), "no robot was asked for: {faults:#?}");
}

#[test]
fn no_limit_is_for_other_servers() {
    let elsewhere = "http://127.0.0.1:1/robot/send?access_token=abcd";
    let file = File::new("webhook", &format!("\u{feff}{elsewhere}\r\n"));
    let rate = |value| (table::RATE_PER_MINUTE.variable, value);
    for (variables, rate_per_minute) in [
        (vec![TOKEN], Some(20)),
        (vec![TOKEN, rate(" 5 ")], Some(5)),
        (vec![TOKEN, rate("0"), (table::BASE_URL.variable, "http://127.0.0.1:1")], None),
        (vec![(table::ACCESS_TOKEN.variable, elsewhere), rate("0")], None),
        (vec![(table::ACCESS_TOKEN_FILE.variable, file.path()), rate("0")], None),
        (vec![(table::ACCESS_TOKEN_FILE.variable, file.path()), rate("600")], Some(600)),
    ] {
        let settings = with(&variables);
        assert_eq!(faults(&settings), [""; 0], "{variables:?}");
        assert_eq!(settings.environment.unwrap().rate(), rate_per_minute, "{variables:?}");
    }
    for value in ["0", "21", "-1", "many"] {
        let faults = faults(&with(&[TOKEN, rate(value)]));
        assert!(faults.len() == 1 && faults[0].starts_with(table::RATE_PER_MINUTE.variable), "{faults:?}");
    }
}

/// Creates a file with a robot that states this policy, and a robot without one.
fn policy_file(name: &str, stated: &str) -> File {
    let robot = "about = \"a group\"\naccess_token = \"env:NONE\"\n";
    File::new(name, &format!("version = 1\n[robots.stating]\n{robot}{stated}\n[robots.silent]\n{robot}"))
}

/// No flag sets the policy: `--at-all` of `send` requests the mention. The sources are a variable, a robot of the file,
/// and the default.
#[test]
fn the_strictest_of_each_pair_of_sources_wins() {
    let at_all =
        [None, Some(("allow", AtAll::Allow)), Some(("ask", AtAll::Ask)), Some(("deny", AtAll::Deny))];
    for (index, in_file) in at_all.into_iter().enumerate() {
        let stated = in_file.map_or(String::new(), |(word, _)| format!("at_all = \"{word}\""));
        let file = policy_file(&format!("at-all-{index}"), &stated);
        for in_variable in at_all {
            let mut variables = vec![(table::CONFIG.variable, file.path())];
            variables.extend(in_variable.map(|(word, _)| (table::AT_ALL.variable, word)));
            let settings = with(&variables);
            let variable = in_variable.map(|(_, at_all)| at_all);
            let expected = match (variable, in_file.map(|(_, at_all)| at_all)) {
                (Some(AtAll::Deny), _) | (_, Some(AtAll::Deny)) => AtAll::Deny,
                (Some(AtAll::Ask), _) | (_, Some(AtAll::Ask)) => AtAll::Ask,
                (Some(AtAll::Allow), _) | (_, Some(AtAll::Allow)) => AtAll::Allow,
                _ => AtAll::Ask,
            };
            assert_eq!(policy(&settings, Some("stating")).at_all, expected, "{variable:?} and {in_file:?}");
            assert_eq!(
                policy(&settings, Some("silent")).at_all,
                variable.unwrap_or(AtAll::Ask),
                "{variable:?}"
            );
            let alone = with(&variables[1..]);
            assert_eq!(policy(&alone, None).at_all, variable.unwrap_or(AtAll::Ask), "{variable:?} alone");
        }
    }
    let confirm = [None, Some(("at_all", Confirm::AtAll)), Some(("always", Confirm::Always))];
    for (index, in_file) in confirm.into_iter().enumerate() {
        let stated = in_file.map_or(String::new(), |(word, _)| format!("confirm = \"{word}\""));
        let file = policy_file(&format!("confirm-{index}"), &stated);
        for in_variable in confirm {
            let mut variables = vec![(table::CONFIG.variable, file.path())];
            variables.extend(in_variable.map(|(word, _)| (table::CONFIRM.variable, word)));
            let always = [in_file, in_variable].into_iter().flatten().any(|(word, _)| word == "always");
            let expected = if always { Confirm::Always } else { Confirm::AtAll };
            assert_eq!(
                policy(&with(&variables), Some("stating")).confirm,
                expected,
                "{in_variable:?} and {in_file:?}"
            );
        }
    }
}

#[test]
fn a_variable_that_describes_a_robot_beside_a_file_is_an_error_that_names_the_key() {
    let file = policy_file("beside", "");
    for (variable, key) in [
        (&table::ACCESS_TOKEN, "access_token"),
        (&table::ACCESS_TOKEN_FILE, "access_token"),
        (&table::SECRET, "secret"),
        (&table::SECRET_FILE, "secret"),
        (&table::BASE_URL, "base_url"),
        (&table::RATE_PER_MINUTE, "rate_per_minute"),
        (&table::KEYWORD, "keyword"),
    ] {
        let settings = with(&[(table::CONFIG.variable, file.path()), (variable.variable, "1")]);
        let error = settings.check().unwrap_err().to_string();
        assert!(
            error.starts_with(variable.variable) && error.contains(&format!("`robots.NAME.{key}`")),
            "{error}"
        );
        let blank = with(&[(table::CONFIG.variable, file.path()), (variable.variable, " ")]);
        assert!(blank.check().is_ok(), "{}", variable.variable);
    }
    let people = File::new("people", "version = 1\n[people]\non_call = \"13800000000\"\n");
    assert_eq!(faults(&with(&[(table::CONFIG.variable, people.path()), TOKEN])), [""; 0]);
}

#[test]
fn a_variable_that_the_file_refers_to_is_not_misspelt() {
    let robot = "version = 1\n[robots.ops]\nabout = \"x\"\naccess_token = \"env:DINGTALK_NOTIFY_OPS\"\n";
    let file = File::new("refers", robot);
    let variables = [(table::CONFIG.variable, file.path()), ("DINGTALK_NOTIFY_OPS", "0123456789abcdef")];
    assert!(with(&variables).check().is_ok());
    assert!(with(&variables[1..]).check().is_err());
}

#[test]
fn one_message_needs_one_robot() {
    let file = policy_file("one", "");
    let text = fs::read_to_string(file.path()).unwrap();
    let token = File::new("token", "0123456789abcdef");
    fs::write(&file.0, text.replacen("env:NONE", &format!("file:{}", token.path()), 1)).unwrap();
    let settings = || with(&[(table::CONFIG.variable, file.path())]);
    assert!(settings().server_for(Some("stating")).is_ok());
    assert!(settings().server_for(Some("silent")).is_err());
    let error = settings().server().expect_err("serving looks at all robots").to_string();
    assert!(error.contains("robots.silent: env:NONE is not set"), "{error}");
}

#[test]
fn a_secret_stands_in_one_place_and_is_never_repeated() {
    let token = File::new("canary", "canary-of-a-token");
    let both = with(&[
        (table::HTTP_TOKEN.variable, "canary"),
        (table::HTTP_TOKEN_FILE.variable, token.path()),
        TOKEN,
    ]);
    let error = both.check().unwrap_err().to_string();
    assert_eq!(
        error,
        "DINGTALK_NOTIFY_HTTP_TOKEN and DINGTALK_NOTIFY_HTTP_TOKEN_FILE are both set; unset one of them"
    );
    for setting in [&table::ACCESS_TOKEN, &table::SECRET] {
        let faults = faults(&with(&[TOKEN, (setting.variable, "${CANARY}")]));
        assert!(
            faults[0].starts_with(&format!("{}: it holds a placeholder", setting.variable)),
            "{faults:?}"
        );
        assert!(!faults.concat().contains("CANARY"), "{faults:?}");
    }
    let unset = with(&[(table::HTTP_TOKEN.variable, "<canary>")]).http_options().unwrap_err().to_string();
    assert!(
        unset.starts_with("DINGTALK_NOTIFY_HTTP_TOKEN: it holds a placeholder") && !unset.contains("canary"),
        "{unset}"
    );
    let shown = format!(
        "{:?}",
        with(&[(table::ACCESS_TOKEN.variable, "canary"), (table::SECRET.variable, "canary")])
    );
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn faults_exist_in_chinese_too() {
    let settings = with(&[(table::AT_ALL.variable, "denied"), ("DINGTALK_MCP_TOOLS", "a")]);
    let Err(Error::Settings(error)) = settings.check() else { panic!("it is misspelt") };
    let told = error.in_language(dingtalk_core::delivery::Language::Zh);
    assert_eq!(
        told,
        "DINGTALK_NOTIFY_AT_ALL：应为 `ask`、`allow`、`deny` 之一，而不是 \"denied\"\n\
         DINGTALK_MCP_TOOLS：这个变量已改名为 `DINGTALK_NOTIFY_TOOLS`"
    );
}

#[cfg(unix)]
#[test]
fn the_state_is_at_the_nearest_source_and_off_if_any_source_says_so() {
    let dir = |path: &str| StatePlace::Directory(path.into());
    let file = File::new("state", "version = 1\n[state]\ndir = \"/of/the/file\"\n");
    let off = File::new("no-state", "version = 1\n[state]\nenabled = false\n");
    let state = |flags: Flags, file: Option<&File>, variables: &[(&str, &str)]| {
        let config = file.map(|file| file.path().into());
        let settings = read(Flags { config, ..flags }, &[variables, &[TOKEN]].concat());
        assert_eq!(faults(&settings), [""; 0]);
        settings.state
    };
    let flag = || Flags { state_dir: Some("/of/the/flag".into()), ..Flags::default() };
    let variable = (table::STATE_DIR.variable, "/of/the/variable");
    let xdg = ("XDG_STATE_HOME", "/state");
    assert_eq!(state(flag(), Some(&file), &[variable, xdg]), dir("/of/the/flag"));
    assert_eq!(state(Flags::default(), Some(&file), &[variable, xdg]), dir("/of/the/variable"));
    assert_eq!(state(Flags::default(), Some(&file), &[xdg]), dir("/of/the/file"));
    assert_eq!(state(Flags::default(), None, &[]), StatePlace::Homeless);
    for (flags, file, variables) in [
        (Flags { no_state: true, ..Flags::default() }, &file, &[xdg][..]),
        (flag(), &file, &[(table::NO_STATE.variable, "1")]),
        (flag(), &off, &[variable]),
    ] {
        assert_eq!(state(flags, Some(file), variables), StatePlace::Off);
    }
    let relative = Flags { state_dir: Some("here".into()), ..Flags::default() };
    assert_eq!(state(relative, None, &[]), dir(env::current_dir().unwrap().join("here").to_str().unwrap()));
    let wrong = faults(&with(&[(table::STATE_DIR.variable, "here"), TOKEN]));
    assert_eq!(wrong, ["DINGTALK_NOTIFY_STATE_DIR: expected an absolute path, found \"here\""]);
}
