//! Ordinary text in a message is escaped as little as is safe, since not every DingTalk client hides the
//! backslash.
//!
//! `UPDATE_EXPECT=1` rewrites `golden/ordinary_text.txt`. Read it as the reader of the message.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use dingtalk_core::{Message, Notification};
use expect_test::expect_file;

#[derive(Notification)]
#[dingtalk(markdown(title = "Text: {text}", text = "{text}"))]
struct Paragraph<'a> {
    text: &'a str,
}

#[derive(Notification)]
#[dingtalk(markdown(title = "Text: {text}", text = "Alert from {text} at 10:05"))]
struct Sentence<'a> {
    text: &'a str,
}

#[derive(Notification)]
#[dingtalk(markdown(title = "Text: {text}", text = "- {text}\n- last"))]
struct Item<'a> {
    text: &'a str,
}

#[derive(Notification)]
#[dingtalk(markdown(title = "Text: {text}", text = "[{text}](https://e.com)"))]
struct LinkText<'a> {
    text: &'a str,
}

/// Values as they occur in notifications.
const VALUES: &[(&str, &[&str])] = &[
    (
        "Chinese",
        &[
            "数据库主节点已切换，请核对订单状态。",
            "【严重】CPU 使用率 97%！",
            "《周报》：完成 3/5 项（见附件）",
            "价格￥1,299.00～￥1,599.00",
            "他说：“明天 10 点”……",
            "张三@李四：好的！",
        ],
    ),
    (
        "Names",
        &[
            "snake_case",
            "_private",
            "trailing_",
            "__init__.py",
            "MAX_BODY_BYTES",
            "kebab-case",
            "C#",
            "C++",
            "F# and J#",
            "Node.js",
            "std::fmt::Display",
            "Vec<String>",
            "HashMap<String, Vec<u8>>",
            "List<?>",
            "int* p",
            "char **argv",
            "&mut self",
            "&'static str",
            "operator<<",
            "$HOME",
            "${HOME}/bin",
            "%PATH%",
            "@zhang.san",
            "#general",
            "#123",
            "!important",
            "~zhang",
        ],
    ),
    (
        "Numbers and comparisons",
        &[
            "a < b",
            "a<b",
            "x > 0 && y < 10",
            "load <= 4",
            "5 <-> 6",
            "3 * 4",
            "3*4",
            "2**10",
            "2^10",
            "50%",
            "-5",
            "- 5",
            "+5",
            "+ 5",
            "1.5",
            "1. first",
            "1) first",
            "2026. It was",
            "[1.0, 2.0)",
            "(0, 1]",
            "[a, b]",
            "a[0]",
            "a[0][1]",
            "f(x)[0](y)",
            "~5 min",
            "~ 5 min",
            "5~10 min",
            "~~5~~",
            "±0.5 °C",
            "1_000_000",
        ],
    ),
    (
        "Versions",
        &[
            "v1.4.0-rc.1+build.5",
            ">=1.2, <2.0",
            "> 1.2",
            "~> 1.2",
            "~1.2",
            "^1.2",
            "1.*",
            "*",
            "1.2.*, !=1.2.3",
        ],
    ),
    (
        "Addresses and paths",
        &[
            "ops@example.com",
            "Zhang San <zhang@example.com>",
            "https://example.com/a_b/c?x=1&y=2#top",
            "https://example.com/a_(b)",
            "<https://example.com>",
            "http://[::1]:8080/",
            "C:\\temp\\file.txt",
            "C:\\_temp\\[1]\\*.log",
            "\\\\server\\share\\",
            "/var/log/nginx/access.log",
            "~/.ssh/config",
            "./run --all",
            "../*.rs",
            "**/*.rs",
            "2001:db8::1",
            "fe80::1%eth0",
            "[::1]:443",
            "10.0.0.0/8",
        ],
    ),
    (
        "Code and logs",
        &[
            "{\"level\":\"warn\",\"load_avg\":[1.5,2.0],\"note\":\"a < b\"}",
            "[2026-11-21 10:05:00] [WARN] (db-1) slow query: 1.5 s",
            "2026-11-21T10:05:00Z ERROR [main] c.e.Order_Service - failed",
            "    at com.example.Order$1.run(Order.java:42)",
            "  File \"/app/__main__.py\", line 3, in <module>",
            "thread 'main' panicked at src/main.rs:3:5:",
            "core::ops::function::FnOnce::call_once{{vtable.shim}}",
            "SELECT * FROM orders WHERE id = 1",
            "SELECT COUNT(*) FROM `orders` WHERE name LIKE '%_x'",
            "SELECT a.*, b.* FROM a, b",
            "if (a && b || !c) { return x[i]; }",
            "fn f<T>(x: &T) -> Option<&T>",
            "let x = *p;",
            "/* comment */",
            "// comment",
            "# comment",
            "#!/bin/sh",
            "a | b | c",
            "| a | b |",
            "cat <<EOF > out.txt",
            "echo \"done\" 2>&1",
            "key: value",
            "--verbose",
            "---",
            "===",
            "***",
            "___",
            "- [ ] task",
            "`code`",
            "```",
        ],
    ),
    (
        "What looks like Markdown or HTML",
        &[
            "# heading",
            "> quote",
            "- x",
            "* x",
            "+ x",
            "*bold*",
            "**bold**",
            "_italic_",
            "a *b* c",
            "[text](https://example.com)",
            "![image](https://example.com/i.png)",
            "[text]",
            "[text]: https://example.com",
            "[^1]",
            "<b>bold</b>",
            "<br>",
            "</div>",
            "<!-- comment -->",
            "<font color=\"red\">x</font>",
            "&amp;",
            "&lt;b&gt;",
            "&#35;",
            "AT&T",
            "a & b",
            "a&b;c",
            "\\*",
            "\\n",
            "a\\",
            ":smile:",
            "Really?!",
            "Done!",
        ],
    ),
    (
        "Emoji and space",
        &[
            "🚀 发布完成 ✅",
            "👨‍👩‍👧",
            "",
            "   ",
            "  padded  ",
            "a  b",
            "first line\nsecond line",
            "first\r\n\r\n  second\tthird\n",
            "# one\n- two\n> three",
        ],
    ),
];

/// The value's text in each position.
fn places(text: &str) -> [(&'static str, Option<String>); 5] {
    let body = |notification: &dyn Notification, before: &str, after: &str| {
        let Ok(Message::Markdown(markdown)) = notification.message() else { return None };
        Some(markdown.text.strip_prefix(before)?.strip_suffix(after)?.to_owned())
    };
    let title = match (Sentence { text }).message().unwrap() {
        Message::Markdown(markdown) => {
            markdown.title.strip_prefix("Text:").map(|title| title.trim_start().to_owned())
        }
        _ => None,
    };
    [
        ("paragraph", body(&Paragraph { text }, "", "")),
        ("in a sentence", body(&Sentence { text }, "Alert from ", " at 10:05")),
        ("list item", body(&Item { text }, "- ", "\n- last")),
        ("link text", body(&LinkText { text }, "[", "](https://e.com)")),
        ("title", title),
    ]
}

fn shown(text: &str) -> String {
    if text.trim() == text { text.replace('\n', "⏎") } else { format!("{text:?}") }
}

#[test]
fn ordinary_text_stays_readable() {
    let mut golden = String::new();
    for (heading, values) in VALUES {
        golden.push_str(&format!("{heading}\n\n"));
        for value in *values {
            golden.push_str(&format!("  {}\n", shown(value)));
            for (place, text) in places(value) {
                golden.push_str(&format!(
                    "      {place:<15}{}\n",
                    shown(&text.unwrap_or_else(|| "no message".into()))
                ));
            }
        }
        golden.push('\n');
    }
    expect_file!["../golden/ordinary_text.txt"].assert_eq(&golden);
}
