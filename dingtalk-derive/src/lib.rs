//! dingtalk-derive
