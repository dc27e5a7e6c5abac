//! Everything that the new configuration consists of.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use dingtalk_config::{Error, Fault, FaultKind, Wording};
use dingtalk_core::Mobile;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    former::{Former, Target, Written},
    meaning::{Custom, Meaning, Templates},
    skeleton::{self, Names, text},
};
use crate::program::words::words;

/// Name of the preset for Alertmanager, as a hook names it.
const PRESET: &str = "alertmanager";

/// The new configuration.
pub(super) struct Plan {
    /// Text of the configuration file.
    pub(super) toml: String,
    /// Files with one secret each, by name.
    pub(super) secrets: Vec<(String, SecretString)>,
    /// The target's receiver: robot and hook.
    pub(super) receivers: Vec<Receiver>,
    pub(super) customs: Vec<Translated>,
    /// Remarks for a person.
    pub(super) notes: Vec<String>,
}

/// Path of a target's webhook in the relay.
pub(super) struct Receiver {
    pub(super) target: String,
    pub(super) robot: String,
    pub(super) hook: String,
}

/// A custom template beside what it became.
pub(super) struct Translated {
    pub(super) targets: Vec<String>,
    pub(super) sources: Vec<(String, String)>,
    pub(super) skeleton: String,
    pub(super) untranslated: Vec<(String, String)>,
}

/// A hook, with the targets that use it.
struct Hook {
    name: String,
    title: Option<Custom>,
    text: Option<Custom>,
    targets: Vec<String>,
    mention: Vec<String>,
    mentions_all: bool,
    /// Identifies hooks that are equal.
    key: String,
}

/// Sees to everything but the writing. `secrets` is the folder of secret files; requests need no token if `is_open`.
pub(super) fn plan(
    former: &Former,
    templates: &Templates,
    secrets: &Path,
    token: SecretString,
    is_open: bool,
) -> Result<Plan, Error> {
    let mut faults = Vec::new();
    let mut notes = Vec::new();
    let mut people = People::default();
    let mut hooks: Vec<Hook> = Vec::new();
    let mut receivers = Vec::new();
    let robots = robots(&former.targets, &mut notes, &mut faults);
    for target in &former.targets {
        let Some(robot) = robots.iter().find(|robot| robot.targets.contains(&target.name)) else { continue };
        let written = target.message.as_ref().or(former.default_message.as_ref());
        let place = if target.message.is_some() {
            format!("targets.{}.message", target.name)
        } else {
            "default_message".to_owned()
        };
        let (title, body) = match meanings(&place, written, templates, &mut notes) {
            Ok(meanings) => meanings,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        let mention = people.names(target, &mut notes);
        let identity = |custom: &Option<Custom>| -> Vec<String> {
            custom.iter().flat_map(|custom| custom.sources.iter().map(|source| source.text.clone())).collect()
        };
        let key = format!("{:?} {:?} {mention:?} {}", identity(&title), identity(&body), target.mentions_all);
        let known = hooks.iter_mut().find(|hook| hook.key == key);
        let hook = match known {
            Some(hook) => {
                hook.targets.push(target.name.clone());
                hook.name.clone()
            }
            None => {
                let is_plain =
                    title.is_none() && body.is_none() && mention.is_empty() && !target.mentions_all;
                let name = hook_name(&target.name, is_plain, &hooks);
                hooks.push(Hook {
                    name: name.clone(),
                    title,
                    text: body,
                    targets: vec![target.name.clone()],
                    mention,
                    mentions_all: target.mentions_all,
                    key,
                });
                name
            }
        };
        receivers.push(Receiver { target: target.name.clone(), robot: robot.name.clone(), hook });
    }
    Error::check((), faults)?;
    if former.has_timeout {
        notes.push(
            words(
                "`timeout` never had an effect: the time limits of the new program are in its documentation",
                "`timeout` 从未生效：新程序的时限见文档",
            )
            .to_owned(),
        );
    }
    let mut files: Vec<(String, SecretString)> = Vec::new();
    let mut toml = head(&people);
    for robot in &robots {
        let everybody = hooks
            .iter()
            .any(|hook| hook.mentions_all && hook.targets.iter().any(|name| robot.targets.contains(name)));
        toml.push_str(&robot.toml(secrets, everybody, &mut files));
    }
    let file = secrets.join("alertmanager.token");
    toml.push_str(&format!(
        "\n[tokens.alertmanager]\ntoken = {}\ndoors = [\"hooks\"]\n",
        text(&format!("file:{}", file.display()))
    ));
    files.push(("alertmanager.token".to_owned(), token));
    let mut customs = Vec::new();
    for hook in hooks {
        let (written, translated) = hook.toml(is_open);
        toml.push_str(&written);
        customs.extend(translated);
    }
    Ok(Plan { toml, secrets: files, receivers, customs, notes })
}

fn head(people: &People) -> String {
    let mut toml = String::from("version = 1\n");
    if !people.0.is_empty() {
        toml.push_str("\n[people]\n");
        for (number, name) in &people.0 {
            toml.push_str(&format!("{name} = {}\n", text(number)));
        }
    }
    toml
}

fn hook_name(target: &str, is_plain: bool, hooks: &[Hook]) -> String {
    let wanted = if is_plain { PRESET } else { target };
    let is_free = |name: &str| !hooks.iter().any(|hook| hook.name == name) && (is_plain || name != PRESET);
    if is_free(wanted) {
        return wanted.to_owned();
    }
    let numbered = |number: usize| format!("{}-{number}", &wanted[..wanted.len().min(28)]);
    (2..=hooks.len() + 2).map(numbered).find(|name| is_free(name)).unwrap_or_else(|| wanted.to_owned())
}

/// Returns the custom texts of a message; `None` for built-in ones.
fn meanings(
    place: &str,
    written: Option<&Written>,
    templates: &Templates,
    notes: &mut Vec<String>,
) -> Result<(Option<Custom>, Option<Custom>), Fault> {
    let mut meaning = |key: &str, given: Option<&(String, usize)>, built_in: &str| {
        let default = (format!("{{{{ template \"{built_in}\" . }}}}"), 1);
        let (text, line) = given.unwrap_or(&default);
        match templates.meaning(&format!("{place}.{key}"), *line, text) {
            Ok(Meaning::BuiltIn(name)) => {
                if name == "legacy.content" {
                    notes.push(words(
                        format!("{place}: the template `{name}` becomes the preset `{PRESET}@1`"),
                        format!("{place}：模板 `{name}` 由预设 `{PRESET}@1` 代替"),
                    ));
                }
                Ok(None)
            }
            Ok(Meaning::Custom(custom)) => Ok(Some(custom)),
            Err(missing) => Err(Fault::new(
                FaultKind::Invalid,
                format!("{place}.{key} (line {line})"),
                Wording::new(
                    format!("unknown template \"{missing}\": the files of `templates` do not define it"),
                    format!("未知的模板 \"{missing}\"：`templates` 的文件里没有定义"),
                ),
            )),
        }
    };
    let title = meaning("title", written.and_then(|written| written.title.as_ref()), "ding.link.title")?;
    let text = meaning("text", written.and_then(|written| written.text.as_ref()), "ding.link.content")?;
    Ok((title, text))
}

/// A robot: one webhook, whose targets differ in their messages alone.
struct Robot<'f> {
    name: String,
    targets: Vec<String>,
    target: &'f Target,
    secret: Option<SecretString>,
}

fn robots<'f>(targets: &'f [Target], notes: &mut Vec<String>, faults: &mut Vec<Fault>) -> Vec<Robot<'f>> {
    let mut robots: Vec<Robot<'f>> = Vec::new();
    for target in targets {
        let webhook = &target.webhook;
        let same = robots.iter_mut().find(|robot| {
            let known = &robot.target.webhook;
            known.base_url == webhook.base_url && known.token.expose_secret() == webhook.token.expose_secret()
        });
        let Some(robot) = same else {
            let (name, secret) = (target.name.clone(), target.secret.clone());
            robots.push(Robot { name, targets: vec![target.name.clone()], target, secret });
            continue;
        };
        notes.push(words(
            format!(
                "`{}` has the access token of `{}`: both send through the robot `{}`",
                target.name, robot.name, robot.name
            ),
            format!(
                "`{}` 与 `{}` 的 access_token 相同：两者都由机器人 `{}` 发送",
                target.name, robot.name, robot.name
            ),
        ));
        robot.targets.push(target.name.clone());
        match (&robot.secret, &target.secret) {
            (Some(known), Some(given)) if known.expose_secret() != given.expose_secret() => {
                let problem = Wording::new(
                    format!(
                        "has the access token of `{}` and another secret: one of both is wrong",
                        robot.name
                    ),
                    format!("与 `{}` 的 access_token 相同而 secret 不同：其中一个有误", robot.name),
                );
                faults.push(Fault::new(
                    FaultKind::Invalid,
                    format!("targets.{}.secret", target.name),
                    problem,
                ));
            }
            (None, Some(given)) => robot.secret = Some(given.clone()),
            _ => {}
        }
    }
    robots
}

impl Robot<'_> {
    fn toml(&self, secrets: &Path, mentions_all: bool, files: &mut Vec<(String, SecretString)>) -> String {
        let mut file = |kind: &str, secret: &SecretString| {
            let name = format!("{}.{kind}", self.name);
            let path = secrets.join(&name);
            files.push((name, secret.clone()));
            text(&format!("file:{}", path.display()))
        };
        let Target { webhook, .. } = self.target;
        let about = words("alerts: ", "告警：").to_owned() + &self.targets.join(", ");
        let about: String = about.chars().take(120).collect();
        let mut toml = format!("\n[robots.{}]\nabout = {}\n", self.name, text(&about));
        toml.push_str(&format!("access_token = {}\n", file("access_token", &webhook.token)));
        if let Some(secret) = &self.secret {
            toml.push_str(&format!("secret = {}\n", file("secret", secret)));
        }
        if let Some(base_url) = &webhook.base_url {
            toml.push_str(&format!("base_url = {}\n", text(base_url)));
        }
        if webhook.is_plain_http {
            toml.push_str("plain_http = true\n");
        }
        if mentions_all {
            toml.push_str("at_all = \"allow\"\n");
        }
        toml
    }
}

/// Names for numbers.
#[derive(Default)]
struct People(BTreeMap<String, String>);

impl People {
    /// Returns the names of the people whom a target mentions.
    fn names(&mut self, target: &Target, notes: &mut Vec<String>) -> Vec<String> {
        let mut names = Vec::new();
        for (number, line) in &target.mobiles {
            let Ok(mobile) = Mobile::new(number) else {
                notes.push(words(
                    format!(
                        "targets.{}.mention.mobiles (line {line}): not a mobile number, left out",
                        target.name
                    ),
                    format!("targets.{}.mention.mobiles（第 {line} 行）：不是手机号，已略去", target.name),
                ));
                continue;
            };
            let number = mobile.as_str().to_owned();
            let name = self.0.get(&number).cloned().unwrap_or_else(|| self.name(&number));
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn name(&mut self, number: &str) -> String {
        let end: String = number.chars().skip(number.chars().count().saturating_sub(4)).collect();
        let taken: BTreeSet<&String> = self.0.values().collect();
        let numbered =
            |count: usize| if count == 1 { format!("mobile_{end}") } else { format!("mobile_{end}_{count}") };
        let name = (1..=taken.len() + 1).map(numbered).find(|name| !taken.contains(name)).unwrap_or_default();
        self.0.insert(number.to_owned(), name.clone());
        name
    }
}

impl Hook {
    fn toml(self, is_open: bool) -> (String, Option<Translated>) {
        let Self { name, title, text: body, targets, mention, mentions_all, .. } = self;
        let is_custom = title.is_some() || body.is_some();
        let mut toml = format!("\n[hooks.{name}]\n");
        if !is_custom {
            toml.push_str(&format!("preset = \"{PRESET}@1\"\n"));
        }
        if words(false, true) {
            toml.push_str("language = \"zh\"\n");
        }
        if is_open {
            toml.push_str("auth = \"none\"\n");
        }
        if !mention.is_empty() {
            toml.push_str(&format!(
                "mention = [{}]\n",
                mention.iter().map(|name| text(name)).collect::<Vec<_>>().join(", ")
            ));
        }
        if mentions_all {
            toml.push_str("mention_all = true\n");
        }
        if !is_custom {
            return (toml, None);
        }
        let notification = format!("{}_alerts", name.to_ascii_lowercase().replace('-', "_"));
        let names = Names { hook: &name, notification: &notification };
        let skeleton = skeleton::write(&names, title.as_ref(), body.as_ref());
        toml.push_str(&skeleton);
        let (mut sources, mut untranslated) = (Vec::new(), Vec::new());
        for custom in title.into_iter().chain(body) {
            sources.extend(custom.sources.into_iter().map(|source| (source.place, source.text)));
            untranslated.extend(custom.untranslated);
        }
        (toml.clone(), Some(Translated { targets, sources, skeleton: toml, untranslated }))
    }
}
