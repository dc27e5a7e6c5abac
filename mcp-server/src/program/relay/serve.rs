//! `dingtalk-notify relay --http ADDRESS`: the doors, and the delivery of what they accept.

use std::{sync::Arc, time::Duration};

use dingtalk_core::queue::Queue;
use dingtalk_outbox::outbox::{Service, Serving as Registered};
use tokio::time::timeout;

use super::{
    super::{Program, Result, listen::ListenAddress, send::FLUSH, words::words},
    arguments::DoorArguments,
};
use crate::{
    Settings,
    call::{
        queue::CallQueue,
        stored::{KnownRobot, Stored},
    },
    metrics::Metrics,
    outbox::{self, Lane, Robots, Watch},
    relay::{Relay, hook::Hooks},
    transport::{http::Serving, told_to_stop},
};

/// Time that deliveries have after the last request.
const STOP: Duration = Duration::from_secs(2);

pub(super) async fn run(program: &Program, arguments: &DoorArguments) -> Result<()> {
    let Some(address) = &arguments.http else { return Err("--http is missing".into()) };
    let settings = arguments.settings();
    if settings.is_dry_run() {
        return Err(words(
            "the relay has no dry run: remove DINGTALK_NOTIFY_DRY_RUN, and try payloads with `relay try`",
            "relay 没有试运行：请去掉 DINGTALK_NOTIFY_DRY_RUN，并用 `relay try` 试验",
        )
        .into());
    }
    let metrics = Metrics::default();
    let (calls, queue, registered) = deliver(&settings, &metrics).await?;
    let server = program.equip(settings.serving()?).queue(calls).metrics(metrics).build()?;
    let handler = server.handler().clone();
    let mut options = settings.http_options()?;
    let hooks = Hooks::new(settings.hooks(), server.tools(), options.has_tokens())?;
    let doors = Relay::new(server, hooks)?.doors();
    if let Some((text, source)) = settings.admin() {
        let admin = text.parse::<ListenAddress>().map_err(|problem| format!("{source}: {problem}"))?;
        options = options.admin(admin.resolve().await?);
    }
    let listener = address.bind().await?;
    let at = listener.local_addr()?;
    let serving = Serving::prepare(handler, listener, &options, doors).await?;
    // Everything has been checked. Port 0 picks a free port: this is where to learn it.
    if let Some(admin) = serving.admin_address() {
        program.tell(format_args!("{} http://{admin}/metrics", words("metrics at", "指标地址：")));
    }
    program.tell(format_args!("{} http://{at}", words("relaying from", "relay 地址：")));
    serving.run(told_to_stop()).await;
    drop(registered);
    // The store keeps the rest.
    let _ = queue.shutdown(STOP).await;
    if let Some(state) = settings.state() {
        // The month counts the outcomes of the last requests, too.
        let _ = timeout(FLUSH, state.flush()).await;
    }
    Ok(())
}

/// Begins to deliver what is queued, and returns the queue for calls.
async fn deliver(settings: &Settings, metrics: &Metrics) -> Result<(CallQueue, Queue, Option<Registered>)> {
    let lanes = settings.lanes(Robots::All)?;
    let store = outbox::open(settings)?;
    let queue = outbox::queue(settings, Arc::clone(&store), &lanes, true)?;
    let owner = format!("relay, process {}", std::process::id());
    let registered = store.serve(Service::new(owner, lanes.iter().map(Lane::key))).await?;
    metrics.watch(Some(Arc::new(Watch::new(settings, Arc::clone(&store), &lanes))));
    let known = lanes.into_iter().map(|lane| {
        let rate_per_minute = settings.rate_per_minute(lane.name.as_deref());
        (lane.key(), KnownRobot { name: lane.name, deliver: lane.deliver, rate_per_minute })
    });
    let calls = CallQueue::new(queue.clone(), Stored::new(store, known)).always();
    Ok((calls, queue, registered))
}
