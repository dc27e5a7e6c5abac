//! Signatures for robots with the security setting "sign" (加签).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// Characters that are encoded in a query: all but those that RFC 3986 calls unreserved.
pub(super) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Length of a SHA-256 hash, in bytes.
const HASH_BYTES: usize = 32;

/// Length of a hash in base64, with padding.
const SIGNATURE_CHARS: usize = HASH_BYTES.div_ceil(3) * 4;

/// Signer of requests with one robot's secret: base64 of HMAC-SHA256 over `{timestamp}\n{secret}`, keyed with the
/// secret (page `customize-robot-security-settings` on open.dingtalk.com).
///
/// The key schedule is computed once. A signature is computed for each attempt, because DingTalk accepts a timestamp
/// for one hour only.
///
/// ```
/// use dingtalk_core::delivery::Signer;
///
/// let signature = Signer::new("secret").sign(1_700_000_000_000);
/// assert_eq!(signature.to_base64(), "OuzzJR5+xZ4/EYwqtNt6sMYZQMTa/HEGvc9miJe7XzY=");
/// assert_eq!(signature.to_query(), "OuzzJR5%2BxZ4%2FEYwqtNt6sMYZQMTa%2FHEGvc9miJe7XzY%3D");
/// assert_eq!(format!("{signature:?}"), "Signature([redacted])");
/// ```
#[derive(Clone)]
pub struct Signer {
    /// Cloned for each signature, with the key's two blocks already hashed.
    key: Hmac<Sha256>,
    secret: SecretString,
}

/// A signature for one timestamp, kept as a hash until it is sent.
#[derive(Clone)]
pub struct Signature([u8; HASH_BYTES]);

impl Signer {
    /// Creates a signer with a robot's secret, including its prefix `SEC`, exactly as DingTalk shows it.
    #[expect(clippy::missing_panics_doc, reason = "it does not panic")]
    pub fn new(secret: impl Into<SecretString>) -> Self {
        let secret = secret.into();
        // An HMAC key may have any length, so every secret is valid.
        let key =
            Hmac::new_from_slice(secret.expose_secret().as_bytes()).expect("HMAC takes a key of any length");
        Self { key, secret }
    }

    /// Signs a timestamp, in milliseconds since the Unix epoch. Does not allocate.
    pub fn sign(&self, timestamp_ms: u64) -> Signature {
        let mut hmac = self.key.clone();
        hmac.update(itoa::Buffer::new().format(timestamp_ms).as_bytes());
        hmac.update(b"\n");
        hmac.update(self.secret.expose_secret().as_bytes());
        Signature(hmac.finalize().into_bytes().into())
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.secret
    }
}

impl Signature {
    /// Returns the hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the signature in base64 with padding, not encoded for a URL.
    pub fn to_base64(&self) -> String {
        String::from_utf8_lossy(&base64(&self.0)).into_owned()
    }

    /// Returns the signature in the form of a URL's query: percent-encoded, once.
    pub fn to_query(&self) -> String {
        let mut query = String::with_capacity(3 * SIGNATURE_CHARS);
        self.write_query(&mut query);
        query
    }

    pub(crate) fn write_query(&self, query: &mut String) {
        query.extend(percent_encode(&base64(&self.0), RESERVED));
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

/// Encodes exactly one hash in standard base64, with padding.
fn base64(hash: &[u8; HASH_BYTES]) -> [u8; SIGNATURE_CHARS] {
    let mut chars = [0; SIGNATURE_CHARS];
    // The slice has room for exactly one hash.
    let written = STANDARD.encode_slice(hash, &mut chars);
    debug_assert_eq!(written, Ok(SIGNATURE_CHARS));
    chars
}
