//! A service that reports events of GitHub and Alertmanager to a DingTalk group.
//!
//! `README.md` beside this file explains its use.

mod alertmanager;
mod excerpt;
mod github;
mod notifications;
mod payload;
mod service;
mod signature;
mod unsettled;

use std::{convert::Infallible, env, error::Error, process::ExitCode, sync::Arc, time::Duration};

use dingtalk_core::{Robot, delivery::RobotBuilder};
use http_body_util::{BodyExt as _, Limited};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;
use tracing::Level;

use self::service::Service;

/// GitHub's payloads have at most 25 MB.
const BODY_LIMIT: usize = 25_000_000;

/// GitHub waits ten seconds for an answer.
const SEND_DEADLINE: Duration = Duration::from_secs(8);

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_max_level(Level::INFO).init();
    match serve().await {
        Ok(never) => match never {},
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until it is stopped.
async fn serve() -> Result<Infallible, Box<dyn Error>> {
    let robot = RobotBuilder::from_env()?.deadline(SEND_DEADLINE).build()?;
    let github_secret = env::var("GITHUB_WEBHOOK_SECRET").ok().filter(|secret| !secret.is_empty());
    let service = Arc::new(Service::new(robot, github_secret));

    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8800".to_owned());
    let listener = TcpListener::bind(&address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "no connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let respond = service_fn(|request| respond(request, &service));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(10))
                .serve_connection(TokioIo::new(stream), respond);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended early");
            }
        });
    }
}

async fn respond(
    request: Request<Incoming>,
    service: &Service<Robot>,
) -> Result<Response<String>, hyper::Error> {
    let (head, body) = request.into_parts();
    let (method, path) = (head.method.clone(), head.uri.path().to_owned());
    let response = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => service.answer(Request::from_parts(head, body.to_bytes())).await,
        Err(error) => {
            let mut response = Response::new(json!({"errors": [error.to_string()]}).to_string());
            *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            response
        }
    };
    tracing::info!(%method, path, status = response.status().as_u16(), "answered");
    Ok(response)
}
