//! Ids of sessions that hold what a server must know to go on with them, after a restart or on another machine.

use std::time::Duration;

use rmcp::model::{InitializeRequestParams, RequestStateCodec, SealOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

/// Maximum length of a client's name or version in an id, in characters: proxies limit headers.
const MAX_NAME: usize = 64;

/// Seals the ids of one token's sessions.
///
/// The key is made from the token, so that a session is bound to it, and every process with the token knows the key. A
/// client could forge an id of its own token: it would get what `initialize` gives it. The same holds for everyone if
/// no token is needed.
pub(in super::super) struct Seal(RequestStateCodec);

/// Content of an id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Begun {
    /// Distinguishes the session from all others.
    pub(super) serial: String,
    /// The client's `initialize`, as far as the server uses it.
    params: Value,
}

impl Seal {
    /// Creates the seal for the sessions of a token; without one, for those of everyone.
    pub(in super::super) fn new(token: &[u8]) -> Self {
        let key = Sha256::new().chain_update(b"dingtalk-notify session\0").chain_update(token).finalize();
        Self(RequestStateCodec::new_unchecked(key.to_vec()))
    }

    /// Returns the id of a session that begins with these parameters.
    pub(super) fn seal(&self, begun: &Begun, lifetime: Duration) -> Option<String> {
        let options = SealOptions::new().ttl(lifetime);
        self.0.seal_json_with(begun, &options).ok()
    }

    /// Opens an id; `None` if it is forged, of another token, or too old.
    pub(super) fn open(&self, id: &str) -> Option<Begun> {
        self.0.open_json(id).ok()
    }
}

impl Begun {
    /// Begins a session with the parameters of an `initialize`.
    pub(super) fn new(params: &Value) -> Self {
        let text = |pointer: &str| {
            let text = params.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            text.chars().take(MAX_NAME).collect::<String>()
        };
        let mut capabilities = json!({});
        if let Some(asks) = params.pointer("/capabilities/elicitation") {
            let kinds =
                ["form", "url"].into_iter().filter(|kind| asks.get(kind).is_some_and(Value::is_object));
            capabilities["elicitation"] = kinds.map(|kind| (kind.to_owned(), json!({}))).collect();
        }
        let params = json!({
            "protocolVersion": text("/protocolVersion"),
            "capabilities": capabilities,
            "clientInfo": {"name": text("/clientInfo/name"), "version": text("/clientInfo/version")},
        });
        Self { serial: Ulid::generate().to_string(), params }
    }

    /// Returns the parameters with which the session began.
    pub(super) fn params(&self) -> Option<InitializeRequestParams> {
        InitializeRequestParams::deserialize(&self.params).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn begun() -> Begun {
        Begun::new(&json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {"elicitation": {"form": {}, "x": 1}, "roots": {}},
            "clientInfo": {"name": "n".repeat(1_000), "version": "1", "title": "T"},
        }))
    }

    #[test]
    fn an_id_holds_what_a_session_began_with() {
        let (begun, seal) = (begun(), Seal::new(b"a"));
        let id = seal.seal(&begun, DAY).unwrap();
        assert!(id.len() < 600 && id.bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
        // Another process has the same key.
        let opened = Seal::new(b"a").open(&id).unwrap();
        let params = opened.params().unwrap();
        assert_eq!(opened.serial, begun.serial);
        assert_eq!(params.protocol_version.as_str(), "2025-11-25");
        assert_eq!(params.client_info.name, "n".repeat(MAX_NAME));
        let asks = params.capabilities.elicitation.unwrap();
        assert!(asks.form.is_some() && asks.url.is_none());
        assert!(params.capabilities.roots.is_none());
    }

    #[test]
    fn an_id_is_of_no_use_to_another_token_or_after_its_time() {
        let id = Seal::new(b"a").seal(&begun(), DAY).unwrap();
        assert!(Seal::new(b"b").open(&id).is_none());
        assert!(Seal::new(b"").open(&id).is_none());
        let forged = format!("{}A", &id[..id.len() - 1]);
        assert!(forged == id || Seal::new(b"a").open(&forged).is_none());
        let old = Seal::new(b"a").seal(&begun(), Duration::ZERO).unwrap();
        std::thread::sleep(Duration::from_millis(2));
        assert!(Seal::new(b"a").open(&old).is_none());
    }
}
