//! Chinese of the rules that a file shares with the derive, which speaks English.
//!
//! One table by sentence, so that the rules have one text each, and the derive carries no Chinese.

use std::borrow::Cow;

use crate::Wording;

/// Returns a finding in both languages.
pub(super) fn wording(english: &str) -> Wording {
    let chinese = SENTENCES.iter().find_map(|(pattern, chinese)| said(english, pattern, chinese));
    Wording::new(english.to_owned(), chinese.unwrap_or_else(|| english.to_owned()))
}

/// Returns the Chinese sentence with the parts of the English one, if that has this form.
fn said(english: &str, pattern: &str, chinese: &str) -> Option<String> {
    let parts = parts(english, pattern)?;
    let (first, rest) = pieces(chinese);
    let mut said = first.to_owned();
    for (number, literal) in rest {
        let part = parts.get(number.checked_sub(1)?)?;
        // A part in backticks is what the file has.
        if said.ends_with('`') && literal.starts_with('`') {
            said.push_str(part);
        } else {
            push(&mut said, &word(part));
        }
        push(&mut said, literal);
    }
    Some(said)
}

/// Splits a pattern into the text before its first part, and the number of each part with the text behind it.
fn pieces(pattern: &str) -> (&str, Vec<(usize, &str)>) {
    let is_part = |at: usize| pattern[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    let starts: Vec<usize> = pattern.match_indices('$').map(|(at, _)| at).filter(|at| is_part(*at)).collect();
    let ends = starts.iter().skip(1).copied().chain([pattern.len()]);
    let first = &pattern[..starts.first().copied().unwrap_or(pattern.len())];
    let piece = |(start, end): (&usize, usize)| {
        let number = pattern[start + 1..start + 2].parse().unwrap_or_default();
        (number, &pattern[start + 2..end])
    };
    (first, starts.iter().zip(ends).map(piece).collect())
}

/// Appends text, with the space that stands between Chinese and Latin letters.
fn push(said: &mut String, text: &str) {
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    if let (Some(before), Some(after)) = (said.chars().next_back(), text.chars().next())
        && (is_chinese(before) && after.is_ascii_alphanumeric()
            || before.is_ascii_alphanumeric() && is_chinese(after))
    {
        said.push(' ');
    }
    said.push_str(text);
}

/// Returns the parts of a sentence that stand at `$1`, `$2` … of a pattern.
fn parts<'e>(english: &'e str, pattern: &str) -> Option<Vec<&'e str>> {
    let (first, pieces) = pieces(pattern);
    let mut rest = english.strip_prefix(first)?;
    let mut parts = Vec::new();
    for (index, (_, literal)) in pieces.iter().enumerate() {
        let at =
            if index + 1 == pieces.len() { rest.strip_suffix(literal)?.len() } else { rest.find(literal)? };
        parts.push(&rest[..at]);
        rest = &rest[at + literal.len()..];
    }
    rest.is_empty().then_some(parts)
}

/// Returns the Chinese for a part of a sentence, or the part without its article.
fn word(part: &str) -> Cow<'_, str> {
    if let Some((_, chinese)) = WORDS.iter().find(|(english, _)| *english == part) {
        return Cow::Borrowed(chinese);
    }
    // "low", "medium" or "high"
    if part.starts_with('"') && part.contains("\" or \"") {
        return Cow::Owned(part.replace("\", \"", "\"、\"").replace("\" or \"", "\" 或 \""));
    }
    Cow::Borrowed(part.strip_prefix("an ").or_else(|| part.strip_prefix("a ")).unwrap_or(part))
}

const WORDS: &[(&str, &str)] = &[
    ("a list", "列表"),
    ("an optional field", "可选字段"),
    ("a flag", "flag 字段"),
    ("one value", "单个值"),
    ("a title", "标题"),
    ("a `line`", "`line`"),
    ("a text", "文本"),
    ("a number", "数字"),
    ("an integer", "整数"),
    ("a point in time", "时间点"),
    ("true or false", "true 或 false"),
    ("default", "默认值"),
    ("example", "示例"),
    ("host", "主机名"),
    ("scheme", "协议"),
    ("user name", "用户名"),
    ("port", "端口"),
    ("`true` or `false`", "`true` 或 `false`"),
    ("a number of seconds", "秒数"),
    ("a text in quotes", "引号里的文本"),
    ("remove it", "请去掉"),
    ("empty", "空列表"),
    ("left out", "省略"),
    ("character", "个字符"),
    ("characters", "个字符"),
    ("byte", "个字节"),
    ("bytes", "个字节"),
    ("a list of values", "列表"),
    ("it is what the conversation list shows", "会话列表里显示的就是它"),
    ("it is the page to open", "它是要打开的页面"),
    ("it is the headline", "它是标题行"),
    ("it stands below the title", "它显示在标题下面"),
];

/// Sentences with `$1`, `$2` … for their parts: the first that fits is taken.
const SENTENCES: &[(&str, &str)] = &[
    // Names and slots.
    ("there is no field `$1`; did you mean `$2`?", "没有字段 `$1`；是否想写 `$2`？"),
    ("there is no field `$1`", "没有字段 `$1`"),
    ("there are two fields `$1`: remove one, or give it another name", "有两个字段 `$1`：请去掉一个，或改名"),
    ("`{$1}` is not the name of a field", "`{$1}` 不是字段名"),
    (
        "`{$1}`: a slot is named after a field, as in `{host}`, not numbered",
        "`{$1}`：请写字段名，例如 `{host}`，不要写序号",
    ),
    (
        "`{$1}`: a slot shows a whole field; give the value a field of its own",
        "`{$1}`：这里只能显示整个字段；请为这个值单独写一个字段",
    ),
    ("`{$1}`: a slot is the name of a field, not an expression", "`{$1}`：这里应写字段名，而不是表达式"),
    ("`{$1}`: a slot is the name of a field; write `{$2}`", "`{$1}`：这里应写字段名；请写 `{$2}`"),
    ("a slot is named after a field: write `{$1}`, not `{}`", "这里应写字段名：请写 `{$1}`，而不是 `{}`"),
    ("`$1` would show braces: a slot has one brace, as in `$2`", "`$1` 会显示花括号：请只写一层，例如 `$2`"),
    ("`$1` would show the `$`: write `$2`", "`$1` 会显示 `$`：请写 `$2`"),
    (
        "`$1`: a template has no conditions and no loops; a field's `line` is written once for each value, and not at all without one",
        "`$1`：模板没有条件和循环；字段的 `line` 对每个值写一行，没有值则不写",
    ),
    ("unmatched `}` in the template; write `}}` for a brace", "模板里的 `}` 没有配对；要显示花括号请写 `}}`"),
    (
        "`{` is never closed in the template; write `{{` for a brace",
        "模板里的 `{` 没有配对；要显示花括号请写 `{{`",
    ),
    (
        "the template holds the control character $1, which nobody can read: remove it",
        "模板里有控制字符 $1，它无法显示：请去掉",
    ),
    (
        "`$1` holds the control character $2, which nobody can read: remove it",
        "`$1` 里有控制字符 $2，它无法显示：请去掉",
    ),
    // Formats of values.
    ("`$1`: a mention has no format; write `$2`", "`$1`：提及不能带格式；请写 `$2`"),
    ("`$1`: a flag has no format; write `$2`", "`$1`：flag 不能带格式；请写 `$2`"),
    (
        "`$1`: a template allows only sign, zero padding, precision and radix, for example `$2` or `$3`",
        "`$1`：模板只支持正负号、补零、精度和进制，例如 `$2` 或 `$3`",
    ),
    (
        "`$1`: thousands are separated by `format = \"thousands\"` on the field",
        "`$1`：千位分隔请在字段上写 `format = \"thousands\"`",
    ),
    (
        "`$1` is of type `$2`, which has no format `$3`: remove the format from the template, or change the type",
        "`$1` 的类型是 `$2`，没有 `$3` 这种格式：请去掉模板里的格式，或修改类型",
    ),
    (
        "`$1`: `format` says how `$2` is shown; remove the format from the template",
        "`$1`：`format` 已经规定了 `$2` 的显示方式；请去掉模板里的格式",
    ),
    (
        "`$1`: thousands are separated in decimal numbers: write a precision only, as in `$2`",
        "`$1`：千位分隔只用于十进制数：请只写精度，例如 `$2`",
    ),
    (
        "`$1`: `truncate` shortens `$2` already; remove the format, or `truncate`",
        "`$1`：`truncate` 已经截短 `$2`；请去掉格式或 `truncate`",
    ),
    ("`$1`: `more` shows a count; write `{}`", "`$1`：`more` 显示的是个数；请写 `{}`"),
    ("`$1`: write the format into the `line` of `$2`, as `$3`", "`$1`：请把格式写进 `$2` 的 `line`，即 `$3`"),
    ("`%$1`: a time is shown in whole seconds; remove it", "`%$1`：时间只显示到秒；请去掉"),
    ("the pattern ends in `%`: write `%%` for a percent sign", "格式以 `%` 结尾：百分号请写 `%%`"),
    (
        "unknown conversion `$1`; expected one such as `%Y`, `%m`, `%d`, `%H`, `%M`, `%S` or `%:z`",
        "未知的转换符 `$1`；可用的有 `%Y`、`%m`、`%d`、`%H`、`%M`、`%S`、`%:z` 等",
    ),
    ("unknown format `$1`; did you mean `$2`?", "未知的格式 `$1`；是否想写 `$2`？"),
    (
        "unknown format `$1`; expected `bytes`, `duration`, `thousands`, `time`, or a pattern such as `$2`",
        "未知的格式 `$1`；可用的有 `bytes`、`duration`、`thousands`、`time`，或 `$2` 这样的格式",
    ),
    ("the format `$1` belongs on $2, and $3 is not one: remove it", "格式 `$1` 只用于$2，而 $3 不是：请去掉"),
    (
        "`format` and `zone` say how the value is shown: remove `truncate`",
        "`format` 和 `zone` 已经规定了显示方式：请去掉 `truncate`",
    ),
    (
        "`format` and `zone` write a value on one line: remove `multiline`",
        "`format` 和 `zone` 把值写成一行：请去掉 `multiline`",
    ),
    // Time zones.
    (
        "an abbreviation such as `$1` has several meanings: write the name of the zone, such as `$2`",
        "`$1` 这样的缩写有多种含义：请写时区名称，例如 `$2`",
    ),
    (
        "invalid offset `$1`; write hours and minutes, such as `$2`",
        "偏移量 `$1` 无效；请写小时和分钟，例如 `$2`",
    ),
    ("unknown time zone `$1`; its name is `$2`", "未知的时区 `$1`；它的名称是 `$2`"),
    ("unknown time zone `$1`; did you mean `$2`?", "未知的时区 `$1`；是否想写 `$2`？"),
    ("unknown time zone `$1` on this machine", "这台机器没有时区 `$1`"),
    (
        "unknown time zone `$1`; expected a name such as `$2`, or an offset such as `$3`",
        "未知的时区 `$1`；应为 `$2` 这样的名称，或 `$3` 这样的偏移量",
    ),
    ("the machine's time zone is the default: leave it out", "默认就是本机时区：请去掉这一项"),
    (
        "only a point in time has a time zone, and $1 is not one: remove `zone`",
        "只有时间点才有时区，而 $1 不是：请去掉 `zone`",
    ),
    (
        "only a point in time has a time zone: remove `zone`, or the `format`",
        "只有时间点才有时区：请去掉 `zone` 或 `format`",
    ),
    // Ranges and limits.
    ("expected a range such as `1..=64`, `1..` or `..=64`", "应为 `1..=64`、`1..` 或 `..=64` 这样的范围"),
    ("write `..=`: both ends are included", "请写 `..=`：两端都包含在内"),
    (
        "a range needs at least one end: `1..=64`, `1..` or `..=64`",
        "范围至少要有一端：`1..=64`、`1..` 或 `..=64`",
    ),
    ("expected a number such as `64`", "应为数字，例如 `64`"),
    ("`$1` counts: expected a whole number such as `64`", "`$1` 是个数：应为整数，例如 `64`"),
    ("no value is at least $1 and at most $2: write `$3`", "没有值既不小于 $1 又不大于 $2：请写 `$3`"),
    ("no value is $1: `$2` is a whole number", "`$2` 是整数，没有 $1 这个值"),
    ("no value is $1: `$2` is at least $3", "`$2` 最小为 $3，没有 $1 这个值"),
    ("no value is $1: `$2` is at most $3", "`$2` 最大为 $3，没有 $1 这个值"),
    (
        "`$1` has no upper limit: add `$2` or `unbounded = true`",
        "`$1` 没有上限：请写 `$2` 或 `unbounded = true`",
    ),
    (
        "`$1` has an upper limit, and `unbounded` says that it has none: remove one of them",
        "`$1` 有上限，而 `unbounded` 表示没有：请去掉一个",
    ),
    (
        "only texts and lists need a limit, and `$1` is neither: remove `unbounded`",
        "只有文本和列表需要上限，而 `$1` 不是：请去掉 `unbounded`",
    ),
    ("DingTalk limits mentions itself: remove `unbounded`", "钉钉自己限制提及人数：请去掉 `unbounded`"),
    (
        "DingTalk mentions at most $1 people: remove `max_items`, or lower it",
        "钉钉一次最多提及 $1 人：请去掉或调低 `max_items`",
    ),
    ("`$1` belongs on a text, and $2 is a number: write `$3`", "`$1` 用于文本，而 $2 是数字：请写 `$3`"),
    ("`$1` belongs on a text: limit the seconds with `$2`", "`$1` 用于文本：秒数请用 `$2` 限制"),
    ("`$1` belongs on a number, and $2 is a text: write `$3`", "`$1` 用于数字，而 $2 是文本：请写 `$3`"),
    ("`$1` says nothing about $2: remove it", "`$1` 不适用于 $2：请去掉"),
    ("`max_items` belongs on a list; limit a text with `$1`", "`max_items` 用于列表；文本长度请用 `$1` 限制"),
    (
        "`length` refuses more than $1 characters, so nothing is cut: lower `truncate`",
        "`length` 最多允许 $1 个字符，不会被截短：请调低 `truncate`",
    ),
    (
        "`max_items` refuses more than $1 values, so none is left out: lower `max_shown`",
        "`max_items` 最多允许 $1 个值，不会有省略：请调低 `max_shown`",
    ),
    (
        "`max_shown` belongs on a list; shorten a text with `truncate = N`",
        "`max_shown` 用于列表；截短文本请用 `truncate = N`",
    ),
    ("`$1` is at least 1, so that something is shown", "`$1` 至少为 1，否则什么都不显示"),
    (
        "`more` counts the values that `max_shown` leaves out: add `max_shown = N`",
        "`more` 是 `max_shown` 省略的个数：请添加 `max_shown = N`",
    ),
    (
        "`more` is the last value of a sentence too, where it is plain text: remove its marks",
        "`more` 也用在句子里，那里是纯文本：请去掉它的标记",
    ),
    (
        "`$1` has no `line`, so nothing says how many are left out: write `max_items`",
        "`$1` 没有 `line`，无法说明省略了多少：请写 `max_items`",
    ),
    ("`truncate` belongs on a text, and $1 is not one: remove it", "`truncate` 用于文本，而 $1 不是：请去掉"),
    (
        "`truncate` would cut `$1` in the URL too, so it would lead elsewhere: remove it",
        "`truncate` 也会截短网址里的 `$1`，链接会指向别处：请去掉",
    ),
    (
        "$1 is not shortened, since a part of it is invalid: remove `truncate`",
        "$1 截短后无效：请去掉 `truncate`",
    ),
    (
        "$1 is not shortened, since a cut could break its marks: remove `truncate`",
        "$1 截短会破坏标记：请去掉 `truncate`",
    ),
    // Shapes of fields and the way they are shown.
    ("a field is either `$1` or `$2`: remove one", "字段只能是 `$1` 或 `$2` 之一：请去掉一个"),
    (
        "a notification is one message, and this one is `$1` already: remove one",
        "一个通知只有一条消息，这里已经有 `$1`：请去掉一个",
    ),
    (
        "`$1` is a flag: say how it is shown with `line = \"$2\"` on a line of its own, or with `$3` within other text",
        "`$1` 是 flag 字段：单独成行请写 `line = \"…\"`（打开时显示的内容），写在其他文字中请写 `$3`",
    ),
    (
        "`$1` is $2: say how it is shown with `$3` on a line of its own, or with `$4` within other text",
        "`$1` 是$2：单独成行请写 `$3`，写在其他文字中请写 `$4`",
    ),
    (
        "`$1` has a `line` of its own, so `$2` must stand alone on its line; to show it within other text, add `$3`",
        "`$1` 有自己的 `line`，所以 `$2` 要单独成行；要写在其他文字中，请添加 `$3`",
    ),
    ("`$1` keeps its own lines, so `$2` must stand alone on its line", "`$1` 保留换行，所以 `$2` 要单独成行"),
    (
        "`$1` is $2, and $3 is one line: say how it is shown there with `$4`",
        "`$1` 是$2，而$3只有一行：请用 `$4` 说明如何显示",
    ),
    ("`$1` is $2: a link has one target, of type `url`", "`$1` 是$2：链接只有一个目标，类型为 `url`"),
    (
        "`$1` is $2: a URL takes single values; give each value a link of its own with `$3`",
        "`$1` 是$2：网址里只能用单个值；请用 `$3` 为每个值各写一个链接",
    ),
    (
        "`$1` is $2: a URL takes single values, such as a `choice`",
        "`$1` 是$2：网址里只能用单个值，例如 `choice`",
    ),
    (
        "`$1` is an optional field, whose `else` is no page to open: write the link into its `line`, as `$2`",
        "`$1` 是可选字段，`else` 不是可打开的页面：请把链接写进 `line`，例如 `$2`",
    ),
    ("`$1` belongs on a list, and `$2` is $3: remove it", "`$1` 用于列表，而 `$2` 是$3：请去掉"),
    (
        "`$1` always has a value: `else` belongs on an optional field, a list or a flag; remove it",
        "`$1` 总有值：`else` 用于可选字段、列表或 flag；请去掉",
    ),
    (
        "`else` is the text of a flag that is not set: add `then = \"…\"` for one that is",
        "`else` 是 flag 关闭时的文本：请添加 `then = \"…\"`，即打开时的文本",
    ),
    (
        "`then` belongs on a flag: `$1` is the text for an absent value",
        "`then` 用于 flag：没有值时的文本是 `$1`",
    ),
    (
        "`then` belongs on a flag: `$1` shows its values within a sentence",
        "`then` 用于 flag：在句子里显示多个值请写 `$1`",
    ),
    ("`then` belongs on a flag: remove it", "`then` 用于 flag：请去掉"),
    (
        "`join` stands within a line: remove the line break, or write each value on a line of its own with `line = \"{}\"`",
        "`join` 用在一行之内：请去掉换行；要让每个值单独成行，请写 `line = \"{}\"`",
    ),
    (
        "`join` writes all values on one line, and `multiline` keeps their lines: remove one of them",
        "`join` 把所有值写成一行，`multiline` 保留换行：请去掉一个",
    ),
    (
        "`multiline` belongs on a text, and $1 is not one: remove it",
        "`multiline` 用于文本，而 $1 不是：请去掉",
    ),
    ("$1 keeps its own lines already: remove `multiline`", "$1 本来就保留换行：请去掉 `multiline`"),
    (
        "a text with lines of its own stands alone: write `line = \"{}\"`, and other text on another line of the template",
        "保留换行的文本要单独成行：请写 `line = \"{}\"`，其他文字写在模板的另一行",
    ),
    (
        "`$1`: `else` is a text without slots; write it without braces",
        "`$1`：`else` 是固定文本；请去掉花括号",
    ),
    ("a `$1` has one slot, `{}`: remove the others", "`$1` 里只有一个 `{}`：请去掉其余的"),
    ("a `$1` is one line: remove the line break", "`$1` 只有一行：请去掉换行"),
    ("`$1` is one line: remove the line break", "`$1` 只有一行：请去掉换行"),
    (
        "a `line` shows its own field: write `{}` instead of `$1`",
        "`line` 显示的是自己的字段：请写 `{}`，而不是 `$1`",
    ),
    (
        "a `line` shows its value in one format, and it has `$1` and `$2`: write the same twice",
        "`line` 里的值只能有一种格式，这里却有 `$1` 和 `$2`：请写成一样",
    ),
    ("a `more` shows a count: write `{}` instead of `$1`", "`more` 显示的是个数：请写 `{}`，而不是 `$1`"),
    ("an empty `$1` shows nothing: write its text", "`$1` 为空，什么都不显示：请写上文本"),
    ("the line never shows `$1`: write `{}` where it belongs", "这一行没有显示 `$1`：请在相应位置写 `{}`"),
    (
        "a flag has no text of its own: write what its line says when it is set",
        "flag 没有自己的文本：请直接写打开时这一行的内容",
    ),
    (
        "only Markdown counts, so every line would have this number: write `- {}`, or a `markdown` message",
        "只有 Markdown 会自动编号，这里每行都会是同一个数字：请写 `- {}`，或改用 `markdown` 消息",
    ),
    (
        "no field has a `line`, so the message would be empty: add `text = \"…\"`, or `line`s to fields",
        "没有字段有 `line`，消息会是空的：请添加 `text = \"…\"`，或为字段写 `line`",
    ),
    ("no template has `$1` alone on its line: remove `line`", "没有模板让 `$1` 单独成行：请去掉 `line`"),
    (
        "no template shows `$1`: give it a `line = \"$2\"`, or $3",
        "没有模板显示 `$1`：请为它写 `line = \"$2\"`，或去掉它",
    ),
    (
        "no template shows `$1`: write `$2` where it belongs, or $3",
        "没有模板显示 `$1`：请在相应位置写 `$2`，或去掉它",
    ),
    ("no template shows `$1` within other text: remove `$2`", "没有模板在其他文字中显示 `$1`：请去掉 `$2`"),
    (
        "no template shows `$1`, so nothing of it is left out: remove `$2`",
        "没有模板显示 `$1`，不会有省略：请去掉 `$2`",
    ),
    ("no template shows `$1`: remove `$2`", "没有模板显示 `$1`：请去掉 `$2`"),
    // Mentions.
    ("`at_all` belongs on a flag", "`at_all` 用于 flag 字段"),
    (
        "`at` takes mobile numbers or user ids, not `$1`: change the field's type",
        "`at` 用于手机号或用户 ID，而不是 `$1`：请把类型改为 `mobile` 或 `user_id`",
    ),
    ("`$1` mentions people, and `$2` cannot: remove it", "`$1` 会提及人员，不能用在 `$2` 里：请去掉"),
    (
        "`$1` mentions people, which a URL cannot: remove it, or the mention",
        "`$1` 会提及人员，不能用在网址里：请去掉它或 `at`",
    ),
    ("a mention has a form of its own: remove `$1`", "提及有固定的形式：请去掉 `$1`"),
    (
        "a mention has no `line`: it is appended to the message, or stands as `$1` in a template",
        "提及没有 `line`：它附在消息末尾，或在模板里写 `$1`",
    ),
    ("a mention is never shortened: remove `$1`", "提及不会被省略：请去掉 `$1`"),
    ("a mention is shown as the `@…` that notifies: remove `$1`", "提及显示为 `@…`：请去掉 `$1`"),
    (
        "only text and Markdown messages can mention people, and action cards by user id: remove it",
        "只有文本和 Markdown 消息能提及人员，卡片只能按用户 ID 提及：请去掉",
    ),
    (
        "an action card cannot mention everyone: remove it, or send a text or Markdown message instead",
        "卡片不能 @ 所有人：请去掉，或改用文本或 Markdown 消息",
    ),
    (
        "an action card mentions people by user id, not by mobile number: change the type to `user_id`",
        "卡片按用户 ID 提及，不能按手机号：请把类型改为 `user_id`",
    ),
    // Defaults and examples.
    (
        "a flag that is not given is `false`, so a `default` changes nothing: remove it",
        "flag 没有给出时为 `false`，`default` 没有作用：请去掉",
    ),
    (
        "$1 that is not given is $2, so a `default` changes nothing: remove it",
        "$1没有给出时为$2，`default` 没有作用：请去掉",
    ),
    ("an example is a literal, such as $1", "示例应为字面量，例如 `\"web-3\"`、`42` 或 `[\"nginx\"]`"),
    ("the $1 `$2` is none of the values: write $3", "$1 `$2` 不在可选的值里：请写 $3"),
    ("the $1 of `$2` is outside of `$3`", "`$2` 的$1超出了 `$3`"),
    (
        "the $1 of `$2` has $3 items, and the field takes at most $4",
        "`$2` 的$1有 $3 个元素，而字段最多 $4 个",
    ),
    ("the $1 of `$2` has $3 $4, and the field takes `$5`", "`$2` 的$1有 $3 $4，而字段允许 `$5`"),
    (
        "the $1 of `$2` is one value, and the field is a list: write `[…]` around it",
        "`$2` 的$1是单个值，而字段是列表：请加上 `[…]`",
    ),
    (
        "the $1 of `$2` is a list, and the field takes one value: remove the brackets",
        "`$2` 的$1是列表，而字段只有一个值：请去掉方括号",
    ),
    (
        "the $1 of `$2` is $3, and $4 is a text with an offset, such as `$5`",
        "`$2` 的$1是$3，而 $4 应为带偏移量的文本，例如 `$5`",
    ),
    ("the $1 of `$2` is $3, and `$4` is a whole number", "`$2` 的$1是 $3，而 `$4` 是整数"),
    ("the $1 of `$2` is $3, and `$4` is at least $5", "`$2` 的$1是 $3，而 `$4` 最小为 $5"),
    ("the $1 of `$2` is $3, and `$4` is at most $5", "`$2` 的$1是 $3，而 `$4` 最大为 $5"),
    ("the $1 of `$2` is $3, and $4 is $5", "`$2` 的$1是$3，而 $4 应为$5"),
    (
        "the $1 of `$2` must be a date and time with an offset, such as $3, not $4",
        "`$2` 的$1应为带偏移量的日期时间，例如 $3，而不是 $4",
    ),
    ("the $1 of `$2` must be at least $3, not $4", "`$2` 的$1至少为 $3，而不是 $4"),
    ("the $1 of `$2` must be at most $3, not $4", "`$2` 的$1至多为 $3，而不是 $4"),
    (
        "the $1 of `$2` is invalid: DingTalk opens only http, https and dingtalk links, not $3",
        "`$2` 的$1无效：钉钉只打开 http、https 和 dingtalk 链接，而不是 $3",
    ),
    (
        "the $1 of `$2` is invalid: expected a full URL such as $3, not $4",
        "`$2` 的$1无效：应为完整的网址，例如 $3，而不是 $4",
    ),
    ("the $1 of `$2` is invalid: $3", "`$2` 的$1无效：不符合它的类型"),
    ("the $1 of `$2` must be $3, not $4", "`$2` 的$1不符合它的类型：$4"),
    // Names, descriptions and tools.
    (
        "`$1` is not lower case words joined by `_`: write `$2`, with `$3`",
        "`$1` 不是用 `_` 连接的小写英文单词：请用 `$3` 改为 `$2`",
    ),
    (
        "`$1` is not lower case words joined by `_`: write `$2`",
        "`$1` 不是用 `_` 连接的小写英文单词：请写 `$2`",
    ),
    (
        "`$1` has $2 characters, and some clients take no more than $3: choose a shorter one, with `$4`",
        "`$1` 有 $2 个字符，而有些客户端最多支持 $3 个：请用 `$4` 换一个较短的名称",
    ),
    (
        "`$1` would bring a secret into the agent's context: keep it in the server's environment, not in the notification",
        "`$1` 会把密钥带进智能体的上下文：请把它放在服务器的环境里，而不是通知里",
    ),
    (
        "\"$1\" says no more than the name `$2`: say what the notification tells whom, and why",
        "“$1”只重复了名称 `$2`：请说明通知给谁、内容和原因",
    ),
    (
        "an agent chooses a tool by its description: say in `purpose` what the notification is for",
        "智能体按说明选择工具：请在 `purpose` 里写明通知的用途",
    ),
    (
        "an agent fills in `$1`: say in `description` what it is, with an example",
        "`$1` 由智能体填写：请在 `description` 里说明它是什么，并举例",
    ),
    (
        "the description of `$1` only repeats its name: say what it is, with an example",
        "`$1` 的说明只重复了名称：请说明它是什么，并举例",
    ),
    (
        "`$1` is the rest of a sentence that begins with \"when\": write it, or remove it",
        "`$1` 为空：请写明使用的场合，或去掉这一项",
    ),
    ("a title is for people: write it in words, such as `$1`", "title 是给人看的：请写成文字，例如 `$1`"),
    ("a title is one line: remove the line break", "title 只有一行：请去掉换行"),
    (
        "a tool is no alternative to itself: name another one, or remove `instead`",
        "工具不能以自己为替代：请写另一个，或去掉 `instead`",
    ),
    ("a value is a word: write it without white space around it", "可选的值前后不能有空白：请去掉"),
    // Messages.
    (
        "what is the message? $1",
        "缺少消息：请写 `text = \"…\"` 或 `markdown = { title = \"…\", text = \"…\" }`",
    ),
    ("`$1` needs a `$2`: $3; add `$4`", "`$1` 需要 `$2`：$3；请添加 `$4`"),
    ("an action card needs a button: add `$1`", "卡片需要按钮：请添加 `$1`"),
    ("a button leads somewhere: add `$1`", "按钮需要链接：请添加 `$1`"),
    ("DingTalk refuses a message with an empty $1: write it", "钉钉不接受 $1 为空的消息：请写上内容"),
    (
        "the fixed text alone has $1 bytes, and DingTalk takes $2 for the whole message: shorten it, or link to a page",
        "固定文本就有 $1 字节，而钉钉的整条消息最多 $2 字节：请缩短，或改为链接",
    ),
    (
        "the robot refuses a message without its keyword, and no title or text says `$1` whatever the values are: write it into a template",
        "机器人要求关键词 `$1`，而标题和正文都不一定含有它：请写进模板",
    ),
    (
        "the robot's keyword is empty: write it as the robot's security settings have it",
        "关键词为空：请按机器人的安全设置填写",
    ),
    // Delivery.
    (
        "expected `same for` and a span, as in `\"same for 10m\"`",
        "应为 `same for` 和时长，例如 `\"same for 10m\"`",
    ),
    (
        "expected a number of messages, `per` and a span, as in $1",
        "应为消息条数、`per` 和时长，例如 `\"1 per 10m\"` 或 `\"1 per 10m by host\"`",
    ),
    ("a limit of 0 would send nothing: write `1` or more", "0 表示什么都不发：请写 `1` 或更大的数"),
    (
        "`by` takes names of fields, which have no braces: write `by host`",
        "`by` 后面是字段名，不带花括号：请写 `by host`",
    ),
    (
        "`by` takes names of fields with commas between them, as in `by host, disk`",
        "`by` 后面的字段名用逗号分隔，例如 `by host, disk`",
    ),
    (
        "`$1` is not a span: write a whole number with `s`, `m`, `h` or `d`, as in `30s` or `10m`",
        "`$1` 不是时长：请写整数加 `s`、`m`、`h` 或 `d`，例如 `30s` 或 `10m`",
    ),
    (
        "`$1` is no span for this: write at least `1s`, and at most `366d`",
        "`$1` 超出范围：时长应在 `1s` 到 `366d` 之间",
    ),
    ("`$1` is empty: write it, or remove it", "`$1` 为空：请写上内容，或去掉"),
    // Markdown.
    (
        "DingTalk renders no HTML in a robot's message: remove `$1`, or write `$2` to show the sign itself",
        "钉钉不渲染机器人消息里的 HTML：请去掉 `$1`，要显示这个符号请写 `$2`",
    ),
    (
        "DingTalk renders no code in a robot's message: remove the backticks, or write `$1` before each to show it",
        "钉钉不渲染机器人消息里的代码：请去掉反引号，要显示它请在前面写 `$1`",
    ),
    ("DingTalk makes no link of `$1`: write `$2`", "钉钉不会把 `$1` 变成链接：请写 `$2`"),
    (
        "DingTalk renders no nested blocks; keep one of the two marks",
        "钉钉不支持嵌套的块；两个标记请保留一个",
    ),
    ("DingTalk renders no strikethrough; remove the `~~`", "钉钉不支持删除线；请去掉 `~~`"),
    (
        "$1: DingTalk renders no nested lists and no code blocks; begin the line without white space",
        "$1：钉钉不支持嵌套列表和代码块；行首请不要留空白",
    ),
    (
        "$1: DingTalk does not render this line as more than text; remove it",
        "$1：钉钉只会把这一行显示为文字；请去掉",
    ),
    (
        "$1: DingTalk renders no code blocks in a robot's message; write plain lines",
        "$1：钉钉不渲染机器人消息里的代码块；请写普通的行",
    ),
    (
        "$1: DingTalk renders no tables in a robot's message; write a list item for each row",
        "$1：钉钉不渲染机器人消息里的表格；请把每行写成列表项",
    ),
    (
        "emphasis marks that do not pair; to show a mark itself, write it behind a backslash: `$1`",
        "强调标记没有配对；要显示标记本身，请在前面加反斜杠：`$1`",
    ),
    (
        "a link stands inside another link's text; put one behind the other",
        "链接文字里还有链接；请一前一后分开写",
    ),
    (
        "`$1` stands inside a code span, where no value can be made safe; remove the backticks",
        "`$1` 在代码标记里，那里的值无法转义；请去掉反引号",
    ),
    (
        "`$1` would number a list; write the number itself, or another sign behind the slot, such as `$2`",
        "`$1` 会变成列表编号；请直接写数字，或在后面换一个符号，例如 `$2`",
    ),
    (
        "put white space outside the `$1` marks beside `$2`: with a value that is empty, or begins or ends with punctuation, other text would be emphasised",
        "请在 `$2` 旁边的 `$1` 标记外侧留空格：值为空，或以标点开头或结尾时，强调会落到其他文字上",
    ),
    // Links.
    (
        "$1: `$2` is no link that DingTalk opens: write a whole URL with one of the schemes $3",
        "$1：钉钉打不开 `$2`：请写完整的网址，协议为 $3 之一",
    ),
    (
        "`$1` is no link that DingTalk opens: write a whole URL with one of the schemes $2",
        "钉钉打不开 `$1`：请写完整的网址，协议为 $2 之一",
    ),
    (
        "$1: in a URL, two hexadecimal digits must follow `%`; write %25 for a percent sign",
        "$1：网址里的 `%` 后面必须是两位十六进制数；百分号请写 %25",
    ),
    (
        "$1: write the host in its ASCII form, which begins with `xn--`",
        "$1：主机名请写成以 `xn--` 开头的 ASCII 形式",
    ),
    ("$1: a URL must not contain white space; write %20", "$1：网址里不能有空白；请写 %20"),
    (
        "$1: a URL must not contain invisible characters or characters that change the direction of text",
        "$1：网址里不能有不可见字符或改变文字方向的字符",
    ),
    (
        "`$1` is a link's target, which is a `url`, not a `$2`: write `$3`",
        "`$1` 是链接的目标，类型应为 `url`，而不是 `$2`：请写 `$3`",
    ),
    (
        "`$1` is a `markdown`, which has marks that a URL would show: write a text",
        "`$1` 是 `markdown`，网址里会显示它的标记：请改用文本",
    ),
    (
        "`$1` is the beginning of a URL, where its value could lead to another site: write the scheme and the host, such as `$2`, or put the whole URL into a field of type `url`",
        "`$1` 在网址开头，它的值可能指向别的网站：请写出协议和主机名，例如 `$2`，或用一个 `url` 类型的字段存整个网址",
    ),
    (
        "`$1` stands in the $2 of a URL, where its value could lead to another site: write slots only in the path, the query or the fragment",
        "`$1` 在网址的$2里，它的值可能指向别的网站：请只在路径、查询和片段里使用字段",
    ),
    (
        "`$1` has a `line` of its own and cannot be a link's target too",
        "`$1` 有自己的 `line`，不能同时作为链接的目标",
    ),
    (
        "a link needs a target: a whole URL, or `{field}` with a field of type `url`",
        "链接需要目标：完整的网址，或 `{字段}`，字段类型为 `url`",
    ),
    // The last ones fit many sentences.
    ("`$1`: write `$2`", "`$1`：请写 `$2`"),
    ("write `$1`", "请写 `$1`"),
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    /// English errors of the golden files, without their places.
    fn findings() -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = ["tests/golden/mistakes.txt", "../tests/golden/declared_rules.txt"];
        let read = |file: &str| fs::read_to_string(root.join(file)).unwrap();
        let lines =
            files.into_iter().flat_map(|file| read(file).lines().map(str::to_owned).collect::<Vec<_>>());
        lines
            .map(|line| line.split_once(": ").map_or(line.clone(), |(_, finding)| finding.to_owned()))
            .collect()
    }

    #[test]
    fn each_pattern_is_filled_by_its_own_parts() {
        for (pattern, chinese) in SENTENCES {
            let (first, pieces) = pieces(pattern);
            let parts_of = |(number, literal): &(usize, &str)| format!("part{number}{literal}");
            let english = first.to_owned() + &pieces.iter().map(parts_of).collect::<String>();
            // A pattern that an earlier one takes over would never be used.
            let first = SENTENCES.iter().find(|(pattern, _)| parts(&english, pattern).is_some());
            assert_eq!(first.map(|(first, _)| *first), Some(*pattern), "{english}");
            for number in 1..=9 {
                let part = format!("${number}");
                assert!(!chinese.contains(&part) || pattern.contains(&part), "{pattern} has no {part}");
            }
        }
    }

    #[test]
    fn a_word_is_chinese_and_a_name_stays() {
        let said = wording("`urgent` is a flag: a link has one target, of type `url`");
        let said = said.in_language(dingtalk_core::delivery::Language::Zh).to_owned();
        assert_eq!(said, "`urgent` 是 flag 字段：链接只有一个目标，类型为 `url`");
    }

    /// Most patterns are seen in a golden file, so that a changed English text is noticed; the rest are listed.
    #[test]
    fn a_pattern_that_no_finding_has_is_listed() {
        let findings = findings();
        let unseen: BTreeSet<&str> = SENTENCES
            .iter()
            .map(|(pattern, _)| *pattern)
            .filter(|pattern| !findings.iter().any(|finding| parts(finding, pattern).is_some()))
            .collect();
        expect_test::expect![[r#"
            {
                "$1: a URL must not contain invisible characters or characters that change the direction of text",
                "$1: a URL must not contain white space; write %20",
                "$1: write the host in its ASCII form, which begins with `xn--`",
                "DingTalk makes no link of `$1`: write `$2`",
                "`$1` has a `line` of its own and cannot be a link's target too",
                "`$1` has no `line`, so nothing says how many are left out: write `max_items`",
                "`$1` is no span for this: write at least `1s`, and at most `366d`",
                "`by` takes names of fields with commas between them, as in `by host, disk`",
                "`format` and `zone` say how the value is shown: remove `truncate`",
                "`format` and `zone` write a value on one line: remove `multiline`",
                "a limit of 0 would send nothing: write `1` or more",
                "a link needs a target: a whole URL, or `{field}` with a field of type `url`",
                "expected a range such as `1..=64`, `1..` or `..=64`",
                "no template shows `$1`, so nothing of it is left out: remove `$2`",
                "no template shows `$1`: remove `$2`",
                "the $1 of `$2` is $3, and `$4` is at least $5",
                "the $1 of `$2` is $3, and `$4` is at most $5",
                "the $1 of `$2` must be at most $3, not $4",
                "the machine's time zone is the default: leave it out",
            }
        "#]].assert_debug_eq(&unseen);
    }
}
