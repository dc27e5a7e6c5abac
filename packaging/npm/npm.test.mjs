// The packages as npm would lay them out, with a program that says what it was given.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { optionalDependencies, pack } from "./pack.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const platforms = JSON.parse(readFileSync(join(here, "platforms.json"), "utf8"));
const { name } = JSON.parse(readFileSync(join(here, "wrapper/package.json"), "utf8"));
const own = `${process.platform}-${process.arch}`;
// The programs below are shell scripts, which Windows does not start.
const skip = process.platform === "win32" ? "needs a shell" : own in platforms ? false : `no package for ${own}`;

// It waits 20 seconds at most, so that a signal that is lost fails the test and leaves nothing behind.
const program = `#!/bin/sh
case "$1" in
  echo) shift; printf '%s\\n' "$@"; cat; echo "to stderr" >&2; exit 7 ;;
  wait) trap 'echo stopped; exit 3' TERM; trap 'echo interrupted; exit 4' INT; echo ready; i=0; while [ $i -lt 400 ]; do sleep 0.05; i=$((i+1)); done ;;
  abort) kill -ABRT $$ ;;
esac
`;

function scratch(context) {
  const folder = mkdtempSync(join(tmpdir(), "dingtalk-notify-npm-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** node_modules with the wrapper, and the package of this platform if there is a program; returns the wrapper's script. */
function install(context, program) {
  const modules = join(scratch(context), "node_modules");
  const wrapper = join(modules, name);
  cpSync(join(here, "wrapper"), wrapper, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(wrapper, "package.json"), "utf8"));
  manifest.optionalDependencies = optionalDependencies(name, Object.keys(platforms), "0.1.0");
  writeFileSync(join(wrapper, "package.json"), JSON.stringify(manifest));
  if (program !== undefined) {
    const folder = join(modules, `${name}-${own}`);
    mkdirSync(join(folder, "bin"), { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: `${name}-${own}`, version: "0.1.0" }));
    writeFileSync(join(folder, "bin/dingtalk-notify"), program, { mode: 0o755 });
  }
  return join(wrapper, "bin/dingtalk-notify.js");
}

function run(script, ...rest) {
  return spawnSync(process.execPath, [script, ...rest], { encoding: "utf8", input: "from stdin\n" });
}

/** Starts a program that waits, sends the signal once it is ready, and gives what it printed and how it ended. */
async function stop(script, signal) {
  const child = spawn(process.execPath, [script, "wait"], { stdio: ["pipe", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    if (printed === "") child.kill(signal);
    printed += text;
  });
  const ended = await new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal })));
  return { printed, ...ended };
}

test("arguments, stdin, stdout, stderr and the exit code pass through", { skip }, (context) => {
  const { status, stdout, stderr } = run(install(context, program), "echo", "a b", "--http", "");
  assert.equal(stdout, "a b\n--http\n\nfrom stdin\n");
  assert.equal(stderr, "to stderr\n");
  assert.equal(status, 7);
});

test("a signal reaches the program, which decides how to end", { skip }, async (context) => {
  const script = install(context, program);
  assert.deepEqual(await stop(script, "SIGTERM"), { printed: "ready\nstopped\n", code: 3, signal: null });
  assert.deepEqual(await stop(script, "SIGINT"), { printed: "ready\ninterrupted\n", code: 4, signal: null });
});

test("a program that a signal ended looks like that from outside", { skip }, (context) => {
  const { status, signal } = run(install(context, program), "abort");
  assert.deepEqual({ status, signal }, { status: null, signal: "SIGABRT" });
});

test("what is missing is named, and stdout stays clean for MCP", { skip }, (context) => {
  const { status, stdout, stderr } = run(install(context));
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.match(stderr, new RegExp(`dingtalk-notify: the package ${name}-${own} is not installed`));
  assert.match(stderr, /--omit=optional/);
});

test("a platform without a program is told which have one", { skip }, (context) => {
  const script = install(context, program);
  const elsewhere = "Object.defineProperty(process, 'arch', { value: 's390x' })";
  const imported = `data:text/javascript,${encodeURIComponent(elsewhere)}`;
  const { status, stderr } = spawnSync(process.execPath, ["--import", imported, script], { encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`no program for ${process.platform}-s390x, only for .*linux-arm64.*win32-x64`));
  assert.match(stderr, /cargo install dingtalk-notify/);
});

/** Archives as the release makes them; Windows's too, which needs a program that makes a zip file. */
function archives(folder) {
  const made = join(folder, "dist");
  for (const { target, program: file } of Object.values(platforms)) {
    const inside = join(made, `dingtalk-notify-${target}`);
    mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, file), program);
    execFileSync("tar", ["-czf", `${inside}.tar.gz`, "-C", made, basename(inside)]);
  }
  return made;
}

test("each archive becomes a package for its platform, and the wrapper asks for just those", { skip }, (context) => {
  const folder = scratch(context);
  const out = join(folder, "npm");
  const folders = pack({ version: "1.2.3", archives: archives(folder), out });
  assert.deepEqual(folders.map((folder) => relative(out, folder)), [
    ...Object.keys(platforms).map((platform) => `${name}-${platform}`),
    name,
  ]);
  for (const [platform, { program: file }] of Object.entries(platforms)) {
    const packed = join(out, `${name}-${platform}`);
    const manifest = JSON.parse(readFileSync(join(packed, "package.json"), "utf8"));
    const { version, os, cpu } = manifest;
    assert.equal(manifest.name, `${name}-${platform}`);
    assert.deepEqual({ version, os, cpu }, { version: "1.2.3", os: [platform.split("-")[0]], cpu: [platform.split("-")[1]] });
    assert.ok(statSync(join(packed, "bin", file)).mode & 0o100, `${file} can be run`);
    const published = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", packed], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] }));
    const paths = [published].flat().flatMap(({ files }) => files.map(({ path }) => path));
    assert.deepEqual(paths.sort(), ["LICENSE-APACHE", "LICENSE-MIT", "README.md", `bin/${file}`, "package.json"]);
  }
  const wrapper = JSON.parse(readFileSync(join(out, name, "package.json"), "utf8"));
  assert.equal(wrapper.version, "1.2.3");
  assert.deepEqual(
    wrapper.optionalDependencies,
    Object.fromEntries(Object.keys(platforms).map((platform) => [`${name}-${platform}`, "1.2.3"])),
  );
});

test("what was packed runs when it is installed", { skip }, (context) => {
  const folder = scratch(context);
  const out = join(folder, "node_modules");
  pack({ version: "1.2.3", archives: archives(folder), out });
  const { status, stdout } = run(join(out, name, "bin/dingtalk-notify.js"), "echo", "packed");
  assert.deepEqual({ status, stdout }, { status: 7, stdout: "packed\nfrom stdin\n" });
});

test("a missing archive leaves no half set of packages", { skip }, (context) => {
  const folder = scratch(context);
  const made = archives(folder);
  rmSync(join(made, "dingtalk-notify-aarch64-apple-darwin.tar.gz"));
  const out = join(folder, "npm");
  assert.throws(() => pack({ version: "1.2.3", archives: made, out }), /no archive for aarch64-apple-darwin/);
  assert.ok(!existsSync(out));
});

test("a version that npm would not take is refused", () => {
  for (const version of [undefined, "v1.2.3", "latest"]) assert.throws(() => pack({ version }), /--version/);
});

test("the packages have a scope, and the command has none", () => {
  const { bin, mcpName } = JSON.parse(readFileSync(join(here, "wrapper/package.json"), "utf8"));
  assert.match(name, /^@[^/]+\/dingtalk-notify$/);
  assert.deepEqual(Object.keys(bin), ["dingtalk-notify"]);
  const owner = name.slice(1).split("/")[0];
  assert.equal(mcpName.toLowerCase(), `io.github.${owner}/dingtalk-notify`.toLowerCase());
});
