//! Where a part of a declaration stands in the file.

use dingtalk_core::declared::{FieldPlace, Kind, MessagePart, Place};

/// The path from the notification, with its dot; empty for the notification itself.
pub(super) fn path(place: Place, kind: Option<Kind>, indices: &[usize]) -> String {
    let message = kind.map_or("", Kind::key);
    match place {
        Place::Message => format!(".{message}"),
        // text = "…"
        Place::Part(MessagePart::Text) if kind == Some(Kind::Text) => format!(".{message}"),
        Place::Part(part) => format!(".{message}.{}", part.key()),
        Place::ButtonLabel(index) => format!(".{message}.buttons[{index}].label"),
        Place::ButtonUrl(index) => format!(".{message}.buttons[{index}].url"),
        Place::Keyword => ".keyword".to_owned(),
        Place::Purpose => ".purpose".to_owned(),
        Place::ToolName => ".name".to_owned(),
        Place::Title => ".title".to_owned(),
        Place::When => ".when".to_owned(),
        Place::NotWhen => ".not_when".to_owned(),
        Place::Instead => ".instead".to_owned(),
        Place::Field(index, place) => {
            format!(".fields[{}]{}", indices.get(index).unwrap_or(&index), in_field(place))
        }
        _ => String::new(),
    }
}

fn in_field(place: FieldPlace) -> String {
    match place {
        FieldPlace::Description => ".description".to_owned(),
        FieldPlace::Type => ".type".to_owned(),
        FieldPlace::Line => ".line".to_owned(),
        FieldPlace::At => ".at".to_owned(),
        FieldPlace::AtAll => ".at_all".to_owned(),
        FieldPlace::HasDefault | FieldPlace::DefaultValue => ".default".to_owned(),
        FieldPlace::Example => ".example".to_owned(),
        FieldPlace::Rule(rule) | FieldPlace::Min(rule) => format!(".{}", rule.key()),
        FieldPlace::MaxItems => ".max_items".to_owned(),
        FieldPlace::Unbounded => ".unbounded".to_owned(),
        _ => String::new(),
    }
}
