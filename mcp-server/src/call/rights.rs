//! Rights of a caller that has a token with a name: never more than those of its robots.

use std::sync::Arc;

use dingtalk_core::message::{Fault, Faults};

use super::policy::{AtAll, Policy};
use crate::definition::Deployment;

/// Rights of the holder of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rights {
    /// Name of the token.
    pub(crate) token: Arc<str>,
    /// Robots that it may send through; `None` for all.
    pub(crate) robots: Option<Vec<String>>,
    /// Set if its messages may notify everybody, as far as the robot's policy allows it.
    pub(crate) at_all: bool,
}

impl Rights {
    /// Narrows the policy of a call's robot, and reports a robot that is not among those of the token.
    pub(crate) fn restrict(&self, robot: Option<&str>, policy: &mut Policy, faults: &mut Faults) {
        if !self.at_all {
            policy.at_all = AtAll::Deny;
        }
        let Some(robots) = &self.robots else { return };
        // A robot that is missing or unknown has its own fault.
        let Some(robot) = robot else { return };
        if !robots.iter().any(|allowed| allowed == robot) {
            let rule = format!(
                "must be one of `{}`: this server's token `{}` allows no others",
                robots.join("`, `"),
                self.token
            );
            faults.push(Fault::new(Deployment::ROBOT, rule).given(format!("{robot:?}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restricted(rights: &Rights, robot: Option<&str>) -> (Policy, String) {
        let (mut policy, mut faults) =
            (Policy { at_all: AtAll::Allow, ..Policy::default() }, Faults::default());
        rights.restrict(robot, &mut policy, &mut faults);
        (policy, faults.to_string())
    }

    #[test]
    fn a_token_only_narrows() {
        let all = Rights { token: "team".into(), robots: None, at_all: true };
        assert_eq!(
            restricted(&all, Some("ops")),
            (Policy { at_all: AtAll::Allow, ..Policy::default() }, String::new())
        );
        let few = Rights { token: "grafana".into(), robots: Some(vec!["ops".to_owned()]), at_all: false };
        assert_eq!(restricted(&few, Some("ops")).0.at_all, AtAll::Deny);
        assert_eq!(restricted(&few, Some("ops")).1, "");
        assert_eq!(
            restricted(&few, Some("sales")).1,
            "`robot` must be one of `ops`: this server's token `grafana` allows no others, not \"sales\""
        );
    }
}
