dingtalk_notify::main!();
