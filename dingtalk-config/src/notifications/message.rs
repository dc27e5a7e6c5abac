//! Messages of the notifications in the file.

use dingtalk_core::tool::declared::{
    ButtonTemplates, Declaration, MessageKind, MessagePart, MessageTemplates,
};
use dingtalk_template::declaration::{LOOSE_BUTTON, second_message};

use super::chinese;
use crate::{
    Wording,
    section::{Hint, Section},
};

/// The messages that a file can declare.
const KINDS: [MessageKind; 4] =
    [MessageKind::Text, MessageKind::Markdown, MessageKind::Link, MessageKind::ActionCard];

const HINTS: &[Hint] = &[
    Hint::meant("content", "text"),
    Hint::meant("body", "text"),
    Hint::meant("message", "text"),
    Hint::meant("msg", "text"),
    Hint::meant("subject", "title"),
    Hint::meant("heading", "title"),
    Hint::meant("href", "url"),
    Hint::meant("link", "url"),
    Hint::meant("target", "url"),
    Hint::meant("message_url", "url"),
    Hint::meant("messageUrl", "url"),
    Hint::meant("action_url", "url"),
    Hint::meant("actionURL", "url"),
    Hint::meant("pic_url", "picture"),
    Hint::meant("picUrl", "picture"),
    Hint::meant("image", "picture"),
    Hint::meant("btns", "buttons"),
    Hint::meant("button", "buttons"),
];

/// Reads the one message.
pub(super) fn read_message(declaration: &mut Declaration, section: &mut Section<'_>) {
    let mut first: Option<MessageKind> = None;
    for kind in KINDS {
        if !section.asks_for(kind.key()) {
            continue;
        }
        if let Some(first) = first {
            section.refuse(kind.key(), chinese::wording(&second_message(first.key())));
            continue;
        }
        first = Some(kind);
        let empty =
            MessageTemplates { kind, parts: Vec::new(), buttons: Vec::new(), button_list: None, items: None };
        declaration.message = match kind {
            MessageKind::Text => section
                .string(kind.key())
                .map(|text| MessageTemplates { parts: vec![(MessagePart::Text, text)], ..empty }),
            _ if section.is_text(kind.key()) => {
                let parts = kind.parts().iter().map(|(part, _)| format!("{} = \"…\"", part.key()));
                let table = format!("{} = {{ {} }}", kind.key(), parts.collect::<Vec<_>>().join(", "));
                let problem = Wording::new(
                    format!("expected a table, found a string; write `{table}`"),
                    format!("应为表，而不是字符串；请写 `{table}`"),
                );
                section.refuse(kind.key(), problem);
                None
            }
            _ => section.section(kind.key()).map(|parts| read_parts(empty, declaration, parts)),
        };
    }
}

fn read_parts(
    mut message: MessageTemplates,
    declaration: &mut Declaration,
    mut section: Section<'_>,
) -> MessageTemplates {
    section.hint(HINTS);
    for (part, _) in message.kind.parts() {
        message.parts.extend(section.string(part.key()).map(|template| (*part, template)));
    }
    if message.kind == MessageKind::ActionCard {
        declaration.horizontal = section.flag("horizontal").unwrap_or_default();
        declaration.hide_avatar = section.flag("hide_avatar").unwrap_or_default();
        let buttons = section.sections("buttons", |_, button| Some(read_button(button)));
        message.buttons = buttons.unwrap_or_default();
    }
    section.finish();
    message
}

/// A missing part is left blank, so that the next button keeps its place; it has been reported.
fn read_button(mut section: Section<'_>) -> ButtonTemplates {
    section.hint(HINTS);
    let label = section.required_text("label");
    if !section.has("url") {
        section.fault("url", chinese::wording(LOOSE_BUTTON));
    }
    let url = section.string("url");
    section.finish();
    let [label, url] = [(label, "…"), (url, "https://example.com")]
        .map(|(text, blank)| text.unwrap_or_else(|| blank.to_owned()));
    ButtonTemplates { label, url }
}
