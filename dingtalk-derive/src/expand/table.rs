//! A compiled template as the constants of a program.

use dingtalk_template::{Line, LineKind, Piece, Place, Row, Syntax, Template};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::Paths;

/// `static NAME: Template`, with a static for each line's pieces.
pub(crate) fn statics(name: &Ident, template: &Template, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    let mut pieces = TokenStream::new();
    let mut rows = Vec::new();
    for (index, row) in template.rows.iter().enumerate() {
        let line_name = format_ident!("{name}_{index}");
        let mut line_static = |line: &Line| {
            let kind = format_ident!("{}", kind(line.kind));
            let marker = &*line.marker;
            let count = line.pieces.len();
            let each = line.pieces.iter().map(|each| piece(each, paths));
            pieces.extend(quote!(static #line_name: [#private::Piece; #count] = [#(#each),*];));
            quote!(#private::line(#private::LineKind::#kind, #marker, &#line_name))
        };
        rows.push(match row {
            Row::Blank => quote!(#private::Row::Blank),
            Row::Line(line) => {
                let line = line_static(line);
                quote!(#private::Row::Line(#line))
            }
            Row::Repeated { value, line } => {
                let line = line_static(line);
                quote!(#private::Row::Repeated { value: #value, line: #line })
            }
        });
    }
    let syntax = format_ident!("{}", syntax(template.syntax));
    let count = rows.len();
    let rows_name = format_ident!("{name}_ROWS");
    quote! {
        #pieces
        static #rows_name: [#private::Row; #count] = [#(#rows),*];
        static #name: #private::Template = #private::template(#private::Syntax::#syntax, &#rows_name);
    }
}

fn piece(piece: &Piece, paths: &Paths) -> TokenStream {
    let private = &paths.private;
    match piece {
        Piece::Text(text) => quote!(#private::Piece::Text(#private::Cow::Borrowed(#text))),
        Piece::Slot { value, place, before, after } => {
            let place = format_ident!("{}", place_name(*place));
            quote!(#private::Piece::Slot {
                value: #value, place: #private::Place::#place, before: #before, after: #after,
            })
        }
        Piece::Open(mark) => quote!(#private::Piece::Open(#private::Cow::Borrowed(#mark))),
        Piece::Close(mark) => quote!(#private::Piece::Close(#private::Cow::Borrowed(#mark))),
        Piece::LinkOpen(mark) => quote!(#private::Piece::LinkOpen(#private::Cow::Borrowed(#mark))),
        Piece::LinkTarget => quote!(#private::Piece::LinkTarget),
        Piece::LinkClose => quote!(#private::Piece::LinkClose),
    }
}

fn kind(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Paragraph => "Paragraph",
        LineKind::Heading => "Heading",
        LineKind::Quote => "Quote",
        LineKind::Bullet => "Bullet",
        LineKind::Ordered => "Ordered",
        LineKind::Alone => "Alone",
    }
}

fn place_name(place: Place) -> &'static str {
    match place {
        Place::Plain => "Plain",
        Place::PlainBlock => "PlainBlock",
        Place::Markdown => "Markdown",
        Place::LinkText => "LinkText",
        Place::LinkTarget => "LinkTarget",
    }
}

fn syntax(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Text => "Text",
        Syntax::Markdown => "Markdown",
        Syntax::Title => "Title",
    }
}
