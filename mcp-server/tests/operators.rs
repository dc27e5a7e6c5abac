//! Files under `packaging` for operators of the relay: other programs as senders, and how it is run and watched.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
#[path = "relay/scene.rs"]
mod scene;

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use saphyr::{LoadableYamlNode as _, Yaml};
use scene::{ALL, Scene, TOKENS, answer};
use serde_json::{Value, json};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

fn yaml(text: &str) -> Vec<Yaml<'_>> {
    Yaml::load_from_str(text).unwrap()
}

/// Declaration of a sender's notification, without the token of its caller: the scene has its own.
fn declaration(name: &str) -> String {
    let text = read(name);
    let at = text.find("[notifications.").unwrap();
    text[at..].to_owned()
}

/// Runs the script of Zabbix's media type as Zabbix does, and returns the path and the body of its request.
fn run_zabbix(script: &str, parameters: &Value) -> (String, Value, Vec<String>) {
    let program = format!(
        "const sent = [];\nclass HttpRequest {{\n  constructor() {{ this.headers = []; }}\n  addHeader(line) {{ this.headers.push(line); }}\n  \
         post(url, body) {{ sent.push({{ url, body, headers: this.headers }}); return '{{}}'; }}\n  getStatus() {{ return 200; }}\n}}\n\
         const run = new Function('value', 'HttpRequest', {});\nrun({}, HttpRequest);\nconsole.log(JSON.stringify(sent[0]));\n",
        json!(script),
        json!(parameters.to_string())
    );
    let mut node = Command::new("node")
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs the script of the media type: install it");
    node.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    let sent: Value = serde_json::from_slice(&output.stdout).unwrap();
    let body = serde_json::from_str(sent["body"].as_str().unwrap()).unwrap();
    let url = sent["url"].as_str().unwrap().to_owned();
    let headers = sent["headers"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned());
    (url, body, headers.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_media_type_of_zabbix_posts_what_the_relay_takes() {
    let scene = Scene::new("zabbix", "", &format!("{TOKENS}{}", declaration("senders/zabbix.toml"))).await;
    let relay = scene.relay();
    let text = read("senders/zabbix-media-type.yaml");
    let documents = yaml(&text);
    let media = &documents[0]["zabbix_export"]["media_types"][0];
    assert_eq!(media["type"].as_str(), Some("WEBHOOK"));
    let script = media["script"].as_str().unwrap();
    let values = [
        ("{$DINGTALK_RELAY}", "http://relay"),
        ("{$DINGTALK_RELAY_TOKEN}", "token"),
        ("{$ZABBIX.URL}", "https://zabbix.example.com"),
        ("{ALERT.SENDTO}", "ops"),
        ("{EVENT.ID}", "4711"),
        ("{TRIGGER.ID}", "17"),
        ("{HOST.NAME}", "web-3"),
        ("{EVENT.NAME}", "High CPU \"load\" *now*\n"),
        ("{EVENT.SEVERITY}", "High"),
        ("{EVENT.DATE}", "2026.11.29"),
        ("{EVENT.TIME}", "14:10:00"),
        // Texts of other programs have no limit: they are shortened, and never refused.
        ("{EVENT.OPDATA}", &*"97 % ".repeat(1000)),
    ];
    for (status, duration, expected) in
        [("1", None, "### 🔴 High CPU"), ("0", Some("1h 5m"), "### ✅ High CPU")]
    {
        let mut parameters = serde_json::Map::new();
        for parameter in media["parameters"].as_sequence().unwrap() {
            let mut value = parameter["value"].as_str().unwrap().replace("{EVENT.VALUE}", status);
            for (macro_name, with) in values.into_iter().chain(duration.map(|d| ("{EVENT.DURATION}", d))) {
                value = value.replace(macro_name, with);
            }
            parameters.insert(parameter["name"].as_str().unwrap().to_owned(), json!(value));
        }
        let (url, body, headers) = run_zabbix(script, &Value::Object(parameters));
        assert_eq!(url, "http://relay/notify/ops/zabbix_event");
        assert!(headers.contains(&"Authorization: Bearer token".to_owned()), "{headers:?}");
        assert_eq!(body.get("duration").is_some(), duration.is_some(), "{body}");
        let key = headers.iter().find_map(|line| line.strip_prefix("Idempotency-Key: ")).unwrap();
        let request = relay.post("/notify/ops/zabbix_event", &body).bearer_auth(ALL);
        let (status, said) = answer(request.header("idempotency-key", key)).await;
        assert_eq!(status, 200, "{body} {said}");
        scene.wait_for(if duration.is_some() { 2 } else { 1 }).await;
        let texts = scene.texts();
        assert!(texts.last().unwrap().starts_with(expected), "{texts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_templates_of_argo_cd_make_what_the_relay_takes() {
    let scene = Scene::new("argocd", "", &format!("{TOKENS}{}", declaration("senders/argocd.toml"))).await;
    let relay = scene.relay();
    let text = read("senders/argocd-notifications-cm.yaml");
    let documents = yaml(&text);
    let data = documents[0]["data"].as_mapping().unwrap();
    let (mut templates, mut sent) = (BTreeSet::new(), BTreeSet::new());
    for (key, value) in data {
        let (key, value) = (key.as_str().unwrap(), value.as_str().unwrap());
        let inner = yaml(value);
        if let Some(name) = key.strip_prefix("template.") {
            templates.insert(name.to_owned());
            let webhook = &inner[0]["webhook"]["dingtalk"];
            assert_eq!(webhook["method"].as_str(), Some("POST"));
            // Each action ends with `toJson`.
            let mut body = String::new();
            let mut rest = webhook["body"].as_str().unwrap();
            while let Some((before, action)) = rest.split_once("{{") {
                let (action, after) = action.split_once("}}").unwrap();
                assert!(action.trim_end().ends_with("| toJson"), "{action}");
                let shown = if action.contains("printf") {
                    "https://argocd.example.com/applications/shop".to_owned()
                } else {
                    "a \"b\"\n*c*".repeat(if action.contains("message") { 1000 } else { 1 })
                };
                body += before;
                body += &json!(shown).to_string();
                rest = after;
            }
            body += rest;
            let path = webhook["path"].as_str().unwrap();
            let (status, said) = answer(relay.post(path, &body).bearer_auth(ALL)).await;
            assert_eq!(status, 200, "{body} {said}");
        } else if key.starts_with("trigger.") {
            let list = inner[0][0]["send"].as_sequence().unwrap();
            sent.extend(list.iter().map(|name| name.as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(templates, sent);
    scene.wait_for(templates.len()).await;
}

/// Writes a map of Groovy as JSON: brackets outside of texts are those of maps, and keys have no quotes.
fn json_of_groovy(map: &str) -> String {
    let (mut written, mut word, mut quote) = (String::new(), String::new(), None);
    let mut characters = map.chars();
    while let Some(c) = characters.next() {
        match quote {
            Some(open) if c == open => {
                quote = None;
                written.push('"');
            }
            Some(_) => {
                written.push(c);
                if c == '\\' {
                    written.extend(characters.next());
                }
            }
            None => match c {
                '\'' | '"' => {
                    quote = Some(c);
                    written.push('"');
                }
                '[' => written.push('{'),
                ']' => written.push('}'),
                ':' => written.push_str(&format!("\"{}\":", std::mem::take(&mut word))),
                c if c.is_alphanumeric() => word.push(c),
                c => written.push(c),
            },
        }
    }
    written
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_of_jenkins_posts_what_the_relay_takes() {
    let scene = Scene::new("jenkins", "", TOKENS).await;
    let relay = scene.relay();
    let pipeline = read("senders/jenkins.groovy");
    let map = pipeline.lines().find_map(|line| line.trim().strip_prefix("def body = ")).unwrap();
    let body = json_of_groovy(map)
        .replace("${title}", "🔴 shop/main failed")
        .replace("${env.BUILD_NUMBER}", "17")
        .replace("${took}", "1 min 5 sec")
        .replace("${env.BUILD_URL}", "https://jenkins.example.com/job/shop/17/");
    assert!(!body.contains("${"), "{body}");
    assert!(pipeline.contains("$RELAY/robot/send?access_token=$RELAY_TOKEN"));
    let (status, said) = answer(relay.raw(ALL, &body)).await;
    assert_eq!((status, &said["errcode"]), (200, &json!(0)), "{body} {said}");
    scene.wait_for(1).await;
    assert!(scene.texts()[0].starts_with("### 🔴 shop/main failed\n\n#17"), "{:?}", scene.texts());
}

/// Names of this program's metrics in a text, without the endings that a type adds.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let names = words.filter(|word| word.starts_with("dingtalk_notify_"));
    names
        .map(|name| {
            let ending = ["_total", "_bucket", "_info", "_count", "_sum"];
            ending.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name).to_owned()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboards_and_rules_use_metrics_that_the_relay_has() {
    let scene = Scene::new("metrics", "", TOKENS).await;
    let relay = scene.relay();
    let everybody = json!({"msgtype": "text", "text": {"content": "a"}, "at": {"isAtAll": true}});
    let (status, _) = answer(relay.raw(ALL, everybody)).await;
    assert_eq!(status, 200);
    scene.wait_for(1).await;
    let text = scene::client().get(format!("{}/metrics", relay.url)).bearer_auth(ALL).send().await.unwrap();
    let text = text.text().await.unwrap();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let known: BTreeSet<String> = types.map(str::to_owned).collect();
    let dashboard: Value = serde_json::from_str(&read("relay/grafana-dashboard.json")).unwrap();
    let rules = read("relay/prometheus-rules.yml");
    assert_eq!(yaml(&rules).len(), 1);
    for (file, used) in [("dashboard", metrics(&dashboard.to_string())), ("rules", metrics(&rules))] {
        assert!(used.len() >= 5, "{file}: {used:?}");
        let unknown: Vec<&String> =
            used.difference(&known).filter(|name| *name != "dingtalk_notify").collect();
        assert!(unknown.is_empty(), "{file} uses {unknown:?}\n{text}");
    }
}

/// The unit, the compose file and the manifest run the same command with the same file, and the relay starts with it.
#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_the_relay_fit_together() {
    let unit = read("relay/dingtalk-relay.service");
    let compose = read("relay/compose.yaml");
    let compose = yaml(&compose);
    let manifest = read("relay/kubernetes.yaml");
    let manifest = yaml(&manifest);
    let words = |list: &Yaml<'_>| -> Vec<String> {
        list.as_sequence().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let service = &compose[0]["services"]["relay"];
    let pod = &manifest[1]["spec"]["template"]["spec"];
    let unit =
        unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/dingtalk-notify ")).unwrap();
    let unit: Vec<String> = unit.split(' ').map(str::to_owned).collect();
    for command in [unit, words(&service["command"]), words(&pod["containers"][0]["args"])] {
        assert_eq!(command[0], "relay");
        assert!(
            command.windows(2).any(|two| two == ["--config", "/etc/dingtalk/robots.toml"]),
            "{command:?}"
        );
        // The options are those of the program: it reads them, and misses the file.
        let output = program::command().args(&command).output().unwrap();
        let problem = String::from_utf8(output.stderr).unwrap();
        assert!(problem.contains("/etc/dingtalk/robots.toml"), "{problem}");
    }
    let mounts = pod["containers"][0]["volumeMounts"].as_sequence().unwrap();
    let volumes = pod["volumes"].as_sequence().unwrap();
    let names = |list: &[Yaml<'_>]| -> BTreeSet<String> {
        list.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(mounts), names(volumes));
    let config = path("relay/robots.toml");
    let output = program::command().args(["relay", "check", "--config"]).arg(config).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
