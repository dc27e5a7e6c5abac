use super::*;
use crate::{Door, Policy};

fn faults(text: &str) -> Vec<String> {
    let error = Config::parse(text).expect_err("this must be refused");
    error.to_string().lines().map(str::to_owned).collect()
}

const OPS: &str = "version = 1\n[robots.ops]\nabout = \"operations\"\naccess_token = \"env:OPS_TOKEN\"\n";

#[test]
fn the_least_that_works() {
    let config = Config::parse(OPS).unwrap();
    let [ops] = &config.robots[..] else { panic!("{config:?}") };
    assert_eq!((&*ops.name, &*ops.about), ("ops", "operations"));
    assert_eq!((ops.stated.policy(), ops.rate_per_minute()), (Policy::default(), Some(20)));
    assert_eq!(config.default_robot, None);
}

#[test]
fn everything_at_once_and_each_fault_with_its_place() {
    let text = r#"
        version = 2
        default_robot = "op"
        defualt = 1

        [robots.ops]
        abuot = "operations"
        access_token = "SEC0123456789"
        at_all = "sometimes"
        rate_per_minute = 0

        [robots.pool]
        about = "shared"
        pool = [{ access_token = "env:A" }, { access_token = 3, secrets = "env:B" }]

        [people]
        on_call = "12"
        boss = { userid = "x" }
    "#;
    let faults = faults(text);
    for expected in [
        "version: unsupported version 2; this program reads version 1",
        "defualt: unknown key; expected one of version, default_robot, time_zone, robots, people, quotas, tokens, state, outbox, notifications, links, hooks",
        "robots.ops.abuot: unknown key; did you mean `about`?",
        "robots.ops.access_token: secrets do not belong in this file: write `env:NAME` for an environment variable, or \
         `file:PATH`",
        "robots.ops.at_all: invalid value \"sometimes\"; expected one of \"ask\", \"allow\", \"deny\"",
        "robots.pool.pool[1].access_token: expected a string, found an integer; write it in quotes: `access_token = \"…\"`",
        "robots.pool.pool[1].secrets: unknown key; did you mean `secret`?",
        "people.boss.userid: unknown key; did you mean `user_id`?",
    ] {
        assert!(faults.iter().any(|fault| fault == expected), "{expected} is not in\n{}", faults.join("\n"));
    }
    let begins = |beginning: &str| faults.iter().any(|fault| fault.starts_with(beginning));
    assert!(begins("robots.ops.rate_per_minute: invalid value 0; without a limit"), "{faults:#?}");
    assert!(begins("people.on_call: "), "{faults:#?}");
    assert!(!faults.iter().any(|fault| fault.contains("SEC0123")), "a secret is repeated: {faults:#?}");
    // A misspelt key is not missing, too.
    assert!(!faults.iter().any(|fault| fault.ends_with(": missing")), "{faults:#?}");
}

#[test]
fn a_file_that_is_no_toml_is_not_quoted() {
    let faults = faults("version = 1\nsecret = SEC0123\n");
    assert!(faults[0].starts_with("line 2: ") && !faults[0].contains("SEC0123"), "{faults:?}");
}

#[test]
fn no_limit_is_for_servers_that_are_not_dingtalk_s() {
    let unlimited = format!("{OPS}rate_per_minute = 0\nbase_url = \"http://127.0.0.1:1\"\n");
    assert_eq!(Config::parse(&unlimited).unwrap().robots[0].rate_per_minute(), None);
}

#[test]
fn a_pool_has_the_rate_of_its_robots() {
    let text = "version = 1\n[robots.ops]\nabout = \"x\"\npool = [{access_token = \"env:A\"}, {access_token = \"env:B\"}]";
    assert_eq!(Config::parse(text).unwrap().robots[0].rate_per_minute(), Some(40));
}

#[test]
fn a_missing_secret_is_named_by_where_it_should_be() {
    let config = Config::parse(OPS).unwrap();
    let error =
        config.robots[0].deliver(&DeliveryOptions::new()).err().expect("OPS_TOKEN is not set").to_string();
    assert_eq!(error, "robots.ops: env:OPS_TOKEN is not set");
}

#[test]
fn the_default_is_one_of_the_robots() {
    let faults = faults(&OPS.replace("version = 1", "version = 1\ndefault_robot = \"opps\""));
    assert_eq!(faults, ["default_robot: unknown robot `opps`; did you mean `ops`?"]);
}

#[test]
fn quotas_and_the_state_are_read() {
    let text = format!(
        "{OPS}monthly_quota = 500\nbase_url = \"https://gateway.example\"\ngateway = true\n\
         [quotas.organisation]\nlimit = 3000\nkeep_urgent = 100\n\
         [quotas.alerts]\nlimit = 900\nrobots = [\"ops\"]\n\
         [state]\ndir = \"{}\"\nenabled = false\n",
        if cfg!(windows) { "C:/state" } else { "/var/lib/state" }
    );
    let config = Config::parse(&text).unwrap();
    assert_eq!(config.robots[0].monthly_quota, Some(500));
    let quotas: Vec<_> = config
        .quotas
        .iter()
        .map(|quota| (&*quota.name, quota.limit, quota.robots.clone(), quota.keep_urgent))
        .collect();
    assert_eq!(quotas, [("alerts", 900, Some(vec!["ops".to_owned()]), 0), ("organisation", 3000, None, 100)]);
    assert!(config.state.dir.is_some_and(|dir| dir.is_absolute()));
    assert_eq!(config.state.enabled, Some(false));
}

#[test]
fn a_quota_needs_a_rate_by_which_requests_are_counted() {
    let faults = faults(&format!(
        "{OPS}monthly_quota = 10\nrate_per_minute = 0\nbase_url = \"https://gateway.example\"\ngateway = true\n"
    ));
    let expected = "robots.ops.monthly_quota: has no effect with `rate_per_minute = 0`, because such a robot counts \
                    nothing: set a rate";
    assert!(faults.iter().any(|fault| fault == expected), "{faults:#?}");
}

#[test]
fn faults_of_quotas_and_the_state_say_what_to_write() {
    let text = format!(
        "{OPS}monthly_quota = 0\ngateway = true\n\
         [quotas.all]\nlimit = 0\nrobots = [\"opps\", \"ops\", \"ops\", 3]\n\
         [quotas.none]\nrobots = []\n\
         [quotas.urgent]\nlimit = 10\nkeep_urgent = 10\nlimits = 3\nrobots = \"ops\"\n\
         [quotas.\"a b\"]\nlimit = 1\n\
         [state]\ndir = \"state\"\nenable = true\n"
    );
    let faults = faults(&text);
    for expected in [
        "robots.ops.monthly_quota: invalid value 0; expected at least 1 request per month; to send nothing, remove the \
         robot",
        "robots.ops.gateway: `gateway = true` needs a `base_url`: the address of the gateway",
        "quotas.all.limit: invalid value 0; expected at least 1 request per month; to send nothing, remove the robot",
        "quotas.all.robots[0]: unknown robot `opps`; did you mean `ops`?",
        "quotas.all.robots[2]: `ops` is listed twice",
        "quotas.all.robots[3]: expected a string, found an integer",
        "quotas.none.limit: missing",
        "quotas.none.robots: must not be empty: list the robots that share the quota, or omit the key for all robots",
        "quotas.urgent.keep_urgent: invalid value 10; expected a number of requests below `limit`",
        "quotas.urgent.limits: unknown key; did you mean `limit`?",
        "quotas.urgent.robots: expected a list of names, found a string; write `robots = [\"…\"]`",
        "quotas.a b: invalid name \"a b\"; use letters, digits, `_` and `-`, at most 32",
        "state.dir: expected an absolute path, found \"state\"; `~` and variables are not expanded",
        "state.enable: unknown key; did you mean `enabled`?",
    ] {
        assert!(faults.iter().any(|fault| fault == expected), "{expected} is not in\n{}", faults.join("\n"));
    }
    assert_eq!(faults.len(), 14, "{faults:#?}");
}

#[test]
fn tokens_name_doors_and_robots_that_exist() {
    let config = Config::parse(&format!(
        "{OPS}[tokens.grafana]\ntoken = \"env:GRAFANA\"\ndoors = [\"notify\", \"mcp\"]\nrobots = [\"ops\"]\nrate = 30\n\
         at_all = false\n[tokens.team]\ntoken = \"file:/run/secrets/team\"\n"
    ));
    let config = config.unwrap();
    let [grafana, team] = &config.tokens[..] else { panic!("{:?}", config.tokens) };
    assert_eq!((&*grafana.name, grafana.variables().collect()), ("grafana", vec!["GRAFANA"]));
    assert_eq!(grafana.doors, Some(vec![Door::Mcp, Door::Notify]));
    assert_eq!((grafana.rate, grafana.at_all), (Some(30), false));
    assert_eq!(grafana.robots, Some(vec!["ops".to_owned()]));
    assert_eq!((&team.doors, &team.robots, team.rate, team.at_all), (&None, &None, None, true));

    let faults = faults(&format!(
        "{OPS}[tokens.a]\ntoken = \"canary-0123456789\"\ndoors = [\"notfy\", \"x\"]\nrobots = [\"opps\"]\nrate = 0\n\
         [tokens.b]\ndoors = []\nrobot = [\"ops\"]\nat_all = \"deny\"\n"
    ));
    for expected in [
        "tokens.a.token: secrets do not belong in this file: write `env:NAME` for an environment variable, or `file:PATH`",
        "tokens.a.doors[0]: unknown door `notfy`; did you mean `notify`?",
        "tokens.a.doors[1]: unknown door `x`; expected one of `mcp`, `metrics`, `notify`, `robot`, `hooks`",
        "tokens.a.robots[0]: unknown robot `opps`; did you mean `ops`?",
        "tokens.a.rate: invalid value 0; expected at least 1 message per minute",
        "tokens.b.token: missing",
        "tokens.b.doors: must not be empty: list some of `mcp`, `metrics`, `notify`, `robot`, `hooks`, or omit the key for \
         all",
        "tokens.b.robot: unknown key; did you mean `robots`?",
        "tokens.b.at_all: expected true or false, found a string",
    ] {
        assert!(faults.iter().any(|fault| fault == expected), "{expected} is not in\n{}", faults.join("\n"));
    }
    assert_eq!(faults.len(), 9, "{faults:#?}");
    assert!(!faults.concat().contains("canary"));
}

#[test]
fn robots_of_one_token_have_one_key() {
    let path = std::env::temp_dir().join(format!("dingtalk-config-{}-token", std::process::id()));
    fs::write(&path, "0123456789abcdef").unwrap();
    let robot = |name: &str, more: &str| {
        let path = path.to_str().unwrap().replace('\\', "/");
        format!("[robots.{name}]\nabout = \"a\"\naccess_token = \"file:{path}\"\n{more}\n")
    };
    let text = [
        "version = 1\n".to_owned(),
        robot("abroad", "base_url = \"https://oapi.dingtalk.io\""),
        robot("gateway", "base_url = \"https://gateway.example\"\ngateway = true"),
        robot("plain", ""),
        robot("sandbox", "base_url = \"http://127.0.0.1:8080\""),
    ]
    .concat();
    let config = Config::parse(&text).unwrap();
    let keys: Vec<_> = config.robots.iter().flat_map(RobotSettings::keys).map(Result::unwrap).collect();
    fs::remove_file(&path).unwrap();
    assert_eq!(keys[0], keys[2]);
    assert_eq!(keys[1], keys[2]);
    assert_ne!(keys[3], keys[2]);
}

#[test]
fn a_proxy_stands_in_the_file_unless_it_has_a_password() {
    for proxy in ["http://proxy.example:3128", "none", "env:OPS_PROXY", "file:/run/secrets/me@proxy"] {
        let config = Config::parse(&format!("{OPS}proxy = \"{proxy}\"")).expect(proxy);
        let named = config.robots[0].variables().any(|name| name == "OPS_PROXY");
        assert_eq!(named, proxy == "env:OPS_PROXY");
    }
    let faults = faults(&format!("{OPS}proxy = \"http://me:canary@proxy.example\""));
    let [fault] = &faults[..] else { panic!("{faults:?}") };
    assert!(
        fault.starts_with("robots.ops.proxy: a user name and a password do not belong in this file"),
        "{fault}"
    );
    assert!(!fault.contains("canary"), "{fault}");
}

#[test]
fn an_outbox_has_its_settings() {
    let text = "version = 1\ntime_zone = \"Asia/Shanghai\"\n[outbox]\ncapacity = 500\nexpires_after = \"36h\"\n\
                digest = true\ndigest_window = \"10s\"\nurgent_threshold = 3\nlanguage = \"zh\"\n\
                quiet_hours = { begin = \"22:00\", end = \"07:30\" }\n";
    let outbox = Config::parse(text).unwrap().outbox;
    assert_eq!(
        (outbox.capacity, outbox.expires_after),
        (Some(500), Some(std::time::Duration::from_secs(129_600)))
    );
    let digest = outbox.digest.unwrap();
    assert_eq!((digest.window.as_secs(), digest.urgent_threshold), (10, 3));
    assert_eq!(digest.language, dingtalk_core::delivery::Language::Zh);
    #[cfg(feature = "notifications")]
    assert!(outbox.quiet_hours.is_some());
    assert_eq!(Config::parse(OPS).unwrap().outbox.digest, None);
}

#[test]
fn faults_of_an_outbox_are_explained() {
    for (text, expected) in [
        ("capacity = 0", "outbox.capacity: invalid value 0; expected a number of notifications, at least 1"),
        ("expires_after = \"soon\"", "outbox.expires_after: `soon` is not a span"),
        ("expires_after = 3600", "outbox.expires_after: expected a string, found an integer"),
        ("digest = \"yes\"", "outbox.digest: expected true or false, found a string"),
        (
            "digest_window = \"5s\"",
            "outbox.digest_window: `digest_window` has no effect without `digest = true`",
        ),
        ("digest = true\nurgent_threshold = -1", "outbox.urgent_threshold: invalid value -1"),
        ("language = \"fr\"", "outbox.language: invalid value \"fr\"; expected one of \"en\", \"zh\""),
        ("capasity = 5", "outbox.capasity: unknown key; did you mean `capacity`?"),
    ] {
        let faults = faults(&format!("version = 1\n[outbox]\n{text}\n"));
        assert!(faults.len() == 1 && faults[0].starts_with(expected), "{faults:?}");
    }
}

#[cfg(feature = "notifications")]
#[test]
fn quiet_hours_name_their_zone() {
    for (hours, expected) in [
        ("{ begin = \"22:00\", end = \"07:00\" }", "outbox.quiet_hours.zone: missing; name the time zone"),
        ("{ begin = \"22:00\", zone = \"UTC\" }", "outbox.quiet_hours.end: missing"),
        (
            "{ begin = \"22:00\", end = \"7 am\", zone = \"UTC\" }",
            "outbox.quiet_hours: quiet hours: invalid time \"7 am\"",
        ),
        (
            "{ begin = \"22:00\", end = \"07:00\", zone = \"Mars/Base\" }",
            "outbox.quiet_hours: quiet hours: unknown time zone \"Mars/Base\"",
        ),
        (
            "{ begin = \"22:00\", end = \"07:00\", zone = \"UTC\", days = 1 }",
            "outbox.quiet_hours.days: unknown key",
        ),
    ] {
        let faults = faults(&format!("version = 1\n[outbox]\nquiet_hours = {hours}\n"));
        assert!(faults.len() == 1 && faults[0].starts_with(expected), "{hours}: {faults:?}");
    }
}
