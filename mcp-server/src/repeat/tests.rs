use dingtalk_core::{ErrorKind, Outcome};
use serde_json::Map;
use tokio::time::advance;

use super::*;

/// Nearly as long.
fn just_below(window: Duration) -> Duration {
    window.saturating_sub(Duration::from_millis(1))
}

fn key(name: &str) -> Key {
    Key::new(None, name, &[], &Map::new())
}

fn message() -> Message {
    Message::text("x")
}

fn delivered(id: &str) -> Landing {
    Landing::Delivered(Receipt::new(id, Outcome::Delivered))
}

fn failed(kind: ErrorKind) -> Landing {
    Landing::Failed(Error::new(kind, ""))
}

struct Table(Arc<Repeats>);

impl Table {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn claim(&self, name: &str) -> Claim {
        self.0.claim(key(name), message())
    }

    /// A call that is to be delivered.
    fn begin(&self, name: &str) -> (Box<Envelope>, Ticket, Arc<Flight>) {
        match self.claim(name) {
            Claim::Deliver(envelope, ticket, flight) => (envelope, ticket, flight),
            Claim::Join(_) => panic!("{name} is in flight"),
            Claim::Duplicate(..) => panic!("{name} was delivered"),
        }
    }

    /// Makes a call that ends like this, and returns the id that it went under.
    fn call(&self, name: &str, landing: Landing) -> String {
        let (envelope, ticket, _) = self.begin(name);
        ticket.land(landing);
        envelope.id
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivered_call_is_a_duplicate_for_a_minute() {
    let table = Table::new();
    table.call("a", delivered("first"));
    advance(just_below(WINDOW)).await;
    let Claim::Duplicate(receipt, age) = table.claim("a") else { panic!("it is sent again") };
    assert_eq!((&*receipt.id, age), ("first", just_below(WINDOW)));
    // A duplicate does not begin the minute anew.
    advance(Duration::from_millis(1)).await;
    table.begin("a");
}

#[tokio::test(start_paused = true)]
async fn other_calls_are_no_duplicates() {
    let table = Table::new();
    table.call("a", delivered("first"));
    table.begin("b");
}

#[tokio::test(start_paused = true)]
async fn an_open_outcome_goes_out_again_under_the_same_id() {
    for landing in [
        failed(ErrorKind::Unknown),
        failed(ErrorKind::Busy),
        Landing::Open(Stop::Cancelled),
        Landing::Open(Stop::Overdue),
    ] {
        let table = Table::new();
        let id = table.call("a", landing);
        advance(just_below(OPEN_WINDOW)).await;
        assert_eq!(table.call("a", failed(ErrorKind::Unknown)), id, "the second attempt");
        // Each attempt keeps it for as long again.
        advance(just_below(OPEN_WINDOW)).await;
        assert_eq!(table.call("a", delivered(&id)), id, "the third attempt");
        assert!(matches!(table.claim("a"), Claim::Duplicate(receipt, _) if receipt.id == id));
    }
    let table = Table::new();
    let id = table.call("a", failed(ErrorKind::Unknown));
    advance(OPEN_WINDOW).await;
    assert_ne!(table.call("a", delivered("x")), id, "the id is kept for ever");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_forgotten() {
    for landing in [
        failed(ErrorKind::NotSent),
        failed(ErrorKind::Signature),
        failed(ErrorKind::RateLimited),
        failed(ErrorKind::Throttled),
        Landing::Held(Stop::Cancelled),
    ] {
        let table = Table::new();
        let id = table.call("a", landing);
        assert_ne!(table.call("a", delivered("x")), id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_in_flight_is_joined_and_lands_once_for_all() {
    let table = Table::new();
    let (envelope, ticket, flight) = table.begin("a");
    let Claim::Join(joined) = table.claim("a") else { panic!("it is sent twice") };
    assert!(Arc::ptr_eq(&flight, &joined));
    let (first, second) = (flight.landing(), joined.landing());
    ticket.land(delivered(&envelope.id));
    for landing in [first.await, second.await] {
        assert!(matches!(landing, Landing::Delivered(receipt) if receipt.id == envelope.id));
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_caller_stops_a_flight() {
    let table = Table::new();
    let (_envelope, _ticket, flight) = table.begin("a");
    let (first, second) = (flight.board(), flight.board());
    let abandoned = flight.abandoned();
    tokio::pin!(abandoned);
    assert!(!first.leave());
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut abandoned).await.is_err());
    assert!(second.leave());
    abandoned.await;
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_breaks_down_is_open() {
    let table = Table::new();
    let (envelope, ticket, flight) = table.begin("a");
    drop(ticket);
    assert!(matches!(flight.landing().await, Landing::Open(Stop::Lost)));
    assert_eq!(table.call("a", delivered("x")), envelope.id);
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_and_what_is_in_flight_stays() {
    let table = Table::new();
    let (_envelope, _ticket, _flight) = table.begin("in flight");
    let open = table.call("open", failed(ErrorKind::Unknown));
    for number in 0..3 * CAPACITY {
        table.call(&format!("{number}"), delivered("x"));
        // Made again and again, one call takes one place.
        assert!(matches!(table.claim(&format!("{number}")), Claim::Duplicate(..)));
    }
    let calls = table.0.calls();
    assert!(calls.known.len() <= CAPACITY + 1 && calls.order.len() <= CAPACITY, "{}", calls.known.len());
    assert!(matches!(calls.known.get(&key("in flight")), Some(Call::InFlight(_))));
    drop(calls);
    assert_ne!(table.call("open", delivered("x")), open, "the oldest is forgotten first");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_again_and_again_takes_one_place() {
    let table = Table::new();
    for _ in 0..3 * CAPACITY {
        table.call("a", failed(ErrorKind::Unknown));
    }
    table.call("b", delivered("x"));
    let calls = table.0.calls();
    assert_eq!((calls.known.len(), calls.order.len() <= CAPACITY), (2, true), "{}", calls.order.len());
}

#[tokio::test(start_paused = true)]
async fn time_empties_the_table() {
    let table = Table::new();
    for number in 0..100 {
        table.call(&format!("{number}"), delivered("x"));
    }
    advance(OPEN_WINDOW).await;
    table.call("new", Landing::Held(Stop::Cancelled));
    assert_eq!(table.0.calls().known.len(), 0);
}
