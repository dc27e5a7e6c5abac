//! Secrets: a public name for a token, and removal of secrets from a server's text.

use sha2::{Digest as _, Sha256};

/// Maximum length of a server's text that is kept, in characters.
const MAX_CHARS: usize = 300;

const REDACTED: &str = "…redacted…";

/// Returns a name for a token that does not reveal it: the first eight hexadecimal digits of its SHA-256.
pub(crate) fn fingerprint(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    format!("{:08x}", u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}

/// Makes a server's text safe for a log: without control characters, invisible characters and `secrets`, and with a
/// limited length.
pub(crate) fn clean(text: &str, secrets: &[&str]) -> String {
    // Done before the search for secrets: an invisible character could be inside one.
    let visible: String = text.chars().filter(|&c| !c.is_control() && !is_invisible(c)).collect();
    let redacted = redact(&visible, secrets);
    match redacted.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &redacted[..end]),
        None => redacted,
    }
}

/// Reports whether a character is invisible, but changes the text: zero width, direction, byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Replaces every occurrence of every secret, in any case, even where two of them overlap.
fn redact(text: &str, secrets: &[&str]) -> String {
    // Keeps the length, so that positions are valid in `text`.
    let lower = text.to_ascii_lowercase();
    let mut hidden = vec![false; text.len()];
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let secret = secret.to_ascii_lowercase();
        for (at, _) in lower.char_indices().filter(|&(at, _)| lower[at..].starts_with(&secret)) {
            hidden[at..at + secret.len()].fill(true);
        }
    }
    let mut clean = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if !hidden[at] {
            clean.push(c);
        } else if at == 0 || !hidden[at - 1] {
            clean.push_str(REDACTED);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_disappear_in_any_case_and_overlap() {
        assert_eq!(clean("token ABCdef is wrong", &["abcdef"]), "token …redacted… is wrong");
        assert_eq!(clean("sign=a%2bb", &["a%2Bb"]), "sign=…redacted…");
        assert_eq!(clean("<xyz>", &["xy", "yz"]), "<…redacted…>");
        assert_eq!(clean("aaa", &["aa"]), "…redacted…");
        assert_eq!(clean("密钥x", &["钥"]), "密…redacted…x");
        assert_eq!(clean("plain", &["", "other"]), "plain");
    }

    #[test]
    fn invisible_characters_hide_no_secret() {
        assert_eq!(clean("to\u{200b}k\u{0}en\u{1b}[31m", &["token"]), "…redacted…[31m");
    }

    #[test]
    fn long_text_is_cut_after_the_secrets_are_gone() {
        let text = format!("{}token", "汉".repeat(MAX_CHARS - 2));
        let clean = clean(&text, &["token"]);
        assert_eq!(clean.chars().count(), MAX_CHARS + 1);
        assert!(clean.ends_with("…r…"), "{clean}");
    }

    #[test]
    fn a_fingerprint_is_short_and_stable() {
        assert_eq!(fingerprint("abc"), "ba7816bf");
    }
}
