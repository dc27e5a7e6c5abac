//! The verdict on a body that nobody sent: what a robot would answer.

use dingtalk_core::message::WireMessage;

use crate::{
    refusal::{self, Refusal},
    validation,
};

/// The verdict on the body of a request.
///
/// ```
/// let verdict = dingtalk_sandbox::verdict(r#"{"msgtype": "text", "text": {}}"#);
/// assert_eq!(verdict.refusal.map(|refusal| refusal.message).as_deref(), Some("miss param : text->content"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The message, if the body is accepted.
    pub message: Option<WireMessage>,
    /// The refusal, if it is not.
    pub refusal: Option<Refusal>,
    /// Parts of an accepted message that DingTalk silently ignores.
    pub warnings: Vec<String>,
    /// Length of the body, in bytes.
    pub bytes: usize,
    /// The error of the JSON parser, with line and column, if the body is not JSON.
    pub syntax: Option<String>,
}

/// Judges a body as a robot without keywords does: size, JSON, and the fields of the five message types. Token,
/// signature and rate are not part of it.
#[must_use]
pub fn verdict(body: impl AsRef<[u8]>) -> Verdict {
    judge(body.as_ref(), &[])
}

/// Judges a body for a robot with these keywords.
pub(crate) fn judge(body: &[u8], keywords: &[String]) -> Verdict {
    let bytes = body.len();
    match validation::validate(body, bytes, keywords) {
        Ok(valid) => Verdict {
            message: Some(valid.message),
            refusal: None,
            warnings: valid.warnings,
            bytes,
            syntax: None,
        },
        Err(refused) => {
            let is_syntax = refused == refusal::NOT_JSON.into();
            let error = serde_json::from_slice::<serde_json::Value>(body).err().filter(|_| is_syntax);
            let syntax = error.map(|error| error.to_string());
            Verdict { message: None, refusal: Some(refused), warnings: Vec::new(), bytes, syntax }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_judged_as_a_robot_judges_it() {
        let good = verdict(r#"{"msgtype":"text","text":{"content":"x"},"at":{"atMobiles":["13800000000"]}}"#);
        assert_eq!((good.refusal, good.warnings.len(), good.bytes), (None, 1, 76));
        assert!(good.message.is_some());
        let code = |body: &str| verdict(body).refusal.map(|refusal| refusal.code);
        assert_eq!(code(r#"{"msgtype":"image"}"#), Some(400_105));
        assert_eq!(code(&"x".repeat(20_001)), Some(460_101));
        let keyword = judge(br#"{"msgtype":"text","text":{"content":"x"}}"#, &["Alert".to_owned()]);
        assert_eq!(keyword.refusal.map(|refusal| refusal.code), Some(310_000));
    }

    #[test]
    fn a_mistake_in_the_json_is_located() {
        let broken = verdict("{\n  \"msgtype\": \"text\",\n}");
        assert_eq!(broken.refusal.map(|refusal| refusal.code), Some(40035));
        assert_eq!(broken.syntax.as_deref(), Some("trailing comma at line 3 column 1"));
        assert_eq!(verdict("[]").syntax, None, "it is JSON, but not an object");
    }
}
