//! Connections: accepting them, reading requests off them, routing, and ending them well or badly.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http_body_util::BodyExt as _;
use hyper::{
    Response,
    body::Incoming,
    header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, LOCATION},
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
    endpoint::{self, Answer, REDIRECT_TARGET},
    fault::Ending,
    page, refusal,
    response::{Body, full, json},
    shared::Shared,
};

/// This much of a request body is kept in memory; the rest is counted and dropped.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// A request body longer than this is not read to its end.
const BODY_ENDURED: usize = 64 * 1024 * 1024;

/// Pause after an error of `accept`, which is most often a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until the task is aborted, which ends them all.
pub(crate) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(serve(stream, Arc::clone(&shared)));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// The service's way to tell the connection how to end.
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

/// Makes hyper let go of the connection without an answer.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cut by a fault")
    }
}

impl std::error::Error for Cut {}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    if shared.state().faults.take_on_connect() {
        // What the client makes of a reset depends on whether it has begun to send: it always has.
        let _ = stream.peek(&mut [0]).await;
        endpoint::note_reset_connection(&shared);
        return Ending::Reset.carry_out(stream).await;
    }
    let ending = EndingCell::default();
    let told = ending.clone();
    let service = service_fn(move |request| -> Pin<Box<dyn Future<Output = Result<_, Cut>> + Send>> {
        let (shared, told) = (Arc::clone(&shared), told.clone());
        Box::pin(async move {
            respond(request, &shared).await.map_err(|ending| {
                told.put(ending);
                Cut
            })
        })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // An error here is the client's going away or a `Cut`.
    let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    match ending.take() {
        Some(ending) => ending.carry_out(stream).await,
        None => drop(stream.shutdown().await),
    }
}

async fn respond(request: hyper::Request<Incoming>, shared: &Arc<Shared>) -> Result<Response<Body>, Ending> {
    match request.uri().path() {
        "/robot/send" => {
            let target = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
            let Ok(request) = read(request).await else { return Err(Ending::Reset) };
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
        _ => Ok(page::respond(&request, shared)),
    }
}

async fn read(request: hyper::Request<Incoming>) -> Result<Request, hyper::Error> {
    let (head, mut incoming) = request.into_parts();
    let mut body = Vec::new();
    let mut length = 0;
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        length += data.len();
        keep(&mut body, &data);
        if length > BODY_ENDURED {
            break;
        }
    }
    let query = head.uri.query().unwrap_or_default();
    Ok(Request {
        method: head.method.to_string(),
        content_type: head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        body,
        length,
    })
}

/// Appends what still has room.
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
