//! The hooks of the file, ready for requests.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::response::Response;
use dingtalk_config::{Fault, FaultKind, Hook, HookSource, Wording};
use dingtalk_core::{delivery::Language, tool::ToolSet};
use dingtalk_outbox::outbox::Share;
use hyper::{
    HeaderMap, StatusCode,
    header::{HeaderValue, WWW_AUTHENTICATE},
};

use super::{
    Quotas,
    form::Form,
    limit::OnceAnHour,
    reply,
    signature::{Unverified, Verifier},
};
use crate::{
    Error,
    transport::http::{Bearer, Credentials, failure, is_forwarded},
};

/// Time for which a copy of a signed request is recognised.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Time for which a copy of another request is recognised: senders repeat what was not answered.
const RETRIES: Duration = Duration::from_secs(4 * 60);

/// The hooks by name.
#[derive(Debug)]
pub(crate) struct Hooks {
    sources: BTreeMap<String, Source>,
    quotas: Quotas,
}

/// A source of requests.
#[derive(Debug)]
pub(crate) struct Source {
    reader: HookSource,
    preset: Option<String>,
    language: Language,
    proof: Proof,
    form: Option<String>,
    share: Share,
    unknown: OnceAnHour,
    too_large: OnceAnHour,
}

/// Proof of the origin of a request.
#[derive(Debug)]
enum Proof {
    /// A token of the server, in the header `Authorization`.
    Token,
    Signature(Verifier),
    /// Nothing: the file says so.
    None,
}

impl Hooks {
    /// Checks the hooks against the notifications that they name, and reads their secrets. `has_tokens` says that the
    /// server has tokens; `max_mentions` is the number of people that a message mentions at most.
    ///
    /// # Errors
    ///
    /// Names all faults of all hooks.
    pub(crate) fn new(
        hooks: &[Hook],
        tools: &ToolSet,
        has_tokens: bool,
        max_mentions: usize,
        quotas: Quotas,
    ) -> Result<Self, Error> {
        let (mut sources, mut faults) = (BTreeMap::new(), Vec::new());
        for hook in hooks {
            match Source::new(hook, tools, has_tokens, max_mentions) {
                Ok(source) => drop(sources.insert(hook.name.clone(), source)),
                Err(error) => faults.extend(error.into_faults()),
            }
        }
        let sources = dingtalk_config::Error::check(sources, faults)?;
        Ok(Self { sources, quotas })
    }

    pub(super) fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    pub(super) fn find(&self, name: &str) -> Option<&Source> {
        self.sources.get(name)
    }

    /// Returns the first hook with this preset.
    pub(super) fn of_preset(&self, name: &str) -> Option<&Source> {
        let has = |source: &&Source| {
            source.preset.as_deref().is_some_and(|preset| preset.split('@').next() == Some(name))
        };
        self.sources.values().find(has)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.sources.keys().map(String::as_str)
    }
}

impl Source {
    fn new(
        hook: &Hook,
        tools: &ToolSet,
        has_tokens: bool,
        max_mentions: usize,
    ) -> Result<Self, dingtalk_config::Error> {
        let reader = hook.source(tools)?;
        let place = format!("hooks.{}", hook.name);
        let auth = &hook.auth;
        let proof = match auth.signature {
            _ if auth.is_open => Proof::None,
            Some(scheme) if !auth.secrets.is_empty() => {
                let mut secrets = Vec::new();
                for secret in &auth.secrets {
                    secrets.push(secret.read().map_err(|error| {
                        Fault::new(FaultKind::Secret, format!("{place}.secret"), Wording::from(&error))
                    })?);
                }
                let (header, time) = (auth.signature_header.clone(), auth.timestamp_header.clone());
                Proof::Signature(Verifier::new(scheme, secrets, header, time))
            }
            _ if has_tokens => Proof::Token,
            _ => {
                let problem = Wording::new(
                    "nothing proves the origin of its requests: add `[tokens.NAME]` to the file, or the hook's \
                     `secret`, or `auth = \"none\"` to take requests of anybody who reaches the relay",
                    "无法确认请求的来源：请在配置文件里添加 `[tokens.名称]`，或 hook 的 `secret`；如果任何能连到 relay 的人都可以发送，\
                     请写 `auth = \"none\"`",
                );
                return Err(Fault::new(FaultKind::Invalid, place, problem).into());
            }
        };
        let mut share = Share::new(&hook.name, hook.places, too_many(&hook.name, hook.language));
        share.per_minute = Some(hook.per_minute);
        share.max_mentions = max_mentions;
        Ok(Self {
            reader,
            preset: hook.preset.clone(),
            language: hook.language,
            proof,
            form: hook.form.clone(),
            share,
            unknown: OnceAnHour::default(),
            too_large: OnceAnHour::default(),
        })
    }

    pub(super) fn name(&self) -> &str {
        self.reader.name()
    }

    pub(super) fn reader(&self) -> &HookSource {
        &self.reader
    }

    /// Returns the form of a request's payload; `None` if the hook does not take requests of this type.
    pub(super) fn form(&self, headers: &HeaderMap) -> Option<Form> {
        Form::of(headers, self.form.as_deref())
    }

    /// Returns its places in the queue.
    pub(super) fn share(&self) -> &Share {
        &self.share
    }

    /// Returns the time for which a copy of a request is recognised, if the hook has no rule of its own. A copy with a
    /// signature may come from somebody who has read the request.
    pub(super) fn copies_for(&self) -> Duration {
        match self.proof {
            Proof::Signature(_) => DAY,
            Proof::Token | Proof::None => RETRIES,
        }
    }

    /// Returns the holder of the request's token; `None` if the hook needs no token.
    pub(super) fn sender(
        &self,
        credentials: &Credentials,
        headers: &HeaderMap,
    ) -> Result<Option<Arc<Bearer>>, Box<Response>> {
        match &self.proof {
            Proof::Token => credentials.of_headers(headers).map(Some),
            Proof::None if is_forwarded(headers) => {
                let problem = "the request came through a proxy, and this hook has `auth = \"none\"`: give it a \
                               `secret`, or let it send a token";
                Err(Box::new(failure(StatusCode::FORBIDDEN, "access_denied", problem)))
            }
            Proof::None | Proof::Signature(_) => Ok(None),
        }
    }

    /// Checks the signature, if the hook has secrets.
    pub(super) fn verify(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
    ) -> Result<(), Box<Response>> {
        let Proof::Signature(verifier) = &self.proof else { return Ok(()) };
        verifier.verify(header, body, SystemTime::now()).map_err(|unverified| {
            let problem = match unverified {
                Unverified::Header(name) => format!("the header `{name}` is missing or malformed"),
                Unverified::Time => "the signature is too old, or the clocks differ by more than 5 minutes".to_owned(),
                Unverified::Signature => {
                    "the signature does not fit the body: compare the secret of the sender with that of the hook".to_owned()
                }
            };
            let mut refusal = failure(StatusCode::UNAUTHORIZED, "invalid_signature", problem);
            refusal.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Signature"));
            Box::new(refusal)
        })
    }

    /// Warns of an event that the hook does not know, once an hour for each name.
    pub(super) fn note_unknown(&self, event: &str) {
        if self.unknown.is_due(event) {
            let source = self.name();
            let event: String = event.chars().take(reply::MAX_SHOWN).collect();
            tracing::warn!(
                name: "dingtalk_notify.unknown_event", source, event,
                "the hook `{source}` does not know the event {event:?}: it becomes no message"
            );
        }
    }

    /// Reports that the group is to be told of a payload that is too large.
    pub(super) fn tells_of_size(&self) -> bool {
        self.too_large.is_due("")
    }

    /// Notes that the group could not be told of it.
    pub(super) fn forget_size(&self) {
        self.too_large.forget("");
    }

    /// Returns the text for a payload that is too large.
    pub(super) fn too_large(&self, most: usize) -> String {
        let (name, mib) = (self.name(), most / (1024 * 1024));
        match self.language {
            Language::Zh => format!("{name}：payload 超过 {mib} MiB，无法显示"),
            _ => format!("{name}: a payload of more than {mib} MiB could not be shown"),
        }
    }
}

/// Returns the heading of the digest of a source that sends too much.
fn too_many(name: &str, language: Language) -> String {
    match language {
        Language::Zh => format!("{name}：通知太多，无法逐条发送，合并如下"),
        _ => format!("{name}: too many notifications for a message each"),
    }
}
