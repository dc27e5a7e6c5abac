//! Warnings on a message, each with its remedy.

use dingtalk_core::{Message, message::WireMessage};

use super::{
    address,
    capability::{Client, Construct, Support},
    drawing::Drawing,
    markdown::plain_text,
    tree::{Arrangement, Block, Body, Inline},
};

/// A warning on a message, in English and Chinese.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The problem.
    pub problem: [String; 2],
    /// The remedy.
    pub remedy: [&'static str; 2],
    /// Nothing is wrong; it is only worth knowing.
    pub is_hint: bool,
}

/// A link, button or picture of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// Its text.
    pub text: String,
    /// Its address.
    pub url: String,
    /// It is a picture.
    pub is_picture: bool,
}

impl Target {
    /// Reports whether a client can open or load the address.
    #[must_use]
    pub fn works(&self) -> bool {
        if self.is_picture {
            // An id of uploaded media is for DingTalk alone.
            address::loads(&self.url) || self.url.starts_with('@')
        } else {
            address::opens(&self.url)
        }
    }
}

impl Drawing {
    /// Returns the links, buttons and pictures of the message, in their order.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        let link =
            |text: &str, url: &str| Target { text: text.to_owned(), url: url.to_owned(), is_picture: false };
        let picture = |text: &str, url: &str| Target { is_picture: true, ..link(text, url) };
        match &self.body {
            Body::Text(inlines) => inline_targets(inlines, &mut targets),
            Body::Markdown(blocks) => block_targets(blocks, &mut targets),
            Body::Link { title, picture: thumb, url, .. } => {
                targets.push(link(title, url));
                targets.extend(thumb.iter().map(|it| picture(title, &it.url)));
            }
            Body::ActionCard { cover, blocks, buttons, .. } => {
                targets.extend(cover.iter().map(|it| picture(&it.alt, &it.url)));
                block_targets(blocks, &mut targets);
                targets.extend(buttons.iter().map(|it| link(&it.title, &it.url)));
            }
            Body::FeedCard(rows) => {
                for row in rows {
                    targets.push(link(&row.title, &row.url));
                    targets.push(picture(&row.title, &row.picture.url));
                }
            }
        }
        targets
    }

    /// Returns what some client does not show as it was meant.
    #[must_use]
    pub fn findings(&self, message: &WireMessage) -> Vec<Finding> {
        let mut findings: Vec<_> = self.constructs().into_iter().map(not_everywhere).collect();
        let dead: Vec<_> = self.targets().into_iter().filter(|target| !target.works()).collect();
        findings.extend(dead.iter().map(does_not_open));
        let all_text = texts(&message.message);
        if all_text.chars().any(is_direction) {
            findings.push(Finding {
                problem: [
                    "The text contains invisible characters that change its direction.".to_owned(),
                    "文本含有不可见的方向控制字符。".to_owned(),
                ],
                remedy: [
                    "Remove them: they can make an address look like another one.",
                    "请删除：它们会让地址看起来像另一个地址。",
                ],
                is_hint: false,
            });
        }
        findings.extend(self.of_arrangement(&message.message));
        findings.extend(self.of_title(&message.message));
        findings
    }

    fn of_arrangement(&self, message: &Message) -> Option<Finding> {
        let (Body::ActionCard { arrangement: Arrangement::Vertical, .. }, Message::ActionCard(card)) =
            (&self.body, message)
        else {
            return None;
        };
        card.horizontal.then(|| Finding {
            problem: [
                "`btnOrientation` asks for buttons side by side; they are drawn so for two buttons only."
                    .to_owned(),
                "btnOrientation 要求横向按钮，但只有两个按钮时才横向排列。".to_owned(),
            ],
            remedy: [
                "Use two buttons, or leave `btnOrientation` out.",
                "请使用两个按钮，或去掉 btnOrientation。",
            ],
            is_hint: false,
        })
    }

    /// A title is seen in the conversation list only.
    fn of_title(&self, message: &Message) -> Option<Finding> {
        let (Body::Markdown(blocks) | Body::ActionCard { blocks, .. }) = &self.body else { return None };
        let title = match message {
            Message::Markdown(markdown) => &markdown.title,
            Message::ActionCard(card) => &card.title,
            _ => return None,
        };
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let body = letters(&blocks_text(blocks));
        let title = letters(title);
        (!title.is_empty() && !body.contains(&title)).then(|| Finding {
            problem: [
                "The title is seen in the conversation list only: the message itself does not show it."
                    .to_owned(),
                "标题只出现在会话列表中，消息正文没有显示它。".to_owned(),
            ],
            remedy: [
                "If readers need it, repeat it as a heading of the text.",
                "如需让读者看到，请在正文开头用标题重复。",
            ],
            is_hint: true,
        })
    }
}

fn not_everywhere(construct: Construct) -> Finding {
    let capability = construct.capability();
    let [name, chinese_name] = capability.name;
    let english = |client: Client, support: Support| {
        let client = match client {
            Client::Desktop => "desktop",
            Client::Phone => "phones",
        };
        match support {
            Support::Drawn => format!("drawn on {client}"),
            Support::Raw => format!("shown as text on {client}"),
            Support::Unknown { .. } => format!("unknown on {client}"),
        }
    };
    let chinese = |client: Client, support: Support| {
        let client = match client {
            Client::Desktop => "桌面端",
            Client::Phone => "手机端",
        };
        match support {
            Support::Drawn => format!("{client}正常显示"),
            Support::Raw => format!("{client}显示为原文"),
            Support::Unknown { .. } => format!("{client}未知"),
        }
    };
    let (desktop, phone) = (capability.desktop, capability.phone);
    let mut name = name.to_owned();
    name[..1].make_ascii_uppercase();
    Finding {
        problem: [
            format!("{name}: {}, {}.", english(Client::Desktop, desktop), english(Client::Phone, phone)),
            format!(
                "{chinese_name}：{}，{}。",
                chinese(Client::Desktop, desktop),
                chinese(Client::Phone, phone)
            ),
        ],
        remedy: capability.remedy,
        is_hint: false,
    }
}

fn does_not_open(target: &Target) -> Finding {
    let url = shortened(&target.url);
    if target.is_picture {
        return Finding {
            problem: [format!("The picture `{url}` cannot be loaded."), format!("图片 {url} 无法加载。")],
            remedy: [
                "Use an address that begins with http:// or https://.",
                "请使用 http:// 或 https:// 开头的地址。",
            ],
            is_hint: false,
        };
    }
    Finding {
        problem: [format!("The link `{url}` does not open."), format!("链接 {url} 无法打开。")],
        remedy: [
            "Use an address that begins with https://, http:// or dingtalk://.",
            "请使用 https://、http:// 或 dingtalk:// 开头的地址。",
        ],
        is_hint: false,
    }
}

fn shortened(url: &str) -> String {
    match url.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &url[..end]),
        None => url.to_owned(),
    }
}

/// Reports characters that change the direction of the text around them.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn texts(message: &Message) -> String {
    let texts: Vec<&str> = match message {
        Message::Text(text) => vec![&text.content],
        Message::Markdown(markdown) => vec![&markdown.title, &markdown.text],
        Message::Link(link) => vec![&link.title, &link.text, &link.url],
        Message::ActionCard(card) => {
            let buttons = card.buttons.as_slice().iter().flat_map(|it| [it.title.as_str(), &it.url]);
            [card.title.as_str(), &card.text].into_iter().chain(buttons).collect()
        }
        Message::FeedCard(card) => card.items.iter().flat_map(|it| [it.title.as_str(), &it.url]).collect(),
        _ => Vec::new(),
    };
    texts.join("\n")
}

fn block_targets(blocks: &[Block], targets: &mut Vec<Target>) {
    for block in blocks {
        match block {
            Block::Paragraph(inlines) | Block::Heading { inlines, .. } => inline_targets(inlines, targets),
            Block::Quote(blocks) => block_targets(blocks, targets),
            Block::List { items, .. } => items.iter().for_each(|item| block_targets(item, targets)),
            Block::Table { head, rows, .. } => {
                head.iter().chain(rows.iter().flatten()).for_each(|cell| inline_targets(cell, targets));
            }
            Block::Raw { .. } | Block::Code { .. } | Block::Rule { .. } => {}
        }
    }
}

fn inline_targets(inlines: &[Inline], targets: &mut Vec<Target>) {
    for inline in inlines {
        match inline {
            Inline::Link { url, inlines } => {
                targets.push(Target { text: plain_text(inlines), url: url.clone(), is_picture: false });
                inline_targets(inlines, targets);
            }
            Inline::Image(picture) => {
                targets.push(Target {
                    text: picture.alt.clone(),
                    url: picture.url.clone(),
                    is_picture: true,
                });
            }
            Inline::Strong(inlines)
            | Inline::Emphasis(inlines)
            | Inline::Strike(inlines)
            | Inline::Coloured { inlines, .. } => inline_targets(inlines, targets),
            Inline::Text(_) | Inline::Break | Inline::Code(_) | Inline::Html(_) | Inline::Mention(_) => {}
        }
    }
}

fn blocks_text(blocks: &[Block]) -> String {
    let text = |block: &Block| match block {
        Block::Paragraph(inlines) | Block::Heading { inlines, .. } => plain_text(inlines),
        Block::Quote(blocks) => blocks_text(blocks),
        Block::List { items, .. } => items.iter().map(|item| blocks_text(item)).collect(),
        Block::Raw { source, .. } | Block::Table { source, .. } => source.clone(),
        Block::Code { text, .. } => text.clone(),
        Block::Rule { .. } => String::new(),
    };
    blocks.iter().map(text).collect()
}
