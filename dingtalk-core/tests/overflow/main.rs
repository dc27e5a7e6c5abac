//! Messages that are too long, truncated or split: nothing is lost, no construct is broken, every part is
//! within the limit.

#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up fails")]

mod cards;
#[path = "../shared/mod.rs"]
mod shared;

use dingtalk_core::{
    ErrorKind, Message, Mobile, UserId,
    delivery::{Limits, Overflow, Part},
    message::{Mentions, WireMessage},
};
use proptest::{prelude::*, test_runner::TestCaseResult};

use crate::shared::{judge, samples};

const ID: &str = "01JD0000000000000000000000";

fn limits(bytes: usize) -> Limits {
    let mut limits = Limits::default();
    limits.bytes = bytes;
    limits.parts = 999;
    limits
}

fn body_len(part: &Part) -> usize {
    serde_json::to_vec(&WireMessage::with_id(part.message.clone(), &*part.id)).unwrap().len()
}

fn text_of(message: &Message) -> &str {
    match message {
        Message::Text(text) => &text.content,
        Message::Markdown(markdown) => &markdown.text,
        Message::ActionCard(card) => &card.text,
        message => panic!("no text: {message:?}"),
    }
}

/// The texts of the parts without their numbers, and without the text appended to the first.
fn texts<'a>(parts: &'a [Part], appended: &str) -> Vec<&'a str> {
    let text = |(index, part): (usize, &'a Part)| {
        let text = text_of(&part.message);
        let text = match parts.len() {
            1 => text,
            of => text.strip_prefix(&format!("({}/{of})\n", index + 1)).expect("a number"),
        };
        let text =
            text.strip_prefix('\n').filter(|_| matches!(part.message, Message::Markdown(_))).unwrap_or(text);
        if index == 0 { text.strip_suffix(appended).unwrap_or(text) } else { text }
    };
    parts.iter().enumerate().map(text).collect()
}

/// Each part is within the limit and has its own id; its title has its number.
fn check_parts(parts: &[Part], bytes: usize, title: Option<&str>) -> TestCaseResult {
    for (index, part) in parts.iter().enumerate() {
        prop_assert!(body_len(part) <= bytes, "{} bytes: {:?}", body_len(part), part);
        let number = format!("({}/{})", index + 1, parts.len());
        let id = if parts.len() == 1 { ID.to_owned() } else { format!("{ID}-{}", index + 1) };
        prop_assert_eq!(&part.id, &id);
        if let (Message::Markdown(markdown), Some(title), true) = (&part.message, title, parts.len() > 1) {
            prop_assert_eq!(&markdown.title, &format!("{title} {number}"));
        }
    }
    Ok(())
}

fn people() -> impl Strategy<Value = Mentions> {
    (0..60_u64, 0..5_u64, any::<bool>()).prop_map(|(mobiles, users, all)| {
        let mobiles = if mobiles > 50 { mobiles - 10 } else { mobiles % 3 };
        let mobiles = (0..mobiles).map(|n| Mobile::new((13_800_000_000 + n).to_string()).unwrap());
        let mut mentions = Mentions::mobiles(mobiles);
        mentions.merge(Mentions::user_ids((0..users).map(|n| UserId::new(format!("user{n}")).unwrap())));
        mentions.all = all;
        mentions
    })
}

/// The text that `with_mentions` appends.
fn mention_line(mentions: &Mentions) -> String {
    let message = Message::text("").with_mentions(mentions.clone());
    text_of(&message).to_owned()
}

/// Finds the parts in the text one after another; only white space lies between them.
fn check_pieces(text: &str, parts: &[&str]) -> TestCaseResult {
    let mut rest = text;
    for part in parts {
        prop_assert!(!part.trim().is_empty(), "an empty part of {:?}", text);
        let at = rest.find(part).map(|at| (&rest[..at], &rest[at + part.len()..]));
        prop_assert!(at.is_some(), "{:?} does not go on with {:?}", rest, part);
        let (gap, behind) = at.unwrap();
        prop_assert!(gap.trim_ascii().is_empty(), "{:?} is lost before {:?}", gap, part);
        rest = behind;
    }
    prop_assert!(rest.trim_ascii().is_empty(), "{:?} is lost at the end", rest);
    Ok(())
}

proptest! {
    #![proptest_config(shared::properties())]

    #[test]
    fn markdown_in_parts_is_the_same_markdown(text in samples::markdown(), bytes in 200..900_usize) {
        prop_assume!(!judge::has_definitions(&text));
        let fitted = Overflow::Split.fit(Message::markdown("CPU", text.as_str()), ID, limits(bytes));
        let parts = match fitted {
            Ok(parts) => parts,
            Err(error) => {
                // Long runs without a gap, such as a bold text of 600 bytes.
                prop_assert_eq!(error.kind(), ErrorKind::TooLong);
                return Ok(());
            }
        };
        check_parts(&parts, bytes, Some("CPU"))?;
        judge::check(&text, &texts(&parts, ""), false).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn ordinary_markdown_can_always_be_split(text in samples::ordinary(), bytes in 500..900_usize) {
        let parts = Overflow::Split.fit(Message::markdown("CPU", text.as_str()), ID, limits(bytes));
        prop_assert!(parts.is_ok(), "{:?}\n{}", parts, text);
        judge::check(&text, &texts(&parts.unwrap(), ""), false).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn truncated_markdown_is_its_beginning(text in samples::markdown(), bytes in 200..900_usize, people in people()) {
        prop_assume!(!judge::has_definitions(&text));
        let message = Message::markdown("CPU", text.as_str()).with_mentions(people.clone());
        let parts = match Overflow::Truncate.fit(message.clone(), ID, limits(bytes)) {
            Ok(parts) => parts,
            Err(error) if error.to_string().contains("begins with a construct that cannot be cut") => {
                return Ok(());
            }
            Err(_) => {
                // Only the mentions fit.
                let bare = Message::markdown("CPU", "… (+99999 characters)").with_mentions(people);
                prop_assert!(body_len(&Overflow::Reject.fit(bare, ID, Limits::default()).unwrap()[0]) > bytes - 5);
                return Ok(());
            }
        };
        check_parts(&parts, bytes, None)?;
        prop_assert_eq!(parts.len(), 1);
        prop_assert_eq!(parts[0].message.mentions(), Some(&people));
        if parts[0].message == message {
            return Ok(());
        }
        let cut = text_of(&parts[0].message);
        let (begin, end) = cut.rsplit_once("… (+").unwrap();
        let (left_out, end) = end.split_once(" characters)").unwrap();
        prop_assert!(left_out.parse::<usize>().unwrap() <= text.chars().count());
        for id in mention_line(&people).split_whitespace() {
            prop_assert!(begin.contains(id) || end.contains(id), "{} is missing in {}", id, cut);
        }
        judge::check(&text, &[begin.trim_ascii_end()], true).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn text_in_parts_is_the_same_text(text in samples::junk(), bytes in 120..600_usize) {
        let parts = Overflow::Split.fit(Message::text(text.as_str()), ID, limits(bytes));
        prop_assert!(parts.is_ok(), "{:?}", parts);
        let parts = parts.unwrap();
        check_parts(&parts, bytes, None)?;
        if parts.len() > 1 {
            check_pieces(&text, &texts(&parts, ""))?;
        }
    }

    #[test]
    fn truncated_text_is_its_beginning(text in samples::junk(), bytes in 120..600_usize) {
        let parts = Overflow::Truncate.fit(Message::text(text.as_str()), ID, limits(bytes)).unwrap();
        check_parts(&parts, bytes, None)?;
        let cut = text_of(&parts[0].message);
        if cut == text {
            return Ok(());
        }
        let (begin, left_out) = cut.strip_suffix(" characters)").unwrap().rsplit_once("\n… (+").unwrap();
        let rest = text.strip_prefix(begin).unwrap().trim_end_matches(['\n', '\r']);
        // White space at the cut belongs to neither part.
        let left_out: usize = left_out.parse().unwrap();
        prop_assert!((rest.trim_ascii_start().chars().count()..=rest.chars().count()).contains(&left_out));
        prop_assert!(left_out > 0);
    }

    #[test]
    fn hostile_markdown_is_unchanged_too(text in samples::junk(), bytes in 300..900_usize) {
        let Ok(parts) = Overflow::Split.fit(Message::markdown("CPU", text.as_str()), ID, limits(bytes)) else {
            return Ok(());
        };
        check_parts(&parts, bytes, Some("CPU"))?;
        if !judge::has_definitions(&text) {
            judge::check(&text, &texts(&parts, ""), false).map_err(TestCaseError::fail)?;
        }
    }

    #[test]
    fn people_are_mentioned_once(text in samples::ordinary(), people in people(), markdown: bool) {
        let text = text.replace('@', "at ");
        let message = if markdown { Message::markdown("CPU", text.as_str()) } else { Message::text(text.as_str()) };
        let message = message.with_mentions(people.clone());
        let parts = Overflow::Split.fit(message, ID, limits(3_000));
        prop_assert!(parts.is_ok(), "{:?}", parts);
        let parts = parts.unwrap();
        check_parts(&parts, 3_000, Some("CPU"))?;
        prop_assert_eq!(parts[0].message.mentions(), Some(&people));
        for id in mention_line(&people).split_whitespace() {
            prop_assert!(text_of(&parts[0].message).contains(id));
        }
        for part in &parts[1..] {
            prop_assert!(part.message.mentions().unwrap().is_empty());
        }
        // The line with the mentions has moved from the end of the last part to the end of the first.
        let line = mention_line(&people);
        if parts.len() > 1 && !line.is_empty() {
            prop_assert!(text_of(&parts[0].message).ends_with(&line));
            let appended = if markdown { format!("\n\n{line}") } else { format!("\n{line}") };
            let texts = texts(&parts, &appended);
            if markdown {
                judge::check(&text, &texts, false).map_err(TestCaseError::fail)?;
            } else {
                check_pieces(&text, &texts)?;
            }
        }
    }

    #[test]
    fn numbering_of_lists_continues(items in samples::all_ones(), bytes in 200..400_usize) {
        let text = items.join("\n");
        let parts = Overflow::Split.fit(Message::markdown("CPU", text), ID, limits(bytes)).unwrap();
        let mut next = 1;
        for part in texts(&parts, "") {
            let (number, rest) = part.split_once(". ").unwrap();
            let number: usize = number.parse().unwrap();
            // An item that is split continues under its number.
            prop_assert!(number == next || number + 1 == next, "{} after {}", number, next);
            next = number + 1 + rest.matches("\n1. ").count();
        }
        prop_assert_eq!(next, items.len() + 1);
    }
}

#[test]
fn a_message_within_the_limit_is_unchanged() {
    let message = Message::text("x".repeat(19_900));
    for overflow in [Overflow::Reject, Overflow::Truncate, Overflow::Split] {
        let parts = overflow.fit(message.clone(), ID, Limits::default()).unwrap();
        assert_eq!(parts.len(), 1);
        assert_eq!((&parts[0].id[..], &parts[0].message), (ID, &message));
    }
}

#[test]
fn the_limit_is_exact() {
    let frame = body_len(&Overflow::Reject.fit(Message::text(""), ID, Limits::default()).unwrap()[0]);
    let most = Message::text("x".repeat(20_000 - frame));
    assert_eq!(Overflow::Split.fit(most, ID, Limits::default()).unwrap().len(), 1);
    let more = Message::text("x".repeat(20_001 - frame));
    assert_eq!(Overflow::Split.fit(more.clone(), ID, Limits::default()).unwrap().len(), 2);
    let error = Overflow::Reject.fit(more, ID, Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLong);
    assert!(error.to_string().contains("20001 bytes of JSON, the limit is 20000"), "{error}");
}

/// 60 kB of text, which JSON escapes to 120 kB.
#[test]
fn escapes_are_counted() {
    let text = "\"\\\n".repeat(20_000);
    let parts = Overflow::Split.fit(Message::text(text), ID, Limits::default()).unwrap();
    assert_eq!(parts.len(), 7);
    assert!(parts.iter().all(|part| body_len(part) <= 20_000));
}

#[test]
fn too_many_parts_are_refused() {
    let message = Message::text("word ".repeat(18 * 20_000 / 5));
    let error = Overflow::Split.fit(message.clone(), ID, Limits::default()).unwrap_err();
    assert!(error.to_string().contains("more than 18 parts"), "{error}");
    let message = Message::text("word ".repeat((17 * 20_000 + 5_000) / 5));
    assert_eq!(Overflow::Split.fit(message, ID, Limits::default()).unwrap().len(), 18);
}

/// White space that is no ASCII is content, but not enough for a part.
#[test]
fn no_part_is_blank() {
    for space in ['\u{a0}', '\u{2028}', '\u{3000}'] {
        let blank = space.to_string().repeat(10);
        for message in [
            Message::text(format!("{blank} {}{blank} {blank}", "word".repeat(60))),
            Message::markdown("CPU", format!("{blank} {}{blank} {blank}", "word".repeat(60))),
        ] {
            let parts = Overflow::Split.fit(message, ID, limits(250)).unwrap();
            assert!(parts.len() > 1);
            for part in texts(&parts, "") {
                assert!(!part.trim().is_empty(), "{part:?}");
            }
        }
    }
}

/// Long constructs that are cut, and that begin again after the cut.
#[test]
fn emphasis_links_and_escapes_are_cut() {
    let words = |word: &str| word.repeat(30_000 / word.len()).trim_end().to_owned();
    for text in [
        format!("**{}**", "word ".repeat(5_000).trim_end()),
        format!("*{}*", "磁盘已满".repeat(2_500)),
        format!("short ~~{}~~ end", "word ".repeat(5_000).trim_end()),
        format!("### **{}** end", "word ".repeat(5_000).trim_end()),
        format!("> - one **{}**", "word ".repeat(5_000).trim_end()),
        format!("[{}](https://example.com)", "word ".repeat(5_000).trim_end()),
        format!("see [{}](https://example.com), then **bold**", "磁盘已满".repeat(2_500)),
        "\\*".repeat(8_000 * 2),
        "&amp;".repeat(5_000),
        "\\_\\#1\\.".repeat(3_000),
        format!("**{}**", "x".repeat(32_000)),
        format!("**{}**", words("host\\_1 \\*is\\* &lt;full&gt; snake_case 3 * 4 ")),
        format!("***{}***", words("word ")),
        format!("**bold _{}_ and `code`** end", words("word ")),
        format!("~~gone [{}](https://example.com) gone~~", words("word ")),
        format!("[**{}** end](https://example.com)", words("word ")),
        format!("**one {}\ntwo {}**", words("word "), words("磁盘 ")),
        format!("> **{}**", "磁盘已满\n> ".repeat(3_000).trim_end_matches("\n> ")),
        format!("`{}`", words("--flag=1 ")),
        format!("``{}``", "x".repeat(32_000)),
        format!("- a **b `{}`** c", words("ls -l ")),
        format!("<font color=#FF0000>{}</font>", words("word ")),
        format!("<font color=#FF0000>a **{}** b</font> end", words("word ")),
        format!(
            "{} ![alt](https://example.com/a.png)",
            format!("**{}** ", "word ".repeat(1_000).trim_end()).repeat(9)
        ),
        format!("*{} **bold** {}*", words("word "), words("word ")),
        format!("text*{}*text", words("word ")),
    ] {
        let name: String = text.chars().take(20).collect();
        let message = Message::markdown("CPU", text.as_str());
        let parts = Overflow::Split.fit(message.clone(), ID, Limits::default()).unwrap();
        assert!(parts.len() > 1 && parts.iter().all(|part| body_len(part) <= 20_000), "{name}");
        judge::check(&text, &texts(&parts, ""), false).unwrap();
        let parts = Overflow::Truncate.fit(message, ID, Limits::default()).unwrap();
        let (begin, _) = text_of(&parts[0].message).rsplit_once("\n\n… (+").unwrap();
        assert!(begin.len() > 9_000, "{name}: {}", begin.len());
        judge::check(&text, &[begin], true).unwrap();
    }
}

#[test]
fn an_unsplittable_message_is_refused() {
    for text in [
        format!("![{}](https://example.com)", "word ".repeat(5_000)),
        format!("<https://example.com/{}>", "a".repeat(25_000)),
        format!("<b>{}</b>", "word ".repeat(5_000)),
        format!("[a]({})", "a".repeat(25_000)),
        format!("**{}**", "-".repeat(25_000)),
        format!("**_{}*_**", "word ".repeat(5_000)),
        format!("x*{}*", "word**word**".repeat(5_000)),
    ] {
        for overflow in [Overflow::Split, Overflow::Truncate] {
            let message = Message::markdown("CPU", text.as_str());
            let error = overflow.fit(message, ID, Limits::default()).unwrap_err();
            assert!(error.to_string().contains("a construct that cannot be cut"), "{error}");
        }
    }

    let title = Message::markdown("t".repeat(30_000), "text");
    for overflow in [Overflow::Split, Overflow::Truncate] {
        let error = overflow.fit(title.clone(), ID, Limits::default()).unwrap_err();
        assert!(error.to_string().contains("even without its text"), "{error}");
    }
}

/// Splitting takes no longer than reading the message a few times, for any content.
#[test]
fn no_text_is_slow() {
    for text in [
        "[".repeat(90_000),
        "[ ".repeat(45_000),
        "= ".repeat(45_000),
        "0".repeat(90_000),
        "0 ".repeat(45_000),
        "*".repeat(90_000),
        "* ".repeat(45_000),
        "<a>".repeat(30_000),
        "<a></b>".repeat(12_000),
        "> ".repeat(20_000),
        "- ".repeat(2_000) + &"a ".repeat(40_000),
        "`".repeat(90_000),
        " ".repeat(90_000) + "a",
        "a\n".repeat(45_000),
        "| a |\n".repeat(15_000),
        "# a\n".repeat(20_000),
        "1. a\n".repeat(18_000),
        "\\".repeat(90_000),
        "&amp;".repeat(18_000),
    ] {
        let (sender, receiver) = std::sync::mpsc::channel();
        let name: String = text.chars().take(10).collect();
        std::thread::spawn(move || {
            for overflow in [Overflow::Split, Overflow::Truncate] {
                let _ = overflow.fit(Message::markdown("CPU", text.as_str()), ID, Limits::default());
            }
            sender.send(())
        });
        assert!(receiver.recv_timeout(std::time::Duration::from_secs(60)).is_ok(), "{name:?} takes for ever");
    }
}

/// `Markdown::from_text` keeps white space by `&nbsp;`, which is never cut.
#[test]
fn a_text_that_keeps_its_lines_is_split() {
    let text = dingtalk_core::Markdown::from_text("Traceback:\n    at  line 3\n\n".repeat(300));
    let parts = Overflow::Split.fit(Message::markdown("CPU", text.as_str()), ID, limits(2_000)).unwrap();
    let parts = texts(&parts, "");
    judge::check(text.as_str(), &parts, false).unwrap();
    for part in &parts {
        assert!(!part.replace("&nbsp;", "").contains(['&', ';']), "{part}");
    }
}
