//! `relay preset`: the presets that are compiled in.

use dingtalk_config::{PRESETS, Preset};
use dingtalk_core::delivery::Language;

use super::{
    super::{Result, say, words::language},
    arguments::PresetLanguage,
};

pub(super) fn list() -> Result<()> {
    for preset in PRESETS {
        say(format!("{preset:<18} {}", preset.versions.join(", ")))?;
    }
    Ok(())
}

/// Prints a preset as a configuration file could have it.
pub(super) fn show(name: &str, chosen: Option<PresetLanguage>) -> Result<()> {
    let language = match chosen {
        Some(PresetLanguage::En) => Language::En,
        Some(PresetLanguage::Zh) => Language::Zh,
        None => language(),
    };
    let preset = Preset::find(name).map_err(|problem| problem.in_language(self::language()).to_owned())?;
    say(preset.text(language).trim_end())?;
    Ok(())
}
