//! A queue with real robots, against the sandbox.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod canary;

use std::time::Duration;

use canary::{SECRET, TOKEN, assert_error_silent, assert_silent, log_everything};
use dingtalk_core::{
    Envelope, ErrorKind, Message, Robot,
    delivery::{Pace, RobotBuilder, Urgency},
    queue::{DigestPolicy, Queue, store::Loss},
};
use dingtalk_sandbox::{Fault, RobotConfig, Sandbox};

/// Longer than any step here takes.
const LONG: Duration = Duration::from_secs(60);

async fn sandbox() -> Sandbox {
    Sandbox::builder().robot(RobotConfig::new(TOKEN).secret(SECRET)).start().await.unwrap()
}

fn robot(sandbox: &Sandbox) -> RobotBuilder {
    Robot::builder(TOKEN).secret(SECRET).base_url(sandbox.base_url())
}

fn text(message: &Message) -> &str {
    match message {
        Message::Text(text) => &text.content,
        Message::Markdown(markdown) => &markdown.text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_500_is_readable_in_a_few_messages() {
    let sandbox = sandbox().await;
    // Paced like DingTalk, by the robot and by the queue.
    let robot = robot(&sandbox).build().unwrap();
    let queue = Queue::builder().lane("ops", robot).digest(DigestPolicy::default()).build().unwrap();

    let mut tasks = Vec::new();
    for task in 0..50 {
        let queue = queue.clone();
        tasks.push(tokio::spawn(async move {
            for n in 0..10 {
                let text = format!("Order {task}-{n}. waits for its payment, please look");
                let envelope = Envelope::new(Message::text(text)).with_group(format!("Shop {}", task % 7));
                queue.try_deliver(envelope).unwrap();
                tokio::task::yield_now().await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let urgent = Envelope::new(Message::text("The shop is down")).with_urgency(Urgency::Urgent);
    queue.try_deliver(urgent).unwrap();
    // Not a flush, which would merge at once without waiting for more.
    tokio::time::timeout(LONG, async {
        while !queue.pending().await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();

    let accepted = sandbox.accepted();
    let texts: Vec<&str> = accepted.iter().map(|wire| text(&wire.message)).collect();
    assert!(texts[0].starts_with("Order "), "the first one waits for nobody: {}", texts[0]);
    let urgent = texts.iter().position(|text| *text == "The shop is down").unwrap();
    // Digests of 200 are made as soon as that many wait.
    assert!(urgent <= 3, "the urgent one is late: {urgent}");
    assert!(texts.len() <= 6, "{} messages", texts.len());
    let digests: Vec<&str> = texts.iter().copied().filter(|text| text.starts_with("### ")).collect();
    let all = texts.concat();
    for task in 0..50 {
        for n in 0..10 {
            assert_eq!(all.matches(&format!("Order {task}-{n}.")).count(), 1, "order {task}-{n}");
        }
    }
    for shop in 0..7 {
        let heading = format!("#### Shop {shop} (");
        assert!(digests.iter().any(|text| text.contains(&heading)), "shop {shop} has a heading");
    }
    assert_eq!(sandbox.requests(), accepted.len() as u64, "nothing was repeated or refused");
    assert_eq!(queue.losses().total(), 0);
}

/// Sends one notification whose first request meets the fault, leaves the rest to the queue, and returns the
/// number of requests.
async fn under(fault: Fault) -> u64 {
    let sandbox = sandbox().await;
    sandbox.fault_next(1, fault.clone());
    // Rests are short here; up to five seconds are added to each at random.
    let rest = Duration::from_millis(50);
    let pace = Pace::new().rest(rest).address_rest(rest);
    let robot = robot(&sandbox).attempts(1).pace(pace).build().unwrap();
    let queue = Queue::builder().lane("ops", robot).retry_delays([rest]).build().unwrap();
    let receipt = queue.try_send(&Message::text("Disk is full")).unwrap();
    queue.shutdown(LONG).await.unwrap_or_else(|pending| panic!("{fault:?}: {pending}"));
    let [accepted] = &sandbox.accepted()[..] else { panic!("{fault:?}: {:?}", sandbox.accepted()) };
    assert_eq!(accepted.id.as_ref(), Some(&receipt.id), "{fault:?}");
    assert_eq!(queue.losses().total(), 0, "{fault:?}: {}", queue.losses());
    sandbox.requests()
}

#[tokio::test]
async fn a_notification_arrives_once_under_each_fault() {
    let log = log_everything();
    let accepted = |then| Fault::AcceptThen(Box::new(then));
    let faults = [
        Fault::Busy,
        Fault::ResetOnConnect,
        Fault::ResetBeforeAnswer,
        accepted(Fault::ResetBeforeAnswer),
        Fault::Status(502),
        accepted(Fault::Status(502)),
        accepted(Fault::Truncate),
        Fault::Html,
        accepted(Fault::Html),
        Fault::Throttle,
        Fault::Redirect,
        Fault::Reply(r#"{"status":1111,"punish":"deny"}"#.to_owned()),
    ];
    // All faults concurrently, because the rests take time.
    let sends: Vec<_> = faults.iter().cloned().map(|fault| tokio::spawn(under(fault))).collect();
    for (send, fault) in sends.into_iter().zip(faults) {
        assert_eq!(send.await.unwrap(), 2, "{fault:?}");
    }
    assert_silent(&log.text());
}

#[tokio::test]
async fn a_digest_whose_answer_is_lost_is_shown_once() {
    let sandbox = sandbox().await;
    sandbox.fault_next(2, Fault::AcceptThenReset);
    let robot = robot(&sandbox).attempts(1).build().unwrap();
    let soon = Duration::from_millis(20);
    let builder = Queue::builder().lane("ops", robot).digest(DigestPolicy::default());
    let queue = builder.retry_delays([soon]).attempts(9).build().unwrap();
    for n in 0..5 {
        queue.try_send(&Message::text(format!("Notification {n}"))).unwrap();
    }
    queue.flush(LONG).await.unwrap();
    let [digest] = &sandbox.accepted()[..] else { panic!("{:?}", sandbox.accepted()) };
    assert!(text(&digest.message).starts_with("### 5 notifications\n"));
    assert_eq!(sandbox.requests(), 3);
}

#[tokio::test]
async fn a_dead_letter_states_the_reason_without_secrets() {
    let log = log_everything();
    let sandbox = sandbox().await;
    sandbox.fault_next(1, Fault::Echo);
    sandbox
        .fault_next(1, Fault::Reply(r#"{"errcode":310000,"errmsg":"keywords not in content"}"#.to_owned()));
    let queue = Queue::new(robot(&sandbox).attempts(1).build().unwrap()).unwrap();
    queue.try_send(&Message::text("one")).unwrap();
    queue.try_send(&Message::text("two")).unwrap();
    tokio::time::timeout(LONG, async {
        while sandbox.requests() < 2 || queue.losses().total() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    let letters = queue.dead_letters(10).await.unwrap();
    let keyword = letters.iter().find(|letter| letter.loss == Loss::Refused(ErrorKind::Keyword)).unwrap();
    assert!(keyword.failure.text.contains("none of the robot's keywords"), "{}", keyword.failure);
    assert_error_silent(&queue.redeliver("nothing").await.unwrap_err());
    assert_silent(&format!("{letters:?} {queue:?} {}", queue.losses()));
    assert_silent(&log.text());
}
