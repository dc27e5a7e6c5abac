//! Compilation of a template's text into its table.

use crate::{
    block::block_marker,
    grammar::{first, parsed},
    inline::analyse,
    layout::{Token, dedent, lines},
    problem::Problem,
    slot::{Resolved, SlotKind},
    table::{LineCode, LineKind, Piece, SlotContext, Syntax, Template},
    target::IN_URL,
};

/// Compiles a template. `resolve` returns the value for a slot's name and format spec.
///
/// # Errors
///
/// Returns every problem of the template.
pub fn compile(
    template: &str,
    syntax: Syntax,
    resolve: &mut dyn FnMut(&str, &str) -> Resolved,
) -> Result<Template, Vec<Problem>> {
    let text = dedent(template);
    let segments = parsed(&text)?;
    let lines = lines(&segments);
    if syntax == Syntax::Title && lines.len() > 1 {
        return Err(vec![Problem::new("a title is one line: remove the line break")]);
    }
    let mut template = Template::builder(syntax);
    let mut problems = Problems::default();
    for (number, tokens) in lines.iter().enumerate() {
        if tokens.is_empty() {
            template.blank();
            continue;
        }
        if let [Token::Slot { name, spec }] = tokens[..] {
            let Resolved { value, kind } = resolve(name, spec);
            match kind {
                SlotKind::Repeated { line, following, .. } => {
                    for (value, line) in std::iter::once((value, line)).chain(following) {
                        template.repeated(value, &line);
                    }
                    continue;
                }
                SlotKind::Block => {
                    template.line(&compile_block(syntax, value));
                    continue;
                }
                SlotKind::Inline => {}
            }
        }
        let mut misplaced = Vec::new();
        let mut value = |name: &str, spec: &str| {
            let Resolved { value, kind } = resolve(name, spec);
            match kind {
                SlotKind::Inline => value,
                SlotKind::Repeated { inline: Ok(inline), .. } => inline,
                SlotKind::Repeated { inline: Err(reason), .. } => {
                    misplaced.push(Problem::at_slot(name, reason));
                    value
                }
                SlotKind::Block => {
                    let reason =
                        format!("`{name}` keeps its own lines, so `{{{name}}}` must stand alone on its line");
                    misplaced.push(Problem::at_slot(name, reason));
                    value
                }
            }
        };
        match compile_tokens(tokens, syntax, &mut value) {
            Ok(line) => template.line(&line),
            Err(problem) => problems.push(problem, number),
        }
        for problem in misplaced {
            problems.push(problem, number);
        }
    }
    if problems.found.is_empty() { Ok(template.build()) } else { Err(problems.located(&text)) }
}

/// Compiles the line of a field, which stands under this key: one line with at most one slot, `{}`. Also returns the
/// slot's format spec.
///
/// # Errors
///
/// Fails if the text is empty, has a line break, a named slot or several slots, or is not a valid template.
pub fn compile_line(key: &str, line: &str, syntax: Syntax) -> Result<(LineCode, Option<String>), Problem> {
    if line.contains('\n') {
        return Err(Problem::new(format!("a `{key}` is one line: remove the line break")));
    }
    let segments = parsed(line).map_err(first)?;
    let mut lines = lines(&segments);
    let tokens = lines.pop().unwrap_or_default();
    let slots: Vec<(&str, &str)> = tokens
        .iter()
        .filter_map(|token| match token {
            Token::Slot { name, spec } => Some((*name, *spec)),
            Token::Char(_) => None,
        })
        .collect();
    if let Some((name, _)) = slots.iter().find(|(name, _)| !name.is_empty()) {
        let shown = if key == "more" { "a count" } else { "its own field" };
        return Err(Problem::at_slot(
            name,
            format!("a `{key}` shows {shown}: write `{{}}` instead of `{{{name}}}`"),
        ));
    }
    if tokens.is_empty() {
        return Err(Problem::new(format!("an empty `{key}` shows nothing: write its text")));
    }
    let spec = slots.first().map(|(_, spec)| (*spec).to_owned());
    let mut in_text = 0;
    let line = compile_tokens(&tokens, syntax, &mut |_, spec| {
        in_text += usize::from(!spec.starts_with(IN_URL));
        0
    })?;
    // `[{}](https://example.com/{})` shows one value twice.
    if in_text > 1 {
        return Err(Problem::new(format!("a `{key}` has one slot, `{{}}`: remove the others")));
    }
    if let Some((_, other)) = slots.iter().find(|(_, other)| Some(*other) != spec.as_deref()) {
        let slot = |spec: &str| if spec.is_empty() { "{}".to_owned() } else { format!("{{:{spec}}}") };
        let (first, other) = (slot(&spec.unwrap_or_default()), slot(other));
        return Err(Problem::new(format!(
            "a `{key}` shows its value in one format, and it has `{first}` and `{other}`: write the same twice"
        )));
    }
    Ok((line, spec))
}

/// Builds the line of a single slot, whose value keeps its own lines.
pub fn compile_block(syntax: Syntax, value: u16) -> LineCode {
    let context = match syntax {
        Syntax::Markdown => SlotContext::MarkdownBlock,
        Syntax::Text => SlotContext::PlainBlock,
        Syntax::Title => SlotContext::Plain,
    };
    let kind = if syntax == Syntax::Markdown { LineKind::Alone } else { LineKind::Paragraph };
    let mut line = LineCode::new(kind, "");
    line.push(Piece::Slot { value, context, before: '\n', after: '\n' });
    line
}

/// Builds a template without text of its own from the lines of its fields, in order.
pub fn compile_lines(syntax: Syntax, lines: impl IntoIterator<Item = (u16, LineCode)>) -> Template {
    let mut template = Template::builder(syntax);
    for (value, line) in lines {
        template.repeated(value, &line);
    }
    template.build()
}

/// A compiled fragment: one line that is shown in a slot of another template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Template for a slot in Markdown.
    pub markdown: Template,
    /// Template for a slot in plain text: without marks, and with the target of a link in parentheses.
    pub plain: Template,
}

/// Compiles a fragment.
///
/// # Errors
///
/// Fails if the text is empty, has a line break, begins with a block marker, or is not a valid template.
///
/// ```
/// use dingtalk_template::{Resolved, Value, compile_fragment, render};
///
/// let fragment = compile_fragment("**{host}** ([page]({page}))", &mut |name, _| {
///     Resolved::inline(if name == "host" { 0 } else { 1 })
/// })?;
/// let values = [Value::One(&"web-3"), Value::One(&"https://e.com")];
/// assert_eq!(render(&fragment.markdown, &values), "**web-3** ([page](https://e.com))");
/// assert_eq!(render(&fragment.plain, &values), "web-3 (page (https://e.com))");
/// # Ok::<(), dingtalk_template::Problem>(())
/// ```
pub fn compile_fragment(
    fragment: &str,
    resolve: &mut dyn FnMut(&str, &str) -> Resolved,
) -> Result<Fragment, Problem> {
    if fragment.contains('\n') {
        return Err(Problem::new("a fragment is one line: remove the line break"));
    }
    let segments = parsed(fragment).map_err(first)?;
    let tokens = lines(&segments).pop().unwrap_or_default();
    if tokens.is_empty() {
        return Err(Problem::new("an empty fragment shows nothing: write its text"));
    }
    let block = read_block(&tokens)?;
    if block.kind != LineKind::Paragraph {
        return Err(Problem::new(format!(
            "a fragment stands inside a line: write `{}` where the fragment is shown",
            block.marker.trim_end()
        )));
    }
    let analysis = analyse(&tokens)?;
    let mut value = |name: &str, spec: &str| resolve(name, spec).value;
    let (mut markdown, mut plain) =
        (LineCode::new(LineKind::Paragraph, ""), LineCode::new(LineKind::Paragraph, ""));
    analysis.write(&mut markdown, &mut value);
    analysis.write_plain(&mut plain, &mut value);
    let template = |syntax, line| {
        let mut template = Template::builder(syntax);
        template.line(line);
        template.build()
    };
    Ok(Fragment { markdown: template(Syntax::Markdown, &markdown), plain: template(Syntax::Text, &plain) })
}

/// The problems of a template, each with the lines on which it occurs: a table is one problem, not one per row.
#[derive(Default)]
struct Problems {
    found: Vec<(Problem, Vec<usize>)>,
}

impl Problems {
    fn push(&mut self, problem: Problem, line: usize) {
        match self.found.iter_mut().find(|(known, _)| *known == problem) {
            Some((_, lines)) => lines.push(line),
            None => self.found.push((problem, vec![line])),
        }
    }

    /// Adds the first line of a problem to its message, if the problem does not name a slot.
    fn located(self, template: &str) -> Vec<Problem> {
        let lines: Vec<&str> = template.split('\n').collect();
        let locate = |(mut problem, at): (Problem, Vec<usize>)| {
            if let (true, None, Some(line)) =
                (lines.len() > 1, &problem.slot, at.first().and_then(|at| lines.get(*at)))
            {
                let more = match at.len() - 1 {
                    0 => String::new(),
                    1 => " and another line".to_owned(),
                    more => format!(" and {more} more lines"),
                };
                problem.message = format!("\"{line}\"{more}: {}", problem.message);
            }
            problem
        };
        self.found.into_iter().map(locate).collect()
    }
}

fn compile_tokens(
    tokens: &[Token<'_>],
    syntax: Syntax,
    value: &mut dyn FnMut(&str, &str) -> u16,
) -> Result<LineCode, Problem> {
    let alone = matches!(tokens, [Token::Slot { .. }]);
    if syntax != Syntax::Markdown {
        let context =
            if alone && syntax == Syntax::Text { SlotContext::PlainBlock } else { SlotContext::Plain };
        return Ok(plain_line(tokens, context, value));
    }
    let block = read_block(tokens)?;
    let kind = if alone { LineKind::Alone } else { block.kind };
    let mut line = LineCode::new(kind, &block.marker);
    analyse(&tokens[block.marker_tokens..])?.write(&mut line, value);
    Ok(line)
}

fn plain_line(
    tokens: &[Token<'_>],
    context: SlotContext,
    value: &mut dyn FnMut(&str, &str) -> u16,
) -> LineCode {
    let mut line = LineCode::new(LineKind::Paragraph, "");
    let neighbour = |at: Option<usize>| match at.and_then(|at| tokens.get(at)) {
        Some(Token::Char(c)) => *c,
        Some(Token::Slot { .. }) => '\0',
        None => '\n',
    };
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Char(c) => line.text(*c),
            Token::Slot { name, spec } => {
                let (before, after) = (neighbour(at.checked_sub(1)), neighbour(Some(at + 1)));
                line.push(Piece::Slot { value: value(name, spec), context, before, after });
            }
        }
    }
    line
}

struct Block {
    kind: LineKind,
    marker: String,
    marker_tokens: usize,
}

/// Parses the block marker, and refuses blocks that DingTalk does not render.
fn read_block(tokens: &[Token<'_>]) -> Result<Block, Problem> {
    let head: String = tokens
        .iter()
        .map_while(|token| match token {
            Token::Char(c) => Some(*c),
            Token::Slot { .. } => None,
        })
        .collect();
    if head.starts_with([' ', '\t']) {
        return Err(Problem::new(
            "DingTalk renders no nested lists and no code blocks; begin the line without white space",
        ));
    }
    let followed_by_slot = tokens.len() > head.chars().count();
    let marker = |kind, marker: String, length: usize| {
        let rest = head[length..].trim_start();
        let whole = !followed_by_slot || rest.contains(' ');
        if whole && block_marker(rest) == Some(0) && !rest.starts_with('[') {
            return Err(Problem::new("DingTalk renders no nested blocks; keep one of the two marks"));
        }
        let marker_tokens = head[..head.len() - rest.len()].chars().count();
        Ok(Block { kind, marker, marker_tokens })
    };
    let hashes = head.len() - head.trim_start_matches('#').len();
    if (1..=6).contains(&hashes) && head[hashes..].starts_with(' ') {
        let text = head[hashes..].trim_start();
        let marker_tokens = head[..head.len() - text.len()].chars().count();
        return Ok(Block { kind: LineKind::Heading, marker: format!("{} ", &head[..hashes]), marker_tokens });
    }
    if head.starts_with("- ") || head.starts_with("* ") || head.starts_with("+ ") {
        let rule = head.chars().all(|c| c == '-' || c == '*' || c == ' ') && head.trim().len() > 1;
        if !rule || followed_by_slot {
            return marker(LineKind::Bullet, "- ".to_owned(), 2);
        }
    }
    if head.starts_with('>') {
        return marker(LineKind::Quote, "> ".to_owned(), 1);
    }
    let digits = head.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && (head[digits..].starts_with(". ") || head[digits..].starts_with(") ")) {
        return marker(LineKind::Ordered, head[..digits + 2].to_owned(), digits + 2);
    }
    if let [Token::Slot { name, .. }, Token::Char('.' | ')'), Token::Char(' '), ..] = tokens {
        return Err(Problem::at_slot(
            name,
            format!(
                "`{{{name}}}` would number a list; write the number itself, or another sign behind the slot, \
                 such as `{{{name}}}:`"
            ),
        ));
    }
    for (beginning, what, instead) in [
        ("```", "code blocks", "plain lines"),
        ("~~~", "code blocks", "plain lines"),
        ("|", "tables", "a list item for each row"),
    ] {
        if head.starts_with(beginning) {
            return Err(Problem::new(format!(
                "DingTalk renders no {what} in a robot's message; write {instead}"
            )));
        }
    }
    if !followed_by_slot && block_marker(&head) == Some(0) {
        return Err(Problem::new("DingTalk does not render this line as more than text; remove it"));
    }
    Ok(Block { kind: LineKind::Paragraph, marker: String::new(), marker_tokens: 0 })
}
