//! The queue and the state in PostgreSQL, for programs on several machines.

mod address;
mod connection;
mod dispatchers;
mod entries;
mod letters;
mod migration;
mod session;
mod store;
mod trouble;

pub use self::{
    connection::{Postgres, PostgresBuilder},
    store::PostgresStore,
};
