"use strict";
// The server makes articles; this script builds them from JSON by an allow-list of elements and attributes. It never
// parses a text as HTML.

const TAGS = new Set(("a article aside b bdi blockquote br button code dd details div dl dt em h1 h2 h3 h4 h5 h6 hr img li " +
  "ol p pre s span strong summary table tbody td th thead time tr ul").split(" "));
const DRAWN = new Set(["svg", "path"]);
const ATTRIBUTES = new Set(("alt aria-current aria-hidden aria-label aria-labelledby aria-level aria-valuemax aria-valuemin aria-valuenow class d data-action " +
  "data-colour data-form data-ms data-number data-part data-robot data-type data-verdict dir hidden href id loading preserveAspectRatio " +
  "referrerpolicy rel role scope src start tabindex target title type value viewBox").split(" "));

/** Reports whether an address may stand in an attribute: a page of our own, or what a message may open or load. */
function isSafe(name, value) {
  if (name === "src") return /^https?:\/\//i.test(value);
  if (name !== "href") return true;
  return /^(https?|dingtalk):\/\//i.test(value) || /^\/(?![/\\])/.test(value);
}

/** Builds an element from `[name, attributes, ...children]`. What the lists do not have is left out. */
function drawTree(tree, container) {
  const element = build(tree);
  if (container) container.replaceChildren(element);
  return element;
}

function build(tree) {
  if (typeof tree === "string") return document.createTextNode(tree);
  const [name, attributes, ...children] = tree;
  const element = DRAWN.has(name) ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(TAGS.has(name) ? name : "span");
  for (const [key, value] of Object.entries(attributes)) {
    if (ATTRIBUTES.has(key) && isSafe(key, value)) element.setAttribute(key, value);
  }
  // A style attribute would need a weaker policy.
  if (attributes["data-colour"]) element.style.color = attributes["data-colour"];
  element.append(...children.map(build));
  return element;
}

const page = document.documentElement;
const chinese = page.lang.startsWith("zh");
const say = (english, inChinese) => (chinese ? inChinese : english);
const byId = (id) => document.getElementById(id);
const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
/** Milliseconds between two loads of new messages. */
const ROUND = 250;

function make(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Sends a request that changes something. Only this page knows the token. */
function change(method, path, body) {
  const headers = { "Content-Type": "application/json", "X-Sandbox-Token": meta("sandbox-token") };
  return fetch(path, { method, headers, body: JSON.stringify(body ?? {}) });
}

/** The options of this page, for a request. */
function withOptions(path, extra) {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(extra || {})) query.set(key, value);
  query.set("lang", chinese ? "zh" : "en");
  return `${path}?${query}`;
}

async function getJson(path, extra) {
  const answer = await fetch(withOptions(path, extra));
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

// ---- Times ---------------------------------------------------------------------------------------

const clocks = {
  minutes: new Intl.DateTimeFormat(page.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  seconds: new Intl.DateTimeFormat(page.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }),
  days: new Intl.DateTimeFormat(page.lang, { month: "short", day: "numeric" }),
};

function localTimes(root) {
  for (const time of root.querySelectorAll("time[data-ms]")) {
    const date = new Date(Number(time.dataset.ms));
    const day = date.toDateString() === new Date().toDateString() ? "" : `${clocks.days.format(date)} `;
    time.textContent = day + clocks[time.dataset.form].format(date);
    time.dateTime = date.toISOString();
  }
}

// ---- Filters and switches ------------------------------------------------------------------------

function currentFilter() {
  const value = (id) => byId(id).value;
  return { robot: value("f-robot"), type: value("f-type"), verdict: value("f-verdict"), q: value("f-q").trim().toLowerCase() };
}

function matches(article, filter) {
  const { robot, type, verdict } = article.dataset;
  return (!filter.robot || robot === filter.robot) && (!filter.type || type === filter.type)
    && (!filter.verdict || verdict === filter.verdict)
    && (!filter.q || article.querySelector(".drawn").textContent.toLowerCase().includes(filter.q));
}

function applyFilter() {
  const filter = currentFilter();
  for (const article of log.children) article.hidden = !matches(article, filter);
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(filter)) value ? query.set(key, value) : query.delete(key);
  show(query);
  conversations();
  status();
}

/** Puts a query into the address and into the links that keep it. */
function show(query) {
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
}

function switches() {
  for (const group of document.querySelectorAll("[data-switch]")) {
    const key = group.dataset.switch;
    for (const link of group.querySelectorAll("a")) {
      link.addEventListener("click", (event) => {
        const chosen = link.dataset.set;
        const plain = { client: "desktop", theme: "auto", pictures: "0" }[key] === chosen;
        const query = new URLSearchParams(location.search);
        plain ? query.delete(key) : query.set(key, chosen);
        event.preventDefault();
        if (key !== "client" && key !== "theme") {
          location.href = query.size ? `?${query}` : location.pathname;
          return;
        }
        page.dataset[key] = chosen;
        for (const other of group.querySelectorAll("a")) other.removeAttribute("aria-current");
        link.setAttribute("aria-current", "true");
        show(query);
      });
    }
  }
}

// ---- The log -------------------------------------------------------------------------------------

const log = byId("log");
/** True while the newest message is in view; then the log follows new messages. */
let pinned = true;
let live = false;
let last = log ? Number(log.dataset.last) : 0;
let unread = 0;
/** Number of messages that a page shows at most. */
const kept = log ? Number(log.dataset.kept) : 0;

function status(note) {
  if (!log) return;
  let accepted = 0, refused = 0, shown = 0;
  for (const article of log.children) {
    if (article.dataset.verdict === "accepted") accepted++;
    if (article.dataset.verdict === "refused") refused++;
    if (!article.hidden) shown++;
  }
  const parts = [say(`${accepted} accepted, ${refused} refused`, `${accepted} 条消息，拒绝 ${refused} 次`)];
  if (shown < log.childElementCount) parts.push(say(`${shown} shown`, `显示 ${shown} 条`));
  if (log.childElementCount >= kept) parts.push(say(`the newest ${kept}`, `最新 ${kept} 条`));
  if (!live) parts.push(say("not connected", "未连接"));
  if (note) parts.push(note);
  byId("state").textContent = parts.join(" · ");
  document.title = (unread ? `(${unread}) ` : "") + say("DingTalk sandbox", "钉钉沙箱");
  byId("empty").hidden = log.childElementCount > 0;
}

const scroller = () => (getComputedStyle(log).overflowY === "visible" ? log.closest(".columns") : log);

function settle() {
  if (!pinned) return;
  const box = scroller();
  box.scrollTop = box.scrollHeight;
}

/** Loads what is newer than the log. Messages that arrive meanwhile are loaded by the next round. */
let loading = null;
let again = false;

function load() {
  if (loading) {
    again = true;
    return loading;
  }
  loading = (async () => {
    do {
      again = false;
      const { run, articles } = await getJson("/articles", { after: last });
      // Another sandbox took the port: start over.
      if (run !== meta("sandbox-run")) return location.reload();
      log.setAttribute("aria-live", "polite");
      const filter = currentFilter();
      const fragment = document.createDocumentFragment();
      for (const { number, element } of articles) {
        if (number <= last) continue;
        last = number;
        const article = drawTree(element);
        // A stream of messages would be animated, and painted, without end.
        if (articles.length === 1) article.classList.add("fresh");
        article.hidden = !matches(article, filter);
        fragment.append(article);
        if (document.hidden) unread++;
      }
      localTimes(fragment);
      log.append(fragment);
      while (log.childElementCount > kept) log.firstElementChild.remove();
      status();
      settle();
      byId("newer").hidden = pinned;
      conversations();
      // Many messages in quick succession are one load.
      if (again) await new Promise((resolve) => { setTimeout(resolve, ROUND); });
    } while (again);
  })().catch(() => {}).finally(() => { loading = null; });
  return loading;
}

function removed({ numbers, through }) {
  for (const number of numbers || []) byId(`m${number}`)?.remove();
  if (through) {
    for (const article of [...log.children]) if (Number(article.dataset.number) <= through) article.remove();
    last = Math.max(last, through);
  }
  status();
  conversations();
}

function listen() {
  const events = new EventSource(`/events?after=${last}`);
  events.addEventListener("run", (event) => {
    if (event.data !== meta("sandbox-run")) location.reload();
    live = true;
    status();
  });
  events.addEventListener("entry", load);
  events.addEventListener("removed", (event) => removed(JSON.parse(event.data)));
  events.addEventListener("error", () => { live = false; status(); });
}

// ---- Conversations: previews and gauges ----------------------------------------------------------

let drawing = null;
let timer = null;

function conversations() {
  drawing ??= (async () => {
    const focused = document.activeElement?.closest?.("#conversations a, #conversations button");
    const robot = focused?.dataset.robot;
    const list = drawTree(await getJson("/conversations"));
    localTimes(list);
    byId("conversations").replaceChildren(list);
    if (robot) byId("conversations").querySelector(`${focused.localName}[data-robot="${CSS.escape(robot)}"]`)?.focus();
    // A window passes without an event.
    clearTimeout(timer);
    const moving = list.querySelector("[role=meter]:not([aria-valuenow=\"0\"])") || list.querySelector(".resting");
    if (moving) timer = setTimeout(() => { if (!document.hidden) conversations(); }, 2000);
  })().catch(() => {}).finally(() => { drawing = null; });
  return drawing;
}

// ---- Actions -------------------------------------------------------------------------------------

async function copied(text, button) {
  const done = await navigator.clipboard.writeText(text).then(() => true, () => false);
  const label = button.textContent;
  button.textContent = done ? say("Copied", "已复制") : say("Not copied", "复制失败");
  setTimeout(() => { button.textContent = label; }, 1500);
}

const ACTIONS = {
  async curl(button) {
    copied(await (await fetch(`/view/${button.dataset.number}/curl`)).text(), button);
  },
  async delete(button) {
    const number = button.dataset.number;
    const article = button.closest("article");
    const next = article.nextElementSibling || article.previousElementSibling;
    const answer = await change("DELETE", `/messages/${number}`);
    if (!log) return void (location.href = withOptions("/"));
    if (answer.ok) removed({ numbers: [Number(number)] });
    (next?.querySelector("[data-action=delete]") || log).focus();
  },
  async unblock(button) {
    await change("POST", `/robots/${encodeURIComponent(button.dataset.robot)}/unblock`);
    conversations();
  },
};

async function part(details) {
  if (!details.open || details.dataset.loaded) return;
  details.dataset.loaded = "yes";
  const element = await getJson(`/view/${details.dataset.part}/request`).then(drawTree, () => make("p", "", say("Not found", "未找到")));
  details.querySelector("a").replaceWith(element);
}

/** The variables that the product reads, and the address for programs of other makers. */
async function connect(box) {
  const { base_url: base, robots } = await (await fetch("/robots")).json();
  const nodes = [];
  for (const robot of robots) {
    const list = make("dl");
    const row = (name, value, secret) => {
      const shown = make("code", "", secret ? "••••••••••••" : value);
      const copy = make("button", "act", say("Copy", "复制"));
      copy.type = "button";
      copy.setAttribute("aria-label", `${say("Copy", "复制")} ${name}`);
      copy.addEventListener("click", () => copied(value, copy));
      const buttons = make("span", "", copy);
      if (secret) {
        const reveal = make("button", "act", say("Show", "显示"));
        reveal.type = "button";
        reveal.setAttribute("aria-label", `${say("Show", "显示")} ${name}`);
        reveal.addEventListener("click", () => { shown.textContent = value; reveal.remove(); copy.focus(); });
        buttons.prepend(reveal, " ");
      }
      list.append(make("dt", "", name), make("dd", "", shown), make("dd", "", buttons));
    };
    row("DINGTALK_BOT_BASE_URL", base, false);
    row("DINGTALK_BOT_ACCESS_TOKEN", new URL(robot.webhook).searchParams.get("access_token"), true);
    if (robot.secret) row("DINGTALK_BOT_SECRET", robot.secret, true);
    if (robot.keywords.length) row(say("Keywords", "关键词"), robot.keywords.join("  "), false);
    row(say("Whole webhook, for other programs", "完整 Webhook 地址（供其他程序使用）"), robot.webhook, true);
    nodes.push(make("h2", "", robot.name), list);
  }
  box.replaceChildren(...nodes);
}

function toggle(id, boxId, fill) {
  const button = byId(id), box = byId(boxId);
  button.addEventListener("click", async () => {
    if (box.hidden && fill) await fill(box);
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
  });
}

// ---- Start ---------------------------------------------------------------------------------------

function start() {
  page.classList.add("js");
  localTimes(document);
  switches();
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-action]");
    if (button) ACTIONS[button.dataset.action]?.(button);
  });
  document.addEventListener("toggle", (event) => { if (event.target.matches("details[data-part]")) part(event.target); }, true);
  if (!log) return;
  toggle("show-connect", "connect", connect);
  toggle("show-verdict", "verdict-tab");
  byId("clear").addEventListener("click", async () => { await change("DELETE", "/messages"); });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("input", applyFilter);
  byId("conversations").addEventListener("click", (event) => {
    const link = event.target.closest("a[data-robot]");
    if (!link) return;
    event.preventDefault();
    byId("f-robot").value = link.getAttribute("aria-current") ? "" : link.dataset.robot;
    applyFilter();
  });
  byId("newer").addEventListener("click", () => { pinned = true; settle(); byId("newer").hidden = true; });
  let top = 0;
  const scrolled = () => {
    const box = scroller();
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 60) pinned = true;
    else if (box.scrollTop < top) pinned = false;
    top = box.scrollTop;
    if (pinned) byId("newer").hidden = true;
  };
  log.addEventListener("scroll", scrolled);
  log.closest(".columns").addEventListener("scroll", scrolled);
  new ResizeObserver(settle).observe(log);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { unread = 0; status(); conversations(); } });
  status();
  settle();
  conversations();
  listen();
}

start();
