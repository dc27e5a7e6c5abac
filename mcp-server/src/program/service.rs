//! A server as the settings describe it: MCP, the relay, or both, and the delivery of what they queue.

use std::{sync::Arc, time::Duration};

use dingtalk_core::queue::Queue;
use dingtalk_outbox::{
    Outbox,
    outbox::{Service as Lanes, Serving as Registered},
};
use tokio::time::{sleep, timeout};

use super::{Program, Result, listen::ListenAddress, send::FLUSH, words::words};
use crate::{
    Server, Settings,
    call::{
        queue::CallQueue,
        stored::{KnownRobot, Stored},
    },
    metrics::{Metrics, Source},
    outbox::{self, Lane, Robots, Watch},
    relay::{
        Intake, LiveRelay, Relay,
        hook::{Hooks, Quotas},
    },
    transport::{
        HangUps,
        http::{self, Doors, Reload},
        told_to_stop,
    },
};

/// Time that deliveries of the queue have after the last client has left.
const STOP: Duration = Duration::from_secs(2);

/// Time for the requests that began under settings that were replaced: a body has 30 seconds.
const LAST_REQUESTS: Duration = Duration::from_secs(35);

/// Interval at which their end is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// The parts of a server that a command names.
pub(super) struct Service<'p> {
    pub(super) program: &'p Program,
    /// Reads the settings, again for each reload.
    pub(super) settings: &'p dyn Fn() -> Settings,
    pub(super) parts: Parts,
    pub(super) stateless: bool,
    /// Set if clients come over HTTP.
    pub(super) remote_clients: bool,
}

/// Parts of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    Mcp,
    Relay,
    Both,
}

/// A server that is ready, and what it needs.
pub(super) struct Prepared {
    settings: Settings,
    /// The server of MCP, or that of the relay alone.
    pub(super) server: Server,
    relay: Option<Relay>,
    delivering: Option<Delivering>,
}

/// The delivery of what is queued.
struct Delivering {
    queue: Queue,
    outbox: Arc<dyn Outbox>,
    registered: Option<Registered>,
    watch: Arc<Watch>,
}

impl Service<'_> {
    /// Reads the settings, checks everything, and begins to deliver what is queued.
    pub(super) async fn prepare(&self, metrics: &Metrics) -> Result<Prepared> {
        let settings = (self.settings)();
        if self.has_relay() && settings.is_dry_run() {
            return Err(words(
                "the relay has no dry run: remove DINGTALK_NOTIFY_DRY_RUN or `--dry-run`, and try payloads with `relay try`",
                "relay 没有试运行：请去掉 DINGTALK_NOTIFY_DRY_RUN 或 `--dry-run`，并用 `relay try` 试验",
            )
            .into());
        }
        let queued = if self.has_relay() || settings.queues_calls() {
            let (calls, delivering) = deliver(&settings, self.name()).await?;
            Some((calls, delivering))
        } else {
            None
        };
        let build = |calls: Option<CallQueue>| -> Result<Server> {
            let server = self.program.equip(settings.serving()?).remote_clients(self.remote_clients);
            let mut server = server.metrics(metrics.clone());
            if let Some(calls) = calls {
                server = server.queue(calls);
            }
            Ok(server.build()?)
        };
        let mut relay = None;
        let mut server = None;
        if let Some((calls, Delivering { queue, outbox, .. })) = queued.as_ref().filter(|_| self.has_relay())
        {
            let of_relay = build(Some(calls.clone().always()))?;
            let has_tokens = settings.http_options()?.has_tokens();
            let quotas = Quotas::new(&settings);
            let hooks = Hooks::new(
                settings.hooks(),
                of_relay.tools(),
                has_tokens,
                of_relay.calls().max_mentions,
                quotas,
            )?;
            if self.parts == Parts::Relay {
                server = Some(of_relay.clone());
            }
            relay = Some(Relay::new(of_relay, hooks, Intake::new(queue.clone(), Arc::clone(outbox)))?);
        }
        let server = match server {
            Some(server) => server,
            None => {
                let calls = queued.as_ref().filter(|_| settings.queues_calls());
                build(calls.map(|(calls, _)| calls.clone()))?
            }
        };
        let delivering = queued.map(|(_, delivering)| delivering);
        Ok(Prepared { settings, server, relay, delivering })
    }

    fn has_relay(&self) -> bool {
        self.parts != Parts::Mcp
    }

    fn name(&self) -> &'static str {
        if self.parts == Parts::Relay { "relay" } else { "serve" }
    }

    /// Serves over HTTP until the process is told to stop.
    pub(super) async fn run(&self, address: &ListenAddress) -> Result<()> {
        let mut prepared = self.prepare(&Metrics::default()).await?;
        let done = self.serve(address, &mut prepared).await;
        prepared.end().await;
        done
    }

    async fn serve(&self, address: &ListenAddress, prepared: &mut Prepared) -> Result<()> {
        let mut options = prepared.settings.http_options()?.stateless(self.stateless);
        if let Some((text, source)) = prepared.settings.admin() {
            let admin = text.parse::<ListenAddress>().map_err(|problem| format!("{source}: {problem}"))?;
            options = options.admin(admin.resolve().await?);
        }
        let listener = address.bind().await?;
        let at = listener.local_addr()?;
        let handler = prepared.server.handler().clone();
        handler.metrics().watch(prepared.watch());
        let relay = prepared.relay.take().map(LiveRelay::new);
        let doors = Doors {
            without_mcp: self.parts == Parts::Relay,
            doors: relay.as_ref().map(LiveRelay::doors).unwrap_or_default(),
        };
        let serving = http::Serving::prepare(handler, listener, &options, doors).await?;
        let hang_ups = HangUps::new();
        // Everything has been checked. Port 0 picks a free port: this is where to learn it.
        let program = self.program;
        if let Some(admin) = serving.admin_address() {
            program.tell(format_args!("{} http://{admin}/metrics", words("metrics at", "指标地址：")));
        }
        if self.parts != Parts::Relay {
            program.tell(format_args!("{} http://{at}/mcp", words("serving MCP at", "MCP 服务地址：")));
        }
        if self.has_relay() {
            program.tell(format_args!("{} http://{at}", words("relaying from", "relay 地址：")));
        }
        let reload = serving.reload();
        tokio::select! {
            () = serving.run(told_to_stop()) => {}
            () = self.reload_on(hang_ups, &reload, relay.as_ref(), prepared) => {}
        }
        Ok(())
    }

    /// Reads the settings and the file again on each signal. They are checked as a whole first: on a fault, the old
    /// ones stay in force.
    async fn reload_on(
        &self,
        mut hang_ups: HangUps,
        reload: &Reload,
        relay: Option<&LiveRelay>,
        prepared: &mut Prepared,
    ) {
        loop {
            hang_ups.next().await;
            let metrics = prepared.server.handler().metrics().clone();
            let done = self.replace(reload, &metrics).await;
            metrics.reloaded(done.is_ok());
            match done {
                Ok(mut again) => {
                    tracing::info!(name: "dingtalk_notify.reloaded", "the settings were read again");
                    metrics.watch(again.watch());
                    let last = relay.zip(again.relay.take()).map(|(live, relay)| live.replace(relay));
                    let before = std::mem::replace(prepared, again);
                    if let Some(last) = last {
                        // Requests that began under it end under it.
                        let ended = async {
                            while Arc::strong_count(&last) > 1 {
                                sleep(LOOK).await;
                            }
                        };
                        let _ = timeout(LAST_REQUESTS, ended).await;
                    }
                    before.end().await;
                }
                Err(error) => {
                    let problem = "the settings stay as they were, because the new ones are faulty";
                    tracing::error!(name: "dingtalk_notify.not_reloaded", %error, "{problem}");
                }
            }
        }
    }

    async fn replace(&self, reload: &Reload, metrics: &Metrics) -> Result<Prepared> {
        let again = self.prepare(metrics).await?;
        let options = again.settings.http_options().map(|options| options.stateless(self.stateless));
        let replaced = options.and_then(|options| reload.replace(again.server.handler().clone(), &options));
        match replaced {
            Ok(()) => Ok(again),
            Err(error) => {
                again.end().await;
                Err(error.into())
            }
        }
    }
}

impl Prepared {
    /// Returns the metrics of the queue, if there is one.
    fn watch(&self) -> Option<Arc<dyn Source>> {
        let delivering = self.delivering.as_ref()?;
        Some(Arc::clone(&delivering.watch) as _)
    }

    /// Ends the delivery of what is queued, and stores what is left to be stored.
    pub(super) async fn end(self) {
        if let Some(Delivering { queue, registered, .. }) = self.delivering {
            drop(registered);
            // The store keeps the rest.
            let _ = queue.shutdown(STOP).await;
        }
        if let Some(state) = self.settings.state() {
            // The month counts the outcomes of the last requests, too.
            let _ = timeout(FLUSH, state.flush()).await;
        }
    }
}

/// Begins to deliver what is queued, and returns the queue for calls.
async fn deliver(settings: &Settings, command: &str) -> Result<(CallQueue, Delivering)> {
    let lanes = settings.lanes(Robots::All)?;
    let outbox = outbox::open(settings)?;
    let queue = outbox::queue(settings, Arc::clone(&outbox), &lanes, true)?;
    let owner = format!("{command}, process {}", std::process::id());
    let registered = outbox.serve(Lanes::new(owner, lanes.iter().map(Lane::key))).await?;
    let watch = Arc::new(Watch::new(settings, Arc::clone(&outbox), &lanes));
    let known = lanes.into_iter().map(|lane| {
        let rate_per_minute = settings.rate_per_minute(lane.name.as_deref());
        (lane.key(), KnownRobot { name: lane.name, deliver: lane.deliver, rate_per_minute })
    });
    let calls = CallQueue::new(queue.clone(), Stored::new(Arc::clone(&outbox), known));
    Ok((calls, Delivering { queue, outbox, registered, watch }))
}
