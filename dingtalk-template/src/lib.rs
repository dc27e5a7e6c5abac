//! dingtalk-template
