//! Findings about keys of an enum, which apply to each of its variants.

use dingtalk_template::declaration::{Finding, Location};

use crate::{
    errors::Errors,
    model::{Model, Variant},
};

/// Collects findings, to report each of them once.
#[derive(Default)]
pub(super) struct Shared<'m>(Vec<(Finding, Vec<&'m Variant<'m>>)>);

impl<'m> Shared<'m> {
    /// Adds a finding of this variant about a key of its enum.
    pub(super) fn add(&mut self, finding: Finding, variant: &'m Variant<'m>) {
        // A name may be like a field of one variant only.
        let problem = |finding: &Finding| {
            (finding.location, finding.message.split("; did you mean").next().unwrap_or_default().to_owned())
        };
        match self.0.iter_mut().find(|(known, _)| problem(known) == problem(&finding)) {
            Some((_, variants)) => variants.push(variant),
            None => self.0.push((finding, vec![variant])),
        }
    }

    /// Reports each finding once, with the names of the variants unless it is about all that inherit the enum's key.
    pub(super) fn report(self, model: &Model<'_>, errors: &Errors) {
        for (Finding { location, message, .. }, variants) in self.0 {
            let Some(first) = variants.first() else { continue };
            let heirs = model.variants.iter().filter(|variant| variant.inherited.contains(&location));
            if variants.len() == heirs.count() {
                errors.at(first.tokens(location), message);
                continue;
            }
            let names = variants.iter().filter_map(|variant| variant.ident);
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            let (s, names) = (if names.len() == 1 { "" } else { "s" }, names.join(", "));
            let replaced = match location {
                Location::Group => "; a `group` on the variant replaces this one",
                Location::Digest => "; a `digest` on the variant replaces this one",
                Location::Throttle => "; a `throttle` on the variant replaces this one",
                _ => "",
            };
            // #[dingtalk(group = "{host}")] enum Alert { … Over {} }
            let message = format!("in the variant{s} {names}, {message}{replaced}");
            errors.at(first.tokens(location), message);
        }
    }
}
