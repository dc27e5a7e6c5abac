//! Messages in parts, and the slots and marks of requests, in virtual time.

use super::{
    script::{
        Ending,
        Ending::{Fails, Success},
        Script,
    },
    *,
};
use std::{future::ready, sync::Mutex};

use crate::{
    Message,
    delivery::{
        Attempt, AttemptMark, DeliveredParts, Pace, Retry,
        window::{Admission, RateWindow, SlotEnd, SlotId, SlotRequest, WaiterId, Window},
    },
};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn robot(script: &Script) -> RobotBuilder {
    let limits = Limits { bytes: 110, ..Limits::default() };
    Robot::builder("token").attempts(3).overflow(Overflow::Split).limits(limits).script(script.clone())
}

/// A message of so many parts.
fn message(parts: usize) -> Envelope {
    let message = Message::text(vec!["0123456789012345678901234567890123456789"; parts].join("\n"));
    let limits = Limits { bytes: 110, ..Limits::default() };
    let envelope = Envelope::new(message).with_id("mine");
    let found = Overflow::Split.fit(envelope.message.clone(), "mine", limits).unwrap().len();
    assert_eq!(found, parts, "each line is meant to be one part");
    envelope
}

#[tokio::test(start_paused = true)]
async fn as_many_parts_as_a_minute_takes_are_one_send() {
    // Twenty seconds for each would be far beyond the deadline of one message.
    let script = Script::timed((0..18).map(|_| (seconds(9), Success)));
    let started = Instant::now();
    let receipt = robot(&script).build().unwrap().deliver(message(18)).await.unwrap();
    assert_eq!((receipt.id.as_str(), receipt.attempts, script.attempts().len()), ("mine", 18, 18));
    assert_eq!(receipt.parts, (1..=18).map(|n| format!("mine-{n}")).collect::<Vec<_>>());
    assert_eq!((receipt.elapsed, started.elapsed()), (seconds(162), seconds(162)));
    assert!(receipt.bytes > 18 * 90 && receipt.bytes <= 18 * 110, "{}", receipt.bytes);
}

#[tokio::test(start_paused = true)]
async fn parts_that_find_no_place_wait_for_it() {
    let script = Script::default();
    let pace = Pace::new().limit(3).urgent_reserve(1);
    let receipt = robot(&script).pace(pace).build().unwrap().deliver(message(4)).await.unwrap();
    let started = script.attempts()[0].0;
    let left: Vec<u64> = script.attempts().iter().map(|(at, _)| (*at - started).as_secs()).collect();
    assert_eq!((left, receipt.wait), (vec![0, 0, 62, 62], seconds(62)));
}

#[tokio::test(start_paused = true)]
async fn what_would_not_be_whole_in_time_is_not_begun() {
    let script = Script::default();
    let pace = Pace::new().limit(4).urgent_reserve(1);
    let robot = robot(&script).pace(pace).build().unwrap();
    robot.deliver(message(2)).await.unwrap();
    // There is room for the first part; the second would come after 62 seconds, and both have 50.
    let error = robot.deliver(message(2)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), script.attempts().len()), (ErrorKind::RateLimited, 0, 2));
    assert_eq!((error.retry_after(), error.retry()), (Some(seconds(62)), Retry::AfterRest));
    assert!(error.to_string().contains("0 of 2 parts were delivered"), "{error}");
    // For three there is no room before, but the time is enough.
    robot.deliver(message(3)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_longest_wait_holds_for_the_last_part() {
    let script = Script::default();
    let pace = Pace::new().limit(2).urgent_reserve(0).max_wait(seconds(61));
    let robot = robot(&script).pace(pace).build().unwrap();
    assert_eq!(robot.deliver(message(3)).await.unwrap_err().retry_after(), Some(seconds(62)));
    assert_eq!(script.attempts().len(), 0);
    robot.deliver(message(2)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_failure_says_which_parts_left_and_sends_no_other() {
    let kinds: [(&[Ending], _, _); 3] = [
        (&[Success, Success, Fails(ErrorKind::Keyword)], (ErrorKind::Keyword, 2, 3), Retry::Never),
        (
            &[Success, Fails(ErrorKind::Busy), Fails(ErrorKind::Throttled)],
            (ErrorKind::Throttled, 1, 3),
            Retry::SameId,
        ),
        (&[Fails(ErrorKind::Unknown); 3], (ErrorKind::Unknown, 0, 3), Retry::SameId),
    ];
    for (endings, expected, retry) in kinds {
        let script = Script::new(endings.iter().copied());
        let error = robot(&script).build().unwrap().deliver(message(5)).await.unwrap_err();
        let delivered = error.delivered_parts();
        assert_eq!((error.kind(), delivered.len(), script.attempts().len()), expected);
        assert_eq!((error.attempts(), error.parts().len(), error.retry()), (3, 5, retry));
        assert_eq!(delivered, &["mine-1", "mine-2"][..delivered.len()]);
        assert_eq!(error.id(), Some("mine"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_expiry_ends_all_parts() {
    let script = Script::timed((0..5).map(|_| (seconds(4), Success)));
    let clock = || SystemTime::UNIX_EPOCH;
    let envelope = message(5).with_expiry(clock() + seconds(10));
    let error = robot(&script).clock(clock).build().unwrap().deliver(envelope).await.unwrap_err();
    // The third would have two seconds, less than it takes to see that there is no connection.
    assert_eq!((error.kind(), error.delivered_parts().len()), (ErrorKind::NotSent, 2));
    assert_eq!((script.attempts().len(), error.retry()), (2, Retry::SameId));
}

#[tokio::test(start_paused = true)]
async fn what_is_too_long_says_how_long_and_is_not_sent() {
    let script = Script::default();
    let robot = robot(&script).overflow(Overflow::Reject).build().unwrap();
    let error = robot.deliver(message(3)).await.unwrap_err();
    assert_eq!((error.kind(), error.parts().len(), script.attempts().len()), (ErrorKind::TooLong, 0, 0));
    assert!(error.to_string().contains("bytes of JSON, the limit is 110"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn parts_that_were_delivered_before_are_not_sent_again() {
    for (count, of, sent) in [(2, 5, 3), (0, 5, 5), (5, 5, 0), (2, 4, 5)] {
        let script = Script::default();
        let envelope = message(5).with_delivered_parts(DeliveredParts { count, of });
        let receipt = robot(&script).build().unwrap().deliver(envelope).await.unwrap();
        assert_eq!((script.attempts().len(), receipt.parts.len()), (sent, 5), "{count} of {of}");
    }
    let script = Script::new([Fails(ErrorKind::NotSent); 3]);
    let envelope = message(5).with_delivered_parts(DeliveredParts { count: 2, of: 5 });
    let error = robot(&script).build().unwrap().deliver(envelope).await.unwrap_err();
    assert_eq!((error.delivered_parts().len(), error.retry()), (2, Retry::SameId));
}

/// Remembers the attempts that begin.
#[derive(Default)]
struct Attempts(Mutex<Vec<Attempt>>);

impl AttemptMark for Attempts {
    fn begin(&self, attempt: Attempt) -> BoxFuture<'_, Result<(), Error>> {
        self.0.lock().unwrap().push(attempt);
        Box::pin(ready(Ok(())))
    }
}

#[tokio::test(start_paused = true)]
async fn a_mark_knows_the_robot_and_the_parts_before() {
    let (script, marks) = (Script::new([Success, Fails(ErrorKind::NotSent)]), Arc::new(Attempts::default()));
    let robot = robot(&script).build().unwrap();
    robot.deliver(message(3).with_attempt_mark(marks.clone())).await.unwrap();
    let seen = marks.0.lock().unwrap().clone();
    assert!(seen.iter().all(|attempt| attempt.robot == Some(*robot.key()) && attempt.parts == 3));
    assert_eq!(seen.iter().map(|attempt| attempt.delivered).collect::<Vec<_>>(), [0, 1, 1, 2]);
}

/// Grants everything, and writes down what it was asked for.
#[derive(Default)]
struct Recorder {
    calls: Mutex<Vec<&'static str>>,
    fails: bool,
}

impl Recorder {
    fn note(&self, call: &'static str) {
        self.calls.lock().unwrap().push(call);
    }

    fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn broken() -> Error {
        Error::new(ErrorKind::Store, "the disk is full")
    }
}

impl Window for Recorder {
    fn join(&self, _: Urgency) -> WaiterId {
        self.note("join");
        WaiterId(1)
    }

    fn leave(&self, _: WaiterId) {
        self.note("leave");
    }

    fn take(&self, _: WaiterId, request: SlotRequest) -> BoxFuture<'_, Result<Admission, Error>> {
        assert!(request.holds > seconds(10), "longer than an attempt may take");
        self.note("take");
        Box::pin(ready(if self.fails { Err(Self::broken()) } else { Ok(Admission::Granted(SlotId(1))) }))
    }

    fn end(&self, _: SlotId, end: SlotEnd) {
        self.note(match end {
            SlotEnd::Delivered => "end: delivered",
            SlotEnd::Refused => "end: refused",
            SlotEnd::Unknown => "end: unknown",
        });
    }

    fn give_back(&self, _: SlotId) {
        self.note("give back");
    }

    fn forecast(&self, _: Urgency, _: usize) -> BoxFuture<'_, Result<Forecast, Error>> {
        Box::pin(ready(Ok(Forecast::default())))
    }

    fn rest(&self, _: Block, _: Duration) {
        self.note("rest");
    }
}

/// Notes in the window's list when it is made.
struct NotedMark(Arc<Recorder>, Option<Duration>);

impl AttemptMark for NotedMark {
    fn begin(&self, _: Attempt) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            self.0.note("mark");
            match self.1 {
                Some(time) => tokio::time::sleep(time).await,
                None => return Err(Recorder::broken()),
            }
            Ok(())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn each_request_takes_a_slot_of_its_own_and_then_makes_its_mark() {
    let window = Arc::new(Recorder::default());
    let mark = || Arc::new(NotedMark(Arc::clone(&window), Some(Duration::ZERO)));
    let script = Script::new([
        Success,
        Fails(ErrorKind::NotSent),
        Fails(ErrorKind::Busy),
        Fails(ErrorKind::Throttled),
    ]);
    let robot = robot(&script).window(window.clone()).build().unwrap();
    let error = robot.deliver(message(2).with_attempt_mark(mark())).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.delivered_parts().len()), (ErrorKind::Throttled, 4, 1));
    let request = |ending: [&'static str; 2]| ["join", "take", "mark", ending[0], ending[1]];
    let expected: Vec<&str> =
        [["end: delivered", ""], ["give back", ""], ["end: unknown", ""], ["end: refused", "rest"]]
            .into_iter()
            .flat_map(request)
            .filter(|call| !call.is_empty())
            .collect();
    assert_eq!(window.calls(), expected);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_not_recorded_makes_no_request() {
    for (takes, words) in [(None, "the disk is full"), (Some(seconds(60)), "not recorded within 5 s")] {
        let window = Arc::new(Recorder::default());
        let mark = Arc::new(NotedMark(Arc::clone(&window), takes));
        let script = Script::default();
        let envelope = message(1).with_attempt_mark(mark);
        let progress = envelope.progress();
        let error =
            robot(&script).window(window.clone()).build().unwrap().deliver(envelope).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts(), script.attempts().len()), (ErrorKind::Store, 0, 0));
        assert!(error.to_string().contains(words), "{error}");
        assert!(progress.is_unsent());
        assert_eq!(window.calls(), ["join", "take", "mark", "give back"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_that_fails_lets_nothing_pass() {
    let window = Arc::new(Recorder { fails: true, ..Recorder::default() });
    let script = Script::default();
    let error = robot(&script).window(window.clone()).build().unwrap().deliver(message(1)).await.unwrap_err();
    assert_eq!((error.kind(), script.attempts().len()), (ErrorKind::Store, 0));
    assert_eq!(window.calls(), ["join", "take", "leave"]);
    let unpaced = robot(&script).window(window).pace(None).build().unwrap_err();
    assert!(unpaced.to_string().contains("a robot without a pace has no window"), "{unpaced}");
}

#[tokio::test(start_paused = true)]
async fn robots_that_share_a_window_share_its_slots_and_rests() {
    let window = Arc::new(RateWindow::new(Pace::new().limit(2).urgent_reserve(0)));
    let scripts = [Script::default(), Script::new([Fails(ErrorKind::Throttled)])];
    let robots = scripts.each_ref().map(|script| robot(script).window(window.clone()).build().unwrap());
    robots[0].deliver(message(1)).await.unwrap();
    assert_eq!(robots[1].deliver(message(1)).await.unwrap_err().kind(), ErrorKind::Throttled);
    let error = robots[0].deliver(message(1)).await.unwrap_err();
    assert_eq!((error.kind(), scripts[0].attempts().len()), (ErrorKind::Throttled, 1), "it rests, too");
    tokio::time::advance(Pace::REST + seconds(5)).await;
    robots[0].deliver(message(2)).await.unwrap();
    assert_eq!(robots[1].deliver(message(1)).await.unwrap_err().kind(), ErrorKind::RateLimited);
}
