//! Expressions in attributes. `syn` without `full` cannot parse them, so they are cut out and checked token by token.
//!
//! The check finds common typing mistakes. The rest is left to rustc, which parses the same tokens.

use dingtalk_template::captures;
use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Lit, parse::ParseStream};

/// Takes the tokens up to the next comma that separates two keys, or to the end.
pub(super) fn until_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut walk = Walk::over(input.fork().parse::<TokenStream>()?);
    while !walk.is_at(',') && walk.step().is_some() {}
    (0..walk.at).map(|_| input.parse::<TokenTree>()).collect()
}

/// Returns the first problem of an expression.
pub(super) fn problem(expression: TokenStream) -> Option<syn::Error> {
    let mut walk = Walk::over(expression);
    loop {
        let from = walk.at;
        let Some(step) = walk.step() else { break };
        if let Err(message) = step {
            return Some(syn::Error::new_spanned(&walk.tokens[from], message));
        }
        if let TokenTree::Group(group) = &walk.tokens[from]
            && matches!(group.delimiter(), Delimiter::Parenthesis | Delimiter::Bracket)
            && !walk.in_macro
            && let Some(problem) = elements(group)
        {
            return Some(problem);
        }
    }
    let last = walk.tokens.last().filter(|_| walk.is_cut_off())?;
    Some(syn::Error::new_spanned(last, format!("expected a value behind `{last}`: the expression ends here")))
}

/// Returns the first problem in the arguments of a call or the elements of an array, including `[0; 3]`.
fn elements(group: &Group) -> Option<syn::Error> {
    let mut rest = group.stream();
    loop {
        let mut walk = Walk::over(rest);
        while !walk.is_at(',') && !walk.is_at(';') && walk.step().is_some() {}
        let found = problem(walk.tokens[..walk.at].iter().cloned().collect());
        if found.is_some() || walk.at >= walk.tokens.len() {
            return found;
        }
        rest = walk.tokens.drain(walk.at + 1..).collect();
    }
}

/// Calls `visit` with each name that an expression may read: its identifiers, and the captures of its format strings.
pub(crate) fn names(expression: TokenStream, visit: &mut dyn FnMut(&str)) {
    names_within(expression, false, visit);
}

fn names_within(tokens: TokenStream, in_macro: bool, visit: &mut dyn FnMut(&str)) {
    let mut after_bang = false;
    for token in tokens {
        match &token {
            TokenTree::Ident(ident) => visit(ident.to_string().trim_start_matches("r#")),
            TokenTree::Group(group) => names_within(group.stream(), in_macro || after_bang, visit),
            TokenTree::Literal(literal) if in_macro => {
                if let Ok(Lit::Str(text)) = syn::parse2(literal.to_token_stream()) {
                    captures(&text.value()).into_iter().for_each(&mut *visit);
                }
            }
            TokenTree::Literal(_) | TokenTree::Punct(_) => {}
        }
        after_bang = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '!');
    }
}

/// Operators of several characters.
const OPERATORS: [&str; 24] = [
    "::", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "<<", ">>", "..", "..=", "...", "+=", "-=", "*=",
    "/=", "%=", "^=", "&=", "|=", "<<=", ">>=",
];

/// Keywords before an operand.
const BEFORE_OPERAND: [&str; 18] = [
    "as", "async", "break", "const", "continue", "dyn", "else", "if", "in", "let", "loop", "match", "move",
    "mut", "raw", "return", "unsafe", "while",
];

/// A walk over the tokens of one expression, which tracks if an operand or an operator comes next.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one position")]
struct Walk {
    tokens: Vec<TokenTree>,
    at: usize,
    /// True if an operand comes next.
    operand: bool,
    /// Number of open `<` of generics.
    generics: usize,
    /// True inside the parameters of a closure.
    in_parameters: bool,
    /// True inside the type after `as`.
    in_type: bool,
    /// True if the last group belongs to a macro.
    in_macro: bool,
    last: Last,
}

/// The kind of the previous token, which determines the meaning of the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Start,
    Keyword,
    /// `.` or `::`
    Path,
    /// `..`, `..=` or `...`
    Range,
    Quote,
    Lifetime,
    /// `!` after a name
    Macro,
    Block,
    Other,
}

/// The result for one token, with its problem as the error.
type Step = Result<(), String>;

impl Walk {
    fn over(tokens: TokenStream) -> Self {
        Self {
            tokens: tokens.into_iter().collect(),
            at: 0,
            operand: true,
            generics: 0,
            in_parameters: false,
            in_type: false,
            in_macro: false,
            last: Last::Start,
        }
    }

    /// Reports whether this separator comes next, outside of generics and of the parameters of a closure.
    fn is_at(&self, separator: char) -> bool {
        let next = self.tokens.get(self.at);
        self.is_outermost() && matches!(next, Some(TokenTree::Punct(next)) if next.as_char() == separator)
    }

    fn is_outermost(&self) -> bool {
        self.generics == 0 && !self.in_parameters
    }

    /// Reports whether the expression ends after an operator.
    fn is_cut_off(&self) -> bool {
        self.operand && !matches!(self.last, Last::Start | Last::Keyword | Last::Range)
    }

    fn step(&mut self) -> Option<Step> {
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        Some(match &token {
            TokenTree::Ident(ident) => self.ident(ident),
            TokenTree::Literal(_) => self.value(&token),
            TokenTree::Group(group) => {
                self.in_macro = self.last == Last::Macro;
                let is_block = group.delimiter() == Delimiter::Brace;
                self.put(if is_block { Last::Block } else { Last::Other }, false);
                Ok(())
            }
            TokenTree::Punct(_) if self.generics > 0 => {
                self.in_generics();
                Ok(())
            }
            TokenTree::Punct(punct) if self.in_parameters => {
                match punct.as_char() {
                    '<' => self.generics += 1,
                    '|' => {
                        self.in_parameters = false;
                        self.put(Last::Other, true);
                    }
                    _ => {}
                }
                Ok(())
            }
            TokenTree::Punct(_) => self.operator(),
        })
    }

    fn put(&mut self, last: Last, operand: bool) {
        self.last = last;
        self.operand = operand;
    }

    fn ident(&mut self, ident: &Ident) -> Step {
        if self.last == Last::Quote {
            self.put(Last::Lifetime, true);
            return Ok(());
        }
        let is_keyword = BEFORE_OPERAND.iter().any(|keyword| ident == keyword);
        if is_keyword && self.last != Last::Path {
            self.in_type = ident == "as";
            self.put(Last::Keyword, true);
            return Ok(());
        }
        self.value(&ident.clone().into())
    }

    fn value(&mut self, token: &TokenTree) -> Step {
        let is_expected = self.operand || !self.is_outermost() || self.last == Last::Block;
        self.put(Last::Other, false);
        if is_expected { Ok(()) } else { Err(format!("expected an operator or a comma before `{token}`")) }
    }

    /// Counts `<` and `>`, except the one in `->`.
    fn in_generics(&mut self) {
        match &*self.sign(self.at - 1) {
            "<" => self.generics += 1,
            "-" if self.sign(self.at) == ">" => self.at += 1,
            ">" => {
                self.generics -= 1;
                self.put(Last::Other, false);
            }
            _ => {}
        }
    }

    fn sign(&self, at: usize) -> String {
        match self.tokens.get(at) {
            Some(TokenTree::Punct(punct)) => punct.to_string(),
            _ => String::new(),
        }
    }

    fn operator(&mut self) -> Step {
        let mut operator = self.sign(self.at - 1);
        if self.operand && matches!(&*operator, "<" | "|" | "&" | "*" | "-" | "!")
            || operator == "<" && (self.last == Last::Path || self.in_type)
        {
            self.before_operand(&operator);
            return Ok(());
        }
        while let Some(TokenTree::Punct(punct)) = self.tokens.get(self.at - 1)
            && punct.spacing() == Spacing::Joint
            && OPERATORS.contains(&&*format!("{operator}{}", self.sign(self.at)))
        {
            operator.push_str(&self.sign(self.at));
            self.at += 1;
        }
        let last = self.last;
        self.in_type &= matches!(&*operator, "::" | "'");
        match &*operator {
            "'" => self.put(Last::Quote, true),
            "::" => self.put(Last::Path, true),
            ".." | "..=" | "..." => self.put(Last::Range, true),
            "->" | "=>" | "#" | "$" | "@" => self.put(Last::Other, true),
            "!" => self.last = Last::Macro,
            ":" if last == Last::Lifetime => {}
            ":" => return Err("unexpected `:` in an expression".to_owned()),
            ";" => return Err("an expression has no `;` at its end: remove it".to_owned()),
            operator if self.operand => return Err(format!("expected a value before `{operator}`")),
            "." => self.put(Last::Path, true),
            "?" => self.last = Last::Other,
            _ => self.put(Last::Other, true),
        }
        Ok(())
    }

    /// Handles a sign that begins an operand: that of a generic path, of a closure, or a unary operator.
    fn before_operand(&mut self, sign: &str) {
        match sign {
            "<" => self.generics = 1,
            "|" => self.in_parameters = true,
            _ => self.put(Last::Other, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use syn::parse::Parser as _;

    use super::*;

    /// Returns the pieces of a list, each with its problem.
    fn pieces(source: &str) -> Vec<(String, Option<String>)> {
        let read = |input: ParseStream<'_>| {
            let mut pieces = Vec::new();
            while !input.is_empty() {
                let piece = until_comma(input)?;
                input.parse::<Option<syn::Token![,]>>()?;
                let problem = problem(piece.clone()).map(|error| error.to_string());
                pieces.push((piece.to_string().replace(' ', ""), problem));
            }
            Ok(pieces)
        };
        read.parse_str(source).unwrap_or_default()
    }

    #[test]
    fn expressions_end_where_rust_ends_them() {
        for whole in [
            "<T as Tr<A, B>>::f()",
            "<<T as Tr<A, B>>::Out as Tr<A, B>>::f(1, 2)",
            "x.collect::<HashMap<A, B>>().len()",
            "HashMap::<A, B>::new()",
            "n as Wrapped<A, B>",
            "|a, b| a + b",
            "move |(a, b): Pair<A, B>, c| a",
            "|| 3",
            "x.map(|a| a, 3)",
            "f::<fn(A) -> B, C>()",
            "if a < b { 1 } else { 2 }",
            "match x { A => 1, B => 2 }",
            "!a && -b < *c",
            "&mut x",
            "&'static str::new()",
            "a.0.1[2]?.await",
            "1..=n",
            "..",
            "[0; 3]",
            "S { a: 1, b }",
            "format!(\"{a}\", b,)",
            "'outer: loop { break 'outer 3 }",
            "a << 2 >> 3 >= 4",
            "x as u64 * 2",
            "x as *const u8",
            "return",
            "unsafe { f() }",
            "vec![1, 2; 3 +]",
            "r#type.len()",
            "-1.5e3_f64",
            "f()(1)(2,)",
            "a as i64 - b as i64",
        ] {
            let expected = whole.replace(' ', "");
            assert_eq!(
                pieces(&format!("{whole}, next")),
                [(expected, None), ("next".to_owned(), None)],
                "{whole}"
            );
        }
        assert_eq!(pieces("a < b, c > d").len(), 2);
    }

    #[test]
    fn mistakes_are_found() {
        for (source, found) in [
            ("n +", "expected a value behind `+`: the expression ends here"),
            ("hosts.join(\"-\");", "an expression has no `;` at its end: remove it"),
            ("n: 3", "unexpected `:` in an expression"),
            ("f(n +)", "expected a value behind `+`: the expression ends here"),
            ("f(1)(a, [b *])", "expected a value behind `*`: the expression ends here"),
            ("a b", "expected an operator or a comma before `b`"),
            ("+ 3", "expected a value before `+`"),
            ("a.", "expected a value behind `.`: the expression ends here"),
            ("a + / b", "expected a value before `/`"),
            ("a::", "expected a value behind `:`: the expression ends here"),
            ("x \"text\"", "expected an operator or a comma before `\"text\"`"),
        ] {
            assert_eq!(pieces(source)[0].1.as_deref(), Some(found), "{source}");
        }
    }

    #[test]
    fn names_are_found_where_rust_reads_them() {
        let mut found = Vec::new();
        let source = "format!(\"{host}:{port:>width$} {{no}}\", other = r#type) + \"{text}\"";
        names(source.parse().unwrap_or_default(), &mut |name| found.push(name.to_owned()));
        assert_eq!(found, ["format", "host", "port", "width", "other", "type"]);
    }
}
