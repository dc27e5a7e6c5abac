//! The form in which a field's values are shown: the keys `format` and `zone`.

use super::{FieldLocation, FieldRules, Findings, Role, ValueKind, zone::zone_problem};
use crate::suggest;

/// Names of the forms.
const NAMES: [&str; 4] = ["bytes", "duration", "thousands", "time"];

/// Conversions of a pattern: `%Y`. Times have no fractions of a second, and a value has no line breaks.
const CONVERSIONS: &str = "ABCDFGHIMPQRSTUVWYZabdeghjklmpsuwyz%";

/// The form in which a field's values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueFormat<'a> {
    /// A number of bytes, with its unit.
    Bytes,
    /// A length of time, with its units.
    Duration,
    /// A number, with separators.
    Thousands,
    /// A point in time.
    Time,
    /// A point in time, by a pattern of `strftime`.
    Pattern(&'a str),
}

impl<'a> ValueFormat<'a> {
    /// Parses the value of `format`. Any text with a `%` is a pattern.
    pub fn parse(written: &'a str) -> Option<Self> {
        Some(match written {
            "bytes" => Self::Bytes,
            "duration" => Self::Duration,
            "thousands" => Self::Thousands,
            "time" => Self::Time,
            pattern if pattern.contains('%') => Self::Pattern(pattern),
            _ => return None,
        })
    }

    /// Reports whether this is the form of a point in time.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Time | Self::Pattern(_))
    }
}

impl FieldRules {
    /// Returns the form that the field's keys ask for. A zone alone asks for a point in time.
    pub fn value_format(&self) -> Option<ValueFormat<'_>> {
        let zone = self.zone.as_ref().map(|_| ValueFormat::Time);
        self.format.as_deref().map_or(zone, ValueFormat::parse)
    }
}

/// Checks `format` and `zone`.
pub(super) fn check_value_format(index: usize, field: &FieldRules, findings: &mut Findings) {
    let given = [
        ("format", FieldLocation::Format, field.format.is_some()),
        ("zone", FieldLocation::Zone, field.zone.is_some()),
    ];
    // #[dingtalk(at, zone = "Asia/Shanghai")] people: Vec<Mobile>
    if field.role != Role::Value {
        for (key, location, _) in given.into_iter().filter(|(.., is_given)| *is_given) {
            let message = match field.role {
                Role::Skip => format!("a skipped field is not shown: remove `{key}`, or the `skip`"),
                _ => format!("a mention has a form of its own: remove `{key}`"),
            };
            findings.of_field(index, location, message);
        }
        return;
    }
    if let Some(written) = &field.format {
        let problem = match ValueFormat::parse(written) {
            None => Some(unknown(written)),
            Some(ValueFormat::Pattern(pattern)) => pattern_problem(pattern),
            Some(_) => None,
        };
        if let Some(problem) = problem.or_else(|| misfit(field, findings)) {
            findings.of_field(index, FieldLocation::Format, problem);
            return;
        }
    }
    if let Some(zone) = &field.zone {
        let ty = findings.dialect.a_type(&field.type_name);
        let problem = match field.value_format() {
            // #[dingtalk(format = "bytes", zone = "UTC")] size: u64
            Some(format) if !format.is_time() => {
                Some("only a point in time has a time zone: remove `zone`, or the `format`".to_owned())
            }
            // #[dingtalk(zone = "UTC")] host: String
            _ if !matches!(field.value, ValueKind::Foreign | ValueKind::Time) => {
                Some(format!("only a point in time has a time zone, and {ty} is not one: remove `zone`"))
            }
            // #[dingtalk(zone = "CST")] at: Timestamp
            _ => zone_problem(zone),
        };
        if let Some(problem) = problem {
            findings.of_field(index, FieldLocation::Zone, problem);
        }
    }
}

fn unknown(written: &str) -> String {
    let meant = suggest(written, NAMES).map(|meant| format!("; did you mean `{meant}`?"));
    let expected =
        "; expected `bytes`, `duration`, `thousands`, `time`, or a pattern such as `%Y-%m-%d %H:%M`";
    format!("unknown format `{written}`{}", meant.as_deref().unwrap_or(expected))
}

/// Returns the reason why the form does not fit the type. Types that are unknown here are checked by rustc.
fn misfit(field: &FieldRules, findings: &Findings) -> Option<String> {
    let format = field.value_format()?;
    let ty = findings.dialect.a_type(&field.type_name);
    let belongs_on = match format {
        ValueFormat::Bytes => "an integer",
        ValueFormat::Thousands => "a number",
        ValueFormat::Duration => "a duration",
        ValueFormat::Time | ValueFormat::Pattern(_) => "a point in time",
    };
    let fits = match field.value {
        ValueKind::Foreign => true,
        ValueKind::Number => match format {
            // #[dingtalk(format = "bytes")] size: f64
            ValueFormat::Bytes => !matches!(&*field.type_name, "f32" | "f64" | "number"),
            ValueFormat::Thousands => true,
            _ => false,
        },
        ValueKind::Time => format.is_time(),
        ValueKind::Duration => format == ValueFormat::Duration,
        ValueKind::Text | ValueKind::Markdown | ValueKind::Flag | ValueKind::Own => false,
    };
    let written = field.format.as_deref().unwrap_or_default();
    (!fits).then(|| format!("the format `{written}` belongs on {belongs_on}, and {ty} is not one: remove it"))
}

/// Returns the problem of a pattern.
fn pattern_problem(pattern: &str) -> Option<String> {
    let mut rest = pattern;
    while let Some((_, conversion)) = rest.split_once('%') {
        // `%-d`, `%02H`, `%:z`
        let letter = conversion.trim_start_matches(['-', '_', '0', '^', '#', ':']);
        // `%3f`, `%.3f`
        let unit = conversion.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        if unit.starts_with(['f', 'N', 'L']) {
            let written = &conversion[..=conversion.len() - unit.len()];
            return Some(format!("`%{written}`: a time is shown in whole seconds; remove it"));
        }
        let skipped = conversion.len() - letter.len();
        let Some(kind) = letter.chars().next() else {
            return Some("the pattern ends in `%`: write `%%` for a percent sign".to_owned());
        };
        let colons = conversion[..skipped].contains(':');
        if !CONVERSIONS.contains(kind)
            || (colons && !matches!(kind, 'z' | 'Q'))
            || (kind == '%' && skipped > 0)
        {
            let written = &conversion[..skipped + kind.len_utf8()];
            return Some(format!(
                "unknown conversion `%{written}`; expected one such as `%Y`, `%m`, `%d`, `%H`, `%M`, `%S` or `%:z`"
            ));
        }
        rest = &letter[kind.len_utf8()..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_known_conversions() {
        for pattern in
            ["%Y-%m-%d %H:%M:%S %:z", "%m月%d日 %H:%M", "%-d. %B", "100%%", "%::z %Q", "%F %T", "%02H"]
        {
            // `%02H` has a width, which is not known.
            let problem = pattern_problem(pattern);
            assert_eq!(problem.is_some(), pattern == "%02H", "{pattern}: {problem:?}");
        }
        for (pattern, words) in [
            ("%", "ends in `%`"),
            ("%-", "ends in `%`"),
            ("%H:%N", "whole seconds"),
            ("%H:%.3f", "`%.3f`: a time is shown in whole seconds"),
            ("%3N", "`%3N`: a time is shown in whole seconds"),
            ("%E", "unknown conversion `%E`"),
            ("%:H", "unknown conversion `%:H`"),
            ("%年", "unknown conversion `%年`"),
            ("%n", "unknown conversion `%n`"),
        ] {
            let problem = pattern_problem(pattern).unwrap_or_default();
            assert!(problem.contains(words), "{pattern}: {problem}");
        }
    }
}
