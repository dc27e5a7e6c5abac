use super::*;
use crate::Policy;

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
        "defualt: unknown key; expected one of version, default_robot, robots, people, notifications",
        "robots.ops.about: missing",
        "robots.ops.abuot: unknown key; did you mean `about`?",
        "robots.ops.access_token: secrets do not belong in this file: write `env:NAME` for an environment variable, or \
         `file:PATH`",
        "robots.ops.at_all: invalid value \"sometimes\"; expected one of \"ask\", \"allow\", \"deny\"",
        "robots.pool.pool[1].access_token: expected a string, found an integer",
        "robots.pool.pool[1].secrets: unknown key; did you mean `secret`?",
        "people.boss.user_id: missing",
        "people.boss.userid: unknown key; did you mean `user_id`?",
    ] {
        assert!(faults.iter().any(|fault| fault == expected), "{expected} is not in\n{}", faults.join("\n"));
    }
    let begins = |beginning: &str| faults.iter().any(|fault| fault.starts_with(beginning));
    assert!(begins("robots.ops.rate_per_minute: invalid value 0; without a limit"), "{faults:#?}");
    assert!(begins("people.on_call: "), "{faults:#?}");
    assert!(!faults.iter().any(|fault| fault.contains("SEC0123")), "a secret is repeated: {faults:#?}");
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
    let error = config.robots[0].deliver(DEADLINE).err().expect("OPS_TOKEN is not set").to_string();
    assert_eq!(error, "robots.ops: env:OPS_TOKEN is not set");
}

#[test]
fn the_default_is_one_of_the_robots() {
    let faults = faults(&OPS.replace("version = 1", "version = 1\ndefault_robot = \"opps\""));
    assert_eq!(faults, ["default_robot: unknown robot `opps`; did you mean `ops`?"]);
}
