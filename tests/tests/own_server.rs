//! docs/own-server.md: its program compiles, and the programs that read its files accept them.

#![allow(clippy::unwrap_used, reason = "a page that cannot be read fails the test")]

use dingtalk_config::Config;
use dingtalk_notify::Deployment;
use serde_json::Value;

const PAGE: &str = include_str!("../../docs/own-server.md");

#[allow(dead_code, reason = "the program's `main` is not this test's")]
mod program {
    use dingtalk_core::{tool::ToolSet, tools};

    pub(super) fn tools() -> ToolSet {
        ToolSet::new(tools![DiskAlert, VersionLive, ReviewWanted]).unwrap()
    }

    // the program begins
    use dingtalk_core::{Mobile, Notification, Url};

    /// Warn the on-call group that a disk is nearly full.
    #[derive(Notification)]
    #[dingtalk(
        text("Disk {disk} of {host} is {percent}% full"),
        tool(when = "a disk is nearly full and a person must make room")
    )]
    struct DiskAlert {
        /// Host name as in the inventory.
        #[dingtalk(length(1..=64), example = "db-1")]
        host: String,
        /// Mount point.
        #[dingtalk(length(1..=64), example = "/var/lib")]
        disk: String,
        /// Used space, in percent.
        #[dingtalk(range(0..=100), example = 97)]
        percent: u8,
        /// Mobile numbers of the people to mention.
        #[dingtalk(at)]
        on_call: Vec<Mobile>,
    }

    /// Tell the team that a new version is live, and what is new in it.
    #[derive(Notification)]
    #[dingtalk(
        link(title = "{service} {version} is live", text = "{changes}", url = "{page}"),
        tool(when = "a deployment has succeeded and users can notice it")
    )]
    struct VersionLive {
        /// The service that was deployed.
        #[dingtalk(length(1..=64), example = "orders")]
        service: String,
        /// Version number, as users see it.
        #[dingtalk(length(1..=64), example = "1.4")]
        version: String,
        /// Changes for users, in one or two sentences.
        #[dingtalk(length(1..=300), example = "Exports are twice as fast.")]
        changes: String,
        /// Page with all changes.
        #[dingtalk(example = "https://example.com/orders/1.4")]
        page: Url,
    }

    /// Ask a colleague to read a change before it is merged.
    #[derive(Notification)]
    #[dingtalk(
        markdown(title = "Review wanted: {change}", text = "### Review wanted\n[{change}]({page})\n{risk}"),
        tool(when = "a change is complete and its checks have passed")
    )]
    struct ReviewWanted {
        /// Title of the change, as in the pull request.
        #[dingtalk(length(1..=120), example = "Make exports twice as fast")]
        change: String,
        /// Page of the pull request.
        #[dingtalk(example = "https://example.com/orders/pulls/42")]
        page: Url,
        /// Risks of the change, if any.
        #[dingtalk(line = "> {}", length(..=300))]
        risk: Option<String>,
        /// Mobile numbers of the reviewers.
        #[dingtalk(at)]
        readers: Vec<Mobile>,
    }

    dingtalk_notify::main!(DiskAlert, VersionLive, ReviewWanted);
    // the program ends
}

/// Contents of the code blocks in this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let begin = format!("```{language}\n");
    PAGE.split(&begin).skip(1).map(|rest| rest.split("\n```\n").next().unwrap()).collect()
}

#[test]
fn the_page_shows_this_program() {
    let lines = include_str!("own_server.rs").lines().map(|line| line.strip_prefix("    ").unwrap_or(line));
    let program = lines.skip_while(|line| *line != "// the program begins").skip(1);
    let program: Vec<&str> = program.take_while(|line| *line != "// the program ends").collect();
    assert_eq!(blocks("rust"), [program.join("\n").trim_end()]);
}

#[test]
fn its_tools_have_no_lints() {
    let lints = Deployment::new().lint(&program::tools());
    assert!(lints.is_empty(), "{lints:?}");
}

#[test]
fn the_package_requires_this_version() {
    let (version, _) = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap();
    let package = blocks("toml")[0];
    assert!(
        package.contains(&format!("dingtalk-core = {{ version = \"{version}\", features = [\"tool\"] }}")),
        "{package}"
    );
    assert!(package.contains(&format!("dingtalk-notify = \"{version}\"")), "{package}");
}

#[test]
fn the_configuration_file_is_valid() {
    let config = Config::parse(blocks("toml")[1]).unwrap();
    let names: Vec<&str> = config.robots.iter().map(|robot| &*robot.name).collect();
    assert_eq!(names, ["developers", "ops"]);
    assert_eq!(config.people.len(), 1);
}

#[test]
fn the_manifest_of_the_bundle_is_valid() {
    let schema: Value =
        serde_json::from_str(include_str!("../schemas/mcpb-manifest-0.3.schema.json")).unwrap();
    let manifest: Value = serde_json::from_str(blocks("json")[0]).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&manifest).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn every_client_passes_the_secrets_to_the_program() {
    let clients = &blocks("json")[1..];
    assert_eq!(clients.len(), 3);
    for block in clients {
        let configuration: Value = serde_json::from_str(block).unwrap();
        let servers = ["mcpServers", "servers"].iter().find_map(|key| configuration.get(key)).unwrap();
        let server = &servers["team-alerts"];
        assert_eq!(server["command"], "team-alerts", "{block}");
        let names: Vec<&String> = server["env"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["DINGTALK_BOT_ACCESS_TOKEN", "DINGTALK_BOT_SECRET"]);
        // A committed file contains no secret.
        for value in server["env"].as_object().unwrap().values() {
            assert!(value.as_str().unwrap().starts_with("${"), "{block}");
        }
    }
}
