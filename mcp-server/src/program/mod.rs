//! A program around a set of tools: its sub-commands, and [`main!`](crate::main), which makes it in one line.

mod arguments;
mod check;
mod chinese;
mod command_line;
mod completions;
mod demo;
mod examples;
mod hook;
mod identity;
mod listen;
mod log;
#[cfg(feature = "migrate")]
mod migrate;
mod notifications;
mod options;
mod outbox;
mod preview;
mod relay;
mod run;
mod sandbox;
mod send;
mod serve;
mod service;
mod state;
mod status;
mod tools;
mod waiting;
mod words;

pub use self::identity::Program;
use self::identity::{Result, say};

/// Writes the `fn main` of a program that serves these notification types, with the sub-commands, configuration and
/// safety of `dingtalk-notify`. Its name, version and description are those of the package.
///
/// ```no_run
/// use dingtalk_core::Notification;
///
/// /// Warn the on-call group that a disk is nearly full.
/// #[derive(Notification)]
/// #[dingtalk(text("{host}: {percent}% of the disk is used"), tool(when = "a disk is nearly full"))]
/// struct DiskAlert {
///     /// Host name as in the inventory, for example `web-3`.
///     #[dingtalk(length(1..=64))]
///     host: String,
///     /// Used space, in percent.
///     #[dingtalk(range(0..=100))]
///     percent: u8,
/// }
///
/// dingtalk_notify::main!(DiskAlert);
/// ```
///
/// `..builtin` at the end adds the built-in tools; alone, it makes `dingtalk-notify` under another name. The tools are
/// checked together at compile time, as by [`tools!`](dingtalk_core::tools).
///
/// ```no_run
/// # use dingtalk_core::Notification;
/// # /// Warn the on-call group that a disk is nearly full.
/// # #[derive(Notification)]
/// # #[dingtalk(text("{percent}% of the disk is used"), tool(when = "a disk is nearly full"))]
/// # struct DiskAlert {
/// #     /// Used space, in percent.
/// #     #[dingtalk(range(0..=100))]
/// #     percent: u8,
/// # }
/// dingtalk_notify::main!(DiskAlert, ..builtin);
/// ```
#[macro_export]
macro_rules! main {
    () => {
        ::core::compile_error!("name the tools: `main!(CpuAlert, DiskAlert)`, or `main!(..builtin)` for the built-in ones");
        fn main() {}
    };
    (builtin $(,)?) => {
        ::core::compile_error!("two dots stand before the built-in tools: write `main!(..builtin)`");
        fn main() {}
    };
    ($($tool:ty),+ $(,)?) => {
        $crate::main!(@ $($tool),+);
    };
    ($($tool:ty,)* ..builtin $(,)?) => {
        $crate::main!(@
            $($tool,)*
            $crate::TextMessage,
            $crate::MarkdownMessage,
            $crate::LinkMessage,
            $crate::ActionCardMessage,
            $crate::FeedCardMessage
        );
    };
    (@ $($tool:ty),+) => {
        fn main() -> ::std::process::ExitCode {
            let name = ::core::option_env!("CARGO_BIN_NAME").unwrap_or(::core::env!("CARGO_PKG_NAME"));
            $crate::Program::new(name, ::core::env!("CARGO_PKG_VERSION"))
                .about(::core::env!("CARGO_PKG_DESCRIPTION"))
                .tools($crate::tools![$($tool),+])
                .run()
        }
    };
}
