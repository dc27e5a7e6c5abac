//! Signatures of other programs' requests, over the body as it was received.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dingtalk_config::SignatureScheme;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// Maximum difference between the time of a signature and this machine's clock, as Standard Webhooks recommends.
const TOLERANCE: Duration = Duration::from_secs(300);

/// Prefix of a secret in base64, in Standard Webhooks.
const ENCODED_SECRET: &str = "whsec_";

/// The secrets of one source, and how it uses them.
pub(crate) struct Verifier {
    scheme: SignatureScheme,
    /// Several while they are rotated: each is valid.
    secrets: Vec<SecretString>,
    header: String,
    timestamp_header: Option<String>,
}

/// Reason for which a request's origin is not proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unverified {
    /// A header is missing, or is not what the scheme has there.
    Header(String),
    /// The time is too far from this machine's.
    Time,
    /// No secret makes this signature.
    Signature,
}

impl Verifier {
    /// `header` and `timestamp_header` replace those of the scheme.
    pub(crate) fn new(
        scheme: SignatureScheme,
        secrets: Vec<SecretString>,
        header: Option<String>,
        timestamp_header: Option<String>,
    ) -> Self {
        let header = header.unwrap_or_else(|| scheme_header(scheme).to_owned());
        let is_standard = scheme == SignatureScheme::StandardWebhooks;
        let timestamp_header =
            timestamp_header.or_else(|| is_standard.then(|| "webhook-timestamp".to_owned()));
        Self { scheme, secrets, header, timestamp_header }
    }

    /// Checks a request. `header` returns the value of a header.
    pub(crate) fn verify(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: SystemTime,
    ) -> Result<(), Unverified> {
        let read = |name: &str| header(name).ok_or_else(|| Unverified::Header(name.to_owned()));
        let shown = read(&self.header)?;
        let shown = shown.trim();
        let time = self.timestamp_header.as_deref().map(read).transpose()?;
        if let Some(time) = &time {
            self.check_time(time, now)?;
        }
        if self.scheme == SignatureScheme::GitLab {
            let is_known =
                |secret: &SecretString| bool::from(secret.expose_secret().as_bytes().ct_eq(shown.as_bytes()));
            return self.any(is_known);
        }
        let malformed = || Unverified::Header(self.header.clone());
        let mut signed = Vec::new();
        let signatures: Vec<Vec<u8>> = match self.scheme {
            SignatureScheme::StandardWebhooks => {
                signed.extend_from_slice(read("webhook-id")?.as_bytes());
                signed.push(b'.');
                signed.extend_from_slice(time.unwrap_or_default().as_bytes());
                signed.push(b'.');
                let versions = shown.split_ascii_whitespace().filter_map(|one| one.strip_prefix("v1,"));
                versions.filter_map(|one| STANDARD.decode(one).ok()).collect()
            }
            scheme => {
                if let Some(time) = &time {
                    signed.extend_from_slice(time.as_bytes());
                    signed.push(b':');
                }
                let digits = match scheme {
                    SignatureScheme::GitHub | SignatureScheme::Flux => shown.strip_prefix("sha256="),
                    _ => Some(shown),
                };
                digits.and_then(unhex).into_iter().collect()
            }
        };
        if signatures.is_empty() {
            return Err(malformed());
        }
        signed.extend_from_slice(body);
        self.any(|secret| signatures.iter().any(|signature| self.is_signed(secret, &signed, signature)))
    }

    fn check_time(&self, time: &str, now: SystemTime) -> Result<(), Unverified> {
        let seconds: u64 = time
            .trim()
            .parse()
            .map_err(|_| Unverified::Header(self.timestamp_header.clone().unwrap_or_default()))?;
        let signed_at = UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).ok_or(Unverified::Time)?;
        let distance = match now.duration_since(signed_at) {
            Ok(age) => age,
            Err(ahead) => ahead.duration(),
        };
        if distance > TOLERANCE { Err(Unverified::Time) } else { Ok(()) }
    }

    fn is_signed(&self, secret: &SecretString, signed: &[u8], signature: &[u8]) -> bool {
        let secret = secret.expose_secret();
        let decoded = match secret.strip_prefix(ENCODED_SECRET) {
            Some(encoded) if self.scheme == SignatureScheme::StandardWebhooks => {
                STANDARD.decode(encoded).ok()
            }
            _ => None,
        };
        let key = decoded.as_deref().unwrap_or(secret.as_bytes());
        // A key of any length is valid.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
        mac.update(signed);
        mac.verify_slice(signature).is_ok()
    }

    fn any(&self, is_made_with: impl Fn(&SecretString) -> bool) -> Result<(), Unverified> {
        if self.secrets.iter().any(is_made_with) { Ok(()) } else { Err(Unverified::Signature) }
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

/// Returns the header in which a source sends its signature.
fn scheme_header(scheme: SignatureScheme) -> &'static str {
    match scheme {
        SignatureScheme::GitHub => "x-hub-signature-256",
        SignatureScheme::Gitea => "x-gitea-signature",
        SignatureScheme::Grafana => "x-grafana-alerting-signature",
        SignatureScheme::GitLab => "x-gitlab-token",
        SignatureScheme::Sentry => "sentry-hook-signature",
        SignatureScheme::StandardWebhooks => "webhook-signature",
        _ => "x-signature",
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verify(verifier: &Verifier, headers: &[(&str, &str)], body: &str, now: u64) -> Result<(), Unverified> {
        let header = |wanted: &str| {
            headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        };
        verifier.verify(&header, body.as_bytes(), UNIX_EPOCH + Duration::from_secs(now))
    }

    fn with(scheme: SignatureScheme, secrets: &[&str]) -> Verifier {
        Verifier::new(scheme, secrets.iter().map(|secret| (*secret).into()).collect(), None, None)
    }

    /// The example of GitHub's documentation.
    const GITHUB: (&str, &str) =
        ("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");

    #[test]
    fn a_signature_of_github_is_valid_for_its_body_and_secret_alone() {
        let secret = "It's a Secret to Everybody";
        let verifier = with(SignatureScheme::GitHub, &["new", secret]);
        assert_eq!(verify(&verifier, &[GITHUB], "Hello, World!", 0), Ok(()));
        assert_eq!(verify(&verifier, &[GITHUB], "Hello, world!", 0), Err(Unverified::Signature));
        let other = with(SignatureScheme::GitHub, &["new"]);
        assert_eq!(verify(&other, &[GITHUB], "Hello, World!", 0), Err(Unverified::Signature));
        for (name, value) in [
            ("x-other", GITHUB.1),
            (GITHUB.0, ""),
            (GITHUB.0, "sha256="),
            (GITHUB.0, &GITHUB.1[7..]),
            (GITHUB.0, "sha256=75710"),
            (GITHUB.0, "sha256=zz"),
        ] {
            assert!(verify(&verifier, &[(name, value)], "Hello, World!", 0).is_err(), "{value}");
        }
        // Without secrets, nothing is proved.
        assert!(verify(&with(SignatureScheme::GitHub, &[]), &[GITHUB], "Hello, World!", 0).is_err());
    }

    #[test]
    fn sentry_signs_the_body_in_a_header_of_its_own() {
        let verifier = with(SignatureScheme::Sentry, &["It's a Secret to Everybody"]);
        let signature = &GITHUB.1["sha256=".len()..];
        assert_eq!(verify(&verifier, &[("sentry-hook-signature", signature)], "Hello, World!", 0), Ok(()));
        let wrong = verify(&verifier, &[("sentry-hook-signature", signature)], "Hello, world!", 0);
        assert_eq!(wrong, Err(Unverified::Signature));
    }

    /// The example of the scheme's own libraries.
    #[test]
    fn a_standard_webhook_is_valid_for_five_minutes() {
        let verifier = with(SignatureScheme::StandardWebhooks, &["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]);
        let headers = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            (
                "webhook-signature",
                "v1,bm9ldHUjKzFob2VudXRob2VodWUzMjRvdWVvdW9ldQo= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ];
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(verify(&verifier, &headers, body, 1_614_265_330), Ok(()));
        assert_eq!(verify(&verifier, &headers, body, 1_614_265_630), Ok(()));
        assert_eq!(verify(&verifier, &headers, body, 1_614_265_631), Err(Unverified::Time));
        assert_eq!(verify(&verifier, &headers, body, 1_614_265_029), Err(Unverified::Time));
        assert_eq!(verify(&verifier, &headers, "{}", 1_614_265_330), Err(Unverified::Signature));
        assert_eq!(
            verify(&verifier, &headers[1..], body, 1_614_265_330),
            Err(Unverified::Header("webhook-id".to_owned()))
        );
    }

    #[test]
    fn grafana_signs_the_time_if_it_sends_one() {
        let mac = |signed: &str| {
            let mut mac = Hmac::<Sha256>::new_from_slice(b"key").unwrap();
            mac.update(signed.as_bytes());
            mac.finalize().into_bytes().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
        };
        let header = "x-grafana-alerting-signature";
        assert_eq!(
            verify(&with(SignatureScheme::Grafana, &["key"]), &[(header, &mac("{}"))], "{}", 0),
            Ok(())
        );
        let timed =
            Verifier::new(SignatureScheme::Grafana, vec!["key".into()], None, Some("x-time".to_owned()));
        let signed = mac("1000:{}");
        assert_eq!(verify(&timed, &[(header, &signed), ("x-time", "1000")], "{}", 1_100), Ok(()));
        assert_eq!(
            verify(&timed, &[(header, &signed), ("x-time", "1000")], "{}", 1_301),
            Err(Unverified::Time)
        );
        assert!(verify(&timed, &[(header, &signed), ("x-time", "1001")], "{}", 1_100).is_err());
        assert!(verify(&timed, &[(header, &signed)], "{}", 1_100).is_err());
    }

    #[test]
    fn a_token_of_gitlab_is_the_secret() {
        let verifier = with(SignatureScheme::GitLab, &["old", "new"]);
        for (shown, is_valid) in [("old", true), ("new", true), ("ne", false), ("newer", false), ("", false)]
        {
            assert_eq!(verify(&verifier, &[("x-gitlab-token", shown)], "", 0).is_ok(), is_valid, "{shown}");
        }
    }
}
