//! Explanation of TOML errors by what people mean. A line is never quoted: it may hold a secret in the wrong place.

use crate::{Fault, FaultKind, Wording};

/// Characters that an input method writes in place of those of TOML.
const FULL_WIDTH: [(char, &str); 22] = [
    ('“', "\""),
    ('”', "\""),
    ('„', "\""),
    ('＂', "\""),
    ('‘', "'"),
    ('’', "'"),
    ('＇', "'"),
    ('＝', "="),
    ('，', ","),
    ('、', ","),
    ('［', "["),
    ('【', "["),
    ('］', "]"),
    ('】', "]"),
    ('｛', "{"),
    ('｝', "}"),
    ('＃', "#"),
    ('．', "."),
    ('。', "."),
    ('：', "="),
    ('\u{3000}', " "),
    ('\u{a0}', " "),
];

/// Tables whose names do not become names in a protocol, so that they may have any letters.
const ROBOTS_AND_PEOPLE: [&str; 3] = ["robots", "people", "quotas"];

/// Explains an error of the parser.
pub(crate) fn fault(text: &str, error: &toml::de::Error) -> Fault {
    let span = error.span().unwrap_or(0..0);
    let at = span.start.min(text.len());
    let mut number = text.get(..at).map_or(0, |before| before.matches('\n').count());
    let lines: Vec<&str> = text.lines().collect();
    // A text that was meant to go on is reported on its second line.
    if let Some(before) = number.checked_sub(1)
        && lines.get(number).is_some_and(|line| !line.contains('='))
        && Outside::of(lines.get(before).unwrap_or(&"")).is_open
    {
        number = before;
    }
    let line = Line { text: lines.get(number).copied().unwrap_or_default(), number, lines: &lines };
    let rest = text.get(at..).unwrap_or_default();
    let (english, chinese) = line.explain(error.message(), rest, text.get(span).unwrap_or_default());
    let number = number + 1;
    Fault::new(
        FaultKind::Syntax,
        "",
        Wording::new(format!("line {number}: {english}"), format!("第 {number} 行：{chinese}")),
    )
}

/// The line of an error.
struct Line<'t> {
    text: &'t str,
    /// Its number from 0.
    number: usize,
    lines: &'t [&'t str],
}

/// A text in both languages.
type Pair = (String, String);

impl Line<'_> {
    /// Explains an error by the line, the text from the error on, and the text of the error itself.
    fn explain(&self, message: &str, rest: &str, part: &str) -> Pair {
        let trimmed = self.text.trim_start();
        let outside = Outside::of(self.text);
        if message.contains("escape") {
            return pair(
                "in double quotes, `\\` begins an escape: write a path with `/`, or in single quotes",
                "双引号里的 `\\` 是转义符：路径请用 `/`，或写在单引号里",
            );
        }
        let full_width = outside.text.chars().find_map(|c| FULL_WIDTH.iter().find(|(wide, _)| *wide == c));
        if let Some((wide, narrow)) = full_width {
            if wide.is_whitespace() {
                return pair(
                    format!("a full-width or no-break space, {}; write a plain space", wide.escape_unicode()),
                    format!("有全角空格或不换行空格（{}）；请改用普通空格", wide.escape_unicode()),
                );
            }
            return pair(
                format!("`{wide}` is not a character of TOML; write `{narrow}`"),
                format!("`{wide}` 不是 TOML 的符号；请改用半角的 `{narrow}`"),
            );
        }
        if message.contains("duplicate") {
            return self.duplicate(trimmed, part.trim());
        }
        if trimmed.starts_with("//") || trimmed.starts_with(';') || trimmed.starts_with("--") {
            return pair("a comment begins with `#`", "注释以 `#` 开头");
        }
        if self.number == 0 && trimmed.starts_with('{') {
            return pair(
                "this is JSON, and the file is TOML: write `version = 1` and `[robots.NAME]`",
                "这是 JSON，而配置文件是 TOML：请写 `version = 1` 和 `[robots.名称]`",
            );
        }
        if trimmed.starts_with('[') {
            return header(trimmed);
        }
        if outside.is_open {
            return pair(
                "the quote is not closed on its line: close it, or write a text of several lines in `\"\"\"`",
                "引号没有在同一行结束：请补上引号；多行文本请写在 `\"\"\"` 之间",
            );
        }
        let key = trimmed.split(['=', ':', ' ', '\t', '{']).next().unwrap_or_default();
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        let before = outside.text.split('=').next().unwrap_or_default();
        if message.contains("missing assignment") || (is_key && before.contains(':')) {
            return pair(
                "write `=` between a key and its value, not `:`; the file is TOML, not YAML or JSON",
                "键和值之间请写 `=`，而不是 `:`；配置文件是 TOML，不是 YAML 或 JSON",
            );
        }
        if !trimmed.contains('=') {
            return pair("expected `key = value`", "应为 `键 = 值`");
        }
        if !is_key && !trimmed.starts_with(['"', '\'']) && rest.starts_with(|c: char| !c.is_ascii()) {
            return pair(
                "a key that has other characters than ASCII letters, digits, `_` and `-` stands in quotes",
                "键里有英文字母、数字、`_` 和 `-` 以外的字符时，要写在引号里",
            );
        }
        let name = if is_key { key } else { "key" };
        bare_value(name, part, rest, message).unwrap_or_else(|| structure(message, rest))
    }

    /// Explains a key or a table that is there twice.
    fn duplicate(&self, trimmed: &str, part: &str) -> Pair {
        let name = |line: &str| line.trim().trim_matches(['[', ']']).trim().to_owned();
        let before = self.lines.get(..self.number).unwrap_or_default();
        if trimmed.starts_with('[') {
            let table = name(trimmed.split('#').next().unwrap_or_default());
            let other =
                before.iter().position(|line| line.trim_start().starts_with('[') && name(line) == table);
            if let Some(other) = other
                && before[other].trim_start().starts_with("[[")
            {
                return pair(
                    format!("`[[{table}]]` on line {} is a list: write double brackets here, too", other + 1),
                    format!("第 {} 行的 `[[{table}]]` 是列表：这里也要写双方括号", other + 1),
                );
            }
            let (english, chinese) = line_of(other);
            return pair(
                format!("the table `{table}` is already there{english}: write all of its keys in one place"),
                format!("表 `{table}` 重复{chinese}：请把它的键写在一处"),
            );
        }
        let key = trimmed.split('=').next().unwrap_or_default().trim();
        if !part.is_empty() && part != key {
            return pair(
                format!("`{part}` is there twice: remove one of them"),
                format!("`{part}` 出现了两次：请去掉一个"),
            );
        }
        let of_key = |line: &&str| line.split_once('=').is_some_and(|(other, _)| other.trim() == key);
        let other = before
            .iter()
            .enumerate()
            .rev()
            .take_while(|(_, line)| !line.trim_start().starts_with('['))
            .find(|(_, line)| of_key(line))
            .map(|(number, _)| number);
        let (english, chinese) = line_of(other);
        pair(
            format!("`{key}` is already set{english}: remove one of them"),
            format!("`{key}` 重复设置{chinese}：请去掉一个"),
        )
    }
}

/// Explains an error of what stands around values.
fn structure(message: &str, rest: &str) -> Pair {
    if message.contains("unexpected key or value") {
        return if rest.trim_start().starts_with(',') {
            pair(
                "outside of `{ … }` and `[ … ]`, no comma follows a value: remove it",
                "在 `{ … }` 和 `[ … ]` 之外，值后面没有逗号：请去掉",
            )
        } else if rest.trim_start().lines().next().is_some_and(|rest| rest.contains('=')) {
            pair("each key stands on a line of its own", "每个键要单独写一行")
        } else {
            pair(
                "unexpected text after the value; write a quote within a text as `\\\"`, and a comment after `#`",
                "值后面有多余的内容；文本里的引号请写成 `\\\"`，注释以 `#` 开头",
            )
        };
    }
    for (part, english, chinese) in [
        ("missing comma", "a comma is missing between two values", "两个值之间缺少逗号"),
        ("extra comma", "there is a comma too many", "多了一个逗号"),
        ("inline table", "`{` is not closed: add `}`", "`{` 没有配对：请补上 `}`"),
        ("unclosed array", "`[` is not closed: add `]`", "`[` 没有配对：请补上 `]`"),
        ("missing value", "the value is missing after `=`", "`=` 后面缺少值"),
    ] {
        if message.contains(part) {
            return pair(english, chinese);
        }
    }
    // The parser's words do not quote the line.
    pair(message, "不符合 TOML 语法：请检查引号、括号和逗号")
}

/// Explains the line of a table's name.
fn header(trimmed: &str) -> Pair {
    let brackets = if trimmed.starts_with("[[") { "]]" } else { "]" };
    if !trimmed.contains(brackets) {
        return pair(
            format!("the name of the table is not closed: add `{brackets}`"),
            format!("表名没有结束：请补上 `{brackets}`"),
        );
    }
    let name = trimmed.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
    let (table, of_table) = name.split_once('.').unwrap_or((name, ""));
    if table == "notifications" && !of_table.is_ascii() {
        let first = of_table.split('.').next().unwrap_or_default();
        return pair(
            format!(
                "the name of a notification has only ASCII letters: write a name such as `[notifications.cpu_alert]`, \
                 and `title = \"{first}\"` for people"
            ),
            format!(
                "通知的表名只能用英文字母，例如 `[notifications.cpu_alert]`；给人看的名称请写 `title = \"{first}\"`"
            ),
        );
    }
    if ROBOTS_AND_PEOPLE.contains(&table) && !of_table.is_ascii() {
        return pair(
            format!("a name that is not ASCII stands in quotes: write `[{table}.\"{of_table}\"]`"),
            format!("非英文的名称要写在引号里：`[{table}.\"{of_table}\"]`"),
        );
    }
    pair(
        "invalid name of a table; write `[robots.NAME]`, with a name of letters, digits, `_` and `-`",
        "表名无效；请写 `[robots.名称]`，名称只能用字母、数字、`_` 和 `-`",
    )
}

/// Explains a value without quotes.
fn bare_value(key: &str, part: &str, rest: &str, message: &str) -> Option<Pair> {
    if ![
        "string values must be quoted",
        "invalid float",
        "invalid boolean",
        "leading zero",
        "number",
        "digit",
    ]
    .iter()
    .any(|of_value| message.contains(of_value))
    {
        return None;
    }
    let value = if part.trim().is_empty() { rest } else { part };
    let value =
        value.lines().next().unwrap_or_default().split([',', '}', ']', '#']).next().unwrap_or_default();
    let value = value.trim();
    Some(match &*value.to_ascii_lowercase() {
        "true" | "false" | "yes" | "no" | "on" | "off" => {
            pair("write `true` or `false`, in lower case", "请写小写的 `true` 或 `false`")
        }
        "null" | "nil" | "none" => pair("TOML has no null: remove the line", "TOML 没有 null：请去掉这一行"),
        _ if message.contains("leading zero") => pair(
            format!(
                "a number has no leading zero; a text such as a mobile number stands in quotes: `{key} = \"…\"`"
            ),
            format!("数字不能以 0 开头；手机号之类的文本要写在引号里：`{key} = \"…\"`"),
        ),
        _ if value.starts_with(|c: char| c.is_ascii_digit()) => pair(
            format!("a number has digits only, without a unit, and a text stands in quotes: `{key} = \"…\"`"),
            format!("数字只写数字，不带单位；文本要写在引号里：`{key} = \"…\"`"),
        ),
        _ => pair(
            format!("a text stands in quotes: write `{key} = \"…\"`"),
            format!("文本要写在引号里：`{key} = \"…\"`"),
        ),
    })
}

/// The characters of a line that stand in no quotes and no comment.
struct Outside {
    text: String,
    /// The line ends within a text of one line.
    is_open: bool,
}

impl Outside {
    fn of(line: &str) -> Self {
        let mut text = String::new();
        let mut quote = None;
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match quote {
                None if c == '#' => break,
                None if c == '"' || c == '\'' => quote = Some(c),
                None => text.push(c),
                Some('"') if c == '\\' => {
                    chars.next();
                }
                Some(open) if c == open => quote = None,
                Some(_) => {}
            }
        }
        // Three quotes begin a text of several lines: two of them are an empty text.
        let is_open = quote.is_some() && !line.contains("\"\"\"") && !line.contains("'''");
        Self { text, is_open }
    }
}

fn line_of(number: Option<usize>) -> Pair {
    let said = number.map(|number| (format!(" on line {}", number + 1), format!("（第 {} 行）", number + 1)));
    said.unwrap_or_default()
}

fn pair(english: impl Into<String>, chinese: impl Into<String>) -> Pair {
    (english.into(), chinese.into())
}
