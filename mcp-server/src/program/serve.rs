//! `dingtalk-notify serve`

use super::{
    Program, Result,
    arguments::ServeArguments,
    service::{Parts, Service},
};
use crate::metrics::Metrics;

pub(super) async fn run(program: &Program, arguments: ServeArguments) -> Result<()> {
    let service = Service {
        program,
        settings: &|| arguments.settings(),
        parts: if arguments.http.relay { Parts::Both } else { Parts::Mcp },
        stateless: arguments.http.stateless,
        remote_clients: arguments.http.http.is_some(),
    };
    if let Some(address) = &arguments.http.http {
        return service.run(address).await;
    }
    let prepared = service.prepare(&Metrics::default()).await?;
    let done = prepared.server.clone().serve_stdio().await;
    prepared.end().await;
    Ok(done?)
}
