//! The compiled templates of one message, and the values that their slots show.

use super::{Location, MessageKind, MessagePart};
use crate::{Fragment, Piece, Row, SlotContext, Template};

/// The compiled templates of one message.
#[derive(Debug, Clone)]
pub struct Templates {
    /// Kind of the message.
    pub kind: MessageKind,
    /// Templates of the parts, in the order of [`MessageKind::parts`].
    pub parts: Vec<(MessagePart, Template)>,
    /// Labels and targets of the buttons.
    pub buttons: Vec<(Template, Template)>,
    /// Index of the field with more buttons.
    pub button_list: Option<usize>,
    /// Index of the field with the items of a feed card.
    pub items: Option<usize>,
    /// The compiled fragment, if this is one.
    pub fragment: Option<Fragment>,
    /// Values that the slots show, by index.
    pub values: Vec<Shown>,
}

/// A value with the format spec of the slots that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Source of the value.
    pub source: Source,
    /// Format spec of the slots.
    pub spec: String,
    /// True if a slot is the target of a link.
    pub target: bool,
    /// True if the slots are in the path, the query or the fragment of a URL, which holds the whole value.
    pub in_url: bool,
    /// The template that shows the value first.
    pub location: Location,
}

/// Source of a slot's value, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A field.
    Field(usize),
    /// Number of a field's values that `max_shown` leaves out; no value if none is left out.
    LeftOut(usize),
    /// A value that an expression computes.
    Computed(usize),
}

impl Templates {
    /// Returns the template of a part, if the message has it.
    pub fn part(&self, wanted: MessagePart) -> Option<&Template> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, template)| template)
    }

    /// Returns the fixed texts, which do not depend on values.
    pub(super) fn static_texts(&self) -> impl Iterator<Item = &str> {
        let buttons = self.buttons.iter().flat_map(|(title, url)| [title, url]);
        self.parts.iter().map(|(_, template)| template).chain(buttons).flat_map(Template::static_texts)
    }

    /// Marks the values that are link targets in Markdown, whose type must be `Url`.
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

/// Returns the indices of the values that are link targets.
fn link_targets(template: &Template) -> Vec<u16> {
    let of_row = |row: Row<'_>| {
        let target = row.line()?.pieces().find_map(|piece| match piece {
            Piece::Slot { value, context: SlotContext::LinkTarget, .. } => Some(value),
            _ => None,
        })?;
        // The slot of a repeated line shows the value for which the line is written.
        Some(if let Row::Repeated { value, .. } = row { value } else { target })
    };
    template.rows().filter_map(of_row).collect()
}
