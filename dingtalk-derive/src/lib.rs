//! `#[derive(Notification)]`: an annotated struct becomes a typed DingTalk message and a tool that an agent can call.
//!
//! Use it through `dingtalk-core`, which re-exports it. The phases are files: `attr` reads attributes, `model`
//! gives them meaning, `check` holds the rules, `expand` writes code.

mod attr;
mod check;
mod errors;
mod expand;
mod literal;
mod model;
mod panics;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use self::expand::Derive;

/// Makes a struct a notification: a message, and with `tool(…)` a tool.
///
/// ```
/// use dingtalk_core::{Message, Mobile, Notification};
///
/// #[derive(Notification)]
/// #[dingtalk(markdown(
///     title = "CPU {percent:.0}% on {host}",
///     text = "
///         CPU at **{percent:.1}%** on {host}
///         {processes}
///     ",
/// ))]
/// struct CpuAlert {
///     host: String,
///     #[dingtalk(range(0.0..=100.0))]
///     percent: f64,
///     #[dingtalk(line = "- {}")]
///     processes: Vec<String>,
///     #[dingtalk(at)]
///     on_call: Vec<Mobile>,
/// }
///
/// let alert = CpuAlert {
///     host: "web-3".into(),
///     percent: 97.5,
///     processes: vec!["nginx".into(), "backup *nightly*".into()],
///     on_call: vec![],
/// };
/// assert_eq!(
///     alert.message()?,
///     Message::markdown("CPU 98% on web-3", "CPU at **97.5%** on web-3\n\n- nginx\n- backup \\*nightly\\*"),
/// );
/// # Ok::<(), dingtalk_core::Invalid>(())
/// ```
///
/// # On the type
///
/// | attribute | meaning |
/// |---|---|
/// | `text("…")` | a text message |
/// | `markdown(title = "…", text = "…")` | a Markdown message; without `text`, the fields' `line`s in order |
/// | `link(title = "…", text = "…", url = "…", picture = "…")` | one page to open; the picture is optional |
/// | `action_card(title = "…", text = "…", button("Label", url = "…"), horizontal, hide_avatar)` | Markdown with one or more buttons |
/// | `feed_card(items = field)` | a list of titled pictures: a `Vec` of a type that derives [`FeedItem`](macro@FeedItem) |
/// | `tool(name = "…", title = "…", when = "…", not_when = "…", instead = Type, destructive = true)` | also a tool; every key is optional |
/// | `rename_all = "camelCase"` | names of the tool's parameters (`snake_case`, `camelCase` or `kebab-case`) |
/// | `crate = path` | where `dingtalk_core` is found |
///
/// # On a field
///
/// | attribute | meaning |
/// |---|---|
/// | `line = "… {} …"` | stands alone on its line of the template, is written once per value and vanishes where there is none |
/// | `at` | people to mention: [`Mobile`](../dingtalk_core/struct.Mobile.html) or [`UserId`](../dingtalk_core/struct.UserId.html), also in `Vec` or `Option` |
/// | `at_all` | a `bool`: mention everybody |
/// | `length(a..=b)`, `bytes(..=n)`, `range(a..=b)`, `max_items = n` | rules on the value, checked before every send |
/// | `unbounded` | the text or list of a tool has no upper limit on purpose |
/// | `rename = "…"` | the parameter's name |
/// | `default`, `default = expr` | the value of a single field where a call gives none |
/// | `skip` | not shown, and no parameter |
///
/// # Templates
///
/// A template is a format string: `{field}`, `{field:.1}`, `{{` for a brace. Specs are limited to sign, zero padding,
/// precision and radix. Common indentation and outer blank lines are removed. `bool`, `Option` and `Vec` fields need
/// a `line`. A `url` or `picture` is a whole URL or one slot, whose field is a `Url` or an `Option` of it; a button whose
/// link is absent is left out. Values are escaped for the place where they stand; `Markdown` passes through; a link's target takes only
/// `Url`.
#[proc_macro_derive(Notification, attributes(dingtalk))]
pub fn derive_notification(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    panics::caught("Notification", || expand::expand(&input, Derive::Notification)).into()
}

/// Makes a struct an item of a feed card: `#[dingtalk(item(title = "…", url = "…", picture = "…"))]`.
///
/// ```
/// use dingtalk_core::{FeedItem, Notification, Url};
///
/// #[derive(FeedItem)]
/// #[dingtalk(item(title = "{headline}", url = "{page}", picture = "https://example.com/news.png"))]
/// struct News {
///     headline: String,
///     page: Url,
/// }
///
/// #[derive(Notification)]
/// #[dingtalk(feed_card(items = news))]
/// struct Digest {
///     news: Vec<News>,
/// }
///
/// let page = Url::new("https://example.com/1")?;
/// let digest = Digest { news: vec![News { headline: "One".into(), page }] };
/// assert_eq!(digest.message().unwrap().kind(), "feedCard");
/// # Ok::<(), dingtalk_core::ParseUrlError>(())
/// ```
#[proc_macro_derive(FeedItem, attributes(dingtalk))]
pub fn derive_feed_item(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    panics::caught("FeedItem", || expand::expand(&input, Derive::FeedItem)).into()
}

/// Makes a struct a piece that stands in the slots of notifications: `#[dingtalk(fragment("…"))]`.
#[proc_macro_derive(Fragment, attributes(dingtalk))]
pub fn derive_fragment(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    panics::caught("Fragment", || expand::expand(&input, Derive::Fragment)).into()
}

/// Makes an enum of unit variants a value that is shown, described to agents, and read from their arguments.
#[proc_macro_derive(Choice, attributes(dingtalk))]
pub fn derive_choice(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    panics::caught("Choice", || expand::expand_choice(&input)).into()
}
