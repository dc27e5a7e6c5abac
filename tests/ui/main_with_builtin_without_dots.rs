dingtalk_notify::main!(builtin);
