//! Targets of links outside Markdown: of a link message, a button or a picture.

use crate::{
    grammar::{Segment, first, parsed},
    problem::Problem,
    slot::{Resolved, SlotKind},
    table::{LineCode, LineKind, Piece, SlotContext, Syntax, Template},
    url::{SCHEMES, SLOT, UrlPiece, encode_url, url_host, url_pieces, url_problem},
};

/// Start of the format spec with which a slot in the path, the query or the fragment of a URL is resolved.
pub const IN_URL: &str = "%";

/// Compiles the target of a link: a URL, which may have slots in its path, query and fragment, or one slot whose value
/// is a whole URL.
///
/// With `media`, the id of uploaded media (`@…`) is valid too, as it is for pictures. The second part of the result is
/// the index of the value that is a whole URL, whose type must be a checked one. Slots in a URL are resolved with
/// [`IN_URL`] before their format spec; their values are percent-encoded.
///
/// # Errors
///
/// Fails if the target is not a URL that DingTalk opens, or has a slot in its scheme or host.
///
/// ```
/// use dingtalk_template::{Resolved, compile_target};
///
/// let (_, value) = compile_target("{runbook}", false, &mut |_, _| Resolved::inline(3))?;
/// assert_eq!(value, Some(3));
/// assert!(compile_target("https://ci.example.com/?v={version}", false, &mut |_, _| Resolved::inline(0)).is_ok());
/// assert!(compile_target("https://{host}/", false, &mut |_, _| Resolved::inline(0)).is_err());
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
            let mut names = Vec::new();
            let mut url = String::new();
            for segment in &segments {
                match segment {
                    Segment::Text(text) => url.push_str(text),
                    Segment::Slot { name, spec } => {
                        url.push(SLOT);
                        names.push((*name, *spec));
                    }
                }
            }
            let mut slots = names.iter();
            for piece in slots_in_url(&url, &names)? {
                let slot = if piece == UrlPiece::Slot { slots.next() } else { None };
                let value = slot.map_or(0, |(name, spec)| resolve(name, &in_url(spec)).value);
                push_url_piece(&mut line, &piece, value);
            }
            template.line(&line);
            None
        }
    };
    Ok((template.build(), value))
}

/// Checks a URL that has a [`SLOT`] for each of these names and format specs, and splits it into its pieces.
pub(crate) fn slots_in_url(url: &str, slots: &[(&str, &str)]) -> Result<Vec<UrlPiece>, Problem> {
    let names: Vec<&str> = slots.iter().map(|(name, _)| *name).collect();
    let pieces = url_pieces(url, &names)?;
    let mut shown = String::new();
    let mut written = url.split(SLOT);
    shown.push_str(written.next().unwrap_or_default());
    for ((name, spec), text) in slots.iter().zip(written) {
        let colon = if spec.is_empty() { "" } else { ":" };
        shown.push_str(&format!("{{{name}{colon}{spec}}}{text}"));
    }
    // Any letter that is not a hexadecimal digit.
    check_url(&url.replace(SLOT, "x"), &shown)?;
    Ok(pieces)
}

/// Returns the format spec with which a slot in a URL is resolved.
pub(crate) fn in_url(spec: &str) -> String {
    format!("{IN_URL}{spec}")
}

/// Writes a piece of a URL; `value` is the index of its value if it is a slot.
pub(crate) fn push_url_piece(line: &mut LineCode, piece: &UrlPiece, value: u16) {
    line.push(match piece {
        UrlPiece::Text(text) => Piece::Text(text),
        UrlPiece::Slot => Piece::Slot { value, context: SlotContext::Url, before: '\0', after: '\0' },
        UrlPiece::SegmentStart => Piece::SegmentStart,
        UrlPiece::SegmentEnd => Piece::SegmentEnd,
    });
}

/// Checks that DingTalk opens this link, which is part of the template's text.
pub(crate) fn check_static(url: &str, media: bool) -> Result<(), Problem> {
    if media && url.starts_with('@') && url.len() > 1 {
        return Ok(());
    }
    check_url(url, url)
}

/// Checks that DingTalk opens this URL, which an error shows in another form.
fn check_url(url: &str, shown: &str) -> Result<(), Problem> {
    let opens = url.split_once("://").is_some_and(|(scheme, rest)| {
        SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known))
            && !rest.is_empty()
            && !rest.starts_with('/')
    });
    if opens {
        let foreign = url_host(url).is_some_and(|host| !url[host].is_ascii());
        let foreign = foreign.then_some("write the host in its ASCII form, which begins with `xn--`");
        return match url_problem(url).or(foreign) {
            Some(problem) => Err(Problem::new(format!("`{shown}`: {problem}"))),
            None => Ok(()),
        };
    }
    Err(Problem::new(format!(
        "`{shown}` is no link that DingTalk opens: write a whole URL with one of the schemes {}",
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
            "https://{a}/",
            "https://x{a}",
            "https://x/%{a}",
            "ftp://x/{a}",
            "{a}{b}",
            "{a:.1}",
            "@x",
        ] {
            assert!(compiled(wrong, false).is_err(), "{wrong:?}");
        }
        for fine in [
            "https://example.com",
            "dingtalk://dingtalkclient/page/link?url=x",
            "{a}",
            "https://x/{a}?{b:.1}#{c}",
        ] {
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
