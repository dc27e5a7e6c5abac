//! Many notifications in a few messages: each is present once, in order, readable, within the limit.

#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up fails")]

mod burst;
mod examples;
#[path = "../shared/mod.rs"]
mod shared;

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, SystemTime},
};

use dingtalk_core::{
    Message, Mobile, Url, UserId,
    delivery::Language,
    message::{Button, Buttons, FeedItem, Mentions, WireMessage},
    queue::{DigestPolicy, GroupBy, Planned, Waiting},
};
use proptest::{prelude::*, sample::select};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};

use crate::shared::samples;

fn body_len(message: &Message) -> usize {
    let id = "0".repeat(36);
    serde_json::to_vec(&WireMessage::with_id(message.clone(), id)).unwrap().len()
}

/// One notification, before it is numbered.
#[derive(Debug, Clone)]
struct Sample {
    kind: Kind,
    text: String,
    urgent: bool,
    group: Option<&'static str>,
    people: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Markdown,
    Link,
    ActionCard,
    FeedCard,
}

impl Sample {
    /// The message contains the token, by which it is found again.
    fn message(&self, token: &str) -> Message {
        let url = Url::new("https://example.com/page").unwrap();
        let mobiles = self.people.iter().filter(|n| **n % 2 == 0);
        let mut people =
            Mentions::mobiles(mobiles.map(|n| Mobile::new((13_800_000_000 + n).to_string()).unwrap()));
        let ids = self.people.iter().filter(|n| **n % 2 == 1);
        people.merge(Mentions::user_ids(ids.map(|n| UserId::new(format!("user{n}")).unwrap())));
        match self.kind {
            Kind::Text => Message::text(format!("{token} {}", self.text)).with_mentions(people),
            Kind::Markdown => {
                Message::markdown("An alert", format!("{token}\n\n{}", self.text)).with_mentions(people)
            }
            Kind::Link => Message::link(token, self.text.as_str(), url),
            Kind::ActionCard => {
                Message::action_card(token, self.text.as_str(), Buttons::Single(Button::new("Open", url)))
            }
            Kind::FeedCard => Message::feed_card([FeedItem::new(token, url.clone(), url)]),
        }
    }
}

fn sample(texts: impl Strategy<Value = String>) -> impl Strategy<Value = Sample> {
    let kind = prop_oneof![
        5 => Just(Kind::Text),
        5 => Just(Kind::Markdown),
        2 => Just(Kind::Link),
        1 => Just(Kind::ActionCard),
        1 => Just(Kind::FeedCard),
    ];
    let group = select(vec![
        None,
        Some("cpu"),
        Some("cpu"),
        Some("disk"),
        Some(" *disk* "),
        Some("磁盘 # 1"),
        Some("alone"),
    ]);
    let people =
        prop_oneof![6 => Just(0..0_u64), 1 => (0..5_u64, 0..90_u64).prop_map(|(n, from)| from..from + n * n)];
    (kind, texts, prop::bool::weighted(0.1), group, people).prop_map(|(kind, text, urgent, group, people)| {
        Sample { kind, text, urgent, group, people: people.collect() }
    })
}

fn samples(texts: impl Strategy<Value = String>, count: usize) -> impl Strategy<Value = Vec<Sample>> {
    prop::collection::vec(sample(texts), 0..count)
}

fn policy() -> impl Strategy<Value = DigestPolicy> {
    let group_by = select(vec![GroupBy::Group, GroupBy::GroupOrTitle, GroupBy::Nothing]);
    (1_500..20_000_usize, 1..60_usize, 1..4_usize, 0..8_usize, group_by, any::<bool>()).prop_map(
        |(bytes, items, messages, urgent, group_by, chinese)| {
            let mut policy = DigestPolicy::default();
            policy.max_bytes = bytes;
            policy.max_items = items;
            policy.max_messages = messages;
            policy.urgent_threshold = urgent;
            policy.group_by = group_by;
            policy.language = if chinese { Language::Zh } else { Language::En };
            policy
        },
    )
}

fn messages(samples: &[Sample]) -> Vec<Message> {
    samples.iter().enumerate().map(|(n, sample)| sample.message(&token(n))).collect()
}

fn token(n: usize) -> String {
    format!("Ω{n}Ω")
}

fn waiting<'a>(samples: &[Sample], messages: &'a [Message]) -> Vec<Waiting<'a>> {
    let item = |(sample, message): (&Sample, &'a Message)| {
        Waiting::new(message, SystemTime::UNIX_EPOCH).in_group(sample.group).urgent(sample.urgent)
    };
    samples.iter().zip(messages).map(item).collect()
}

/// Short texts, multi-line ones, Markdown of all kinds, hostile text.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,8}( [a-z]{1,8}){0,8}",
        2 => samples::ordinary(),
        1 => samples::markdown(),
        2 => samples::junk(),
    ]
}

/// The text as a reader sees it, without white space.
fn letters(markdown: &str) -> String {
    let mut letters = String::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        if let Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) = event {
            letters.extend(text.chars().filter(|c| !c.is_whitespace()));
        }
    }
    letters
}

/// Number of headings of each level.
fn headings(markdown: &str) -> HashMap<HeadingLevel, usize> {
    let mut headings = HashMap::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        if let Event::Start(Tag::Heading { level, .. }) = event {
            *headings.entry(level).or_default() += 1;
        }
    }
    headings
}

fn markdown(message: &Message) -> Option<&str> {
    match message {
        Message::Markdown(markdown) => Some(&markdown.text),
        _ => None,
    }
}

proptest! {
    #![proptest_config(shared::properties())]

    #[test]
    fn each_notification_is_planned_once(samples in samples(any_text(), 60), policy in policy()) {
        let messages = messages(&samples);
        let plan = policy.plan(&waiting(&samples, &messages));
        let mut seen = BTreeSet::new();
        let urgent: Vec<Planned> = (0..samples.len()).filter(|n| samples[*n].urgent).map(Planned::Single).collect();
        let many = urgent.len() > policy.urgent_threshold;
        let mut digests = [0, 0];
        for planned in &plan {
            match planned {
                Planned::Single(index) => prop_assert!(seen.insert(*index), "{} twice", index),
                Planned::Merged { indices, left_out, message } => {
                    prop_assert!(!indices.is_empty());
                    prop_assert!(body_len(message) <= policy.max_bytes, "{} bytes", body_len(message));
                    for index in indices.iter().chain(left_out) {
                        prop_assert!(seen.insert(*index), "{} twice", index);
                        prop_assert_eq!(samples[*index].urgent, samples[indices[0]].urgent);
                        prop_assert!(many || !samples[*index].urgent);
                        prop_assert!(samples[*index].kind != Kind::ActionCard);
                        prop_assert_eq!(samples[*index].kind == Kind::FeedCard, matches!(message, Message::FeedCard(_)));
                    }
                    digests[usize::from(samples[indices[0]].urgent)] += usize::from(matches!(message, Message::Markdown(_)));
                }
                planned => prop_assert!(false, "{:?}", planned),
            }
        }
        prop_assert_eq!(seen.len(), samples.len());
        prop_assert!(digests.iter().all(|digests| *digests <= policy.max_messages));
        // Urgent ones come first; a few of them in order, each by itself.
        if !many {
            prop_assert_eq!(&plan[..urgent.len()], &urgent[..]);
        }
        let is_urgent = |planned: &Planned| match planned {
            Planned::Single(index) => samples[*index].urgent,
            Planned::Merged { indices, .. } => samples[indices[0]].urgent,
            planned => panic!("{planned:?}"),
        };
        prop_assert!(plan.iter().map(is_urgent).is_sorted_by(|first, second| first >= second));
    }

    #[test]
    fn shown_notifications_are_present_and_omitted_ones_are_counted(samples in samples(any_text(), 60), policy in policy()) {
        let messages = messages(&samples);
        let plan = policy.plan(&waiting(&samples, &messages));
        let mut order: HashMap<(bool, Option<&str>), Vec<usize>> = HashMap::new();
        for planned in &plan {
            let Planned::Merged { indices, left_out, message } = planned else { continue };
            let Some(text) = markdown(message) else { continue };
            let letters = letters(text);
            let mut places: Vec<(usize, usize)> = Vec::new();
            for index in indices {
                let found: Vec<usize> = letters.match_indices(&token(*index)).map(|(at, _)| at).collect();
                prop_assert_eq!(found.len(), 1, "{} in\n{}", token(*index), text);
                places.push((found[0], *index));
            }
            for index in left_out {
                prop_assert!(!letters.contains(&token(*index)), "{} in\n{}", token(*index), text);
            }
            // The heading states both numbers.
            let heading = text.lines().next().unwrap();
            let counts: Vec<usize> = heading.split_once(" (").map_or(heading, |(counts, _)| counts)
                .split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
            let expected = [indices.len(), left_out.len()];
            prop_assert_eq!(&counts[..], &expected[..=usize::from(!left_out.is_empty())], "{}", heading);
            places.sort_unstable();
            for (_, index) in places {
                let group = if policy.group_by == GroupBy::Nothing { None } else { samples[index].group };
                order.entry((samples[index].urgent, group)).or_default().push(index);
            }
        }
        if policy.group_by != GroupBy::GroupOrTitle {
            for (group, indices) in order {
                prop_assert!(indices.is_sorted(), "{:?}: {:?}", group, indices);
            }
        }
    }

    /// No notification changes the rendering of the others or loses a word, as long as there is room for all.
    #[test]
    fn all_words_survive(samples in samples(any_text(), 12)) {
        let messages = messages(&samples);
        let plan = DigestPolicy::default().plan(&waiting(&samples, &messages));
        for planned in &plan {
            let Planned::Merged { indices, left_out, message } = planned else { continue };
            let Some(text) = markdown(message) else { continue };
            prop_assume!(left_out.is_empty() && !text.contains(" characters)"));
            // A mention is shown once, and without its `@` where it would notify no one.
            let seen = letters(text).replace('@', "");
            for index in indices {
                let sample = &samples[*index];
                let source: String = sample.text.chars().filter(|c| !c.is_whitespace() && *c != '@').collect();
                // Escaped, or rendered; control and direction characters carry no text.
                let plain: String = source.chars().filter(|c| !c.is_control() && *c != '\u{202e}').collect();
                let shown = |letters: &str| seen.contains(letters);
                let rendered = sample.kind == Kind::Markdown && shown(&letters(&sample.text).replace('@', ""));
                prop_assert!(shown(&source) || shown(&plain) || rendered, "{:?} is lost in\n{}", sample.text, text);
            }
            // One heading of the digest, those of groups below it, and those of notifications below them.
            let headings = headings(text);
            prop_assert!(!headings.contains_key(&HeadingLevel::H1) && !headings.contains_key(&HeadingLevel::H2));
            prop_assert_eq!(headings.get(&HeadingLevel::H3), Some(&1), "{}", text);
            let groups: BTreeSet<Option<&str>> = indices.iter().map(|n| samples[*n].group).collect();
            prop_assert!(headings.get(&HeadingLevel::H4).is_none_or(|count| *count <= groups.len()), "{}", text);
        }
    }

    #[test]
    fn people_are_mentioned_once_or_counted(samples in samples(any_text(), 40), policy in policy()) {
        let messages = messages(&samples);
        let plan = policy.plan(&waiting(&samples, &messages));
        let (mut asked, mut mentioned) = (BTreeSet::new(), Vec::new());
        let mut counted = 0;
        for planned in &plan {
            let Planned::Merged { indices, left_out, message } = planned else { continue };
            let (Some(text), Some(mentions)) = (markdown(message), message.mentions()) else { continue };
            asked.extend(indices.iter().chain(left_out).flat_map(|n| match samples[*n].kind {
                Kind::Text | Kind::Markdown => samples[*n].people.clone(),
                _ => Vec::new(),
            }));
            prop_assert!(mentions.people() <= 50);
            for id in mentions.mobiles.iter().map(Mobile::as_str).chain(mentions.user_ids.iter().map(UserId::as_str)) {
                prop_assert!(text.contains(&format!("@{id}")), "{} is missing in\n{}", id, text);
                mentioned.push(id.to_owned());
            }
            let line = text.lines().find(|line| line.ends_with(" not mentioned") || line.ends_with(" 人未能 @"));
            let digits = line.map_or("0", |line| line.trim_start_matches('+').split(' ').next().unwrap());
            counted += digits.parse::<usize>().unwrap();
        }
        let distinct: BTreeSet<&String> = mentioned.iter().collect();
        prop_assert_eq!(distinct.len(), mentioned.len(), "somebody is mentioned twice");
        prop_assert_eq!(mentioned.len() + counted, asked.len());
    }
}

#[test]
fn a_digest_is_due_when_the_window_is_over() {
    let message = Message::text("Disk is full");
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let mut policy = DigestPolicy::default();
    (policy.max_items, policy.max_messages) = (3, 2);
    let recently = Some(at(9));
    assert_eq!(policy.due(&[], recently), None);
    let waiting = [Waiting::new(&message, at(12)), Waiting::new(&message, at(10))];
    assert_eq!(policy.due(&waiting, recently), Some(at(15)));
    assert_eq!(policy.due(&[waiting[0], waiting[1].urgent(true)], recently), Some(at(10)));
    assert_eq!(policy.due(&[waiting[0]; 5], recently), Some(at(17)), "one of two messages is full");
    assert_eq!(policy.due(&[waiting[0]; 6], recently), Some(at(12)));
    assert_eq!(policy.due(&waiting, Some(at(5))), Some(at(10)), "nothing was sent for a window");
    assert_eq!(policy.due(&waiting, Some(at(6))), Some(at(15)));
    assert_eq!(policy.due(&waiting, None), Some(at(10)));
}
