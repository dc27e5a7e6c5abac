//! The signature of a robot that is set to "sign" (加签).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use super::endpoint::percent_encode;

/// Signs requests with one robot's secret: base64 of HMAC-SHA256 over `{timestamp}\n{secret}`, keyed with the secret
/// (page `customize-robot-security-settings` on open.dingtalk.com).
///
/// The key schedule is computed once, a signature is computed for every attempt: DingTalk accepts a timestamp for an
/// hour only.
///
/// ```
/// use dingtalk_core::Signer;
///
/// let signature = Signer::new("secret").sign(1_700_000_000_000);
/// assert_eq!(signature.as_base64(), "OuzzJR5+xZ4/EYwqtNt6sMYZQMTa/HEGvc9miJe7XzY=");
/// assert_eq!(signature.to_query(), "OuzzJR5%2BxZ4%2FEYwqtNt6sMYZQMTa%2FHEGvc9miJe7XzY%3D");
/// assert_eq!(format!("{signature:?}"), "Signature([redacted])");
/// ```
#[derive(Clone)]
pub struct Signer {
    key: Hmac<Sha256>,
    secret: SecretString,
}

/// A signature for one timestamp.
#[derive(Clone)]
pub struct Signature(String);

impl Signer {
    /// A signer for a robot's secret, with its `SEC` in front, exactly as DingTalk shows it.
    #[expect(clippy::missing_panics_doc, reason = "it does not panic")]
    pub fn new(secret: impl Into<SecretString>) -> Self {
        let secret = secret.into();
        // An HMAC key may have any length, so this is no condition on the secret.
        let key =
            Hmac::new_from_slice(secret.expose_secret().as_bytes()).expect("HMAC takes a key of any length");
        Self { key, secret }
    }

    /// Signs a time, given in milliseconds since the Unix epoch.
    pub fn sign(&self, timestamp_ms: u64) -> Signature {
        let mut hmac = self.key.clone();
        hmac.update(timestamp_ms.to_string().as_bytes());
        hmac.update(b"\n");
        hmac.update(self.secret.expose_secret().as_bytes());
        Signature(STANDARD.encode(hmac.finalize().into_bytes()))
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.secret
    }
}

impl Signature {
    /// The signature in base64 with padding, not encoded for a URL.
    pub fn as_base64(&self) -> &str {
        &self.0
    }

    /// The signature as it stands in the URL: percent-encoded, once.
    pub fn to_query(&self) -> String {
        percent_encode(&self.0)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer([redacted])")
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature([redacted])")
    }
}
