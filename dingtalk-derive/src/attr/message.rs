//! What is shown: `text(…)`, `markdown(…)`, `link(…)`, `action_card(…)`, `feed_card(…)`; `item(…)` and `fragment(…)` of
//! the companions.

use dingtalk_template::declaration::{ButtonTemplates, Kind, LOOSE_BUTTON, MessagePart, MessageTemplates};
use proc_macro2::Ident;
use syn::{LitStr, Token, ext::IdentExt as _, parse::ParseStream};

use super::keys::{Place, Reading, alone, equals, equals_text, in_parentheses, keys, set, text, unknown};

/// One of the attributes, with every key that was given.
pub(crate) struct MessageAttribute {
    pub(crate) keyword: Ident,
    pub(crate) kind: Kind,
    /// The templates, in the order of [`Kind::parts`].
    pub(crate) parts: Vec<(MessagePart, LitStr)>,
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

/// What stands between the parentheses, for an error.
fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Fragment => "\"…\"",
        Kind::Markdown => "title = \"…\", text = \"…\"",
        Kind::Link => "title = \"…\", text = \"…\", url = \"…\"",
        Kind::ActionCard => "title = \"…\", text = \"…\", button(\"…\", url = \"…\")",
        Kind::FeedCard => "items = field",
        Kind::Item => "title = \"…\", url = \"…\", picture = \"…\"",
    }
}

fn place(kind: Kind) -> &'static Place {
    match kind {
        Kind::Link => &LINK,
        Kind::ActionCard => &ACTION_CARD,
        Kind::FeedCard => &FEED_CARD,
        Kind::Item => &ITEM,
        Kind::Text | Kind::Markdown | Kind::Fragment => &MARKDOWN,
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
        in_parentheses(keyword, example(kind), input, |input| {
            if matches!(kind, Kind::Text | Kind::Fragment) {
                message.parts.push((MessagePart::Text, text(keyword, input)?));
                return Ok(());
            }
            message.keys(input, reading)
        })?;
        Ok(message)
    }

    fn keys(&mut self, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<()> {
        let place = place(self.kind);
        let mut templates: Vec<(MessagePart, Option<LitStr>)> =
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

    pub(crate) fn part(&self, wanted: MessagePart) -> Option<&LitStr> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, template)| template)
    }

    /// What the rules know of it.
    pub(crate) fn declared(&self) -> MessageTemplates {
        let name = |ident: &Option<Ident>| ident.as_ref().map(|ident| ident.unraw().to_string());
        let buttons = self.buttons.iter();
        MessageTemplates {
            kind: self.kind,
            parts: self.parts.iter().map(|(part, template)| (*part, template.value())).collect(),
            buttons: buttons
                .map(|button| ButtonTemplates { label: button.title.value(), url: button.url.value() })
                .collect(),
            button_list: name(&self.button_list),
            items: name(&self.items),
        }
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
            None => Err(syn::Error::new_spanned(title, LOOSE_BUTTON)),
        }
    }
}
