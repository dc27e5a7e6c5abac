//! What the message is: `text(…)`, `markdown(…)`, `link(…)`, `action_card(…)`, `feed_card(…)`; or `item(…)` of a feed card.

use proc_macro2::Ident;
use syn::{LitStr, Token, parse::ParseStream};

use super::{Place, Reading, alone, equals, in_parentheses, keys, parse, set, unknown};

/// One message attribute, with every key that was given.
pub(crate) enum MessageAttribute {
    Text(LitStr),
    Markdown { title: Option<LitStr>, text: Option<LitStr> },
    Link(LinkAttribute),
    ActionCard(ActionCardAttribute),
    FeedCard { items: Option<Ident> },
    Item(ItemAttribute),
}

impl MessageAttribute {
    pub(super) const KEYS: [&str; 6] = ["text", "markdown", "link", "action_card", "feed_card", "item"];
}

#[derive(Default)]
pub(crate) struct LinkAttribute {
    pub(crate) title: Option<LitStr>,
    pub(crate) text: Option<LitStr>,
    pub(crate) url: Option<LitStr>,
    pub(crate) picture: Option<LitStr>,
}

#[derive(Default)]
pub(crate) struct ActionCardAttribute {
    pub(crate) title: Option<LitStr>,
    pub(crate) text: Option<LitStr>,
    pub(crate) buttons: Vec<ButtonAttribute>,
    pub(crate) horizontal: Option<Ident>,
    pub(crate) hide_avatar: Option<Ident>,
}

#[derive(Default)]
pub(crate) struct ItemAttribute {
    pub(crate) title: Option<LitStr>,
    pub(crate) url: Option<LitStr>,
    pub(crate) picture: Option<LitStr>,
}

/// `button("Label", url = "…")`
pub(crate) struct ButtonAttribute {
    pub(crate) title: LitStr,
    pub(crate) url: LitStr,
}

pub(super) const MARKDOWN: Place = Place { name: "in `markdown(…)`", keys: &["title", "text"] };
pub(super) const LINK: Place = Place { name: "in `link(…)`", keys: &["title", "text", "url", "picture"] };
pub(super) const ACTION_CARD: Place =
    Place { name: "in `action_card(…)`", keys: &["title", "text", "button", "horizontal", "hide_avatar"] };
pub(super) const FEED_CARD: Place = Place { name: "in `feed_card(…)`", keys: &["items"] };
pub(super) const ITEM: Place = Place { name: "in `item(…)`", keys: &["title", "url", "picture"] };
pub(super) const BUTTON: Place = Place { name: "in `button(…)`", keys: &["url"] };

impl MessageAttribute {
    /// Reads what follows `key`, which is one of the message attributes.
    pub(super) fn parse(key: &Ident, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<Self> {
        match key.to_string().as_str() {
            "markdown" => Self::markdown(key, input, reading),
            "link" => Self::link(key, input, reading),
            "action_card" => Self::action_card(key, input, reading),
            "feed_card" => Self::feed_card(key, input, reading),
            "item" => Self::item(key, input, reading),
            _ => Ok(Self::Text(in_parentheses(key, "\"…\"", input, parse::<LitStr>)?)),
        }
    }

    fn markdown(key: &Ident, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<Self> {
        let (mut title, mut text) = (None, None);
        in_parentheses(key, "title = \"…\", text = \"…\"", input, |input| {
            keys(input, &MARKDOWN, reading, &mut |key, input| match key.to_string().as_str() {
                "title" => set(&mut title, key, input, equals, reading),
                "text" => set(&mut text, key, input, equals, reading),
                _ => Err(unknown(key, &MARKDOWN)),
            })
        })?;
        Ok(Self::Markdown { title, text })
    }

    fn link(key: &Ident, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<Self> {
        let mut link = LinkAttribute::default();
        in_parentheses(key, "title = \"…\", text = \"…\", url = \"…\"", input, |input| {
            keys(input, &LINK, reading, &mut |key, input| match key.to_string().as_str() {
                "title" => set(&mut link.title, key, input, equals, reading),
                "text" => set(&mut link.text, key, input, equals, reading),
                "url" => set(&mut link.url, key, input, equals, reading),
                "picture" => set(&mut link.picture, key, input, equals, reading),
                _ => Err(unknown(key, &LINK)),
            })
        })?;
        Ok(Self::Link(link))
    }

    fn action_card(key: &Ident, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<Self> {
        let mut card = ActionCardAttribute::default();
        let example = "title = \"…\", text = \"…\", button(\"…\", url = \"…\")";
        in_parentheses(key, example, input, |input| {
            keys(input, &ACTION_CARD, reading, &mut |key, input| match key.to_string().as_str() {
                "title" => set(&mut card.title, key, input, equals, reading),
                "text" => set(&mut card.text, key, input, equals, reading),
                "horizontal" => set(&mut card.horizontal, key, input, alone, reading),
                "hide_avatar" => set(&mut card.hide_avatar, key, input, alone, reading),
                "button" => {
                    card.buttons.push(ButtonAttribute::parse(key, input, reading)?);
                    Ok(())
                }
                _ => Err(unknown(key, &ACTION_CARD)),
            })
        })?;
        Ok(Self::ActionCard(card))
    }

    fn feed_card(key: &Ident, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<Self> {
        let mut items = None;
        in_parentheses(key, "items = field", input, |input| {
            keys(input, &FEED_CARD, reading, &mut |key, input| match key.to_string().as_str() {
                "items" => set(&mut items, key, input, equals, reading),
                _ => Err(unknown(key, &FEED_CARD)),
            })
        })?;
        Ok(Self::FeedCard { items })
    }

    fn item(key: &Ident, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<Self> {
        let mut item = ItemAttribute::default();
        in_parentheses(key, "title = \"…\", url = \"…\", picture = \"…\"", input, |input| {
            keys(input, &ITEM, reading, &mut |key, input| match key.to_string().as_str() {
                "title" => set(&mut item.title, key, input, equals, reading),
                "url" => set(&mut item.url, key, input, equals, reading),
                "picture" => set(&mut item.picture, key, input, equals, reading),
                _ => Err(unknown(key, &ITEM)),
            })
        })?;
        Ok(Self::Item(item))
    }
}

impl ButtonAttribute {
    fn parse(key: &Ident, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<Self> {
        let mut url = None;
        let title = in_parentheses(key, "\"Label\", url = \"…\"", input, |input| {
            let title: LitStr = input.parse()?;
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
            keys(input, &BUTTON, reading, &mut |key, input| match key.to_string().as_str() {
                "url" => set(&mut url, key, input, equals, reading),
                _ => Err(unknown(key, &BUTTON)),
            })?;
            Ok(title)
        })?;
        match url {
            Some(url) => Ok(Self { title, url }),
            None => Err(syn::Error::new_spanned(title, "a button leads somewhere: add `url = \"…\"`")),
        }
    }
}
