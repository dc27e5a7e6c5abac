//! Hooks: payloads of other programs as notifications, by the presets and by the rules of a file.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{fmt::Write as _, fs, path::PathBuf};

use dingtalk_config::{Composed, Config, HookSource, Meaning, PRESETS, Payload, SAMPLES};
use dingtalk_core::{delivery::Language, message::set_time_zone, tool::ToolSet};
use expect_test::expect_file;
use proptest::prelude::*;
use serde_json::{Value, json};

const OCTOKIT: &str = "../mcp-server/examples/webhooks/payloads";

/// Payloads, each with its preset, its file and the event that its request names.
const RECORDED: [(&str, &str, &str); 16] = [
    ("alertmanager", "../mcp-server/examples/webhooks/payloads/alertmanager/firing-and-resolved-v4.json", ""),
    ("alertmanager", "payloads/alertmanager/resolved-0.34.json", ""),
    ("alertmanager", "payloads/alertmanager/recorded-0.25-firing.json", ""),
    ("alertmanager", "payloads/alertmanager/recorded-0.25-resolved.json", ""),
    ("grafana", "payloads/grafana/firing.json", ""),
    ("grafana", "payloads/grafana/resolved.json", ""),
    ("uptime-kuma", "payloads/uptime-kuma/down.json", ""),
    ("uptime-kuma", "payloads/uptime-kuma/up.json", ""),
    ("uptime-kuma", "payloads/uptime-kuma/test.json", ""),
    ("github", "github/push.json", "push"),
    ("github", "payloads/github/push.json", "push"),
    ("github", "github/pull_request.opened.json", "pull_request"),
    ("github", "github/release.published.json", "release"),
    ("github", "github/workflow_run.completed.json", "workflow_run"),
    ("github", "github/deployment_status.json", "deployment_status"),
    ("github", "github/dependabot_alert.created.json", "dependabot_alert"),
];

fn body(path: &str) -> Value {
    let path = if path.starts_with("github/") { format!("{OCTOKIT}/{path}") } else { path.to_owned() };
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn source(text: &str) -> HookSource {
    let config = Config::parse(text).unwrap();
    config.hooks[0].source(&config.notifications).unwrap()
}

fn preset(name: &str, language: &str) -> HookSource {
    source(&format!("version = 1\n[hooks.{name}]\npreset = \"{name}@1\"\nlanguage = \"{language}\"\n"))
}

fn compose(source: &HookSource, body: &Value, event: &str) -> Result<Composed, String> {
    let header = |name: &str| (name == "x-github-event").then(|| event.to_owned());
    match source.read(&Payload::new(body, &header)) {
        Meaning::Event(event) => Ok(event.compose(&|_| None)),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn every_recorded_payload_becomes_its_message() {
    set_time_zone("Asia/Shanghai").unwrap();
    for (language, name) in [("en", "english"), ("zh", "chinese")] {
        let mut shown = String::new();
        for (preset_name, file, event) in RECORDED {
            let source = preset(preset_name, language);
            let _ = writeln!(shown, "==== {preset_name}: {}", file.rsplit('/').next().unwrap());
            match compose(&source, &body(file), event) {
                Ok(composed) => {
                    assert!(!composed.is_fallback, "{file}: {:?}", composed.left_out);
                    let _ = writeln!(shown, "{}", composed.envelope.message);
                    if let Some(line) = &composed.envelope.digest_line {
                        let _ = writeln!(shown, "-- in a digest: {line}");
                    }
                    for fault in &composed.left_out {
                        let _ = writeln!(shown, "-- left out: {fault}");
                    }
                }
                Err(arrival) => {
                    let _ = writeln!(shown, "-- {arrival}");
                }
            }
        }
        expect_file![format!("../golden/hooks/{name}.txt")].assert_eq(&shown);
    }
}

/// Each preset has samples, and each of them becomes its message with all of its values.
#[test]
fn every_sample_becomes_its_message() {
    set_time_zone("Asia/Shanghai").unwrap();
    for preset_of in PRESETS {
        assert!(SAMPLES.iter().any(|sample| sample.preset == preset_of.name), "{preset_of} has no sample");
    }
    for (language, name) in [("en", "samples.english"), ("zh", "samples.chinese")] {
        let mut shown = String::new();
        for sample in SAMPLES {
            let source = preset(sample.preset, language);
            let _ = writeln!(shown, "==== {}: {}", sample.preset, sample.name);
            sample.with_payload(|payload| match source.read(payload) {
                Meaning::Event(event) => {
                    let composed = event.compose(&|_| None);
                    let at = (sample.preset, sample.name);
                    assert!(
                        !composed.is_fallback && composed.left_out.is_empty(),
                        "{at:?} {:?}",
                        composed.left_out
                    );
                    let _ = writeln!(shown, "{}", composed.envelope.message);
                    let digest = composed.envelope.digest_line.as_ref().unwrap();
                    let _ = writeln!(shown, "-- in a digest: {digest}");
                }
                other => {
                    let _ = writeln!(shown, "-- {other:?}");
                }
            });
        }
        expect_file![format!("../golden/hooks/{name}.txt")].assert_eq(&shown);
    }
}

#[test]
fn a_sample_of_another_source_is_foreign() {
    for sample in SAMPLES {
        for preset_of in PRESETS.iter().filter(|preset| preset.name != sample.preset) {
            let source = preset(preset_of.name, "en");
            sample.with_payload(|payload| {
                let arrival = source.read(payload);
                let at = (sample.preset, sample.name, preset_of.name);
                assert!(matches!(arrival, Meaning::Foreign { .. }), "{at:?}: {arrival:?}");
            });
        }
    }
}

/// Events that GitLab hides from most members do not appear in a group.
#[test]
fn confidential_events_become_no_message() {
    let source = preset("gitlab", "en");
    for body in [
        json!({"object_kind": "issue", "object_attributes": {"action": "open", "confidential": true, "title": "x"}}),
        json!({"object_kind": "note", "event_type": "confidential_note", "object_attributes": {"note": "x"}}),
        json!({"object_kind": "issue", "event_type": "confidential_issue", "object_attributes": {"action": "open"}}),
    ] {
        let header = |name: &str| (name == "x-gitlab-event").then(|| "Issue Hook".to_owned());
        let arrival = source.read(&Payload::new(&body, &header));
        assert!(matches!(arrival, Meaning::Skipped { .. }), "{arrival:?}");
    }
}

#[test]
fn both_languages_of_a_preset_have_the_same_rules() {
    let keys = |text: &str| -> Vec<String> {
        let words = text.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split(" = "));
        words
            .filter_map(|part| part.split_whitespace().last().map(str::to_owned))
            .filter(|word| word.is_ascii())
            .collect()
    };
    for preset in PRESETS {
        // The texts of templates differ; the rules before them do not.
        let rules = |language| {
            let text = preset.text(language);
            keys(text.split("\n[notifications").next().unwrap())
        };
        let (english, chinese) = (rules(Language::En), rules(Language::Zh));
        let paths =
            |rules: &[String]| rules.iter().filter(|word| !word.contains('"')).cloned().collect::<Vec<_>>();
        assert_eq!(paths(&english), paths(&chinese), "{preset}");
    }
}

/// A copy of what `relay preset show` prints works in a file, and means the same.
#[test]
fn a_printed_preset_is_a_file() {
    for preset_of in PRESETS {
        for language in [Language::En, Language::Zh] {
            let config = Config::parse(preset_of.text(language)).unwrap();
            assert!(ToolSet::new(config.notifications.clone()).is_ok());
            let copied = config.hooks[0].source(&config.notifications).unwrap();
            let word = if language == Language::Zh { "zh" } else { "en" };
            let built_in = preset(preset_of.name, word);
            for (name, file, event) in RECORDED.iter().filter(|(name, ..)| *name == preset_of.name) {
                let message =
                    |source| compose(source, &body(file), event).map(|composed| composed.envelope.message);
                assert_eq!(message(&copied), message(&built_in), "{name} {file}");
            }
        }
    }
}

#[test]
fn what_another_source_sends_is_foreign() {
    for (name, file, event) in RECORDED {
        for preset_of in PRESETS.iter().filter(|preset| preset.name != name && preset.name != "uptime-kuma") {
            let (body, source) = (body(file), preset(preset_of.name, "en"));
            let header =
                |wanted: &str| (wanted == "x-github-event" && name == "github").then(|| event.to_owned());
            let arrival = source.read(&Payload::new(&body, &header));
            assert!(matches!(arrival, Meaning::Foreign { .. }), "{file} at {}: {arrival:?}", preset_of.name);
        }
    }
}

#[test]
fn a_ping_is_skipped_and_a_new_event_is_named() {
    let source = preset("github", "en");
    let arrival = |event: &str, body: Value| {
        let header = |name: &str| (name == "x-github-event").then(|| event.to_owned());
        format!("{:?}", source.read(&Payload::new(&body, &header)))
    };
    assert_eq!(arrival("ping", json!({"zen": "Design for failure."})), "Skipped { event: \"ping\" }");
    assert_eq!(arrival("star", json!({"action": "created"})), "Skipped { event: \"routine\" }");
    assert_eq!(
        arrival("sponsorship", json!({"action": "created"})),
        "Unknown { event: \"sponsorship.created\" }"
    );
}

/// Both of a pair of Alertmanagers send the same group, in any order of its alerts.
#[test]
fn the_same_group_has_the_same_key() {
    let source = preset("alertmanager", "en");
    let key = |body: &Value| match source.read(&Payload::new(body, &|_| None)) {
        Meaning::Event(event) => event.repeat.unwrap().0,
        other => panic!("{other:?}"),
    };
    let first = body(RECORDED[0].1);
    let mut second = first.clone();
    second["alerts"].as_array_mut().unwrap().reverse();
    second["externalURL"] = json!("https://alertmanager-2.example.com");
    assert_eq!(key(&first), key(&second));
    second["alerts"][1]["status"] = json!("resolved");
    assert_ne!(key(&first), key(&second));
}

const MINE: &str = r#"
version = 1

[people]
on_call = "13800000000"

[hooks.mine]
notification = "deploy"

[hooks.mine.fields]
service = { parts = ["app.name", { path = "app.version", before = "v" }] }
state = { path = "result", map = { ok = "done", ko = "failed" }, default = "failed" }
seconds = { from = "began", until = "ended" }
hosts = { each = "hosts", path = "name", where = { up = true } }
owners = "owners"
loud = { when = { result = "ko" } }
page = "links[0].href"
count = { count = "hosts" }
text = { path = ["note", "app.note"], first_line = true, default = "no note" }

[notifications.deploy]
purpose = "Tell a group that a service was deployed."
text = "{service}: {state} after {seconds} on {hosts} ({count}): {text}\n{page}\n{loud}\n{owners}"
fields = [
    { name = "service", type = "text", length = "1..=20", description = "Name and version." },
    { name = "state", type = "choice", values = ["done", "failed"], description = "Result of the deployment." },
    { name = "seconds", type = "duration", default = 0, description = "How long it took." },
    { name = "hosts", type = "text", list = true, join = ", ", else = "no host", max_items = 3, length = "..=10", description = "Hosts that were updated, for example `web-1`." },
    { name = "count", type = "integer", default = 0, description = "How many machines there are." },
    { name = "text", type = "text", length = "..=10", description = "What the author says." },
    { name = "page", type = "url", optional = true, line = "{}", description = "Address of the log." },
    { name = "loud", type = "flag", line = "please look", description = "True if somebody must look." },
    { name = "owners", type = "mobile", list = true, at = true, description = "People who are told, by name." },
]
"#;

#[test]
fn a_file_selects_fields_of_its_own() {
    let source = source(MINE);
    let body = json!({
        "app": {"name": "shop", "version": 7, "note": "first line is long\nsecond"},
        "result": "ko",
        "began": "2026-11-28T10:00:00Z",
        "ended": "2026-11-28T18:01:30+08:00",
        "hosts": [{"name": "web-1", "up": true}, {"name": "web-2", "up": false}, {"name": "a-host-with-a-long-name", "up": true}],
        "owners": ["on_call", "13911111111"],
        "links": [{"href": "not a link"}],
    });
    let Meaning::Event(event) = source.read(&Payload::new(&body, &|_| None)) else { panic!() };
    let person = |name: &str| {
        (name == "on_call").then(|| (dingtalk_core::tool::PersonKind::Number, "13800000000".to_owned()))
    };
    let composed = event.compose(&person);
    assert!(!composed.is_fallback);
    assert_eq!(
        composed.envelope.message.to_string().lines().next().unwrap(),
        "shop v7: failed after 90 s on web-1, a-host-wi… (3): first lin…"
    );
    // A payload mentions nobody who is not in the file, and a link that is none is left out.
    assert_eq!(composed.arguments["owners"], json!(["on_call"]));
    assert_eq!(composed.arguments["loud"], json!(true));
    assert!(composed.left_out.iter().any(|fault| fault.path == "page"), "{:?}", composed.left_out);
}

/// Mentions of the file are in each message, also in the plain one of a payload that cannot be shown.
#[test]
fn a_hook_mentions_people_of_the_file() {
    let text = MINE.replace("[hooks.mine]\n", "[hooks.mine]\nmention = [\"On_Call\"]\nmention_all = true\n");
    let source = source(&text);
    let person = |name: &str| {
        let is_known = name.eq_ignore_ascii_case("on_call");
        is_known.then(|| (dingtalk_core::tool::PersonKind::Number, "13800000000".to_owned()))
    };
    for (body, is_fallback) in [(json!({"app": {"name": "shop", "note": "x"}}), false), (json!({}), true)] {
        let Meaning::Event(event) = source.read(&Payload::new(&body, &|_| None)) else { panic!() };
        let composed = event.compose(&person);
        assert_eq!(composed.is_fallback, is_fallback);
        let mentions = composed.envelope.message.mentions().unwrap();
        assert!(mentions.all && mentions.mobiles.len() == 1, "{mentions:?}");
        assert!(composed.envelope.message.to_string().contains("@13800000000"));
    }
    let misspelt = MINE.replace("[hooks.mine]\n", "[hooks.mine]\nmention = [\"on_cal\"]\n");
    let error = Config::parse(&misspelt).unwrap_err().to_string();
    assert_eq!(error, "hooks.mine.mention: `people` has no `on_cal`; did you mean `on_call`?");
}

#[test]
fn what_cannot_be_shown_is_still_told() {
    let source = source(MINE);
    let body = json!({"result": "ok"});
    let Meaning::Event(event) = source.read(&Payload::new(&body, &|_| None)) else { panic!() };
    let composed = event.compose(&|_| None);
    assert!(composed.is_fallback);
    let text = composed.envelope.message.to_string();
    assert!(text.starts_with("mine\nThe notification could not be shown: `service`"), "{text}");
}

#[test]
fn faults_of_a_hook_are_found_at_the_start() {
    let faults = |replace: &[(&str, &str)]| -> Vec<String> {
        let text = replace.iter().fold(MINE.to_owned(), |text, (from, to)| text.replace(from, to));
        let found = match Config::parse(&text) {
            Ok(config) => config.hooks[0].source(&config.notifications).map(|_| ()),
            Err(error) => Err(error),
        };
        found.unwrap_err().to_string().lines().map(str::to_owned).collect()
    };
    for (from, to, expected) in [
        (
            "notification = \"deploy\"",
            "notification = \"deplyo\"",
            "hooks.mine.notification: unknown notification `deplyo`; did you mean `deploy`?",
        ),
        (
            "loud = ",
            "lout = ",
            "hooks.mine.fields.lout: the notification has no field `lout`; did you mean `loud`?",
        ),
        ("state = {", "stat = {", "hooks.mine.fields.state: missing: the notification requires this field"),
        (
            "ko = \"failed\"",
            "ko = \"broken\"",
            "hooks.mine.fields.state: \"broken\" is not a value of the field; expected one of done, failed",
        ),
        (
            "text = { path",
            "text = { each = \"notes\", path",
            "hooks.mine.fields.text: selects a list, and the field has one value: add `join`, such as `\", \"`",
        ),
        (
            "\"links[0].href\"",
            "\"links[x].href\"",
            "hooks.mine.fields.page: invalid path \"links[x].href\"; expected a number in brackets; for all elements, use `each`",
        ),
        (
            "count = { count",
            "count = { path = \"x\", count",
            "hooks.mine.fields.count.count: a value has one source: remove `path` or `count`",
        ),
        ("seconds = { from = \"began\", ", "seconds = { ", "hooks.mine.fields.seconds.from: missing"),
        ("where = { up", "were = { up", "hooks.mine.fields.hosts.were: unknown key; did you mean `where`?"),
        (
            "[hooks.mine]\n",
            "[hooks.mine]\npreset = \"grafana@1\"\n",
            "hooks.mine.notification: the preset has its own; to change it, print it with `relay preset show grafana@1`, and copy what it prints into this file",
        ),
        (
            "[hooks.mine]\n",
            "[hooks.mine]\nsecret = \"abc\"\nsignature = \"github\"\n",
            "hooks.mine.secret: secrets do not belong in this file: write `env:NAME` for an environment variable, or `file:PATH`",
        ),
    ] {
        let found = faults(&[(from, to)]);
        assert!(found.contains(&expected.to_owned()), "{found:#?}");
    }
    let keys = "preset = \"grafanna@1\"\nsecret = \"env:S\"\nresolved = \"own\"\nplaces = 0\n";
    let error = Config::parse(&format!("version = 1\n[hooks.x]\n{keys}")).unwrap_err().to_string();
    assert_eq!(
        error,
        "hooks.x.preset: unknown preset `grafanna`; did you mean `grafana`?\n\
         hooks.x.places: invalid value 0; expected a number from 1 to 10000",
        "no fault hides another, and none is told of what only the preset would have"
    );
    let error = Config::parse("version = 1\n[hooks.x]\npreset = \"grafana\"\n").unwrap_err().to_string();
    assert_eq!(error, "hooks.x.preset: the revision is missing: write `grafana@1`");
}

/// Any JSON below the keys that a preset reads.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,40}".prop_map(Value::from),
        "[a-z]{1,8}( ?[*_`#>\\[\\]()-]){0,4}".prop_map(Value::from),
        Just(json!("x".repeat(5000))),
    ];
    let key = prop_oneof![
        "[a-z]{1,6}",
        Just("labels".to_owned()),
        Just("annotations".to_owned()),
        Just("summary".to_owned()),
        Just("alertname".to_owned()),
        Just("severity".to_owned()),
        Just("startsAt".to_owned()),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// An authenticated payload of the source always becomes a message.
    #[test]
    fn a_payload_of_the_source_is_never_lost(
        status in prop_oneof![Just("firing"), Just("resolved")],
        alerts in any_json(), labels in any_json(), group in any_json(), url in any_json(),
    ) {
        let body = json!({
            "version": "4", "groupKey": "x", "status": status, "receiver": "r",
            "alerts": if alerts.is_null() { json!([]) } else { alerts },
            "commonLabels": labels, "groupLabels": group, "externalURL": url,
        });
        let source = preset("alertmanager", "en");
        let blank = body["alerts"].as_str().is_some_and(|text| text.trim().is_empty());
        match compose(&source, &body, "") {
            Ok(composed) => prop_assert!(!composed.envelope.message.to_string().is_empty()),
            Err(arrival) => prop_assert!(blank && arrival.contains("Foreign"), "{}", arrival),
        }
    }
}

/// The files that the page shows are valid.
#[test]
fn the_page_shows_files_that_work() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks: Vec<&str> = page.split("<!-- hooks -->\n```toml\n").skip(1).collect();
    assert_eq!(blocks.len(), 3);
    for block in blocks {
        let config = Config::parse(block.split("\n```").next().unwrap()).unwrap();
        for hook in &config.hooks {
            hook.source(&config.notifications).unwrap();
        }
    }
}
