//! The contract of calls in PostgreSQL, and what only a server has. Starts a server of its own.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::time::Duration;

use dingtalk_core::ErrorKind;
use dingtalk_outbox::{
    Postgres, State,
    calls::{Call, CallEnd, CallState, Claim, Permit},
};
use dingtalk_tests::{
    calls_contract::{self, Place, Program},
    postgres_place::PostgresPlace,
    postgres_server::PostgresServer,
};
use tokio::time::{Instant, sleep};

/// Longest time in which the server knows that a connection has ended.
const ENDS: Duration = Duration::from_secs(20);

struct Schema(PostgresPlace);

impl Schema {
    /// Counts the processes that have sessions.
    async fn sessions(&self) -> i64 {
        let sql = "SELECT count(*) FROM pg_locks
             WHERE locktype = 'advisory' AND objsubid = 2 AND classid::bigint::bit(32)::integer = lock_space()";
        self.0.client.query_one(sql, &[]).await.unwrap().get(0)
    }
}

impl Place for Schema {
    fn program(&self) -> Program {
        State::postgres(self.0.postgres()).build().into()
    }

    async fn advance(&self, seconds: u64) {
        let sql = format!("UPDATE test_clock SET at = at + interval '{seconds} s'");
        self.0.client.batch_execute(&sql).await.unwrap();
    }

    async fn kill(&self, program: Program, permit: Permit) {
        program.state.flush().await;
        let sessions = self.sessions().await;
        permit.abandon();
        drop(program);
        let since = Instant::now();
        while self.sessions().await >= sessions {
            assert!(since.elapsed() < ENDS, "the session goes on");
            sleep(Duration::from_millis(20)).await;
        }
        // Its last sign of life was long ago.
        let sql = "UPDATE owner SET seen = clock() - interval '1 minute'
             WHERE pg_try_advisory_xact_lock(lock_space(), owner)";
        self.0.client.batch_execute(sql).await.unwrap();
    }

    async fn lose_processes(&self) {
        self.0.client.batch_execute("UPDATE call SET process = -1").await.unwrap();
    }

    async fn count_rows(&self) -> i64 {
        self.0.client.batch_execute("SELECT clean()").await.unwrap();
        self.0.client.query_one("SELECT count(*) FROM call", &[]).await.unwrap().get(0)
    }
}

macro_rules! checks {
    ($($name:ident),*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let Some(place) = PostgresPlace::new().await else { return };
            calls_contract::$name(&Schema(place)).await;
        }
    )*};
}

checks!(
    a_call_of_a_process_that_is_running_is_not_granted_to_another,
    a_process_that_was_killed_leaves_its_id_its_robot_and_its_parts,
    each_end_is_remembered_for_its_time,
    a_queued_message_is_the_answer_until_its_delivery_has_ended,
    an_unknown_outcome_is_sent_again_and_keeps_its_age_if_it_was_not_sent,
    an_attempt_of_a_killed_process_counts_from_its_own_time,
    a_claim_that_nobody_received_is_given_up,
    a_late_end_does_not_change_a_newer_claim,
    a_chosen_key_is_of_one_message,
    the_table_forgets
);

async fn granted(program: &Program, call: &Call) -> Permit {
    match program.calls.claim(call, "id").await.unwrap() {
        Claim::Granted(permit) => permit,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_session_is_not_the_end_of_its_process() {
    let Some(place) = PostgresPlace::with_the_server_s_clock().await else { return };
    // Other tests use the server, too.
    let url = format!("{}?application_name={}", place.server.url(), place.schema);
    let program = || {
        let postgres = Postgres::builder(&*url).schema(&place.schema).build().unwrap();
        Program::from(State::postgres(postgres).build())
    };
    let (first, second) = (program(), program());
    let call = Call::new("a");
    let permit = granted(&first, &call).await;
    second.calls.look(&call).await.unwrap();
    let sql = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}'",
        place.schema
    );
    let ended = place.client.query(&sql, &[]).await.unwrap();
    assert_eq!(ended.len(), 3, "two states, and the session of the first one");
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(5) {
        // The connection of the one that asks was lost as well.
        if let Ok(state) = second.calls.look(&call).await {
            assert_eq!(state, Some(CallState::InProgress));
        }
        sleep(Duration::from_millis(100)).await;
    }
    permit.end(CallEnd::Delivered);
    first.state.flush().await;
    assert_eq!(second.calls.look(&call).await.unwrap(), Some(CallState::Delivered));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_programs_that_claim_at_once_is_granted_the_call() {
    let Some(place) = PostgresPlace::with_the_server_s_clock().await else { return };
    let place = Schema(place);
    let programs: Vec<Program> = (0..6).map(|_| place.program()).collect();
    for round in 0..5 {
        let name = format!("call {round}");
        let claims: Vec<_> = programs
            .iter()
            .map(|program| {
                let (calls, call) = (program.calls.clone(), Call::new(&*name));
                tokio::spawn(async move { calls.claim(&call, "id").await.unwrap() })
            })
            .collect();
        let mut permits = Vec::new();
        for claim in claims {
            if let Claim::Granted(permit) = claim.await.unwrap() {
                permits.push(permit);
            }
        }
        assert_eq!(permits.len(), 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_is_stored_when_the_server_is_back() {
    let Some(server) = PostgresServer::start("") else { return };
    let program = || Program::from(State::postgres(Postgres::builder(server.url()).build().unwrap()).build());
    let (first, second) = (program(), program());
    let (call, other) = (Call::new("a"), Call::new("b"));
    let permit = granted(&first, &call).await;
    server.crash();
    permit.end(CallEnd::Delivered);
    let error = first.calls.claim(&other, "id").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.to_string().contains("the shared state is unavailable"), "{error}");
    server.restart();
    let since = Instant::now();
    // Nothing asks the first process: it tries by itself.
    while !matches!(second.calls.look(&call).await, Ok(Some(CallState::Delivered))) {
        assert!(since.elapsed() < ENDS);
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_contains_nothing_of_a_call_and_differs_from_that_of_another_schema() {
    let mut keys = Vec::new();
    for _ in 0..2 {
        let Some(place) = PostgresPlace::new().await else { return };
        let place = Schema(place);
        let program = place.program();
        let call = Call::new("a customer's name").meaning("Disk of a customer is full");
        granted(&program, &call).await.end(CallEnd::Delivered);
        program.state.flush().await;
        let row = place.0.client.query_one("SELECT key, meaning, call::text FROM call", &[]).await.unwrap();
        let (key, meaning, whole): (Vec<u8>, Vec<u8>, String) = (row.get(0), row.get(1), row.get(2));
        assert!(key.len() == 32 && meaning.len() == 32 && !whole.contains("customer"), "{whole}");
        keys.push((key, meaning));
    }
    assert!(keys[0].0 != keys[1].0 && keys[0].1 != keys[1].1, "secrets differ");
}
