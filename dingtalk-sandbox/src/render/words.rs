//! The two languages of pages.

/// A language of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Chinese.
    Chinese,
}

impl Language {
    /// Returns the text of this language: English first, then Chinese.
    pub(crate) fn say<T: Copy>(self, texts: [T; 2]) -> T {
        match self {
            Self::English => texts[0],
            Self::Chinese => texts[1],
        }
    }

    /// Returns the tag of this language, for `lang`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.say(["en", "zh-CN"])
    }
}
