//! The derives that share attributes.

/// The derive that is expanded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Derive {
    Notification,
    FeedItem,
    Fragment,
}

impl Derive {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::FeedItem => "FeedItem",
            Self::Fragment => "Fragment",
        }
    }

    /// Returns the error for a type without an attribute that declares its content.
    pub(crate) fn asks_for_message(self) -> &'static str {
        match self {
            Self::Notification => {
                "what is the message? add `#[dingtalk(text(\"…\"))]` or `#[dingtalk(markdown(title = \"…\", text = \"…\"))]`"
            }
            Self::FeedItem => {
                "what is the item? add `#[dingtalk(item(title = \"…\", url = \"…\", picture = \"…\"))]`"
            }
            Self::Fragment => "what does the fragment say? add `#[dingtalk(fragment(\"…\"))]`",
        }
    }
}
