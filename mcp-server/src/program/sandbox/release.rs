//! `sandbox --release ROBOT`: from the sandbox to a real robot, through its budget and the queue.

use std::{
    future::pending,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use dingtalk_core::{Envelope, message::WireMessage};
use dingtalk_sandbox::{Release, Released};

use super::super::{Program, Result, send::queue::Queue};
use crate::{
    Settings,
    call::{
        offer::{Offer, Offered},
        outcome::CallOutcome,
        repeat::DeliveryOutcome,
    },
    settings::Flags,
};

/// Time for which a person waits for the delivery. Later, the message is only known to be queued.
const PATIENCE: Duration = Duration::from_secs(5);

/// Pause between two looks at the queue.
const PAUSE: Duration = Duration::from_millis(100);

/// A robot of the settings.
#[derive(Debug)]
pub(super) struct RealRobot {
    program: Program,
    name: String,
    host: String,
    config: Option<PathBuf>,
}

impl RealRobot {
    /// Checks that the robot can be sent to.
    ///
    /// # Errors
    ///
    /// The robot is unknown or incomplete, or there is no queue.
    pub(super) fn new(program: &Program, name: &str, config: Option<PathBuf>) -> Result<Self> {
        let settings = settings(config.as_deref());
        settings.check()?;
        let described = settings.robots(Some(name))?;
        let robot = described.iter().flat_map(|robot| robot.robots(&settings.options())).next();
        let robot = robot.ok_or("the robot is missing")?.map_err(crate::Error::from)?;
        let host = robot.host().to_owned();
        let _ = Queue::open(&settings, Some(name))?;
        Ok(Self { program: program.clone(), name: name.to_owned(), host, config })
    }

    async fn queue(&self, message: WireMessage) -> Result<String> {
        let settings = settings(self.config.as_deref());
        let robot = Some(&*self.name);
        let server = self.program.equip(settings.server_for(robot)?);
        let (queue, calls) = Queue::open(&settings, robot)?;
        let server = server.queue(calls).build()?;
        let WireMessage { message, id, .. } = message;
        let offer = Offer {
            envelope: Envelope::new(message),
            door: "sandbox",
            name: "sandbox",
            robot,
            id: id.as_deref(),
            rights: None,
            log_id: None,
        };
        let ended = match server.calls().offer(offer) {
            Ok(Offered { ready, .. }) => server.calls().send(ready, pending(), async |_| {}).await,
            Err(ended) => *ended,
        };
        let CallOutcome::Delivery { id, outcome: DeliveryOutcome::Queued(_) } = &ended.outcome else {
            let problem = ended.answer.detail.into_iter();
            let advice = ended.answer.advice.into_iter().map(std::borrow::Cow::into_owned);
            let told: Vec<String> = problem.chain(ended.answer.faults).chain(advice).collect();
            return Err(if told.is_empty() { "not queued".to_owned() } else { told.join("; ") }.into());
        };
        queue.start_deliverer(&settings).await?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if queue.has_delivered(id).await? {
                return Ok("delivered".to_owned());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(format!("queued as {id}: `outbox show {id}` tells where it stands"))
    }
}

impl Release for RealRobot {
    fn robot(&self) -> &str {
        &self.name
    }

    fn host(&self) -> &str {
        &self.host
    }

    fn send(&self, message: WireMessage) -> Released<'_> {
        Box::pin(async { self.queue(message).await.map_err(|error| error.to_string()) })
    }
}

fn settings(config: Option<&Path>) -> Settings {
    Settings::read(Flags { config: config.map(Path::to_owned), ..Flags::default() })
}
