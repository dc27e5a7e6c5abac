//! Names for people and agents, made from Rust names, and the rules for them.

/// Maximum length of a tool's name, in bytes. Cursor allows 60 for the names of the server and the tool together.
pub const MAX_TOOL_NAME: usize = 48;

/// Verbs with which the name of a tool that sends may begin.
const VERBS: &str = "\
    acknowledge alert announce approve ask broadcast cancel celebrate close confirm congratulate \
    create deliver escalate forward greet inform invite mention message notify nudge offer open \
    page poll post propose publish push raise recommend reject remind report request resolve send share \
    show submit suggest summarize tell test thank update urge warn welcome";

/// Returns the words of a Rust name: `["Cpu", "Alert"]`, `["cpu", "alert"]` and `["HTTP", "Alert2"]` for `CpuAlert`,
/// `cpu_alert` and `HTTPAlert2`.
pub fn words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let chars: Vec<(usize, char)> = name.char_indices().collect();
    for (i, &(at, c)) in chars.iter().enumerate() {
        let previous = i.checked_sub(1).map(|p| chars[p].1);
        let next = chars.get(i + 1).map(|&(_, next)| next);
        let starts = c.is_uppercase()
            && previous
                .is_some_and(|previous| !previous.is_uppercase() || next.is_some_and(char::is_lowercase));
        if c == '_' || starts {
            words.push(&name[start..at]);
            start = if c == '_' { at + 1 } else { at };
        }
    }
    words.push(&name[start..]);
    words.retain(|word| !word.is_empty());
    words
}

/// Converts a Rust name to snake case: `cpu_alert` for `CpuAlert`.
pub fn snake_case(name: &str) -> String {
    words(name).join("_").to_lowercase()
}

/// Returns the candidate that was probably meant, if one is similar enough.
///
/// ```
/// assert_eq!(dingtalk_template::suggest("atMobile", ["text", "atMobiles"]), Some("atMobiles"));
/// assert_eq!(dingtalk_template::suggest("colour", ["text", "atMobiles"]), None);
/// ```
pub fn suggest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let given = fold(given);
    candidates
        .into_iter()
        .map(|candidate| (distance(&given, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| distance * 3 <= candidate.chars().count().max(given.chars().count()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the number of edits (insert, delete, replace, swap neighbours) that turn one name into the other.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

/// Returns the problem of a tool's name as the text of a compile error, if it has one. A valid name has lower case
/// words joined by `_`, begins with a verb, and has at most [`MAX_TOOL_NAME`] bytes.
///
/// ```
/// use dingtalk_template::tool_name_problem;
///
/// assert_eq!(tool_name_problem("send_cpu_alert"), None);
/// assert_eq!(
///     tool_name_problem("SendCpuAlert").unwrap(),
///     "`SendCpuAlert` is not lower case words joined by `_`: write `send_cpu_alert`"
/// );
/// assert_eq!(
///     tool_name_problem("cpu_alert").unwrap(),
///     "`cpu` is no verb that says what the tool does: write `send_cpu_alert`"
/// );
/// ```
pub fn tool_name_problem(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('_').collect();
    let plain = |part: &&str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if !parts.iter().all(plain) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        let example = proposal(name);
        return Some(format!("`{name}` is not lower case words joined by `_`: write `{example}`"));
    }
    if name.len() > MAX_TOOL_NAME {
        return Some(format!(
            "`{name}` has {} characters, and some clients take no more than {MAX_TOOL_NAME}: choose a shorter one",
            name.len()
        ));
    }
    if parts.len() == 1 {
        return Some(format!(
            "`{name}` is one word: say what is done and with what, as in `{}`",
            proposal(name)
        ));
    }
    if !is_verb(parts[0]) {
        return Some(format!(
            "`{}` is no verb that says what the tool does: write `{}`",
            parts[0],
            proposal(name)
        ));
    }
    None
}

fn is_verb(word: &str) -> bool {
    is_listed(word, VERBS)
}

fn is_listed(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

/// Proposes a valid name that is as similar to this one as possible.
fn proposal(name: &str) -> String {
    let separated: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let name = snake_case(&separated);
    let verb = name.split('_').next().is_some_and(is_verb);
    let name = match (name.as_str(), verb) {
        ("", _) => "send_cpu_alert".to_owned(),
        (name, true) if name.contains('_') => name.to_owned(),
        ("send", true) => "send_cpu_alert".to_owned(),
        (name, _) => format!("send_{name}"),
    };
    if name.len() <= MAX_TOOL_NAME { name } else { "send_cpu_alert".to_owned() }
}

/// Reports whether a parameter of this name would probably bring a secret into an agent's context. It compares whole
/// words: `access_token`, `webhookUrl` and `sign` match, `design` does not.
///
/// A name whose last word is a property of the secret is allowed: `token_count`, `secret_name`, `password_expires_at`.
/// So are amounts of language-model tokens, such as `max_tokens`.
///
/// ```
/// use dingtalk_template::looks_secret;
///
/// assert!(looks_secret("access_token") && looks_secret("webhookUrl") && looks_secret("api_key"));
/// assert!(!looks_secret("design") && !looks_secret("token_count") && !looks_secret("max_tokens"));
/// ```
pub fn looks_secret(field_name: &str) -> bool {
    const SECRETS: &str = "accesstoken apikey bearer credential credentials passphrase passwd password passwords \
        privatekey pwd secret secrets signature signatures token tokens webhook webhooks";
    const KEYS: &str = "access api encryption private secret signing";
    const ABOUT: &str = "age at budget count days expired expires expiry failed failures invalid kind left length \
        limit name number owner rate remaining rotated status total usage used valid";
    const AMOUNTS: &str = "cached completion input max min output prompt remaining total used";
    let field_name = field_name.replace('-', "_");
    let words: Vec<String> = words(&field_name).into_iter().map(str::to_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        // The name of DingTalk's own parameter; `sign_off` and `sign_in_page` are not secrets.
        [.., "sign"] => true,
        [.., last] if is_listed(last, ABOUT) => false,
        [amount, .., "tokens"] if is_listed(amount, AMOUNTS) => false,
        words => {
            words.iter().any(|word| is_listed(word, SECRETS))
                || words.windows(2).any(|pair| is_listed(pair[0], KEYS) && matches!(pair[1], "key" | "keys"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_names_have_words() {
        for (name, snake) in [
            ("CpuAlert", "cpu_alert"),
            ("HTTPAlert", "http_alert"),
            ("PullRequestOpened", "pull_request_opened"),
            ("Ci", "ci"),
            ("cpu_alert", "cpu_alert"),
            ("V2Release", "v2_release"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn a_swap_is_one_edit() {
        assert_eq!(distance("hsot", "host"), 1);
        assert_eq!(suggest("on_call", ["onCall", "host"]), Some("onCall"));
        assert_eq!(suggest("x", ["y"]), None);
        assert_eq!(suggest("abc", ["y"]), None);
    }

    #[test]
    fn a_tool_is_named_by_a_verb_and_its_object() {
        for good in ["send_cpu_alert", "warn_disk2_full", "page_on_call", "post_3_things"] {
            assert_eq!(tool_name_problem(good), None, "{good}");
        }
        for (bad, problem) in [
            ("", "`` is not lower case words joined by `_`: write `send_cpu_alert`"),
            (
                "send-cpu-alert",
                "`send-cpu-alert` is not lower case words joined by `_`: write `send_cpu_alert`",
            ),
            ("send__alert", "`send__alert` is not lower case words joined by `_`: write `send_alert`"),
            ("2_alerts", "`2_alerts` is not lower case words joined by `_`: write `send_2_alerts`"),
            ("发送_告警", "`发送_告警` is not lower case words joined by `_`: write `send_cpu_alert`"),
            ("alert", "`alert` is one word: say what is done and with what, as in `send_alert`"),
            ("send", "`send` is one word: say what is done and with what, as in `send_cpu_alert`"),
            ("disk_full", "`disk` is no verb that says what the tool does: write `send_disk_full`"),
        ] {
            assert_eq!(tool_name_problem(bad).as_deref(), Some(problem));
        }
        let longest = format!("send_{}", "x".repeat(MAX_TOOL_NAME - 5));
        assert_eq!(tool_name_problem(&longest), None);
        let problem = tool_name_problem(&format!("{longest}x")).unwrap();
        assert!(problem.contains("49 characters") && problem.contains("no more than 48"), "{problem}");
    }

    #[test]
    fn a_proposed_name_is_valid() {
        for bad in
            ["", "A", "disk", "CpuAlert", "send", "x.y.z", "告警", "_", "UPPER_CASE", &"long".repeat(20)]
        {
            assert_eq!(tool_name_problem(&proposal(bad)), None, "{bad:?} gives {:?}", proposal(bad));
        }
    }

    #[test]
    fn secrets_are_recognised_by_whole_words() {
        for secret in [
            "token",
            "accessToken",
            "ACCESS_TOKEN",
            "robot_token",
            "tokens",
            "secret",
            "client-secret",
            "password",
            "userPassword",
            "passwd",
            "webhook",
            "webhook_url",
            "sign",
            "robot_sign",
            "signature",
            "api_key",
            "apiKey",
            "APIKey",
            "apikey",
            "secret_key",
            "private_key",
            "credentials",
            "token_for_robot",
        ] {
            assert!(looks_secret(secret), "{secret}");
        }
        for harmless in [
            "design",
            "assignee",
            "sign_off",
            "sign_in_page",
            "signal",
            "tokenizer",
            "token_count",
            "max_tokens",
            "total_input_tokens",
            "tokens_used",
            "secret_name",
            "password_expires_at",
            "webhook_failures",
            "key",
            "primary_key",
            "keyboard",
            "host",
            "",
        ] {
            assert!(!looks_secret(harmless), "{harmless}");
        }
    }
}
