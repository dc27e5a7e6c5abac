//! Reading of each setting, once: from the flag, else the variable, else the default. Faults are collected.

use std::ops::RangeInclusive;

use dingtalk_config::{Fault, FaultKind, Wording};
use dingtalk_core::delivery::SecretSource;

use super::{table::Setting, variables::Variables};

/// A value, with its flag or variable.
#[derive(Debug, Clone)]
pub(super) struct Given<T> {
    pub(super) value: T,
    pub(super) source: &'static str,
}

/// A secret's source, with the variable that names it.
pub(super) type GivenSecret = Given<SecretSource>;

pub(super) struct Reader<'v> {
    variables: &'v Variables,
    pub(super) faults: Vec<Fault>,
}

impl<'v> Reader<'v> {
    pub(super) fn new(variables: &'v Variables) -> Self {
        Self { variables, faults: Vec::new() }
    }

    pub(super) fn text(&mut self, setting: &Setting, flag: Option<String>) -> Option<Given<String>> {
        let flag = flag.filter(|value| !value.trim().is_empty());
        if let (Some(value), Some(source)) = (flag, setting.flag) {
            return Some(Given { value, source });
        }
        let variable = self.variables.get(setting).unwrap_or_else(|fault| {
            self.faults.push(fault);
            None
        });
        variable.map(|value| Given { value: value.to_owned(), source: setting.variable })
    }

    /// Reads the elements of a list, separated by commas.
    pub(super) fn list(&mut self, setting: &Setting, flag: &[String]) -> Option<Vec<String>> {
        let flag = Some(flag.join(",")).filter(|list| !list.is_empty());
        let list = self.text(setting, flag)?;
        let elements = list.value.split(',').map(str::trim).filter(|element| !element.is_empty());
        Some(elements.map(str::to_owned).collect())
    }

    pub(super) fn number(&mut self, setting: &Setting, allowed: RangeInclusive<u32>) -> Option<u32> {
        self.number_or_flag(setting, None, allowed)
    }

    pub(super) fn number_or_flag(
        &mut self,
        setting: &Setting,
        flag: Option<String>,
        allowed: RangeInclusive<u32>,
    ) -> Option<u32> {
        let given = self.text(setting, flag)?;
        let number = given.value.parse::<u32>().ok().filter(|number| allowed.contains(number));
        let (least, most) = allowed.into_inner();
        if number.is_none() {
            let Given { value, source } = given;
            let range = |english: &str, from: &str, to: &str| match most {
                u32::MAX => english.to_owned(),
                _ => format!("{english}{from}{least}{to}{most}"),
            };
            let problem = Wording::new(
                format!("invalid value {value:?}; expected {}", range("a whole number", " from ", " to ")),
                format!("应为{}，而不是 {value:?}", range("整数", "，从 ", " 到 ")),
            );
            self.faults.push(Fault::new(FaultKind::Invalid, source, problem));
        }
        number
    }

    /// Reads a flag of the command line, or its variable; `None` if neither is given.
    pub(super) fn optional_flag(&mut self, setting: &Setting, flag: bool) -> Option<bool> {
        let is_given = flag || self.text(setting, None).is_some();
        is_given.then(|| self.flag(setting, flag))
    }

    /// Reads a flag of the command line, or its variable. An invalid value counts as on: it must not send.
    pub(super) fn flag(&mut self, setting: &Setting, flag: bool) -> bool {
        const VALUES: [(&str, bool); 4] = [("1", true), ("0", false), ("true", true), ("false", false)];
        let Some(given) = self.text(setting, None) else { return flag };
        let value = given.value.to_ascii_lowercase();
        match VALUES.iter().find(|(word, _)| *word == value) {
            Some((_, value)) => flag || *value,
            None => {
                let Given { value, source } = given;
                let problem = Wording::new(
                    format!("invalid value {value:?}; expected `1` or `0`"),
                    format!("应为 `1` 或 `0`，而不是 {value:?}"),
                );
                self.faults.push(Fault::new(FaultKind::Invalid, source, problem));
                true
            }
        }
    }

    pub(super) fn choice<T: Copy>(&mut self, setting: &Setting, values: &[(&str, T)]) -> Option<T> {
        let Given { value, source } = self.text(setting, None)?;
        let found = values.iter().find(|(word, _)| *word == value).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<&str> = values.iter().map(|(word, _)| *word).collect();
            let problem = Wording::new(
                format!("invalid value {value:?}; expected one of `{}`", words.join("`, `")),
                format!("应为 `{}` 之一，而不是 {value:?}", words.join("`、`")),
            );
            self.faults.push(Fault::new(FaultKind::Invalid, source, problem));
        }
        found
    }

    /// Reads a secret from one variable.
    pub(super) fn secret_text(&mut self, setting: &Setting) -> Option<GivenSecret> {
        self.text(setting, None).map(|given| given.map(|text| SecretSource::parse(&text)))
    }

    /// Reads a secret from one variable, or from a file that another variable names.
    pub(super) fn secret(&mut self, setting: &Setting, file: &Setting) -> Option<GivenSecret> {
        let value = self.secret_text(setting);
        // A pair of quotes with nothing in it is blank, too.
        let is_set = |given: &GivenSecret| !matches!(given.value.read_optional(), Ok(None));
        let value = value.filter(is_set);
        let path = self.text(file, None).map(|given| given.map(SecretSource::file));
        if let (Some(value), Some(path)) = (&value, &path) {
            let problem = Wording::new(
                format!("{} and {} are both set; unset one of them", value.source, path.source),
                format!("{} 和 {} 同时设置了：请只保留一个", value.source, path.source),
            );
            self.faults.push(Fault::new(FaultKind::Invalid, "", problem));
        }
        value.or(path)
    }
}

impl<T> Given<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Given<U> {
        Given { value: change(self.value), source: self.source }
    }
}
