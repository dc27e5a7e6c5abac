//! People, by names that stand for their mobile numbers and user ids.

use dingtalk_core::{Mobile, UserId};

use toml::Value;

use crate::{
    Wording,
    section::{Hint, Section},
};

/// Address of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Person {
    /// A mobile number.
    Mobile(Mobile),
    /// A user id.
    UserId(UserId),
}

const HINTS: &[Hint] = &[
    Hint::meant("userid", "user_id"),
    Hint::meant("id", "user_id"),
    Hint::meant("staff_id", "user_id"),
    Hint::say("mobile", "user_id", "write the number itself: `NAME = \"13800000000\"`", NUMBER_ALONE),
    Hint::say("phone", "user_id", "write the number itself: `NAME = \"13800000000\"`", NUMBER_ALONE),
    Hint::say(
        "name",
        "",
        "the name is the key: `NAME = \"13800000000\"`",
        "名称就是键：`名称 = \"13800000000\"`",
    ),
];
const NUMBER_ALONE: &str = "请直接写号码：`名称 = \"13800000000\"`";

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
            section.hint(HINTS);
            let id = section.required_text("user_id");
            let id = id.and_then(|id| {
                let chinese = "不是有效的用户 ID：一个不含 @ 和空格的词";
                let id = UserId::new(&id).map_err(|error| Wording::new(error.to_string(), chinese));
                section.check("user_id", id)
            });
            section.finish();
            return id.map(Self::UserId);
        }
        let mobile = match people.value(name)? {
            Value::String(mobile) => mobile,
            given => {
                let problem = match given {
                    Value::Integer(_) | Value::Float(_) => Wording::new(
                        "a mobile number stands in quotes: write \"13800000000\"",
                        "手机号要写在引号里，例如 \"13800000000\"",
                    ),
                    Value::Array(_) => Wording::new(
                        "a name stands for one person: write a name for each",
                        "一个名称代表一个人：请为每个人各写一个名称",
                    ),
                    _ => Wording::new(
                        "expected a mobile number in quotes, or `{ user_id = \"…\" }`",
                        "应为引号里的手机号，或 `{ user_id = \"…\" }`",
                    ),
                };
                people.fault(name, problem);
                return None;
            }
        };
        let mobile = Mobile::new(&mobile).map_err(|error| {
            Wording::new(
                error.to_string(),
                "不是有效的手机号：请写数字，例如 13800000000；境外号码要带区号，例如 +852-12345678",
            )
        });
        people.check(name, mobile).map(Self::Mobile)
    }
}
