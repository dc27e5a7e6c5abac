#!/usr/bin/env node
// Starts the program that npm installed for this platform, in this process's place: the same stdin, stdout and stderr,
// the same signals, the same exit code.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";

const command = "dingtalk-notify";
const platform = `${process.platform}-${process.arch}`;

function fail(...lines) {
  process.stderr.write(lines.map((line) => `${command}: ${line}\n`).join(""));
  process.exit(1);
}

function findProgram() {
  const require = createRequire(import.meta.url);
  // With its scope, which the packages of the platforms share.
  const { name, optionalDependencies } = require("../package.json");
  const wanted = `${name}-${platform}`;
  const available = Object.keys(optionalDependencies);
  if (!available.includes(wanted)) {
    const platforms = available.map((dependency) => dependency.slice(name.length + 1)).join(", ");
    fail(`no program for ${platform}, only for ${platforms}`, `with Rust, \`cargo install ${command}\` builds one`);
  }
  const file = process.platform === "win32" ? `${command}.exe` : command;
  try {
    return require.resolve(`${wanted}/bin/${file}`);
  } catch {
    return fail(
      `the package ${wanted} is not installed, though this machine needs it`,
      "npm skips it with `--omit=optional` or `--no-optional`, and when the modules were copied from another machine: install again",
    );
  }
}

const child = spawn(findProgram(), process.argv.slice(2), { stdio: "inherit", windowsHide: true });

const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
for (const signal of signals) {
  process.on(signal, () => {
    // A terminal sends Ctrl-C to both; the child has it already.
    if (signal === "SIGINT" && process.stdin.isTTY) return;
    child.kill(signal);
  });
}

child.on("error", (error) => fail(`cannot start the program: ${error.message}`));
child.on("exit", (code, signal) => {
  if (signal === null) {
    process.exit(code);
  }
  // The parent process learns which signal it was.
  for (const handled of signals) process.removeAllListeners(handled);
  process.kill(process.pid, signal);
  // What a shell reports, should the signal not have ended this process.
  setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 100);
});
