//! Random streams of notifications, of which some wait for the next message, are told completely and once.

use std::time::SystemTime;

use dingtalk_core::{
    Envelope, Message,
    delivery::{Dedupe, Pace, Urgency},
    queue::{DigestPolicy, Queue},
};
use proptest::{prelude::*, sample::select};

use crate::{
    fake::{Fake, seconds},
    shared,
};

/// One arrival.
#[derive(Debug, Clone)]
struct Arrival {
    /// Seconds since the one before it.
    after: u64,
    urgency: Urgency,
    /// Seconds for which it waits for the next message.
    held: Option<u64>,
    /// Text that other arrivals may have, too, which a rule on repetitions suppresses.
    repeats: Option<u8>,
    is_markdown: bool,
}

fn arrival() -> impl Strategy<Value = Arrival> {
    (
        select(vec![0, 0, 1, 3, 30, 200]),
        select(vec![Urgency::Normal, Urgency::Normal, Urgency::Urgent]),
        prop::option::of(select(vec![1, 10, 300])),
        prop::option::weighted(0.2, 0..3_u8),
        any::<bool>(),
    )
        .prop_map(|(after, urgency, held, repeats, is_markdown)| Arrival {
            after,
            urgency,
            held,
            repeats,
            is_markdown,
        })
}

impl Arrival {
    /// Returns its envelope. Its text is the number between two marks, which occur in no other text.
    fn envelope(&self, number: usize, now: SystemTime) -> Envelope {
        let text = format!("x{number}x");
        let message = if self.is_markdown {
            Message::markdown("alert", text.clone())
        } else {
            Message::text(text.clone())
        };
        let mut envelope = Envelope::new(message).with_digest_line(text).with_urgency(self.urgency);
        envelope.held_until = self.held.map(|held| now + seconds(held));
        if let Some(key) = self.repeats {
            envelope.dedupe = Some(Dedupe::new(key.to_string(), seconds(24 * 3600)));
        }
        envelope
    }
}

fn texts(fake: &Fake) -> Vec<String> {
    let text = |envelope: Envelope| match envelope.message {
        Message::Text(text) => text.content,
        Message::Markdown(markdown) => markdown.text,
        other => panic!("{other:?}"),
    };
    fake.envelopes().into_iter().map(text).collect()
}

async fn told(arrivals: &[Arrival], merges: bool) -> Result<(), TestCaseError> {
    let fake = Fake::new().paced(Pace::new());
    let mut queue = Queue::builder().lane("ops", fake.clone());
    if merges {
        queue = queue.digest(DigestPolicy::default());
    }
    let queue = queue.build().unwrap();
    let start = SystemTime::now();
    let begun = tokio::time::Instant::now();
    let (mut repeated, mut expected) = (Vec::new(), Vec::new());
    for (number, arrival) in arrivals.iter().enumerate() {
        tokio::time::sleep(seconds(arrival.after)).await;
        if arrival.repeats.is_none_or(|key| !repeated.contains(&key)) {
            expected.push(number);
            repeated.extend(arrival.repeats);
        }
        queue.try_deliver(arrival.envelope(number, start + begun.elapsed())).unwrap();
    }
    // The longest wait, and the delay of a burst by the robot's rate.
    tokio::time::sleep(seconds(300 + 240)).await;
    let texts = texts(&fake);
    for number in 0..arrivals.len() {
        let mark = format!("x{number}x");
        let times: usize = texts.iter().map(|text| text.matches(&mark).count()).sum();
        prop_assert_eq!(times, usize::from(expected.contains(&number)), "{}: {:#?}", mark, texts);
    }
    prop_assert!(queue.pending().await.unwrap().is_empty());
    prop_assert_eq!(queue.losses().total(), 0);
    // The messages stay within the rate.
    let begins = fake.seconds();
    for (index, begin) in begins.iter().enumerate() {
        let in_window = begins[index..].iter().take_while(|&at| at - begin < 60.0).count();
        prop_assert!(in_window <= 20, "{} in a minute from {}", in_window, begin);
    }
    Ok(())
}

proptest! {
    #![proptest_config(shared::properties())]

    #[test]
    fn every_notification_is_told_once(arrivals in prop::collection::vec(arrival(), 1..60), merges: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(told(&arrivals, merges))?;
    }
}
