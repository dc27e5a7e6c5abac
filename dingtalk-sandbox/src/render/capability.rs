//! The table of constructs that not every client draws.
//!
//! A warning on a message comes from a row of this table, and so does the page "how sure are we".

/// A client of DingTalk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Client {
    /// Windows and macOS.
    Desktop,
    /// Android and iOS.
    Phone,
}

impl Client {
    /// Both clients.
    pub const ALL: [Self; 2] = [Self::Desktop, Self::Phone];

    /// Returns the name in URLs and attributes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Phone => "phone",
        }
    }
}

/// A construct of Markdown that DingTalk does not document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Construct {
    /// A table with `|`.
    Table,
    /// Code between fences.
    CodeBlock,
    /// Code by indentation.
    IndentedCode,
    /// Code between backticks.
    CodeSpan,
    /// A line of `---`.
    Rule,
    /// `<font color=…>`.
    FontColour,
    /// `~~struck out~~`.
    Strikethrough,
    /// A block of HTML.
    Html,
}

/// Knowledge of a construct on a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It is drawn.
    Drawn,
    /// Its source is shown as text.
    Raw,
    /// Nobody has shown either.
    Unknown {
        /// The sandbox draws it nevertheless.
        drawn: bool,
    },
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Capability {
    /// Support by desktop clients.
    pub desktop: Support,
    /// Support by phones.
    pub phone: Support,
    /// Name, in English and Chinese.
    pub name: [&'static str; 2],
    /// Remedy, in English and Chinese.
    pub remedy: [&'static str; 2],
    /// Source of the knowledge.
    pub source: &'static str,
}

impl Construct {
    /// All constructs of the table.
    pub const ALL: [Self; 8] = [
        Self::Table,
        Self::CodeBlock,
        Self::IndentedCode,
        Self::CodeSpan,
        Self::Rule,
        Self::FontColour,
        Self::Strikethrough,
        Self::Html,
    ];

    /// Returns the row of this construct.
    #[must_use]
    pub fn capability(self) -> Capability {
        match self {
            Self::Table => Capability {
                desktop: Support::Drawn,
                phone: Support::Raw,
                name: ["table", "表格"],
                remedy: ["Use a list with one line per row.", "改用列表，每行一项。"],
                source: "openclaw issue 533 (2026-04), AstrBot issue 4746: drawn on desktop, raw `|` on Android 8.3.10; \
                         a new renderer reaches organisations one by one",
            },
            Self::CodeBlock => Capability {
                desktop: Support::Drawn,
                phone: Support::Raw,
                name: ["code block", "代码块"],
                remedy: ["Use a quote, or keep the code to a line.", "改用引用，或把代码缩短到一行。"],
                source: "chatgpt-dingtalk issue 209: desktop only",
            },
            Self::IndentedCode => Capability {
                desktop: Support::Unknown { drawn: false },
                phone: Support::Unknown { drawn: false },
                name: ["code by indentation", "缩进代码"],
                remedy: ["Remove the indentation of four spaces.", "去掉行首的四个空格。"],
                source: "no source found",
            },
            Self::CodeSpan => Capability {
                desktop: Support::Unknown { drawn: false },
                phone: Support::Unknown { drawn: false },
                name: ["code between backticks", "行内代码"],
                remedy: ["Write it in bold, or without marks.", "改用加粗，或不加标记。"],
                source: "no source found; the documented subset does not have it",
            },
            Self::Rule => Capability {
                desktop: Support::Drawn,
                phone: Support::Unknown { drawn: true },
                name: ["line `---`", "分隔线 ---"],
                remedy: ["Use a heading to separate parts.", "用标题分隔内容。"],
                source: "seen on Windows, about 2020 to 2022 (jenkinsci/dingtalk-plugin, docs/assets); no phone seen",
            },
            Self::FontColour => Capability {
                desktop: Support::Unknown { drawn: true },
                phone: Support::Unknown { drawn: true },
                name: ["colour (`<font color>`)", "字体颜色（<font color>）"],
                remedy: ["Let no meaning depend on the colour alone.", "不要只用颜色表达含义。"],
                source: "widely used by senders; no screenshot was found that shows a client and its version",
            },
            Self::Strikethrough => Capability {
                desktop: Support::Unknown { drawn: false },
                phone: Support::Unknown { drawn: false },
                name: ["strikethrough", "删除线"],
                remedy: ["Say in words that it no longer holds.", "用文字说明已失效。"],
                source: "no source found",
            },
            Self::Html => Capability {
                desktop: Support::Unknown { drawn: false },
                phone: Support::Unknown { drawn: false },
                name: ["HTML", "HTML"],
                remedy: ["Use Markdown.", "请使用 Markdown。"],
                source: "no source found; the documented subset does not have it",
            },
        }
    }

    /// Returns what is known of this construct on a client.
    #[must_use]
    pub fn support(self, client: Client) -> Support {
        let capability = self.capability();
        match client {
            Client::Desktop => capability.desktop,
            Client::Phone => capability.phone,
        }
    }

    /// Reports whether the sandbox draws this construct for a client, instead of its source.
    #[must_use]
    pub fn is_drawn(self, client: Client) -> bool {
        matches!(self.support(client), Support::Drawn | Support::Unknown { drawn: true })
    }
}
