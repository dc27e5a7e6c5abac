//! `dingtalk-notify`: the ready-made tools as a program.

#[cfg(all(feature = "allocator", target_os = "linux"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

dingtalk_notify::main!(..builtin);
