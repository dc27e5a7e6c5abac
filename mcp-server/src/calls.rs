//! One call of a tool: from its arguments to its answer.

use std::{future::Future, sync::Arc};

use dingtalk_core::{Fault, Faults, Mentions, Message, ToolType};
use rmcp::model::CallToolResult;
use serde_json::{Map, Value};

use crate::{
    courier::Courier,
    outcome::Answer,
    people::{Hidden, People},
    repeat::{Flight, Key},
};

/// What holds for all calls.
pub(crate) struct Calls {
    pub(crate) courier: Courier,
    pub(crate) people: People,
    pub(crate) max_mentions: usize,
    pub(crate) dry_run: bool,
}

impl Calls {
    /// Sends what the arguments say. `cancelled` completes when the caller gives the call up; `meanwhile` runs while the
    /// message is on its way.
    pub(crate) async fn call<W: Future<Output = ()>>(
        &self,
        tool: &ToolType,
        mut arguments: Map<String, Value>,
        cancelled: impl Future<Output = ()>,
        meanwhile: impl FnOnce(Arc<Flight>) -> W,
    ) -> CallToolResult {
        let spec = tool.spec();
        let mut faults = Faults::default();
        let hidden = self.people.resolve(spec.parameters, &mut arguments, &mut faults);
        let message = match self.message(tool, &arguments, faults) {
            Ok(message) => message,
            Err(faults) => return done(spec.name, Answer::invalid(&faults), &hidden),
        };
        if self.dry_run {
            return done(spec.name, Answer::dry_run(&message), &hidden);
        }
        let key = Key::new(None, spec.name, spec.parameters, &arguments);
        let answer = self.courier.send(key, message, cancelled, meanwhile).await;
        done(spec.name, answer, &hidden)
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

fn done(tool: &'static str, answer: Answer, hidden: &Hidden) -> CallToolResult {
    tracing::info!(name: "dingtalk.call", tool, status = answer.status().as_str(), "answered");
    answer.into_result(hidden)
}
