//! The HTTP API beside the robot endpoint: the log, the robots, faults, verdicts and releases, for the page and for
//! scripts.

use std::{str::FromStr, sync::Arc};

use http_body_util::BodyExt as _;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ALLOW, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    draft::Draft,
    events::Events,
    fault_rule::{FaultRule, InvalidFault},
    guard, page,
    release::NotifiesAll,
    render::Language,
    response::{Body, full, json, live, plain, typed},
    shared::Shared,
    verdict, view,
};

/// Maximum length of a request body of the API, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// Header with the secret of this run, which the page has.
pub(crate) const TOKEN_HEADER: &str = "x-sandbox-token";

/// Rights that a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rights {
    /// Changes nothing: any loopback request.
    Read,
    /// Changes the sandbox, or sends a message: a JSON request of the page, or of a program that knows its token.
    Change,
}

/// A route of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Messages,
    Message,
    Clear,
    Delete,
    Events,
    Robots,
    Gauges,
    Unblock,
    Faults,
    AddFault,
    Heal,
    Verdict,
    Release,
    Offer,
    Send,
    Healthz,
}

/// Method, path and rights of each route; `{}` is one segment of the path.
const ROUTES: [(Route, Method, &str, Rights); 16] = [
    (Route::Messages, Method::GET, "/messages", Rights::Read),
    (Route::Message, Method::GET, "/messages/{}", Rights::Read),
    (Route::Clear, Method::DELETE, "/messages", Rights::Change),
    (Route::Delete, Method::DELETE, "/messages/{}", Rights::Change),
    (Route::Events, Method::GET, "/events", Rights::Read),
    (Route::Robots, Method::GET, "/robots", Rights::Read),
    (Route::Gauges, Method::GET, "/gauges", Rights::Read),
    (Route::Unblock, Method::POST, "/robots/{}/unblock", Rights::Change),
    (Route::Faults, Method::GET, "/faults", Rights::Read),
    (Route::AddFault, Method::POST, "/faults", Rights::Change),
    (Route::Heal, Method::DELETE, "/faults", Rights::Change),
    (Route::Verdict, Method::POST, "/verdict", Rights::Read),
    (Route::Release, Method::GET, "/release", Rights::Read),
    (Route::Offer, Method::POST, "/release/offer", Rights::Change),
    (Route::Send, Method::POST, "/release", Rights::Change),
    (Route::Healthz, Method::GET, "/healthz", Rights::Read),
];

/// A refused request of the API.
type Refused = (StatusCode, String);

/// Answers every request that is not for the robot endpoint.
pub(crate) async fn respond(request: Request<Incoming>, shared: &Arc<Shared>) -> Response<Body> {
    if !guard::is_loopback(request.headers().get(HOST)) {
        return plain(
            StatusCode::FORBIDDEN,
            "This page is only available on the machine it runs on. Open it as http://localhost.\n",
        );
    }
    if let Some(page) = page::respond(&request, shared) {
        return page;
    }
    let path = request.uri().path().to_owned();
    let of_path: Vec<_> = ROUTES.iter().filter_map(|route| Some((route, segment(&path, route.2)?))).collect();
    if of_path.is_empty() {
        return plain(StatusCode::NOT_FOUND, "Not found. The chat is at /, the robot at POST /robot/send.\n");
    }
    let is_method = |method: &Method| {
        method == request.method() || (*method == Method::GET && request.method() == Method::HEAD)
    };
    let Some(((route, _, _, rights), segment)) =
        of_path.iter().find(|((_, method, ..), _)| is_method(method))
    else {
        return not_allowed(of_path.iter().map(|((_, method, ..), _)| method));
    };
    if *rights == Rights::Change
        && let Err(problem) = may_change(request.headers(), shared)
    {
        return refused((StatusCode::FORBIDDEN, problem.to_owned()));
    }
    answer(*route, segment, request, shared).await.unwrap_or_else(refused)
}

/// Returns the segment that stands for `{}` if the path fits the pattern; an empty one if the pattern has none.
fn segment<'p>(path: &'p str, pattern: &str) -> Option<&'p str> {
    let Some((before, after)) = pattern.split_once("{}") else { return (path == pattern).then_some("") };
    let segment = path.strip_prefix(before)?.strip_suffix(after)?;
    (!segment.is_empty() && !segment.contains('/')).then_some(segment)
}

fn not_allowed<'m>(methods: impl Iterator<Item = &'m Method>) -> Response<Body> {
    let mut allowed: Vec<&str> = Vec::new();
    for method in methods {
        allowed.push(method.as_str());
        if method == Method::GET {
            allowed.push("HEAD");
        }
    }
    let allowed = allowed.join(", ");
    let problem = format!("use {allowed} here; send messages to POST /robot/send");
    let mut response = refused((StatusCode::METHOD_NOT_ALLOWED, problem));
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

/// Checks that a request comes from the page or from a program that has read its token, and not from another web site:
/// the `Host` has been checked.
fn may_change(headers: &HeaderMap, shared: &Shared) -> Result<(), &'static str> {
    let text = |value: Option<&HeaderValue>| value.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (host, origin) = (text(headers.get(HOST)), text(headers.get(ORIGIN)));
    let is_same = host.zip(origin).is_some_and(|(host, origin)| origin == format!("http://{host}"));
    if !is_same {
        return Err("the header `Origin` must name this page: `Origin: http://` and the value of `Host`");
    }
    if !is_json(headers) {
        return Err(NOT_JSON);
    }
    match headers.get(TOKEN_HEADER) {
        Some(token) if token.as_bytes() == shared.token.as_bytes() => Ok(()),
        _ => Err(
            "the header `X-Sandbox-Token` must be the token of this run: the page and `GET /robots` have it",
        ),
    }
}

const NOT_JSON: &str = "the header `Content-Type` must be `application/json`";

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

fn refused((status, problem): Refused) -> Response<Body> {
    typed(status, "application/json", full(json!({"error": problem}).to_string()))
}

fn bad(problem: impl Into<String>) -> Refused {
    (StatusCode::BAD_REQUEST, problem.into())
}

fn done() -> Response<Body> {
    json("{}".to_owned())
}

async fn answer(
    route: Route,
    segment: &str,
    request: Request<Incoming>,
    shared: &Arc<Shared>,
) -> Result<Response<Body>, Refused> {
    Ok(match route {
        Route::Messages => json(view::messages(shared, &selection(&request)?)),
        Route::Message => json(view::entry(&*entry(segment, shared)?)),
        Route::Clear => {
            shared.clear();
            done()
        }
        Route::Delete => {
            let number = entry(segment, shared)?.number;
            shared.remove(number);
            done()
        }
        Route::Events => typed(
            StatusCode::OK,
            "text/event-stream; charset=utf-8",
            live(Events::after(last_seen(&request), shared)),
        ),
        Route::Robots => json(view::robots(shared)),
        Route::Gauges => json(view::gauges(shared)),
        Route::Unblock => {
            let name = decoded(segment);
            let at = shared.find(&name).ok_or_else(|| unknown_robot(&name))?;
            json(json!({"unblocked": shared.unblock(at)}).to_string())
        }
        Route::Faults => json(shared.state().faults.to_json().to_string()),
        Route::AddFault => {
            let fault: NewFault = read(request).await?;
            shared.state().faults.follow(fault.rule()?);
            done()
        }
        Route::Heal => {
            shared.state().faults.heal();
            done()
        }
        Route::Verdict => {
            let draft: NewDraft = read(request).await?;
            json(judged(&draft, shared)?.to_string())
        }
        Route::Release => json(release(shared).to_string()),
        Route::Offer => {
            let draft: NewDraft = read(request).await?;
            json(offer(&draft, shared)?.to_string())
        }
        Route::Send => {
            let chosen: Chosen = read(request).await?;
            json(send(&chosen.nonce, shared).await?.to_string())
        }
        Route::Healthz => plain(StatusCode::OK, "ok\n"),
    })
}

/// Reads a JSON body.
async fn read<T: for<'de> Deserialize<'de>>(request: Request<Incoming>) -> Result<T, Refused> {
    if !is_json(request.headers()) {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, NOT_JSON.to_owned()));
    }
    let too_long = || (StatusCode::PAYLOAD_TOO_LARGE, "the body has more than 1 MiB".to_owned());
    let mut body = Vec::new();
    let mut incoming = request.into_body();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|_| bad("the body cannot be read"))?;
        let Ok(data) = frame.into_data() else { continue };
        if body.len() + data.len() > BODY_LIMIT {
            return Err(too_long());
        }
        body.extend_from_slice(&data);
    }
    serde_json::from_slice(&body).map_err(|error| bad(error.to_string()))
}

/// Returns the entry with this number.
fn entry(number: &str, shared: &Shared) -> Result<Arc<crate::log::Entry>, Refused> {
    let found = number.parse().ok().and_then(|number| shared.state().log.get(number));
    found.ok_or_else(|| (StatusCode::NOT_FOUND, format!("request {number:?} is not in the log")))
}

fn unknown_robot(name: &str) -> Refused {
    (StatusCode::NOT_FOUND, format!("unknown robot {name:?}"))
}

fn decoded(segment: &str) -> String {
    let pair = format!("segment={}", segment.replace('+', "%2B"));
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn query<T: FromStr>(request: &Request<Incoming>, name: &str) -> Result<Option<T>, Refused> {
    let query = request.uri().query().unwrap_or_default();
    let value = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
    let Some((_, value)) = value else { return Ok(None) };
    value.parse().map(Some).map_err(|_| bad(format!("query parameter `{name}`: invalid value {value:?}")))
}

/// Entries of the log that a request asks for.
fn selection(request: &Request<Incoming>) -> Result<view::Selection, Refused> {
    let selection = view::Selection {
        after: query(request, "after")?.unwrap_or_default(),
        robot: query(request, "robot")?,
        outcome: query(request, "outcome")?,
    };
    match &selection.outcome {
        Some(outcome) if !view::OUTCOMES.contains(&outcome.as_str()) => Err(bad(format!(
            "query parameter `outcome`: expected {}, found {outcome:?}",
            view::OUTCOMES.join(", ")
        ))),
        _ => Ok(selection),
    }
}

/// Number of the last entry that the page has: `Last-Event-ID` of a browser that reconnects, or `after` in the query.
fn last_seen(request: &Request<Incoming>) -> u64 {
    let header = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    header.or_else(|| query(request, "after").ok().flatten()).unwrap_or(0)
}

/// A fault as a script gives it: a rule as text, or its parts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFault {
    fault: String,
    times: Option<u64>,
    chance: Option<f64>,
    seed: Option<u64>,
}

impl NewFault {
    fn rule(&self) -> Result<FaultRule, Refused> {
        let text = match (self.times, self.chance, self.seed) {
            (None, None, None) => self.fault.clone(),
            (Some(times), None, None) => format!("{}*{times}", self.fault),
            (None, Some(chance), seed) => format!("{}@{chance}/{}", self.fault, seed.unwrap_or_default()),
            _ => return Err(bad("`times` excludes `chance`, and `seed` needs `chance`")),
        };
        text.parse().map_err(|error: InvalidFault| bad(error.to_string()))
    }
}

/// A message that nobody has sent: a body, a received message, or a declaration or template with values.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDraft {
    /// The body as pasted, or as JSON.
    body: Option<Value>,
    /// Number of a received message.
    number: Option<u64>,
    /// A table `[notifications.NAME]` of a configuration file.
    declaration: Option<String>,
    /// Name of the declaration, if there are several.
    name: Option<String>,
    /// Template of a Markdown message.
    template: Option<String>,
    /// Template of its title.
    title: Option<String>,
    #[serde(default)]
    values: Map<String, Value>,
    /// Robot whose keywords the message must contain.
    robot: Option<String>,
    /// Language in which the message is drawn, and what is wrong with it is told: `zh`, or else English.
    lang: Option<String>,
}

impl NewDraft {
    fn language(&self) -> Language {
        match self.lang.as_deref() {
            Some("zh") => Language::Chinese,
            _ => Language::English,
        }
    }

    /// Returns the body, or the faults of the draft.
    fn body(&self, shared: &Shared) -> Result<Result<Vec<u8>, Vec<String>>, Refused> {
        let draft = match (&self.body, self.number, &self.declaration, &self.template) {
            (Some(Value::String(text)), None, None, None) => return Ok(Ok(text.clone().into_bytes())),
            (Some(body), None, None, None) => return Ok(Ok(body.to_string().into_bytes())),
            (None, Some(number), None, None) => {
                return Ok(Ok(entry(&number.to_string(), shared)?.body.to_vec()));
            }
            (None, None, Some(toml), None) => Draft::Declaration {
                toml: toml.clone(),
                name: self.name.clone(),
                values: self.values.clone(),
            },
            (None, None, None, Some(text)) => {
                Draft::Template { title: self.title.clone(), text: text.clone(), values: self.values.clone() }
            }
            _ => return Err(bad("expected exactly one of `body`, `number`, `declaration` and `template`")),
        };
        let compose = shared.compose.as_ref().ok_or_else(|| {
            let problem = "this sandbox reads no declarations and templates: `dingtalk-notify sandbox` does";
            (StatusCode::NOT_IMPLEMENTED, problem.to_owned())
        })?;
        Ok(compose(&draft).map(String::into_bytes))
    }

    fn verdict(&self, body: &[u8], shared: &Shared) -> Result<verdict::Verdict, Refused> {
        let keywords = match &self.robot {
            Some(name) => &*shared.robots[shared.find(name).ok_or_else(|| unknown_robot(name))?].keywords,
            None => &[],
        };
        Ok(verdict::judge(body, keywords))
    }
}

/// Judges a draft.
fn judged(draft: &NewDraft, shared: &Shared) -> Result<Value, Refused> {
    Ok(match draft.body(shared)? {
        Ok(body) => {
            let language = draft.language();
            let robot = draft.robot.as_deref().unwrap_or_else(|| shared.name(0));
            view::verdict(&draft.verdict(&body, shared)?, &body, robot, language, &shared.names)
        }
        Err(faults) => json!({"outcome": "invalid", "faults": faults}),
    })
}

fn release(shared: &Shared) -> Value {
    match &shared.releases {
        Some(releases) => {
            json!({"enabled": true, "robot": releases.release.robot(), "host": releases.release.host()})
        }
        None => json!({"enabled": false}),
    }
}

const RELEASE_IS_OFF: &str =
    "sending to a real robot is off: start the sandbox with `--release ROBOT`, a robot of your configuration";

const NEVER_ALL: [&str; 2] = [
    "a message from the sandbox never notifies everybody: remove `isAtAll` and the user id that means everybody",
    "沙箱发出的消息从不 @ 所有人：请去掉 `isAtAll` 和表示所有人的用户 ID",
];

/// Offers an accepted message for a real robot, with its target and mentions.
fn offer(draft: &NewDraft, shared: &Shared) -> Result<Value, Refused> {
    let releases = shared.releases.as_ref().ok_or((StatusCode::FORBIDDEN, RELEASE_IS_OFF.to_owned()))?;
    let body = draft.body(shared)?.map_err(|faults| bad(faults.join("; ")))?;
    let judged = draft.verdict(&body, shared)?;
    let Some(message) = judged.message else {
        let refusal = judged.refusal.map(|refusal| refusal.message).unwrap_or_default();
        return Err(bad(match draft.language() {
            Language::English => format!("the sandbox refuses the message: {refusal}"),
            Language::Chinese => format!("沙箱拒绝了这条消息：{refusal}"),
        }));
    };
    let message = message.message;
    let mentions: Vec<String> = message.mentions().map_or_else(Vec::new, |mentions| {
        let mobiles = mentions.mobiles.iter().map(|mobile| mobile.as_str().to_owned());
        mobiles.chain(mentions.user_ids.iter().map(|id| id.as_str().to_owned())).collect()
    });
    let kind = message.kind().to_string();
    let nonce = releases.offer(message).map_err(|NotifiesAll| bad(draft.language().say(NEVER_ALL)))?;
    let names: Map<String, Value> =
        mentions.iter().filter_map(|id| Some((id.clone(), shared.names.get(id)?.as_str().into()))).collect();
    Ok(json!({
        "nonce": nonce,
        "robot": releases.release.robot(),
        "host": releases.release.host(),
        "type": kind,
        "mentions": mentions,
        "names": names,
        "bytes": judged.bytes,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    nonce: String,
}

/// Sends an offered message.
async fn send(nonce: &str, shared: &Shared) -> Result<Value, Refused> {
    let releases = shared.releases.as_ref().ok_or((StatusCode::FORBIDDEN, RELEASE_IS_OFF.to_owned()))?;
    let message = releases.take(nonce).ok_or_else(|| {
        let problem = "this nonce is unknown, used or older than ten minutes: offer the message again";
        (StatusCode::CONFLICT, problem.to_owned())
    })?;
    match releases.release.send(message).await {
        Ok(outcome) => Ok(json!({"id": nonce, "outcome": outcome})),
        Err(problem) => Err((StatusCode::BAD_GATEWAY, problem)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_pattern_fits_one_segment() {
        assert_eq!(segment("/messages", "/messages"), Some(""));
        assert_eq!(segment("/messages/7", "/messages/{}"), Some("7"));
        assert_eq!(segment("/robots/a%20b/unblock", "/robots/{}/unblock"), Some("a%20b"));
        for path in ["/messages/", "/messages/7/8", "/messages7"] {
            assert_eq!(segment(path, "/messages/{}"), None, "{path}");
        }
        assert_eq!(decoded("a%20b+c%E6%9C%BA"), "a b+c机");
    }

    /// The page of the documentation lists exactly the routes.
    #[test]
    fn every_route_is_documented() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/sandbox.md");
        let page = fs::read_to_string(page).unwrap();
        let documented: Vec<&str> =
            page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let is_route =
            |text: &&str| ["GET /", "POST /", "DELETE /"].iter().any(|method| text.starts_with(method));
        let mut documented: Vec<&str> = documented.into_iter().filter(is_route).collect();
        let mut routes: Vec<String> = ROUTES
            .iter()
            .map(|(_, method, path, _)| {
                let name = if path.contains("robots") { "{name}" } else { "{number}" };
                format!("{method} {}", path.replace("{}", name))
            })
            .collect();
        routes.push("POST /robot/send".to_owned());
        documented.sort_unstable();
        routes.sort_unstable();
        assert_eq!(documented, routes);
    }
}
