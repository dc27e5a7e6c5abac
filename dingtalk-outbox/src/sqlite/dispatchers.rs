//! Dispatchers of the store: the processes among them that are running.

use dingtalk_core::{Error, delivery::BoxFuture};
use rusqlite::{Row, TransactionBehavior};

use super::{
    SqliteStore, file,
    items::{Work, time},
    thread::Job,
    trouble::Trouble,
};
use crate::{
    outbox::{Dispatcher, Service, Serving},
    processes::Processes,
};

impl Work<'_> {
    /// Returns the rows of the dispatchers that are running, and removes those of others if `clean` is set.
    fn running(&self, processes: &Processes, clean: bool) -> Result<Vec<Dispatcher>, Trouble> {
        let sql = "SELECT dispatcher, process, owner, lanes, alone, since FROM dingtalk_dispatcher ORDER BY dispatcher";
        let read = |row: &Row<'_>| {
            let mut service = Service::new(row.get::<_, String>(2)?, [""; 0]).alone(row.get(4)?);
            let lanes: String = row.get(3)?;
            service.lanes = serde_json::from_str(&lanes).unwrap_or_default();
            Ok((row.get(0)?, row.get(1)?, Dispatcher::new(service, time(row.get(5)?))))
        };
        let mut running = Vec::new();
        for (row, process, dispatcher) in self.all::<(i64, String, Dispatcher)>(sql, [], read)? {
            if processes.is_running(&process) {
                running.push(dispatcher);
            } else if clean {
                self.execute("DELETE FROM dingtalk_dispatcher WHERE dispatcher = ?1", [row])?;
            }
        }
        Ok(running)
    }

    /// Adds a dispatcher, and returns its row; `None` if it was to be alone, and is not.
    fn register(&self, service: &Service, processes: &Processes) -> Result<Option<i64>, Trouble> {
        let others = self.running(processes, true)?;
        if service.alone && others.iter().any(|other| other.alone) {
            return Ok(None);
        }
        let sql = "INSERT INTO dingtalk_dispatcher (process, owner, lanes, alone, since) VALUES (?1, ?2, ?3, ?4, ?5)";
        let (process, lanes) = (processes.own()?, serde_json::to_string(&service.lanes)?);
        let row = (process, &service.owner, lanes, service.alone, self.now);
        Ok(Some(self.statement(sql)?.insert(row)?))
    }
}

impl SqliteStore {
    pub(super) fn register(&self, service: Service) -> BoxFuture<'_, Result<Option<Serving>, Error>> {
        let processes = self.processes.clone();
        let registered = self.write(move |work| work.register(&service, &processes));
        let jobs = self.jobs.clone();
        Box::pin(async move {
            let Some(row) = registered.await? else { return Ok(None) };
            Ok(Some(Serving::new(move || {
                // If it fails, the row is that of a process that has ended as soon as this one has.
                drop(jobs.send(Job::Run(Box::new(move |connection| {
                    let sql = "DELETE FROM dingtalk_dispatcher WHERE dispatcher = ?1";
                    drop(file::transact(connection, TransactionBehavior::Immediate, |transaction| {
                        Ok(transaction.execute(sql, [row])?)
                    }));
                }))));
            })))
        })
    }

    pub(super) fn registered(&self) -> BoxFuture<'_, Result<Vec<Dispatcher>, Error>> {
        let processes = self.processes.clone();
        self.read(move |work| work.running(&processes, false))
    }
}
