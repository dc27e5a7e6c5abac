// Batches from json-rpc-2.0, a library for JSON-RPC that knows nothing of MCP: it makes the batch, and matches the one
// answer to its requests. No MCP SDK sends batches any more.
//
//     node json_rpc_client.mjs PROGRAM PACKAGES

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import readline from "node:readline";

import { PATIENCE, checksOf, finish, program, serveHttp, withSandbox } from "./typescript.mjs";

const { JSONRPCClient } = createRequire(`${process.argv[3]}/`)("json-rpc-2.0");
const check = checksOf("json-rpc-2.0");

/** A client over stdin and stdout, one line for each message or batch. */
async function overStdio(environment, body) {
  const server = spawn(program, ["serve"], { env: environment, stdio: ["pipe", "pipe", "inherit"] });
  const lines = [];
  const client = new JSONRPCClient((payload) => server.stdin.write(`${JSON.stringify(payload)}\n`));
  readline.createInterface({ input: server.stdout }).on("line", (line) => {
    lines.push(line);
    client.receive(JSON.parse(line));
  });
  try {
    await body(client, lines);
    // It ends by itself with its input.
    server.stdin.end();
    assert.deepEqual(await once(server, "exit"), [0, null]);
  } finally {
    server.kill();
  }
}

/** The same over HTTP, where the answer to a batch is one body. */
async function overHttp(environment, body) {
  const { server, url } = await serveHttp(environment);
  const answers = [];
  let session;
  const client = new JSONRPCClient(async (payload) => {
    const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
    if (session) headers["Mcp-Session-Id"] = session;
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(payload) });
    session ??= answer.headers.get("Mcp-Session-Id");
    let text = await answer.text();
    if (answer.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      text = text.split("\n").findLast((line) => line.startsWith("data: {")).slice("data: ".length);
    }
    if (!text) return;
    answers.push(text);
    client.receive(JSON.parse(text));
  });
  try {
    await body(client, answers);
  } finally {
    server.kill();
  }
}

const HELLO = { capabilities: {}, clientInfo: { name: "json-rpc-2.0", version: "1.8.1" } };
const greet = async (client, protocolVersion) => {
  const answer = await client.timeout(PATIENCE).request("initialize", { protocolVersion, ...HELLO });
  assert.equal(answer.protocolVersion, protocolVersion);
  client.notify("notifications/initialized");
};
const request = (id, method, params) => ({ jsonrpc: "2.0", id, method, params });
const text = (id, message) =>
  request(id, "tools/call", { name: "send_text_message", arguments: { text: message } });

/** Each request of a batch has its answer, in one array; a notification has none. */
async function batch(client, answers, sandbox, version) {
  await greet(client, version);
  const before = (await sandbox.entries()).length;
  const seen = answers.length;
  const mixed = [
    text("one", `first of ${version}`), request(2, "ping"), text(3, `second of ${version}`),
    request("no", "tools/fly"), text("wrong", 12),
  ];
  const [one, ping, two, unknown, wrong] = await client.timeout(PATIENCE).requestAdvanced(mixed);
  assert.equal(answers.length, seen + 1, "one array of answers");
  assert.equal(JSON.parse(answers.at(-1)).length, mixed.length);
  for (const answer of [one, two]) assert.equal(answer.result.structuredContent.status, "delivered");
  assert.deepEqual(ping.result, {});
  assert.equal(unknown.error.code, -32601);
  assert.equal(wrong.result.isError, true);
  assert.equal((await sandbox.entries()).length, before + 2);
}

/** What cannot be dispatched is refused as a whole, and the session goes on. */
async function refusals(client, answers, sandbox) {
  await greet(client, "2025-03-26");
  const before = (await sandbox.entries()).length;
  const many = Array.from({ length: 21 }, (_, index) => text(100 + index, `one too many ${index}`));
  const refused = async (requests, count) => {
    const seen = answers.length;
    client.timeout(500).requestAdvanced(requests).then(() => {}, () => {});
    for (let wait = 0; answers.length === seen && wait < 100; wait += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const answer = JSON.parse(answers.at(-1));
    assert.equal(answers.length, seen + 1);
    const errors = Array.isArray(answer) ? answer : [answer];
    assert.equal(errors.length, count);
    for (const { error } of errors) assert.equal(error.code, -32600);
  };
  await refused([], 1);
  await refused(many, 1);
  assert.equal((await sandbox.entries()).length, before);
  const [ping] = await client.timeout(PATIENCE).requestAdvanced([request(1, "ping")]);
  assert.deepEqual(ping.result, {});
}

for (const [way, open] of [["stdio", overStdio], ["HTTP", overHttp]]) {
  await withSandbox(async (sandbox) => {
    const inSession = (body) => open(sandbox.environment, body);
    for (const version of ["2024-11-05", "2025-03-26"]) {
      await check(`${way}: a batch of ${version}`, () =>
        inSession((client, answers) => batch(client, answers, sandbox, version)),
      );
    }
    await check(`${way}: batches that are refused`, () =>
      inSession((client, answers) => refusals(client, answers, sandbox)),
    );
  });
}
finish();
