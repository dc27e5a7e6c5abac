//! Random messages: Markdown as people and programs write it, and Markdown that no one would write.

use proptest::{prelude::*, sample::select};

/// A piece of a line.
fn inline() -> impl Strategy<Value = String> + Clone {
    let words = select(vec![
        "disk",
        "is",
        "full",
        "on",
        "web-3",
        "a",
        "I",
        "95%",
        "2024.",
        "1)",
        "12.",
        "-5",
        "--flag",
        "3 * 4",
        "# no",
        "#7",
        "snake_case_name",
        "__init__",
        "a*b",
        "*",
        "**",
        "_",
        "`",
        "~",
        "[ERROR]",
        "[",
        "]",
        "(",
        ")",
        "!",
        "a > b",
        "<5",
        "&",
        "AT&T",
        "\\",
        "C:\\temp",
        "\"quoted\"",
        "\u{1}\u{2}",
        "\u{0}",
        "\u{7f}",
        "\t",
        "磁盘已满",
        "请处理。",
        "，",
        "「引号」",
        "**中文。**后",
        "中**粗体**文",
        "👨‍👩‍👧‍👦",
        "🇨🇳",
        "e\u{301}",
        "é",
        "\u{a0}",
        "\u{3000}",
        "한국어",
        "@13800000000",
        "@all",
        "https://example.com/a/b?c=d&e=f",
        "ops@example.com",
        "| a |",
        "=== RUN",
        "+1",
        "+ 1",
        "- x",
        "> x",
        ":-:",
        "---",
    ]);
    let constructs = select(vec![
        "**bold text**",
        "*emphasis*",
        "_emphasis_",
        "__bold__",
        "***both***",
        "**bold *nested* text**",
        "~~gone~~",
        "[link](https://example.com/path)",
        "[link with words](https://example.com/a?b=c)",
        "![picture](https://e.com/i.png)",
        "[**bold** link](https://e.com)",
        "`code`",
        "`` a ` b ``",
        "`a  b`",
        "<https://example.com>",
        "\\*",
        "\\_",
        "\\[",
        "\\\\",
        "&lt;",
        "a&nbsp;b",
        "&#160;a",
        "&copy;",
        "<font color=#FF0000>red text</font>",
        "<b>bold</b>",
        "<br>",
        "Vec<String>",
        "**多个词**",
        "[链接](https://example.com/中文)",
    ]);
    prop_oneof![6 => words, 3 => constructs].prop_map(str::to_owned)
}

/// Pieces joined by nothing, by spaces, by line breaks.
fn paragraph() -> impl Strategy<Value = Vec<String>> {
    let joint =
        prop_oneof![2 => Just(""), 8 => Just(" "), 1 => Just("\n"), 1 => Just("  \n  "), 1 => Just("\\\n")];
    let run = prop_oneof![
        20 => inline(),
        1 => (inline(), 5..60_usize).prop_map(|(piece, times)| piece.repeat(times)),
        1 => "[a-z0-9]{60,300}",
    ];
    prop::collection::vec((run, joint), 1..40).prop_map(|pieces| {
        let text: String = pieces.into_iter().flat_map(|(piece, joint)| [piece, joint.to_owned()]).collect();
        text.trim().lines().map(str::to_owned).collect()
    })
}

fn heading() -> impl Strategy<Value = Vec<String>> {
    (1..=6_usize, prop::collection::vec(inline(), 1..20))
        .prop_map(|(level, pieces)| vec![format!("{} {}", "#".repeat(level), pieces.join(" "))])
}

fn underlined() -> impl Strategy<Value = Vec<String>> {
    (select(vec!["===", "---"]), prop::collection::vec("[a-z]{1,8}", 1..6))
        .prop_map(|(line, words)| vec![words.join(" "), line.to_owned()])
}

fn code() -> impl Strategy<Value = Vec<String>> {
    let line = select(vec![
        "fn main() {",
        "    println!(\"磁盘 \\\"满\\\"\");",
        "}",
        "",
        "  - no list",
        "# no heading",
        "> no quote",
        "``",
        "a very long line of code that goes on and on: 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789",
    ]);
    (select(vec!["```", "````rust", "~~~ sh", "  ```", "   ~~~"]), prop::collection::vec(line, 0..20))
        .prop_map(|(fence, lines)| {
            let indentation = &fence[..fence.len() - fence.trim_start().len()];
            let symbols = fence.trim_end_matches(|c: char| c.is_alphabetic() || c == ' ');
            let inner = lines.into_iter().map(|line| format!("{indentation}{line}"));
            [fence.to_owned()].into_iter().chain(inner).chain([symbols.to_owned()]).collect()
        })
}

fn indented_code() -> impl Strategy<Value = Vec<String>> {
    let line = select(vec![
        "    four spaces",
        "      and more",
        "    - no list",
        "        eight of them 0123456789 0123456789",
    ]);
    prop::collection::vec(line, 1..10).prop_map(|lines| lines.into_iter().map(str::to_owned).collect())
}

fn table() -> impl Strategy<Value = Vec<String>> {
    let cell = select(vec!["a", "**b**", "磁盘", "web-3", "[x](https://e.com)", ""]);
    prop::collection::vec((cell.clone(), cell), 0..20).prop_map(|rows| {
        let rows = rows.into_iter().map(|(a, b)| format!("| {a} | {b} |"));
        ["| host | use |".to_owned(), "|:--|--:|".to_owned()].into_iter().chain(rows).collect()
    })
}

fn html() -> impl Strategy<Value = Vec<String>> {
    select(vec![vec!["<div>", "some html", "</div>"], vec!["<!-- a comment -->"]])
        .prop_map(|lines| lines.into_iter().map(str::to_owned).collect())
}

type Lines = Vec<String>;

fn joined(blocks: &[Lines], loose: bool) -> Lines {
    let blank = [Lines::new(), vec![String::new()]];
    blocks.join(blank[usize::from(loose)].as_slice())
}

/// The lines of an item: the marker before the first, the same number of spaces before the others.
fn item(marker: &str, lines: &Lines) -> Lines {
    let spaces = " ".repeat(marker.len());
    let mark = |(at, line): (usize, &String)| match at {
        0 => format!("{marker}{line}"),
        _ if line.is_empty() => String::new(),
        _ => format!("{spaces}{line}"),
    };
    lines.iter().enumerate().map(mark).collect()
}

fn list(inner: impl Strategy<Value = Lines> + Clone) -> impl Strategy<Value = Lines> {
    let blocks = (prop::collection::vec(inner, 1..3), any::<bool>());
    let items = prop::collection::vec(blocks, 1..8);
    let kind = select(vec!["- ", "* ", "+   ", "  - ", "1. ", "1) ", "1.  ", "9. "]);
    (items, kind, any::<bool>()).prop_map(|(items, kind, loose)| {
        let mut number = kind
            .trim_start()
            .bytes()
            .next()
            .filter(u8::is_ascii_digit)
            .map(|digit| usize::from(digit - b'0'));
        let items: Vec<Lines> = items
            .into_iter()
            .map(|(blocks, apart)| {
                let marker = match number {
                    Some(number) => format!("{number}{}", &kind[1..]),
                    None => kind.to_owned(),
                };
                number = number.map(|number| number + 1);
                item(&marker, &joined(&blocks, apart || loose))
            })
            .collect();
        joined(&items, loose)
    })
}

/// A list whose source has `1.` before each item, as many people write them.
pub(crate) fn all_ones() -> impl Strategy<Value = Lines> {
    prop::collection::vec("[a-z]{1,20}( [a-z]{1,9}){0,4}", 1..30)
        .prop_map(|items| items.into_iter().map(|text| format!("1. {text}")).collect())
}

fn block() -> impl Strategy<Value = Lines> {
    let leaf = prop_oneof![
        8 => paragraph(),
        2 => heading(),
        1 => underlined(),
        2 => code(),
        1 => table(),
        1 => html(),
        1 => Just(vec!["---".to_owned()]),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 1..4), select(vec!["> ", ">"])).prop_map(
                |(blocks, mark)| {
                    joined(&blocks, true).into_iter().map(|line| format!("{mark}{line}")).collect()
                }
            ),
            list(inner),
        ]
    })
}

/// Markdown of any kind.
pub(crate) fn markdown() -> impl Strategy<Value = String> {
    let top = prop_oneof![20 => block(), 1 => indented_code(), 1 => all_ones()];
    (prop::collection::vec(top, 1..6), select(vec!["", "\n", "\n\n"]), any::<bool>()).prop_map(
        |(blocks, around, crlf)| {
            let text = format!("{around}{}{around}", joined(&blocks, true).join("\n"));
            if crlf { text.replace('\n', "\r\n") } else { text }
        },
    )
}

/// Markdown as programs write it: no construct is longer than a line.
pub(crate) fn ordinary() -> impl Strategy<Value = String> {
    // Two lone marks form a pair, and everything between them is emphasis. `<br>` alone on its line makes a block of
    // HTML of the lines after it, and `:-:` a table of the line before it: neither can be cut.
    let inline = inline().prop_filter("a lone mark, or one that makes more than a line", |text| {
        !matches!(
            text.as_str(),
            "**中文。**后" | "---" | "a*b" | "*" | "**" | "_" | "`" | "~" | "[" | "<br>" | ":-:"
        )
    });
    let words = || prop::collection::vec(inline.clone(), 1..40).prop_map(|pieces| vec![pieces.join(" ")]);
    let items =
        (prop::collection::vec(words(), 1..6), select(vec!["- ", "1. ", "> "])).prop_map(|(items, mark)| {
            items.into_iter().flatten().map(|line| format!("{mark}{line}")).collect::<Lines>()
        });
    let block = prop_oneof![4 => words(), 1 => heading(), 2 => items, 1 => table()];
    prop::collection::vec(block, 1..20)
        .prop_map(|blocks| joined(&blocks, true).join("\n"))
        .prop_filter("definitions are promised to nobody", |text| !super::judge::has_definitions(text))
}

/// Text that is not meant as Markdown, or that tries to break it.
pub(crate) fn junk() -> impl Strategy<Value = String> {
    prop::collection::vec(select(dingtalk_samples::MARKUP), 1..300).prop_map(|parts| parts.concat())
}
