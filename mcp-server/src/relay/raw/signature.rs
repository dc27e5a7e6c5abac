//! The signature of a request, as DingTalk asks for it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dingtalk_core::delivery::Signer;
use subtle::ConstantTimeEq as _;

use super::refusal::Refusal;

/// Time for which a signature is valid, before and after its timestamp.
const VALIDITY: Duration = Duration::from_secs(3_600);

/// Checks the signature of a request.
pub(super) fn check(
    signer: &Signer,
    timestamp: Option<&str>,
    sign: Option<&str>,
    now: SystemTime,
) -> Result<(), Refusal> {
    let (Some(timestamp), Some(sign)) = (timestamp, sign) else { return Err(Refusal::signature()) };
    let timestamp: u64 = timestamp.parse().map_err(|_| Refusal::timestamp())?;
    let at = UNIX_EPOCH + Duration::from_millis(timestamp.min(u64::MAX / 1_000_000));
    let distance = now.duration_since(at).unwrap_or_else(|early| early.duration());
    if distance > VALIDITY {
        return Err(Refusal::timestamp());
    }
    let expected = signer.sign(timestamp).to_base64();
    if sign.as_bytes().ct_eq(expected.as_bytes()).into() { Ok(()) } else { Err(Refusal::signature()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_counts_for_an_hour() {
        let signer = Signer::new("secret");
        let sign = "OuzzJR5+xZ4/EYwqtNt6sMYZQMTa/HEGvc9miJe7XzY=";
        let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(seconds);
        let checked = |timestamp, sign, now| check(&signer, Some(timestamp), Some(sign), at(now));
        let (timestamp, second) = ("1700000000000", 1_700_000_000);
        assert_eq!(checked(timestamp, sign, second), Ok(()));
        assert_eq!(checked(timestamp, sign, second + 3_600), Ok(()));
        assert_eq!(checked(timestamp, sign, second - 3_600), Ok(()));
        assert_eq!(checked(timestamp, sign, second + 3_601), Err(Refusal::timestamp()));
        assert_eq!(checked(timestamp, sign, second - 3_601), Err(Refusal::timestamp()));
        assert_eq!(checked("1700000000001", sign, second), Err(Refusal::signature()));
        assert_eq!(checked(timestamp, "", second), Err(Refusal::signature()));
        assert_eq!(checked("18446744073709551615", sign, second), Err(Refusal::timestamp()));
        assert_eq!(checked("yesterday", sign, second), Err(Refusal::timestamp()));
        assert_eq!(check(&signer, None, Some(sign), at(second)), Err(Refusal::signature()));
        assert_eq!(check(&signer, Some(timestamp), None, at(second)), Err(Refusal::signature()));
    }
}
