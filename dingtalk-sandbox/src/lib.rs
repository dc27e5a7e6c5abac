//! dingtalk-sandbox
