//! The compiled templates of one message, and which value each slot shows.

use super::{Location, MessageKind, MessagePart};
use crate::{Fragment, Piece, Row, SlotContext, Template};

/// The compiled templates of one message.
#[derive(Debug, Clone)]
pub struct Templates {
    /// Which message it is.
    pub kind: MessageKind,
    /// In the order of the kind's parts.
    pub parts: Vec<(MessagePart, Template)>,
    /// Labels and targets.
    pub buttons: Vec<(Template, Template)>,
    /// The field that holds more buttons.
    pub button_list: Option<usize>,
    /// The field that holds a feed card's items.
    pub items: Option<usize>,
    /// A piece of other messages.
    pub fragment: Option<Fragment>,
    /// What the slots show, by index.
    pub values: Vec<Shown>,
}

/// A value, as a slot with this format spec shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where it comes from.
    pub source: Source,
    /// Its format spec.
    pub spec: String,
    /// The slot is a link's target.
    pub target: bool,
    /// The template that shows it first.
    pub location: Location,
}

/// Where a slot's value comes from, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A field.
    Field(usize),
    /// A value that an expression computes.
    Computed(usize),
}

impl Templates {
    /// One of its templates.
    pub fn part(&self, wanted: MessagePart) -> Option<&Template> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, template)| template)
    }

    /// The text that is there whatever the values are.
    pub(super) fn static_texts(&self) -> impl Iterator<Item = &str> {
        let buttons = self.buttons.iter().flat_map(|(title, url)| [title, url]);
        self.parts.iter().map(|(_, template)| template).chain(buttons).flat_map(Template::static_texts)
    }

    /// Marks the values that are targets of links in Markdown, whose type must be `Url`.
    pub(super) fn mark_targets(&mut self) {
        let fragment = self.fragment.iter().map(|fragment| &fragment.markdown);
        let targets: Vec<u16> =
            self.parts.iter().map(|(_, template)| template).chain(fragment).flat_map(link_targets).collect();
        for target in targets {
            if let Some(shown) = self.values.get_mut(usize::from(target)) {
                shown.target = true;
            }
        }
    }
}

/// The values that stand as targets of links.
fn link_targets(template: &Template) -> Vec<u16> {
    let of_row = |row: Row<'_>| {
        let target = row.line()?.pieces().find_map(|piece| match piece {
            Piece::Slot { value, context: SlotContext::LinkTarget, .. } => Some(value),
            _ => None,
        })?;
        // The slot of a repeated line shows the value that the line is for.
        Some(if let Row::Repeated { value, .. } = row { value } else { target })
    };
    template.rows().filter_map(of_row).collect()
}
