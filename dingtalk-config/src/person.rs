//! People, by names that stand for their mobile numbers and user ids.

use dingtalk_core::{Mobile, UserId};

use crate::{Wording, section::Section};

/// Address of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Person {
    /// A mobile number.
    Mobile(Mobile),
    /// A user id.
    UserId(UserId),
}

impl Person {
    /// Returns the number or the id, as a message carries it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Mobile(mobile) => mobile.as_str(),
            Self::UserId(user_id) => user_id.as_str(),
        }
    }

    /// Reads `"13800000000"`, or `{ user_id = "manager123" }`.
    pub(crate) fn read(people: &mut Section<'_>, name: &str) -> Option<Self> {
        if people.is_table(name) {
            let mut section = people.section(name)?;
            let id = section.required_text("user_id");
            let id = id.and_then(|id| {
                let chinese = "不是有效的用户 ID：一个不含 @ 和空格的词";
                let id = UserId::new(&id).map_err(|error| Wording::new(error.to_string(), chinese));
                section.check("user_id", id)
            });
            section.finish();
            return id.map(Self::UserId);
        }
        let mobile = people.required_text(name)?;
        let mobile = Mobile::new(&mobile).map_err(|error| {
            Wording::new(
                error.to_string(),
                "不是有效的手机号：请写 数字，例如 13800000000；境外号码要带区号，例如 +852-12345678",
            )
        });
        people.check(name, mobile).map(Self::Mobile)
    }
}
