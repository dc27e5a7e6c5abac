// Makes the npm packages of a release from its archives:
//
//   node pack.mjs --version 0.1.0 --archives ../../dist --out ../../npm
//
// There is one package for each platform, with the program in it, and the wrapper, which depends on all of them. Each is
// named after the wrapper, whose package.json alone has the scope.

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const licenses = ["LICENSE-APACHE", "LICENSE-MIT"];
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

/** The program out of `dingtalk-notify-<target>.tar.gz`, or `.zip` for Windows. */
function unpack(archives, target, program, to) {
  const archive = ["tar.gz", "zip"].map((ending) => join(archives, `dingtalk-notify-${target}.${ending}`)).find(existsSync);
  if (archive === undefined) throw new Error(`${archives} has no archive for ${target}`);
  const scratch = mkdtempSync(join(tmpdir(), "dingtalk-notify-"));
  try {
    if (archive.endsWith(".zip")) execFileSync("unzip", ["-q", archive, "-d", scratch]);
    else execFileSync("tar", ["-xzf", archive, "-C", scratch]);
    const found = join(scratch, `dingtalk-notify-${target}`, program);
    if (!existsSync(found)) throw new Error(`${archive} holds no dingtalk-notify-${target}/${program}`);
    cpSync(found, to);
    chmodSync(to, 0o755);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function packPlatform(platform, { target, program }, { version, archives, out }, wrapper) {
  const name = `${wrapper.name}-${platform}`;
  const folder = join(out, name);
  mkdirSync(join(folder, "bin"), { recursive: true });
  unpack(archives, target, program, join(folder, "bin", program));
  const [os, cpu] = platform.split("-");
  const { license, homepage, repository, files } = wrapper;
  const description = `The program of ${wrapper.name} for ${platform}; install ${wrapper.name}, not this`;
  // Without `bin`: the name of the command belongs to the wrapper. `preferUnplugged`: it must be a file that can be run.
  writeJson(join(folder, "package.json"), {
    name, version, description, license, homepage, repository, os: [os], cpu: [cpu], files, preferUnplugged: true,
  });
  writeFileSync(join(folder, "README.md"), `# ${name}\n\n${description}.\n`);
  return folder;
}

/** The packages of the platforms, of which npm installs the one that fits: the wrapper's, at the same version. */
export function optionalDependencies(name, platforms, version) {
  return Object.fromEntries(platforms.map((platform) => [`${name}-${platform}`, version]).sort());
}

function packWrapper({ version, out }, wrapper, platforms) {
  const folder = join(out, wrapper.name);
  cpSync(join(here, "wrapper"), folder, { recursive: true });
  const dependencies = optionalDependencies(wrapper.name, platforms, version);
  writeJson(join(folder, "package.json"), { ...wrapper, version, optionalDependencies: dependencies });
  return folder;
}

/** The folders of all packages, in the order in which they are published: the wrapper, which needs the others, last. */
export function pack(options) {
  if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(options.version ?? "")) {
    throw new Error(`--version: expected a version such as 0.1.0, not ${options.version}`);
  }
  const wrapper = readJson(join(here, "wrapper/package.json"));
  const platforms = readJson(join(here, "platforms.json"));
  // All or nothing: half a set must not look like a whole one.
  const finished = resolve(options.out);
  const out = `${finished}.unfinished`;
  rmSync(out, { recursive: true, force: true });
  const all = { ...options, out };
  const folders = Object.entries(platforms).map(([platform, about]) => packPlatform(platform, about, all, wrapper));
  folders.push(packWrapper(all, wrapper, Object.keys(platforms)));
  for (const folder of folders) {
    for (const license of licenses) cpSync(join(here, "../..", license), join(folder, license));
  }
  rmSync(finished, { recursive: true, force: true });
  renameSync(out, finished);
  return folders.map((folder) => folder.replace(out, finished));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = { type: "string" };
  const { values } = parseArgs({ options: { version: text, archives: text, out: text } });
  for (const folder of pack({ archives: "dist", out: "npm", ...values })) console.log(folder);
}
