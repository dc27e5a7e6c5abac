//! The page "how sure are we": all that is drawn without DingTalk's word for it, made from the constants themselves.

use super::options::Options;
use crate::render::{ASSUMPTIONS, Certainty, Client, Construct, Element, MEASURES, Support};

/// Returns the content of the page.
pub(super) fn content(options: &Options) -> Element {
    let heading = |texts| Element::new("h2").text(options.say(texts));
    Element::of("main", "document")
        .child(Element::new("h1").text(options.say(["How sure are we?", "这些有多可靠？"])))
        .child(Element::new("p").text(options.say([
            "DingTalk documents neither the look of its messages nor the differences between its clients. The table lists \
             everything that the sandbox draws, with its source. The screenshots are four to eight years old.",
            "钉钉没有说明消息的外观，也没有说明各客户端的差异。下表列出沙箱绘制的全部内容及来源；截图为四至八年前。",
        ])))
        .child(heading(["Constructs of Markdown", "Markdown 语法"]))
        .child(constructs(options))
        .child(heading(["Assumptions", "假设"]))
        .child(Element::new("ul").children(ASSUMPTIONS.iter().map(|it| {
            let source = Element::of("span", "source").text(it.source);
            Element::new("li").text(options.say(it.text)).text(" ").child(source)
        })))
        .child(heading(["Measures and colours", "尺寸与颜色"]))
        .child(measures(options))
}

fn table(options: &Options, head: &[[&'static str; 2]], rows: impl Iterator<Item = Vec<Element>>) -> Element {
    let cell = |texts: &[&'static str; 2]| Element::new("th").with("scope", "col").text(options.say(*texts));
    let head = Element::new("tr").children(head.iter().map(cell));
    let row = |cells: Vec<Element>| Element::new("tr").children(cells);
    let table = Element::new("table")
        .child(Element::new("thead").child(head))
        .child(Element::new("tbody").children(rows.map(row)));
    Element::of("div", "scrolled").with("tabindex", "0").child(table)
}

fn cell(text: &str) -> Element {
    Element::new("td").text(text)
}

fn constructs(options: &Options) -> Element {
    let support = |support: Support| {
        options.say(match support {
            Support::Drawn => ["drawn", "正常显示"],
            Support::Raw => ["shown as text", "显示为原文"],
            Support::Unknown { drawn: true } => ["unknown (drawn here)", "未知（此处绘制）"],
            Support::Unknown { drawn: false } => ["unknown (text here)", "未知（此处为原文）"],
        })
    };
    let rows = Construct::ALL.into_iter().map(|construct| {
        let capability = construct.capability();
        vec![
            cell(options.say(capability.name)),
            cell(support(construct.support(Client::Desktop))),
            cell(support(construct.support(Client::Phone))),
            cell(options.say(capability.remedy)),
            cell(capability.source),
        ]
    });
    let head = [
        ["construct", "语法"],
        ["desktop", "桌面端"],
        ["phone", "手机端"],
        ["remedy", "建议"],
        ["source", "来源"],
    ];
    table(options, &head, rows)
}

fn measures(options: &Options) -> Element {
    let rows = MEASURES.iter().map(|it| {
        let certainty = options.say(match it.certainty {
            Certainty::Token => ["DingTalk's design token", "钉钉设计变量"],
            Certainty::Measured => ["measured", "实测"],
            Certainty::Reported => ["reported", "用户反馈"],
            Certainty::Guess => ["a guess", "推测"],
        });
        let code = |text: &str| Element::new("td").child(Element::new("code").text(text));
        vec![
            cell(options.say(it.meaning)),
            code(it.value),
            it.dark.map_or_else(|| cell("–"), code),
            cell(certainty),
            cell(it.source),
        ]
    });
    let head = [
        ["meaning", "含义"],
        ["value", "取值"],
        ["dark (ours)", "深色（自定）"],
        ["certainty", "可靠程度"],
        ["source", "来源"],
    ];
    table(options, &head, rows)
}
