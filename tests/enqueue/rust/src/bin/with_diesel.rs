//! Orders something, with diesel: the group reads of it if, and only if, the order is stored.

use diesel::{
    Connection as _, PgConnection, QueryResult, RunQueryDsl as _,
    result::{DatabaseErrorKind, Error},
    sql_types::Text,
};

fn order(connection: &mut PgConnection, name: &str) -> QueryResult<()> {
    let message = format!(r#"{{"type": "text", "content": "{name} was ordered"}}"#);
    connection.transaction(|connection| {
        let enqueue = "SELECT dingtalk.enqueue('ops', $1::jsonb)";
        diesel::sql_query(enqueue).bind::<Text, _>(message).execute(connection)?;
        let insert = "INSERT INTO orders (name) VALUES ($1)";
        diesel::sql_query(insert).bind::<Text, _>(name).execute(connection)?;
        Ok(())
    })
}

fn main() {
    let url = std::env::args().nth(1).expect("the URL of a database");
    let mut connection = PgConnection::establish(&url).expect("a connection");
    order(&mut connection, "A book (diesel)").expect("the first order is stored");
    let second = order(&mut connection, "A book (diesel)").expect_err("the second order is refused");
    assert!(matches!(second, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)), "{second}");
}
