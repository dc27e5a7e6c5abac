//! The signature of a robot that is set to "sign" (加签).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::utf8_percent_encode;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use super::endpoint::RESERVED;

/// 32 bytes in base64, with padding.
const SIGNATURE_CHARS: usize = 44;

/// The digits of the largest number that fits.
const MAX_DIGITS: usize = 20;

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
    /// Cloned for each signature: the key's two blocks are hashed already.
    key: Hmac<Sha256>,
    secret: SecretString,
}

/// A signature for one timestamp.
#[derive(Clone)]
pub struct Signature([u8; SIGNATURE_CHARS]);

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

    /// Signs a time, given in milliseconds since the Unix epoch. Allocates nothing.
    #[expect(clippy::missing_panics_doc, reason = "it does not panic")]
    pub fn sign(&self, timestamp_ms: u64) -> Signature {
        let mut hmac = self.key.clone();
        hmac.update(Decimal::new(timestamp_ms).as_str().as_bytes());
        hmac.update(b"\n");
        hmac.update(self.secret.expose_secret().as_bytes());
        let mut signature = [0; SIGNATURE_CHARS];
        STANDARD
            .encode_slice(hmac.finalize().into_bytes(), &mut signature)
            .expect("32 bytes are 44 characters");
        Signature(signature)
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.secret
    }
}

impl Signature {
    /// The signature in base64 with padding, not encoded for a URL.
    pub fn as_base64(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The signature as it stands in the URL: percent-encoded, once.
    pub fn to_query(&self) -> String {
        let mut query = String::with_capacity(3 * SIGNATURE_CHARS);
        self.write_query(&mut query);
        query
    }

    pub(crate) fn write_query(&self, query: &mut String) {
        query.extend(utf8_percent_encode(self.as_base64(), RESERVED));
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

/// A number in decimal, without a heap.
pub(crate) struct Decimal {
    /// Filled from its end.
    digits: [u8; MAX_DIGITS],
    start: usize,
}

impl Decimal {
    pub(crate) fn new(mut number: u64) -> Self {
        let mut digits = [b'0'; MAX_DIGITS];
        let mut start = MAX_DIGITS;
        loop {
            start -= 1;
            let digit = (number % 10) as u8;
            digits[start] += digit;
            number /= 10;
            if number == 0 {
                return Self { digits, start };
            }
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.digits[self.start..]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        for number in [0, 9, 10, 1_700_000_000_000, u64::MAX] {
            assert_eq!(Decimal::new(number).as_str(), number.to_string());
        }
    }
}
