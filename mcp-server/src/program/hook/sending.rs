//! Queueing of an event's message. Another process delivers it.

use std::future::pending;

use dingtalk_core::Envelope;

use super::{
    super::{Program, Result, send::queue::Queue, words::words},
    arguments::HookArguments,
};
use crate::call::{
    offer::{Offer, Offered},
    outcome::CallOutcome,
    repeat::DeliveryOutcome,
};

/// Puts a message into the queue, and starts a process that delivers it unless one is running. Returns the message's
/// id.
pub(super) async fn queue(
    program: &Program,
    arguments: &HookArguments,
    envelope: Envelope,
) -> Result<String> {
    let settings = arguments.settings();
    let robot = arguments.robot.as_deref();
    let server = program.equip(settings.server_for(robot)?);
    let (queue, calls) = Queue::open(&settings, robot)?;
    let server = server.queue(calls).build()?;
    let name = "agent_hook";
    let offer = Offer { envelope, door: "hook", name, robot, id: None, rights: None, log_id: None };
    let ended = match server.calls().offer(offer) {
        Ok(Offered { ready, .. }) => server.calls().send(ready, pending(), async |_| {}).await,
        Err(ended) => *ended,
    };
    match &ended.outcome {
        CallOutcome::Delivery { id, outcome: DeliveryOutcome::Queued(_) } => {
            queue.start_deliverer(&settings).await?;
            Ok(id.clone())
        }
        // The same news is in the queue, or was told.
        CallOutcome::Delivery { id, outcome: DeliveryOutcome::Suppressed } => Ok(id.clone()),
        CallOutcome::DryRun(_) => Err(words("a dry run queues nothing", "试运行不会排队").into()),
        _ => {
            let problem = ended.answer.detail.into_iter();
            let advice = ended.answer.advice.into_iter().map(std::borrow::Cow::into_owned);
            let told: Vec<String> = problem.chain(ended.answer.faults).chain(advice).collect();
            Err(if told.is_empty() { "not queued".to_owned() } else { told.join("; ") }.into())
        }
    }
}
