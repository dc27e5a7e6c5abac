//! Any payload at the relay's hooks, in all presets: it becomes a message, or is ignored for a reason that has a name,
//! and nothing in it mentions anybody. The first line is the name of the event, as GitHub's header has it.

#![no_main]

use std::sync::LazyLock;

use dingtalk_config::{Meaning, Config, HookSource, PRESETS, Payload};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static SOURCES: LazyLock<Vec<HookSource>> = LazyLock::new(|| {
    let sources = PRESETS.iter().flat_map(|preset| ["en", "zh"].map(|language| (preset, language)));
    let source = |(preset, language)| {
        let file = format!(
            "version = 1\n[hooks.source]\npreset = \"{preset}\"\nlanguage = \"{language}\"\nauth = \"none\"\n"
        );
        let config = Config::parse(&file).expect("a file with a preset");
        config.hooks[0].source([]).expect("a preset")
    };
    sources.map(source).collect()
});

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (event, body) = input.split_at(end);
    let event = String::from_utf8_lossy(event);
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return };
    let header = |name: &str| (name == "x-github-event").then(|| event.to_string());
    for source in &*SOURCES {
        match source.read(&Payload::new(&body, &header)) {
            Meaning::Event(event) => {
                let composed = event.compose(&|_| None);
                assert!(!composed.notification.is_empty());
                for envelope in [&composed.envelope, &event.too_long()] {
                    let message = &envelope.message;
                    assert!(!message.to_string().trim().is_empty(), "an empty message");
                    let mentions = message.mentions();
                    assert!(
                        mentions.is_none_or(|mentions| !mentions.all && mentions.people() == 0),
                        "{message:?}"
                    );
                }
                assert!(
                    event.repeat.as_ref().is_none_or(|(key, within)| !key.is_empty() && !within.is_zero())
                );
            }
            Meaning::Foreign { path } => assert!(!path.is_empty()),
            Meaning::Skipped { event } => assert!(!event.is_empty()),
            _ => {}
        }
    }
});
