//! The robots that a call can choose from.

use std::{fmt, sync::Arc};

use dingtalk_core::{
    Deliver,
    delivery::Overflow,
    message::{Fault, Faults, Keyword},
    pool::Router,
};
use dingtalk_template::suggest;
use serde_json::{Map, Value};

use super::policy::{AtAll, Confirm, Policy};
use crate::{Error, definition::Deployment};

/// A robot, or several robots of one group, under the name by which calls choose it.
#[derive(Clone)]
pub struct Target {
    name: String,
    about: String,
    deliver: Arc<dyn Deliver>,
    policy: Policy,
    keyword: Option<Keyword>,
    overflow: Overflow,
}

impl Target {
    /// Creates a robot with a name; `about` is the purpose of its group, by which agents choose.
    pub fn new(name: impl Into<String>, about: impl Into<String>, deliver: impl Deliver + 'static) -> Self {
        let (name, about) = (name.into(), about.into());
        Self {
            name,
            about,
            deliver: Arc::new(deliver),
            policy: Policy::default(),
            keyword: None,
            overflow: Overflow::Reject,
        }
    }

    /// Sets the policy for messages that notify everybody; [`AtAll::Ask`] by default.
    #[must_use]
    pub fn at_all(mut self, at_all: AtAll) -> Self {
        self.policy.at_all = at_all;
        self
    }

    /// Sets the messages that a person confirms first; [`Confirm::AtAll`] by default.
    #[must_use]
    pub fn confirm(mut self, confirm: Confirm) -> Self {
        self.policy.confirm = confirm;
        self
    }

    /// Sets the keyword that the robot requires: it is appended to messages that lack it.
    #[must_use]
    pub fn keyword(mut self, keyword: impl AsRef<str>) -> Self {
        self.keyword = Keyword::new(keyword);
        self
    }

    /// States how its delivery handles messages that are too long; [`Overflow::Reject`] by default. Calls with longer
    /// texts are refused before they are sent unless it shortens or splits them.
    #[must_use]
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, about, policy, .. } = self;
        f.debug_struct("Target")
            .field("name", name)
            .field("about", about)
            .field("policy", policy)
            .finish_non_exhaustive()
    }
}

/// All robots, and the default for calls that choose none.
#[derive(Debug, Clone)]
pub(crate) struct Targets {
    named: Vec<Named>,
    default: Option<String>,
    /// Rules of the only robot if it has no name.
    unnamed: Rules,
}

#[derive(Debug, Clone)]
struct Named {
    name: String,
    about: String,
    rules: Rules,
}

/// Rules for all messages of a robot.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    pub(crate) policy: Policy,
    /// The keyword that the robot requires.
    pub(crate) keyword: Option<Keyword>,
    /// Handling of messages that are too long.
    pub(crate) overflow: Overflow,
}

/// The robot of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChosenRobot<'t> {
    pub(crate) robot: Option<String>,
    pub(crate) policy: Policy,
    pub(crate) keyword: Option<&'t Keyword>,
    pub(crate) overflow: Overflow,
}

impl Targets {
    /// Creates one robot without a name, which sends the messages of all calls.
    pub(crate) fn unnamed(rules: Rules) -> Self {
        Self { named: Vec::new(), default: None, unnamed: rules }
    }

    /// Creates robots with names, and one delivery for all of them. A single robot is the default.
    pub(crate) fn named(
        targets: Vec<Target>,
        default: Option<String>,
    ) -> Result<(Self, Arc<dyn Deliver>), Error> {
        let default = default.or_else(|| match &targets[..] {
            [only] => Some(only.name.clone()),
            _ => None,
        });
        let mut router = Router::builder();
        let mut named = Vec::new();
        for Target { name, about, deliver, policy, keyword, overflow } in targets {
            router = router.route(&*name, deliver);
            named.push(Named { name, about, rules: Rules { policy, keyword, overflow } });
        }
        if let Some(default) = &default {
            router = router.default_to(&**default);
        }
        Ok((Self { named, default, unnamed: Rules::default() }, Arc::new(router.build()?)))
    }

    /// Adds the robots to the deployment, for definitions.
    pub(crate) fn describe(&self, deployment: Deployment) -> Deployment {
        let robots = self.named.iter().map(|robot| (robot.name.clone(), robot.about.clone()));
        let rules = self.named.iter().map(|robot| &robot.rules).chain([&self.unnamed]);
        // A definition states what holds for every robot.
        let rules = rules.take(self.named.len().max(1));
        let rejects = rules.map(|rules| rules.overflow).any(|overflow| overflow == Overflow::Reject);
        deployment.robots(robots, self.default.clone()).long_texts(!rejects)
    }

    /// Reports whether calls have an argument that chooses a robot.
    pub(crate) fn offer_a_choice(&self) -> bool {
        self.named.len() > 1
    }

    /// Returns the names of the robots.
    #[cfg(feature = "program")]
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|robot| &*robot.name)
    }

    /// Returns the names of the robots whose messages a person confirms each.
    #[cfg(feature = "program")]
    pub(crate) fn asking_always(&self) -> Vec<&str> {
        let unnamed = self.named.is_empty().then_some(("default", &self.unnamed));
        let robots = self.named.iter().map(|robot| (&*robot.name, &robot.rules)).chain(unnamed);
        robots.filter(|(_, rules)| rules.policy.confirm == Confirm::Always).map(|(name, _)| name).collect()
    }

    /// Finds the robot of a call: the one that `wanted` names, else the one that the arguments choose, else the
    /// default. Removes the choice from the arguments.
    pub(crate) fn choose(
        &self,
        wanted: Option<&str>,
        arguments: &mut Map<String, Value>,
        faults: &mut Faults,
    ) -> ChosenRobot<'_> {
        // With a single robot, an argument of this name belongs to the tool, or is unknown.
        let given = if self.offer_a_choice() { arguments.remove(Deployment::ROBOT) } else { None };
        let given = given.filter(|given| !given.is_null());
        let name = match (wanted, &given) {
            (Some(wanted), _) => Some(wanted),
            (None, None) => self.default.as_deref(),
            (None, Some(Value::String(name))) => Some(name.trim()),
            (None, Some(other)) => {
                faults.push(Fault::new(Deployment::ROBOT, "must be a string").given(other.to_string()));
                return self.unnamed.choice(None);
            }
        };
        let names = || self.named.iter().map(|robot| &*robot.name);
        let listed = || names().collect::<Vec<_>>().join("`, `");
        let robot = name.and_then(|name| self.named.iter().find(|robot| robot.name == name));
        let fault = match (name, robot) {
            (_, Some(robot)) => return robot.rules.choice(Some(robot.name.clone())),
            (None, None) if self.offer_a_choice() => {
                Some(Fault::new(Deployment::ROBOT, format!("is missing: give one of `{}`", listed())))
            }
            (None, None) => None,
            (Some(name), None) if self.named.is_empty() => {
                let rule = "must be omitted: the only robot has no name";
                Some(Fault::new(Deployment::ROBOT, rule).given(format!("{name:?}")))
            }
            (Some(name), None) => {
                let fault = Fault::new(Deployment::ROBOT, format!("must be one of `{}`", listed()));
                Some(fault.given(format!("{name:?}")).suggest(suggest(name, names())))
            }
        };
        if let Some(fault) = fault {
            faults.push(fault);
        }
        self.unnamed.choice(None)
    }
}

impl Rules {
    fn choice(&self, robot: Option<String>) -> ChosenRobot<'_> {
        ChosenRobot { robot, policy: self.policy, keyword: self.keyword.as_ref(), overflow: self.overflow }
    }
}

#[cfg(test)]
mod tests {
    use dingtalk_core::Stub;
    use serde_json::json;

    use super::*;

    fn targets(default: Option<&str>) -> Targets {
        let targets = vec![
            Target::new("ops", "operations", Stub::new()),
            Target::new("sales", "customers", Stub::new()).at_all(AtAll::Deny),
        ];
        Targets::named(targets, default.map(str::to_owned)).unwrap().0
    }

    fn chosen(targets: &Targets, arguments: Value) -> (ChosenRobot<'_>, Vec<String>) {
        let Value::Object(mut arguments) = arguments else { unreachable!() };
        let mut faults = Faults::default();
        let choice = targets.choose(None, &mut arguments, &mut faults);
        assert!(!targets.offer_a_choice() || !arguments.contains_key("robot"));
        (choice, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_robot_is_chosen_by_name_or_is_the_default() {
        let without_default = targets(None);
        let (choice, faults) = chosen(&without_default, json!({"robot": "sales"}));
        assert_eq!((choice.robot.as_deref(), choice.policy.at_all), (Some("sales"), AtAll::Deny));
        assert!(faults.is_empty());
        let with_default = targets(Some("ops"));
        for absent in [json!({}), json!({"robot": null})] {
            let (choice, faults) = chosen(&with_default, absent);
            assert_eq!((choice.robot.as_deref(), faults.len()), (Some("ops"), 0));
        }
    }

    #[test]
    fn a_wrong_choice_is_reported_with_the_known_names() {
        let targets = targets(None);
        let one = |arguments| chosen(&targets, arguments).1.join("; ");
        assert_eq!(one(json!({})), "`robot` is missing: give one of `ops`, `sales`");
        assert_eq!(
            one(json!({"robot": "sale"})),
            "`robot` must be one of `ops`, `sales`, not \"sale\"; did you mean `sales`?"
        );
        assert_eq!(one(json!({"robot": 3})), "`robot` must be a string, not 3");
    }

    #[test]
    fn the_only_robot_needs_no_choice() {
        let only = vec![Target::new("ops", "operations", Stub::new())];
        let (targets, _) = Targets::named(only, None).unwrap();
        assert!(!targets.offer_a_choice());
        let (choice, faults) = chosen(&targets, json!({"robot": "mine"}));
        assert_eq!((choice.robot.as_deref(), faults.len()), (Some("ops"), 0));
    }
    #[test]
    fn a_robot_that_is_named_beside_the_arguments_needs_no_choice() {
        let by_name = |targets: &Targets, name| {
            let mut faults = Faults::default();
            let choice = targets.choose(Some(name), &mut Map::new(), &mut faults);
            (choice.robot, faults.to_string())
        };
        let only = Targets::named(vec![Target::new("ops", "operations", Stub::new())], None).unwrap().0;
        assert_eq!(by_name(&only, "ops"), (Some("ops".to_owned()), String::new()));
        assert_eq!(by_name(&only, "sales").1, "`robot` must be one of `ops`, not \"sales\"");
        let unnamed = Targets::unnamed(Rules::default());
        let fault = "`robot` must be omitted: the only robot has no name, not \"ops\"";
        assert_eq!(by_name(&unnamed, "ops"), (None, fault.to_owned()));
    }
}
