// A page in Chromium is a client of its own: of an origin that the server names, and of one that it does not.
//
// Usage: node browser.mjs PROGRAM PACKAGES. Without Chromium on the path, nothing is checked, which is an error in CI.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";

import { PATIENCE, checksOf, finish, serveHttp, withSandbox } from "./typescript.mjs";

const check = checksOf("Chromium");

const TOKEN = "a-token-that-nobody-guesses";

/** What the page does; it returns what it could read. */
async function inThePage(url, token) {
  const seen = [];
  const exchange = async (name, init, where = url) => {
    try {
      const response = await fetch(where, init);
      const headers = Object.fromEntries(response.headers);
      seen.push({ name, status: response.status, headers, text: await response.text() });
      return response;
    } catch (error) {
      seen.push({ name, error: String(error) });
      return undefined;
    }
  };
  const post = (message, session) => ({
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json, text/event-stream",
      "MCP-Protocol-Version": "2025-11-25",
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(session && { "Mcp-Session-Id": session }),
    },
    body: JSON.stringify({ jsonrpc: "2.0", ...message }),
  });
  const hello = {
    id: 1, method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "page", version: "1" } },
  };
  const call = { id: 3, method: "tools/call", params: { name: "send_text_message", arguments: { text: "from a page" } } };
  await exchange("no token", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
  await exchange("another path", {}, new URL("/register", url));
  // Without a preflight, as any page could send it.
  await exchange("a simple request", { method: "POST", headers: { "Content-Type": "text/plain" }, body: JSON.stringify({ jsonrpc: "2.0", ...call }) });
  await exchange("a request without an answer", { ...post(call), mode: "no-cors" });
  const greeted = await exchange("initialize", post(hello));
  const session = greeted?.headers.get("mcp-session-id");
  await exchange("initialized", post({ method: "notifications/initialized" }, session));
  await exchange("list", post({ id: 2, method: "tools/list" }, session));
  await exchange("call", post(call, session));
  await exchange("end", { ...post({}, session), method: "DELETE", body: undefined });
  return seen;
}

/** Opens a page of our own in Chromium, and waits for what it has seen. */
async function pageSees(chromium, host, prepare) {
  let report;
  const reported = new Promise((resolve) => (report = resolve));
  let script = "";
  const site = http.createServer((request, response) => {
    if (request.method === "POST") {
      let body = "";
      request.on("data", (piece) => (body += piece));
      request.on("end", () => report(JSON.parse(body)));
    }
    response.setHeader("Content-Type", "text/html");
    response.end(`<!doctype html><script type="module">${script}</script>`);
  });
  site.listen(0, host);
  await once(site, "listening");
  const origin = `http://${host}:${site.address().port}`;
  const profile = mkdtempSync(path.join(os.tmpdir(), "dingtalk-notify-browser-"));
  let browser;
  try {
    return await prepare(origin, async (url, token) => {
      const values = JSON.stringify([url, token]);
      script = `const seen = await (${inThePage})(...${values}); await fetch("/", { method: "POST", body: JSON.stringify(seen) });`;
      browser = spawn(chromium, [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-proxy-server",
        `--user-data-dir=${profile}`, origin,
      ], { stdio: "ignore" });
      const late = new Promise((_, reject) => setTimeout(reject, 3 * PATIENCE, new Error("the page says nothing")).unref());
      return Promise.race([reported, late]);
    });
  } finally {
    if (browser && browser.exitCode === null) {
      browser.kill();
      await once(browser, "exit");
    }
    site.closeAllConnections();
    site.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What the page saw of a server with these options, and the messages that arrived. */
const visit = (chromium, host, isNamed, token) =>
  pageSees(chromium, host, (origin, open) =>
    withSandbox(async (sandbox) => {
      const environment = { ...sandbox.environment, ...(token && { DINGTALK_NOTIFY_HTTP_TOKEN: token }) };
      if (isNamed) environment.DINGTALK_NOTIFY_HTTP_ORIGINS = origin;
      const { server, url } = await serveHttp(environment);
      try {
        const seen = await open(url.href, token);
        return { seen: Object.fromEntries(seen.map((step) => [step.name, step])), messages: await sandbox.entries() };
      } finally {
        server.kill();
      }
    }),
  );

async function namedOrigin(chromium) {
  const { seen, messages } = await visit(chromium, "127.0.0.1", true, TOKEN);
  const said = JSON.stringify(seen, null, 2);
  assert.equal(seen["no token"].status, 401, said);
  assert.match(seen["no token"].text, /Bearer/);
  assert.match(seen["no token"].headers["www-authenticate"], /^Bearer/);
  assert.equal(seen["another path"].status, 404, said);
  assert.match(JSON.parse(seen["another path"].text).error_description, /OAuth/);
  assert.equal(seen.initialize.status, 200, said);
  assert.ok(seen.initialize.headers["mcp-session-id"] && seen.initialize.headers["x-request-id"], said);
  assert.equal(seen.initialized.status, 202, said);
  assert.match(seen.list.text, /send_markdown_message/);
  assert.match(seen.call.text, /"status":"delivered"/);
  assert.equal(seen.end.status, 204, said);
  assert.equal(messages.length, 1, "only the call with a token");
}

async function unnamedOrigin(chromium, token) {
  const { seen, messages } = await visit(chromium, "localhost", false, token);
  for (const step of Object.values(seen)) {
    if (step.name === "a request without an answer") continue;
    assert.ok(step.error, `the page can read: ${JSON.stringify(step)}`);
  }
  assert.deepEqual(messages, [], "the page has sent a message");
}

const chromium = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);
if (!chromium) {
  console.log("skipped  Chromium, which is not on the path");
  process.exit(process.env.CI ? 1 : 0);
}
await check("a page of an origin that is named", () => namedOrigin(chromium));
await check("a page of another origin", () => unnamedOrigin(chromium, TOKEN));
await check("a page of another origin, and a server without a token", () => unnamedOrigin(chromium, undefined));
finish();
