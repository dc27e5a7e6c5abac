//! `dingtalk-notify serve`

use std::{sync::Arc, time::Duration};

use dingtalk_core::queue::Queue;
use dingtalk_outbox::outbox::{Service, Serving};
use tokio::time::timeout;

use super::{Program, Result, arguments::ServeArguments, listen::ListenAddress, send::FLUSH, words::words};
use crate::{
    Server, Settings,
    call::{
        queue::CallQueue,
        stored::{KnownRobot, Stored},
    },
    metrics::{Metrics, Source},
    outbox::{self, Lane, Robots, Watch},
    transport::{
        HangUps,
        http::{self, Doors, Reload},
        told_to_stop,
    },
};

/// Time that deliveries of the queue have after the last client has left.
const STOP: Duration = Duration::from_secs(2);

/// A server, as the settings describe it.
struct Prepared {
    settings: Settings,
    server: Server,
    delivering: Option<Delivering>,
}

/// The delivery of what is queued.
struct Delivering {
    queue: Queue,
    serving: Option<Serving>,
    watch: Arc<Watch>,
}

pub(super) async fn run(program: &Program, arguments: ServeArguments) -> Result<()> {
    let mut prepared = Prepared::new(program, &arguments, &Metrics::default()).await?;
    let done = match &arguments.http.http {
        None => prepared.server.serve_stdio().await.map_err(Into::into),
        Some(address) => serve_http(program, &arguments, address, &mut prepared).await,
    };
    prepared.end().await;
    done
}

async fn serve_http(
    program: &Program,
    arguments: &ServeArguments,
    address: &ListenAddress,
    prepared: &mut Prepared,
) -> Result<()> {
    let mut options = prepared.settings.http_options()?.stateless(arguments.http.stateless);
    if let Some((text, source)) = prepared.settings.admin() {
        let admin = text.parse::<ListenAddress>().map_err(|problem| format!("{source}: {problem}"))?;
        options = options.admin(admin.resolve().await?);
    }
    let listener = address.bind().await?;
    let at = listener.local_addr()?;
    let handler = prepared.server.handler().clone();
    handler.metrics().watch(prepared.watch());
    let serving = http::Serving::prepare(handler, listener, &options, Doors::default()).await?;
    let hang_ups = HangUps::new();
    // Everything has been checked. Port 0 picks a free port: this is where to learn it.
    if let Some(admin) = serving.admin_address() {
        program.tell(format_args!("{} http://{admin}/metrics", words("metrics at", "指标地址：")));
    }
    program.tell(format_args!("{} http://{at}/mcp", words("serving MCP at", "MCP 服务地址：")));
    let reload = serving.reload();
    tokio::select! {
        () = serving.run(told_to_stop()) => {}
        () = reload_on(hang_ups, &reload, program, arguments, prepared) => {}
    }
    Ok(())
}

/// Reads the settings and the file again on each signal. They are checked as a whole first: on a fault, the old ones
/// stay in force.
async fn reload_on(
    mut hang_ups: HangUps,
    reload: &Reload,
    program: &Program,
    arguments: &ServeArguments,
    prepared: &mut Prepared,
) {
    loop {
        hang_ups.next().await;
        let metrics = prepared.server.handler().metrics().clone();
        let done = replace(reload, program, arguments, &metrics).await;
        metrics.reloaded(done.is_ok());
        match done {
            Ok(again) => {
                tracing::info!(name: "dingtalk_notify.reloaded", "the settings were read again");
                metrics.watch(again.watch());
                std::mem::replace(prepared, again).end().await;
            }
            Err(error) => {
                let problem = "the settings stay as they were, because the new ones are faulty";
                tracing::error!(name: "dingtalk_notify.not_reloaded", %error, "{problem}");
            }
        }
    }
}

async fn replace(
    reload: &Reload,
    program: &Program,
    arguments: &ServeArguments,
    metrics: &Metrics,
) -> Result<Prepared> {
    let again = Prepared::new(program, arguments, metrics).await?;
    let options = again.settings.http_options().map(|options| options.stateless(arguments.http.stateless));
    let replaced = options.and_then(|options| reload.replace(again.server.handler().clone(), &options));
    match replaced {
        Ok(()) => Ok(again),
        Err(error) => {
            again.end().await;
            Err(error.into())
        }
    }
}

impl Prepared {
    async fn new(program: &Program, arguments: &ServeArguments, metrics: &Metrics) -> Result<Self> {
        let settings = arguments.settings();
        let remote_clients = arguments.http.http.is_some();
        let server = program.equip(settings.serving()?).remote_clients(remote_clients);
        let mut server = server.metrics(metrics.clone());
        let mut delivering = None;
        if settings.queues_calls() {
            let (calls, queue) = deliver(&settings).await?;
            server = server.queue(calls);
            delivering = Some(queue);
        }
        let server = server.build()?;
        Ok(Self { settings, server, delivering })
    }

    /// Returns the metrics of the queue, if there is one.
    fn watch(&self) -> Option<Arc<dyn Source>> {
        let delivering = self.delivering.as_ref()?;
        Some(Arc::clone(&delivering.watch) as _)
    }

    /// Ends the delivery of what is queued, and stores what is left to be stored.
    async fn end(self) {
        if let Some(Delivering { queue, serving, .. }) = self.delivering {
            drop(serving);
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
async fn deliver(settings: &Settings) -> Result<(CallQueue, Delivering)> {
    let lanes = settings.lanes(Robots::All)?;
    let store = outbox::open(settings)?;
    let queue = outbox::queue(settings, Arc::clone(&store), &lanes, true)?;
    let owner = format!("serve, process {}", std::process::id());
    let serving = store.serve(Service::new(owner, lanes.iter().map(Lane::key))).await?;
    let watch = Arc::new(Watch::new(settings, Arc::clone(&store), &lanes));
    let known = lanes.into_iter().map(|lane| {
        let rate_per_minute = settings.rate_per_minute(lane.name.as_deref());
        (lane.key(), KnownRobot { name: lane.name, deliver: lane.deliver, rate_per_minute })
    });
    let calls = CallQueue::new(queue.clone(), Stored::new(store, known));
    Ok((calls, Delivering { queue, serving, watch }))
}
