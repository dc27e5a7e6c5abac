//! Paths of the parts of a declaration in the file.

use dingtalk_core::tool::declared::{FieldLocation, Location, MessageKind, MessagePart};

/// The path from the notification, with its dot; empty for the notification itself.
pub(super) fn path(place: Location, kind: Option<MessageKind>, indices: &[usize]) -> String {
    let message = kind.map_or("", MessageKind::key);
    match place {
        Location::Message => format!(".{message}"),
        // text = "…"
        Location::Part(MessagePart::Text) if kind == Some(MessageKind::Text) => format!(".{message}"),
        Location::Part(part) => format!(".{message}.{}", part.key()),
        Location::ButtonLabel(index) => format!(".{message}.buttons[{index}].label"),
        Location::ButtonUrl(index) => format!(".{message}.buttons[{index}].url"),
        Location::Keyword => ".keyword".to_owned(),
        Location::Group => ".group".to_owned(),
        Location::Digest => ".digest".to_owned(),
        Location::Throttle => ".throttle".to_owned(),
        Location::Purpose => ".purpose".to_owned(),
        Location::ToolName => ".name".to_owned(),
        Location::Title => ".title".to_owned(),
        Location::When => ".when".to_owned(),
        Location::NotWhen => ".not_when".to_owned(),
        Location::Instead => ".instead".to_owned(),
        Location::Field(index, place) => {
            format!(".fields[{}]{}", indices.get(index).unwrap_or(&index), in_field(place))
        }
        _ => String::new(),
    }
}

fn in_field(place: FieldLocation) -> String {
    match place {
        FieldLocation::Description => ".description".to_owned(),
        FieldLocation::Type => ".type".to_owned(),
        FieldLocation::Line => ".line".to_owned(),
        FieldLocation::At => ".at".to_owned(),
        FieldLocation::AtAll => ".at_all".to_owned(),
        FieldLocation::HasDefault | FieldLocation::DefaultValue => ".default".to_owned(),
        FieldLocation::Example => ".example".to_owned(),
        FieldLocation::Rule(rule) | FieldLocation::Min(rule) | FieldLocation::Max(rule) => {
            format!(".{}", rule.key())
        }
        FieldLocation::MaxItems => ".max_items".to_owned(),
        FieldLocation::MaxShown => ".max_shown".to_owned(),
        FieldLocation::More => ".more".to_owned(),
        FieldLocation::Truncate => ".truncate".to_owned(),
        FieldLocation::Join => ".join".to_owned(),
        FieldLocation::Then => ".then".to_owned(),
        FieldLocation::Else => ".else".to_owned(),
        FieldLocation::Multiline => ".multiline".to_owned(),
        FieldLocation::Format => ".format".to_owned(),
        FieldLocation::Zone => ".zone".to_owned(),
        FieldLocation::Unbounded => ".unbounded".to_owned(),
        _ => String::new(),
    }
}
