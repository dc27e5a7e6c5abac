//! The path of a call, common to MCP and the command line: read the arguments, apply the policy, deliver the message,
//! and return a typed answer.

pub(crate) mod answer;
pub(crate) mod consent;
pub(crate) mod delivery;
#[cfg(feature = "program")]
pub(crate) mod offer;
pub(crate) mod outcome;
pub(crate) mod people;
pub(crate) mod policy;
pub(crate) mod queue;
pub(crate) mod record;
pub(crate) mod repeat;
pub(crate) mod rights;
pub(crate) mod standing;
pub(crate) mod status;
#[cfg(feature = "state")]
pub(crate) mod stored;
pub(crate) mod targets;
pub(crate) mod visible;

use std::{future::Future, sync::Arc};

use dingtalk_core::{
    Envelope, Message,
    delivery::{Confirmation, Language, Limits, Overflow},
    message::{Fault, Faults, Keyword, Mentions, WireMessage},
    tool::{Call, Constraint, ToolType},
};
use dingtalk_template::is_chinese;
use serde_json::{Map, Value};

use self::{
    answer::Answer,
    delivery::Dispatcher,
    outcome::CallOutcome,
    people::{Hidden, People, kind_of, stands_for_everybody},
    policy::{AtAll, Policy, Question, Refusal, question},
    record::Record,
    repeat::{Caller, Delivery, Group, Identity},
    rights::Rights,
    targets::{ChosenRobot, Targets},
};
use crate::{
    definition::{ONE_MESSAGE, in_one_message},
    metrics::Metrics,
};

/// State and settings of all calls.
pub(crate) struct Calls {
    pub(crate) dispatcher: Dispatcher,
    pub(crate) targets: Targets,
    pub(crate) people: People,
    pub(crate) max_mentions: usize,
    pub(crate) dry_run: bool,
    /// Language in which a person is asked about a notification that is not in Chinese.
    pub(crate) language: Language,
    pub(crate) metrics: Metrics,
}

/// The request of a caller.
pub(crate) struct Request<'r> {
    pub(crate) tool: &'r ToolType,
    pub(crate) arguments: Map<String, Value>,
    /// The robot, unless the arguments name it.
    pub(crate) robot: Option<&'r str>,
    pub(crate) caller: Caller<'r>,
    /// Rights of the caller's token, if it has a name.
    pub(crate) rights: Option<&'r Rights>,
    /// The id that identifies it in the logs.
    pub(crate) log_id: Option<&'r str>,
}

/// A call whose message can be sent, after confirmation if it has a question.
pub(crate) struct Ready {
    record: Record,
    pub(crate) envelope: Envelope,
    pub(crate) call: Identity,
    pub(crate) robot: Option<String>,
    pub(crate) policy: Policy,
    /// The question that a person must answer with yes first.
    pub(crate) question: Option<Question>,
    /// Language in which a person is asked.
    pub(crate) language: Language,
    hidden: Hidden,
}

/// A call that has ended.
pub(crate) struct Ended {
    pub(crate) outcome: CallOutcome,
    /// The outcome as an answer to an agent, safe to show.
    pub(crate) answer: Answer,
    #[cfg_attr(
        not(feature = "program"),
        allow(dead_code, reason = "only the command line words faults itself")
    )]
    hidden: Hidden,
}

impl Calls {
    /// Makes the message from the arguments and applies the policy to it. The call ends here if the arguments are
    /// invalid, the policy forbids the message, or this is a dry run.
    pub(crate) fn prepare(&self, request: Request<'_>) -> Result<Ready, Box<Ended>> {
        let Request { tool, mut arguments, robot, caller, rights, log_id } = request;
        let name = tool.spec().name;
        let mut record = self.record(name, rights, log_id);
        let mut faults = Faults::default();
        let ChosenRobot { robot, mut policy, keyword, overflow } =
            self.targets.choose(robot, &mut arguments, &mut faults);
        if overflow == Overflow::Reject {
            report_long_texts(tool, &arguments, &mut faults);
        }
        if let Some(rights) = rights {
            rights.restrict(robot.as_deref(), &mut policy, &mut faults);
        }
        let mut hidden = Hidden::default();
        // Ids and numbers as the caller wrote them, not those of people with names.
        let mut written = Vec::new();
        let call = tool.read(arguments, |text| {
            let Some((name, person)) = self.people.find(text) else {
                written.push(text.to_owned());
                return None;
            };
            hidden.add(name, person);
            Some((kind_of(person), person.as_str().to_owned()))
        });
        let notifies_all = policy.at_all != AtAll::Allow && written.iter().any(|id| stands_for_everybody(id));
        if notifies_all && policy.at_all == AtAll::Deny {
            return Err(Box::new(Ended::new(CallOutcome::Refused(Refusal::Denied), &record, hidden)));
        }
        if notifies_all {
            faults.push(Fault::new(
                "",
                "a user id must not stand for everybody: use the parameter that notifies everybody, if the tool has one",
            ));
        }
        for (text, name) in written.iter().filter_map(|text| Some((text, self.people.resembling(text)?))) {
            let fault = Fault::new(
                "",
                format!("a user id must not resemble the name `{name}`: write the name as it is"),
            );
            faults.push(fault.given(format!("{text:?}")));
        }
        let call = match self.checked(call, faults) {
            Ok(call) => call,
            Err(faults) => return Err(Box::new(Ended::new(CallOutcome::Invalid(faults), &record, hidden))),
        };
        let group = Group::of(self.dispatcher.deliver(), robot.as_deref());
        let identity = Identity::new(&group, caller, name, &call.canonical);
        let mut envelope = call.into_envelope();
        let message = &mut envelope.message;
        if let Some(keyword) = keyword {
            keyword.append_to(message);
        }
        record.sends(message, robot.as_deref());
        let ended = |outcome| Err(Box::new(Ended::new(outcome, &record, hidden.clone())));
        let question = match question(policy, message) {
            Ok(question) => question,
            Err(refusal) => return ended(CallOutcome::Refused(refusal)),
        };
        if self.dry_run {
            return ended(dry_run(envelope.message, identity.message_id(), overflow, keyword));
        }
        let language = if is_chinese(tool.spec().purpose) { Language::Zh } else { self.language };
        Ok(Ready { record, envelope, call: identity, robot, policy, question, language, hidden })
    }

    /// Ends a call whose arguments are no object.
    pub(crate) fn invalid(
        &self,
        tool: &ToolType,
        faults: Faults,
        rights: Option<&Rights>,
        log_id: Option<&str>,
    ) -> Ended {
        let record = self.record(tool.spec().name, rights, log_id);
        Ended::new(CallOutcome::Invalid(faults), &record, Hidden::default())
    }

    /// Reports that the call would send nothing, because the same call is in progress or has delivered the message.
    pub(crate) async fn is_settled(&self, ready: &Ready) -> bool {
        self.dispatcher.is_settled(&ready.call).await
    }

    /// Returns how long the message would wait for its slot if it were sent now.
    #[cfg(feature = "program")]
    pub(crate) async fn forecast(&self, ready: &Ready) -> std::time::Duration {
        let mut envelope = ready.envelope.clone();
        envelope.robot.clone_from(&ready.robot);
        self.dispatcher.forecast(&envelope).await
    }

    /// Sends the message. `cancelled` completes when the caller cancels the call; `meanwhile` runs while the delivery
    /// is in progress.
    pub(crate) async fn send<W: Future<Output = ()>>(
        &self,
        ready: Ready,
        cancelled: impl Future<Output = ()>,
        meanwhile: impl FnOnce(Arc<Delivery>) -> W,
    ) -> Ended {
        let Ready { record, mut envelope, call, robot, hidden, .. } = ready;
        envelope.robot = robot;
        if let Some(id) = call.message_id() {
            envelope = envelope.with_id(id);
        }
        let mentioned = envelope.message.mentions().map(|mentions| hidden.mentioned(mentions));
        let outcome = self.dispatcher.send(call, envelope, cancelled, meanwhile).await;
        Ended::new(outcome, &record, hidden).mention(mentioned.unwrap_or_default())
    }

    fn record(&self, tool: &str, rights: Option<&Rights>, log_id: Option<&str>) -> Record {
        let token = rights.map(|rights| Arc::clone(&rights.token));
        Record::new(tool, token, log_id, self.metrics.clone())
    }

    /// Returns the call, or all its faults, including `faults`, which were found earlier.
    fn checked(&self, call: Result<Call, Faults>, mut faults: Faults) -> Result<Call, Faults> {
        match call {
            Ok(call) => {
                let people = call.message.mentions().map_or(0, Mentions::people);
                if people > self.max_mentions {
                    let rule = format!("a call may mention at most {} people", self.max_mentions);
                    faults.push(Fault::new("", rule).given(people.to_string()));
                }
                if faults.is_empty() { Ok(call) } else { Err(faults) }
            }
            Err(found) => {
                found.iter().for_each(|fault| faults.push(fault.clone()));
                Err(faults)
            }
        }
    }
}

impl Ready {
    /// Notes that a person has answered this question about the message with yes. It is stored with a message that is
    /// queued.
    pub(crate) fn confirm(&mut self, by: impl Into<String>, question: Question) {
        self.envelope.confirmation = Some(match question {
            Question::AtAll => Confirmation::of_everybody(by),
            Question::Send => Confirmation::of_message(by),
        });
    }

    /// Ends the call without sending the message.
    pub(crate) fn refused(self, refusal: Refusal) -> Ended {
        Ended::new(CallOutcome::Refused(refusal), &self.record, self.hidden)
    }
}

impl Ended {
    fn new(outcome: CallOutcome, record: &Record, hidden: Hidden) -> Self {
        let answer = Answer::new(&outcome);
        record.log(&answer, outcome.id());
        let answer = answer.safe_to_show(&hidden);
        Self { outcome, answer, hidden }
    }

    /// Returns the faults of the arguments in the caller's words, safe to show.
    #[cfg(feature = "program")]
    pub(crate) fn faults(&self, describe: impl Fn(&Fault) -> Option<String>) -> Vec<String> {
        let CallOutcome::Invalid(faults) = &self.outcome else { return Vec::new() };
        faults.iter().filter_map(describe).map(|text| answer::safe_to_show(text, &self.hidden)).collect()
    }

    fn mention(self, mentioned: Vec<String>) -> Self {
        Self { answer: self.answer.mention(mentioned), ..self }
    }
}

/// Reports texts that one message cannot hold, although the tool accepts them for robots that shorten or split.
fn report_long_texts(tool: &ToolType, arguments: &Map<String, Value>, faults: &mut Faults) {
    for parameter in tool.spec().parameters.iter().filter(|parameter| in_one_message(parameter).is_some()) {
        let name = parameter.field.name;
        let bytes = arguments.get(name).and_then(Value::as_str).map_or(0, |text| text.trim().len());
        // A longer one than the tool accepts is a fault of the tool's own.
        let accepts = |constraint: &Constraint| match constraint {
            Constraint::Bytes { max: Some(max), .. } => bytes <= *max,
            _ => true,
        };
        if bytes > ONE_MESSAGE && parameter.field.constraints.iter().all(accepts) {
            let rule = format!("must have at most {ONE_MESSAGE} bytes in UTF-8");
            faults.push(Fault::new(name, rule).given(bytes.to_string()));
        }
    }
}

/// Returns the requests that would be sent, or the error for a message that is too long.
fn dry_run(
    message: Message,
    id: Option<String>,
    overflow: Overflow,
    keyword: Option<&Keyword>,
) -> CallOutcome {
    let Envelope { message, id, .. } = Envelope::new(message).with_id(id.unwrap_or_default());
    match overflow.fit(message, &id, Limits::default()) {
        Ok(parts) => CallOutcome::DryRun(
            parts
                .into_iter()
                .map(|mut part| {
                    if let Some(keyword) = keyword {
                        keyword.append_to(&mut part.message);
                    }
                    WireMessage::with_id(part.message, part.id)
                })
                .collect(),
        ),
        Err(error) => CallOutcome::Unsendable(error),
    }
}

#[cfg(test)]
mod tests {
    use dingtalk_core::ErrorKind;

    use super::{answer::CallStatus, *};

    #[test]
    fn a_dry_run_refuses_a_message_that_is_too_long() {
        let answer = Answer::new(&dry_run(Message::text("长".repeat(7_000)), None, Overflow::Reject, None));
        assert_eq!(answer.status, CallStatus::Refused);
        assert_eq!(answer.reason, Some(answer::Reason::Failure(ErrorKind::TooLong)));
        assert!(answer.detail.as_deref().unwrap().contains("bytes"), "{answer:?}");
    }

    #[test]
    fn a_dry_run_shows_the_parts_of_a_message_that_would_be_split() {
        let text = Message::text("长".repeat(7_000));
        let CallOutcome::DryRun(requests) = dry_run(text, Some("a".to_owned()), Overflow::Split, None) else {
            panic!("it can be sent in parts");
        };
        let ids: Vec<_> = requests.iter().map(|request| request.id.as_deref()).collect();
        assert_eq!(ids, [Some("a-1"), Some("a-2")]);
        let answer = Answer::new(&CallOutcome::DryRun(requests));
        assert_eq!(answer.request.unwrap().as_array().map(Vec::len), Some(2));
    }
}
