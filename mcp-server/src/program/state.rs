//! `dingtalk-notify state sql`: the tables of a database, for the person who has the right to make them.

use clap::{Args, Subcommand};
use dingtalk_outbox::Postgres;

use super::{Result, options::FileArgument, say};

/// Schema of the tables, unless set.
const SCHEMA: &str = "dingtalk";

#[derive(Subcommand)]
pub(super) enum StateCommand {
    /// Print the SQL that makes the tables, or brings them up to date, for a person with the rights to run it
    Sql(SqlArguments),
}

#[derive(Args)]
pub(super) struct SqlArguments {
    /// Schema of the tables; by default that of the configuration file, or `dingtalk`
    #[arg(long, value_name = "NAME")]
    schema: Option<String>,
    /// Role of programs that use the tables and do not make them: print its grants, too; repeat for several
    #[arg(long = "program-role", value_name = "ROLE")]
    program_roles: Vec<String>,
    /// Role that can do nothing but add notifications: print its grants, too; repeat for several
    #[arg(long = "enqueue-role", value_name = "ROLE")]
    enqueue_roles: Vec<String>,
    #[command(flatten)]
    file: FileArgument,
}

pub(super) fn run(command: &StateCommand) -> Result<()> {
    let StateCommand::Sql(arguments) = command;
    let schema = match &arguments.schema {
        Some(schema) => schema.clone(),
        None => {
            let settings = arguments.file.settings();
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
