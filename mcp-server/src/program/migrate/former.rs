//! The configuration of prometheus-webhook-dingtalk 2, read as strictly as it reads it itself.

use dingtalk_config::{Error, Fault, FaultKind, Wording};
use dingtalk_template::suggest;
use secrecy::SecretString;
use url::Url;

use super::yaml::{self, Node, Value};

/// Maximum length of a target's name: that of a robot and of a hook.
const MAX_NAME: usize = 32;

/// Content of the file.
#[derive(Default)]
pub(super) struct Former {
    pub(super) has_no_builtin_template: bool,
    /// Patterns of template files.
    pub(super) templates: Vec<String>,
    pub(super) default_message: Option<Written>,
    pub(super) has_timeout: bool,
    pub(super) targets: Vec<Target>,
}

/// A target: a group, and what it is told.
pub(super) struct Target {
    pub(super) name: String,
    pub(super) webhook: Webhook,
    pub(super) secret: Option<SecretString>,
    pub(super) mentions_all: bool,
    /// Numbers as they are written, each with its line.
    pub(super) mobiles: Vec<(String, usize)>,
    pub(super) message: Option<Written>,
}

/// Address of a robot.
pub(super) struct Webhook {
    pub(super) token: SecretString,
    /// Address of the server, unless it is DingTalk's.
    pub(super) base_url: Option<String>,
    pub(super) is_plain_http: bool,
}

/// Go templates of a message.
#[derive(Clone)]
pub(super) struct Written {
    /// `None` for the built-in one.
    pub(super) title: Option<(String, usize)>,
    pub(super) text: Option<(String, usize)>,
}

impl Former {
    /// Reads the text of the file.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let root = yaml::read(text).map_err(|malformed| {
            let (line, reason) = (malformed.line, malformed.reason);
            // The reason names a construct and quotes nothing.
            let problem = Wording::new(format!("not YAML: {reason}"), format!("不是有效的 YAML：{reason}"));
            Fault::new(FaultKind::Syntax, format!("line {line}"), problem)
        })?;
        let mut faults = Vec::new();
        let former = Self::read(root, &mut faults);
        Error::check(former, faults)
    }

    fn read(root: Node, faults: &mut Vec<Fault>) -> Self {
        let mut former = Self::default();
        let mut table = Table::new("", root, faults);
        former.has_no_builtin_template = table.flag("no_builtin_template");
        former.templates = table.texts("templates").into_iter().map(|(text, _)| text).collect();
        former.templates.extend(table.text("template").map(|(text, _)| text));
        former.templates.retain(|pattern| !pattern.is_empty());
        former.default_message = table.table("default_message").map(Written::read);
        former.has_timeout = table.text("timeout").is_some();
        if let Some(mut targets) = table.table("targets") {
            for name in targets.keys() {
                let line = targets.line(&name);
                let place = format!("targets.{name} (line {line})");
                if let Some(problem) = name_problem(&name) {
                    targets.faults.push(Fault::new(FaultKind::Invalid, place.clone(), problem));
                }
                let target = targets.table(&name);
                former.targets.extend(target.and_then(|target| Target::read(name, target)));
            }
        }
        if former.targets.is_empty() && table.faults.is_empty() {
            let problem = Wording::new("there are no targets to move", "没有可迁移的 target");
            table.faults.push(Fault::new(FaultKind::Invalid, "targets", problem));
        }
        table.finish();
        former
    }
}

fn name_problem(name: &str) -> Option<Wording> {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if !begins || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return Some(Wording::new(
            "invalid name; it begins with a letter, and has letters, digits, `-` and `_`",
            "名称无效：以英文字母开头，只含英文字母、数字、`-` 和 `_`",
        ));
    }
    (name.len() > MAX_NAME).then(|| {
        Wording::new(
            format!(
                "a robot's name has at most {MAX_NAME} characters: shorten it here, and in alertmanager.yml"
            ),
            format!("机器人的名称最多 {MAX_NAME} 个字符：请在这里和 alertmanager.yml 里改短"),
        )
    })
}

impl Target {
    fn read(name: String, mut table: Table<'_>) -> Option<Self> {
        let url = table.text("url");
        if url.is_none() && !table.has_fault("url") {
            table.fault("url", Wording::new("missing", "缺少这一项"));
        }
        let webhook =
            url.and_then(|(url, _)| Webhook::parse(&url).map_err(|problem| table.fault("url", problem)).ok());
        let secret = table.text("secret").map(|(secret, _)| SecretString::from(secret));
        let (mut mentions_all, mut mobiles) = (false, Vec::new());
        if let Some(mut mention) = table.table("mention") {
            mentions_all = mention.flag("all");
            mobiles = mention.texts("mobiles");
            mention.finish();
        }
        let message = table.table("message").map(Written::read);
        table.finish();
        Some(Self { name, webhook: webhook?, secret, mentions_all, mobiles, message })
    }
}

impl Webhook {
    /// Reads a webhook's address. The text holds a secret, and no problem repeats it.
    fn parse(text: &str) -> Result<Self, Wording> {
        let invalid = || {
            Wording::new(
                "invalid address; expected `https://oapi.dingtalk.com/robot/send?access_token=…`",
                "地址无效；应为 `https://oapi.dingtalk.com/robot/send?access_token=…`",
            )
        };
        let url = Url::parse(text.trim()).map_err(|_| invalid())?;
        let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")).ok_or_else(invalid)?;
        let token = url.query_pairs().find(|(key, _)| key == "access_token").map(|(_, token)| token);
        let token = token
            .filter(|token| !token.trim().is_empty())
            .ok_or_else(|| Wording::new("the address has no `access_token`", "地址里没有 `access_token`"))?;
        let before = url.path().strip_suffix("/robot/send").ok_or_else(|| {
            Wording::new(
                "the path of the address does not end with `/robot/send`",
                "地址的路径不是以 `/robot/send` 结尾",
            )
        })?;
        let is_plain_http = url.scheme() == "http";
        let is_dingtalk = host == "oapi.dingtalk.com" && !is_plain_http && before.is_empty();
        let base_url = (!is_dingtalk).then(|| format!("{}{before}", url.origin().ascii_serialization()));
        Ok(Self { token: SecretString::from(token.into_owned()), base_url, is_plain_http })
    }
}

impl Written {
    fn read(mut table: Table<'_>) -> Self {
        let written = Self { title: table.text("title"), text: table.text("text") };
        table.finish();
        written
    }
}

/// A table of the file; each key is asked for once.
struct Table<'f> {
    path: String,
    entries: Vec<(String, usize, Node)>,
    asked: Vec<&'static str>,
    line: usize,
    faults: &'f mut Vec<Fault>,
}

impl<'f> Table<'f> {
    fn new(path: &str, node: Node, faults: &'f mut Vec<Fault>) -> Self {
        let line = node.line;
        let entries = match node.value {
            Value::Table(entries) => entries,
            Value::Null => Vec::new(),
            other => {
                let place =
                    if path.is_empty() { format!("line {line}") } else { format!("{path} (line {line})") };
                faults.push(Fault::new(FaultKind::Invalid, place, wrong_type(("a table", "表"), &other)));
                Vec::new()
            }
        };
        Self { path: path.to_owned(), entries, asked: Vec::new(), line, faults }
    }

    fn keys(&self) -> Vec<String> {
        self.entries.iter().map(|(key, ..)| key.clone()).collect()
    }

    fn line(&self, key: &str) -> usize {
        self.entries.iter().find(|(known, ..)| known == key).map_or(self.line, |(_, line, _)| *line)
    }

    fn place(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn fault(&mut self, key: &str, problem: Wording) {
        let place = format!("{} (line {})", self.place(key), self.line(key));
        self.faults.push(Fault::new(FaultKind::Invalid, place, problem));
    }

    fn has_fault(&self, key: &str) -> bool {
        let place = format!("{} ", self.place(key));
        self.faults.iter().any(|fault| fault.place.starts_with(&place))
    }

    /// Returns a value that is not null.
    fn get(&self, key: &str) -> Option<Node> {
        let found = self.entries.iter().find(|(known, ..)| known == key)?;
        (!matches!(found.2.value, Value::Null)).then(|| found.2.clone())
    }

    fn ask(&mut self, key: &'static str) -> Option<Node> {
        self.asked.push(key);
        self.get(key)
    }

    fn text(&mut self, key: &'static str) -> Option<(String, usize)> {
        let node = self.ask(key)?;
        match node.value {
            Value::Text(text) => Some((text, node.line)),
            other => {
                self.fault(key, wrong_type(("a text", "文本"), &other));
                None
            }
        }
    }

    /// Reads a switch with the words of YAML 1.1, as its former reader did.
    fn flag(&mut self, key: &'static str) -> bool {
        let Some((text, _)) = self.text(key) else { return false };
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => true,
            "false" | "no" | "off" | "n" => false,
            _ => {
                self.fault(key, Wording::new("expected true or false", "应为 true 或 false"));
                false
            }
        }
    }

    fn texts(&mut self, key: &'static str) -> Vec<(String, usize)> {
        let Some(node) = self.ask(key) else { return Vec::new() };
        let list = match node.value {
            Value::List(list) => list,
            other => {
                self.fault(key, wrong_type(("a list of texts", "文本列表"), &other));
                return Vec::new();
            }
        };
        let mut texts = Vec::new();
        for element in list {
            match element.value {
                Value::Text(text) => texts.push((text, element.line)),
                other => self.fault(key, wrong_type(("a list of texts", "文本列表"), &other)),
            }
        }
        texts
    }

    /// Returns a table below this one; its keys may be names.
    fn table(&mut self, key: &str) -> Option<Table<'_>> {
        let known = ["default_message", "targets", "mention", "message"];
        self.asked.extend(known.into_iter().find(|known| *known == key));
        let node = self.get(key)?;
        let path = self.place(key);
        Some(Table::new(&path, node, self.faults))
    }

    /// Reports the keys that nobody has asked for.
    fn finish(mut self) {
        for key in self.keys() {
            if self.asked.contains(&key.as_str()) {
                continue;
            }
            let asked = self.asked.iter().copied();
            let shown = key.escape_debug();
            let problem = match suggest(&key, asked) {
                Some(meant) => Wording::new(
                    format!("unknown key `{shown}`; did you mean `{meant}`?"),
                    format!("未知的键 `{shown}`；是否想写 `{meant}`？"),
                ),
                None => Wording::new(
                    format!("unknown key `{shown}`; expected one of {}", self.asked.join(", ")),
                    format!("未知的键 `{shown}`；可用的有 {}", self.asked.join("、")),
                ),
            };
            self.fault(&key, problem);
        }
    }
}

/// Does not repeat the value: it may be a secret in the wrong place.
fn wrong_type(expected: (&str, &str), given: &Value) -> Wording {
    let (kind, chinese) = match given {
        Value::Null => ("nothing", "空值"),
        Value::Text(_) => ("a text", "文本"),
        Value::List(_) => ("a list", "列表"),
        Value::Table(_) => ("a table", "表"),
    };
    Wording::new(
        format!("expected {}, found {kind}", expected.0),
        format!("应为{}，而不是{chinese}", expected.1),
    )
}
