//! Any event of a coding agent: it becomes a short message without links, mentions and a secret that the event has, or
//! is ignored. `SECRET` in the input stands for the secret.

#![no_main]
#![allow(dead_code)]

use libfuzzer_sys::fuzz_target;

/// A token of GitHub, of no account.
const SECRET: &str = "ghp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R";

// The reader is a part of the program, so its modules are compiled here a second time.
#[path = "../../mcp-server/src/program"]
mod program {
    pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

    pub mod words {
        use dingtalk_core::delivery::Language;

        pub fn language() -> Language {
            Language::En
        }

        pub fn words<T>(english: T, _: T) -> T {
            english
        }
    }

    pub mod hook {
        pub mod arguments {
            use std::time::Duration;

            pub struct HookArguments {
                pub show: Shown,
                pub after: Duration,
                pub per_minute: u32,
            }

            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum Agent {
                Claude,
                Codex,
            }

            impl Agent {
                pub fn name(self) -> &'static str {
                    match self {
                        Self::Claude => "Claude Code",
                        Self::Codex => "Codex",
                    }
                }
            }

            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum Shown {
                Words,
                Command,
            }
        }

        mod event;
        mod message;
        mod redact;

        use std::time::Duration;

        use arguments::{Agent, HookArguments, Shown};
        use event::{Event, Step};

        /// Returns the message of an event, if people are told of it.
        pub fn read(agent: Agent, show: Shown, given: &[u8]) -> Option<dingtalk_core::Envelope> {
            let event = Event::read(agent, given).ok()??;
            let Step::News(kind) = event.step else { return None };
            let arguments = HookArguments { show, after: Duration::ZERO, per_minute: 6 };
            Some(message::envelope(&event, kind, &arguments, None).expect("a message"))
        }
    }
}

fuzz_target!(|input: &[u8]| {
    use program::hook::arguments::{Agent, Shown};

    let given = String::from_utf8_lossy(input).replace("SECRET", SECRET);
    for agent in [Agent::Claude, Agent::Codex] {
        for show in [Shown::Words, Shown::Command] {
            let Some(envelope) = program::hook::read(agent, show, given.as_bytes()) else { continue };
            let text = envelope.message.to_string();
            assert!(!text.contains(SECRET), "{text}");
            assert!(!text.contains('@') && !text.contains("://"), "{text}");
            assert!(text.lines().count() <= 4 && text.chars().count() < 500, "{text}");
            assert!(text.chars().all(|char| char == '\n' || !char.is_control()), "{text:?}");
            let mentions = envelope.message.mentions();
            assert!(mentions.is_none_or(|mentions| !mentions.all && mentions.people() == 0));
            assert!(
                envelope.expires_at.is_some() && envelope.dedupe.is_some() && envelope.throttle.is_some()
            );
        }
    }
});
