//! Waiting notifications are merged, and merged ones stay together.

use dingtalk_core::{
    Envelope, ErrorKind, Message, Url,
    delivery::{Dedupe, Outcome, Pace, Throttle, Urgency},
    message::{Button, Buttons},
    queue::{DigestPolicy, Queue, QueueBuilder},
};

use crate::fake::{Fake, Then, envelope, seconds, urgent};

fn builder(fake: &Fake) -> QueueBuilder {
    Queue::builder().lane("ops", fake.clone()).digest(DigestPolicy::default())
}

fn texts(fake: &Fake) -> Vec<String> {
    let text = |envelope: Envelope| match envelope.message {
        Message::Text(text) => text.content,
        Message::Markdown(markdown) => markdown.text,
        other => other.kind().to_owned(),
    };
    fake.envelopes().into_iter().map(text).collect()
}

#[tokio::test(start_paused = true)]
async fn the_first_is_sent_at_once_and_those_within_the_window_in_one_message() {
    let fake = Fake::new();
    let queue = builder(&fake).build().unwrap();
    for id in ["0", "a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
        tokio::time::sleep(seconds(1)).await;
    }
    queue.try_deliver(urgent("u")).unwrap();
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(texts(&fake), ["This is 0", "This is u"], "the urgent one waits for nobody");
    tokio::time::sleep(seconds(2)).await;
    assert_eq!(texts(&fake)[2..], ["### 3 notifications\n\n- This is a\n- This is b\n- This is c"]);
    let digest = &fake.envelopes()[2];
    assert_eq!(digest.id.len(), 26, "an id of its own: {}", digest.id);
    assert!(queue.pending().await.unwrap().is_empty(), "all three are settled");
    queue.try_deliver(envelope("b")).unwrap();
    queue.flush(seconds(60)).await.unwrap();
    assert_eq!(fake.ids().len(), 3, "what was merged is known");
    tokio::time::sleep(seconds(6)).await;
    queue.try_deliver(envelope("d")).unwrap();
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(fake.ids()[3..], ["d"], "after a quiet time, the next one is the first");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_next_message_is_a_line_of_it_or_at_last_a_message() {
    let fake = Fake::new();
    let queue = builder(&fake).build().unwrap();
    let until = std::time::SystemTime::now() + seconds(300);
    let held = |id: &str| envelope(id).with_next_until(until);
    queue.try_deliver(held("a")).unwrap();
    tokio::time::sleep(seconds(60)).await;
    assert!(fake.ids().is_empty());
    queue.try_deliver(envelope("b")).unwrap();
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(texts(&fake), ["This is b\n\nThis is a"]);
    queue.try_deliver(held("c")).unwrap();
    tokio::time::sleep(seconds(200)).await;
    assert_eq!(fake.ids().len(), 1);
    tokio::time::sleep(seconds(60)).await;
    assert_eq!(texts(&fake)[1..], ["This is c"]);
    // A queue that ends waits for nothing.
    queue.try_deliver(envelope("d").with_next_until(until + seconds(3600))).unwrap();
    queue.shutdown(seconds(10)).await.unwrap();
    assert_eq!(texts(&fake)[2..], ["This is d"]);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_next_message_is_added_without_digests_too() {
    let fake = Fake::new();
    let queue = Queue::builder().lane("ops", fake.clone()).build().unwrap();
    let until = std::time::SystemTime::now() + seconds(300);
    for id in ["a", "b"] {
        queue.try_deliver(envelope(id).with_next_until(until)).unwrap();
    }
    tokio::time::sleep(seconds(60)).await;
    assert!(fake.ids().is_empty());
    queue.try_deliver(envelope("c")).unwrap();
    queue.try_deliver(envelope("d")).unwrap();
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(texts(&fake), ["This is c\n\nThis is a\nThis is b", "This is d"]);
    queue.try_deliver(envelope("e").with_next_until(until)).unwrap();
    tokio::time::sleep(seconds(300)).await;
    assert_eq!(texts(&fake)[2..], ["This is e"]);
}

#[tokio::test(start_paused = true)]
async fn a_burst_with_many_urgent_ones_is_sent_in_a_few_messages() {
    let fake = Fake::new();
    let lane = fake.clone().paced(Pace::new());
    let queue = Queue::builder().lane("ops", lane).digest(DigestPolicy::default()).build().unwrap();
    for n in 0..302 {
        let envelope = if n % 3 == 0 { urgent(&format!("n{n}.")) } else { envelope(&format!("n{n}.")) };
        queue.try_deliver(envelope).unwrap();
    }
    queue.shutdown(seconds(10)).await.unwrap();
    assert_eq!(queue.losses().total(), 0);
    let texts = texts(&fake);
    assert!(texts.len() <= 6, "{} messages", texts.len());
    for n in 0..302 {
        let shown = texts.iter().filter(|text| text.contains(&format!("This is n{n}."))).count();
        assert_eq!(shown, 1, "n{n}");
    }
    assert!(texts[0].contains("n0.") && texts[0].contains("n300."), "urgent ones first: {}", texts[0]);
    assert!(!texts[0].contains("n1."), "without others: {}", texts[0]);
    assert_eq!(fake.envelopes()[0].urgency, Urgency::Urgent);
}

#[tokio::test(start_paused = true)]
async fn a_few_urgent_ones_are_not_merged() {
    let fake = Fake::new();
    let queue = builder(&fake).build().unwrap();
    for id in ["u", "v", "w"] {
        queue.try_deliver(urgent(id)).unwrap();
    }
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(fake.ids(), ["u", "v", "w"]);
}

/// A notification about a host, with these rules.
fn about(id: &str, host: &str) -> Envelope {
    envelope(id)
        .with_dedupe(Dedupe::new(format!("{host} {}", &id[..1]), seconds(600)))
        .with_throttle(Throttle::new(host, 1, seconds(600)))
}

#[tokio::test(start_paused = true)]
async fn suppressed_notifications_are_counted_in_the_next_one() {
    use Outcome::{Queued, Suppressed};

    let fake = Fake::new();
    let queue = builder(&fake).digest(None).build().unwrap();
    let mut outcomes = Vec::new();
    for (id, host) in [("a1", "web"), ("a2", "web"), ("b1", "web"), ("c1", "web"), ("a3", "db")] {
        outcomes.push(queue.try_deliver(about(id, host)).unwrap().outcome);
    }
    assert_eq!(outcomes, [Queued, Suppressed, Suppressed, Suppressed, Queued]);
    tokio::time::sleep(seconds(601)).await;
    queue.try_deliver(about("b2", "web")).unwrap();
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(fake.ids(), ["a1", "a3", "b2"]);
    // A repetition is not worth counting; `b1` and `c1` are.
    assert_eq!(texts(&fake), ["This is a1", "This is a3", "This is b2\n(+2 more like this were not sent)"]);
    assert_eq!(queue.losses().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn two_notifications_and_cards_are_sent_unmerged() {
    let fake = Fake::new();
    let queue = builder(&fake).build().unwrap();
    let url = Url::new("https://example.com").unwrap();
    let card = Message::action_card("Card", "Text", Buttons::Single(Button::new("Open", url)));
    queue.try_deliver(envelope("0")).unwrap();
    queue.try_deliver(envelope("a")).unwrap();
    queue.try_deliver(envelope("b")).unwrap();
    queue.try_deliver(Envelope::new(card).with_id("card")).unwrap();
    tokio::time::sleep(seconds(4)).await;
    assert_eq!(fake.ids(), ["0"]);
    tokio::time::sleep(seconds(2)).await;
    assert_eq!(fake.ids(), ["0", "a", "b", "card"]);
}

#[tokio::test(start_paused = true)]
async fn a_flush_does_not_wait_for_others() {
    let fake = Fake::new();
    let queue = builder(&fake).build().unwrap();
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    queue.flush(seconds(1)).await.unwrap();
    assert_eq!(fake.ids().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn notifications_during_a_rest_are_in_the_digest_after_it() {
    let fake = Fake::scripted([Then::Fail(ErrorKind::Throttled)]);
    let queue = builder(&fake).build().unwrap();
    queue.try_deliver(envelope("0")).unwrap();
    for n in 1..=50 {
        tokio::time::sleep(seconds(10)).await;
        queue.try_deliver(envelope(&n.to_string())).unwrap();
    }
    queue.flush(seconds(1000)).await.unwrap();
    let texts = texts(&fake);
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[1].starts_with("### 51 notifications\n"), "{texts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_digest_is_retried_unchanged() {
    let fake = Fake::scripted([Then::Fail(ErrorKind::Unknown), Then::Fail(ErrorKind::Busy)]);
    let queue = builder(&fake).build().unwrap();
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    tokio::time::sleep(seconds(6)).await;
    // Too late for the first digest, regardless of its outcome.
    for id in ["d", "e", "f"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    queue.flush(seconds(600)).await.unwrap();
    let envelopes = fake.envelopes();
    let first: Vec<&Envelope> = envelopes.iter().filter(|envelope| envelope.id == envelopes[0].id).collect();
    assert!(first.len() >= 2 && first.iter().all(|envelope| *envelope == first[0]));
    assert!(texts(&fake).iter().any(|text| text.contains("This is d") && !text.contains("This is a")));
    assert_eq!(queue.losses().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_digest_is_sent_one_by_one() {
    let fake = Fake::scripted([
        Then::Fail(ErrorKind::ForbiddenContent),
        Then::Deliver,
        Then::Fail(ErrorKind::ForbiddenContent),
        Then::Deliver,
    ]);
    let queue = builder(&fake).build().unwrap();
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    queue.flush(seconds(600)).await.unwrap();
    assert_eq!(fake.ids()[1..], ["a", "b", "c"]);
    let letters = queue.dead_letters(10).await.unwrap();
    let ids: Vec<&str> = letters.iter().map(|letter| &*letter.envelope.id).collect();
    assert_eq!(ids, ["b"], "only the one at fault is lost");
}

#[tokio::test(start_paused = true)]
async fn a_digest_that_is_given_up_leaves_a_dead_letter_for_each() {
    let fake = Fake::failing(ErrorKind::Unknown);
    let queue = builder(&fake).build().unwrap();
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    queue.flush(seconds(600)).await.unwrap();
    let letters = queue.dead_letters(10).await.unwrap();
    let mut ids: Vec<&str> = letters.iter().map(|letter| &*letter.envelope.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["a", "b", "c"]);
    assert!(letters.iter().all(|letter| letter.may_have_arrived && letter.attempts == 3));
    assert_eq!(queue.losses().to_string(), "3 unknown");
}

#[tokio::test(start_paused = true)]
async fn messages_for_several_robots_are_not_mixed() {
    let fake = Fake::new();
    let queue = Queue::builder().only_lane(fake.clone()).digest(DigestPolicy::default()).build().unwrap();
    for n in 0..6 {
        let robot = if n % 2 == 0 { "even" } else { "odd" };
        queue.try_deliver(envelope(&format!("{robot} {n}")).with_robot(robot)).unwrap();
    }
    queue.flush(seconds(60)).await.unwrap();
    let envelopes = fake.envelopes();
    assert_eq!(envelopes.len(), 2);
    for (envelope, text) in envelopes.iter().zip(texts(&fake)) {
        let other = if envelope.robot.as_deref() == Some("even") { "odd" } else { "even" };
        assert!(!text.contains(other), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_keeps_to_the_rate_and_loses_nothing() {
    let fake = Fake::new();
    let pace = Pace::new().limit(3).urgent_reserve(1).window(seconds(60));
    let lane = fake.clone().paced(pace);
    let queue = Queue::builder().lane("ops", lane).digest(DigestPolicy::default()).build().unwrap();
    let mut sent = 0;
    for second in 0..300 {
        for _ in 0..second % 7 {
            queue.try_deliver(envelope(&format!("n{sent}."))).unwrap();
            sent += 1;
        }
        tokio::time::sleep(seconds(1)).await;
    }
    queue.flush(seconds(600)).await.unwrap();
    let times = fake.seconds();
    assert!(times.windows(3).all(|three| three[2] - three[0] >= 60.0), "{times:?}");
    let all = texts(&fake).join("\n");
    for n in 0..sent {
        assert_eq!(all.matches(&format!("This is n{n}.")).count(), 1, "n{n}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_digest_is_made_when_it_can_be_sent() {
    let fake = Fake::new();
    let pace = Pace::new().limit(1).urgent_reserve(0).window(seconds(60));
    let lane = fake.clone().paced(pace);
    let queue = Queue::builder().lane("ops", lane).digest(DigestPolicy::default()).build().unwrap();
    queue.try_deliver(urgent("u")).unwrap();
    tokio::time::sleep(seconds(10)).await;
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    tokio::time::sleep(seconds(20)).await;
    queue.try_deliver(envelope("d")).unwrap();
    queue.flush(seconds(600)).await.unwrap();
    let texts = texts(&fake);
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[1].ends_with("- This is a\n- This is b\n- This is c\n- This is d"), "{texts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_digest_that_may_have_arrived_is_not_taken_apart() {
    let fake = Fake::scripted([Then::Fail(ErrorKind::Unknown), Then::Fail(ErrorKind::ForbiddenContent)]);
    let queue = builder(&fake).build().unwrap();
    for id in ["a", "b", "c"] {
        queue.try_deliver(envelope(id)).unwrap();
    }
    queue.flush(seconds(600)).await.unwrap();
    assert_eq!(fake.ids().len(), 2, "{:?}", fake.ids());
    let letters = queue.dead_letters(10).await.unwrap();
    assert_eq!(letters.len(), 3);
    assert!(letters.iter().all(|letter| letter.may_have_arrived));
}
