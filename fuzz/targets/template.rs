//! Any text as a template: nothing panics, a parsed template prints as its source, and if a template
//! compiles, no value changes the structure of its message.

#![no_main]

use arbitrary::Arbitrary;
use dingtalk_core::Url;
use dingtalk_fuzz::{Template as TemplateText, Text};
use dingtalk_template::{
    LineCode, Piece, Resolved, Row, Segment, SlotContext, SlotKind, Syntax, Template, Value, compile,
    compile_fragment, compile_line, compile_target, parse, render,
};
use libfuzzer_sys::fuzz_target;

#[path = "../../dingtalk-template/tests/judge/mod.rs"]
#[allow(dead_code, reason = "the text of a message is not compared here")]
mod judge;

#[derive(Debug, Arbitrary)]
struct Input {
    template: TemplateText,
    line: TemplateText,
    values: [Text; 3],
    list: Vec<Text>,
    path: Text,
}

/// Values of the slots, in the order of their indices: `a`, `b`, `c`, `list`, `url`.
struct Values {
    single: [String; 3],
    list: Vec<String>,
    url: Url,
}

const URL: u16 = 4;

fuzz_target!(|input: Input| {
    let Input { template, line, values, list, path } = input;
    let TemplateText(template) = template;
    prints_what_it_parsed(&template);

    let values = Values {
        single: values.map(|Text(value)| value),
        list: list.into_iter().map(|Text(value)| value).collect(),
        url: Url::new(format!("https://value.example/{}", path.0))
            .unwrap_or_else(|_| url("https://value.example")),
    };
    for syntax in [Syntax::Text, Syntax::Markdown, Syntax::Title] {
        let line =
            compile_line("line", &line.0, syntax).map(|(line, _)| line).unwrap_or_else(|_| slot(syntax));
        if let Ok(compiled) = compiled(&template, syntax, &line) {
            values.render(&compiled);
            if syntax == Syntax::Markdown && takes_only_urls(&compiled) {
                keeps_its_structure(&template, &compiled, &values);
            }
        }
    }
    if let Ok(fragment) = compile_fragment(&template, &mut |name, _| resolved(name)) {
        for template in [&fragment.markdown, &fragment.plain] {
            values.render(template);
        }
    }
    for media in [false, true] {
        if let Ok((target, _)) = compile_target(&template, media, &mut |_, _| Resolved::inline(0)) {
            values.render(&target);
        }
    }
});

fn url(text: &str) -> Url {
    Url::new(text).expect("a link that DingTalk opens")
}

/// The line `{}`.
fn slot(syntax: Syntax) -> LineCode {
    compile_line("line", "{}", syntax).expect("a slot is a line").0
}

fn compiled(
    template: &str,
    syntax: Syntax,
    line: &LineCode,
) -> Result<Template, Vec<dingtalk_template::Problem>> {
    compile(template, syntax, &mut |name, _| match name {
        "block" => Resolved { value: 0, kind: SlotKind::Block },
        "list" => repeated(line),
        name => resolved(name),
    })
}

fn repeated(line: &LineCode) -> Resolved {
    let inline = Err("stands alone".to_owned());
    Resolved { value: 3, kind: SlotKind::Repeated { line: line.clone(), following: Vec::new(), inline } }
}

fn resolved(name: &str) -> Resolved {
    Resolved::inline(match name {
        "b" => 1,
        "c" => 2,
        "url" => URL,
        _ => 0,
    })
}

impl Values {
    fn render(&self, template: &Template) -> String {
        let [a, b, c] = &self.single;
        render(
            template,
            &[Value::One(a), Value::One(b), Value::One(c), Value::Each(&self.list), Value::One(&self.url)],
        )
    }

    /// The same number of harmless values.
    fn words(&self) -> Self {
        Self {
            single: ["word", "word", "word"].map(str::to_owned),
            list: self.list.iter().map(|_| "word".to_owned()).collect(),
            url: url("https://word.example"),
        }
    }

    /// An empty value removes its line or its marks, which is another structure.
    fn without_blanks(&self) -> Self {
        let fill = |value: &String| if shows_nothing(value) { "word".to_owned() } else { value.clone() };
        let [a, b, c] = &self.single;
        Self {
            single: [a, b, c].map(fill),
            list: self.list.iter().map(fill).collect(),
            url: self.url.clone(),
        }
    }
}

fn shows_nothing(value: &String) -> bool {
    let title = compile("{a}", Syntax::Title, &mut |_, _| Resolved::inline(0)).expect("a title");
    render(&title, &[Value::One(value)]).is_empty()
}

/// The derive accepts only `Url`s as the targets of links.
fn takes_only_urls(template: &Template) -> bool {
    template.rows().all(|row| {
        let mut pieces = row.line().into_iter().flat_map(|line| line.pieces());
        let repeated = matches!(row, Row::Repeated { .. });
        pieces.all(|piece| match piece {
            Piece::Slot { value, context: SlotContext::LinkTarget, .. } => value == URL && !repeated,
            _ => true,
        })
    })
}

fn keeps_its_structure(template: &str, compiled: &Template, values: &Values) {
    let values = values.without_blanks();
    let words = values.words();
    let (hostile, harmless) = (values.render(compiled), words.render(compiled));
    let structure = |message: &str, url: &Url| {
        let named = |event: String| match event.split_once(' ') {
            Some((kind @ ("link" | "image"), target)) if target == url.as_str() => format!("{kind} to url"),
            // A value may stand in the path, the query or the fragment.
            Some((kind @ ("link" | "image"), target)) => format!("{kind} to {}", site(target)),
            _ => event,
        };
        judge::structure(message).into_iter().map(named).collect::<Vec<_>>()
    };
    assert_eq!(
        structure(&hostile, &values.url),
        structure(&harmless, &words.url),
        "{template:?}\n--- harmless\n{harmless}\n--- hostile\n{hostile}"
    );
}

/// The scheme and the host of a URL.
fn site(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + "://".len());
    &url[..url[start..].find(['/', '?', '#']).map_or(url.len(), |len| start + len)]
}

fn prints_what_it_parsed(template: &str) {
    let Ok(segments) = parse(template) else { return };
    let print = |segment: &Segment<'_>| match segment {
        Segment::Text(text) => text.replace('{', "{{").replace('}', "}}"),
        Segment::Slot { name, spec: "" } => format!("{{{name}}}"),
        Segment::Slot { name, spec } => format!("{{{name}:{spec}}}"),
    };
    let printed: String = segments.iter().map(print).collect();
    assert_eq!(parse(&printed).as_deref(), Ok(&segments[..]), "{template:?} is printed as {printed:?}");
}
