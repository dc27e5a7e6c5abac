//! Delivery by another robot where one refuses for good.

use std::{collections::BTreeMap, sync::Arc};

use dingtalk_core::{
    Deliver, Envelope, Error, ErrorKind, Message, Receipt,
    delivery::{Block, BoxFuture, RobotKey, window::Forecast},
};

use crate::{RobotSettings, Wording, robot::no_robot, section::Section};

/// Delivery for one robot. A message that it refuses for good, through no fault of the message, goes to another robot,
/// with a line that says so. The other robot's own fallback is not asked: no message wanders.
#[derive(Clone)]
pub struct WithFallback {
    inner: Arc<dyn Deliver>,
    fallback: Arc<dyn Deliver>,
    /// Names of both robots.
    names: (String, String),
}

impl WithFallback {
    /// Puts a robot behind another one. `names` are those of the robot and of its fallback.
    pub fn new(
        inner: impl Deliver + 'static,
        fallback: impl Deliver + 'static,
        names: (impl Into<String>, impl Into<String>),
    ) -> Self {
        let names = (names.0.into(), names.1.into());
        Self { inner: Arc::new(inner), fallback: Arc::new(fallback), names }
    }

    /// Adds the line for the fallback's group.
    fn told(&self, mut envelope: Envelope, error: &Error) -> Envelope {
        let (robot, _) = &self.names;
        let reason = error.advice(dingtalk_core::delivery::Language::En);
        let notice = format!("For the group of the robot {robot}, which could not send it: {reason}");
        match &mut envelope.message {
            Message::Text(text) => text.content = format!("{}\n\n{notice}", text.content),
            Message::Markdown(markdown) => markdown.text = format!("{}\n\n> {notice}", markdown.text),
            Message::ActionCard(card) => card.text = format!("{}\n\n> {notice}", card.text),
            Message::Link(link) => link.text = format!("{} · {notice}", link.text),
            // A feed card has no text of its own.
            _ => {}
        }
        envelope
    }
}

/// Reports that a robot will refuse every message until somebody changes its settings, or a new month begins.
fn is_for_good(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnknownToken
            | ErrorKind::RobotStopped
            | ErrorKind::RobotMissing
            | ErrorKind::GroupDissolved
            | ErrorKind::Signature
            | ErrorKind::IpNotAllowed
            | ErrorKind::SecurityCheck
            | ErrorKind::QuotaExhausted
    )
}

impl Deliver for WithFallback {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async move {
            let again = envelope.clone();
            let error = match self.inner.deliver(envelope).await {
                Err(error) if is_for_good(error.kind()) => error,
                other => return other,
            };
            let envelope = self.told(again, &error);
            // The first reason is the one to mend.
            self.fallback.deliver(envelope).await.map_err(|_| error)
        })
    }

    fn check(&self, envelope: &Envelope) -> Result<(), Error> {
        self.inner.check(envelope)
    }

    fn robots(&self, robot: Option<&str>) -> Vec<RobotKey> {
        self.inner.robots(robot)
    }

    fn forecast<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<Forecast, Error>> {
        Box::pin(async move {
            match self.inner.forecast(envelope).await {
                // A queue would wait for the new month.
                Ok(Forecast { block: Some(Block::Month), .. }) => self.fallback.forecast(envelope).await,
                other => other,
            }
        })
    }

    fn lane_key(&self) -> Option<String> {
        self.inner.lane_key()
    }

    fn marks_attempts(&self) -> bool {
        self.inner.marks_attempts()
    }
}

impl std::fmt::Debug for WithFallback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WithFallback").field("names", &self.names).finish_non_exhaustive()
    }
}

/// Finds the fallbacks of all robots. `names` are those of the file's robots, also of faulty ones.
pub(crate) fn resolve(section: &mut Section<'_>, robots: &mut [RobotSettings], names: &[String]) {
    let pairs = robots.iter().filter_map(|robot| Some((robot.name.clone(), robot.fallback_robot.clone()?)));
    let fallbacks: BTreeMap<String, String> = pairs.collect();
    for (robot, fallback) in &fallbacks {
        let problem = if !names.contains(fallback) {
            no_robot(fallback, names.iter().map(String::as_str))
        } else if fallback == robot {
            Wording::new("names the robot itself: name another one", "不能是机器人自己：请写另一个机器人")
        } else if is_in_circle(robot, &fallbacks) {
            Wording::new(
                format!("the fallbacks of `{robot}` lead back to it: remove one of them"),
                format!("`{robot}` 的备用机器人又指回它自己：请去掉其中一个"),
            )
        } else {
            let found = robots.iter().find(|other| other.name == *fallback).cloned();
            // Its own fallback is not asked.
            let found = found.map(|mut found| {
                found.fallback = None;
                Box::new(found)
            });
            if let Some(robot) = robots.iter_mut().find(|other| other.name == *robot) {
                robot.fallback = found;
            }
            continue;
        };
        section.fault(&format!("{robot}.fallback_robot"), problem);
    }
}

fn is_in_circle(robot: &str, fallbacks: &BTreeMap<String, String>) -> bool {
    let mut at = robot;
    for _ in 0..fallbacks.len() {
        match fallbacks.get(at) {
            Some(next) if next == robot => return true,
            Some(next) => at = next,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use dingtalk_core::Stub;

    use super::*;

    #[tokio::test]
    async fn what_a_robot_refuses_for_good_goes_to_the_other_one_once() {
        for (kind, moves) in [
            (ErrorKind::RobotStopped, true),
            (ErrorKind::UnknownToken, true),
            (ErrorKind::QuotaExhausted, true),
            (ErrorKind::Throttled, false),
            (ErrorKind::Unknown, false),
            (ErrorKind::ForbiddenContent, false),
            (ErrorKind::NotSent, false),
        ] {
            let (first, second) = (Stub::new(), Stub::new());
            first.fail_next(Error::new(kind, "x"));
            let both = WithFallback::new(first.clone(), second.clone(), ("alerts", "ops"));
            let delivered = both.deliver(Envelope::new(Message::text("disk full"))).await;
            assert_eq!(delivered.is_ok(), moves, "{kind:?}");
            let sent = second.envelopes();
            assert_eq!(sent.len(), usize::from(moves), "{kind:?}");
            if let Some(envelope) = sent.first() {
                let text = envelope.message.to_string();
                assert!(text.starts_with("disk full\n\nFor the group of the robot alerts"), "{text}");
            }
        }
        // The reason that somebody has to mend is that of the first robot.
        let (first, second) = (Stub::new(), Stub::new());
        first.fail_next(Error::new(ErrorKind::RobotStopped, "x"));
        second.fail_next(Error::new(ErrorKind::UnknownToken, "x"));
        let both = WithFallback::new(first, second, ("alerts", "ops"));
        let error = both.deliver(Envelope::new(Message::text("a"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RobotStopped);
    }

    #[test]
    fn a_fallback_is_another_robot_and_no_circle() {
        let robot = |name: &str, fallback: &str| {
            format!(
                "[robots.{name}]\nabout = \"a\"\naccess_token = \"env:T\"\nfallback_robot = \"{fallback}\"\n"
            )
        };
        let parse = |text: String| crate::Config::parse(&format!("version = 1\n{text}"));
        let last = "[robots.last]\nabout = \"a\"\naccess_token = \"env:T\"\n";
        let config = parse(robot("a", "b") + &robot("b", "last") + last).unwrap();
        let names = |robot: &RobotSettings| robot.fallback.as_ref().map(|found| found.name.clone());
        assert_eq!(
            config.robots.iter().map(names).collect::<Vec<_>>(),
            [Some("b".to_owned()), Some("last".to_owned()), None]
        );
        assert!(config.robots[0].fallback.as_ref().unwrap().fallback.is_none());
        let error = |text: String| parse(text).unwrap_err().to_string();
        assert_eq!(
            error(robot("a", "lats") + last),
            "robots.a.fallback_robot: unknown robot `lats`; did you mean `last`?"
        );
        assert_eq!(
            error(robot("a", "a")),
            "robots.a.fallback_robot: names the robot itself: name another one"
        );
        let circle = error(robot("a", "b") + &robot("b", "c") + &robot("c", "a"));
        assert_eq!(circle.lines().count(), 3, "{circle}");
        assert!(
            circle.starts_with("robots.a.fallback_robot: the fallbacks of `a` lead back to it"),
            "{circle}"
        );
    }
}
