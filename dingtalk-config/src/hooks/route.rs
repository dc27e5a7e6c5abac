//! Routes of a hook: the robots of a payload, chosen by its values.

use super::{condition::Conditions, path::Scope};
use crate::{Wording, quota::read_names, section::Section};

/// A rule that sends a payload to robots.
#[derive(Debug, Clone)]
pub(super) struct Route {
    /// Without conditions, it takes every payload.
    when: Conditions,
    robots: Vec<String>,
    /// The routes after it are tried as well.
    goes_on: bool,
}

/// Reads the list `routes`. The last one takes what no other has taken: nothing is accepted and then dropped.
pub(super) fn read(section: &mut Section<'_>, unknown_robot: &dyn Fn(&str) -> Option<Wording>) -> Vec<Route> {
    let Some(routes) = section.sections("routes", |_, route| Route::read(route, unknown_robot)) else {
        return Vec::new();
    };
    let is_default = |route: &Route| route.when.is_empty();
    if !routes.last().is_some_and(is_default) && section.is_sound("routes") {
        let problem = Wording::new(
            "the default route is missing: end the list with a route without `when`, for payloads that no other takes",
            "缺少默认路由：列表最后应有一条没有 `when` 的路由，处理其他路由都不匹配的 payload",
        );
        section.fault("routes", problem);
    }
    let without_effect = routes.iter().position(|route| is_default(route) && !route.goes_on);
    if let Some(index) = without_effect.filter(|index| index + 1 < routes.len()) {
        let problem = Wording::new(
            "takes every payload, so the routes after it have no effect: add `when`, or `continue = true`",
            "匹配所有 payload，后面的路由不会生效：请添加 `when` 或 `continue = true`",
        );
        section.fault(&format!("routes[{index}]"), problem);
    }
    routes
}

impl Route {
    fn read(mut section: Section<'_>, unknown_robot: &dyn Fn(&str) -> Option<Wording>) -> Option<Self> {
        let before = section.fault_count();
        let has_when = section.asks_for("when");
        let when = Conditions::read(&mut section, "when");
        if has_when && when.is_empty() && section.is_sound("when") {
            let problem = Wording::new(
                "has no condition: add one, or omit `when` for the default route",
                "没有条件：请添加条件；默认路由应省略 `when`",
            );
            section.fault("when", problem);
        }
        let empty = Wording::new(
            "must not be empty: name the robots of the route",
            "列表为空：请写出这条路由的机器人",
        );
        let robots = read_names(&mut section, "robots", empty, unknown_robot);
        if robots.is_none() && section.is_sound("robots") {
            section.missing("robots");
        }
        let goes_on = section.flag("continue").unwrap_or_default();
        section.report_unknown();
        let is_sound = section.fault_count() == before;
        let route = Self { when, robots: robots?, goes_on };
        is_sound.then_some(route)
    }

    pub(super) fn robots(&self) -> &[String] {
        &self.robots
    }
}

/// The robots that the routes of a hook choose for a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Routed<'r> {
    /// Names of robots of the file, each once, in the order of the routes; at least one.
    pub robots: Vec<&'r str>,
    /// No route but the default route takes the payload.
    pub by_default: bool,
}

/// Chooses the robots of a payload.
pub(super) fn choose<'r>(routes: &'r [Route], scope: Scope<'_>) -> Routed<'r> {
    let mut chosen = Routed { robots: Vec::new(), by_default: true };
    for route in routes.iter().filter(|route| route.when.hold(scope)) {
        let is_default = route.when.is_empty() && !route.goes_on;
        // A default route is for what no other has taken.
        if is_default && !chosen.by_default {
            break;
        }
        chosen.by_default &= is_default;
        for robot in &route.robots {
            if !chosen.robots.contains(&&**robot) {
                chosen.robots.push(robot);
            }
        }
        if !route.goes_on {
            break;
        }
    }
    chosen
}
