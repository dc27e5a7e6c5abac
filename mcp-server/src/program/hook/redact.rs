//! Removal of what looks like a secret, before anything is queued. Best effort: the rules are in docs/hooks.md.

/// Stands for a secret.
pub(super) const MARK: &str = "[…]";

/// Stands for an address.
const LINK: &str = "(link)";

/// Words whose value is secret, in lower case.
const NAMES: [&str; 15] = [
    "token",
    "secret",
    "passw",
    "passphrase",
    "_pass",
    "-pass",
    "pwd",
    "key",
    "auth",
    "credential",
    "cookie",
    "密码",
    "密钥",
    "令牌",
    "口令",
];

/// Beginnings of tokens of well-known services.
const PREFIXES: [&str; 23] = [
    "sk-",
    "sk_",
    "pk_",
    "rk_",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xox",
    "xapp-",
    "AKIA",
    "ASIA",
    "AKID",
    "LTAI",
    "AIza",
    "ya29.",
    "eyJ",
    "npm_",
    "pypi-",
    "hf_",
];

/// Words between a name and its value.
const BETWEEN: [&str; 9] = ["is", "was", "=", ":", ":=", "to", "bearer", "basic", "是"];

/// Words between the name of a header and its value.
const SCHEMES: [&str; 4] = ["token", "digest", "negotiate", "apikey"];

/// Commands whose option `-p` or `-a` is a password.
const LOGINS: [&str; 3] = ["login", "sshpass", "redis-cli"];

/// Replaces what looks like a secret or an address, and shortens paths under the home directory to `~`.
pub(super) fn redact(text: &str, home: Option<&str>) -> String {
    let home = home.map(|home| home.trim_end_matches('/')).filter(|home| !home.is_empty());
    let text = home.map_or_else(|| text.to_owned(), |home| text.replace(home, "~"));
    let mut reader = Reader::default();
    let mut clean = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end_matches(char::is_whitespace);
        if word.contains("-----BEGIN") {
            clean.push_str(MARK);
            return clean;
        }
        if !word.is_empty() {
            clean.push_str(&reader.word(word));
        }
        clean.push_str(&piece[word.len()..]);
        if piece.ends_with('\n') {
            reader.end_line();
        }
    }
    clean
}

/// State between the words of a text.
#[derive(Default)]
struct Reader {
    /// The next word is a value.
    hides_next: bool,
    /// The last word was a name, without a separator.
    after_name: bool,
    /// The value goes on until this.
    end: Option<End>,
    /// A command was named that takes a password.
    logs_in: bool,
}

/// End of a value of several words.
enum End {
    Quote(char),
    /// The end of the line, or any quotation mark.
    Line,
}

impl Reader {
    fn word(&mut self, word: &str) -> String {
        if let Some(end) = &self.end {
            let ends = match end {
                End::Quote(quote) => word.ends_with(*quote),
                End::Line => word.ends_with(['"', '\'']),
            };
            if ends {
                self.end = None;
            }
            return MARK.to_owned();
        }
        let lower = word.to_lowercase();
        self.logs_in |= LOGINS.contains(&lower.as_str());
        let plain =
            lower.trim_matches(|char: char| char.is_ascii_punctuation() && char != '=' && char != ':');
        let is_between = BETWEEN.contains(&plain) || BETWEEN.contains(&lower.as_str());
        if self.hides_next && SCHEMES.contains(&plain) {
            return word.to_owned();
        }
        if self.hides_next && !is_between {
            self.hides_next = false;
            self.open_quote(word);
            return MARK.to_owned();
        }
        if is_between {
            self.hides_next |= self.after_name || plain == "bearer";
            self.after_name = false;
            return word.to_owned();
        }
        self.after_name = false;
        if word.contains("://") || lower.starts_with("www.") {
            return LINK.to_owned();
        }
        if has_login(word) {
            return MARK.to_owned();
        }
        if let Some(kept) = self.named(word) {
            return kept;
        }
        if word == "-u" || word == "--user" || (self.logs_in && (word == "-p" || word == "-a")) {
            self.hides_next = true;
            return word.to_owned();
        }
        if word.starts_with("-p") && word.len() > 2 {
            return format!("-p{MARK}");
        }
        if is_token(word) { MARK.to_owned() } else { word.to_owned() }
    }

    /// Hides the value in a word with a name, such as `TOKEN=…`; `None` if it has no name.
    fn named(&mut self, word: &str) -> Option<String> {
        // Only the cases of ASCII letters change, so that positions stay the same.
        let lower = word.to_ascii_lowercase();
        let found = NAMES.iter().filter_map(|name| Some((lower.find(name)?, *name))).min();
        let (start, name) = found.or_else(|| lower.starts_with("pass=").then_some((0, "pass")))?;
        let after = start + name.len();
        if let Some(separator) = word[after..].find(['=', ':', '：']) {
            let width = word[after + separator..].chars().next().map_or(1, char::len_utf8);
            let value = after + separator + width;
            let rest = word[value..].trim_matches(['"', '\'', ',']);
            if rest.is_empty() && name == "cookie" {
                // It may have several.
                self.end = Some(End::Line);
                return Some(word.to_owned());
            }
            if rest.is_empty() || BETWEEN.contains(&rest.to_lowercase().as_str()) {
                self.hides_next = true;
                return Some(word.to_owned());
            }
            self.open_quote(&word[value..]);
            return Some(format!("{}{MARK}", &word[..value]));
        }
        // Chinese has no spaces between words.
        if !name.is_ascii() && word[after..].chars().any(|char| char.is_ascii_alphanumeric()) {
            return Some(format!("{}{MARK}", &word[..after]));
        }
        let is_variable = word.contains('_') && word == word.to_ascii_uppercase();
        if is_variable
            || word.starts_with('-')
            || word[after..].trim_end_matches(['：', ':']).trim_end() == "是"
        {
            self.hides_next = true;
        } else if is_token(word) {
            return Some(MARK.to_owned());
        } else {
            self.after_name = true;
        }
        Some(word.to_owned())
    }

    /// Notes that a value begins with a quotation mark, and goes on behind this word.
    fn open_quote(&mut self, value: &str) {
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        let is_open = |quote: &char| value.matches(*quote).count() % 2 == 1;
        self.end = quote.filter(is_open).map(End::Quote);
    }

    /// Notes that the line ends.
    fn end_line(&mut self) {
        if matches!(self.end, Some(End::Line)) {
            self.end = None;
        }
    }
}

/// Reports whether a word has a name and a password for a host, as in `name:password@host`.
fn has_login(word: &str) -> bool {
    let login = word.split_once('@').map(|(login, _)| login);
    login.is_some_and(|login| {
        login.split_once(':').is_some_and(|(name, password)| !name.is_empty() && !password.is_empty())
    })
}

/// Reports whether a word has a part that looks random, or the form of a known token.
fn is_token(word: &str) -> bool {
    let is_part = |char: char| char.is_ascii_alphanumeric() || "+/_-=.~".contains(char);
    word.split(|char| !is_part(char)).any(|run| {
        let has = |of: fn(&char) -> bool| run.chars().any(|char| of(&char));
        let is_mixed =
            has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit);
        let is_random = |segment: &str| {
            segment.len() >= 16
                && segment.chars().any(|char| char.is_ascii_digit())
                && segment.chars().any(|char| char.is_ascii_alphabetic())
        };
        let is_known = |prefix: &str| {
            let begins = |part: &str| part.len() > prefix.len() + 8 && part.starts_with(prefix);
            run.split('=').map(|part| part.trim_start_matches(['+', '/', '-', '.', '~'])).any(begins)
        };
        PREFIXES.iter().any(|prefix| is_known(prefix))
            || (run.len() >= 20 && is_mixed)
            || run.split(['+', '/', '_', '-', '=', '.', '~']).any(is_random)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Forms in which a secret is written, which stands at `{}`.
    const FORMS: [&str; 36] = [
        "TOKEN={} git push",
        "export MY_API_KEY='{}'",
        "curl -H 'Authorization: Bearer {}' x",
        "curl -u admin:{} x",
        "mysql -p{} db",
        "login --password {} now",
        "login --password=\"a {} b\" now",
        "https://user:{}@example.com/x",
        "{\"a\":1,\"client_secret\":\"{}\"}",
        "\"password\": \"{}\",",
        "the password is {} and",
        "密码是{}。",
        "密码：{}",
        "-----BEGIN PRIVATE KEY-----\n{}\n",
        "Cookie: {}",
        "curl -H 'Cookie: a=1; session={}; b=2' x",
        "curl -b 'a=1' -H \"Set-Cookie: a=1; Path=/; {}\" x",
        "Authorization: Token {}",
        "Authorization: Basic {}",
        "X-Api-Key: {}",
        "bearer {}",
        "DB_PASS={} npm test",
        "PASS={} npm test",
        "env PGPASSWORD={} psql",
        "AWS_SECRET_ACCESS_KEY={} aws s3 ls",
        "setx MYSQL_PWD {}",
        "tool --db-pass {} now",
        "tool --api-key={}",
        "docker login -u me -p {} registry",
        "sshpass -p {} ssh host",
        "redis-cli -a {} ping",
        "curl --user {} x",
        "git clone me:{}@example.com:a.git",
        "psql postgres://me:{}@db/shop",
        "口令：{}",
        "数据库密码是 {} 。",
    ];

    /// Forms of tokens that services issue, and of keys.
    const TOKENS: &str = "(AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|LTAI[0-9A-Za-z]{20}|[a-z][A-Z][0-9][A-Za-z0-9/+]{37}\
        |gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}|glpat-[A-Za-z0-9_-]{20}\
        |xox[abprs]-[0-9]{12}-[A-Za-z0-9]{24}|xapp-1-[A-Z0-9]{11}-[0-9]{13}-[0-9a-f]{64}\
        |sk-[A-Za-z0-9]{48}|sk-proj-[A-Za-z0-9_-]{60}|sk-ant-api03-[A-Za-z0-9_-]{80}|AIza[0-9A-Za-z_-]{35}\
        |ya29\\.[0-9A-Za-z_-]{60}|npm_[A-Za-z0-9]{36}|pypi-AgEI[A-Za-z0-9_-]{50}|hf_[A-Za-z]{34}\
        |eyJ[A-Za-z0-9_-]{20}\\.eyJ[A-Za-z0-9_-]{30}\\.[A-Za-z0-9_-]{43}|SEC[0-9][a-f][0-9a-f]{62}\
        |[A-Z][a-z][0-9][A-Za-z0-9+/]{60}={0,2}|[0-9][a-f][0-9a-f]{38})";

    proptest! {
        #[test]
        fn a_value_with_a_name_is_hidden(
            form in prop::sample::select(&FORMS[..]),
            secret in "[A-Za-z0-9]{1,3}[A-Za-z0-9!#$%^*+._~-]{5,30}[0-9]Qz",
            before in "[a-z ,.]{0,20}",
        ) {
            let text = format!("{before}\n{}", form.replace("{}", &secret));
            let clean = redact(&text, None);
            prop_assert!(!clean.contains(&secret), "{text:?} became {clean:?}");
        }

        #[test]
        fn a_token_is_hidden_wherever_it_stands(
            token in "(ghp_[A-Za-z0-9]{30}|sk-[A-Za-z0-9]{30}|[A-Z][a-z][0-9][A-Za-z0-9]{20,40}|[0-9][a-f][0-9a-f]{30})",
            around in "[a-z(,\"' ]{0,8}",
        ) {
            let clean = redact(&format!("{around}{token}) done"), None);
            prop_assert!(!clean.contains(&token), "{clean:?}");
        }

        #[test]
        fn a_token_of_a_service_is_hidden(
            token in TOKENS,
            before in "([a-z]{0,4}[ 。，：\"'(=])?",
            after in "([ ,;)\"'。，][a-z文字。 ]{0,6})?",
        ) {
            let clean = redact(&format!("推送 {before}{token}{after}"), None);
            prop_assert!(!clean.contains(&token), "{clean:?}");
        }

        #[test]
        fn nothing_of_a_private_key_is_shown(
            kind in "(RSA |EC |OPENSSH |ENCRYPTED )?",
            lines in prop::collection::vec("[A-Za-z0-9+/]{64}", 1..4),
            newline in prop::sample::select(&["\n", "\r\n", "\\n"][..]),
        ) {
            let key = format!("-----BEGIN {kind}PRIVATE KEY-----{newline}{}", lines.join(newline));
            let clean = redact(&format!("echo '{key}' > key"), None);
            prop_assert!(lines.iter().all(|line| !clean.contains(&line[..16])), "{clean:?}");
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,200}") {
            redact(&text, Some("/home/me"));
        }
    }

    #[test]
    fn ordinary_text_stays() {
        let text =
            "Added docs/zh-CN/configuration.md and 3 tests; all 214 pass in 12.5 s. Shall I push to main?";
        assert_eq!(redact(text, None), text);
        assert_eq!(redact("cat /home/me/notes.txt", Some("/home/me/")), "cat ~/notes.txt");
        assert_eq!(redact("see https://example.com/a for more", None), "see (link) for more");
        for text in ["mkdir -p a/b && scp me@host:a .", "all tests pass: 12 of 12", "docker run -p 8080:80 x"]
        {
            assert_eq!(redact(text, None), text);
        }
    }
}
