//! Texts of a queue's own, in two languages.

use crate::delivery::Language;

/// Texts of one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words(pub(crate) Language);

impl Words {
    pub(super) fn notifications(self, count: usize) -> String {
        match self.0 {
            Language::En if count == 1 => "1 notification".to_owned(),
            Language::En => format!("{count} notifications"),
            Language::Zh => format!("{count} 条通知"),
        }
    }

    /// Returns the count after the name of a group: the number of its entries in all messages together.
    pub(super) fn count(self, count: usize, continued: bool) -> String {
        match (self.0, continued) {
            (_, false) => format!("({count})"),
            (Language::En, true) => format!("({count}, continued)"),
            (Language::Zh, true) => format!("({count}，续)"),
        }
    }

    pub(super) fn more(self, count: usize) -> String {
        match self.0 {
            Language::En => format!("+{count} more"),
            Language::Zh => format!("+{count} 条未显示"),
        }
    }

    pub(super) fn more_in_groups(self, count: usize, groups: usize) -> String {
        match self.0 {
            Language::En if groups == 1 => format!("+{count} more in another group"),
            Language::En => format!("+{count} more in {groups} other groups"),
            Language::Zh => format!("+{count} 条未显示，属于另外 {groups} 个分组"),
        }
    }

    pub(super) fn more_people(self, count: usize) -> String {
        match self.0 {
            Language::En if count == 1 => "+1 person not mentioned".to_owned(),
            Language::En => format!("+{count} people not mentioned"),
            Language::Zh => format!("+{count} 人未能 @"),
        }
    }

    pub(super) fn more_characters(self, count: usize) -> String {
        match self.0 {
            Language::En => format!("… (+{count} characters)"),
            Language::Zh => format!("… (+{count} 字)"),
        }
    }

    pub(super) fn other(self) -> &'static str {
        match self.0 {
            Language::En => "Other",
            Language::Zh => "其他",
        }
    }

    /// Returns the note of a notification before which its throttle suppressed others.
    pub(crate) fn suppressed(self, count: u32) -> String {
        match self.0 {
            Language::En if count == 1 => "(+1 more like this was not sent)".to_owned(),
            Language::En => format!("(+{count} more like this were not sent)"),
            Language::Zh => format!("（另有 {count} 条同类通知未发送）"),
        }
    }

    /// Returns the last message of a queue that ends with notifications in memory.
    pub(crate) fn not_sent(self, count: usize) -> String {
        match self.0 {
            Language::En if count == 1 => "1 notification was not sent: the program has ended".to_owned(),
            Language::En => format!("{count} notifications were not sent: the program has ended"),
            Language::Zh => format!("程序已结束，{count} 条通知未发送"),
        }
    }
}
