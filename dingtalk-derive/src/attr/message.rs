//! What is shown: `text(…)`, `markdown(…)`, `link(…)`, `action_card(…)`, `feed_card(…)`; `item(…)` and `fragment(…)` of
//! the companions.

use proc_macro2::Ident;
use syn::{LitStr, Token, parse::ParseStream};

use super::keys::{Place, Reading, alone, equals, equals_text, in_parentheses, keys, set, text, unknown};

/// One of the attributes, with every key that was given.
pub(crate) struct MessageAttribute {
    pub(crate) keyword: Ident,
    pub(crate) kind: Kind,
    /// The templates, in the order of [`Kind::parts`].
    pub(crate) parts: Vec<(Part, LitStr)>,
    pub(crate) buttons: Vec<ButtonAttribute>,
    pub(crate) horizontal: Option<Ident>,
    pub(crate) hide_avatar: Option<Ident>,
    /// The field that holds more buttons.
    pub(crate) button_list: Option<Ident>,
    /// The field that holds a feed card's items.
    pub(crate) items: Option<Ident>,
}

/// `button("Label", url = "…")`
pub(crate) struct ButtonAttribute {
    pub(crate) title: LitStr,
    pub(crate) url: LitStr,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Markdown,
    Link,
    ActionCard,
    FeedCard,
    /// No message, but one item of a feed card.
    Item,
    /// No message, but a piece of others.
    Fragment,
}

/// A template of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Title,
    Text,
    Url,
    Picture,
}

const SHOWN: &str = "it is what the conversation list shows";
const PAGE: &str = "it is the page to open";

impl Kind {
    const ALL: [Self; 7] = [
        Self::Text,
        Self::Markdown,
        Self::Link,
        Self::ActionCard,
        Self::FeedCard,
        Self::Item,
        Self::Fragment,
    ];

    pub(super) fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Link => "link",
            Self::ActionCard => "action_card",
            Self::FeedCard => "feed_card",
            Self::Item => "item",
            Self::Fragment => "fragment",
        }
    }

    /// Its templates, and why each is required; those without a reason are not.
    pub(crate) fn parts(self) -> &'static [(Part, Option<&'static str>)] {
        match self {
            Self::Text | Self::Fragment => &[(Part::Text, Some(""))],
            Self::Markdown => &[(Part::Title, Some(SHOWN)), (Part::Text, None)],
            Self::Link => &[
                (Part::Title, Some("it is the headline")),
                (Part::Text, Some("it stands below the title")),
                (Part::Url, Some(PAGE)),
                (Part::Picture, None),
            ],
            Self::ActionCard => &[(Part::Title, Some(SHOWN)), (Part::Text, Some("it is the body"))],
            Self::FeedCard => &[],
            Self::Item => &[
                (Part::Title, Some("it is the headline")),
                (Part::Url, Some(PAGE)),
                (Part::Picture, Some("DingTalk requires one for each item")),
            ],
        }
    }

    /// What stands between the parentheses, for an error.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Text | Self::Fragment => "\"…\"",
            Self::Markdown => "title = \"…\", text = \"…\"",
            Self::Link => "title = \"…\", text = \"…\", url = \"…\"",
            Self::ActionCard => "title = \"…\", text = \"…\", button(\"…\", url = \"…\")",
            Self::FeedCard => "items = field",
            Self::Item => "title = \"…\", url = \"…\", picture = \"…\"",
        }
    }

    fn place(self) -> &'static Place {
        match self {
            Self::Link => &LINK,
            Self::ActionCard => &ACTION_CARD,
            Self::FeedCard => &FEED_CARD,
            Self::Item => &ITEM,
            Self::Text | Self::Markdown | Self::Fragment => &MARKDOWN,
        }
    }

    /// Is it a whole message, and no part of one?
    pub(crate) fn is_message(self) -> bool {
        !matches!(self, Self::Item | Self::Fragment)
    }

    /// Can the message mention anybody?
    pub(crate) fn can_mention(self) -> bool {
        matches!(self, Self::Text | Self::Markdown)
    }
}

impl Part {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Text => "text",
            Self::Url => "url",
            Self::Picture => "picture",
        }
    }
}

pub(super) const MARKDOWN: Place = Place { name: "in `markdown(…)`", keys: &["title", "text"] };
pub(super) const LINK: Place = Place { name: "in `link(…)`", keys: &["title", "text", "url", "picture"] };
pub(super) const ACTION_CARD: Place = Place {
    name: "in `action_card(…)`",
    keys: &["title", "text", "button", "buttons", "horizontal", "hide_avatar"],
};
pub(super) const FEED_CARD: Place = Place { name: "in `feed_card(…)`", keys: &["items"] };
pub(super) const ITEM: Place = Place { name: "in `item(…)`", keys: &["title", "url", "picture"] };
pub(super) const BUTTON: Place = Place { name: "in `button(…)`", keys: &["url"] };

impl MessageAttribute {
    /// Reads what follows `keyword`, which names `kind`.
    pub(super) fn parse(
        kind: Kind,
        keyword: &Ident,
        input: ParseStream<'_>,
        reading: &Reading<'_>,
    ) -> syn::Result<Self> {
        let mut message = Self {
            keyword: keyword.clone(),
            kind,
            parts: Vec::new(),
            buttons: Vec::new(),
            horizontal: None,
            hide_avatar: None,
            button_list: None,
            items: None,
        };
        in_parentheses(keyword, kind.example(), input, |input| {
            if matches!(kind, Kind::Text | Kind::Fragment) {
                message.parts.push((Part::Text, text(keyword, input)?));
                return Ok(());
            }
            message.keys(input, reading)
        })?;
        Ok(message)
    }

    fn keys(&mut self, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<()> {
        let place = self.kind.place();
        let mut templates: Vec<(Part, Option<LitStr>)> =
            self.kind.parts().iter().map(|(part, _)| (*part, None)).collect();
        keys(input, place, reading, &mut |key, input| {
            let name = key.to_string();
            if let Some((_, template)) = templates.iter_mut().find(|(part, _)| part.key() == name) {
                return set(template, key, input, equals_text, reading);
            }
            match name.as_str() {
                _ if !place.keys.contains(&name.as_str()) => Err(unknown(key, place)),
                "horizontal" => set(&mut self.horizontal, key, input, alone, reading),
                "hide_avatar" => set(&mut self.hide_avatar, key, input, alone, reading),
                "buttons" => set(&mut self.button_list, key, input, equals, reading),
                "items" => set(&mut self.items, key, input, equals, reading),
                _ => {
                    self.buttons.push(ButtonAttribute::parse(key, input, reading)?);
                    Ok(())
                }
            }
        })?;
        self.parts = templates.into_iter().filter_map(|(part, template)| Some((part, template?))).collect();
        Ok(())
    }

    pub(crate) fn part(&self, wanted: Part) -> Option<&LitStr> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, template)| template)
    }

    /// Its templates, in the order in which they are written.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &LitStr> {
        let buttons = self.buttons.iter().flat_map(|button| [&button.title, &button.url]);
        self.parts.iter().map(|(_, template)| template).chain(buttons)
    }
}

impl ButtonAttribute {
    fn parse(key: &Ident, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<Self> {
        let mut url = None;
        let title = in_parentheses(key, "\"Label\", url = \"…\"", input, |input| {
            let title = text(key, input)?;
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
            // button("Label", "https://…")
            if input.peek(LitStr) {
                let page: LitStr = input.parse()?;
                return Err(syn::Error::new_spanned(
                    &page,
                    "the page behind a button has a key: write `url = \"…\"`",
                ));
            }
            keys(input, &BUTTON, reading, &mut |key, input| match key.to_string().as_str() {
                "url" => set(&mut url, key, input, equals_text, reading),
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
