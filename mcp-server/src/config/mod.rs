//! The configuration file: robots by name, and what may be done with each.

mod notifications;
mod robots;
mod section;
mod source;

use std::{fs, path::Path};

use dingtalk_core::{Mobile, ToolType, UserId};

pub use self::robots::RobotSettings;
use self::section::Section;
use crate::{Error, Person};

/// The version of the file's form that this program reads.
const VERSION: i64 = 1;

/// What a configuration file says. Nothing secret is in it: it names where secrets are.
///
/// `docs/configuration.md` has every key, those of notifications too.
///
/// ```
/// use dingtalk_notify::Config;
///
/// let config = Config::parse(r#"
///     version = 1
///     default_robot = "ops"
///
///     [robots.ops]
///     about = "operations: alerts and deployments"
///     access_token = "env:OPS_TOKEN"
///     secret = "file:/run/secrets/ops"
///
///     [robots.customers]
///     about = "the group that we share with our customers"
///     access_token = "env:CUSTOMERS_TOKEN"
///     at_all = "deny"
///     confirm = "always"
///
///     [people]
///     on_call = "13800000000"
/// "#)?;
/// assert_eq!(config.robots[0].name, "customers");
///
/// let error = Config::parse("version = 1\n[robots.ops]\nacess_token = \"env:T\"").unwrap_err().to_string();
/// assert!(error.contains("robots.ops.acess_token: unknown; did you mean `access_token`?"), "{error}");
/// # Ok::<(), dingtalk_notify::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Config {
    /// The robots, in the order of their names.
    pub robots: Vec<RobotSettings>,
    /// The robot that posts where a call names none.
    pub default_robot: Option<String>,
    /// Names that a call may give in place of people.
    pub people: Vec<(String, Person)>,
    /// The notifications that the file declares, in the order of their names.
    pub notifications: Vec<ToolType>,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or [`parse`](Self::parse) refuses it.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = fs::read_to_string(path)
            .map_err(|error| Error::Settings(format!("{}: {error}", path.display())))?;
        Self::parse(&text).map_err(|error| Error::Settings(format!("{}: {error}", path.display())))
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// Names everything that is wrong with it, each with its place.
    pub fn parse(text: &str) -> Result<Self, Error> {
        // Not the parser's own picture of the line, which may hold a secret in the wrong place.
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line =
                error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
            Error::Settings(format!("line {line}: {}", error.message()))
        })?;
        let mut faults = Vec::new();
        let config = Self::from_table(Section::new("", table, &mut faults));
        if faults.is_empty() { Ok(config) } else { Err(Error::Settings(faults.join("\n"))) }
    }

    fn from_table(mut file: Section<'_>) -> Self {
        match file.integer("version") {
            Some(VERSION) => {}
            Some(other) => {
                file.fault("version", format!("this program reads version {VERSION}, not {other}"));
            }
            None if file.is_sound("version") => {
                file.fault("version", format!("missing: write `version = {VERSION}`"));
            }
            None => {}
        }
        let default_robot = file.text("default_robot");
        let mut robots = Vec::new();
        if let Some(mut section) = file.section("robots") {
            for name in section.keys() {
                if let Some(robot) = section.section(&name) {
                    robots.extend(RobotSettings::read(name, robot));
                }
            }
        }
        let mut people = Vec::new();
        if let Some(mut section) = file.section("people") {
            for name in section.keys() {
                people.extend(person(&mut section, &name).map(|person| (name, person)));
            }
        }
        let notifications = file.section("notifications").map(notifications::read).unwrap_or_default();
        if let Some(default) = default_robot.as_deref()
            && !robots.iter().any(|robot| robot.name == default)
        {
            let names: Vec<&str> = robots.iter().map(|robot| &*robot.name).collect();
            let meant = dingtalk_template::suggest(default, names.iter().copied());
            let hint = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
            file.fault("default_robot", format!("there is no robot `{default}`{hint}"));
        }
        file.finish();
        Self { robots, default_robot, people, notifications }
    }
}

/// `"13800000000"`, or `{ user_id = "manager123" }`.
fn person(people: &mut Section<'_>, name: &str) -> Option<Person> {
    if people.is_table(name) {
        let mut section = people.section(name)?;
        let id = section.required_text("user_id");
        let id = id.and_then(|id| section.check("user_id", UserId::new(&id)));
        section.finish();
        return id.map(Person::UserId);
    }
    let mobile = people.required_text(name)?;
    people.check(name, Mobile::new(&mobile)).map(Person::Mobile)
}

#[cfg(test)]
mod tests;
