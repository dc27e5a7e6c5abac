//! Nearly correct notifications of files: each is refused, or served with an example.

use dingtalk_config::Config;
use dingtalk_core::tool::ToolSet;
use proptest::{collection::vec, prelude::*, sample::select};

use super::example::example;
use crate::{Deployment, builtin_tools};

/// The example of the page is a valid file with every kind of key.
const PAGE: &str = include_str!("../../../docs/configuration.md");

fn lines() -> Vec<&'static str> {
    let (_, rest) = PAGE.split_once("<!-- notifications -->\n```toml\n").expect("the page has an example");
    let (file, _) = rest.split_once("```").expect("it ends");
    file.lines().collect()
}

/// A change to a line.
#[derive(Debug, Clone)]
enum Change {
    Remove,
    Repeat,
    Become(&'static str),
    Replace(&'static str, &'static str),
}

fn changes() -> impl Strategy<Value = Vec<(usize, Change)>> {
    let other = select(vec![
        "type = \"choice\"",
        "type = \"markdown\"",
        "type = \"user_id\"",
        "type = 3",
        "values = []",
        "values = [\"a\", \" b\"]",
        "default = 1.5",
        "default = [1, \"a\"]",
        "default = nan",
        "example = 1979-05-27",
        "at = true",
        "at_all = true",
        "list = true",
        "optional = true",
        "unbounded = true",
        "line = \"{}{}\"",
        "line = \"1. {:.1}\"",
        "length = \"..\"",
        "length = \"9..=1\"",
        "range = \"-1..=1e9\"",
        "max_items = -1",
        "max_items = 99999999999",
        "instead = \"cpu_alert\"",
        "keyword = \"CPU\"",
        "text = \"{host:x} {nobody}\"",
        "link = { title = \"{host}\", text = \"x\", url = \"{runbook}\" }",
        "action_card = { title = \"t\", text = \"{host}\", buttons = [{ label = \"{host}\", url = \"{runbook}\" }] }",
        "fields = [1, { name = \"host\" }, {}]",
        "[notifications.\"\"]",
        "[[notifications.disk_alert.fields]]",
        "notifications = 3",
    ]);
    let change = prop_oneof![
        2 => Just(Change::Remove),
        2 => Just(Change::Repeat),
        3 => other.prop_map(Change::Become),
        3 => (select(vec!["\"", "{", "}", "host", "text", "number", "1", "=", "alert", "- "]),
              select(vec!["", "'", "{", "}", "disk", "url", "flag", "-5", "*", "\u{7}", "告警", "`", "<b>"]))
            .prop_map(|(from, to)| Change::Replace(from, to)),
    ];
    vec((0..lines().len(), change), 0..5)
}

fn changed(changes: &[(usize, Change)]) -> String {
    let mut file: Vec<String> = lines().into_iter().map(str::to_owned).collect();
    for (line, change) in changes {
        let line = line % file.len();
        match change {
            Change::Remove => file[line].clear(),
            Change::Repeat => file[line] = format!("{0}\n{0}", file[line]),
            Change::Become(other) => (*other).clone_into(&mut file[line]),
            Change::Replace(from, to) => file[line] = file[line].replace(from, to),
        }
    }
    file.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_changed_file_is_refused_or_served(changes in changes()) {
        let Ok(config) = Config::parse(&changed(&changes)) else { return Ok(()) };
        // Conflicts between tools are found by the set.
        let Ok(set) = ToolSet::new(builtin_tools().into_iter().chain(config.notifications)) else { return Ok(()) };
        for definition in Deployment::new().definitions(&set) {
            let tool = set.get(&definition.name).expect("a defined tool is in the set");
            let example = example(&definition.input_schema, tool);
            prop_assert!(example.is_some(), "{} has no example that it takes", definition.name);
        }
    }

    #[test]
    fn no_text_causes_a_panic(text in "(version = 1\n)?(\\[notifications\\.[a-z\"]{0,3}\\]\n)?([a-z_]{1,8} = (\"\\PC{0,9}\"|[0-9.]{1,3}|\\[\\]|\\{\\})\n){0,4}") {
        let _ = Config::parse(&text);
    }
}

#[test]
fn the_page_s_example_is_valid() {
    assert!(Config::parse(&changed(&[])).is_ok_and(|config| config.notifications.len() == 2));
}
