//! Dispatchers of the store: the processes among them that are running.

use dingtalk_core::Error;

use super::{
    store::{PostgresStore, text},
    trouble::Trouble,
};
use crate::outbox::{Dispatcher, Service, Serving};

impl PostgresStore {
    pub(super) async fn register(&self, service: Service) -> Result<Option<Serving>, Error> {
        let failed = |trouble: Trouble| self.postgres.error(&trouble);
        let Some(session) = &self.session else {
            return Err(failed(Trouble::new("a store without a session has no dispatchers")));
        };
        let owner = session.wait(&self.postgres).await.map_err(failed)?;
        let lanes: Vec<String> = service.lanes.iter().map(|lane| text(lane)).collect();
        let sql = "SELECT register($1, $2, $3, $4)";
        let row: Option<i64> =
            self.value(sql, &[&owner, &text(&service.owner), &lanes, &service.alone]).await?;
        Ok(row.map(|row| {
            let store = self.clone();
            Serving::new(move || {
                store.ended.add(row);
                // Soon, also if the store has nothing more to do. Without a runtime, the process is about to end.
                if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                    runtime.spawn(async move { drop(store.rows("SELECT", &[]).await) });
                }
            })
        }))
    }

    pub(super) async fn registered(&self) -> Result<Vec<Dispatcher>, Error> {
        let sql =
            "SELECT name, lanes, alone, since FROM dispatcher WHERE NOT has_ended(owner) ORDER BY dispatcher";
        let rows = self.rows(sql, &[]).await?;
        let read = |row: &tokio_postgres::Row| {
            let lanes: Vec<String> = row.try_get("lanes")?;
            let service = Service::new(row.try_get::<_, String>("name")?, lanes).alone(row.try_get("alone")?);
            Ok(Dispatcher::new(service, row.try_get("since")?))
        };
        let dispatchers: Result<_, Trouble> = rows.iter().map(read).collect();
        dispatchers.map_err(|trouble| self.postgres.error(&trouble))
    }
}
