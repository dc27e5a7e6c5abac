//! A value in a URL leads nowhere else and arrives unchanged, according to a URL parser and a CommonMark parser that
//! are independent of this crate.

use dingtalk_template::{Resolved, Syntax, Value, compile, compile_target, render};
use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag};
use url::Url;

/// Returns the values of a URL as the server would read them.
type Read = fn(&Url) -> [String; 2];

/// URLs with two values.
const URLS: &[(&str, Read)] = &[
    ("https://ci.example.com:8443/builds/{a}/log/{b}", |url| [segment(url, 1), segment(url, 3)]),
    ("https://ci.example.com/v{a}-x/{b}.html?x=1", |url| {
        let [first, second] = [segment(url, 0), segment(url, 1)];
        [between(&first, "v", "-x"), between(&second, "", ".html")]
    }),
    ("https://ci.example.com?a={a}&b={b}", |url| [query(url, "a"), query(url, "b")]),
    ("https://ci.example.com/rollback?q=%2B+1&a={a}&b={b}#top", |url| [query(url, "a"), query(url, "b")]),
    ("http://[::1]/?b={b}#{a}", |url| [decoded(url.fragment().unwrap_or_default()), query(url, "b")]),
    ("dingtalk://dingtalkclient/page/link?url={a}&pc_slide=false#{b}", |url| {
        [query(url, "url"), decoded(url.fragment().unwrap_or_default())]
    }),
];

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).expect("a value is UTF-8")
}

fn segment(url: &Url, index: usize) -> String {
    decoded(url.path_segments().and_then(|mut segments| segments.nth(index)).unwrap_or("(missing)"))
}

fn between(text: &str, before: &str, after: &str) -> String {
    text.strip_prefix(before).and_then(|text| text.strip_suffix(after)).unwrap_or("(missing)").to_owned()
}

fn query(url: &Url, name: &str) -> String {
    let mut pairs = url.query_pairs().filter(|(key, _)| key == name);
    let (first, second) = (pairs.next(), pairs.next());
    assert!(second.is_none(), "{name} is there twice: {url}");
    first.map_or_else(|| "(missing)".to_owned(), |(_, value)| value.into_owned())
}

fn index(name: &str, _: &str) -> Resolved {
    Resolved::inline(u16::from(name == "b"))
}

fn target(url: &str, [a, b]: &[String; 2]) -> String {
    let (template, whole) = compile_target(url, false, &mut index).expect("a URL with slots");
    assert_eq!(whole, None);
    render(&template, &[Value::One(a), Value::One(b)])
}

/// The targets of the links that a Markdown parser sees.
fn links(markdown: &str) -> Vec<String> {
    let link = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    };
    Parser::new(markdown).filter_map(link).collect()
}

fn value() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        ".",
        "..",
        "/",
        "\\",
        "?",
        "#",
        "%",
        "%2e",
        "%2F",
        "&",
        "=",
        "+",
        " ",
        "@",
        ":",
        ";",
        "a",
        "0",
        "中",
        "é",
        "\n",
        "\r",
        "\t",
        "\0",
        "\u{202e}",
        "\u{feff}",
        "(",
        ")",
        "<",
        ">",
        "[",
        "]",
        "`",
        "*",
        "_",
        "~",
        "\"",
        "'",
        "{",
        "}",
        "|",
        "^",
        "$",
        "javascript:",
        "https://evil.example",
        "//evil.example",
        "user@evil.example",
        "&copy;",
        "\u{1b}[31m",
        "💥",
    ]);
    prop_oneof![prop::collection::vec(parts, 0..6).prop_map(|parts| parts.concat()), any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_arrive_where_they_belong(case in prop::sample::select(URLS), values in [value(), value()]) {
        let (template, read) = case;
        let harmless = Url::parse(&target(template, &["x".to_owned(), "y".to_owned()])).unwrap();
        let written = target(template, &values);
        let url = Url::parse(&written).unwrap();
        prop_assert_eq!(url.scheme(), harmless.scheme());
        prop_assert_eq!(url.host_str(), harmless.host_str());
        prop_assert_eq!(url.port(), harmless.port());
        prop_assert_eq!((url.username(), url.password()), ("", None));
        let segments = |url: &Url| url.path_segments().map(Iterator::count);
        prop_assert_eq!(segments(&url), segments(&harmless), "{}", written);
        for (read, value) in read(&url).iter().zip(&values) {
            // A segment of dots would lead to another directory, so it is not decoded to dots.
            let expected = if matches!(&**value, "." | "..") && !read.starts_with('.') {
                value.replace('.', "%2E")
            } else {
                value.clone()
            };
            prop_assert_eq!(read, &expected, "{}", written);
        }

        let markdown = format!("**[page]({template})** and {{a}}, ![{{b}}]({template}).");
        let markdown = compile(&markdown, Syntax::Markdown, &mut index).unwrap();
        let [a, b] = &values;
        let markdown = render(&markdown, &[Value::One(a), Value::One(b)]);
        prop_assert_eq!(links(&markdown), [written.clone(), written], "{}", markdown);
    }

    /// Whatever stands beside the dots, no segment leads to another directory.
    #[test]
    fn no_segment_climbs(
        segment in "(\\.|%2[eE]|\\{a\\}|\\{b\\}){0,3}(\\{a\\}|\\{b\\})(\\.|%2[eE]){0,3}",
        values in ["[.]{0,3}|%2e|x", "[.]{0,3}|%2e|x"],
    ) {
        let written = target(&format!("https://e.com/one/{segment}/two"), &values);
        let url = Url::parse(&written).unwrap();
        prop_assert_eq!(url.path_segments().map(Iterator::count), Some(3), "{}", written);
    }
}

#[test]
fn what_a_value_looks_like_in_a_url() {
    let values = ["v1.2~rc_3-4".to_owned(), "a b/c?d&e=f+g#h%é".to_owned()];
    assert_eq!(
        target("https://e.com/{a}?q={b}", &values),
        "https://e.com/v1.2~rc_3-4?q=a%20b%2Fc%3Fd%26e%3Df%2Bg%23h%25%C3%A9"
    );
    let dots = ["..".to_owned(), ".".to_owned()];
    assert_eq!(target("https://e.com/{a}/{b}?x={a}", &dots), "https://e.com/%252E%252E/%252E?x=..");
    assert_eq!(target("https://e.com/{a}.{b}/v{a}", &dots), "https://e.com/..../v..");
    let empty = [String::new(), String::new()];
    assert_eq!(target("https://e.com/{a}.{b}./x", &empty), "https://e.com/%252E%252E/x");
}
