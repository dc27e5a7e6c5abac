//! Connections: accepting them, reading and routing their requests, and ending them with or without an answer.

use std::{
    fmt,
    future::{Future, poll_fn},
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http_body_util::BodyExt as _;
use hyper::{
    Response,
    body::Incoming,
    header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderName, HeaderValue, LOCATION},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::{
    admission::Request,
    api,
    ending::Ending,
    endpoint::{self, Answer, REDIRECT_TARGET},
    refusal,
    response::{Body, full, json},
    shared::Shared,
};

/// Maximum length of a request body in memory, in bytes. The rest is counted and dropped.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// Length in bytes at which the sandbox stops reading a request body.
const BODY_READ: usize = 64 * 1024 * 1024;

/// Pause after an error of `accept`, most often a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until the task is aborted, which ends all of them.
pub(crate) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                connections.spawn(serve(stream, peer.ip(), Arc::clone(&shared)));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// A cell in which the service leaves the ending for its connection.
#[derive(Clone, Default)]
struct EndingCell(Arc<Mutex<Option<Ending>>>);

impl EndingCell {
    fn put(&self, ending: Ending) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ending);
    }

    fn take(&self) -> Option<Ending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The error that makes hyper release a connection without an answer.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cut by a fault")
    }
}

impl std::error::Error for Cut {}

async fn serve(stream: TcpStream, peer: IpAddr, shared: Arc<Shared>) {
    if shared.state().faults.take_on_connect() {
        // Clients treat a reset before the first byte differently from one after it, so wait for the first byte.
        let _ = stream.peek(&mut [0]).await;
        endpoint::log_reset_connection(&shared);
        return Ending::Reset.carry_out(stream).await;
    }
    let ending = EndingCell::default();
    let cell = ending.clone();
    let service = service_fn(move |request| -> Pin<Box<dyn Future<Output = Result<_, Cut>> + Send>> {
        let (shared, cell) = (Arc::clone(&shared), cell.clone());
        Box::pin(async move {
            respond(request, peer, &shared).await.map_err(|ending| {
                cell.put(ending);
                Cut
            })
        })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // The only errors are a client that disconnects and a `Cut`.
    let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    match ending.take() {
        Some(ending) => ending.carry_out(stream).await,
        None => drop(stream.shutdown().await),
    }
}

async fn respond(
    request: hyper::Request<Incoming>,
    peer: IpAddr,
    shared: &Arc<Shared>,
) -> Result<Response<Body>, Ending> {
    match request.uri().path() {
        "/robot/send" => {
            let target = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
            let Ok(request) = read(request, peer).await else { return Err(Ending::Reset) };
            match endpoint::handle(shared, request, &target) {
                Answer::Cut(ending) => Err(ending),
                Answer::Gzip(body) => {
                    let mut response = Response::new(full(body));
                    let json = HeaderValue::from_static("application/json");
                    response.headers_mut().insert(CONTENT_TYPE, json);
                    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                    Ok(response)
                }
                Answer::Http { status, content_type, location, body } => {
                    let mut response = Response::new(full(body));
                    *response.status_mut() = status;
                    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
                    if let Some(location) = location {
                        response.headers_mut().insert(LOCATION, HeaderValue::from_static(location));
                    }
                    Ok(response)
                }
            }
        }
        REDIRECT_TARGET => {
            shared.count_redirect();
            Ok(json(refusal::ok()))
        }
        _ => Ok(api::respond(request, shared).await),
    }
}

async fn read(request: hyper::Request<Incoming>, peer: IpAddr) -> Result<Request, hyper::Error> {
    let (head, mut incoming) = request.into_parts();
    let mut body = Vec::new();
    let mut length = 0;
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        length += data.len();
        keep(&mut body, &data);
        if length > BODY_READ {
            break;
        }
    }
    let query = head.uri.query().unwrap_or_default();
    let header =
        |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(Request {
        peer: Some(peer),
        host: header(HOST),
        method: head.method.to_string(),
        content_type: header(CONTENT_TYPE),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        body,
        length,
    })
}

/// Appends data up to [`BODY_LIMIT`].
fn keep(body: &mut Vec<u8>, data: &[u8]) {
    let room = BODY_LIMIT.saturating_sub(body.len());
    body.extend_from_slice(&data[..data.len().min(room)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_kept_up_to_the_limit() {
        let mut body = Vec::new();
        for _ in 0..3 {
            keep(&mut body, &vec![b'x'; BODY_LIMIT / 2 + 1]);
        }
        assert_eq!(body.len(), BODY_LIMIT);
    }
}
