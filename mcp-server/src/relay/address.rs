//! Names of notifications in addresses.

use dingtalk_core::tool::ToolType;

/// Returns the name of a notification in addresses.
pub(super) fn short_name(tool: &ToolType) -> &str {
    let name = tool.spec().name;
    name.strip_prefix("send_").unwrap_or(name)
}
