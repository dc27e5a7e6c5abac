//! Deliveries by name.

use std::{collections::BTreeMap, fmt, future::ready, sync::Arc};

use dingtalk_template::suggest;

use super::{BoxFuture, Deliver, Envelope, Error, ErrorKind, Receipt, RobotKey, window::Forecast};

/// Passes each envelope to the delivery that its `robot` names: a [`Robot`](crate::Robot), a
/// [`Pool`](crate::pool::Pool), or another [`Deliver`].
///
/// The names belong to the router: a delivery behind one may have another name, or none. An envelope without a name is
/// passed to the [default](RouterBuilder::default_to). An unknown name is an error that lists the known names
/// ([`ErrorKind::UnknownRobot`]), and so is a missing name if no default is set. Clones are cheap and share everything.
///
/// ```
/// use dingtalk_core::{Deliver, DeliverExt, Envelope, Message, Stub, pool::Router};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
/// let (ops, sales) = (Stub::new(), Stub::new());
/// let router = Router::builder().route("ops", ops.clone()).route("sales", sales).default_to("ops").build()?;
/// router.send(&Message::text("Disk is full")).await?;
/// assert_eq!(ops.envelopes().len(), 1);
///
/// let error = router.deliver(Envelope::new(Message::text("Sold!")).with_robot("sale")).await.unwrap_err();
/// assert!(error.to_string().contains("`sale`; did you mean `sales`? names: `ops`, `sales`"), "{error}");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Router(Arc<Inner>);

struct Inner {
    routes: BTreeMap<String, Arc<dyn Deliver>>,
    default: Option<String>,
}

/// Settings of a [`Router`].
#[derive(Default)]
#[must_use = "call `build` to get a router"]
pub struct RouterBuilder {
    routes: Vec<(String, Arc<dyn Deliver>)>,
    default: Option<String>,
}

impl Router {
    /// Returns the settings of a router without routes.
    pub fn builder() -> RouterBuilder {
        RouterBuilder::default()
    }

    /// Returns the names, in alphabetical order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.routes.keys().map(String::as_str)
    }

    /// Returns the name that is used for envelopes without one.
    pub fn default_name(&self) -> Option<&str> {
        self.0.default.as_deref()
    }

    fn route(&self, wanted: Option<&str>) -> Result<(&str, &dyn Deliver), Error> {
        let Inner { routes, default } = &*self.0;
        let Some(name) = wanted.or(default.as_deref()) else {
            let names: Vec<&str> = self.names().collect();
            let cause = format!("the message does not name a robot, and no default is set; {}", list(&names));
            return Err(Error::new(ErrorKind::UnknownRobot, cause));
        };
        match routes.get_key_value(name) {
            Some((name, deliver)) => Ok((name, &**deliver)),
            None => Err(Error::new(ErrorKind::UnknownRobot, unknown(name, self.names()))),
        }
    }
}

/// Describes an unknown name.
fn unknown<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let meant = suggest(name, names.iter().copied());
    let meant = meant.map_or(";".to_owned(), |meant| format!("; did you mean `{meant}`?"));
    format!("`{name}`{meant} {}", list(&names))
}

fn list(names: &[&str]) -> String {
    format!("names: `{}`", names.join("`, `"))
}

impl RouterBuilder {
    /// Adds a delivery under a name.
    pub fn route(mut self, name: impl Into<String>, deliver: impl Deliver + 'static) -> Self {
        self.routes.push((name.into(), Arc::new(deliver)));
        self
    }

    /// Sets the name for envelopes without one. Unless set, they fail.
    pub fn default_to(mut self, name: impl Into<String>) -> Self {
        self.default = Some(name.into());
        self
    }

    /// Checks the names and makes the router.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`]: no route was added, a name is blank or used twice, or the default is not one of
    /// the names.
    pub fn build(self) -> Result<Router, Error> {
        let Self { routes: given, default } = self;
        if given.is_empty() {
            return Err(Error::configuration("a router needs at least one route"));
        }
        let mut routes = BTreeMap::new();
        for (name, deliver) in given {
            if name.trim().is_empty() {
                return Err(Error::configuration("the name of a route must not be blank"));
            }
            if routes.contains_key(&name) {
                return Err(Error::configuration(format!("two routes have the name `{name}`")));
            }
            routes.insert(name, deliver);
        }
        if let Some(default) = default.as_deref().filter(|default| !routes.contains_key(*default)) {
            let names = routes.keys().map(String::as_str);
            let problem = format!("the default route does not exist: {}", unknown(default, names));
            return Err(Error::configuration(problem));
        }
        Ok(Router(Arc::new(Inner { routes, default })))
    }
}

impl Deliver for Router {
    fn deliver(&self, mut envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        let (name, target) = match self.route(envelope.robot.as_deref()) {
            Ok(route) => route,
            Err(error) => return Box::pin(ready(Err(error.with_id(envelope.id)))),
        };
        // The name belongs to the router; the delivery behind it may have another one.
        envelope.robot = None;
        Box::pin(async move {
            let mut receipt = target.deliver(envelope).await?;
            receipt.robot.get_or_insert_with(|| name.to_owned());
            Ok(receipt)
        })
    }

    fn check(&self, envelope: &Envelope) -> Result<(), Error> {
        self.route(envelope.robot.as_deref())?.1.check(envelope)
    }

    fn forecast<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<Forecast, Error>> {
        match self.route(envelope.robot.as_deref()) {
            Ok((_, target)) => target.forecast(envelope),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn marks_attempts(&self) -> bool {
        self.0.routes.values().all(Deliver::marks_attempts)
    }

    fn robots(&self, robot: Option<&str>) -> Vec<RobotKey> {
        self.route(robot).map(|(_, target)| target.robots(None)).unwrap_or_default()
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router")
            .field("names", &self.names().collect::<Vec<_>>())
            .field("default", &self.0.default)
            .finish()
    }
}

impl fmt::Debug for RouterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterBuilder")
            .field("names", &self.routes.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("default", &self.default)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeliverExt as _, Message, Stub};

    fn envelope(robot: Option<&str>) -> Envelope {
        let mut envelope = Envelope::new(Message::text("hello"));
        envelope.robot = robot.map(str::to_owned);
        envelope
    }

    #[tokio::test]
    async fn each_name_has_its_delivery_and_its_receipt() {
        let (ops, sales) = (Stub::new(), Stub::new());
        let router = Router::builder().route("ops", ops.clone()).route("sales", Arc::new(sales.clone()));
        let router = router.default_to("sales").build().unwrap();
        assert_eq!(router.names().collect::<Vec<_>>(), ["ops", "sales"]);
        assert_eq!(router.default_name(), Some("sales"));
        for (wanted, name) in [(Some("ops"), "ops"), (Some("sales"), "sales"), (None, "sales")] {
            let receipt = router.deliver(envelope(wanted)).await.unwrap();
            assert_eq!(receipt.robot.as_deref(), Some(name));
        }
        assert_eq!((ops.envelopes().len(), sales.envelopes().len()), (1, 2));
        assert!(ops.envelopes()[0].robot.is_none(), "the delivery behind a name may have another one");
    }

    #[tokio::test]
    async fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
        let names = |names: &[&str]| {
            let builder = Router::builder();
            names.iter().fold(builder, |builder, name| builder.route(*name, Stub::new())).build().unwrap()
        };
        for (router, wanted, words) in [
            (names(&["ops"]), Some("x"), "(`x`; names: `ops`)"),
            (names(&["sales", "ops"]), Some("Ops"), "(`Ops`; did you mean `ops`? names: `ops`, `sales`)"),
            (names(&["a1", "b2", "c3"]), Some("zzz"), "(`zzz`; names: `a1`, `b2`, `c3`)"),
            (names(&["a1"]), None, "(the message does not name a robot, and no default is set; names: `a1`)"),
        ] {
            let envelope = envelope(wanted);
            let id = envelope.id.clone();
            let error = router.deliver(envelope).await.unwrap_err();
            assert_eq!((error.kind(), error.id()), (ErrorKind::UnknownRobot, Some(&*id)));
            assert!(error.to_string().contains(words), "{error}");
        }
        assert!(names(&["a"]).send(&Message::text("hello")).await.is_err());
    }

    #[test]
    fn names_that_cannot_work_are_refused() {
        let problem = |builder: RouterBuilder| builder.build().unwrap_err().to_string();
        let ops = || Router::builder().route("ops", Stub::new());
        assert!(problem(Router::builder()).contains("at least one route"));
        assert!(problem(ops().route(" ", Stub::new())).contains("must not be blank"));
        assert!(problem(ops().route("ops", Stub::new())).contains("two routes have the name `ops`"));
        let misspelt = problem(ops().default_to("opps"));
        assert!(
            misspelt.contains("the default route does not exist: `opps`; did you mean `ops`"),
            "{misspelt}"
        );
    }
}
