//! Targets of links outside Markdown: of a link message, a button or a picture.

use crate::{
    grammar::{Segment, first, parsed},
    problem::Problem,
    slot::{Resolved, SlotKind},
    table::{LineCode, LineKind, Piece, SlotContext, Syntax, Template},
    url::{encode_url, url_host, url_problem},
};

/// URL schemes that DingTalk's pages document for links in robot messages.
pub const SCHEMES: [&str; 3] = ["http", "https", "dingtalk"];

/// Compiles the target of a link: a whole URL, or one slot whose value is a whole URL.
///
/// With `media`, the id of uploaded media (`@…`) is valid too, as it is for pictures. The second part of the result is
/// the index of the value, whose type must be a checked URL.
///
/// # Errors
///
/// Fails if the target is not a URL that DingTalk opens, or mixes a slot with text.
///
/// ```
/// use dingtalk_template::{Resolved, compile_target};
///
/// let (_, value) = compile_target("{runbook}", false, &mut |_, _| Resolved::inline(3))?;
/// assert_eq!(value, Some(3));
/// assert!(compile_target("javascript:alert(1)", false, &mut |_, _| Resolved::inline(0)).is_err());
/// # Ok::<(), dingtalk_template::Problem>(())
/// ```
pub fn compile_target(
    target: &str,
    media: bool,
    resolve: &mut dyn FnMut(&str, &str) -> Resolved,
) -> Result<(Template, Option<u16>), Problem> {
    let segments = parsed(target).map_err(first)?;
    let mut template = Template::builder(Syntax::Title);
    let mut line = LineCode::new(LineKind::Paragraph, "");
    let value = match &segments[..] {
        [Segment::Text(text)] => {
            check_static(text, media)?;
            let text = if text.starts_with('@') { text.to_string() } else { encode_url(text) };
            line.push(Piece::Text(&text));
            template.line(&line);
            None
        }
        [Segment::Slot { name, spec: "" }] => {
            let Resolved { value, kind } = resolve(name, "");
            if matches!(kind, SlotKind::Repeated { .. }) {
                return Err(Problem::at_slot(
                    name,
                    format!("`{name}` has a `line` of its own and cannot be a link's target too"),
                ));
            }
            line.push(Piece::Slot { value, context: SlotContext::LinkTarget, before: '\n', after: '\n' });
            // An absent value renders as nothing.
            template.repeated(value, &line);
            Some(value)
        }
        [] => {
            return Err(Problem::new(
                "a link needs a target: a whole URL, or `{field}` with a field of type `Url`",
            ));
        }
        _ => {
            return Err(Problem::new(
                "a slot must be the whole target of a link: put the whole URL into a field of type `Url`",
            ));
        }
    };
    Ok((template.build(), value))
}

/// Checks that DingTalk opens this link, which is part of the template's text.
pub(crate) fn check_static(url: &str, media: bool) -> Result<(), Problem> {
    if media && url.starts_with('@') && url.len() > 1 {
        return Ok(());
    }
    let opens = url.split_once("://").is_some_and(|(scheme, rest)| {
        SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known))
            && !rest.is_empty()
            && !rest.starts_with('/')
    });
    if opens {
        let foreign = url_host(url).is_some_and(|host| !url[host].is_ascii());
        let foreign = foreign.then_some("write the host in its ASCII form, which begins with `xn--`");
        return match url_problem(url).or(foreign) {
            Some(problem) => Err(Problem::new(format!("`{url}`: {problem}"))),
            None => Ok(()),
        };
    }
    Err(Problem::new(format!(
        "`{url}` is no link that DingTalk opens: write a whole URL with one of the schemes {}",
        SCHEMES.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, render};

    fn compiled(target: &str, media: bool) -> Result<(Template, Option<u16>), Problem> {
        compile_target(target, media, &mut |_, _| Resolved::inline(0))
    }

    #[test]
    fn a_target_is_a_whole_url_or_one_slot() {
        for wrong in [
            "",
            "example.com",
            "https://",
            "https:///x",
            "https://a b",
            "https://a:b:c/",
            "https://user:password@a/",
            "https://a/%zz",
            "https://例子.cn/",
            "https://x/{a}",
            "{a}{b}",
            "{a:.1}",
            "@x",
        ] {
            assert!(compiled(wrong, false).is_err(), "{wrong:?}");
        }
        for fine in ["https://example.com", "dingtalk://dingtalkclient/page/link?url=x", "{a}"] {
            assert!(compiled(fine, false).is_ok(), "{fine:?}");
        }
        assert!(compiled("@media", true).is_ok());
    }

    #[test]
    fn an_absent_value_renders_no_target() {
        let (template, _) = compiled("{a}", false).unwrap();
        assert_eq!(render(&template, &[Value::Each(&None::<String>)]), "");
        assert_eq!(render(&template, &[Value::One(&"https://e.com/(a)")]), "https://e.com/%28a%29");
    }
}
