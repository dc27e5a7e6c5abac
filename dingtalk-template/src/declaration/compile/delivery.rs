//! Templates of the delivery options.

use super::{
    super::{Cardinality, DeliveryRules, DeliveryTemplates, Location, Source, ThrottleTemplates},
    Resolver,
};
use crate::{Resolved, Syntax, Template, compile};

impl Resolver<'_> {
    /// Compiles the delivery options. Their values have a list of their own.
    pub(super) fn delivery(&self, rules: &DeliveryRules) -> Option<DeliveryTemplates> {
        rules.keys().next()?;
        let template = |text: &Option<String>, location: Location, key: &str| {
            text.as_ref().and_then(|text| self.delivery_template(text, location, key))
        };
        let group = template(&rules.group, Location::Group, "group");
        let digest = template(&rules.digest, Location::Digest, "digest");
        let throttle = rules.throttle.as_ref().map(|rule| {
            let by = rule.by.iter().filter_map(|name| {
                // throttle = "1 per 10m by hst"
                if self.find(name).is_none() {
                    self.push(Location::Throttle, self.no_field(name));
                    return None;
                }
                let template =
                    self.delivery_template(&format!("{{{name}}}"), Location::Throttle, "throttle")?;
                Some((name.clone(), template))
            });
            ThrottleTemplates { limit: rule.limit, span: rule.span, by: by.collect() }
        });
        Some(DeliveryTemplates {
            urgent: rules.urgent,
            group,
            digest,
            dedupe: rules.dedupe.as_ref().map(|rule| rule.span),
            throttle,
            values: std::mem::take(&mut self.state.borrow_mut().values),
        })
    }

    /// Compiles a template of the delivery options: one line of plain text.
    pub(super) fn delivery_template(&self, text: &str, location: Location, key: &str) -> Option<Template> {
        // group = " "
        if text.trim().is_empty() {
            self.push(location, format!("`{key}` is empty: write it, or remove it"));
            return None;
        }
        // digest = "{host}\n{percent}"
        if text.trim().contains('\n') {
            self.push(location, format!("`{key}` is one line: remove the line break"));
            return None;
        }
        let mut resolve = |name: &str, spec: &str| {
            let Some(source) = self.find(name) else {
                return Resolved::inline(self.unknown(name, location));
            };
            let Source::Field(index) = source else {
                return Resolved::inline(self.value(source, spec, false, location));
            };
            let field = self.fields[index];
            let several = self.dialect.several(field.cardinality).filter(|_| !field.is_inline());
            if field.is_mention() {
                // digest = "{people}" with #[dingtalk(at)] people: Vec<Mobile>
                self.push(location, format!("`{name}` mentions people, and `{key}` cannot: remove it"));
            } else if let Some(several) = several {
                // group = "{region}" with region: Option<String>
                let keys = self.dialect.inline_keys(field.cardinality);
                self.push(
                    location,
                    format!("`{name}` is {several}, and `{key}` is one line: say how it is shown there with `{keys}`"),
                );
            }
            if location == Location::Throttle {
                let several = field.cardinality != Cardinality::One && field.is_inline();
                let source = if several { Source::Inline(index) } else { source };
                return Resolved::inline(self.value(source, spec, true, location));
            }
            Resolved::inline(self.inline_value(index, field, spec, location))
        };
        match compile(text, Syntax::Title, &mut resolve) {
            Ok(template) => Some(template),
            Err(problems) => {
                for problem in &problems {
                    self.report(location, problem);
                }
                None
            }
        }
    }
}
