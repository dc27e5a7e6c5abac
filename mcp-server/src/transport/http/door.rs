//! Doors for programs that post to a URL: what each request meets before its body is read.

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use dingtalk_config::Door;
use hyper::{HeaderMap, StatusCode, header::ORIGIN};

use super::{
    access::{Access, Bearer, Unidentified, word_for},
    answer::failure,
    places::{Places, admit},
    site::{Guard, Seen},
};

/// The routes of a door.
pub(crate) struct DoorRoutes {
    pub(crate) door: Door,
    pub(crate) routes: Router,
}

/// Parts of a server over HTTP.
#[derive(Default)]
pub(crate) struct Doors {
    /// Leaves out MCP.
    pub(crate) without_mcp: bool,
    pub(crate) doors: Vec<DoorRoutes>,
}

/// The check of what a request shows of its sender. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Credentials(Arc<Shown>);

struct Shown {
    access: Arc<Access>,
    door: Door,
    /// Name of the token, once it is known.
    token: OnceLock<Arc<str>>,
}

/// State of the check of a door's requests.
#[derive(Clone)]
struct Entrance {
    guard: Arc<Guard>,
    door: Door,
}

impl DoorRoutes {
    /// Adds the layers of the door.
    pub(super) fn guarded(self, guard: &Arc<Guard>, places: &Arc<Places>) -> Router {
        let entrance = Entrance { guard: Arc::clone(guard), door: self.door };
        self.routes
            .route_layer(from_fn_with_state(Arc::clone(places), admit))
            .route_layer(from_fn_with_state(entrance, meet))
    }
}

impl Credentials {
    /// Returns the sender of every request, if no token is needed.
    pub(crate) fn anyone(&self) -> Option<Arc<Bearer>> {
        self.0.access.anyone()
    }

    /// Returns the sender, by the header `Authorization`.
    pub(crate) fn of_headers(&self, headers: &HeaderMap) -> Result<Arc<Bearer>, Box<Response>> {
        self.0.access.identify(headers, self.0.door).inspect(|sender| self.note(sender))
    }

    /// Returns the sender, by a token in another place.
    pub(crate) fn of_token(&self, token: &str) -> Result<Arc<Bearer>, Unidentified> {
        self.0.access.find(token.as_bytes(), self.0.door).inspect(|sender| self.note(sender))
    }

    fn note(&self, sender: &Bearer) {
        if let Some(name) = sender.name() {
            let _ = self.0.token.set(Arc::clone(name));
        }
    }
}

/// Reports that a proxy has passed the request on.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    Access::is_forwarded(headers)
}

/// Lets a request in that is for this server and that no page has sent. The door itself checks the sender.
async fn meet(State(entrance): State<Entrance>, mut request: Request, next: Next) -> Response {
    let access = entrance.guard.access();
    let (headers, uri) = (request.headers(), request.uri());
    let refuse = |problem: &str| Err(Box::new(failure(StatusCode::FORBIDDEN, "access_denied", problem)));
    let allowed = access.check_names(uri, headers).and_then(|()| {
        if headers.contains_key(ORIGIN) {
            return refuse(
                "pages of browsers may not send notifications: the request has the header `Origin`",
            );
        }
        // Hooks have credentials of their own.
        if entrance.door != Door::Hooks && access.anyone().is_some() && is_forwarded(headers) {
            return refuse(
                "the request came through a proxy, and this server has no tokens: add one to the file, as \
                 `[tokens.NAME]`, and send it",
            );
        }
        Ok(())
    });
    let shown = Arc::new(Shown { access, door: entrance.door, token: OnceLock::new() });
    let mut response = match allowed {
        Ok(()) => {
            request.extensions_mut().insert(Credentials(Arc::clone(&shown)));
            next.run(request).await
        }
        Err(refusal) => *refusal,
    };
    let token = shown.token.get().cloned();
    response.extensions_mut().insert(Seen { door: word_for(entrance.door), token });
    response
}
