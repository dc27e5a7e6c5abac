//! Bodies of requests: their type, their size and their depth.

use hyper::{HeaderMap, header::CONTENT_TYPE};
use serde_json::Value;

/// Maximum size of a notification or message, in bytes.
pub(super) const MAX_BYTES: usize = 256 * 1024;

/// Maximum number of arrays and objects within each other.
const MAX_DEPTH: usize = 64;

/// Reports whether the header says that the body is JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Parses JSON; fails with a description of the fault.
pub(super) fn parse(body: &[u8]) -> Result<Value, String> {
    if depth(body) > MAX_DEPTH {
        return Err(format!("the JSON has more than {MAX_DEPTH} levels of arrays and objects"));
    }
    serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))
}

/// Returns the depth of a text that is JSON, in one pass and without memory.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut is_escaped) = (false, false);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_at_most_64_levels() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(64).as_bytes()).is_ok());
        let fault = parse(nested(65).as_bytes()).unwrap_err();
        assert!(fault.contains("64 levels"), "{fault}");
        assert!(parse(br#"{"a": "[[[\"[[{{{"}"#).is_ok());
        assert_eq!(depth(br#"[{"a[": "\\"}, [[]]]"#), 3);
        assert!(parse(&vec![b'['; 1 << 20]).is_err());
    }
}
