//! Quotas: requests that several robots, or one, may make in a month.

use toml::Value;

use crate::{
    Wording,
    section::{Hint, LIST, Section, TEXT},
};

/// Requests that some robots may make together in one month: an organisation has 3,000.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuotaSettings {
    /// Name, for people.
    pub name: String,
    /// Requests per month, at least one.
    pub limit: u32,
    /// Names of the robots that share them; `None` means all robots.
    pub robots: Option<Vec<String>>,
    /// The last requests of the month, kept for urgent messages; fewer than the limit.
    pub keep_urgent: u32,
}

const HINTS: &[Hint] = &[
    Hint::meant("quota", "limit"),
    Hint::meant("max", "limit"),
    Hint::meant("monthly_quota", "limit"),
    Hint::meant("per_month", "limit"),
    Hint::meant("robot", "robots"),
    Hint::meant("reserve", "keep_urgent"),
    Hint::meant("urgent", "keep_urgent"),
];

impl QuotaSettings {
    /// Reads a quota. `unknown_robot` describes a robot that the file does not have.
    pub(crate) fn read(
        name: String,
        mut section: Section<'_>,
        unknown_robot: impl Fn(&str) -> Option<Wording>,
    ) -> Option<Self> {
        section.check_name(&name);
        section.hint(HINTS);
        let limit = read_limit(&mut section, "limit");
        if limit.is_none() && section.is_sound("limit") {
            section.missing("limit");
        }
        let empty = Wording::new(
            "must not be empty: list the robots that share the quota, or omit the key for all robots",
            "列表为空：请列出共用这份额度的机器人；省略这个键则为全部机器人",
        );
        let robots = read_names(&mut section, "robots", empty, unknown_robot);
        let keep_urgent = section.integer("keep_urgent").and_then(|keep| {
            let most = limit.map_or(u32::MAX, |limit| limit - 1);
            let kept = u32::try_from(keep).ok().filter(|keep| *keep <= most).ok_or_else(|| {
                Wording::new(
                    format!("invalid value {keep}; expected a number of requests below `limit`"),
                    format!("应为小于 `limit` 的请求数，而不是 {keep}"),
                )
            });
            section.check("keep_urgent", kept)
        });
        section.finish();
        Some(Self { name, limit: limit?, robots, keep_urgent: keep_urgent.unwrap_or_default() })
    }
}

/// Reads a number of requests per month, at least one.
pub(crate) fn read_limit(section: &mut Section<'_>, key: &str) -> Option<u32> {
    let limit = section.integer(key)?;
    let checked = u32::try_from(limit).ok().filter(|limit| *limit > 0).ok_or_else(|| {
        Wording::new(
            format!("invalid value {limit}; expected at least 1 request per month; to send nothing, remove the robot"),
            format!("应为每月的请求数，至少为 1，而不是 {limit}；如果什么都不发，请删除机器人"),
        )
    });
    section.check(key, checked)
}

/// Reads a list of names, each once. `empty` describes an empty list, `unknown` a name that is not known.
pub(crate) fn read_names(
    section: &mut Section<'_>,
    key: &str,
    empty: Wording,
    unknown: impl Fn(&str) -> Option<Wording>,
) -> Option<Vec<String>> {
    let list = match section.value(key)? {
        Value::Array(list) => list,
        other => return section.wrong_type(key, LIST, &other),
    };
    if list.is_empty() {
        section.fault(key, empty);
    }
    let mut names: Vec<String> = Vec::new();
    for (index, element) in list.into_iter().enumerate() {
        let place = format!("{key}[{index}]");
        let Value::String(name) = element else {
            section.wrong_type::<()>(&place, TEXT, &element);
            continue;
        };
        if let Some(problem) = unknown(&name) {
            section.fault(&place, problem);
        } else if names.contains(&name) {
            let problem = Wording::new(format!("`{name}` is listed twice"), format!("`{name}` 重复列出"));
            section.fault(&place, problem);
        } else {
            names.push(name);
        }
    }
    Some(names)
}
