//! Rules for the wording of a tool's definition.
//!
//! The rules are pure functions of text. `dingtalk-derive` turns some of them into compile errors, `dingtalk-core`
//! others into lints. They are made for English; Chinese, which has no spaces, is compared whole or by pairs of
//! characters.

use std::{borrow::Cow, collections::HashSet, ops::Range, sync::LazyLock};

use crate::names::words;

/// Words that do not distinguish one notification from another.
const FILLER: &str = "\
    a all an and any are argument as at be bot by can dingtalk do field for from given group in into is \
    it its message messaging new notification notify of on one or parameter post robot send some string \
    that the their these this those through to tool use used user using value via which will with your \
    钉钉";

/// Words and phrases without information.
const EMPTY_PHRASES: &str = "\
    actually, advanced, allow|allows|enable|enables you to, amazing, and more, and so on, awesome, \
    basically, comprehensive, conveniently, cutting edge, easily, easy to use, efficient|efficiently, \
    effortless|effortlessly, etc, feature rich, flexible, handy, in order to, intuitive, \
    leverage|leverages, note that, obviously, of course, please, powerful, quickly and easily, robust, \
    seamless|seamlessly, simply, state of the art, utilise|utilises|utilize|utilizes, various, \
    versatile, very";

/// Abbreviations that every reader of a tool's definition knows.
const KNOWN_ACRONYMS: &str = "\
    AI AM API ASCII AWS BUG CD CEO CI CLI CPU CSS CSV CTO DB DNS ETA EU FAQ FTP FYI GB GCP GIF GMT GPU \
    GUI HR HTML HTTP HTTPS ID IO IOS IP ISO IT JPEG JPG JSON JWT KB LAN LLM MB MCP MIME NTP OK OS PC \
    PDF PM PNG QA QR RAM REST RGB RPC RSS SDK SMS SMTP SQL SSD SSH SSL SVG TB TCP TLS TODO TV UDP UI UK \
    URI URL US USB UTC UTF UUID VM VPN XML YAML";

/// Returns a text on one line, with single spaces between its words. Most texts are already so.
///
/// ```
/// use dingtalk_template::on_one_line;
///
/// assert_eq!(on_one_line(" Host name\n  as in the inventory "), "Host name as in the inventory");
/// ```
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    let mut after_space = true;
    let is_on_one_line = text.chars().all(|c| {
        let is_second = c == ' ' && after_space;
        after_space = c == ' ';
        !is_second && (c == ' ' || !c.is_whitespace())
    });
    if is_on_one_line && !text.ends_with(' ') {
        return Cow::Borrowed(text);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").into()
}

/// Reports whether a text is Chinese: it has more Chinese characters than words in Latin letters.
///
/// ```
/// use dingtalk_template::is_chinese;
///
/// assert!(is_chinese("主机 web-3 的 CPU 使用率超过上限"));
/// assert!(!is_chinese("Post a message to the DingTalk (钉钉) group."));
/// ```
pub fn is_chinese(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let chinese =
        text.chars().filter(|c| matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}')).count();
    let words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    // Any more words make no difference.
    chinese > words.take(chinese).count()
}

/// Reports whether the text only repeats the names. For the description of a tool, pass its name, title and type; for
/// that of a parameter, the name of the field.
///
/// The words of the text are compared with those of the names, without filler such as `the`, `send` or `message`, and
/// without endings such as `-s` and `-ing`. A text without words counts as a repetition.
///
/// ```
/// use dingtalk_template::is_tautology;
///
/// assert!(is_tautology("Sends CPU alerts to the DingTalk group.", &["send_cpu_alert"]));
/// assert!(!is_tautology("Warn that a host's CPU stayed above its limit.", &["send_cpu_alert"]));
/// assert!(is_tautology("磁盘告警。", &["磁盘告警"]));
/// ```
pub fn is_tautology(text: &str, of: &[&str]) -> bool {
    let names = of.iter().flat_map(|name| spans(name)).map(|(_, word)| word);
    let known: HashSet<String> =
        names.flat_map(|word| words(word).into_iter().chain([word])).map(stem).collect();
    stems(text).all(|word| known.contains(&word) || FILLER_STEMS.contains(&word))
}

/// Returns the words and phrases of the text that have no information, such as `simply`, `powerful` and `etc`.
///
/// ```
/// assert_eq!(dingtalk_template::filler("Simply posts text, pictures etc."), ["Simply", "etc"]);
/// ```
pub fn filler(text: &str) -> Vec<&str> {
    static PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(EMPTY_PHRASES.split(", ")));
    find_phrases(text, &PHRASES).into_iter().map(|range| &text[range]).collect()
}

/// Returns the share of words that two texts have in common, from 0 to 1, without filler and endings.
///
/// ```
/// use dingtalk_template::overlap;
///
/// assert!(overlap("Warn that a disk is full.", "Warns that disks are full") > 0.9);
/// assert!(overlap("Warn that a disk is full.", "Announce a release.") < 0.1);
/// ```
pub fn overlap(one: &str, other: &str) -> f64 {
    let [one, other]: [HashSet<String>; 2] =
        [one, other].map(|text| content(text).flat_map(chinese_pairs).collect());
    let all = one.union(&other).count();
    if all == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a description has few words")]
    let share = one.intersection(&other).count() as f64 / all as f64;
    share
}

/// Returns the abbreviations of 2 to 6 capitals that are not generally known, and that the text does not explain in
/// parentheses before or after them. Text in backticks is code, and not an abbreviation.
///
/// ```
/// use dingtalk_template::undefined_acronyms;
///
/// assert_eq!(undefined_acronyms("The SLO of an HTTP API."), ["SLO"]);
/// assert!(undefined_acronyms("The SLO (service level objective), or the level `ERROR`.").is_empty());
/// ```
pub fn undefined_acronyms(text: &str) -> Vec<&str> {
    let mut explained: HashSet<&str> = KNOWN_ACRONYMS.split_ascii_whitespace().collect();
    let mut found = Vec::new();
    for (at, word) in ascii_words(text) {
        let acronym = word.strip_suffix('s').unwrap_or(word);
        if !(2..=6).contains(&acronym.len()) || !acronym.bytes().all(|byte| byte.is_ascii_uppercase()) {
            continue;
        }
        let (before, after) = (text[..at].trim_end(), text[at + word.len()..].trim_start());
        let in_parentheses = before.ends_with(['(', '（']) && after.starts_with([')', '）']);
        if in_parentheses || after.starts_with(['(', '（']) {
            explained.insert(acronym);
        } else {
            found.push(acronym);
        }
    }
    let mut seen = HashSet::new();
    found.retain(|acronym| !explained.contains(acronym) && seen.insert(*acronym));
    found
}

/// Returns the words of ASCII letters and digits outside of backticks, with their positions.
fn ascii_words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split('`').enumerate().flat_map(move |(index, prose)| {
        let start = at;
        at += prose.len() + 1;
        let prose = if index % 2 == 0 { prose } else { "" };
        prose
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(move |word| (start + (word.as_ptr() as usize - prose.as_ptr() as usize), word))
    })
}

/// Returns the words of a text with their positions. An apostrophe is part of a word, other punctuation is not.
fn spans(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’');
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(part)?;
        let end = text[start..].find(|c| !part(c)).map_or(text.len(), |length| start + length);
        rest = end;
        Some((start, &text[start..end]))
    })
}

/// Stems of [`FILLER`], computed once: a program may have hundreds of types with texts to check.
static FILLER_STEMS: LazyLock<HashSet<String>> =
    LazyLock::new(|| FILLER.split_ascii_whitespace().map(stem).collect());

/// Returns the stems of all words except filler.
fn content(text: &str) -> impl Iterator<Item = String> {
    stems(text).filter(|word| !FILLER_STEMS.contains(word))
}

fn stems(text: &str) -> impl Iterator<Item = String> {
    spans(text).map(|(_, word)| stem(word)).filter(|word| !word.is_empty())
}

/// Returns a word in lower case, without the most common English endings. The rule is cheap: unrelated words may have
/// the same stem.
fn stem(word: &str) -> String {
    let word = word.to_lowercase().replace('’', "'");
    let word = word.trim_matches('\'');
    let word = word.strip_suffix("'s").unwrap_or(word);
    let stem = match word {
        _ if word.len() <= 3 || !word.is_ascii() => return word.to_owned(),
        _ if word.ends_with("ies") => format!("{}y", &word[..word.len() - 3]),
        _ if word.ends_with("ing") && word.len() > 5 => word[..word.len() - 3].to_owned(),
        _ if word.ends_with("ed") && word.len() > 4 => word[..word.len() - 2].to_owned(),
        _ if word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") => {
            word[..word.len() - 1].to_owned()
        }
        _ => word.to_owned(),
    };
    let stem = stem.strip_suffix('e').unwrap_or(&stem);
    let mut ends = stem.chars().rev();
    let doubled = ends.next() == ends.next();
    if doubled { stem[..stem.len() - 1].to_owned() } else { stem.to_owned() }
}

/// Splits a Chinese word into pairs of neighbouring characters, because Chinese has no spaces between words.
fn chinese_pairs(word: String) -> Vec<String> {
    let characters: Vec<char> = word.chars().collect();
    if characters.len() < 2 || !characters.iter().any(|c| ('\u{3400}'..='\u{9FFF}').contains(c)) {
        return vec![word];
    }
    characters.windows(2).map(String::from_iter).collect()
}

/// A phrase to search for, written as words with alternatives (`call|use`). The alternatives of a word with a star
/// (`*any|all`) may occur any number of times. A phrase never crosses the end of a sentence.
struct Phrase(Vec<(bool, Vec<&'static str>)>);

impl Phrase {
    fn new(written: &'static str) -> Self {
        let slot = |slot: &'static str| match slot.strip_prefix('*') {
            Some(slot) => (true, slot.split('|').collect()),
            None => (false, slot.split('|').collect()),
        };
        Self(written.split(' ').map(slot).collect())
    }
}

/// Phrases, and their first words, by which most texts are skipped.
pub(crate) struct Phrases {
    phrases: Vec<Phrase>,
    beginnings: HashSet<&'static str>,
}

impl Phrases {
    pub(crate) fn new(written: impl IntoIterator<Item = &'static str>) -> Self {
        let phrases: Vec<Phrase> = written.into_iter().map(Phrase::new).collect();
        let beginnings = phrases.iter().filter_map(|phrase| phrase.0.first()).flat_map(|(_, words)| words);
        Self { beginnings: beginnings.copied().collect(), phrases }
    }
}

/// Returns the positions of the phrases in the text.
pub(crate) fn find_phrases(text: &str, Phrases { phrases, beginnings }: &Phrases) -> Vec<Range<usize>> {
    let mut start = 0;
    let sentences: Vec<Vec<(Range<usize>, String)>> = text
        .split_inclusive(['.', '!', '?', ';', '。', '！', '？', '；'])
        .map(|sentence| {
            let plain = |word: &str| word.to_lowercase().replace(['\'', '’'], "");
            let words = spans(sentence)
                .map(|(at, word)| (start + at..start + at + word.len(), plain(word)))
                .collect();
            start += sentence.len();
            words
        })
        .collect();
    let mut found = Vec::new();
    for words in &sentences {
        for first in (0..words.len()).filter(|&first| beginnings.contains(words[first].1.as_str())) {
            let end = phrases.iter().find_map(|Phrase(slots)| match_at(&words[first..], slots));
            found.extend(end.map(|end| words[first].0.start..words[first + end - 1].0.end));
        }
    }
    found
}

/// Returns the number of words that the phrase takes, if it begins at the first word.
fn match_at(words: &[(Range<usize>, String)], slots: &[(bool, Vec<&'static str>)]) -> Option<usize> {
    let mut at = 0;
    for (repeated, alternatives) in slots {
        let fits = |at: usize| words.get(at).is_some_and(|(_, word)| alternatives.contains(&word.as_str()));
        if *repeated {
            while fits(at) {
                at += 1;
            }
        } else if fits(at) {
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{instruction_like, looks_secret, tool_name_problem};

    proptest! {
        #[test]
        fn any_text_can_be_checked(text in any::<String>(), other in "[a-zA-Z `.(（)'’_告警<|>]*") {
            for (text, other) in [(&text, &other), (&other, &text)] {
                let share = overlap(text, other);
                prop_assert!((0.0..=1.0).contains(&share));
                prop_assert!((share - overlap(other, text)).abs() < 1e-9);
                prop_assert!(is_tautology(text, &[text]));
                let _ = (filler(text), undefined_acronyms(text), instruction_like(text), looks_secret(text));
                let _ = tool_name_problem(text);
            }
        }
    }

    #[test]
    fn a_description_says_more_than_the_name() {
        let cpu = ["send_cpu_alert", "CPU alert", "CpuAlert"];
        for same in [
            "Send a CPU alert.",
            "Sends CPU alerts to a DingTalk (钉钉) group.",
            "This tool is used for sending the CPU alert",
            "CPU alerting",
            "Cpu alert notifications",
            "",
            "...",
        ] {
            assert!(is_tautology(same, &cpu), "{same:?}");
        }
        for more in [
            "Warn the on-call group about the CPU.",
            "CPU 告警",
            "发送 CPU 告警。",
            "Alert on CPU use above 90%",
        ] {
            assert!(!is_tautology(more, &cpu), "{more:?}");
        }
        for (text, field) in [
            ("Host name.", "host_name"),
            ("The host names", "hostName"),
            ("The value of the `host` parameter.", "host"),
            ("Processes", "process"),
            ("Stopped", "stopping"),
            ("Priorities.", "priority"),
            ("The user's severities", "severity"),
            ("主机名。", "主机名"),
        ] {
            assert!(is_tautology(text, &[field]), "{text:?} of {field}");
        }
        for (text, field) in
            [("Host as in the inventory.", "host"), ("主机名称", "主机名"), ("主机名", "host")]
        {
            assert!(!is_tautology(text, &[field]), "{text:?} of {field}");
        }
    }

    #[test]
    fn filler_is_returned_as_written() {
        let text =
            "This powerful, easy-to-use tool allows you to send various messages. Simply call it, and so on.";
        assert_eq!(
            filler(text),
            ["powerful", "easy-to-use", "allows you to", "various", "Simply", "and so on"]
        );
        assert!(filler("Posts plain text. Every member sees it.").is_empty());
        // A phrase never crosses the end of a sentence.
        assert!(filler("Put it in order. To send it, wait.").is_empty());
    }

    #[test]
    fn the_overlap_is_the_share_of_common_words() {
        let close = |one, other, share: f64| (overlap(one, other) - share).abs() < 1e-9;
        assert!(close("disk full", "disk empty", 1.0 / 3.0));
        assert!(close("Disks are full", "the disk is full", 1.0));
        assert!(close("", "", 0.0) && close("the", "a message", 0.0));
        assert!(overlap("磁盘空间不足时发送告警", "磁盘空间不足时发出告警") > 0.55);
        assert!(overlap("磁盘空间不足时发送告警", "发布新版本的公告") < 0.2);
    }

    #[test]
    fn acronyms_must_be_known_or_explained() {
        let found = undefined_acronyms(
            "MTTR and SLOs of the VIP, an SLA (service level agreement), the time to recover (MTTR).",
        );
        assert_eq!(found, ["SLO", "VIP"]);
        assert_eq!(
            undefined_acronyms("CPU使用率超过SLO；P99, UTF-8, S3, A, TOOLONG, `WARN` OKR OKR"),
            ["SLO", "OKR"]
        );
        assert_eq!(undefined_acronyms("an unclosed `CODE and APIs"), Vec::<&str>::new());
    }
}
