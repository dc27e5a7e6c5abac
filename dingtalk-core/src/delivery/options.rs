//! Delivery options that a notification declares, as its envelope carries them.

use std::{fmt::Write as _, time::Duration};

use dingtalk_template::{Template, Value, render};
use sha2::{Digest as _, Sha256};

use super::{Dedupe, Envelope, Throttle, Urgency};
use crate::{Message, message::WireMessage};

/// Declared options of one notification.
#[derive(Debug)]
pub(crate) struct Options<'o> {
    /// Name of the notification, so that others have other keys.
    pub(crate) name: &'o str,
    pub(crate) urgent: bool,
    pub(crate) group: Option<&'o Template>,
    pub(crate) digest: Option<&'o Template>,
    /// Span in which an equal message is suppressed.
    pub(crate) dedupe: Option<Duration>,
    pub(crate) throttle: Option<ThrottleOption<'o>>,
}

/// Maximum number of messages in a span, for each combination of values of these fields.
#[derive(Debug)]
pub(crate) struct ThrottleOption<'o> {
    pub(crate) limit: u32,
    pub(crate) span: Duration,
    pub(crate) by: Vec<(&'o str, &'o Template)>,
}

/// Puts a message into an envelope with these options.
pub(crate) fn envelope(message: Message, options: &Options<'_>, values: &[Value<'_>]) -> Envelope {
    let shown = |template: Option<&Template>| {
        template.map(|template| render(template, values)).filter(|text| !text.is_empty())
    };
    let dedupe = options.dedupe.map(|span| Dedupe::new(content_key(options.name, &message), span));
    let throttle = options.throttle.as_ref().map(|rule| {
        let mut key = options.name.to_owned();
        for (field, template) in &rule.by {
            // Quotes keep two values apart, whatever they contain.
            let _ = write!(key, " {field}={:?}", render(template, values));
        }
        Throttle::new(key, rule.limit, rule.span)
    });
    let mut envelope = Envelope::new(message);
    if options.urgent {
        envelope.urgency = Urgency::Urgent;
    }
    envelope.group = shown(options.group);
    envelope.digest_line = shown(options.digest);
    envelope.dedupe = dedupe;
    envelope.throttle = throttle;
    envelope
}

/// Returns a key that equal messages share, and that does not show their content.
fn content_key(name: &str, message: &Message) -> String {
    let body = serde_json::to_vec(&WireMessage::new(message.clone())).unwrap_or_default();
    let mut key = format!("{name} ");
    for byte in &Sha256::digest(&body)[..16] {
        let _ = write!(key, "{byte:02x}");
    }
    key
}
