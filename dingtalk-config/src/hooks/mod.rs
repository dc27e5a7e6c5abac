//! Hooks: payloads of other programs as notifications, by selection of their values.
//!
//! A hook selects the fields of a notification from a payload. It computes nothing: a selected text is a value like any
//! other, which a template escapes. A preset is a hook in the same form, with notifications of its own.

mod condition;
mod ended;
mod evaluate;
mod fit;
pub(crate) mod links;
mod manner;
mod mention;
mod path;
mod payload;
mod preset;
mod route;
mod sample;
mod select;
mod source;

use std::time::Duration;

use dingtalk_core::{
    delivery::{Language, SecretSource},
    tool::ToolType,
};
use toml::Value as Toml;

use self::{
    condition::Conditions,
    ended::Ended,
    links::Links,
    manner::Manner,
    mention::Mention,
    route::Route,
    select::{Select, read_selections, read_span},
};
pub use self::{
    ended::Elements,
    manner::Weight,
    payload::{Incident, Payload},
    preset::{PRESETS, Preset},
    route::Routed,
    sample::{SAMPLES, Sample},
    source::{Composed, HookEvent, HookSource, Meaning},
};
use crate::{Error, Fault, FaultKind, Wording, section::Section};

/// Maximum number of requests of a source in a minute, unless set.
const PER_MINUTE: u32 = 60;

/// Number of messages of a source that can wait, unless set.
const PLACES: usize = 100;

/// Maximum number of messages of a source that can wait.
const MAX_PLACES: usize = 10_000;

/// A hook of the file: how the payloads of one source become notifications.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Hook {
    /// Name of the source, as its address has it.
    pub name: String,
    /// The preset with its revision: `alertmanager@1`.
    pub preset: Option<String>,
    /// Language of the preset's texts, and of what the program says of a payload.
    pub language: Language,
    /// Proof of a request's origin.
    pub auth: HookAuth,
    /// Maximum number of requests in a minute that become messages of their own.
    pub per_minute: u32,
    /// Number of messages that can wait, beside the capacity of the queue.
    pub places: usize,
    /// Name of the field that holds the payload, if requests may be forms.
    pub form: Option<String>,
    /// Conditions that hold for each payload of the source.
    requires: Conditions,
    /// Name of a payload's event, for people.
    event: Option<Select>,
    events: Vec<EventRule>,
    repeat: Option<Repeat>,
    ended: Option<Ended>,
    fallback: Fallback,
    manner: Manner,
    mention: Mention,
    /// Robots by the values of a payload; empty if the address names the robot.
    routes: Vec<Route>,
    links: Links,
    /// Notifications of the preset.
    notifications: Vec<ToolType>,
}

/// Proof of the origin of a hook's requests.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct HookAuth {
    /// The file says `auth = "none"`: requests prove nothing.
    pub is_open: bool,
    /// Secrets of signatures; several while they are rotated.
    pub secrets: Vec<SecretSource>,
    /// Scheme of the signatures, if there are secrets.
    pub signature: Option<SignatureScheme>,
    /// Header of the signature, if it is not the scheme's own.
    pub signature_header: Option<String>,
    /// Header with the time that is signed, too.
    pub timestamp_header: Option<String>,
}

/// Scheme by which a source signs its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureScheme {
    /// `X-Hub-Signature-256: sha256=HEX`, an HMAC-SHA256 of the body.
    GitHub,
    /// `X-Gitea-Signature: HEX`, an HMAC-SHA256 of the body; Forgejo too.
    Gitea,
    /// `X-Grafana-Alerting-Signature: HEX`, an HMAC-SHA256 of the body, or of the time, a colon and the body.
    Grafana,
    /// `X-Gitlab-Token`: the secret itself.
    GitLab,
    /// `X-Signature: sha256=HEX`, an HMAC-SHA256 of the body, as Flux has it.
    Flux,
    /// `Sentry-Hook-Signature: HEX`, an HMAC-SHA256 of the body.
    Sentry,
    /// Standard Webhooks: an HMAC-SHA256 of the id, the time and the body.
    StandardWebhooks,
}

const SCHEMES: [(&str, SignatureScheme); 7] = [
    ("github", SignatureScheme::GitHub),
    ("gitea", SignatureScheme::Gitea),
    ("grafana", SignatureScheme::Grafana),
    ("gitlab", SignatureScheme::GitLab),
    ("flux", SignatureScheme::Flux),
    ("sentry", SignatureScheme::Sentry),
    ("standard_webhooks", SignatureScheme::StandardWebhooks),
];

/// A kind of payload, and the notification that it becomes.
#[derive(Debug, Clone)]
struct EventRule {
    name: String,
    when: Conditions,
    /// It ends something that an earlier event told of.
    resolves: bool,
    /// `None` if such payloads become no message.
    notification: Option<String>,
    fields: Vec<(String, Select)>,
    /// Path of the rule in the file.
    place: String,
}

/// Rule by which two payloads are the same.
#[derive(Debug, Clone)]
struct Repeat {
    within: Duration,
    key: Vec<Select>,
}

/// Text for a payload that cannot be shown.
#[derive(Debug, Clone, Default)]
struct Fallback {
    name: Option<Select>,
    status: Option<Select>,
    count: Option<Select>,
}

/// Keys that a preset sets.
const OWN_KEYS: [&str; 9] =
    ["requires", "event", "events", "notification", "fields", "repeat", "ended", "fallback", "form"];

/// Reads the table `hooks`. `people` are the names of the file's people, and `unknown_robot` describes a robot that the
/// file does not have.
pub(crate) fn read(
    mut section: Section<'_>,
    links: &Links,
    people: &[String],
    unknown_robot: &dyn Fn(&str) -> Option<Wording>,
) -> Vec<Hook> {
    let mut hooks = Vec::new();
    for name in section.keys() {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || name.len() > 32 || !name.chars().all(fits) {
            let problem = Wording::new(
                format!(
                    "invalid name {name:?}; it is part of an address: use ASCII letters, digits, `_` and `-`, at most 32"
                ),
                format!(
                    "名称 {name:?} 无效：它是地址的一部分，只能用英文字母、数字、`_` 和 `-`，最多 32 个字符"
                ),
            );
            section.fault(&name, problem);
        }
        if let Some(hook) = section.section(&name) {
            let hook = Hook::read(&name, hook, people, unknown_robot);
            hooks.extend(hook.map(|hook| Hook { links: links.clone(), ..hook }));
        }
    }
    hooks
}

impl Hook {
    fn read(
        name: &str,
        mut section: Section<'_>,
        people: &[String],
        unknown_robot: &dyn Fn(&str) -> Option<Wording>,
    ) -> Option<Self> {
        let place = section.path().to_owned();
        let before = section.fault_count();
        let language = section.choice("language", &[("en", Language::En), ("zh", Language::Zh)]);
        let language = language.unwrap_or_default();
        let mut hook = match section.text("preset") {
            Some(written) => {
                let hook = section.check("preset", preset::find(&written, language));
                for key in OWN_KEYS {
                    if section.asks_for(key) {
                        let problem = Wording::new(
                            format!(
                                "the preset has its own; to change it, print it with `relay preset show {written}`, \
                                 and copy what it prints into this file"
                            ),
                            format!(
                                "预设已有这一项；如需修改，请用 `relay preset show {written}` 打印预设，再复制到本文件"
                            ),
                        );
                        section.refuse(key, problem);
                    }
                }
                // Without the preset, the hook's own keys are read for their faults.
                Self { preset: Some(written), ..hook.unwrap_or_else(Self::without_rules) }
            }
            None => Self::read_rules(&mut section, &place),
        };
        name.clone_into(&mut hook.name);
        hook.language = language;
        hook.auth = read_auth(&mut section, hook.auth.signature);
        hook.manner = Manner::read(&mut section, hook.manner);
        let tells_length = |rule: &EventRule| rule.fields.iter().any(|(_, select)| select.is_of_memory());
        if hook.events.iter().any(tells_length) && !hook.manner.has_subject() && section.is_sound("subject") {
            let problem = Wording::new(
                "missing: `lasted` needs selections that identify an alert, for example `subject = [\"alert.id\"]`",
                "缺少这一项：`lasted` 需要能识别同一告警的选择，例如 `subject = [\"alert.id\"]`",
            );
            section.fault("subject", problem);
        }
        hook.mention = Mention::read(&mut section, people);
        hook.routes = route::read(&mut section, unknown_robot);
        if let Some(number) = section.integer("per_minute") {
            let number = u32::try_from(number).ok().filter(|number| *number > 0).ok_or_else(|| {
                Wording::new(
                    format!("invalid value {number}; expected at least 1"),
                    format!("应至少为 1，而不是 {number}"),
                )
            });
            hook.per_minute = section.check("per_minute", number).unwrap_or(PER_MINUTE);
        }
        if let Some(number) = section.integer("places") {
            let number = usize::try_from(number)
                .ok()
                .filter(|number| (1..=MAX_PLACES).contains(number))
                .ok_or_else(|| {
                    Wording::new(
                        format!("invalid value {number}; expected a number from 1 to {MAX_PLACES}"),
                        format!("应为 1 到 {MAX_PLACES}，而不是 {number}"),
                    )
                });
            hook.places = section.check("places", number).unwrap_or(PLACES);
        }
        section.report_unknown();
        (section.fault_count() == before).then_some(hook)
    }

    /// Reads the rules by which payloads become notifications.
    fn read_rules(section: &mut Section<'_>, place: &str) -> Self {
        let requires = Conditions::read(section, "requires");
        let event = section.asks_for("event").then(|| Select::read(section, "event")).flatten();
        let mut events = section
            .sections("events", |index, rule| EventRule::read(rule, &format!("{place}.events[{index}]")))
            .unwrap_or_default();
        if section.asks_for("notification") {
            let notification = section.text("notification");
            let fields = read_fields(section);
            if !events.is_empty() {
                let problem = Wording::new(
                    "a hook has either `notification` with `fields`, or `events`: remove one",
                    "`notification`（与 `fields`）和 `events` 只能有一个：请去掉一个",
                );
                section.fault("notification", problem);
            }
            events.push(EventRule {
                name: "message".to_owned(),
                when: Conditions::default(),
                resolves: false,
                notification,
                fields,
                place: place.to_owned(),
            });
        } else if events.is_empty() && section.is_sound("events") {
            let problem = Wording::new(
                "expected `preset`, `notification` with `fields`, or `events`",
                "应有 `preset`、`notification`（与 `fields`）或 `events`",
            );
            section.fault("", problem);
        }
        let repeat = section.section("repeat").and_then(Repeat::read);
        let ended = section.section("ended").and_then(Ended::read);
        let fallback = section.section("fallback").map(Fallback::read);
        let form = section.text("form");
        Self {
            form,
            requires,
            event,
            events,
            repeat,
            ended,
            fallback: fallback.unwrap_or_default(),
            ..Self::without_rules()
        }
    }

    fn without_rules() -> Self {
        Self {
            name: String::new(),
            preset: None,
            language: Language::default(),
            auth: HookAuth::default(),
            per_minute: PER_MINUTE,
            places: PLACES,
            form: None,
            requires: Conditions::default(),
            event: None,
            events: Vec::new(),
            repeat: None,
            ended: None,
            fallback: Fallback::default(),
            manner: Manner::default(),
            mention: Mention::default(),
            routes: Vec::new(),
            links: Links::default(),
            notifications: Vec::new(),
        }
    }

    /// Checks the rules against the notifications that they name, and makes what reads payloads. `tools` are the
    /// notifications of the program.
    ///
    /// # Errors
    ///
    /// Names everything that does not fit, each with its place in the file.
    pub fn source<'t>(&'t self, tools: impl IntoIterator<Item = &'t ToolType>) -> Result<HookSource, Error> {
        let mut faults = Vec::new();
        let tools: Vec<&ToolType> = self.notifications.iter().chain(tools).collect();
        let source = source::bind(self, &tools, &mut faults);
        Error::check(source, faults)
    }
}

impl EventRule {
    fn read(mut section: Section<'_>, place: &str) -> Option<Self> {
        let before = section.fault_count();
        let name = section.required_text("name");
        let when = Conditions::read(&mut section, "when");
        let skips = section.flag("skip").unwrap_or_default();
        let notification =
            if skips { section.text("notification") } else { section.required_text("notification") };
        if skips && notification.is_some() {
            let problem = Wording::new(
                "an event with `skip = true` becomes no message: remove one",
                "`skip = true` 的事件不产生消息：请去掉一个",
            );
            section.fault("notification", problem);
        }
        let resolves = section.flag("resolves").unwrap_or_default();
        let fields = read_fields(&mut section);
        section.report_unknown();
        let is_sound = section.fault_count() == before;
        let rule = Self { name: name?, when, resolves, notification, fields, place: place.to_owned() };
        is_sound.then_some(rule)
    }
}

fn read_fields(section: &mut Section<'_>) -> Vec<(String, Select)> {
    let Some(mut fields) = section.section("fields") else { return Vec::new() };
    let names = fields.keys();
    names
        .into_iter()
        .filter_map(|name| Select::read(&mut fields, &name).map(|select| (name, select)))
        .collect()
}

impl Repeat {
    fn read(mut section: Section<'_>) -> Option<Self> {
        let within = read_span(&mut section, "within");
        let key = read_selections(&mut section, "key");
        section.finish();
        (!key.is_empty()).then_some(Self { within: within?, key })
    }
}

impl Fallback {
    fn read(mut section: Section<'_>) -> Self {
        let [name, status, count] = ["name", "status", "count"]
            .map(|key| section.asks_for(key).then(|| Select::read(&mut section, key)).flatten());
        section.finish();
        Self { name, status, count }
    }
}

fn read_auth(section: &mut Section<'_>, of_preset: Option<SignatureScheme>) -> HookAuth {
    let is_open = section.choice("auth", &[("none", true)]).unwrap_or_default();
    let mut secrets = Vec::new();
    if let Some(given) = section.value("secret") {
        let texts = match &given {
            Toml::String(text) => Some(vec![text.as_str()]),
            Toml::Array(list) if !list.is_empty() => list.iter().map(Toml::as_str).collect(),
            _ => None,
        };
        match texts {
            None => {
                let expected = (
                    "a source such as `env:NAME`, or a list of sources",
                    "`env:名称` 这样的来源，或来源列表",
                );
                section.wrong_type::<()>("secret", expected, &given);
            }
            Some(texts) => {
                for text in texts {
                    // The text may be the secret: it is not repeated.
                    let source = SecretSource::reference(text).ok_or_else(|| {
                        Wording::new(
                            "secrets do not belong in this file: write `env:NAME` for an environment variable, or \
                             `file:PATH`",
                            "密钥不能写在配置文件里：请写 `env:名称`（环境变量）或 `file:路径`",
                        )
                    });
                    secrets.extend(section.check("secret", source));
                }
            }
        }
    }
    let signature = section.choice("signature", &SCHEMES).or(of_preset);
    let [signature_header, timestamp_header] = ["signature_header", "timestamp_header"]
        .map(|key| section.text(key).map(|name| name.to_ascii_lowercase()));
    let is_unknown = signature.is_none() && section.is_sound("signature") && section.is_sound("preset");
    if !secrets.is_empty() && is_unknown {
        let schemes: Vec<&str> = SCHEMES.iter().map(|(name, _)| *name).collect();
        let problem = Wording::new(
            format!("a `secret` needs the scheme of the signature: one of {}", schemes.join(", ")),
            format!("`secret` 需要签名方式：{} 之一", schemes.join("、")),
        );
        section.fault("signature", problem);
    }
    if is_open && !secrets.is_empty() {
        let problem = Wording::new(
            "`auth = \"none\"` and `secret` contradict each other: remove one",
            "`auth = \"none\"` 和 `secret` 互相矛盾：请去掉一个",
        );
        section.fault("auth", problem);
    }
    HookAuth { is_open, secrets, signature, signature_header, timestamp_header }
}

fn fault(place: &str, problem: impl Into<Wording>) -> Fault {
    Fault::new(FaultKind::Invalid, place, problem)
}
