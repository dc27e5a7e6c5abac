// The script of the page, in a document without a browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import vm from "node:vm";

const require = createRequire(`${process.env.TOOLS}/node_modules/`);
const { parseHTML } = require("linkedom");
const source = (name) => readFileSync(new URL(`../../dingtalk-sandbox/src/page/${name}`, import.meta.url), "utf8");
const SCRIPT = new vm.Script(source("page.js") + source("verdict.js"));

const PAGE = (lang, articles) => `<!doctype html><html lang="${lang}" data-theme="auto" data-client="desktop"><head>
  <meta name="sandbox-token" content="the token"><meta name="sandbox-run" content="run"></head><body>
  <p id="state"></p><div data-switch="client"><a href="" data-set="desktop" aria-current="true">Desktop</a><a href="?client=phone" data-set="phone">Phone</a></div>
  <form id="filters"><select id="f-robot"><option value="">all</option><option value="ops">ops</option></select>
    <select id="f-type"><option value="">all</option><option value="text">text</option></select>
    <select id="f-verdict"><option value="">all</option><option value="refused">refused</option></select><input id="f-q" value="">
    <button id="show-connect"></button><button id="show-verdict"></button><button id="clear"></button></form>
  <section id="connect" hidden></section><section id="verdict-tab" hidden></section>
  <div class="columns"><nav><div id="conversations"></div></nav>
  <main><section id="empty" hidden></section><div id="log" data-last="${articles.length}" data-kept="5">${articles.join("")}</div>
  <button id="newer" hidden></button></main></div></body></html>`;

const entry = (number, { robot = "ops", type = "text", verdict = "accepted", text = "hello" } = {}) =>
  ["article", { id: `m${number}`, class: `entry ${verdict}`, "data-number": String(number), "data-robot": robot, "data-type": type, "data-verdict": verdict },
    ["div", { class: "drawn" }, text], ["button", { "data-action": "delete", "data-number": String(number) }, "Delete"]];

const html = (number, options) => {
  const [, attributes, [, , text]] = entry(number, options);
  const written = Object.entries(attributes).map(([name, value]) => `${name}="${value}"`).join(" ");
  return `<article ${written}><div class="drawn">${text}</div><button data-action="delete" data-number="${number}">Delete</button></article>`;
};

/** Starts the script in a document. `answers` has the answers of the server: path to value, or to a function. */
function start({ lang = "en", articles = [], query = "", answers = {} } = {}) {
  const { document, window } = parseHTML(PAGE(lang, articles));
  const location = Object.assign(new URL(`http://127.0.0.1:8080/${query}`), { reloads: 0, reload() { this.reloads += 1; } });
  const requests = [], timers = new Map(), streams = [];
  const fetch = async (address, { method = "GET", headers = {}, body } = {}) => {
    const url = new URL(address, location);
    requests.push({ method, path: url.pathname, query: Object.fromEntries(url.searchParams), headers, body });
    let answer = answers[url.pathname];
    if (typeof answer === "function") answer = await answer(url, body && JSON.parse(body));
    const ok = answer !== undefined && !answer?.error;
    return { ok, status: ok ? 200 : 404, json: async () => answer ?? { error: "not found" }, text: async () => String(answer) };
  };
  class EventSource extends EventTarget {
    constructor(address) { super(); this.address = address; streams.push(this); }
    tell(type, data) { this.dispatchEvent(Object.assign(new Event(type), { data })); }
  }
  let timer = 0;
  const global = {
    document, location, fetch, EventSource, URL, URLSearchParams, Intl, console, Event,
    CSS: { escape: (text) => text }, ResizeObserver: class { observe() {} }, getComputedStyle: () => ({ overflowY: "auto" }),
    history: { replaceState(_state, _title, address) { location.href = new URL(address, location).href; } },
    navigator: { clipboard: { copied: [], async writeText(text) { this.copied.push(text); } } },
    setTimeout(work) { timers.set(++timer, work); return timer; }, clearTimeout(id) { timers.delete(id); },
  };
  Object.assign(global, { window: global, self: global });
  const context = vm.createContext(global);
  answers["/conversations"] ??= ["ul", {}];
  answers["/release"] ??= { enabled: false };
  SCRIPT.runInContext(context);
  return {
    document, window, location, requests, stream: streams[0], context, clipboard: global.navigator.clipboard,
    call: (name, ...args) => vm.runInContext(name, context)(...args),
    async settle() { for (let turn = 0; turn < 50; turn++) await null; },
    async tick() { const due = [...timers.values()]; timers.clear(); for (const work of due) work(); await this.settle(); },
    numbers: () => [...document.querySelectorAll("article")].map((article) => Number(article.dataset.number)),
    shown: () => [...document.querySelectorAll("article")].filter((article) => !article.hidden).map((article) => Number(article.dataset.number)),
    fire: (element, type) => element.dispatchEvent(new window.Event(type, { bubbles: true, cancelable: true })),
  };
}

test("elements and attributes are those of the lists", () => {
  const { call } = start();
  const built = (tree) => call("drawTree", tree).outerHTML;
  assert.equal(built(["p", { class: "x", onclick: "alert(1)", style: "color:red", srcdoc: "x" }, "a<b>", ["strong", {}, "c"]]),
    '<p class="x">a&lt;b&gt;<strong>c</strong></p>');
  for (const tag of ["script", "iframe", "style", "object", "embed", "form", "base", "link", "meta", "input", "SCRIPT", "foreignObject"]) {
    assert.equal(call("drawTree", [tag, {}]).localName, "span", tag);
  }
  assert.equal(call("drawTree", ["svg", {}, ["path", { d: "M0 0" }]]).namespaceURI ?? "http://www.w3.org/2000/svg", "http://www.w3.org/2000/svg");
});

test("addresses are http, https or dingtalk, or a page of our own", () => {
  const { call } = start();
  const safe = (name, value) => call("isSafe", name, value);
  for (const href of ["https://a.example", "HTTP://a.example", "dingtalk://x", "/view/1", "/"]) assert.ok(safe("href", href), href);
  for (const href of ["javascript:alert(1)", " https://a.example", "\tjavascript:x", "data:text/html,x", "//a.example", "/\\a.example", "vbscript:x", "ftp://a", ""]) {
    assert.ok(!safe("href", href), href);
  }
  for (const src of ["data:image/png,x", "/picture.png", "dingtalk://x", "blob:x"]) assert.ok(!safe("src", src), src);
  assert.ok(safe("src", "https://a.example/p.png") && safe("class", "javascript:"));
});

test("each part of a filter counts, and the address keeps it", async () => {
  const page = start({ articles: [html(1), html(2, { robot: "dev" }), html(3, { verdict: "refused" }), html(4, { text: "Disk of WEB-3" })] });
  const filter = async (id, value) => {
    const field = page.document.getElementById(id);
    if (field.localName === "input") field.value = value;
    for (const option of field.querySelectorAll("option")) option.toggleAttribute("selected", option.getAttribute("value") === value);
    page.fire(page.document.getElementById("filters"), "input");
    await page.settle();
    return page.shown();
  };
  assert.deepEqual(await filter("f-q", " web-3 "), [4]);
  assert.equal(page.location.search, "?q=web-3");
  assert.match(page.document.getElementById("state").textContent, /1 shown/);
  assert.deepEqual(await filter("f-q", ""), [1, 2, 3, 4]);
  assert.equal(page.location.search, "");
  assert.deepEqual(await filter("f-verdict", "refused"), [3]);
  assert.deepEqual(await filter("f-verdict", ""), [1, 2, 3, 4]);
  assert.deepEqual(await filter("f-robot", "ops"), [1, 3, 4]);
});

test("new articles are appended in order, filtered, and the oldest are dropped", async () => {
  let newest = 4;
  const page = start({
    articles: [1, 2, 3, 4].map((number) => html(number)),
    answers: {
      "/articles": (url) => {
        const after = Number(url.searchParams.get("after"));
        const articles = Array.from({ length: newest - after }, (_, at) => ({ number: after + at + 1, element: entry(after + at + 1, { text: `n${after + at + 1}` }) }));
        return { run: "run", articles };
      },
    },
  });
  page.stream.tell("run", "run");
  newest = 7;
  page.stream.tell("entry", "");
  page.stream.tell("entry", "");
  await page.settle();
  await page.tick();
  assert.deepEqual(page.numbers(), [3, 4, 5, 6, 7], "the page keeps five");
  assert.equal(page.document.getElementById("log").getAttribute("aria-live"), "polite", "what comes later is told");
  page.document.getElementById("f-q").value = "n8";
  newest = 9;
  page.stream.tell("entry", "");
  await page.settle();
  await page.tick();
  assert.deepEqual(page.shown().filter((number) => number > 7), [8], "the filter holds for what arrives");
});

test("many events are few requests", async () => {
  let newest = 0;
  const page = start({ answers: { "/articles": () => ({ run: "run", articles: [{ number: ++newest, element: entry(newest) }] }) } });
  page.stream.tell("run", "run");
  for (let event = 0; event < 100; event++) page.stream.tell("entry", "");
  await page.settle();
  await page.tick();
  const loads = page.requests.filter(({ path }) => path === "/articles").length;
  assert.equal(loads, 2, "one that was in progress, and one for all that came meanwhile");
});

test("removed messages are gone, and the page starts over after another sandbox", async () => {
  const page = start({ articles: [1, 2, 3, 4].map((number) => html(number)) });
  page.stream.tell("run", "run");
  page.stream.tell("removed", '{"numbers":[2]}');
  assert.deepEqual(page.numbers(), [1, 3, 4]);
  page.stream.tell("removed", '{"through":3}');
  assert.deepEqual(page.numbers(), [4]);
  page.stream.tell("removed", '{"through":4}');
  assert.equal(page.document.getElementById("empty").hidden, false);
  assert.match(page.document.getElementById("state").textContent, /^0 accepted, 0 refused$/);
  page.stream.tell("error", "");
  assert.match(page.document.getElementById("state").textContent, /not connected/);
  assert.equal(page.location.reloads, 0);
  page.stream.tell("run", "another");
  assert.equal(page.location.reloads, 1);
});

test("a change carries the token, and a read the options of the page", async () => {
  const page = start({ lang: "zh-CN", query: "?client=phone", articles: [html(1), html(2)], answers: { "/messages/2": {} } });
  page.fire(page.document.querySelector("#m2 button"), "click");
  await page.settle();
  const removal = page.requests.find(({ method }) => method === "DELETE");
  assert.deepEqual([removal.path, removal.headers["X-Sandbox-Token"], removal.headers["Content-Type"]], ["/messages/2", "the token", "application/json"]);
  assert.deepEqual(page.numbers(), [1]);
  const read = page.requests.find(({ path }) => path === "/conversations");
  assert.deepEqual(read.query, { client: "phone", lang: "zh" });
  assert.match(page.document.getElementById("state").textContent, /1 条消息/);
});

test("switches change the page without a reload, and the address", () => {
  const page = start();
  page.fire(page.document.querySelector("[data-set=phone]"), "click");
  assert.equal(page.document.documentElement.dataset.client, "phone");
  assert.equal(page.location.search, "?client=phone");
  assert.equal(page.document.querySelector("[aria-current]").dataset.set, "phone");
  page.fire(page.document.querySelector("[data-set=desktop]"), "click");
  assert.equal(page.location.search, "", "a default needs no option");
});

/** Opens the tab and waits for the first verdict. */
async function verdicts(judge, more = {}) {
  const page = start({ answers: { "/verdict": judge, ...more } });
  page.fire(page.document.getElementById("show-verdict"), "click");
  await page.settle();
  const outcome = () => page.document.querySelector(".draft-outcome").textContent;
  const type = (id, text) => { page.document.getElementById(id).value = text; page.fire(page.document.getElementById(id), "input"); };
  return { page, outcome, type };
}

test("a draft is judged as it is typed, and only the newest verdict counts", async () => {
  const waiting = [];
  const { page, outcome, type } = await verdicts((_, draft) => new Promise((resolve) => {
    waiting.push(() => resolve({ outcome: "refused", bytes: 12345, limit: 20000, errcode: 40035, errmsg: `about ${draft.body}`, warnings: [] }));
  }));
  type("draft-source", "one");
  await page.tick();
  type("draft-source", "two");
  await page.tick();
  assert.equal(waiting.length, 3);
  waiting[2]();
  await page.settle();
  assert.match(outcome(), /refused.*12,345 of 20,000 bytes.*40035 about two/);
  waiting[1]();
  waiting[0]();
  await page.settle();
  assert.match(outcome(), /about two/, "an answer that comes late changes nothing");
  const meter = page.document.querySelector(".draft-outcome [role=meter]");
  assert.deepEqual([meter.getAttribute("aria-valuenow"), page.document.querySelector(".draft-outcome path").getAttribute("d")], ["12345", "M0 0h62v6H0z"]);
});

test("a template has values, and values that are not JSON are told", async () => {
  const drafts = [];
  const { page, outcome, type } = await verdicts((_, draft) => { drafts.push(draft); return { outcome: "invalid", faults: ["host: too long"] }; });
  page.fire(page.document.querySelector("[data-form=template]"), "click");
  await page.settle();
  assert.equal(outcome(), "invalidhost: too long");
  type("draft-title", "CPU");
  type("draft-values", '{"host": 1}');
  await page.tick();
  assert.deepEqual(drafts.at(-1), { template: "### {host}\n\n{percent} %", values: { host: 1 }, lang: "en", title: "CPU" });
  const before = drafts.length;
  type("draft-values", "{");
  await page.tick();
  assert.match(outcome(), /^not judged.*JSON/);
  assert.equal(drafts.length, before);
});

test("nothing is sent to a real robot before its target was shown", async () => {
  const accepted = { outcome: "accepted", bytes: 10, limit: 20000, warnings: [], tree: ["p", {}, "x"] };
  const { page } = await verdicts(() => accepted, {
    "/release": (_, body) => (body ? { id: body.nonce, outcome: "delivered" } : { enabled: true, robot: "ops", host: "oapi.dingtalk.com" }),
    "/release/offer": { nonce: "n1", robot: "ops", host: "oapi.dingtalk.com", mentions: ["13800000000", "ann"], names: { 13800000000: "Li" }, type: "text", bytes: 10 },
  });
  const box = page.document.querySelector(".draft-release");
  const posts = () => page.requests.filter(({ method, path }) => method === "POST" && path === "/release");
  page.fire(box.querySelector("button"), "click");
  await page.settle();
  assert.match(box.textContent, /A real message to “ops” at oapi\.dingtalk\.com\. It mentions @Li \(13800000000\) @ann\./);
  assert.equal(posts().length, 0);
  page.fire(box.querySelector("button"), "click");
  await page.settle();
  assert.deepEqual(posts().map(({ body }) => body), ['{"nonce":"n1"}']);
  assert.equal(box.textContent, "delivered");
});
