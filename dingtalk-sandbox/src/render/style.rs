//! The style sheet of messages: the measures as variables, and the rules that use them.

use std::collections::BTreeSet;

use super::{
    element::Element,
    measure::{MEASURES, Measure},
};

const RULES: &str = include_str!("message.css");

/// Returns the style sheet of messages. The dark values apply below `data-theme="dark"`, and below
/// `data-theme="auto"` if the reader's system is dark.
#[must_use]
pub fn style_sheet() -> String {
    let light: String = MEASURES.iter().map(|it| variable(it, it.value)).collect();
    let dark: String = MEASURES.iter().filter_map(|it| Some(variable(it, it.dark?))).collect();
    format!(
        "[data-theme] {{ color-scheme: light; {light}}}\n[data-theme=dark] {{ color-scheme: dark; {dark}}}\n\
         @media (prefers-color-scheme: dark) {{ [data-theme=auto] {{ color-scheme: dark; {dark}}} }}\n{RULES}"
    )
}

fn variable(measure: &Measure, value: &str) -> String {
    format!("--{}: {value}; ", measure.name)
}

/// Returns rules for the colours of texts: a strict page has no inline styles.
#[must_use]
pub fn colour_rules<'a>(elements: impl IntoIterator<Item = &'a Element>) -> String {
    let mut colours = BTreeSet::new();
    for element in elements {
        element.each("data-colour", &mut |colour| {
            colours.insert(colour.to_owned());
        });
    }
    let rule = |colour: &String| format!(".dt-colour[data-colour=\"{colour}\"] {{ color: {colour}; }}\n");
    colours.iter().map(rule).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number of DingTalk's comes from the table, and every row of the table is drawn.
    #[test]
    fn rules_and_measures_match() {
        let used: BTreeSet<_> =
            RULES.split("var(--").skip(1).filter_map(|rest| rest.split([')', ',']).next()).collect();
        let known: BTreeSet<_> = MEASURES.iter().map(|it| it.name).collect();
        let of_dingtalk = |name: &&&str| name.starts_with("dt-");
        let undefined: Vec<_> = used.iter().filter(of_dingtalk).filter(|it| !known.contains(**it)).collect();
        assert!(undefined.is_empty(), "used and not defined: {undefined:?}");
        let unused: Vec<_> = known.difference(&used).collect();
        assert!(unused.is_empty(), "defined and not drawn: {unused:?}");
        let colours = RULES.lines().filter(|line| line.contains('#') && !line.trim_start().starts_with("/*"));
        let stray: Vec<_> =
            colours.filter(|line| !line.contains("dt-hue") && !line.contains("#fff")).collect();
        assert!(stray.is_empty(), "colours outside of the table: {stray:?}");
    }
}
