// Orders something, with node-postgres: the group reads of it if, and only if, the order is stored.

import pg from "pg";

async function order(client, name) {
  const message = { type: "text", content: `${name} was ordered` };
  await client.query("BEGIN");
  try {
    await client.query("SELECT dingtalk.enqueue('ops', $1)", [message]);
    await client.query("INSERT INTO orders (name) VALUES ($1)", [name]);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}

const client = new pg.Client({ connectionString: process.argv[2] });
await client.connect();
await order(client, "A book (node-postgres)");
const second = await order(client, "A book (node-postgres)").catch((error) => error.code);
await client.end();
if (second !== "23505") throw new Error("the second order was not refused");
