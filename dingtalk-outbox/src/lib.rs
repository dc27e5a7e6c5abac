#![doc = include_str!("../README.md")]

pub mod calls;
mod clock;
mod database;
mod directory;
mod driver;
mod engine;
mod ids;
mod journal;
mod line;
mod meter;
mod moment;
pub mod outbox;
mod pace;
#[cfg(feature = "postgres")]
mod postgres;
mod processes;
mod records;
mod review;
mod rows;
mod schema;
mod shared;
mod slots;
mod sqlite;
mod state;
mod status;
mod store;
mod trouble;
mod units;
mod waiters;
mod window;
mod work;

#[cfg(feature = "transaction")]
pub use rusqlite;
#[cfg(feature = "postgres")]
pub use tokio_postgres;

#[cfg(feature = "postgres")]
pub use crate::postgres::{Postgres, PostgresBuilder, PostgresStore, enqueue_in_postgres};
#[cfg(feature = "transaction")]
pub use crate::sqlite::enqueue_in;
pub use crate::{
    clock::{Clock, Reading},
    meter::Quota,
    outbox::Outbox,
    sqlite::SqliteStore,
    state::{State, StateBuilder},
    status::{QuotaStatus, RobotStatus},
};
