//! Messages that other programs have made, beside the calls of tools.

use dingtalk_core::{
    Envelope, Error, ErrorKind, Message,
    delivery::{MAX_BODY_BYTES, Overflow},
    message::{AT_ALL_TEXT, Fault, Faults, Mentions, WireMessage},
};
use serde_json::Map;

use super::{
    Calls, Ended, Ready,
    outcome::CallOutcome,
    people::Hidden,
    policy::{AtAll, Confirm, Refusal},
    repeat::{Caller, DeliveryOutcome, Group, Identity, Queued},
    rights::Rights,
    targets::ChosenRobot,
};

/// A message that a program offers.
pub(crate) struct Offer<'o> {
    pub(crate) envelope: Envelope,
    /// Word for the door through which it comes.
    pub(crate) door: &'static str,
    /// Name of its kind or notification, for logs and metrics.
    pub(crate) name: &'o str,
    /// Robot that the program names; `None` for the default robot.
    pub(crate) robot: Option<&'o str>,
    /// Id by which a repetition is recognised, whatever its content.
    pub(crate) id: Option<&'o str>,
    /// Rights of the program's token, if it has a name.
    pub(crate) rights: Option<&'o Rights>,
    /// The id that identifies it in the logs.
    pub(crate) log_id: Option<&'o str>,
}

/// An offer whose message can be sent.
pub(crate) struct Offered {
    pub(crate) ready: Ready,
    /// Set if the message was to notify everybody, and no longer does: nobody can be asked.
    pub(crate) at_all_removed: bool,
}

impl Calls {
    /// Applies the policy, the keyword and the limit of mentions to a message. Nobody can be asked, so a message that
    /// needs a confirmation to notify everybody does not notify everybody.
    pub(crate) fn offer(&self, offer: Offer<'_>) -> Result<Offered, Box<Ended>> {
        let Offer { mut envelope, door, name, robot, id, rights, log_id } = offer;
        let mut record = self.record(name, rights, log_id);
        let mut faults = Faults::default();
        let ChosenRobot { robot, mut policy, keyword, overflow } =
            self.targets.choose(robot, &mut Map::new(), &mut faults);
        if let Some(rights) = rights {
            rights.restrict(robot.as_deref(), &mut policy, &mut faults);
        }
        let people = envelope.message.mentions().map_or(0, Mentions::people);
        if people > self.max_mentions {
            let rule = format!("a message may mention at most {} people", self.max_mentions);
            faults.push(Fault::new("", rule).given(people.to_string()));
        }
        let end = |outcome| Err(Box::new(Ended::new(outcome, &record, Hidden::default())));
        if !faults.is_empty() {
            return end(CallOutcome::Invalid(faults));
        }
        if policy.confirm == Confirm::Always {
            return end(CallOutcome::Refused(Refusal::CannotAsk(Confirm::Always)));
        }
        let at_all_removed = policy.at_all != AtAll::Allow && spare_everybody(&mut envelope.message);
        if at_all_removed {
            self.metrics.at_all_removed(door);
        }
        if let Some(keyword) = keyword {
            keyword.append_to(&mut envelope.message);
        }
        record.sends(&envelope.message, robot.as_deref());
        if overflow == Overflow::Reject {
            let body = serde_json::to_vec(&WireMessage::new(envelope.message.clone()));
            let bytes = body.map_or(usize::MAX, |body| body.len());
            if bytes > MAX_BODY_BYTES {
                let error = Error::new(ErrorKind::TooLong, format!("{bytes} bytes"));
                return Err(Box::new(Ended::new(CallOutcome::Unsendable(error), &record, Hidden::default())));
            }
        }
        let group = Group::of(self.dispatcher.deliver(), robot.as_deref());
        let call = Identity::new(&group, Caller::Person { id }, "", "");
        let hidden = Hidden::default();
        let ready =
            Ready { record, envelope, call, robot, policy, question: None, language: self.language, hidden };
        Ok(Offered { ready, at_all_removed })
    }
}

impl Ready {
    /// Ends the call of a message that its caller has queued, or that an earlier one had.
    pub(crate) fn queued(self, id: &str, earlier: bool) -> Ended {
        let outcome = DeliveryOutcome::Queued(Box::new(Queued { standing: None, earlier }));
        self.ended(id, outcome)
    }

    /// Ends the call of a message that its caller could not queue.
    pub(crate) fn not_queued(self, error: Error) -> Ended {
        let id = self.envelope.id.clone();
        self.ended(&id, DeliveryOutcome::Failed(error))
    }

    fn ended(self, id: &str, outcome: DeliveryOutcome) -> Ended {
        Ended::new(CallOutcome::Delivery { id: id.to_owned(), outcome }, &self.record, self.hidden)
    }
}

/// Removes the mention of everybody; returns `false` if there is none.
fn spare_everybody(message: &mut Message) -> bool {
    let (mentions, body) = match message {
        Message::Text(text) => (&mut text.mentions, &mut text.content),
        Message::Markdown(markdown) => (&mut markdown.mentions, &mut markdown.text),
        // Their mentions cannot notify everybody.
        _ => return false,
    };
    if !std::mem::take(&mut mentions.all) {
        return false;
    }
    let is_mention = |word: &str| word.starts_with('@');
    // A line of mentions, as they are appended to a body.
    let lines = body.split('\n').filter_map(|line| {
        let names_all = line.split_whitespace().any(|word| word == AT_ALL_TEXT);
        if !names_all || !line.split_whitespace().all(is_mention) {
            return Some(line.to_owned());
        }
        let rest: Vec<&str> = line.split_whitespace().filter(|word| *word != AT_ALL_TEXT).collect();
        (!rest.is_empty()).then(|| rest.join(" "))
    });
    let spared = lines.collect::<Vec<_>>().join("\n");
    // A body that is nothing else stays as it is: an empty one would be refused.
    if !spared.trim().is_empty() {
        spared.trim_end().clone_into(body);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_spared_and_others_are_not() {
        let on_call = || dingtalk_core::Mobile::new("13800000000").unwrap();
        let mut message = Message::text("down").with_mentions(Mentions::everybody());
        assert!(spare_everybody(&mut message));
        assert_eq!(message, Message::text("down"));
        assert!(!spare_everybody(&mut message));
        let mut mentions = Mentions::mobiles([on_call()]);
        mentions.all = true;
        let mut message = Message::text("down").with_mentions(mentions);
        assert!(spare_everybody(&mut message));
        assert_eq!(message, Message::text("down").with_mentions(Mentions::mobiles([on_call()])));
        let mut message = Message::markdown("t", "to me@all.example").with_mentions(Mentions::everybody());
        assert!(spare_everybody(&mut message));
        assert_eq!(message, Message::markdown("t", "to me@all.example"));
    }
}
