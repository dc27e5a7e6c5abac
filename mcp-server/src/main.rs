//! `dingtalk-mcp`: the ready-made tools as a program.

dingtalk_mcp::main!(..builtin);
