//! The sender of a payload: the robots that it may use, and the keys under which its requests are remembered.

use std::sync::Arc;

use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use dingtalk_config::{Door, Routed};
use dingtalk_core::Envelope;
use hyper::{HeaderMap, StatusCode};
use sha2::{Digest as _, Sha256};

use super::source::Source;
use crate::{
    call::offer::Offer,
    protocol::request_id::REQUEST_ID,
    transport::http::{Bearer, failure, word_for},
};

/// A request of a source, without its payload.
pub(super) struct Caller<'r> {
    pub(super) source: &'r Source,
    /// Robot of the address; `None` for the only robot without a name, and if the routes choose.
    pub(super) robot: Option<String>,
    pub(super) sender: Option<Arc<Bearer>>,
    pub(super) headers: &'r HeaderMap,
}

impl Caller<'_> {
    /// Returns the robots of a payload: those that its routes choose, and otherwise that of the address. The robot
    /// without a name is `None`.
    pub(super) fn robots<'c>(&'c self, routed: Option<&Routed<'c>>) -> Vec<Option<&'c str>> {
        match (routed, self.robot.as_deref()) {
            (None, robot) | (Some(Routed { by_default: true, .. }), robot @ Some(_)) => vec![robot],
            (Some(routed), _) => routed.robots.iter().map(|name| Some(*name)).collect(),
        }
    }

    /// Refuses a robot that the caller's token does not allow.
    pub(super) fn check_right(&self, robot: Option<&str>) -> Result<(), Box<Response>> {
        let allowed = self.sender.as_ref().and_then(|sender| sender.rights.as_deref()?.robots.as_deref());
        match (allowed, robot) {
            (Some(allowed), Some(robot)) if !allowed.iter().any(|allowed| allowed == robot) => {
                let problem = format!("the token does not allow the robot `{robot}`");
                Err(Box::new(failure(StatusCode::FORBIDDEN, "insufficient_scope", problem)))
            }
            _ => Ok(()),
        }
    }

    /// Returns an offer of the caller; `name` is that of the notification.
    pub(super) fn offer<'o>(
        &'o self,
        envelope: Envelope,
        robot: Option<&'o str>,
        name: &'o str,
    ) -> Offer<'o> {
        Offer {
            envelope,
            door: word_for(Door::Hooks),
            name,
            robot,
            id: None,
            rights: self.sender.as_ref().and_then(|sender| sender.rights.as_deref()),
            log_id: self.headers.get(&REQUEST_ID).and_then(|id| id.to_str().ok()),
        }
    }

    /// Returns a key of the source and the robot. It names nothing that the payload contains.
    pub(super) fn key(&self, kind: &str, of: &[u8]) -> String {
        let (source, robot) = (self.source.name(), self.robot.as_deref().unwrap_or_default());
        format!("hooks/{source}/{robot}/{kind}/{}", STANDARD_NO_PAD.encode(Sha256::digest(of)))
    }
}
