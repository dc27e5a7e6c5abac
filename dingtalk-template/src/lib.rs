//! Templates of DingTalk notifications: their grammar, the analysis of their slots, the escaping of values.
//!
//! All of it is pure functions, without input or output. `dingtalk-derive` calls [`compile`] while it expands a type,
//! and writes the [`Template`] into the program as a constant; at run time, [`render`] walks that table. Because both
//! use this crate, a template is rendered exactly as it was checked. [`declaration`] has the rules for whole
//! notifications, declared by a type or by a file. Programs that use `dingtalk-core` do not need this crate directly.
//!
//! ```
//! use dingtalk_template::{Resolved, Syntax, Value, compile, render};
//!
//! let template = compile("### {host}\n- CPU {percent}", Syntax::Markdown, &mut |name, _spec| match name {
//!     "host" => Resolved::inline(0),
//!     _ => Resolved::inline(1),
//! })?;
//! let text = render(&template, &[Value::One(&"web*3"), Value::One(&97)]);
//! assert_eq!(text, "### web\\*3\n\n- CPU 97");
//! # Ok::<(), Vec<dingtalk_template::Problem>>(())
//! ```

mod block;
mod bytes;
mod compile;
pub mod declaration;
mod edges;
mod emphasis;
mod escape;
mod fragment;
mod grammar;
mod inline;
mod instructions;
mod joined;
mod layout;
mod names;
mod normal;
mod number;
mod problem;
mod render;
mod show;
mod slot;
mod table;
mod target;
mod url;
mod value;
mod wording;

/// Maximum length of a request's body, in bytes. DingTalk quotes the number in errcode 460101.
pub const MAX_BODY_BYTES: usize = 20_000;

pub use crate::{
    compile::{Fragment, compile, compile_block, compile_fragment, compile_line, compile_lines},
    escape::escape_markdown,
    grammar::{Segment, SyntaxError, captures, parse},
    instructions::{Instruction, instruction_like},
    joined::{Joined, OrElse},
    layout::dedent,
    names::{MAX_TOOL_NAME, looks_secret, snake_case, suggest, tool_name_problem, words},
    normal::normalize,
    number::Number,
    problem::Problem,
    render::render,
    show::{Each, Show, Sink, Value},
    slot::{Resolved, SlotKind},
    table::{Line, LineCode, LineKind, Piece, Pieces, Row, SlotContext, Syntax, Template},
    target::{IN_URL, compile_target},
    url::{SCHEMES, encode_url, encode_value, url_host, url_problem},
    wording::{filler, is_chinese, is_tautology, on_one_line, overlap, undefined_acronyms},
};
