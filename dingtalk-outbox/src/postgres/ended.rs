//! Registrations that have ended.

use std::sync::{Mutex, PoisonError};

use tokio_postgres::Client;

use super::trouble::Trouble;

/// Registrations that have ended, and whose rows have to be removed before the next step of the store: those who read
/// what waits afterwards must not rely on them.
#[derive(Debug, Default)]
pub(super) struct Ended {
    rows: Mutex<Vec<i64>>,
    /// Held while rows are removed.
    removal: tokio::sync::Mutex<()>,
}

impl Ended {
    pub(super) fn add(&self, row: i64) {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
    }

    fn rows(&self) -> Vec<i64> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Removes the rows.
    pub(super) async fn remove(&self, client: &Client) -> Result<(), Trouble> {
        if self.rows().is_empty() {
            return Ok(());
        }
        let _removal = self.removal.lock().await;
        let rows = self.rows();
        if !rows.is_empty() {
            client.execute("DELETE FROM dispatcher WHERE dispatcher = ANY($1)", &[&rows]).await?;
            self.rows.lock().unwrap_or_else(PoisonError::into_inner).retain(|row| !rows.contains(row));
        }
        Ok(())
    }
}
