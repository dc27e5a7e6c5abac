//! Consequences of an event: notes on its session, and a message in the queue, which another process delivers.

use std::{future::pending, time::SystemTime};

use dingtalk_core::Envelope;

use super::{
    super::{Program, Result, send::queue::Queue, words::words},
    arguments::HookArguments,
    event::{Event, Kind, Step},
    message::{self, digest_of, repetition},
    session::{Session, Waiting},
};
use crate::{
    Settings,
    call::{
        offer::{Offer, Offered},
        outcome::CallOutcome,
        repeat::DeliveryOutcome,
    },
    outbox,
};

/// Folder of the notes on sessions, in the directory of the state.
const NOTES: &str = "hooks";

/// Notes an event, cancels the message that waits and is outdated by it, and queues its own message. Returns the id of
/// that message, if there is one.
pub(super) async fn follow(
    program: &Program,
    arguments: &HookArguments,
    event: &Event,
) -> Result<Option<String>> {
    let settings = arguments.settings();
    let folder = settings.state_directory().map(|directory| directory.join(NOTES));
    let digest = digest_of(&["session", arguments.agent.word(), &event.session]);
    let session = folder.filter(|_| !event.session.is_empty()).map(|folder| Session::read(&folder, &digest));
    match event.step {
        Step::News(kind) => tell(program, arguments, &settings, event, kind, session).await,
        Step::TurnBegins => {
            if let Some(mut session) = session {
                let waiting = session.waiting().cloned();
                session.set_waiting(None);
                session.begin(turn_of(event), SystemTime::now());
                session.write()?;
                cancel(&settings, waiting).await?;
            }
            Ok(None)
        }
        Step::SessionEnds => {
            if let Some(session) = session {
                let waiting = session.waiting().cloned();
                session.remove();
                cancel(&settings, waiting).await?;
            }
            Ok(None)
        }
    }
}

/// Returns a name for the turn that contains nothing of its id.
fn turn_of(event: &Event) -> Option<String> {
    event.turn.as_deref().map(|turn| digest_of(&["turn", turn]))
}

async fn cancel(settings: &Settings, waiting: Option<Waiting>) -> Result<()> {
    if let Some(waiting) = waiting {
        outbox::open_unsynced(settings)?.remove(&waiting.id).await?;
    }
    Ok(())
}

async fn tell(
    program: &Program,
    arguments: &HookArguments,
    settings: &Settings,
    event: &Event,
    kind: Kind,
    session: Option<Session>,
) -> Result<Option<String>> {
    if session.is_none() && !arguments.after.is_zero() {
        return Err(words(
            "--after needs the directory of the state and the id of a session",
            "--after 需要状态目录和会话 id",
        )
        .into());
    }
    let now = SystemTime::now();
    let key = repetition(event, kind).0;
    let before = session.as_ref().and_then(Session::waiting).cloned();
    let is_same = before.as_ref().is_some_and(|waiting| waiting.key == key);
    let is_due = before.as_ref().is_some_and(|waiting| waiting.is_due(now));
    if is_same && !is_due && event.tool.is_none() {
        // The same news, with less in it.
        return Ok(None);
    }
    let ran_for = session.as_ref().and_then(|session| session.ran_for(turn_of(event).as_deref(), now));
    let envelope = message::envelope(event, kind, arguments, ran_for)?;
    let due = envelope.not_before;
    let outdated = before.filter(|_| !(is_same && is_due));
    let queued = queue(program, arguments, settings, envelope, outdated.as_ref()).await?;
    let waiting = queued.clone().zip(due).map(|(id, due)| Waiting::new(id, key, due));
    if let Some(mut session) = session.filter(|_| waiting.is_some() || outdated.is_some()) {
        session.set_waiting(waiting);
        session.write()?;
    }
    Ok(queued)
}

/// Puts a message into the queue in place of an outdated one, and starts a process that delivers it unless one is
/// running. Returns the message's id; `None` if the same news is in the queue, or was told.
async fn queue(
    program: &Program,
    arguments: &HookArguments,
    settings: &Settings,
    envelope: Envelope,
    outdated: Option<&Waiting>,
) -> Result<Option<String>> {
    let robot = arguments.robot.as_deref();
    let server = program.equip(settings.server_for(robot)?);
    let (queue, calls) = Queue::open_in(settings, robot, outbox::open_unsynced(settings)?)?;
    if let Some(outdated) = outdated {
        queue.remove(&outdated.id).await?;
    }
    let server = server.queue(calls).build()?;
    let name = "agent_hook";
    let offer = Offer { envelope, door: "hook", name, robot, id: None, rights: None, log_id: None };
    let ended = match server.calls().offer(offer) {
        Ok(Offered { ready, .. }) => server.calls().send(ready, pending(), async |_| {}).await,
        Err(ended) => *ended,
    };
    match &ended.outcome {
        CallOutcome::Delivery { id, outcome: DeliveryOutcome::Queued(_) } => {
            queue.start_deliverer(settings).await?;
            Ok(Some(id.clone()))
        }
        CallOutcome::Delivery { outcome: DeliveryOutcome::Suppressed, .. } => Ok(None),
        CallOutcome::DryRun(_) => Err(words("a dry run queues nothing", "试运行不会排队").into()),
        _ => {
            let problem = ended.answer.detail.into_iter();
            let advice = ended.answer.advice.into_iter().map(std::borrow::Cow::into_owned);
            let told: Vec<String> = problem.chain(ended.answer.faults).chain(advice).collect();
            Err(if told.is_empty() { "not queued".to_owned() } else { told.join("; ") }.into())
        }
    }
}
