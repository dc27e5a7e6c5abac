dingtalk_mcp::main!();
