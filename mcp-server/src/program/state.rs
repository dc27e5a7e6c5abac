//! `dingtalk-notify state sql`: the tables of a database, for the person who has the right to make them.

use dingtalk_outbox::Postgres;

use super::{Result, arguments::SqlArguments, say};

/// Schema of the tables, unless set.
const SCHEMA: &str = "dingtalk";

pub(super) fn sql(arguments: &SqlArguments) -> Result<()> {
    let schema = match &arguments.schema {
        Some(schema) => schema.clone(),
        None => {
            let settings = arguments.settings();
            settings.check()?;
            settings.schema().unwrap_or(SCHEMA).to_owned()
        }
    };
    let mut sql = Postgres::sql(&schema)?;
    for role in &arguments.program_roles {
        sql += &Postgres::program_grants(&schema, role)?;
    }
    for role in &arguments.enqueue_roles {
        sql += &Postgres::enqueue_grants(&schema, role)?;
    }
    Ok(say(sql.trim_end())?)
}
