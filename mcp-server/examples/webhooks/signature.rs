//! Proof that the sender of a request knows the webhook's secret.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Checks GitHub's header `X-Hub-Signature-256`: `sha256=` and the HMAC-SHA256 of the body, in hexadecimal
/// (<https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>).
pub(crate) fn is_valid(header: &str, body: &[u8], secret: &str) -> bool {
    let Some(signature) = header.strip_prefix("sha256=").and_then(bytes) else { return false };
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    hmac.update(body);
    hmac.verify_slice(&signature).is_ok()
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = hexadecimal.chars().map(|digit| digit.to_digit(16)).collect();
    let pairs = digits?;
    pairs.chunks(2).map(|pair| u8::try_from(pair.first()? * 16 + pair.get(1)?).ok()).collect()
}
