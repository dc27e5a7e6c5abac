//! Tokens with names: each caller of a server over HTTP has one of its own.

use dingtalk_core::delivery::SecretSource;

use crate::{
    Wording,
    quota::read_names,
    robot::reference,
    section::{Hint, Section},
};

/// A token of the server over HTTP, and what its holder may do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenSettings {
    /// Name of the holder, for logs and metrics.
    pub name: String,
    /// Source of the token.
    pub token: SecretSource,
    /// Source of the secret by which its requests to `/robot/send` are signed; `None` if they need no signature.
    pub secret: Option<SecretSource>,
    /// Doors that it opens; `None` means all doors.
    pub doors: Option<Vec<Door>>,
    /// Names of the robots that it may send through; `None` means all robots.
    pub robots: Option<Vec<String>>,
    /// Maximum number of messages and calls per minute; `None` means no limit.
    pub rate: Option<u32>,
    /// `false` if its messages must not notify everybody, whatever the robot's policy.
    pub at_all: bool,
}

/// A part of the server that a token may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Door {
    /// MCP, at `/mcp`.
    Mcp,
    /// Metrics, at `/metrics`.
    Metrics,
    /// Declared notifications, at `/notify`.
    Notify,
    /// Messages as DingTalk takes them, at `/robot/send`.
    Robot,
    /// Webhooks of other services, at `/hooks`.
    Hooks,
}

impl Door {
    /// The words for doors in the file.
    pub const VALUES: [(&'static str, Self); 5] = [
        ("mcp", Self::Mcp),
        ("metrics", Self::Metrics),
        ("notify", Self::Notify),
        ("robot", Self::Robot),
        ("hooks", Self::Hooks),
    ];
}

const HINTS: &[Hint] = &[
    Hint::meant("access_token", "token"),
    Hint::meant("door", "doors"),
    Hint::meant("scopes", "doors"),
    Hint::meant("robot", "robots"),
    Hint::meant("rate_per_minute", "rate"),
    Hint::meant("limit", "rate"),
];

impl TokenSettings {
    /// Names of the environment variables that the token and its secret are read from.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        [Some(&self.token), self.secret.as_ref()].into_iter().flatten().filter_map(SecretSource::variable)
    }

    /// Reads a token. `unknown_robot` describes a robot that the file does not have.
    pub(crate) fn read(
        name: String,
        mut section: Section<'_>,
        unknown_robot: impl Fn(&str) -> Option<Wording>,
    ) -> Option<Self> {
        section.check_name(&name);
        section.hint(HINTS);
        let token = section.required_text("token");
        let token = token.and_then(|text| section.check("token", reference(&text)));
        let secret = section.text("secret").and_then(|text| section.check("secret", reference(&text)));
        let doors = read_doors(&mut section);
        let empty = Wording::new(
            "must not be empty: list the robots that the token may use, or omit the key for all robots",
            "列表为空：请列出这个令牌可以使用的机器人；省略这个键则为全部机器人",
        );
        let robots = read_names(&mut section, "robots", empty, unknown_robot);
        let rate = section.integer("rate").and_then(|rate| {
            let checked = u32::try_from(rate).ok().filter(|rate| *rate > 0).ok_or_else(|| {
                Wording::new(
                    format!("invalid value {rate}; expected at least 1 message per minute"),
                    format!("应为每分钟的消息条数，至少为 1，而不是 {rate}"),
                )
            });
            section.check("rate", checked)
        });
        let at_all = section.flag("at_all").unwrap_or(true);
        section.finish();
        Some(Self { name, token: token?, secret, doors, robots, rate, at_all })
    }
}

fn read_doors(section: &mut Section<'_>) -> Option<Vec<Door>> {
    let words = || Door::VALUES.iter().map(|(word, _)| *word);
    let empty = Wording::new(
        format!(
            "must not be empty: list some of `{}`, or omit the key for all",
            words().collect::<Vec<_>>().join("`, `")
        ),
        format!("列表为空：可用的有 `{}`；省略这个键则为全部", words().collect::<Vec<_>>().join("`、`")),
    );
    let unknown = |word: &str| {
        if words().any(|known| known == word) {
            return None;
        }
        let list = |between: &str| words().collect::<Vec<_>>().join(between);
        let word = word.escape_debug();
        Some(match dingtalk_template::suggest(&word.to_string(), words()) {
            Some(meant) => Wording::new(
                format!("unknown door `{word}`; did you mean `{meant}`?"),
                format!("未知的入口 `{word}`；是否想写 `{meant}`？"),
            ),
            None => Wording::new(
                format!("unknown door `{word}`; expected one of `{}`", list("`, `")),
                format!("未知的入口 `{word}`；可用的有 `{}`", list("`、`")),
            ),
        })
    };
    let names = read_names(section, "doors", empty, unknown)?;
    Some(
        Door::VALUES
            .iter()
            .filter(|(word, _)| names.iter().any(|name| name == word))
            .map(|(_, door)| *door)
            .collect(),
    )
}
