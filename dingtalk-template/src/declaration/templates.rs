//! The compiled templates of one message.

use super::{DeliveryTemplates, MessageKind, MessagePart, Shown, Source};
use crate::{Fragment, Line, Piece, Row, SlotContext, Template};

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
    /// Delivery options, if the notification has any.
    pub delivery: Option<DeliveryTemplates>,
    /// Values that the slots show, by index.
    pub values: Vec<Shown>,
}

impl Templates {
    /// Returns the template of a part, if the message has it.
    pub fn part(&self, wanted: MessagePart) -> Option<&Template> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, template)| template)
    }

    /// Returns the fixed texts, which do not depend on values.
    pub(super) fn static_texts(&self) -> impl Iterator<Item = &str> {
        self.all().flat_map(Template::static_texts)
    }

    /// Returns all templates.
    fn all(&self) -> impl Iterator<Item = &Template> {
        let buttons = self.buttons.iter().flat_map(|(title, url)| [title, url]);
        let fragment = self.fragment.iter().map(|fragment| &fragment.markdown);
        self.parts.iter().map(|(_, template)| template).chain(buttons).chain(fragment)
    }

    /// Returns the values that a slot shows, in the message or in the delivery options.
    pub(super) fn used_values(&self) -> Vec<&Shown> {
        let slots = |row: Row<'_>| match row {
            Row::Blank => Vec::new(),
            // The slot of a repeated line shows the value for which the line is written.
            Row::Repeated { value, .. } => vec![value],
            Row::Line(line) => line
                .pieces()
                .filter_map(|piece| match piece {
                    Piece::Slot { value, .. } => Some(value),
                    _ => None,
                })
                .collect(),
        };
        let slots = self.all().flat_map(Template::rows).flat_map(slots);
        let of_message = slots.filter_map(|value| self.values.get(usize::from(value)));
        of_message.chain(self.delivery.iter().flat_map(|delivery| &delivery.values)).collect()
    }

    /// Reports whether the `line` of a field is written anywhere.
    pub(super) fn writes_line(&self, field: usize) -> bool {
        let rows = self.parts.iter().flat_map(|(_, template)| template.rows());
        let mut lines = rows.filter_map(|row| match row {
            Row::Repeated { value, .. } => self.values.get(usize::from(value)),
            Row::Blank | Row::Line(_) => None,
        });
        lines.any(|shown| shown.source == Source::Field(field))
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
    let mut targets = Vec::new();
    for row in template.rows() {
        for piece in row.line().into_iter().flat_map(Line::pieces) {
            if let Piece::Slot { value, context: SlotContext::LinkTarget, .. } = piece {
                // The slot of a repeated line shows the value for which the line is written.
                targets.push(if let Row::Repeated { value: each, .. } = row { each } else { value });
            }
        }
    }
    targets
}
