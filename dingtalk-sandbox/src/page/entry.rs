//! An entry of the log in words: its verdict and its type.

use crate::log::{Entry, Outcome};

/// Verdicts: names in filters, and in English and Chinese.
pub(super) const VERDICTS: [(&str, [&str; 2]); 4] = [
    ("accepted", ["accepted", "已接受"]),
    ("repeated", ["repeated", "重复"]),
    ("refused", ["refused", "已拒绝"]),
    ("faulted", ["faulted", "注入故障"]),
];

/// Returns the name of the verdict in filters, and in English and Chinese.
pub(super) fn verdict(entry: &Entry) -> (&'static str, [&'static str; 2]) {
    match &entry.outcome {
        Outcome::Accepted(_) => VERDICTS[0],
        Outcome::Repeated { .. } => VERDICTS[1],
        Outcome::Refused(_) => VERDICTS[2],
        Outcome::Faulted => VERDICTS[3],
    }
}

/// Returns the `msgtype`: of the message, or as a refused body states it.
pub(super) fn kind(entry: &Entry) -> String {
    #[derive(serde::Deserialize)]
    struct Stated {
        msgtype: Option<String>,
    }

    match entry.accepted() {
        Some(message) => message.message.kind().to_owned(),
        None => {
            let stated = serde_json::from_slice::<Stated>(&entry.body).ok().and_then(|it| it.msgtype);
            stated.unwrap_or_default()
        }
    }
}
