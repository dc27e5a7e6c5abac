//! The program's environment variables: their values, and misspelt names.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

use dingtalk_config::{Fault, FaultKind, Wording};
use dingtalk_template::suggest;

use super::table::{self, Setting};

const OURS: &str = "DINGTALK_NOTIFY_";

/// Prefix shared with other programs: mcp-dingding-bot has the same names.
const SHARED: &str = "DINGTALK_BOT_";

/// Prefix of this program's variables under its former name.
const FORMER: &str = "DINGTALK_MCP_";

/// Variables of the environment with one of the prefixes. A blank variable counts as not set.
#[derive(Debug, Default)]
pub(super) struct Variables(BTreeMap<String, OsString>);

impl Variables {
    pub(super) fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let prefixes = [OURS, SHARED, FORMER];
        let known = environment.into_iter().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            // Windows ignores case.
            let name = if cfg!(windows) { name.to_ascii_uppercase() } else { name };
            let is_ours = prefixes.iter().any(|prefix| name.to_ascii_uppercase().starts_with(prefix));
            (is_ours && !is_blank(&value)).then_some((name, value))
        });
        Self(known.collect())
    }

    /// Returns the value of a setting's variable, if it is set.
    pub(super) fn get(&self, setting: &Setting) -> Result<Option<&str>, Fault> {
        self.0
            .get(setting.variable)
            .map(|value| value.to_str().map(str::trim).ok_or_else(|| not_utf8(setting)))
            .transpose()
    }

    /// Returns the faults of variables under their former names.
    pub(super) fn former(&self) -> Vec<Fault> {
        let names = self.0.keys().map(String::as_str);
        names.filter(|name| name.to_ascii_uppercase().starts_with(FORMER)).filter_map(judge).collect()
    }

    /// Returns the faults of unknown variables: all with our prefix, and those with the shared prefix that look
    /// misspelt. `referenced` are the variables that the configuration file refers to.
    pub(super) fn unknown(&self, referenced: &[&str]) -> Vec<Fault> {
        let names = self.0.keys().map(String::as_str);
        let unknown = names.filter(|name| !is_known(name) && !referenced.contains(name));
        unknown.filter_map(judge).collect()
    }
}

fn is_blank(value: &OsStr) -> bool {
    value.to_str().is_some_and(|value| value.trim().is_empty())
}

fn is_known(name: &str) -> bool {
    table::ALL.iter().any(|setting| setting.variable == name)
}

fn not_utf8(setting: &Setting) -> Fault {
    Fault::new(
        FaultKind::Invalid,
        setting.variable,
        Wording::new("the value is not UTF-8", "值不是 UTF-8 编码"),
    )
}

fn judge(name: &str) -> Option<Fault> {
    let upper = name.to_ascii_uppercase();
    let problem = if let Some(rest) = upper.strip_prefix(FORMER) {
        let now = format!("{OURS}{rest}");
        let now = if is_known(&now) { Some(&*now) } else { nearest(&now, OURS) };
        let now = now.map_or(format!("{OURS}…"), str::to_owned);
        Wording::new(
            format!("this variable has been renamed to `{now}`"),
            format!("这个变量已改名为 `{now}`"),
        )
    } else {
        let prefix = if upper.starts_with(OURS) { OURS } else { SHARED };
        match nearest(&upper, prefix) {
            Some(meant) => Wording::new(
                format!("unknown variable; did you mean `{meant}`?"),
                format!("未知的变量；是否想写 `{meant}`？"),
            ),
            None if prefix == OURS => Wording::new(
                "unknown variable; `--help` lists the known ones",
                "未知的变量；可用的变量见 `--help`",
            ),
            // It may belong to another program.
            None => return None,
        }
    };
    Some(Fault::new(FaultKind::Invalid, name, problem))
}

/// Returns the setting's variable that a name misspells. A name that only adds a number is not misspelt: it belongs to
/// another robot.
fn nearest(name: &str, prefix: &str) -> Option<&'static str> {
    let rest = name.strip_prefix(prefix)?;
    let plain = rest.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let known = || table::ALL.iter().filter_map(|setting| setting.variable.strip_prefix(prefix));
    if plain != rest && known().any(|known| known == plain) {
        return None;
    }
    let meant = suggest(rest, known())?;
    table::ALL
        .iter()
        .map(|setting| setting.variable)
        .find(|variable| variable.strip_prefix(prefix) == Some(meant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(names: &[&str]) -> Variables {
        Variables::new(names.iter().map(|name| ((*name).into(), "1".into())))
    }

    fn unknown(name: &str) -> Option<String> {
        variables(&[name]).unknown(&[]).first().map(ToString::to_string)
    }

    #[test]
    fn a_former_name_is_an_error_that_names_the_new_one() {
        for (name, now) in [
            ("DINGTALK_MCP_AT_ALL", "`DINGTALK_NOTIFY_AT_ALL`"),
            ("DINGTALK_MCP_TOOL", "`DINGTALK_NOTIFY_TOOLS`"),
            ("DINGTALK_MCP_SOMETHING", "`DINGTALK_NOTIFY_…`"),
        ] {
            let fault = unknown(name).expect(name);
            assert!(fault.starts_with(name) && fault.contains(now), "{fault}");
        }
    }

    #[test]
    fn an_unknown_variable_is_an_error_and_a_shared_one_only_if_misspelt() {
        for (name, expected) in [
            ("DINGTALK_NOTIFY_AT_AL", Some("did you mean `DINGTALK_NOTIFY_AT_ALL`?")),
            ("DINGTALK_NOTIFY_SOMETHING", Some("`--help` lists")),
            ("dingtalk_notify_at_all", Some("did you mean `DINGTALK_NOTIFY_AT_ALL`?")),
            ("DINGTALK_BOT_SECRETS", Some("did you mean `DINGTALK_BOT_SECRET`?")),
            ("DINGTALK_BOT_KEYWROD", Some("did you mean `DINGTALK_BOT_KEYWORD`?")),
            ("DINGTALK_BOT_ACCESSTOKEN", Some("did you mean `DINGTALK_BOT_ACCESS_TOKEN`?")),
            ("DINGTALK_BOT_NAME", None),
            ("DINGTALK_BOT_SECRET_2", None),
            ("DINGTALK_BOT_ACCESS_TOKEN1", None),
            ("DINGTALK_APP_KEY", None),
        ] {
            if cfg!(windows) && name.starts_with('d') {
                continue;
            }
            let fault = unknown(name);
            match expected {
                Some(expected) => {
                    assert!(
                        fault.as_ref().is_some_and(|fault| fault.contains(expected)),
                        "{name}: {fault:?}"
                    );
                }
                None => assert_eq!(fault, None, "{name}"),
            }
        }
        assert!(table::ALL.iter().all(|setting| unknown(setting.variable).is_none()));
    }

    #[test]
    fn a_variable_that_the_file_refers_to_is_known() {
        assert!(variables(&["DINGTALK_BOT_SECRETS"]).unknown(&["DINGTALK_BOT_SECRETS"]).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_utf_8_counts_as_set() {
        use std::os::unix::ffi::OsStringExt as _;

        let value = OsString::from_vec(vec![0xff]);
        let variables = Variables::new([(OsString::from("DINGTALK_NOTIFY_AT_ALL"), value)]);
        assert!(variables.get(&table::AT_ALL).is_err());
    }
}
