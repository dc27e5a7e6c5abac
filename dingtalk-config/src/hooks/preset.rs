//! Presets: hooks for the payloads of well-known programs, each with its notifications, in English and in Chinese.

use dingtalk_core::delivery::Language;
use dingtalk_template::suggest;

use super::{Hook, SignatureScheme, manner::Manner};
use crate::{Wording, section::Section};

/// A preset, as it is compiled in.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Preset {
    /// Name of the source.
    pub name: &'static str,
    /// Revision of the texts and of the selection: a change that a group sees has a new one.
    pub revision: u32,
    /// Versions of the program whose payloads were recorded or documented.
    pub versions: &'static [&'static str],
    /// Scheme of the source's signatures.
    pub signature: Option<SignatureScheme>,
    english: &'static str,
    chinese: &'static str,
}

/// All presets, by name.
pub const PRESETS: [Preset; 10] = [
    Preset {
        name: "alertmanager",
        revision: 1,
        versions: &["0.25", "0.34"],
        signature: None,
        english: include_str!("preset/alertmanager.en.toml"),
        chinese: include_str!("preset/alertmanager.zh.toml"),
    },
    Preset {
        name: "flux",
        revision: 1,
        versions: &["2.4"],
        signature: Some(SignatureScheme::Flux),
        english: include_str!("preset/flux.en.toml"),
        chinese: include_str!("preset/flux.zh.toml"),
    },
    Preset {
        name: "forgejo",
        revision: 1,
        versions: &["11"],
        signature: Some(SignatureScheme::Gitea),
        english: include_str!("preset/forgejo.en.toml"),
        chinese: include_str!("preset/forgejo.zh.toml"),
    },
    Preset {
        name: "gitea",
        revision: 1,
        versions: &["1.16", "1.24"],
        signature: Some(SignatureScheme::Gitea),
        english: include_str!("preset/gitea.en.toml"),
        chinese: include_str!("preset/gitea.zh.toml"),
    },
    Preset {
        name: "github",
        revision: 1,
        versions: &["2026-11"],
        signature: Some(SignatureScheme::GitHub),
        english: include_str!("preset/github.en.toml"),
        chinese: include_str!("preset/github.zh.toml"),
    },
    Preset {
        name: "gitlab",
        revision: 1,
        versions: &["18"],
        signature: Some(SignatureScheme::GitLab),
        english: include_str!("preset/gitlab.en.toml"),
        chinese: include_str!("preset/gitlab.zh.toml"),
    },
    Preset {
        name: "grafana",
        revision: 1,
        versions: &["11", "13"],
        signature: Some(SignatureScheme::Grafana),
        english: include_str!("preset/grafana.en.toml"),
        chinese: include_str!("preset/grafana.zh.toml"),
    },
    Preset {
        name: "harbor",
        revision: 1,
        versions: &["2.13"],
        signature: None,
        english: include_str!("preset/harbor.en.toml"),
        chinese: include_str!("preset/harbor.zh.toml"),
    },
    Preset {
        name: "sentry",
        revision: 1,
        versions: &["2026-11"],
        signature: Some(SignatureScheme::Sentry),
        english: include_str!("preset/sentry.en.toml"),
        chinese: include_str!("preset/sentry.zh.toml"),
    },
    Preset {
        name: "uptime-kuma",
        revision: 1,
        versions: &["2.5"],
        signature: None,
        english: include_str!("preset/uptime-kuma.en.toml"),
        chinese: include_str!("preset/uptime-kuma.zh.toml"),
    },
];

impl Preset {
    /// Finds a preset by its name, with or without its revision.
    ///
    /// # Errors
    ///
    /// Names the presets that there are.
    pub fn find(written: &str) -> Result<&'static Self, Wording> {
        let (name, revision) = match written.split_once('@') {
            Some((name, revision)) => (name, Some(revision)),
            None => (written, None),
        };
        let Some(preset) = PRESETS.iter().find(|preset| preset.name == name) else {
            let names = PRESETS.iter().map(|preset| preset.name);
            let known: Vec<&str> = names.clone().collect();
            return Err(match suggest(name, names) {
                Some(meant) => Wording::new(
                    format!("unknown preset `{name}`; did you mean `{meant}`?"),
                    format!("未知的预设 `{name}`；是否想写 `{meant}`？"),
                ),
                None => Wording::new(
                    format!("unknown preset `{name}`; expected one of {}", known.join(", ")),
                    format!("未知的预设 `{name}`；可用的有 {}", known.join("、")),
                ),
            });
        };
        match revision {
            Some(given) if given != preset.revision.to_string() => Err(Wording::new(
                format!(
                    "this program has revision {} of the preset `{name}`, not {given}; write `{preset}`",
                    preset.revision
                ),
                format!("本程序的预设 `{name}` 是第 {} 版，而不是 {given}；请写 `{preset}`", preset.revision),
            )),
            _ => Ok(preset),
        }
    }

    /// Returns the text, as a configuration file could have it.
    pub fn text(&self, language: Language) -> &'static str {
        match language {
            Language::Zh => self.chinese,
            _ => self.english,
        }
    }

    /// Reads the preset.
    fn hook(&self, language: Language) -> Option<Hook> {
        let mut table: toml::Table = self.text(language).parse().ok()?;
        let mut faults = Vec::new();
        let notifications = Section::new("", table.remove("notifications")?.try_into().ok()?, &mut faults);
        let notifications = crate::notifications::read(notifications);
        let mut hooks: toml::Table = table.remove("hooks")?.try_into().ok()?;
        let mut rules = Section::new("", hooks.remove(self.name)?.try_into().ok()?, &mut faults);
        let mut hook = Hook::read_rules(&mut rules, "");
        hook.manner = Manner::read(&mut rules, Manner::default());
        rules.finish();
        if !faults.is_empty() {
            return None;
        }
        hook.notifications = notifications;
        hook.auth.signature = self.signature;
        Some(hook)
    }
}

impl std::fmt::Display for Preset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.name, self.revision)
    }
}

/// Finds the preset that a hook names. The revision is part of the name, so that a new version of the program does not
/// change what a group reads.
pub(super) fn find(written: &str, language: Language) -> Result<Hook, Wording> {
    let preset = Preset::find(written)?;
    if !written.contains('@') {
        return Err(Wording::new(
            format!("the revision is missing: write `{preset}`"),
            format!("缺少版本：请写 `{preset}`"),
        ));
    }
    // A test reads all presets.
    preset.hook(language).ok_or_else(|| Wording::new("the preset is damaged", "预设已损坏"))
}
