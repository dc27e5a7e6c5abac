//! One call of a tool: from its arguments to its answer.

mod answer;
pub(crate) mod consent;
pub(crate) mod delivery;
pub(crate) mod keyword;
pub(crate) mod people;
pub(crate) mod policy;
pub(crate) mod record;
pub(crate) mod repeat;
pub(crate) mod targets;

use std::{future::Future, sync::Arc};

use dingtalk_core::{Fault, Faults, Mentions, Message, ToolType};
use rmcp::model::CallToolResult;
use serde_json::{Map, Value};

use self::{
    answer::Answer,
    delivery::Courier,
    people::{Hidden, People},
    policy::{Policy, Refusal},
    record::Record,
    repeat::{Flight, Key},
    targets::{Choice, Targets},
};

/// What holds for all calls.
pub(crate) struct Calls {
    pub(crate) courier: Courier,
    pub(crate) targets: Targets,
    pub(crate) people: People,
    pub(crate) max_mentions: usize,
    pub(crate) dry_run: bool,
}

/// A call whose message can be sent.
pub(crate) struct Ready {
    record: Record,
    pub(crate) message: Message,
    pub(crate) key: Key,
    pub(crate) robot: Option<String>,
    /// When a person must be asked first.
    pub(crate) policy: Policy,
    hidden: Hidden,
}

impl Calls {
    /// Makes the message that the arguments say. An answer where there is nothing to send: the arguments are wrong, or the
    /// server only shows what it would send.
    pub(crate) fn prepare(
        &self,
        tool: &ToolType,
        mut arguments: Map<String, Value>,
        request_id: Option<&str>,
    ) -> Result<Ready, Box<CallToolResult>> {
        let spec = tool.spec();
        let mut record = Record::new(spec.name, request_id);
        let mut faults = Faults::default();
        let Choice { robot, policy } = self.targets.choose(&mut arguments, &mut faults);
        let hidden = self.people.resolve(spec.parameters, &mut arguments, &mut faults);
        let message = match self.message(tool, &arguments, faults) {
            Ok(message) => message,
            Err(faults) => return Err(Box::new(done(&record, Answer::invalid(&faults), &hidden))),
        };
        record.sends(&message, robot.as_deref());
        if self.dry_run {
            return Err(Box::new(done(&record, Answer::dry_run(&message), &hidden)));
        }
        let key = Key::new(robot.as_deref(), spec.name, spec.parameters, &arguments);
        Ok(Ready { record, message, key, robot, policy, hidden })
    }

    /// Would the call send nothing, since the same one is on its way or has delivered it?
    pub(crate) fn is_settled(&self, ready: &Ready) -> bool {
        self.courier.is_settled(ready.key)
    }

    /// Sends the message. `cancelled` completes when the caller gives the call up; `meanwhile` runs while it is on its way.
    pub(crate) async fn send<W: Future<Output = ()>>(
        &self,
        ready: Ready,
        cancelled: impl Future<Output = ()>,
        meanwhile: impl FnOnce(Arc<Flight>) -> W,
    ) -> CallToolResult {
        let Ready { record, message, key, robot, hidden, .. } = ready;
        let answer = self.courier.send(key, message, robot.as_deref(), cancelled, meanwhile).await;
        done(&record, answer, &hidden)
    }

    /// The message, or everything that is wrong with the arguments.
    fn message(
        &self,
        tool: &ToolType,
        arguments: &Map<String, Value>,
        mut faults: Faults,
    ) -> Result<Message, Faults> {
        let message = match tool.message(arguments) {
            Ok(message) => Some(message),
            Err(found) => {
                found.iter().for_each(|fault| faults.push(fault.clone()));
                None
            }
        };
        let people = message.as_ref().and_then(Message::mentions).map_or(0, Mentions::people);
        if people > self.max_mentions {
            let rule = format!("one call mentions at most {} people", self.max_mentions);
            faults.push(Fault::new("", rule).given(people.to_string()));
        }
        message.filter(|_| faults.is_empty()).ok_or(faults)
    }
}

impl Ready {
    /// The answer where the message must not be sent.
    pub(crate) fn refused(self, refusal: Refusal) -> CallToolResult {
        done(&self.record, Answer::unconfirmed(refusal), &self.hidden)
    }
}

fn done(record: &Record, answer: Answer, hidden: &Hidden) -> CallToolResult {
    record.log(&answer);
    answer.into_result(hidden)
}
