//! `dingtalk-notify`: the ready-made tools as a program.

dingtalk_notify::main!(..builtin);
