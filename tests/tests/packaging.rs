//! Manifests, pages and links that install the server agree with the program and with each other.
//!
//! `UPDATE_EXPECT=1` writes the links of docs/install.md anew, from the blocks beside them.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dingtalk_notify::builtin_tools;
use expect_test::expect_file;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::Value;

const VERSION: &str = env!("CARGO_PKG_VERSION");

const SERVER: &str = "server.json";
const BUNDLE: &str = "packaging/mcpb/manifest.json";
const WRAPPER: &str = "packaging/npm/wrapper/package.json";
const PLATFORMS: &str = "packaging/npm/platforms.json";
const INSTALL: &str = "docs/install.md";
const OWN_SERVER: &str = "docs/own-server.md";
const README: &str = "README.md";
const README_CHINESE: &str = "README.zh-CN.md";

/// The owner's account, until docs/release.md replaces it. In two pieces, so that it is not replaced here
/// too.
const PLACEHOLDER: &str = concat!("OWN", "ER");

/// Files that document variables for people or clients.
const NAMING_VARIABLES: [&str; 8] = [
    SERVER,
    BUNDLE,
    INSTALL,
    OWN_SERVER,
    README,
    README_CHINESE,
    "packaging/npm/wrapper/README.md",
    "Dockerfile",
];

const CURSOR: &str = "https://cursor.com/en/install-mcp?";
const VS_CODE: &str = "https://insiders.vscode.dev/redirect/mcp/install?";

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn json(file: &str) -> Value {
    serde_json::from_str(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The value at a JSON pointer, which must be a string.
fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer}"))
}

fn array<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("no array at {pointer}"))
}

fn object<'a>(value: &'a Value, pointer: &str) -> &'a serde_json::Map<String, Value> {
    value.pointer(pointer).and_then(Value::as_object).unwrap_or_else(|| panic!("no object at {pointer}"))
}

/// The code blocks of a page, each with the word after its fence.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language.to_owned(), block.join("\n")));
        }
    }
    blocks
}

/// The section below a heading of the second level.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let start = page.find(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    let section = &page[start + 1..];
    section.find("\n## ").map_or(section, |end| &section[..end])
}

/// The first JSON block below a heading.
fn configuration(page: &str, heading: &str) -> Value {
    let (_, block) =
        blocks(section(page, heading)).into_iter().find(|(language, _)| language == "json").unwrap();
    serde_json::from_str(&block).unwrap()
}

/// The targets of the links of a page, outside code.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let prose = page.split("```").step_by(2);
    prose.flat_map(|prose| prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()))
}

fn parameter(link: &str, name: &str) -> Option<String> {
    let (_, query) = link.split_once('?')?;
    let (_, value) =
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?;
    Some(percent_decode_str(value).decode_utf8().unwrap().into_owned())
}

fn names_of_variables(page: &str) -> BTreeSet<&str> {
    page.split(|character: char| !(character.is_ascii_uppercase() || character == '_'))
        .filter(|word| word.starts_with("DINGTALK_"))
        .collect()
}

fn assert_valid(file: &str, schema: &str) {
    let schema = json(schema);
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let document = json(file);
    let errors: Vec<_> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{file}: {errors:#?}");
}

#[test]
fn the_entry_of_the_registry_is_valid() {
    assert_valid(SERVER, "tests/schemas/mcp-server-2025-12-11.schema.json");
    let schema = json("tests/schemas/mcp-server-2025-12-11.schema.json");
    assert_eq!(text(&json(SERVER), "/$schema"), text(&schema, "/$id"));
}

#[test]
fn the_manifest_of_the_bundle_is_valid() {
    assert_valid(BUNDLE, "tests/schemas/mcpb-manifest-0.3.schema.json");
}

#[test]
fn every_version_is_the_workspaces() {
    let (server, bundle, wrapper) = (json(SERVER), json(BUNDLE), json(WRAPPER));
    for (place, version) in [
        (SERVER, text(&server, "/version")),
        (BUNDLE, text(&bundle, "/version")),
        (WRAPPER, text(&wrapper, "/version")),
    ] {
        assert_eq!(version, VERSION, "{place}");
    }
    // The release adds the packages of the platforms, in its own version.
    assert!(wrapper.get("optionalDependencies").is_none());
    for package in array(&server, "/packages") {
        let identifier = text(package, "/identifier");
        match text(package, "/registryType") {
            "npm" | "cargo" => assert_eq!(text(package, "/version"), VERSION, "{identifier}"),
            "oci" => assert!(identifier.ends_with(&format!(":{VERSION}")), "{identifier}"),
            "mcpb" => {
                assert!(identifier.ends_with(&format!("/v{VERSION}/dingtalk-notify.mcpb")), "{identifier}");
                // Known only once the bundle is built; a wrong value would prevent installation.
                assert!(package.get("fileSha256").is_none(), "the release fills it in");
            }
            other => panic!("a kind of package without a rule for its version: {other}"),
        }
    }
}

/// The registry rejects a package that does not name the server it claims to be.
#[test]
fn every_package_names_the_server() {
    let server = json(SERVER);
    let name = text(&server, "/name");
    assert_eq!(text(&json(WRAPPER), "/mcpName"), name);
    assert!(read("Dockerfile").contains(&format!("LABEL io.modelcontextprotocol.server.name=\"{name}\"\n")));
    // In a visible paragraph, because crates.io removes comments, and followed by nothing.
    let line = read(README).lines().find(|line| line.contains("mcp-name: ")).unwrap().to_owned();
    assert!(line.ends_with(&format!(": mcp-name: {name}")) && !line.contains("<!--"), "{line}");
    assert!(read("mcp-server/Cargo.toml").contains("\nreadme = \"../README.md\"\n"));
}

/// `benches/soak/run` measures the server as it runs there.
#[test]
fn services_give_freed_memory_back_at_once() {
    let variable = "MIMALLOC_PURGE_DELAY=0";
    assert!(read("Dockerfile").lines().any(|line| line == format!("ENV {variable}")));
    for unit in ["packaging/relay/dingtalk-relay.service", "docs/operate.md", "docs/zh-CN/operate.md"] {
        assert!(read(unit).lines().any(|line| line == format!("Environment={variable}")), "{unit}");
    }
}

/// The only place that the image's user can write to, so that its root can be read-only.
#[test]
fn the_image_has_a_directory_for_the_state() {
    let file = read("Dockerfile");
    let instruction = |name: &str| -> Vec<&str> {
        let lines = file.lines().filter_map(|line| line.strip_prefix(name));
        lines.map(str::trim).collect()
    };
    let directory = "/var/lib/dingtalk-notify";
    assert!(instruction("ENV ").contains(&&*format!("DINGTALK_NOTIFY_STATE_DIR={directory}")));
    assert_eq!(instruction("VOLUME "), [directory]);
    assert!(
        instruction("RUN ").iter().any(|run| run.ends_with(&format!("mkdir -m 700 /skeleton{directory}")))
    );
    let user = instruction("USER ")[0];
    assert!(instruction("COPY ").contains(&&*format!("--from=certificates --chown={user} /skeleton/ /")));
    assert!(read("docs/outbox.md").contains(&format!("-v dingtalk-state:{directory}")));
}

/// An unscoped npm name can become another owner's program. Scopes and names of images are lower case,
/// regardless of the account.
#[test]
fn packages_and_images_belong_to_the_owner() {
    let server = json(SERVER);
    let owner = text(&server, "/name").strip_prefix("io.github.").unwrap().split('/').next().unwrap();
    let owner = if owner == PLACEHOLDER { owner.to_owned() } else { owner.to_lowercase() };
    let package = format!("@{owner}/dingtalk-notify");
    assert_eq!(text(&json(WRAPPER), "/name"), package);
    let identifiers: BTreeMap<_, _> = array(&server, "/packages")
        .iter()
        .map(|package| (text(package, "/registryType"), text(package, "/identifier")))
        .collect();
    assert_eq!(identifiers["npm"], package);
    assert_eq!(identifiers["oci"], format!("ghcr.io/{owner}/dingtalk-notify:{VERSION}"));

    let page = read(INSTALL);
    let later = section(&page, "The program").split_once("\n### After the first release\n").unwrap().1;
    for way in [format!("[\"-y\", \"{package}\"]"), format!("`ghcr.io/{owner}/dingtalk-notify`")] {
        assert!(later.contains(&way), "{INSTALL} does not say {way}");
    }
    assert!(read("packaging/npm/wrapper/README.md").contains(&format!("npm install --global {package}\n")));
}

/// `docs/release.md` replaces the owner in every file that the release searches for the placeholder.
#[test]
fn the_release_refuses_the_placeholder_where_the_owner_is_filled_in() {
    let searched = |page: &str, command: &str| {
        let (_, rest) = page.split_once(command).unwrap_or_else(|| panic!("no `{command}`"));
        rest.split_once(" -- ").unwrap().1.lines().next().unwrap().trim_end_matches([' ', '|']).to_owned()
    };
    let release = read(".github/workflows/release.yml");
    let refused = searched(&release, "if git grep --word-regexp");
    let filled = searched(&read("docs/release.md"), "git grep --files-with-matches --word-regexp");
    assert_eq!(refused.strip_suffix("; then"), Some(filled.as_str()));
}

#[test]
fn the_release_builds_each_platform_of_the_packages() {
    let release = read(".github/workflows/release.yml");
    for (platform, about) in object(&json(PLATFORMS), "") {
        let target = text(about, "/target");
        assert!(release.contains(&format!("target: {target},")), "no job builds {target} for {platform}");
    }
}

#[test]
fn the_bundle_names_the_served_tools() {
    let bundle = json(BUNDLE);
    let named: BTreeSet<_> = array(&bundle, "/tools").iter().map(|tool| text(tool, "/name")).collect();
    let tools: Vec<_> = builtin_tools().into_iter().collect();
    let served: BTreeSet<_> = tools.iter().map(|tool| tool.spec().name).collect();
    assert_eq!(named, served);
    for page in [README, README_CHINESE] {
        let page = read(page);
        let rows: BTreeSet<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(rows, served);
    }
}

/// `--help` ends with the list that is made from this table.
#[test]
fn every_variable_is_explained_by_the_help() {
    let table = read("mcp-server/src/settings/table.rs");
    let explained = names_of_variables(&table);
    assert!(explained.contains("DINGTALK_BOT_ACCESS_TOKEN"));
    for file in NAMING_VARIABLES {
        let page = read(file);
        let unknown: Vec<_> = names_of_variables(&page).difference(&explained).copied().collect();
        assert!(unknown.is_empty(), "{file} names {unknown:?}, which `--help` does not explain");
    }
}

/// The folders of the workspace's members.
fn members() -> Vec<String> {
    let manifest = read("Cargo.toml");
    let (_, members) = manifest.split_once("\nmembers = [\n").unwrap();
    let (members, _) = members.split_once("\n]").unwrap();
    members.lines().map(|line| line.trim().trim_end_matches(',').trim_matches('"').to_owned()).collect()
}

#[test]
fn every_published_crate_describes_itself() {
    let mut published = 0;
    for member in members() {
        let manifest = read(&format!("{member}/Cargo.toml"));
        if manifest.contains("\npublish = false\n") {
            continue;
        }
        published += 1;
        for key in
            ["description = ", "repository.workspace = true", "keywords.workspace = true", "categories = "]
        {
            assert!(manifest.contains(&format!("\n{key}")), "{member}: no `{key}`");
        }
        let (_, readme) =
            manifest.split_once("\nreadme = \"").unwrap_or_else(|| panic!("{member}: no `readme`"));
        let readme = readme.split('"').next().unwrap();
        assert!(path(&member).join(readme).exists(), "{member}: {readme} does not exist");
    }
    assert!(published >= 5, "{published}");
}

#[test]
fn the_minimum_rust_is_the_one_that_is_checked() {
    let manifest = read("Cargo.toml");
    let (_, minimum) = manifest.split_once("\nrust-version = \"").unwrap();
    let minimum = minimum.split('"').next().unwrap();
    assert!(read(".github/workflows/ci.yml").contains(&format!("MINIMUM: \"{minimum}\"\n")));
    for (file, says) in
        [(README, "Rust {} or newer"), (INSTALL, "Rust {} or newer"), (README_CHINESE, "Rust {} 或更新")]
    {
        let says = says.replace("{}", minimum);
        assert!(read(file).contains(&says), "{file} does not say `{says}`");
    }
}

/// Cargo reads the manifests of all members, including those that the program does not need.
#[test]
fn the_image_is_built_from_every_member() {
    let members = members();
    let wanted: BTreeSet<_> = members.iter().filter_map(|member| member.split('/').next()).collect();
    let ignored = read(".dockerignore");
    let copied: BTreeSet<_> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert!(wanted.contains("mcp-server"), "{wanted:?}");
    let missing: Vec<_> = wanted.difference(&copied).collect();
    assert!(missing.is_empty(), ".dockerignore leaves out {missing:?}");
}

#[test]
fn only_secrets_are_declared_secret() {
    let secret = BTreeSet::from(["DINGTALK_BOT_ACCESS_TOKEN", "DINGTALK_BOT_SECRET"]);
    for package in array(&json(SERVER), "/packages") {
        let declared: BTreeSet<_> = array(package, "/environmentVariables")
            .iter()
            .filter(|variable| variable.get("isSecret") == Some(&Value::Bool(true)))
            .map(|variable| text(variable, "/name").to_owned())
            .collect();
        assert_eq!(declared, secret.iter().map(ToString::to_string).collect(), "{package}");
    }
    let bundle = json(BUNDLE);
    let asked = object(&bundle, "/user_config");
    let mut used = BTreeSet::new();
    for (variable, value) in object(&bundle, "/server/mcp_config/env") {
        let key = value.as_str().unwrap().strip_prefix("${user_config.").unwrap().strip_suffix('}').unwrap();
        let sensitive = asked[key].get("sensitive") == Some(&Value::Bool(true));
        assert_eq!(sensitive, secret.contains(variable.as_str()), "{variable}");
        used.insert(key);
    }
    assert_eq!(used, asked.keys().map(String::as_str).collect(), "what is asked for is what is used");
}

#[test]
fn every_block_of_json_is_json() {
    for file in [INSTALL, README, README_CHINESE, "packaging/npm/wrapper/README.md"] {
        let blocks = blocks(&read(file));
        let json: Vec<_> = blocks.iter().filter(|(language, _)| language == "json").collect();
        assert!(!json.is_empty(), "{file}");
        for (_, block) in json {
            let parsed = serde_json::from_str::<Value>(block);
            assert!(parsed.is_ok(), "{file}: {parsed:?} in\n{block}");
        }
    }
    json("glama.json");
}

/// Every client starts the same program, over stdin and stdout.
#[test]
fn every_configuration_starts_the_same_program() {
    let mut started = BTreeSet::new();
    let pages = [INSTALL, README, README_CHINESE, "packaging/npm/wrapper/README.md"].map(read);
    for (_, block) in pages.iter().flat_map(|page| blocks(page)).filter(|(language, _)| language == "json") {
        let parsed: Value = serde_json::from_str(&block).unwrap();
        let servers = ["/mcpServers", "/servers", "/context_servers"];
        let server = servers.iter().find_map(|servers| parsed.pointer(servers)).unwrap();
        let Some(command) = server.pointer("/dingtalk/command") else {
            assert!(text(server, "/dingtalk/url").ends_with("/mcp"), "{block}");
            continue;
        };
        let arguments = array(server, "/dingtalk/args");
        started.insert((command.to_string(), arguments.last().map(ToString::to_string)));
        let variables: BTreeSet<_> = object(server, "/dingtalk/env").keys().map(String::as_str).collect();
        assert_eq!(
            variables,
            BTreeSet::from(["DINGTALK_BOT_ACCESS_TOKEN", "DINGTALK_BOT_SECRET"]),
            "{block}"
        );
    }
    // Available before the first release: the program and an image, both built in a clone.
    let program = "\"dingtalk-notify\"".to_owned();
    assert_eq!(started, BTreeSet::from([(program.clone(), None), ("\"docker\"".to_owned(), Some(program))]));
    let other = pages.iter().flat_map(|page| blocks(page)).filter(|(_, block)| block.contains("npx"));
    assert_eq!(other.count(), 0, "packages are not there before the first release");
}

/// The page, with its links generated from its blocks.
fn with_links(page: &str) -> String {
    let cursor = configuration(page, "Cursor")["mcpServers"]["dingtalk"].to_string();
    let code = configuration(page, "VS Code");
    let encode = |value: &str| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    let cursor = format!("{CURSOR}name=dingtalk&config={}", encode(&STANDARD.encode(cursor)));
    let code = format!(
        "{VS_CODE}name=dingtalk&inputs={}&config={}",
        encode(&code["inputs"].to_string()),
        encode(&code["servers"]["dingtalk"].to_string())
    );
    let mut pieces = page.split("](");
    let mut made = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (link, rest) = piece.split_once(')').unwrap();
        let link = match link {
            _ if link.starts_with(CURSOR) => cursor.clone(),
            _ if link.starts_with(VS_CODE) && link.ends_with("&quality=insiders") => {
                format!("{code}&quality=insiders")
            }
            _ if link.starts_with(VS_CODE) => code.clone(),
            _ => link.to_owned(),
        };
        made.push_str(&format!("]({link}){rest}"));
    }
    made
}

#[test]
fn the_links_match_the_blocks() {
    expect_file![path(INSTALL)].assert_eq(&with_links(&read(INSTALL)));
}

#[test]
fn a_link_installs_the_configuration_beside_it() {
    let page = read(INSTALL);
    let value =
        |link: &str, name: &str| serde_json::from_str::<Value>(&parameter(link, name).unwrap()).unwrap();

    let cursor: Vec<_> = links(&page).filter(|link| link.starts_with(CURSOR)).collect();
    assert_eq!(cursor.len(), 1);
    for link in cursor {
        let decoded = STANDARD.decode(parameter(link, "config").unwrap()).unwrap();
        let decoded: Value = serde_json::from_slice(&decoded).unwrap();
        let name = parameter(link, "name").unwrap();
        assert_eq!(decoded, configuration(&page, "Cursor")["mcpServers"][name]);
    }

    let code: Vec<_> = links(&page).filter(|link| link.starts_with(VS_CODE)).collect();
    assert_eq!(code.len(), 2);
    for link in code {
        let block = configuration(&page, "VS Code");
        assert_eq!(value(link, "config"), block["servers"][parameter(link, "name").unwrap()]);
        assert_eq!(value(link, "inputs"), block["inputs"]);
    }
}

#[test]
fn every_link_within_the_repository_leads_to_a_file() {
    let pages = [README, README_CHINESE, INSTALL, OWN_SERVER, "CONTRIBUTING.md", "docs/release.md"];
    let translated =
        TRANSLATED.iter().flat_map(|name| ["docs", "docs/zh-CN"].map(|at| format!("{at}/{name}")));
    let pages = pages.into_iter().chain(["tests/README.md", "tests/schemas/README.md"]).map(str::to_owned);
    for file in pages.chain(translated) {
        let page = read(&file);
        let within = links(&page).filter(|link| !link.contains("://") && !link.starts_with('#'));
        for link in within {
            let link = without_anchor(link);
            let target = path(&file).parent().unwrap().join(link);
            assert!(target.exists(), "{file} links to {link}, which is not there");
        }
    }
}

/// Pages that exist in Chinese under `docs/zh-CN`.
const TRANSLATED: [&str; 11] = [
    "configuration.md",
    "delivery.md",
    "hooks.md",
    "install.md",
    "migrate.md",
    "operate.md",
    "outbox.md",
    "relay.md",
    "sandbox.md",
    "threats.md",
    "scale.md",
];

/// The page for operators, which has blocks in place of tables.
const OPERATE: &str = "operate.md";

/// The least number of names that the tables of a page contain.
fn least_names(page: &str) -> usize {
    match page {
        OPERATE => 0,
        "migrate.md" | "relay.md" => 10,
        "hooks.md" => 9,
        "scale.md" => 2,
        _ => 21,
    }
}

fn without_anchor(link: &str) -> &str {
    link.split('#').next().unwrap()
}

/// The names in code that the tables of a page contain: settings, keys, kinds of errors, fields and events. The table
/// of faults is written by a test, and exists in English only.
fn names_in_tables(page: &str) -> BTreeSet<&str> {
    let page = page.split("<!-- fault table: begin -->").next().unwrap();
    let cells = page.lines().filter(|line| line.starts_with('|'));
    let code = cells.flat_map(|line| line.split('`').skip(1).step_by(2));
    code.filter(|code| code.chars().all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c))).collect()
}

#[test]
fn pages_in_both_languages_show_the_same() {
    for name in TRANSLATED {
        let (english, chinese) = (read(&format!("docs/{name}")), read(&format!("docs/zh-CN/{name}")));
        assert_eq!(blocks(&english), blocks(&chinese), "{name}");
        assert_eq!(names_in_tables(&english), names_in_tables(&chinese), "{name}");
        assert!(names_in_tables(&english).len() >= least_names(name), "{name}");
        let elsewhere = |page: &str| -> BTreeSet<String> {
            links(page).filter(|link| link.contains("://")).map(str::to_owned).collect()
        };
        assert_eq!(elsewhere(&english), elsewhere(&chinese), "{name}");
        assert!(links(&english).any(|link| link == format!("zh-CN/{name}")), "{name}");
        assert!(links(&chinese).any(|link| link == format!("../{name}")), "{name}");
    }
}

/// Variables of this program that a block sets.
fn variables(block: &str) -> BTreeSet<&str> {
    let words = block.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("DINGTALK_BOT_") || word.starts_with("DINGTALK_NOTIFY_")).collect()
}

#[test]
fn blocks_for_operators_are_valid() {
    let page = read(&format!("docs/{OPERATE}"));
    let known = read(INSTALL);
    let mut seen = BTreeSet::new();
    for (language, block) in blocks(&page) {
        seen.insert(language.clone());
        for variable in variables(&block) {
            assert!(known.contains(&format!("| `{variable}` |")), "{variable} is not a variable\n{block}");
        }
        match &*language {
            "yaml" => {
                let documents =
                    Yaml::load_from_str(&block).unwrap_or_else(|error| panic!("{error}\n{block}"));
                assert!(documents.iter().all(|document| !document.is_badvalue()), "{block}");
                if block.contains("kind: Deployment") {
                    assert_eq!(documents.len(), 4, "{block}");
                    let pod = &documents[2]["spec"]["template"]["spec"];
                    let mounts = pod["containers"][0]["volumeMounts"].as_sequence().unwrap();
                    let volumes = pod["volumes"].as_sequence().unwrap();
                    let names = |list: &[Yaml<'_>]| -> BTreeSet<String> {
                        list.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
                    };
                    assert_eq!(names(mounts), names(volumes));
                }
            }
            "ini" => {
                for line in block.lines().filter(|line| !line.is_empty()) {
                    let section = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
                    let is_known = ["Unit", "Service", "Timer", "Install"];
                    match section {
                        Some(section) => assert!(is_known.contains(&section), "{line}"),
                        None => assert!(
                            line.split_once('=').is_some_and(|(key, value)| {
                                key.chars().all(|c| c.is_ascii_alphanumeric()) && !value.is_empty()
                            }),
                            "{line}"
                        ),
                    }
                }
            }
            _ => {}
        }
    }
    assert!(["ini", "yaml", "sh", "text"].iter().all(|language| seen.contains(*language)), "{seen:?}");
}

#[test]
fn both_readmes_show_the_same() {
    let (english, chinese) = (read(README), read(README_CHINESE));
    assert_eq!(blocks(&english), blocks(&chinese));
    assert!(blocks(&english).len() >= 6);

    // Attributes in the blocks begin with `#` too, but with no space after it.
    let level = |line: &str| line.trim_start_matches('#').starts_with(' ').then(|| line.find(' ').unwrap());
    let headings = |page: &str| -> Vec<usize> {
        page.lines().filter(|line| line.starts_with('#')).filter_map(level).collect()
    };
    assert_eq!(headings(&english), headings(&chinese));

    // Either page may link to a translation, and a heading of a translation has its own name.
    let elsewhere = |page: &str| -> BTreeSet<String> {
        let links = links(page).filter(|link| !link.starts_with("README"));
        links.map(|link| without_anchor(link).replace("docs/zh-CN/", "docs/")).collect()
    };
    assert_eq!(elsewhere(&english), elsewhere(&chinese));
    assert!(links(&english).any(|link| link == README_CHINESE));
    assert!(links(&chinese).any(|link| link == README));
}
