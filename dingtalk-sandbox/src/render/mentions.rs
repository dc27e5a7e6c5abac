//! Mentions in texts: finding them, and the members' names in place of numbers and ids.

use dingtalk_core::{
    Mobile, UserId,
    message::{AT_ALL_TEXT, ActionCard, Mentions},
};

use super::tree::{Inline, Mention, Names};

/// Ids that a message mentions, longest first, with the members' names.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids(Vec<Mention>);

impl Ids {
    pub(super) fn new(mentions: &Mentions, names: &Names) -> Self {
        let people = mentions.mobiles.iter().map(Mobile::as_str);
        let people = people.chain(mentions.user_ids.iter().map(UserId::as_str));
        let mut ids = Self::named(people, names);
        if mentions.all {
            let name = Some("所有人".to_owned());
            ids.0.extend(everyone().map(|id| Mention { id: id.to_owned(), name: name.clone() }));
        }
        ids.sorted()
    }

    /// Returns the ids of a card, whose text alone mentions people: every known member counts.
    pub(super) fn of_card(card: &ActionCard, names: &Names) -> Self {
        let stated = card.user_ids().iter().map(UserId::as_str);
        Self::named(stated.chain(names.keys().map(String::as_str)), names).sorted()
    }

    fn named<'a>(ids: impl Iterator<Item = &'a str>, names: &Names) -> Self {
        Self(ids.map(|id| Mention { id: id.to_owned(), name: names.get(id).cloned() }).collect())
    }

    fn sorted(mut self) -> Self {
        self.0.sort_by(|one, other| other.id.len().cmp(&one.id.len()).then_with(|| one.id.cmp(&other.id)));
        self.0.dedup();
        self
    }

    /// Returns the mention with which `text`, the part after `@`, begins. It must not be the beginning of a longer id.
    fn at(&self, text: &str) -> Option<&Mention> {
        let joins = |next: char| next.is_alphanumeric() || next == '_' || next == '-';
        self.0
            .iter()
            .find(|it| text.strip_prefix(it.id.as_str()).is_some_and(|rest| !rest.starts_with(joins)))
    }
}

/// A part of a text.
enum Part<'a> {
    Text(&'a str),
    Mention(&'a Mention),
}

fn parts<'a>(text: &'a str, ids: &'a Ids) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices('@') {
        if at < from {
            continue;
        }
        let Some(mention) = ids.at(&text[at + 1..]) else { continue };
        if from < at {
            parts.push(Part::Text(&text[from..at]));
        }
        parts.push(Part::Mention(mention));
        from = at + 1 + mention.id.len();
    }
    if from < text.len() {
        parts.push(Part::Text(&text[from..]));
    }
    parts
}

/// Returns the text with names in place of ids.
pub(super) fn replaced(text: &str, ids: &Ids) -> String {
    let shown = |part: Part<'_>| match part {
        Part::Text(text) => text.to_owned(),
        Part::Mention(mention) => format!("@{}", mention.shown()),
    };
    parts(text, ids).into_iter().map(shown).collect()
}

/// Splits a text of Markdown at its mentions.
pub(super) fn marked(text: &str, ids: &Ids) -> Vec<Inline> {
    let inline = |part: Part<'_>| match part {
        Part::Text(text) => Inline::Text(text.to_owned()),
        Part::Mention(mention) => Inline::Mention(mention.clone()),
    };
    parts(text, ids).into_iter().map(inline).collect()
}

/// Splits plain text at its mentions and addresses.
pub(super) fn plain(text: &str, ids: &Ids) -> Vec<Inline> {
    let mut inlines = Vec::new();
    for part in parts(text, ids) {
        match part {
            Part::Mention(mention) => inlines.push(Inline::Mention(mention.clone())),
            Part::Text(text) => push_linked(text, &mut inlines),
        }
    }
    inlines
}

/// Characters that end an address in plain text: white space, quotes, and Chinese punctuation.
const ENDS_ADDRESS: &str = "<>\"'，。；！？、）】》“”‘’";

fn push_linked(text: &str, inlines: &mut Vec<Inline>) {
    let mut rest = text;
    while let Some(start) = ["http://", "https://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let ends = |c: char| c.is_whitespace() || ENDS_ADDRESS.contains(c);
        let length = rest[start..].find(ends).unwrap_or(rest.len() - start);
        let url = &rest[start..start + length];
        if start > 0 {
            inlines.push(Inline::Text(rest[..start].to_owned()));
        }
        inlines.push(Inline::Link { url: url.to_owned(), inlines: vec![Inline::Text(url.to_owned())] });
        rest = &rest[start + length..];
    }
    if !rest.is_empty() {
        inlines.push(Inline::Text(rest.to_owned()));
    }
}

/// Returns the texts that mention everyone, without `@`.
pub(super) fn everyone() -> [&'static str; 2] {
    [AT_ALL_TEXT.trim_start_matches('@'), "所有人"]
}
