//! Tables of a schema, and their migrations.
//!
//! Programs of several versions use one schema. Changes within a major version only add; functions are replaced by
//! those of the newest version. A change that an older program must not ignore raises `min_compatible`.

use tokio_postgres::Client;

use super::trouble::Trouble;

/// Number of the newest schema that this version knows.
const SCHEMA: i32 = 3;

/// Steps from each schema to the next one. A step that was released never changes.
const MIGRATIONS: [&str; 3] =
    [include_str!("schema/1.sql"), include_str!("schema/2.sql"), include_str!("schema/3.sql")];

/// Functions of this version.
const FUNCTIONS: [&str; 5] = [
    include_str!("schema/functions.sql"),
    include_str!("schema/window.sql"),
    include_str!("schema/calls.sql"),
    include_str!("schema/enqueue.sql"),
    include_str!("schema/share.sql"),
];

/// Returns what brings an empty or older schema up to date, for a person with the rights to run it.
pub(super) fn sql(schema: &str) -> String {
    let steps: Vec<String> = (1..).zip(MIGRATIONS).map(|(step, sql)| self::step(step, sql)).collect();
    let steps = steps.concat();
    let functions = FUNCTIONS.concat();
    let sql = format!(
        "BEGIN;\nSELECT pg_advisory_xact_lock(hashtext('dingtalk migration'), hashtext('{{schema}}'));\n\
         CREATE SCHEMA IF NOT EXISTS {{schema}};\nSET LOCAL search_path = {{schema}};\n{steps}{functions}COMMIT;\n"
    );
    sql.replace("{schema}", schema)
}

/// Returns what lets a role use the function `enqueue`, and nothing else.
pub(super) fn enqueue_grants(schema: &str, role: &str) -> String {
    format!(
        "GRANT USAGE ON SCHEMA {schema} TO {role};\n\
         GRANT EXECUTE ON FUNCTION {schema}.enqueue(text, jsonb, jsonb) TO {role};\n"
    )
}

/// Returns what lets a role use everything in the schema, and change nothing of its structure.
pub(super) fn program_grants(schema: &str, role: &str) -> String {
    format!(
        "GRANT USAGE ON SCHEMA {schema} TO {role};\n\
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};\n\
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role};\n\
         GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {role};\n"
    )
}

/// Returns a step that has no effect on tables that have it.
fn step(step: i32, sql: &str) -> String {
    let is_missing = match step {
        1 => "NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = '{schema}' AND tablename = 'meta')"
            .to_owned(),
        _ => format!("(SELECT schema FROM meta) < {step}"),
    };
    format!(
        "DO $migration$ BEGIN IF {is_missing} THEN\n{sql}\nUPDATE meta SET schema = {step};\nEND IF; END $migration$;\n"
    )
}

/// Brings the tables up to date, unless that is left to a person. Safe for processes that begin at the same time.
pub(super) async fn migrate(client: &Client, schema: &str, allowed: bool) -> Result<(), Trouble> {
    let current = current(client, schema).await?;
    if current.is_none_or(|current| current < SCHEMA) {
        if !allowed {
            return Err(Trouble::new(format!(
                "the tables of the schema {schema:?} are missing or outdated, and this program does not make them; let \
                 a person with the rights run the SQL that `dingtalk-notify state sql` prints, or `Postgres::sql` \
                 returns"
            )));
        }
        client.batch_execute(&sql(schema)).await?;
    }
    Ok(())
}

/// Returns the version of the tables, if they exist. Fails if they belong to a newer version.
async fn current(client: &Client, schema: &str) -> Result<Option<i32>, Trouble> {
    let table = client.query_one("SELECT to_regclass($1)::text", &[&format!("{schema}.meta")]).await?;
    if table.get::<_, Option<String>>(0).is_none() {
        return Ok(None);
    }
    let row = client.query_one(&format!("SELECT schema, min_compatible FROM {schema}.meta"), &[]).await?;
    if row.get::<_, i32>(1) > SCHEMA {
        return Err(Trouble::new(
            "a newer version of the program has changed the tables; update this program",
        ));
    }
    Ok(Some(row.get(0)))
}
