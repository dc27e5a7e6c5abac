//! Decisions on calls, inside a transaction.

use std::time::Duration;

use dingtalk_core::delivery::{Attempt, DeliveredParts, RobotKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{
    call::{Call, CallEnd, CallState, Earlier},
    rows::{DELIVERED, Granted, Known, QUEUED, RowKey, UNKNOWN},
};
use crate::{
    trouble::Trouble,
    units::{duration, micros},
    work::Work,
};

/// Version of the keys. Another one makes all calls new: raise it if a program recognises calls by something else.
const VERSION: u8 = 1;

/// Time for which a call in progress stays in the table if its process is killed and nobody repeats it.
const ABANDONED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Answer to a claim.
#[derive(Debug)]
pub(super) enum Decision {
    Granted { granted: Granted, id: String, earlier: Option<Earlier> },
    InProgress { id: String },
    Delivered { id: String, age: Duration },
    Queued { id: String, age: Duration },
    OtherMessage,
}

impl Known {
    /// Returns the state, unless the call is forgotten. A call of `own` is none that is in progress: it was given up.
    fn state(
        &self,
        call: &Call,
        now: i64,
        own: Option<&str>,
        is_running: &dyn Fn(&str) -> bool,
    ) -> Option<CallState> {
        let age = now - self.at;
        match self.state {
            DELIVERED => (age < micros(call.delivered_for)).then_some(CallState::Delivered),
            UNKNOWN => (age < micros(call.unknown_for)).then_some(CallState::Unknown),
            QUEUED if call.settled.as_ref() == Some(&self.id) => None,
            QUEUED => (age < micros(call.queued_for)).then_some(CallState::Queued),
            _ if own != Some(&*self.process)
                && self.is_running.unwrap_or_else(|| is_running(&self.process)) =>
            {
                Some(CallState::InProgress)
            }
            _ => (age < micros(call.unknown_for)).then_some(CallState::Abandoned),
        }
    }

    fn earlier(&self) -> Earlier {
        let count = |parts| usize::try_from(parts).unwrap_or(usize::MAX);
        let parts = DeliveredParts { count: count(self.delivered), of: count(self.parts) };
        Earlier { sender: self.robot.map(RobotKey::from_bytes), delivered: (self.parts > 1).then_some(parts) }
    }
}

/// Makes the key of a row.
fn row_key(work: &Work<'_>, of: &[u8]) -> Result<RowKey, Trouble> {
    let secret = work.calls.secret()?;
    // HMAC takes keys of any length.
    let mut hmac = Hmac::<Sha256>::new_from_slice(&secret).map_err(|_| Trouble::Damaged)?;
    hmac.update(&[VERSION]);
    hmac.update(of);
    Ok(hmac.finalize().into_bytes().into())
}

/// Reads a call. The time of the transaction may depend on it.
fn find(work: &mut Work<'_>, key: &RowKey) -> Result<Option<Known>, Trouble> {
    let known = work.calls.find(key)?;
    work.moment = work.rows.moment().unwrap_or(work.moment);
    Ok(known)
}

/// Returns the state of a call that is remembered.
pub(super) fn look(
    work: &mut Work<'_>,
    call: &Call,
    own: Option<&str>,
    is_running: &dyn Fn(&str) -> bool,
) -> Result<Option<CallState>, Trouble> {
    let key = row_key(work, &call.key)?;
    let known = find(work, &key)?;
    Ok(known.and_then(|known| known.state(call, work.moment.at, own, is_running)))
}

/// Decides on a call, and records a claim that is granted. `id` is for a message that was never sent.
pub(super) fn claim(
    work: &mut Work<'_>,
    call: &Call,
    id: &str,
    process: &str,
    is_running: &dyn Fn(&str) -> bool,
) -> Result<Decision, Trouble> {
    let key = row_key(work, &call.key)?;
    let meaning = call.meaning.as_deref().map(|meaning| row_key(work, meaning)).transpose()?;
    work.calls.forget(work.moment.at)?;
    let known = find(work, &key)?;
    let now = work.moment.at;
    let known =
        known.and_then(|known| known.state(call, now, Some(process), is_running).map(|state| (known, state)));
    let earlier = match known {
        Some((known, _)) if known.meaning != meaning => return Ok(Decision::OtherMessage),
        Some((known, CallState::InProgress)) => return Ok(Decision::InProgress { id: known.id }),
        Some((known, CallState::Delivered)) => {
            return Ok(Decision::Delivered { id: known.id, age: duration(now - known.at) });
        }
        Some((known, CallState::Queued)) => {
            return Ok(Decision::Queued { id: known.id, age: duration(now - known.at) });
        }
        Some((known, CallState::Abandoned | CallState::Unknown)) => Some(known),
        None => None,
    };
    // Random: a claim that was rolled back has another number than the one after it.
    let granted = Granted { key, claim: rand::random(), process: process.to_owned() };
    let kept = call.unknown_for.max(ABANDONED_FOR);
    let id = match &earlier {
        Some(known) => {
            work.calls.claim_again(&granted, now, kept)?;
            known.id.clone()
        }
        None => {
            work.calls.add(&granted, meaning.as_ref(), id, now, kept)?;
            id.to_owned()
        }
    };
    Ok(Decision::Granted { granted, id, earlier: earlier.as_ref().map(Known::earlier) })
}

/// Records the robot of an attempt and the parts before it. Reports whether the claim is known.
pub(super) fn begin(work: &Work<'_>, granted: &Granted, attempt: &Attempt) -> Result<bool, Trouble> {
    work.calls.begin(granted, attempt)
}

/// Records the end of a claim, unless another claim has replaced it.
pub(super) fn end(work: &Work<'_>, granted: &Granted, call: &Call, end: CallEnd) -> Result<(), Trouble> {
    let (state, kept) = match end {
        CallEnd::Delivered => (DELIVERED, call.delivered_for),
        CallEnd::Unknown => (UNKNOWN, call.unknown_for),
        CallEnd::Queued => (QUEUED, call.queued_for),
        CallEnd::NotSent => return work.calls.give_up(granted, call.unknown_for),
    };
    work.calls.end(granted, state, work.moment.at, kept)
}
