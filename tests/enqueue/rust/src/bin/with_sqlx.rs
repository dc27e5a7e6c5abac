//! Orders something, with sqlx: the group reads of it if, and only if, the order is stored.

use sqlx::{Connection as _, PgConnection};

async fn order(connection: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    let message = format!(r#"{{"type": "text", "content": "{name} was ordered"}}"#);
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT dingtalk.enqueue('ops', $1::jsonb)").bind(message).execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO orders (name) VALUES ($1)").bind(name).execute(&mut *transaction).await?;
    transaction.commit().await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> sqlx::Result<()> {
    let url = std::env::args().nth(1).expect("the URL of a database");
    let mut connection = PgConnection::connect(&url).await?;
    order(&mut connection, "A book (sqlx)").await?;
    let second = order(&mut connection, "A book (sqlx)").await.expect_err("the second order is refused");
    assert!(second.as_database_error().is_some_and(|error| error.is_unique_violation()), "{second}");
    Ok(())
}
