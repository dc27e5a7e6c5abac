// The client of the TypeScript SDK drives the server, over stdio and over HTTP.
//
// Usage: node typescript_client.mjs PROGRAM PACKAGES

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";

import {
  Client, ElicitRequestSchema, PATIENCE, StdioClientTransport, StreamableHTTPClientTransport, YES, call, checksOf, finish,
  program, serveHttp, withRobot, withSandbox,
} from "./typescript.mjs";

const calls = JSON.parse(readFileSync(new URL("calls.json", import.meta.url), "utf8"));

const check = checksOf("TypeScript client");

const NO_ANSWER = 45_000 + PATIENCE;
const NEVER = new Promise(() => {});

/** Connects a client, gives it to the body, and ends it. Whom the client asks is `person`; without, it shows no forms. */
async function withClient(over, environment, person, body) {
  const client = new Client({ name: "check", version: "1" }, { capabilities: person ? { elicitation: {} } : {} });
  if (person) client.setRequestHandler(ElicitRequestSchema, (question) => person(question.params));
  let server;
  try {
    if (over === "stdio") {
      await client.connect(new StdioClientTransport({ command: program, args: ["serve"], env: environment }));
    } else {
      const served = await serveHttp(environment);
      server = served.server;
      await client.connect(new StreamableHTTPClientTransport(served.url));
    }
    return await body(client);
  } finally {
    await client.close();
    server?.kill();
  }
}

const everybody = (client, text, options) => call(client, "send_text_message", { text, atAll: true }, options);

async function everyCall(client, sandbox) {
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map((tool) => tool.name),
    calls.map(({ tool }) => tool),
  );
  for (const { tool, arguments: args, wire } of calls) {
    const result = await call(client, tool, args);
    assert.equal(result.structuredContent?.status, "delivered", JSON.stringify(result));
    const { outcome, message } = (await sandbox.entries()).at(-1);
    assert.equal(outcome, "accepted");
    assert.equal(message.msgUuid, result.structuredContent.id);
    for (const [key, value] of Object.entries(wire)) assert.deepEqual(message[key], value);
  }
}

/** Only an exact yes lets a message notify everybody, and a call that is made again neither asks nor sends. */
async function questions(client, sandbox, person) {
  const before = (await sandbox.entries()).length;
  const answers = [{ action: "accept", content: {} }, { action: "accept", content: { answer: "no" } }];
  for (const [number, answer] of [...answers, { action: "decline" }, { action: "cancel" }].entries()) {
    person.answer = answer;
    const result = await everybody(client, `fire drill ${number}`);
    assert.equal(result.isError, true);
    assert.equal(result.structuredContent.reason, "not_confirmed");
    assert.match(person.asked.at(-1).message, new RegExp(`fire drill ${number}`));
  }
  assert.equal((await sandbox.entries()).length, before);
  person.answer = YES;
  assert.equal((await everybody(client, "fire drill")).structuredContent.status, "delivered");
  const asked = person.asked.length;
  assert.equal((await everybody(client, "fire drill")).structuredContent.status, "duplicate");
  assert.deepEqual([person.asked.length, (await sandbox.entries()).length], [asked, before + 1]);
}

/** The error's text reaches the client, whose check of the structured part does not stumble over it. */
async function mistakes(client) {
  const result = await call(client, "send_markdown_message", { titel: "Release", text: "", atAll: "yes" });
  assert.equal(result.isError, true);
  assert.equal(result.structuredContent.faults.length, 4);
  await assert.rejects(call(client, "send_fax", { text: "x" }), /send_text_message/);
}

/** Half a surrogate pair is a mistake that the model can mend: the answer names the argument. */
async function halfACharacter(client) {
  const result = await call(client, "send_text_message", { text: "\ud83d" });
  assert.equal(result.isError, true);
  assert.match(result.structuredContent.faults[0], /`text`/);
  assert.equal((await call(client, "send_text_message", { text: "" })).isError, true);
}

/** A call that the client gives up is given up by the server, which goes on serving. */
async function cancelled(over) {
  await withRobot(({ robot, environment }) =>
    withClient(over, environment, undefined, async (client) => {
      const given = new AbortController();
      const ended = assert.rejects(call(client, "send_text_message", { text: "x" }, { signal: given.signal }));
      const [connection] = await once(robot, "connection");
      connection.on("error", () => {});
      await once(connection, "data");
      const closed = once(connection, "close");
      connection.on("end", () => connection.end());
      given.abort();
      // The server would give up by itself after ten seconds.
      await Promise.race([closed, new Promise((_, reject) => setTimeout(reject, 5_000, new Error("still open")).unref())]);
      await ended;
      assert.equal((await call(client, "send_text_message", { text: "" })).isError, true);
    }),
  );
}

async function nobodyAnswers(over) {
  await withSandbox((sandbox) =>
    withClient(over, sandbox.environment, () => NEVER, async (client) => {
      const result = await everybody(client, "fire drill", { timeout: NO_ANSWER });
      assert.equal(result.structuredContent.reason, "not_confirmed");
      assert.deepEqual(await sandbox.entries(), []);
    }),
  );
}

async function nobodyToAsk(over) {
  await withSandbox((sandbox) =>
    withClient(over, sandbox.environment, undefined, async (client) => {
      assert.equal((await everybody(client, "fire drill")).structuredContent.reason, "not_confirmed");
      assert.deepEqual(await sandbox.entries(), []);
    }),
  );
}

async function checkTransport(over) {
  await withSandbox(async (sandbox) => {
    const person = { answer: YES, asked: [] };
    const ask = (question) => {
      person.asked.push(question);
      return person.answer;
    };
    await withClient(over, sandbox.environment, ask, async (client) => {
      await check(`${over}: the list of tools, and a call of each`, () => everyCall(client, sandbox));
      await check(`${over}: a person is asked before everybody is notified, and once`, () =>
        questions(client, sandbox, person),
      );
      await check(`${over}: mistakes`, () => mistakes(client));
      await check(`${over}: half a character`, () => halfACharacter(client));
    });
  });
  await check(`${over}: a client that cannot ask`, () => nobodyToAsk(over));
  await check(`${over}: a call that is cancelled`, () => cancelled(over));
}

const transports = ["stdio", "HTTP"];
const waiting = transports.map((over) => check(`${over}: a person who says nothing`, () => nobodyAnswers(over)));
for (const over of transports) await checkTransport(over);
await Promise.all(waiting);
finish();
