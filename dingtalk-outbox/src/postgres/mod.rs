//! The queue and the state in PostgreSQL, for programs on several machines.

mod address;
mod calls;
mod connection;
mod decisions;
mod dispatchers;
mod ended;
mod entries;
mod letters;
mod link;
mod listeners;
mod look;
mod migration;
mod rows;
mod session;
mod share;
mod store;
mod tables;
mod transaction;
mod trouble;

pub use self::{
    connection::{Postgres, PostgresBuilder},
    store::PostgresStore,
    transaction::enqueue_in_postgres,
};
pub(crate) use self::{decisions::Wish, look::Look, rows::host_name, tables::Tables as PostgresTables};
