//! `dingtalk-notify serve`

use std::{sync::Arc, time::Duration};

use dingtalk_core::queue::Queue;
use dingtalk_outbox::outbox::{Service, Serving};
use tokio::{net::TcpListener, time::timeout};

use super::{Program, Result, arguments::ServeArguments, send::FLUSH, words::words};
use crate::{
    Settings,
    call::{
        queue::CallQueue,
        stored::{KnownRobot, Stored},
    },
    outbox::{self, Lane, Robots},
};

/// Time that deliveries of the queue have after the last client has left.
const STOP: Duration = Duration::from_secs(2);

pub(super) async fn run(program: &Program, arguments: ServeArguments) -> Result<()> {
    let settings = arguments.settings();
    let mut server = program.equip(settings.serving()?);
    let mut delivering = None;
    if settings.queues_calls() {
        let (calls, queue) = deliver(&settings).await?;
        server = server.queue(calls);
        delivering = Some(queue);
    }
    let server = server.build()?;
    match arguments.http.http {
        None => server.serve_stdio().await?,
        Some(address) => {
            let options = settings.http_options()?.stateless(arguments.http.stateless);
            let listener = TcpListener::bind(address).await.map_err(|error| {
                words(format!("cannot listen on {address}: {error}"), format!("无法监听 {address}：{error}"))
            })?;
            // Port 0 picks a free port: this is where to learn it.
            if let Ok(address) = listener.local_addr() {
                let serving = words("serving MCP at", "MCP 服务地址：");
                program.tell(format_args!("{serving} http://{address}/mcp"));
            }
            server.serve_http(listener, options).await?;
        }
    }
    if let Some((queue, serving)) = delivering {
        drop(serving);
        // The store keeps the rest.
        let _ = queue.shutdown(STOP).await;
    }
    if let Some(state) = settings.state() {
        // The month counts the outcomes of the last requests, too.
        let _ = timeout(FLUSH, state.flush()).await;
    }
    Ok(())
}

/// Begins to deliver what is queued, and returns the queue for calls.
async fn deliver(settings: &Settings) -> Result<(CallQueue, (Queue, Option<Serving>))> {
    let lanes = settings.lanes(Robots::All)?;
    let store = outbox::open(settings)?;
    let queue = outbox::queue(settings, Arc::clone(&store), &lanes, true)?;
    let owner = format!("serve, process {}", std::process::id());
    let serving = store.serve(Service::new(owner, lanes.iter().map(Lane::key))).await?;
    let known = lanes.into_iter().map(|lane| {
        let rate_per_minute = settings.rate_per_minute(lane.name.as_deref());
        (lane.key(), KnownRobot { name: lane.name, deliver: lane.deliver, rate_per_minute })
    });
    let calls = CallQueue::new(queue.clone(), Stored::new(store, known));
    Ok((calls, (queue, serving)))
}
