//! Admission of requests: method, content type, token and signature are checked before the body.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{
    guard::is_loopback_name,
    refusal::{self, Refusal},
    robot::RobotConfig,
};

/// Documented maximum difference between the clocks: one hour.
const CLOCK_TOLERANCE_MS: u64 = 60 * 60 * 1000;

/// A request as received, independent of the HTTP library.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// Address of the sender.
    pub(crate) peer: Option<IpAddr>,
    /// The header `Host`.
    pub(crate) host: Option<String>,
    pub(crate) method: String,
    pub(crate) content_type: Option<String>,
    /// Decoded, in order.
    pub(crate) query: Vec<(String, String)>,
    /// At most [`crate::server::BODY_LIMIT`] bytes; `length` counts all of them.
    pub(crate) body: Vec<u8>,
    pub(crate) length: usize,
}

impl Request {
    fn parameter(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(key, _)| key == name)?;
        (!value.is_empty()).then_some(value)
    }

    /// Returns the index of the robot whose token the request has, even if the rest of the request is invalid.
    pub(crate) fn robot(&self, robots: &[RobotConfig]) -> Option<usize> {
        let token = self.parameter("access_token")?;
        robots.iter().position(|robot| robot.token == token)
    }
}

/// Returns the index of the robot that this request may use. `now_ms` is the sandbox's clock, in milliseconds since
/// 1970.
pub(crate) fn admit(request: &Request, robots: &[RobotConfig], now_ms: u64) -> Result<usize, Refusal> {
    if request.method != "POST" {
        return Err(refusal::NOT_POST.into());
    }
    if !request.content_type.as_deref().is_some_and(is_json) {
        return Err(refusal::WRONG_CONTENT_TYPE.into());
    }
    if request.parameter("access_token").is_none() {
        return Err(refusal::NO_TOKEN.into());
    }
    let at = request.robot(robots).ok_or(refusal::UNKNOWN_TOKEN)?;
    let robot = &robots[at];
    // Its token is public, so a web site knows it, too.
    if robot.is_for_development && !request.host.as_deref().is_some_and(is_loopback_name) {
        return Err(refusal::FOREIGN_HOST.into());
    }
    if let Some(secret) = &robot.secret {
        check_signature(request, secret, now_ms)?;
    }
    if !robot.addresses.is_empty() {
        let is_listed = request.peer.is_some_and(|peer| robot.addresses.contains(&peer.to_canonical()));
        if !is_listed {
            let peer =
                request.peer.map_or_else(|| "unknown".to_owned(), |peer| peer.to_canonical().to_string());
            return Err(Refusal::address(&peer));
        }
    }
    Ok(at)
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Checks the signature without the code of `dingtalk-core`, on purpose: with shared code, the sandbox would accept a
/// wrong signature of the client.
fn check_signature(request: &Request, secret: &str, now_ms: u64) -> Result<(), Refusal> {
    let (Some(timestamp), Some(sign)) = (request.parameter("timestamp"), request.parameter("sign")) else {
        return Err(refusal::WRONG_SIGNATURE.into());
    };
    let near = timestamp.parse::<u64>().is_ok_and(|ms| ms.abs_diff(now_ms) <= CLOCK_TOLERANCE_MS);
    if !near {
        return Err(refusal::WRONG_TIMESTAMP.into());
    }
    let valid =
        STANDARD.decode(sign).ok().zip(Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()).is_some_and(
            |(given, mut mac)| {
                for part in [timestamp, "\n", secret] {
                    mac.update(part.as_bytes());
                }
                mac.verify_slice(&given).is_ok()
            },
        );
    if valid { Ok(()) } else { Err(refusal::WRONG_SIGNATURE.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000_000;
    /// Signature for `NOW` and the secret `secret`, computed with Python's `hmac`; it contains `+`, `/` and `=`.
    const SIGN: &str = "OuzzJR5+xZ4/EYwqtNt6sMYZQMTa/HEGvc9miJe7XzY=";

    fn request(query: &[(&str, &str)]) -> Request {
        Request {
            method: "POST".to_owned(),
            content_type: Some("application/json; charset=utf-8".to_owned()),
            query: query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            ..Request::default()
        }
    }

    fn robots() -> [RobotConfig; 2] {
        [RobotConfig::new("plain"), RobotConfig::new("signing").secret("secret")]
    }

    fn code(request: &Request, now_ms: u64) -> i64 {
        admit(request, &robots(), now_ms).map_or_else(|refusal| refusal.code, |_| 0)
    }

    fn signed(timestamp: &str, sign: &str) -> Result<usize, Refusal> {
        let request = request(&[("access_token", "signing"), ("timestamp", timestamp), ("sign", sign)]);
        admit(&request, &robots(), NOW)
    }

    #[test]
    fn only_json_with_post_is_admitted() {
        let good = request(&[("access_token", "plain")]);
        assert_eq!(admit(&good, &robots(), NOW), Ok(0));
        for method in ["GET", "PUT", "OPTIONS", "post"] {
            assert_eq!(code(&Request { method: method.to_owned(), ..good.clone() }, NOW), 43002, "{method}");
        }
        for content_type in
            [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonp")]
        {
            let content_type = content_type.map(str::to_owned);
            assert_eq!(code(&Request { content_type, ..good.clone() }, NOW), 43004);
        }
        for content_type in
            ["application/json", "Application/JSON;charset=UTF-8", "application/json ; charset=utf-8"]
        {
            let content_type = Some(content_type.to_owned());
            assert_eq!(code(&Request { content_type, ..good.clone() }, NOW), 0);
        }
    }

    #[test]
    fn the_token_must_be_present_and_known() {
        for (query, refusal) in [
            (&[] as &[_], refusal::NO_TOKEN),
            (&[("access_token", "")], refusal::NO_TOKEN),
            (&[("Access_Token", "plain")], refusal::NO_TOKEN),
            (&[("access_token", "plain ")], refusal::UNKNOWN_TOKEN),
            (&[("access_token", "other")], refusal::UNKNOWN_TOKEN),
        ] {
            assert_eq!(admit(&request(query), &robots(), NOW), Err(refusal.into()), "{query:?}");
        }
    }

    #[test]
    fn a_valid_signature_is_accepted() {
        assert_eq!(signed(&NOW.to_string(), SIGN), Ok(1));
    }

    #[test]
    fn a_wrong_signature_is_refused() {
        let other_key = "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM=";
        // An unencoded `+` arrives as a space; a signature encoded twice arrives still encoded.
        let space = SIGN.replace('+', " ");
        let twice = SIGN.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        for sign in [other_key, &space, &twice, &SIGN[..SIGN.len() - 1], "", "not base64"] {
            assert_eq!(signed(&NOW.to_string(), sign), Err(refusal::WRONG_SIGNATURE.into()), "{sign:?}");
        }
        let near = (NOW + 1).to_string();
        assert_eq!(signed(&near, SIGN), Err(refusal::WRONG_SIGNATURE.into()), "signed for another time");
        for query in [
            &[("access_token", "signing")] as &[_],
            &[("access_token", "signing"), ("sign", SIGN)],
            &[("access_token", "signing"), ("timestamp", "1700000000000")],
        ] {
            assert_eq!(admit(&request(query), &robots(), NOW), Err(refusal::WRONG_SIGNATURE.into()));
        }
    }

    #[test]
    fn the_clock_may_be_off_by_an_hour() {
        let query = [("access_token", "signing"), ("timestamp", "1700000000000"), ("sign", SIGN)];
        let hour = 3_600_000;
        for now in [NOW - hour, NOW, NOW + hour] {
            assert_eq!(admit(&request(&query), &robots(), now), Ok(1), "{now}");
        }
        for now in [NOW - hour - 1, NOW + hour + 1, 0, u64::MAX] {
            let refused = admit(&request(&query), &robots(), now);
            assert_eq!(refused, Err(refusal::WRONG_TIMESTAMP.into()), "{now}");
        }
        // Seconds, a fraction, a negative number.
        for timestamp in ["1700000000", "1700000000000.0", "-1700000000000", "now"] {
            assert_eq!(signed(timestamp, SIGN), Err(refusal::WRONG_TIMESTAMP.into()), "{timestamp}");
        }
    }

    /// Vectors from two other implementations (Python and Node).
    #[test]
    fn signatures_of_other_implementations_are_accepted() {
        let long = "SEC0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        for (timestamp, secret, sign) in [
            (1_893_456_000_000, long, "vqPeVdaNt/kqjIn6aR8hl895MWmxDUIAC4Mjqis0xeo="),
            (NOW, "密钥🔑", "3C03sWTx5Mk+79s2nmP7pDaBtQcj7EU5gerEbVEAP+0="),
            (NOW, &"a".repeat(65), "IDOhJv6NEFumAeR60yzGIdIbMeRY5EZ4Udx5Yc0D+MY="),
        ] {
            let robots = [RobotConfig::new("t").secret(secret)];
            let query = [("access_token", "t"), ("timestamp", &timestamp.to_string()), ("sign", sign)];
            assert_eq!(admit(&request(&query), &robots, timestamp), Ok(0));
        }
    }

    #[test]
    fn only_listed_addresses_are_admitted() {
        let robots = [RobotConfig::new("t").address([127, 0, 0, 1]).address([10, 0, 0, 7])];
        let from = |peer: Option<&str>| {
            let peer = peer.map(|peer| peer.parse().unwrap());
            let request = Request { peer, ..request(&[("access_token", "t")]) };
            admit(&request, &robots, NOW).map_err(|refusal| refusal.message)
        };
        assert_eq!(from(Some("10.0.0.7")), Ok(0));
        assert_eq!(from(Some("::ffff:127.0.0.1")), Ok(0));
        assert_eq!(from(Some("10.0.0.8")), Err("ip 10.0.0.8 not in whitelist".to_owned()));
        assert!(from(None).is_err());
    }

    #[test]
    fn the_development_robot_admits_only_loopback_names() {
        let robots = [RobotConfig { secret: None, ..RobotConfig::development("ops") }];
        let token = robots[0].token.clone();
        let to = |host: Option<&str>| {
            let request = Request { host: host.map(str::to_owned), ..request(&[("access_token", &token)]) };
            admit(&request, &robots, NOW)
        };
        assert_eq!(to(Some("127.0.0.1:8080")), Ok(0));
        assert_eq!(to(Some("localhost")), Ok(0));
        for host in [None, Some("evil.example"), Some("192.168.0.7:8080")] {
            assert_eq!(to(host), Err(refusal::FOREIGN_HOST.into()), "{host:?}");
        }
    }
}
