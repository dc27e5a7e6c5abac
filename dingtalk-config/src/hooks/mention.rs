//! People that each message of a hook mentions.

use dingtalk_core::{Envelope, Mobile, UserId, message::Mentions, tool::PersonKind};
use dingtalk_template::suggest;

use crate::{
    Wording,
    section::{LIST, Section},
};

/// Finds people by the names that the file has for them.
pub(super) type FindPerson<'f> = dyn Fn(&str) -> Option<(PersonKind, String)> + 'f;

/// Mentions of the file, not of a payload.
#[derive(Debug, Clone, Default)]
pub(super) struct Mention {
    /// Names of `people`.
    people: Vec<String>,
    is_everybody: bool,
}

impl Mention {
    /// Reads `mention` and `mention_all` of a hook. `people` are the names of the file.
    pub(super) fn read(section: &mut Section<'_>, people: &[String]) -> Self {
        let is_everybody = section.flag("mention_all").unwrap_or_default();
        let given = match section.value("mention") {
            None => return Self { people: Vec::new(), is_everybody },
            Some(toml::Value::Array(list)) if list.iter().all(toml::Value::is_str) => list,
            Some(other) => {
                section.wrong_type::<()>("mention", LIST, &other);
                return Self { people: Vec::new(), is_everybody };
            }
        };
        let mut named = Vec::new();
        for name in given.iter().filter_map(toml::Value::as_str) {
            if !people.iter().any(|known| known.to_lowercase() == name.to_lowercase()) {
                section.fault("mention", unknown(name, people));
            }
            named.push(name.to_owned());
        }
        Self { people: named, is_everybody }
    }

    /// Adds the mentions to a message, with the people whom its payload names.
    pub(super) fn add_to(
        &self,
        mut envelope: Envelope,
        selected: &[String],
        person: &FindPerson<'_>,
    ) -> Envelope {
        let mut mentions = Mentions::default();
        mentions.all = self.is_everybody;
        for (kind, address) in self.people.iter().chain(selected).filter_map(|name| person(name)) {
            match kind {
                PersonKind::Id => mentions.user_ids.extend(UserId::new(&address)),
                _ => mentions.mobiles.extend(Mobile::new(&address)),
            }
        }
        if !mentions.is_empty() {
            envelope.message = envelope.message.with_mentions(mentions);
        }
        envelope
    }
}

fn unknown(name: &str, people: &[String]) -> Wording {
    match suggest(name, people.iter().map(String::as_str)) {
        Some(meant) => Wording::new(
            format!("`people` has no `{name}`; did you mean `{meant}`?"),
            format!("`people` 里没有 `{name}`；是否想写 `{meant}`？"),
        ),
        None => Wording::new(
            format!("`people` has no `{name}`: add `{name} = \"13800000000\"` there"),
            format!("`people` 里没有 `{name}`：请在那里添加 `{name} = \"13800000000\"`"),
        ),
    }
}
