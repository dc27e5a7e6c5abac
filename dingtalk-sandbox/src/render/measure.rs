//! Measures and colours of DingTalk's clients, each with its source.
//!
//! The style sheet of messages has no other number of DingTalk's: these constants become its variables, and the rows of
//! the page "how sure are we".

/// A measure or colour that is drawn.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Measure {
    /// Name of the variable in the style sheet.
    pub name: &'static str,
    /// Value in CSS.
    pub value: &'static str,
    /// Value in the dark theme, if it differs.
    pub dark: Option<&'static str>,
    /// Degree of certainty.
    pub certainty: Certainty,
    /// Meaning, in English and Chinese.
    pub meaning: [&'static str; 2],
    /// Source.
    pub source: &'static str,
}

/// Degree of certainty of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// DingTalk's own design tokens (npm `dingtalk-design-mobile` 1.7.0-beta.5).
    Token,
    /// Measured in a screenshot of a real client.
    Measured,
    /// Told by users.
    Reported,
    /// Nobody has shown it: our own choice.
    Guess,
}

const TOKENS: &str = "npm dingtalk-design-mobile 1.7.0-beta.5";
const WINDOWS: &str = "Windows client, about 2020 to 2022: jenkinsci/dingtalk-plugin@1568e89, docs/assets";
const MAC: &str = "macOS client, 2018 to 2020: zhuifengshen/DingtalkChatbot@058944a, img";
const NO_DARK: &str = "no screenshot of the dark theme was found; the dark values are ours";
const NO_PHONE: &str = "no screenshot of a phone was found";

const fn token(
    name: &'static str,
    value: &'static str,
    dark: Option<&'static str>,
    meaning: [&'static str; 2],
) -> Measure {
    Measure { name, value, dark, certainty: Certainty::Token, meaning, source: TOKENS }
}

const fn measured(
    name: &'static str,
    value: &'static str,
    dark: Option<&'static str>,
    meaning: [&'static str; 2],
    source: &'static str,
) -> Measure {
    Measure { name, value, dark, certainty: Certainty::Measured, meaning, source }
}

const fn guess(
    name: &'static str,
    value: &'static str,
    dark: Option<&'static str>,
    meaning: [&'static str; 2],
    source: &'static str,
) -> Measure {
    Measure { name, value, dark, certainty: Certainty::Guess, meaning, source }
}

/// All measures, in the order of the page.
pub const MEASURES: &[Measure] = &[
    token("dt-blue", "#0089ff", Some("#3d9fff"), ["brand, links, buttons", "品牌色：链接与按钮"]),
    token("dt-ink", "#171a1d", Some("rgb(255 255 255 / .9)"), ["text, level 1", "一级文字"]),
    token("dt-ink2", "rgb(23 26 29 / .6)", Some("rgb(255 255 255 / .6)"), ["text, level 2", "二级文字"]),
    token("dt-ink3", "rgb(23 26 29 / .4)", Some("rgb(255 255 255 / .4)"), ["text, level 3", "三级文字"]),
    token("dt-ink4", "rgb(23 26 29 / .24)", Some("rgb(255 255 255 / .24)"), ["text, level 4", "四级文字"]),
    token("dt-line", "rgb(126 134 142 / .16)", Some("rgb(255 255 255 / .12)"), ["lines", "分隔线"]),
    token("dt-press", "#f6f6f6", Some("#2a2c2f"), ["a row under the pointer", "按下的行"]),
    token("dt-orange", "#ff9200", Some("#ffa733"), ["[有人@你] and [@所有人]", "[有人@你] 与 [@所有人]"]),
    measured("dt-chat", "#f1f2f4", Some("#111214"), ["background of the chat", "聊天背景"], WINDOWS),
    measured("dt-bubble", "#ffffff", Some("#1f2022"), ["bubble", "气泡"], WINDOWS),
    measured(
        "dt-card-desktop",
        "358px",
        None,
        ["width of cards and markdown on desktop", "桌面端卡片宽度"],
        WINDOWS,
    ),
    guess(
        "dt-card-phone",
        "290px",
        None,
        ["width of cards and markdown on a phone", "手机端卡片宽度"],
        NO_PHONE,
    ),
    guess(
        "dt-text-desktop",
        "440px",
        None,
        ["maximum width of text on desktop", "桌面端文本最大宽度"],
        "not measured",
    ),
    measured("dt-radius", "8px", None, ["corner of a bubble", "气泡圆角"], WINDOWS),
    measured("dt-padding", "12px", None, ["space inside a bubble", "气泡内边距"], WINDOWS),
    measured("dt-avatar", "35px", None, ["avatar", "头像"], WINDOWS),
    measured("dt-avatar-radius", "6px", None, ["corner of the avatar", "头像圆角"], WINDOWS),
    measured("dt-name", "12px", None, ["name above a bubble", "名称字号"], WINDOWS),
    measured("dt-tag", "#8a9099", Some("#8a9099"), ["tag 机器人: text", "机器人标签文字"], WINDOWS),
    measured("dt-tag-bg", "#ffffff", Some("#26282b"), ["tag 机器人: background", "机器人标签背景"], WINDOWS),
    measured("dt-size", "14px", None, ["size of text", "正文字号"], WINDOWS),
    measured("dt-leading", "21px", None, ["height of a line", "行高"], WINDOWS),
    measured("dt-h1", "20px", None, ["heading 1, regular weight", "一级标题，常规字重"], WINDOWS),
    guess("dt-h2", "18px", None, ["heading 2", "二级标题"], "between headings 1 and 4, which were measured"),
    guess("dt-h3", "16px", None, ["heading 3", "三级标题"], "between headings 1 and 4, which were measured"),
    measured("dt-h4", "15px", None, ["heading 4", "四级标题"], WINDOWS),
    guess("dt-h5", "14px", None, ["heading 5", "五级标题"], "size of text"),
    measured("dt-h6", "12px", None, ["heading 6, grey", "六级标题，灰色"], MAC),
    measured(
        "dt-h6-ink",
        "#888888",
        Some("rgb(255 255 255 / .5)"),
        ["heading 6: colour", "六级标题颜色"],
        MAC,
    ),
    measured("dt-quote-bar", "3px", None, ["bar of a quote", "引用竖线宽度"], MAC),
    measured("dt-quote-line", "#e4e4e4", Some("#46494d"), ["bar of a quote: colour", "引用竖线颜色"], MAC),
    measured("dt-quote-gap", "6px", None, ["space after the bar", "引用竖线间距"], MAC),
    measured("dt-quote-ink", "#666666", Some("rgb(255 255 255 / .6)"), ["text of a quote", "引用文字"], MAC),
    measured("dt-indent", "20px", None, ["indentation of lists", "列表缩进"], WINDOWS),
    measured("dt-link-title", "15px", None, ["title of a link card", "链接卡片标题"], MAC),
    measured(
        "dt-link-ink",
        "#0089ff",
        Some("#3d9fff"),
        [
            "title of a link card: blue on Windows, dark on macOS",
            "链接卡片标题颜色：Windows 为蓝色，macOS 为深色",
        ],
        WINDOWS,
    ),
    measured("dt-thumb", "49px", None, ["picture of a link card", "链接卡片图片"], WINDOWS),
    measured("dt-thumb-radius", "4px", None, ["corner of that picture", "链接卡片图片圆角"], WINDOWS),
    measured("dt-cover", "185px", None, ["picture at the top of an action card", "卡片封面高度"], WINDOWS),
    measured("dt-button", "36px", None, ["row of a button", "按钮行高"], WINDOWS),
    measured("dt-feed", "200px", None, ["first picture of a feed card", "FeedCard 首图高度"], MAC),
    measured("dt-feed-title", "17px", None, ["title over that picture", "FeedCard 首图标题"], MAC),
    measured("dt-feed-row", "60px", None, ["other items of a feed card", "FeedCard 其余行高"], MAC),
    measured("dt-feed-thumb", "50px", None, ["their pictures", "FeedCard 其余图片"], MAC),
    Measure {
        name: "dt-mention-text",
        value: "#0089ff",
        dark: Some("#3d9fff"),
        certainty: Certainty::Measured,
        meaning: ["mention in a text message", "文本消息中的 @"],
        source: "blue on Windows, about 2020 to 2022; dark text on macOS, 2018 to 2020",
    },
    Measure {
        name: "dt-mention-markdown",
        value: "#171a1d",
        dark: Some("rgb(255 255 255 / .9)"),
        certainty: Certainty::Reported,
        meaning: [
            "mention in Markdown: not highlighted since about 2024",
            "Markdown 中的 @：约 2024 年起不再高亮",
        ],
        source: "PrometheusAlert issue 411",
    },
    guess("dt-code", "#f4f5f6", Some("#17181a"), ["background of code", "代码背景"], "not measured"),
    guess(
        "dt-picture",
        "#e8ebef",
        Some("#2a2d31"),
        ["place of a picture that is not loaded", "未加载的图片"],
        "ours",
    ),
];

/// An assumption that is no number, with its source.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Assumption {
    /// The assumption, in English and Chinese.
    pub text: [&'static str; 2],
    /// Source.
    pub source: &'static str,
}

/// Assumptions of the renderer.
pub const ASSUMPTIONS: &[Assumption] = &[
    Assumption {
        text: [
            "The dark theme is our own choice; the colours of the light theme are DingTalk's.",
            "深色主题为自行设计；浅色主题使用钉钉的颜色。",
        ],
        source: NO_DARK,
    },
    Assumption {
        text: [
            "A line break in Markdown is a space; two spaces before it, or a backslash, break the line.",
            "Markdown 中的换行视为空格；行末两个空格或反斜杠才会换行。",
        ],
        source: "CommonMark; DingTalk documents \\n with two spaces",
    },
    Assumption { text: ["Headings have regular weight.", "标题为常规字重。"], source: WINDOWS },
    Assumption {
        text: ["Horizontal buttons are drawn for two buttons only.", "只有两个按钮时才横向排列。"],
        source: "not measured",
    },
    Assumption {
        text: [
            "A picture with which an action card begins covers its top.",
            "ActionCard 开头的图片作为封面，铺满卡片顶部。",
        ],
        source: MAC,
    },
    Assumption {
        text: [
            "The conversation list shows the title of markdown, link and action card, the first title of a feed card, and \
             the text of a text message, after the robot's name.",
            "会话列表在机器人名称之后显示 markdown、link、actionCard 的标题，feedCard 的首个标题，或文本消息的内容。",
        ],
        source: "jenkinsci/dingtalk-plugin, docs/assets, for markdown and text; the others are ours",
    },
    Assumption {
        text: [
            "A mention is shown as the member's name. The sandbox knows the names that it was given.",
            "@ 显示为成员姓名；沙箱只知道为它配置的姓名。",
        ],
        source: WINDOWS,
    },
];
