// What the checks with the TypeScript SDK share. Their command lines are PROGRAM PACKAGES, where PACKAGES is a folder in which
// npm has installed the SDK.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";

const [program, packages] = process.argv.slice(2);
const require = createRequire(`${packages}/`);
export const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
export const { StdioClientTransport } = require("@modelcontextprotocol/sdk/client/stdio.js");
export const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
export const { ElicitRequestSchema, CallToolResultSchema } = require("@modelcontextprotocol/sdk/types.js");
export { program };

// Far more than anything here takes; the server waits 45 seconds for a person.
export const PATIENCE = 20_000;

export const YES = { action: "accept", content: { answer: "yes" } };
// Never the state of the person who runs the checks.
const STATE = mkdtempSync(path.join(os.tmpdir(), "dingtalk-notify-"));
process.on("exit", () => rmSync(STATE, { recursive: true, force: true }));
const QUIET = { DINGTALK_NOTIFY_LOG: "error", DINGTALK_NOTIFY_STATE_DIR: STATE };

const children = new Set();
process.on("exit", () => children.forEach((child) => child.kill()));

/** No process outlives a check that fails. */
function started(child) {
  children.add(child);
  child.on("exit", () => children.delete(child));
  return child;
}

let passed = 0;
const failed = [];

/** Prints what failed and the counts, and ends the process. */
export function finish() {
  for (const name of failed) console.log(`FAILED  ${name}`);
  console.log(`${passed} passed, ${failed.length} failed`);
  process.exit(failed.length ? 1 : 0);
}

/** Returns what makes a check of this subject. One that fails does not keep the others from running. */
export function checksOf(subject) {
  return async (name, body) => {
    try {
      await body();
      passed += 1;
      console.log(`ok      ${subject}, ${name}`);
    } catch (error) {
      failed.push(name);
      console.log(`FAILED  ${subject}, ${name}`);
      console.log(error);
    }
  };
}

/** A sandbox in a process of its own. It takes 20 messages a minute, so each set of checks has its own. */
export async function withSandbox(body) {
  const sandbox = started(spawn(program, ["sandbox", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] }));
  try {
    const environment = { ...QUIET, DINGTALK_BOT_RATE_PER_MINUTE: "0" };
    for await (const line of readline.createInterface({ input: sandbox.stdout })) {
      const [, name, value] = line.match(/^\s*export (\w+)=(.*)$/) ?? [];
      if (name) environment[name] = value;
      if (line.includes("Ctrl-C")) break;
    }
    const entries = async () =>
      (await (await fetch(`${environment.DINGTALK_BOT_BASE_URL}/messages`)).json()).entries;
    return await body({ environment, entries });
  } finally {
    sandbox.kill();
  }
}

/** A robot that takes connections and answers nothing by itself. */
export async function withRobot(body) {
  const robot = net.createServer();
  robot.listen(0, "127.0.0.1");
  await once(robot, "listening");
  const environment = {
    ...QUIET,
    DINGTALK_BOT_BASE_URL: `http://127.0.0.1:${robot.address().port}`,
    DINGTALK_BOT_ACCESS_TOKEN: "0".repeat(64),
  };
  try {
    return await body({ robot, environment });
  } finally {
    robot.close();
  }
}

/** Starts the server over HTTP, and waits for its address. */
export async function serveHttp(environment, address = "127.0.0.1:0") {
  const server = started(spawn(program, ["serve", "--http", address], { env: environment, stdio: ["ignore", "ignore", "pipe"] }));
  const [line] = await once(readline.createInterface({ input: server.stderr }), "line");
  return { server, url: new URL(line.split(" ").at(-1)) };
}

export const call = (client, name, args, options) =>
  client.callTool({ name, arguments: args }, undefined, { timeout: PATIENCE, ...options });
