//! No value changes the structure of the message around it, and no value's text is lost, according to a
//! CommonMark parser that is independent of this crate.

mod judge;

use dingtalk_template::{
    Fragment, Joined, LineCode, OrElse, Resolved, Show, Sink, SlotKind, Syntax, Template, Value, compile,
    compile_fragment, compile_line, render,
};
use proptest::prelude::*;
use pulldown_cmark::{Event, Parser};

use self::judge::{structure, text};

/// Every position of a slot. `a` to `c` are values, `l` is a list of values with a line of its own.
const TEMPLATES: &[&str] = &[
    "{a}",
    "text {a} text",
    "{a} text",
    "text {a}",
    "{a}{b}",
    "{a} {b}",
    "### {a}",
    "### {a} and {b}\n{c}",
    "- {a}\n- {b}\n\n{c}",
    "- {a}: {b}\n{c}",
    "1. {a}\n2. {b}",
    "> {a}\n> {b}\n{c}",
    "**{a}**",
    "**{a}** {b}",
    "a **{a} b** c",
    "*{a}* _{b}_",
    "***{a}***",
    "**a {b}**: {c}",
    "[{a}](https://example.com)",
    "**[{a} b](https://example.com)** {c}",
    "![{a}](https://example.com/i.png)",
    "{a}[b](https://example.com){c}",
    "[{a}] {b}",
    "[{a}]: {b}",
    "{a}_{b}_{c}",
    "{a}*{b}",
    "#{a}",
    "-{a}- b",
    "1{a}. b",
    "&{a}; &#{b};",
    "<{a}> {b}",
    "\\{a}",
    "!{a}",
    "{a}(b)",
    "{a}\n{b}\n{c}",
    "{l}",
    "- {a}\n{l}\n{b}",
    "{a}\n\n{l}\n\n{b}",
    "{a}: {b}\n---8<---{c}",
];

const LINES: &[&str] = &["- {}", "{}", "> {}", "**{}**", "1. {}", "#### {}"];

/// The values of a list, written once per value.
fn repeated(line: &LineCode) -> Resolved {
    let inline = Err("stands alone".to_owned());
    Resolved { value: 3, kind: SlotKind::Repeated { line: line.clone(), following: Vec::new(), inline } }
}

fn compiled(template: &str, line: &str) -> Template {
    let (line, _) = compile_line("line", line, Syntax::Markdown).expect("a line that compiles");
    compile(template, Syntax::Markdown, &mut |name, _| match name {
        "a" => Resolved::inline(0),
        "b" => Resolved::inline(1),
        "c" => Resolved::inline(2),
        "m" => Resolved { value: 0, kind: SlotKind::Block },
        _ => repeated(&line),
    })
    .unwrap_or_else(|problems| panic!("{template}: {problems:?}"))
}

fn rendered(template: &Template, values: &[String; 3], list: &[String]) -> String {
    let list = list.to_vec();
    let [a, b, c] = values;
    render(template, &[Value::One(a), Value::One(b), Value::One(c), Value::Each(&list)])
}

/// A value as a reader sees it on one line; Markdown does not fold spaces within a line.
fn one_line(value: &str) -> String {
    let visible = value
        .replace("\r\n", " ")
        .replace(['\n', '\t', '\r', '\u{2028}'], " ")
        .replace(['\0', '\u{1}', '\u{202e}'], "");
    visible.trim().to_owned()
}

/// Values made of special characters of Markdown.
fn value() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(dingtalk_samples::MARKUP), 1..7)
        .prop_map(|parts| parts.concat())
        .prop_filter("an empty value has its own test", |value| !one_line(value).is_empty())
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(4_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, max_local_rejects: u32::MAX, ..ProptestConfig::default() })]

    #[test]
    fn values_do_not_change_the_structure(
        template in prop::sample::select(TEMPLATES),
        line in prop::sample::select(LINES),
        values in [value(), value(), value()],
        list in prop::collection::vec(value(), 0..4),
    ) {
        let compiled = compiled(template, line);
        let words = ["word", "word", "word"].map(str::to_owned);
        let list_of_words = vec!["word".to_owned(); list.len()];
        let harmless = rendered(&compiled, &words, &list_of_words);
        let hostile = rendered(&compiled, &values, &list);
        prop_assert_eq!(structure(&hostile), structure(&harmless), "{}\n---\n{}", harmless, hostile);

        let seen = text(&hostile);
        let shown = [("{a}", &values[0]), ("{b}", &values[1]), ("{c}", &values[2])];
        let expected = shown.iter().filter(|(slot, _)| template.contains(slot)).map(|(_, value)| *value);
        let listed = list.iter().filter(|_| template.contains("{l}"));
        for value in expected.chain(listed) {
            prop_assert!(seen.contains(&one_line(value)), "{value:?} is lost in {seen:?}\n---\n{hostile}");
        }
    }

    #[test]
    fn templates_never_panic(template in "([-#>*_`\\[\\](){}!<&|~\\\\ \u{3000}\u{2028}\n.1a中]|\\{a\\}|\\{b\\}){0,16}") {
        if let Ok(template) = compile(&template, Syntax::Markdown, &mut |_, _| Resolved::inline(0)) {
            render(&template, &[Value::One(&"*")]);
        }
    }

    /// The property of the templates above holds for any template that compiles.
    #[test]
    fn any_template_that_compiles_is_safe(
        template in "([-#>*_\\[\\]()!<&~ \n.:1a中]|\\{a\\}|\\{b\\}|\\*\\*){1,14}",
        values in [value(), value(), value()],
    ) {
        if let Ok(compiled) = compile(&template, Syntax::Markdown, &mut |name, _| Resolved::inline(u16::from(name == "b"))) {
            let words = ["word", "word", "word"].map(str::to_owned);
            let harmless = rendered(&compiled, &words, &[]);
            let hostile = rendered(&compiled, &values, &[]);
            prop_assert_eq!(structure(&hostile), structure(&harmless), "{}\n---\n{}\n---\n{}", template, harmless, hostile);
        }
    }
}

/// Two values as one piece of a line.
struct Piece {
    compiled: Fragment,
    values: [String; 2],
}

impl Show for Piece {
    fn show(&self, sink: &mut Sink<'_>) {
        let values = [Value::One(&self.values[0]), Value::One(&self.values[1])];
        sink.fragment(&self.compiled.markdown, &self.compiled.plain, &values);
    }
}

/// A fragment's template, and its position: as `{a}`, beside values and in a line of its own.
const FRAGMENTS: &[&str] = &[
    "{x}",
    "{x}: {y}",
    "**{x}**",
    "**{x}** ({y})",
    "so *{x}*",
    "{x} [{y}](https://example.com)",
    "[page](https://example.com) {x}",
    "!{x} _{y}_",
];

const AROUND_FRAGMENTS: &[&str] = &[
    "{a}",
    "{b} {a} {c}",
    "{b}{a}{c}",
    "主机{a}的",
    "- {a}\n- {b}",
    "### {a}",
    "> {a}, {b}",
    "**{a}** {b}",
    "a *{a} b*",
    "[{a}](https://example.com)",
    "{a}[b](https://example.com)",
    "{b}\n{l}\n{c}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, max_local_rejects: u32::MAX, ..ProptestConfig::default() })]

    /// A fragment's values change neither its own structure nor that of the message around it.
    #[test]
    fn fragments_keep_the_structure(
        fragment in prop::sample::select(FRAGMENTS),
        template in prop::sample::select(AROUND_FRAGMENTS),
        inner in [value(), value()],
        outer in [value(), value()],
    ) {
        let write = |[x, y]: &[String; 2], [b, c]: &[String; 2]| {
            let compiled = compile_fragment(fragment, &mut |name, _| Resolved::inline(u16::from(name == "y"))).unwrap();
            let piece = Piece { compiled, values: [x.clone(), y.clone()] };
            let list = vec![piece];
        let values = [Value::One(&list[0]), Value::One(b), Value::One(c), Value::Each(&list)];
            render(&self::compiled(template, "- {}"), &values)
        };
        let words = ["word", "word"].map(str::to_owned);
        let (harmless, hostile) = (write(&words, &words), write(&inner, &outer));
        prop_assert_eq!(structure(&hostile), structure(&harmless), "{}\n---\n{}", harmless, hostile);
        let seen = text(&hostile);
        for (slot, value) in [("{x}", &inner[0]), ("{y}", &inner[1])] {
            if fragment.contains(slot) {
                prop_assert!(seen.contains(&one_line(value)), "{value:?} is lost in {seen:?}\n---\n{hostile}");
            }
        }
    }
}

/// Positions of joined values, which are `{a}`.
const SENTENCES: &[&str] = &[
    "{a}",
    "down: {a}, look",
    "{b}{a}{c}",
    "- {a}\n{b}",
    "1. {a}",
    "### {a}",
    "> {a}",
    "**{a}** {b}",
    "a *{a} b*",
    "[{a}](https://example.com)",
    "{a}[b](https://example.com)",
    "!{a}",
    "&{a};",
    "{a}_{b}",
];

const JOINS: &[&str] =
    &[", ", "、", " ", "", " * ", "*", "_", "](", "!", "&", "<", "~", " | ", ";", "`", "\\", "  - ", "."];

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, max_local_rejects: u32::MAX, ..ProptestConfig::default() })]

    /// Values that are joined within other text change its structure no more than single ones do.
    #[test]
    fn joined_values_keep_the_structure(
        template in prop::sample::select(SENTENCES),
        join in prop::sample::select(JOINS),
        list in prop::collection::vec(prop_oneof![4 => value(), 1 => Just(" ".to_owned())], 0..4),
        outer in [value(), value()],
        or_else in prop::sample::select(vec!["none", "*none*", "# [none](x)", "1. none"]),
    ) {
        let write = |list: &Vec<String>, [b, c]: &[String; 2], join: &str, or_else: &str| {
            let a = Joined { values: list, join, or_else };
            render(&compiled(template, "- {}"), &[Value::One(&a), Value::One(b), Value::One(c)])
        };
        let words = ["word", "word"].map(str::to_owned);
        let harmless = write(&vec!["word".to_owned()], &words, ",", "word");
        let hostile = write(&list, &outer, join, or_else);
        prop_assert_eq!(structure(&hostile), structure(&harmless), "{}\n---\n{}", harmless, hostile);
        let seen = text(&hostile);
        let shown: Vec<String> = list.iter().map(|value| one_line(value)).filter(|value| !value.is_empty()).collect();
        let whole = if shown.is_empty() { or_else.to_owned() } else { shown.join(join) };
        prop_assert!(seen.contains(&whole), "{whole:?} is lost in {seen:?}\n---\n{hostile}");
    }

    /// A reader sees a text with lines of its own as it is written, and nothing of what is around it changes.
    #[test]
    fn a_text_keeps_its_lines(
        (template, before, after) in prop::sample::select(vec![
            ("{m}", vec![], vec![]),
            ("text\n{m}\n- item", vec!["text"], vec!["item"]),
            ("### head\n{m}\nend", vec!["head"], vec!["end"]),
            ("- item\n{m}\n\n> quote", vec!["item"], vec!["quote"]),
            ("1. item\n{m}", vec!["item"], vec![]),
            ("> quote\n{m}\n### head", vec!["quote"], vec!["head"]),
        ]),
        parts in prop::collection::vec(prop_oneof![
            3 => prop::sample::select(dingtalk_samples::MARKUP),
            2 => prop::sample::select(&["\n", "\n\n", "\n    ", "\n\t", "  ", " ", "   ~", "*  ", "at line 3:  x", "    ^^^^", "===", "---", "+ ", "2) "][..]),
        ], 1..12),
    ) {
        let value = parts.concat();
        let expected = own_lines(&value);
        prop_assume!(!expected.is_empty());
        let show = |value: &String| render(&compiled(template, "- {}"), &[Value::One(value)]);
        let written = show(&value);
        let all: Vec<String> = before.iter().map(|line| (*line).to_owned())
            .chain(expected.clone())
            .chain(after.iter().map(|line| (*line).to_owned()))
            .collect();
        prop_assert_eq!(lines(&written), all, "{}", written);
        let harmless = vec!["word"; expected.len()].join("\n");
        prop_assert_eq!(structure(&written), structure(&show(&harmless)), "{}", written);
    }
}

/// The lines of the message as a reader sees them, with plain spaces. A blank line of a text is a line with a space.
fn lines(markdown: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for event in Parser::new(markdown) {
        match event {
            Event::Text(part) => {
                lines.last_mut().expect("there is a line").push_str(&part.replace('\u{a0}', " "));
            }
            Event::HardBreak | Event::End(_) => lines.push(String::new()),
            _ => {}
        }
    }
    lines.into_iter().filter(|line| !line.is_empty()).map(|line| line.trim_end().to_owned()).collect()
}

/// The lines of a text as they are to be read: without blank lines at its ends, and with spaces for tabs.
fn own_lines(text: &str) -> Vec<String> {
    let text = text
        .replace("\r\n", "\n")
        .replace(['\r', '\u{2028}'], "\n")
        .replace(['\0', '\u{1}', '\u{202e}'], "")
        .replace('\t', "    ")
        .replace('\u{a0}', " ");
    let mut lines: Vec<String> = text.split('\n').map(|line| line.trim_end().to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.into_iter().skip_while(String::is_empty).collect()
}

#[test]
fn an_absent_value_is_replaced() {
    for (value, text) in [(Some("a*b"), "by a\\*b"), (None, "by nobody\\*"), (Some(" "), "by nobody\\*")] {
        let value = OrElse { value: &value, or_else: "nobody*" };
        assert_eq!(render(&compiled("by {a}", "- {}"), &[Value::One(&value)]), text);
    }
}

#[test]
fn an_empty_value_removes_its_marks() {
    let empty = [String::new(), " ".to_owned(), "c".to_owned()];
    for (template, text) in [
        ("**{a}** {c}", "c"),
        ("x **{a} y** {c}", "x **y** c"),
        ("- {a}\n- {c}", "- c"),
        ("### {a}\n{c}", "c"),
        ("[{a}](https://example.com)", "[https://example.com](https://example.com)"),
        ("Host: {a}\n{c}", "Host:  \n  c"),
        ("#{a}", "\\#"),
        ("-{a}- b", "-- b"),
    ] {
        assert_eq!(rendered(&compiled(template, "- {}"), &empty, &[String::new()]), text, "{template}");
    }
}

/// The source has the numbers that a CommonMark parser counts.
#[test]
fn a_numbered_list_counts() {
    let list = ["a", "", "b", "1. c"].map(str::to_owned);
    for (line, written) in [
        ("1. {}", "Steps:\n\n1. a\n2. b\n3. 1\\. c\n\nDone"),
        ("9) {}", "Steps:\n\n9) a\n10) b\n11) 1\\. c\n\nDone"),
        ("999999999. {}", "Steps:\n\n999999999. a\n999999999. b\n999999999. 1\\. c\n\nDone"),
    ] {
        let markdown = rendered(&compiled("Steps:\n{l}\nDone", line), &Default::default(), &list);
        assert_eq!(markdown, written);
        let structure = structure(&markdown);
        let first = line.split(['.', ')']).next().unwrap();
        assert!(structure.contains(&format!("Start(List(Some({first})))")), "{structure:?}");
        assert_eq!(structure.iter().filter(|event| *event == "Start(Item)").count(), 3, "{structure:?}");
    }
}

#[test]
fn wide_white_space_after_block_marks_removes_no_text() {
    let values = ["a", "b", "c"].map(str::to_owned);
    for (template, text) in [("# \u{3000}主机告警 {a}", "# 主机告警 a"), ("- \u{3000}主机 {a}", "- 主机 a")]
    {
        assert_eq!(rendered(&compiled(template, "- {}"), &values, &[]), text, "{template}");
    }
}

#[test]
fn blocks_are_separated() {
    let values = ["a", "b", "c"].map(str::to_owned);
    let list = vec!["x".to_owned(), "y".to_owned()];
    for (template, text) in [
        ("### {a}\n{l}\n{b}\n{c}", "### a\n\n- x\n- y\n\nb  \n  c"),
        ("> {a}\n> {b}\n{c}", "> a  \n> b\n\nc"),
        ("{a}\n\n\n{b}", "a\n\nb"),
        ("1. {a}\n2. {b}\n- {c}", "1. a\n2. b\n\n- c"),
    ] {
        assert_eq!(rendered(&compiled(template, "- {}"), &values, &list), text);
    }
}

#[test]
fn unsafe_positions_are_refused() {
    for (template, message) in [
        ("run `{a}` now", "code span"),
        ("主机**{a}**的", "white space outside the `*` marks"),
        ("**x**{a}**y**", "white space outside the `*` marks"),
        ("{a}. text", "number a list"),
        ("[x](https://{a}.example.com)", "could lead to another site"),
        ("[a [b](https://example.com)]({a})", "inside another link's text"),
        ("- x\n  - {a}", "nested"),
        ("> - {a}", "nested"),
        ("| {a} |", "tables"),
        ("```\n{a}\n```", "code blocks"),
        ("{a}\n---", "as more than text"),
    ] {
        let problems = compile(template, Syntax::Markdown, &mut |_, _| Resolved::inline(0)).unwrap_err();
        assert!(problems[0].message.contains(message), "{template}: {problems:?}");
    }
}
