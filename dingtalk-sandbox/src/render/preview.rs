//! The line of a message in the conversation list, the only place where its title is seen.

use dingtalk_core::{Message, message::Mentions};

use super::{mentions::Ids, mentions::replaced, tree::Names};

/// Length at which the line is cut, in characters. The list cuts it by its width before that.
const MAX_CHARACTERS: usize = 120;

/// The line of a message in the conversation list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preview {
    /// Title, or the text of a message that has none, on one line.
    pub text: String,
    /// Mark before it.
    pub mark: Option<Mark>,
}

/// Mark of a message that mentions the reader, in orange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mark {
    /// `[有人@你]`: for the people who are mentioned.
    You,
    /// `[@所有人]`: for everyone.
    Everyone,
}

impl Mark {
    /// Returns the mark as the Chinese client writes it.
    #[must_use]
    pub fn chinese(self) -> &'static str {
        match self {
            Self::You => "[有人@你]",
            Self::Everyone => "[@所有人]",
        }
    }
}

impl Preview {
    pub(crate) fn new(message: &Message, names: &Names) -> Self {
        let none = Mentions::default();
        let mentions = message.mentions().unwrap_or(&none);
        let text = match message {
            Message::Text(text) => replaced(&text.content, &Ids::new(mentions, names)),
            Message::Markdown(markdown) => markdown.title.clone(),
            Message::Link(link) => link.title.clone(),
            Message::ActionCard(card) => card.title.clone(),
            Message::FeedCard(card) => card.items.first().map(|item| item.title.clone()).unwrap_or_default(),
            _ => String::new(),
        };
        let mark = match (mentions.all, mentions.people()) {
            (true, _) => Some(Mark::Everyone),
            (false, 1..) => Some(Mark::You),
            (false, 0) => None,
        };
        Self { text: one_line(&text), mark }
    }
}

fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
