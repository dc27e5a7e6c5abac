// The client of the TypeScript SDK in sessions that do not go smoothly: connections that break, servers that restart, and
// messages that other clients send.
//
// Usage: node typescript_sessions.mjs PROGRAM PACKAGES

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";

import {
  CallToolResultSchema, Client, ElicitRequestSchema, PATIENCE, StdioClientTransport, StreamableHTTPClientTransport, YES,
  call, checksOf, finish, program, serveHttp, withRobot, withSandbox,
} from "./typescript.mjs";

const check = checksOf("TypeScript client");

const HELLO = (protocolVersion) => ({ protocolVersion, capabilities: {}, clientInfo: { name: "check", version: "1" } });
const request = (id, method, params) => ({ jsonrpc: "2.0", id, method, params });
const text = (words) => ({ name: "send_text_message", arguments: { text: words } });
const within = (time, promise, what) =>
  Promise.race([promise, new Promise((_, reject) => setTimeout(reject, time, new Error(what)).unref())]);

/** Serves over HTTP, and ends the server whatever happens. */
async function served(environment, body, address) {
  const { server, url } = await serveHttp(environment, address);
  try {
    return await body(url, server);
  } finally {
    server.kill();
    if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
  }
}

async function connected(url, options, body) {
  const { person, ...transport } = options;
  const client = new Client({ name: "check", version: "1" }, { capabilities: person ? { elicitation: {} } : {} });
  if (person) client.setRequestHandler(ElicitRequestSchema, (question) => person(question.params));
  try {
    await client.connect(new StreamableHTTPClientTransport(url, transport));
    return await body(client);
  } finally {
    await client.close();
  }
}

/** A proxy that breaks the connection of one answer, as soon as what it has passed on satisfies `breaksAt`. */
async function withBreaks(url, breaksAt, body) {
  let breaks = 0;
  const proxy = http.createServer((request, response) => {
    const head = { method: request.method, headers: request.headers };
    const onward = http.request(new URL(request.url, url), head, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      let seen = "";
      answer.on("data", (piece) => {
        seen += piece;
        response.write(piece);
        if (breaks === 0 && request.method === "POST" && breaksAt(seen)) {
          breaks += 1;
          setTimeout(() => response.destroy(), 50);
        }
      });
      answer.on("end", () => response.end());
      answer.on("error", () => response.destroy());
      response.on("close", () => onward.destroy());
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  try {
    return await body(new URL(url.pathname, `http://127.0.0.1:${proxy.address().port}`), () => breaks);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
}

/** The answer to a call whose stream breaks arrives over another connection, and the message is sent once. */
async function brokenStream() {
  await withRobot(({ robot, environment }) =>
    served(environment, (url) =>
      withBreaks(url, (seen) => seen.includes("notifications/progress"), (proxy, breaks) =>
        connected(proxy, {}, async (client) => {
          const progress = [];
          const result = call(client, "send_text_message", { text: "broken" }, { onprogress: (step) => progress.push(step) });
          const [connection] = await once(robot, "connection");
          robot.once("connection", () => assert.fail("sent twice"));
          await once(connection, "data");
          // Answers after the stream broke, and before the client is back.
          while (breaks() === 0) await new Promise((wake) => setTimeout(wake, 20));
          const body = JSON.stringify({ errcode: 0, errmsg: "ok" });
          setTimeout(() => connection.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`), 500);
          assert.equal((await result).structuredContent.status, "delivered");
          assert.ok(progress.length >= 1);
        }),
      ),
    ),
  );
}

/** A person is asked once, although the stream of the question breaks. */
async function brokenQuestion() {
  await withSandbox((sandbox) =>
    served(sandbox.environment, (url) =>
      withBreaks(url, (seen) => seen.includes("elicitation/create"), async (proxy, breaks) => {
        let asked = 0;
        const person = async () => {
          asked += 1;
          await new Promise((wake) => setTimeout(wake, 4_000));
          return YES;
        };
        await connected(proxy, { person }, async (client) => {
          const result = await call(client, "send_text_message", { text: "drill", atAll: true });
          assert.equal(result.structuredContent.status, "delivered", JSON.stringify(result));
        });
        assert.deepEqual([asked, breaks(), (await sandbox.entries()).length], [1, 1, 1]);
      }),
    ),
  );
}

/** A client goes on with its session after the server has been replaced, and can still be asked. */
async function restart() {
  await withSandbox((sandbox) =>
    served(sandbox.environment, (url, first) => {
      let asked = 0;
      const person = () => {
        asked += 1;
        return YES;
      };
      return connected(url, { person }, async (client) => {
        assert.equal((await call(client, "send_text_message", { text: "before" })).structuredContent.status, "delivered");
        first.kill();
        await once(first, "exit");
        const afterwards = async () => {
          const result = await call(client, "send_text_message", { text: "after", atAll: true });
          assert.equal(result.structuredContent.status, "delivered", JSON.stringify(result));
          assert.equal((await call(client, "send_text_message", { text: "before" })).structuredContent.status, "duplicate");
        };
        await served(sandbox.environment, afterwards, url.host);
        assert.equal(asked, 1);
      });
    }),
  );
}

/** A session that was put away for those of others goes on as if it had not been. */
async function crowded() {
  await withSandbox((sandbox) =>
    served(sandbox.environment, async (url) => {
      // The client has no stream open: it is not in use.
      const fetchWithoutStream = (where, init) =>
        init?.method === "GET" ? new Response(null, { status: 405 }) : fetch(where, init);
      await connected(url, { fetch: fetchWithoutStream }, async (client) => {
        const hello = {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
          body: JSON.stringify(request(1, "initialize", HELLO("2025-11-25"))),
        };
        for (let number = 0; number < 700; number += 1) assert.equal((await fetch(url, hello)).status, 200);
        assert.equal((await call(client, "send_text_message", { text: "crowd" })).structuredContent.status, "delivered");
      });
      await connected(url, {}, async (client) => {
        await client.transport.terminateSession();
        await assert.rejects(client.listTools(), /Session|begin one/);
      });
    }),
  );
}

/** Arguments that a model has written as a JSON text are read as what they mean. */
async function argumentsAsText(client, sandbox) {
  const request = (args) =>
    client.request(
      { method: "tools/call", params: { name: "send_text_message", arguments: args } },
      CallToolResultSchema,
      { timeout: PATIENCE },
    );
  assert.equal((await request('{"text": "as a text"}')).structuredContent.status, "delivered");
  assert.equal((await sandbox.entries()).at(-1).message.text.content, "as a text");
  const before = (await sandbox.entries()).length;
  for (const unfit of ['"{}"', "text", '{"text": "a", "text": "b"}', "[]", ["x"], 5, true]) {
    const result = await request(unfit);
    assert.equal(result.isError, true, JSON.stringify(unfit));
    assert.ok(result.content[0].text.length > 0);
  }
  assert.equal((await sandbox.entries()).length, before);
}

/** Messages as they are, over a transport of the SDK without its client. */
async function withMessages(transport, body) {
  const received = [];
  let wake = () => {};
  transport.onmessage = (message) => {
    received.push(message);
    wake();
  };
  transport.onerror = () => {};
  const until = async (id) => {
    for (;;) {
      const found = received.find((message) => message.id === id && !message.method);
      if (found) return found;
      await within(PATIENCE, new Promise((resolve) => (wake = resolve)), `no answer to ${id}`);
    }
  };
  await transport.start();
  try {
    await body({ send: (message) => transport.send(message), until, received });
  } finally {
    await transport.close();
  }
}

const greet = async ({ send, until }, protocolVersion) => {
  await send(request(0, "initialize", HELLO(protocolVersion)));
  assert.equal((await until(0)).result.protocolVersion, protocolVersion);
  await send({ jsonrpc: "2.0", method: "notifications/initialized" });
};

/** A batch of an older client is dispatched; one of a newer client is refused as a whole. */
async function batches(url, sandbox) {
  await withMessages(new StreamableHTTPClientTransport(url), async (peer) => {
    await greet(peer, "2025-03-26");
    const note = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 99 } };
    await peer.send([
      request(1, "tools/call", text("first of a batch")), note, request(2, "ping"), request(3, "tools/call", text("second")),
    ]);
    for (const id of [1, 3]) assert.equal((await peer.until(id)).result.structuredContent.status, "delivered");
    assert.deepEqual((await peer.until(2)).result, {});
  });
  const before = (await sandbox.entries()).length;
  await withMessages(new StreamableHTTPClientTransport(url), async (peer) => {
    await greet(peer, "2025-06-18");
    await assert.rejects(peer.send([request(1, "tools/call", text("refused"))]), /-32600/);
  });
  assert.equal((await sandbox.entries()).length, before);
}

/** Of two requests with one id, the second is refused before anything is sent. */
async function duplicateId(transport, robot) {
  await withMessages(transport, async (peer) => {
    await greet(peer, "2025-11-25");
    peer.send(request(5, "tools/call", text("first"))).catch(() => {});
    const [connection] = await once(robot, "connection");
    await once(connection, "data");
    robot.once("connection", () => assert.fail("the second was sent, too"));
    const second = peer.send(request(5, "tools/call", text("second")));
    if (transport instanceof StreamableHTTPClientTransport) {
      await assert.rejects(second, /-32600/);
    } else {
      assert.equal((await peer.until(5)).error.code, -32600);
      peer.received.length = 0;
    }
    const body = JSON.stringify({ errcode: 0, errmsg: "ok" });
    connection.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    assert.equal((await peer.until(5)).result.structuredContent.status, "delivered");
  });
}

/** A client with OAuth that sends the wrong token says why it cannot connect, and what to do. */
async function wrongToken(environment) {
  await served({ ...environment, DINGTALK_NOTIFY_HTTP_TOKEN: "a-token-that-nobody-guesses" }, async (url) => {
    const authProvider = {
      redirectUrl: "http://127.0.0.1:1/callback",
      clientMetadata: { redirect_uris: ["http://127.0.0.1:1/callback"], client_name: "check" },
      clientInformation: () => undefined,
      saveClientInformation: () => {},
      tokens: () => ({ access_token: "wrong", token_type: "bearer" }),
      saveTokens: () => {},
      redirectToAuthorization: () => assert.fail("there is nowhere to go"),
      saveCodeVerifier: () => {},
      codeVerifier: () => "x",
    };
    await assert.rejects(connected(url, { authProvider }, () => {}), (error) => {
      assert.match(error.message, /OAuth|Bearer/);
      assert.doesNotMatch(error.message, /Unexpected token|is not valid JSON/);
      return true;
    });
    const requestInit = { headers: { Authorization: "Bearer wrong" } };
    await assert.rejects(connected(url, { requestInit }, () => {}), /Bearer/);
    requestInit.headers.Authorization = "Bearer a-token-that-nobody-guesses";
    await connected(url, { requestInit }, async (client) => assert.ok((await client.listTools()).tools.length > 0));
  });
}

await check("HTTP: a stream that breaks in the middle of a call", brokenStream);
await check("HTTP: a stream that breaks after the question", brokenQuestion);
await check("HTTP: a server that restarts", restart);
await check("HTTP: a session that was put away", crowded);
await withSandbox((sandbox) =>
  served(sandbox.environment, async (url) => {
    await connected(url, {}, (client) => check("HTTP: arguments as a text", () => argumentsAsText(client, sandbox)));
    await check("HTTP: batches", () => batches(url, sandbox));
    await check("HTTP: a wrong token", () => wrongToken(sandbox.environment));
  }),
);
await check("HTTP: an id twice", () =>
  withRobot(({ robot, environment }) =>
    served(environment, (url) => duplicateId(new StreamableHTTPClientTransport(url), robot)),
  ),
);
await check("stdio: an id twice", () =>
  withRobot(({ robot, environment }) =>
    duplicateId(new StdioClientTransport({ command: program, args: ["serve"], env: environment }), robot),
  ),
);
finish();
