//! Code that must compile, each case with a minimal check of its meaning.

mod crate_path;
mod forbidden_lints;
mod generics;
mod lints;
mod literals_from_macros;
mod raw_identifiers;
mod shadowed_names;
mod user_constants;

use dingtalk_core::{Message, Notification};

/// The body that a notification sends.
fn body(notification: &impl Notification) -> String {
    match notification.message().expect("no rule is broken") {
        Message::Text(text) => text.content,
        Message::Markdown(markdown) => format!("{}\n---\n{}", markdown.title, markdown.text),
        other => panic!("neither text nor Markdown: {other:?}"),
    }
}
