//! Types whose attributes are well-formed but rarely consistent: they pass more checks than random text.

#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use dingtalk_fuzz::{Template, expand_all};
use libfuzzer_sys::fuzz_target;

const NAMES: &[&str] = &["a", "b", "c", "list", "url", "r#type", "主机", "__check", "slot", "A"];
const TYPES: &[&str] = &[
    "String",
    "f64",
    "u32",
    "bool",
    "Option<String>",
    "Vec<String>",
    "Vec<Mobile>",
    "Mobile",
    "UserId",
    "Option<Url>",
    "Url",
    "Markdown",
    "std::borrow::Cow<'static, str>",
    "&'a str",
    "T",
    "Vec<Option<T>>",
    "Option<Vec<bool>>",
    "()",
    "[u8; 4]",
    "fn(u8) -> u8",
    "Vec",
    "Option<>",
    "::std::vec::Vec<News>",
    "(String,)",
    "dyn Display",
    "!",
    "_",
];
const NUMBERS: &[&str] = &[
    "MAX",
    "Limits::MAX",
    "0",
    "1",
    "64",
    "-1",
    "1.5",
    "1e400",
    "0x10",
    "1_000u64",
    "99999999999999999999",
    "NAN",
];
const EXPRESSIONS: &[&str] = &[
    "\"warning\"",
    "\"\u{1f680}\\n\\\"\"",
    "3",
    "1.5f32",
    "true",
    "Default::default()",
    "-1",
    "[\"a\", \"b\"]",
    "a.len()",
    "self.a",
    "b::<A, B>(c), x = 1",
    "{ 3 }",
    "'a'",
    "b\"x\"",
];
const HEADS: &[&str] = &[
    "struct Alert",
    "pub struct Alert<'a>",
    "struct Alert<T: Display>",
    "struct Alert<const N: usize>",
    "struct r#Alert",
    "struct __A",
    "struct ABCDefGhi",
    "struct 警报",
    "struct Alert<'a, T> where T: 'a,",
];

/// The source of a type.
#[derive(Debug)]
struct Declaration(String);

impl<'a> Arbitrary<'a> for Declaration {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let mut source = String::new();
        if input.arbitrary()? {
            source.push_str(&format!("#[doc = {}]\n", template(input)?));
        }
        for _ in 0..input.int_in_range(0..=3)? {
            source.push_str(&format!("#[dingtalk({})]\n", list(input, 3, on_type)?));
        }
        let head = input.choose(HEADS)?;
        if input.ratio(1, 20)? {
            return Ok(Self(format!("{source}{head}(String);")));
        }
        if input.ratio(1, 4)? {
            source.push_str(&format!("{} {{\n", head.replace("struct", "enum")));
            for number in 0..input.int_in_range(0..=3)? {
                source.push_str(&format!("#[dingtalk({})]\nV{number}", list(input, 3, on_type)?));
                if input.arbitrary()? {
                    source.push_str(" {\n");
                    fields(input, &mut source)?;
                    source.push('}');
                }
                source.push_str(",\n");
            }
        } else {
            source.push_str(&format!("{head} {{\n"));
            fields(input, &mut source)?;
        }
        source.push('}');
        Ok(Self(source))
    }
}

fn fields(input: &mut Unstructured<'_>, source: &mut String) -> Result<()> {
    for _ in 0..input.int_in_range(0..=6)? {
        if input.arbitrary()? {
            source.push_str(&format!("#[doc = {}]\n", template(input)?));
        }
        for _ in 0..input.int_in_range(0..=2)? {
            source.push_str(&format!("#[dingtalk({})]\n", list(input, 4, on_field)?));
        }
        source.push_str(&format!("{}: {},\n", input.choose(NAMES)?, input.choose(TYPES)?));
    }
    Ok(())
}

fn template(input: &mut Unstructured<'_>) -> Result<String> {
    let Template(text) = input.arbitrary()?;
    Ok(format!("{text:?}"))
}

fn list(
    input: &mut Unstructured<'_>,
    most: usize,
    item: fn(&mut Unstructured<'_>) -> Result<String>,
) -> Result<String> {
    let items: Vec<String> =
        (0..input.int_in_range(0..=most)?).map(|_| item(input)).collect::<Result<_>>()?;
    Ok(items.join(", "))
}

fn on_type(input: &mut Unstructured<'_>) -> Result<String> {
    Ok(match input.int_in_range(0..=14)? {
        0 => format!("text({})", template(input)?),
        1 => format!("text(text = {})", template(input)?),
        2 | 3 => format!("markdown({})", list(input, 3, of_message)?),
        4 => format!("link({})", list(input, 5, of_message)?),
        5 | 6 => format!("action_card({})", list(input, 7, of_message)?),
        7 => format!("feed_card(items = {})", input.choose(NAMES)?),
        8 => format!("item({})", list(input, 4, of_message)?),
        9 => format!("tool({})", list(input, 4, of_tool)?),
        10 => {
            format!("rename_all = {:?}", input.choose(&["snake_case", "camelCase", "kebab-case", "Pascal"])?)
        }
        11 => format!("fragment({})", template(input)?),
        12 => format!("keyword = {}", template(input)?),
        13 => format!("with({} = {})", input.choose(NAMES)?, input.choose(EXPRESSIONS)?),
        _ => format!("crate = {}", input.choose(&["dingtalk", "::a::b", "crate", "a::<b>"])?),
    })
}

fn of_message(input: &mut Unstructured<'_>) -> Result<String> {
    Ok(match input.int_in_range(0..=9)? {
        0 | 1 => format!("title = {}", template(input)?),
        2 | 3 => format!("text = {}", template(input)?),
        4 => format!("url = {}", target(input)?),
        5 => format!("picture = {}", target(input)?),
        6 => format!("button({}, url = {})", template(input)?, target(input)?),
        7 => "horizontal".to_owned(),
        8 => format!("buttons = {}", input.choose(NAMES)?),
        _ => "hide_avatar".to_owned(),
    })
}

fn target(input: &mut Unstructured<'_>) -> Result<String> {
    let targets = ["{url}", "{list}", "https://e.com", "@media", "dingtalk://x", "{a}{b}", ""];
    if input.ratio(1, 4)? { template(input) } else { Ok(format!("{:?}", input.choose(&targets)?)) }
}

fn of_tool(input: &mut Unstructured<'_>) -> Result<String> {
    Ok(match input.int_in_range(0..=5)? {
        0 => format!("name = {:?}", input.choose(&["send_alert", "sendAlert", "", "a_b", "send__x"])?),
        1 => format!("title = {}", template(input)?),
        2 => format!("when = {}", template(input)?),
        3 => format!("not_when = {}", template(input)?),
        4 => {
            format!("instead = {}", input.choose(&["Other", "Self", "Alert", "a::Other<'static>", "(A, B)"])?)
        }
        _ => format!("destructive = {}", input.choose(&["true", "false"])?),
    })
}

fn on_field(input: &mut Unstructured<'_>) -> Result<String> {
    Ok(match input.int_in_range(0..=20)? {
        0..=2 => format!(
            "line = {}",
            input.choose(&["\"- {}\"", "\"{}\"", "\"> {:.1}\"", "\"[x]({})\"", "\"**{}**\""])?
        ),
        3 => format!("line = {}", template(input)?),
        4 => "at".to_owned(),
        5 => "at_all".to_owned(),
        6 => "skip".to_owned(),
        7 => format!("rename = {}", input.choose(&["\"x\"", "\"x y\"", "\"\"", "\"host-name\"", "\"主\""])?),
        8 => "default".to_owned(),
        9 => format!("default = {}", input.choose(EXPRESSIONS)?),
        10 => format!("{}({})", input.choose(&["length", "bytes", "range"])?, bounds(input)?),
        11 => format!("max_items = {}", input.choose(NUMBERS)?),
        12 => "unbounded".to_owned(),
        13 => format!("max_shown = {}", input.choose(NUMBERS)?),
        14 => format!("more = {}", template(input)?),
        16 => format!("join = {:?}", input.choose(&[", ", "", "*", "\n"])?),
        17 => "then = \"yes\"".to_owned(),
        18 => format!("else = {:?}", input.choose(&["none", "", "{a}"])?),
        19 => "multiline".to_owned(),
        15 => format!("truncate = {}", input.choose(NUMBERS)?),
        _ => format!("example = {}", input.choose(EXPRESSIONS)?),
    })
}

fn bounds(input: &mut Unstructured<'_>) -> Result<String> {
    let [least, most] = [input.choose(NUMBERS)?, input.choose(NUMBERS)?];
    Ok(match input.int_in_range(0..=3)? {
        0 => format!("{least}..={most}"),
        1 => format!("..={most}"),
        2 => format!("{least}.."),
        _ => format!("{least}..{most}"),
    })
}

fuzz_target!(|input: Declaration| expand_all(&input.0));
