//! Fragments: templates that are shown in a slot of another template.

use crate::{
    edges::Edges,
    render::{LineWriter, render},
    show::{Sink, Value},
    table::{Row, SlotContext, Template},
    value::trim_end,
};

impl Sink<'_> {
    /// Writes a fragment that `#[derive(Fragment)]` compiled: Markdown with emphasis and links, or plain text without.
    ///
    /// Emphasis at an end of the fragment is omitted unless there is white space outside of it. Otherwise the values
    /// would decide if it takes effect.
    #[doc(hidden)]
    pub fn fragment(&mut self, markdown: &Template, plain: &Template, values: &[Value<'_>]) {
        let template = match self.context {
            SlotContext::Markdown | SlotContext::MarkdownBlock => markdown,
            SlotContext::Plain | SlotContext::PlainBlock => plain,
            // A link in the text of another link would end that link.
            SlotContext::LinkText | SlotContext::Url => return self.text(&render(plain, values)),
            SlotContext::LinkTarget => return,
        };
        let content = self.out.len();
        // Text that the slot already wrote is the neighbour of its next text.
        let before = self.out[self.start..].chars().next_back().unwrap_or(self.before);
        let edges = Some(Edges::new(before, self.after));
        for line in template.rows().filter_map(Row::line) {
            LineWriter::new(self.out, self.spare, values, content, edges).write(&mut line.pieces(), None);
        }
        trim_end(self.out, content);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Fragment, Resolved, Show, Sink, Syntax, Value, compile, compile_fragment, render};

    struct Process<'a> {
        fragment: &'a Fragment,
        name: &'a str,
        load: &'a str,
    }

    impl Show for Process<'_> {
        fn show(&self, sink: &mut Sink<'_>) {
            let values = [Value::One(&self.name), Value::One(&self.load)];
            sink.fragment(&self.fragment.markdown, &self.fragment.plain, &values);
        }
    }

    fn shown(template: &str, syntax: Syntax, fragment: &str, name: &str, load: &str) -> String {
        let resolve = &mut |name: &str, _: &str| Resolved::inline(u16::from(name == "load"));
        let fragment = compile_fragment(fragment, resolve).unwrap();
        let template = compile(template, syntax, &mut |_, _| Resolved::inline(0)).unwrap();
        render(&template, &[Value::One(&Process { fragment: &fragment, name, load })])
    }

    #[test]
    fn a_fragment_is_rendered_for_its_position() {
        let fragment = "**{name}**: {load}%, [why](https://e.com)";
        for (template, syntax, text) in [
            ("{p}", Syntax::Markdown, "**a\\*b**: 9%, [why](https://e.com)"),
            ("- {p} now", Syntax::Markdown, "- **a\\*b**: 9%, [why](https://e.com) now"),
            // Without white space outside, the marks at the ends are omitted.
            ("主机{p}", Syntax::Markdown, "主机a\\*b: 9%, [why](https://e.com)"),
            ("[{p}](https://x.com)", Syntax::Markdown, "[a\\*b: 9%, why (https://e.com)](https://x.com)"),
            ("{p}", Syntax::Text, "a*b: 9%, why (https://e.com)"),
            ("{p}!", Syntax::Title, "a*b: 9%, why (https://e.com)!"),
        ] {
            assert_eq!(shown(template, syntax, fragment, "a*b", "9"), text, "{template}");
        }
    }

    #[test]
    fn a_fragment_ends_where_its_text_ends() {
        let markdown = |template, fragment, name| shown(template, Syntax::Markdown, fragment, name, "");
        assert_eq!(markdown("{p}[x](https://e.com)", "so *{name}*", "wow!"), "so wow\\![x](https://e.com)");
        assert_eq!(markdown("a {p} b", "*{name}* {load}", " "), "a  b");
        assert_eq!(markdown("{p}", "{name}", "# x"), "\\# x");
        assert_eq!(markdown("{p}", "{name}", "1. x"), "1\\. x");
    }
}
