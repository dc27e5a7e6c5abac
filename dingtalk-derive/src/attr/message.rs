//! Attributes that declare a message: `text(…)`, `markdown(…)`, `link(…)`, `action_card(…)` and `feed_card(…)`, and
//! those of the companions, `item(…)` and `fragment(…)`.

use dingtalk_template::declaration::{
    ButtonTemplates, LOOSE_BUTTON, MessageKind, MessagePart, MessageTemplates,
};
use proc_macro2::Ident;
use syn::{LitStr, Token, ext::IdentExt as _, parse::ParseStream};

use super::{
    expression,
    table::{KeyTable, Reading, set},
    values::{alone, equals, equals_text, in_parentheses, text},
};

/// One of these attributes, with all its keys.
pub(crate) struct MessageAttribute {
    pub(crate) keyword: Ident,
    pub(crate) kind: MessageKind,
    /// The templates, in the order of [`MessageKind::parts`].
    pub(crate) parts: Vec<(MessagePart, LitStr)>,
    pub(crate) buttons: Vec<ButtonAttribute>,
    pub(crate) horizontal: Option<Ident>,
    pub(crate) hide_avatar: Option<Ident>,
    /// The field with more buttons.
    pub(crate) button_list: Option<Ident>,
    /// The field with the items of a feed card.
    pub(crate) items: Option<Ident>,
}

/// `button("Label", url = "…")`
pub(crate) struct ButtonAttribute {
    pub(crate) title: LitStr,
    pub(crate) url: LitStr,
}

/// Returns an example of the text between the parentheses, for an error.
fn example(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text | MessageKind::Fragment => "\"…\"",
        MessageKind::Markdown => "title = \"…\", text = \"…\"",
        MessageKind::Link => "title = \"…\", text = \"…\", url = \"…\"",
        MessageKind::ActionCard => "title = \"…\", text = \"…\", button(\"…\", url = \"…\")",
        MessageKind::FeedCard => "items = field",
        MessageKind::Item => "title = \"…\", url = \"…\", picture = \"…\"",
    }
}

/// Entry of a key table for a key whose value is a template.
macro_rules! template {
    ($key:literal, $part:ident) => {
        ($key, |message, key, input, reading| message.template(MessagePart::$part, key, input, reading))
    };
}

pub(super) static MARKDOWN: KeyTable<MessageAttribute> = KeyTable {
    place: "in `markdown(…)`",
    keys: &[template!("title", Title), template!("text", Text)],
    advice: &[],
    loose_text: Some("a Markdown message has two texts: write `title = \"…\", text = \"…\"`"),
};

pub(super) static LINK: KeyTable<MessageAttribute> = KeyTable {
    place: "in `link(…)`",
    keys: &[
        template!("title", Title),
        template!("text", Text),
        template!("url", Target),
        template!("picture", Picture),
    ],
    advice: &[
        ("link", "the page that a link opens is its `url`: write `url = \"…\"`"),
        ("href", "the page that a link opens is its `url`: write `url = \"…\"`"),
        ("image", "the image of a link is its `picture`: write `picture = \"…\"`"),
    ],
    loose_text: Some("a link has several texts: write `title = \"…\", text = \"…\", url = \"…\"`"),
};

pub(super) static ACTION_CARD: KeyTable<MessageAttribute> = KeyTable {
    place: "in `action_card(…)`",
    keys: &[
        template!("title", Title),
        template!("text", Text),
        ("button", |card, key, input, reading| {
            card.buttons.extend(ButtonAttribute::parse(key, input, reading)?);
            Ok(())
        }),
        ("buttons", |card, key, input, reading| set(&mut card.button_list, key, input, equals, reading)),
        ("horizontal", |card, key, input, reading| set(&mut card.horizontal, key, input, alone, reading)),
        ("hide_avatar", |card, key, input, reading| set(&mut card.hide_avatar, key, input, alone, reading)),
    ],
    advice: &[],
    loose_text: Some(
        "an action card has several texts: write `title = \"…\", text = \"…\", button(\"…\", url = \"…\")`",
    ),
};

pub(super) static FEED_CARD: KeyTable<MessageAttribute> = KeyTable {
    place: "in `feed_card(…)`",
    keys: &[("items", |card, key, input, reading| set(&mut card.items, key, input, equals, reading))],
    advice: &[],
    loose_text: None,
};

pub(super) static ITEM: KeyTable<MessageAttribute> = KeyTable {
    place: "in `item(…)`",
    keys: &[template!("title", Title), template!("url", Target), template!("picture", Picture)],
    advice: &[
        ("link", "the page that an item opens is its `url`: write `url = \"…\"`"),
        ("text", "DingTalk shows no text below the title of an item: remove it, or write it into `title`"),
    ],
    loose_text: Some("an item has several texts: write `title = \"…\", url = \"…\", picture = \"…\"`"),
};

pub(super) static BUTTON: KeyTable<Option<LitStr>> = KeyTable {
    place: "in `button(…)`",
    keys: &[("url", |url, key, input, reading| set(url, key, input, equals_text, reading))],
    advice: &[("link", "the page that a button opens is its `url`: write `url = \"…\"`")],
    loose_text: Some("the page that a button opens has a key: write `url = \"…\"`"),
};

impl MessageAttribute {
    /// Parses the rest of an attribute after `keyword`, the key of `kind`.
    pub(super) fn parse(
        kind: MessageKind,
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
        in_parentheses(keyword, example(kind), input, |input| match kind {
            MessageKind::Text | MessageKind::Fragment => message.only_text(input),
            MessageKind::Markdown => MARKDOWN.keys(input, &mut message, reading),
            MessageKind::Link => LINK.keys(input, &mut message, reading),
            MessageKind::ActionCard => ACTION_CARD.keys(input, &mut message, reading),
            MessageKind::FeedCard => FEED_CARD.keys(input, &mut message, reading),
            MessageKind::Item => ITEM.keys(input, &mut message, reading),
        })?;
        let position = |wanted| kind.parts().iter().position(|(part, _)| *part == wanted);
        message.parts.sort_by_key(|(part, _)| position(*part));
        Ok(message)
    }

    /// Parses the single template of `text("…")`.
    fn only_text(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let template = text(&self.keyword, input)?;
        self.parts.push((MessagePart::Text, template));
        // text("{} is down", host)
        if input.peek(Token![,]) && !input.peek2(syn::parse::End) {
            input.parse::<Token![,]>()?;
            let argument = expression::until_comma(input)?;
            let message = match syn::parse2::<Ident>(argument.clone()) {
                Ok(name) => format!("a template has no arguments: write `{{{name}}}` where it belongs"),
                Err(_) => format!(
                    "a template has no arguments: compute the value with `with(name = {argument})`, and write `{{name}}`"
                ),
            };
            return Err(syn::Error::new_spanned(argument, message));
        }
        Ok(())
    }

    fn template(
        &mut self,
        part: MessagePart,
        key: &Ident,
        input: ParseStream<'_>,
        reading: &Reading<'_>,
    ) -> syn::Result<()> {
        let known = self.parts.iter().position(|(known, _)| *known == part);
        let mut template = known.map(|known| self.parts.swap_remove(known).1);
        let read = set(&mut template, key, input, equals_text, reading);
        self.parts.extend(template.map(|template| (part, template)));
        read
    }

    pub(crate) fn part(&self, wanted: MessagePart) -> Option<&LitStr> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, template)| template)
    }

    /// Returns the minimum number of elements of a field: DingTalk refuses a feed card without items, and an action
    /// card without buttons.
    pub(crate) fn min_items(&self, field: &Ident) -> usize {
        let is_items = self.items.as_ref() == Some(field);
        let is_only_buttons = self.button_list.as_ref() == Some(field) && self.buttons.is_empty();
        usize::from(is_items || is_only_buttons)
    }

    /// Returns the message for the rules.
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

    /// Returns all templates, in the order of their declaration.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &LitStr> {
        let buttons = self.buttons.iter().flat_map(|button| [&button.title, &button.url]);
        self.parts.iter().map(|(_, template)| template).chain(buttons)
    }
}

impl ButtonAttribute {
    fn parse(key: &Ident, input: ParseStream<'_>, reading: &Reading<'_>) -> syn::Result<Option<Self>> {
        let (mut url, complained) = (None, reading.errors_so_far());
        let title = in_parentheses(key, "\"Label\", url = \"…\"", input, |input| {
            // button(title = "Open", url = "…")
            if input.peek(syn::Ident) && input.peek2(Token![=]) {
                let label: Ident = input.call(Ident::parse_any)?;
                let message = "a button begins with its label: write `button(\"Label\", url = \"…\")`";
                return Err(syn::Error::new_spanned(label, message));
            }
            let title = text(key, input)?;
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
            BUTTON.keys(input, &mut url, reading)?;
            Ok(title)
        })?;
        match url {
            Some(url) => Ok(Some(Self { title, url })),
            // The key may only be misspelt.
            None if reading.errors_so_far() > complained => Ok(None),
            None => Err(syn::Error::new_spanned(title, LOOSE_BUTTON)),
        }
    }
}
