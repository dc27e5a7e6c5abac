use dingtalk_core::{FeedItem, Url};

/// A page with a picture.
#[derive(FeedItem)]
#[dingtalk(
    item(title = "{headline}", url = "{page}", picture = "https://example.com/a.png"),
    tool(when = "there is news"),
)]
struct News {
    /// Event, in one line.
    #[dingtalk(length(1..=20))]
    headline: String,
    /// The whole story.
    page: Url,
}

/// A page with a picture.
#[derive(FeedItem)]
#[dingtalk(item(title = "{headline}", url = "{page}", picture = "https://example.com/a.png"), tool)]
struct Undocumented {
    headline: String,
    /// The whole story.
    page: Url,
}

fn main() {}
