// The sandbox's page in Chromium.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

const require = createRequire(`${process.env.TOOLS}/node_modules/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const UPDATE = Boolean(process.env.UPDATE_EXPECT);

let browser, show, base;

before(async () => {
  show = spawn(process.env.SHOW, ["0", "10000"], { stdio: ["ignore", "pipe", "inherit"] });
  base = await new Promise((resolve, reject) => {
    show.stdout.once("data", (line) => resolve(String(line).trim().replace(/\/$/, "")));
    show.once("exit", () => reject(new Error("the sandbox ended")));
  });
  const args = ["--no-sandbox", "--font-render-hinting=none", "--hide-scrollbars"];
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args });
});

after(async () => {
  await browser?.close();
  show?.kill();
});

/** Opens a page. `problems` gets what the browser complains about: errors, violations of the policy, requests elsewhere. */
async function open(path, { width = 1280, height = 900, scheme = "light", javaScriptEnabled = true, bypassCSP = false } = {}) {
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: scheme, locale: "en", timezoneId: "Asia/Shanghai",
    reducedMotion: "reduce", javaScriptEnabled, bypassCSP,
  });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => { if (message.type() === "error" && !/favicon/.test(message.location().url)) problems.push(message.text()); });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => { if (!request.url().startsWith(base) && !request.url().startsWith("data:")) problems.push(`request: ${request.url()}`); });
  page.on("dialog", (dialog) => { problems.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(base + path);
  await page.evaluate(() => document.fonts.ready);
  if (javaScriptEnabled) await page.waitForFunction(() => !/not connected|未连接/.test(document.querySelector("#state")?.textContent || ""));
  return { page, problems, close: () => context.close() };
}

/** A robot without a signature. */
async function post(body) {
  const { robots } = await (await fetch(`${base}/robots`)).json();
  const { webhook } = robots.find((robot) => !robot.secret);
  const answer = await fetch(webhook, {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return answer.json();
}

const markdown = (text) => ({ msgtype: "markdown", markdown: { title: "t", text } });

/** The structure of each message: its elements with their texts and boxes, and the colours of what has some. */
function measured() {
  const messages = [];
  for (const article of document.querySelectorAll("article.entry")) {
    article.style.contentVisibility = "visible";
    const nodes = [];
    const seen = (element) => element.getClientRects().length > 0;
    for (const element of article.querySelectorAll(".drawn *")) {
      if (!seen(element) || element.closest("svg, time")) continue;
      const { width, height } = element.getBoundingClientRect();
      const name = [element.localName, ...element.classList].join(".");
      const own = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join("").trim();
      // The width of a line of text is the font's.
      const isBox = getComputedStyle(element).display !== "inline";
      const node = { name };
      if (own) node.text = own;
      if (isBox) node.box = [Math.round(width), Math.round(height)];
      nodes.push(node);
    }
    const list = article.querySelector(".in-list .dt-list-line")?.textContent;
    messages.push({ type: article.dataset.type, verdict: article.dataset.verdict, ...(list && { list }), nodes });
  }
  const colour = (selector, property) => {
    const element = [...document.querySelectorAll(selector)].find(seen => seen.getClientRects().length > 0);
    return element ? getComputedStyle(element)[property] : null;
  };
  const colours = {
    bubble: colour(".dt-bubble", "backgroundColor"), ink: colour(".dt-md h3", "color"), link: colour("a.dt-a", "color"),
    button: colour(".dt-vertical .dt-button, .dt-horizontal .dt-button", "color"), quote: colour("blockquote", "borderInlineStartColor"),
    mark: colour(".dt-list-mark", "color"), chat: colour(".dt-chat", "backgroundColor"),
  };
  return { messages, colours };
}

function compare(actual, name) {
  const path = new URL(`golden/${name}.json`, import.meta.url);
  if (UPDATE) writeFileSync(path, `${JSON.stringify(actual, null, 1)}\n`);
  const expected = JSON.parse(readFileSync(path, "utf8"));
  const boxes = (value) => value.messages.flatMap((message) => message.nodes.map((node) => node.box));
  const without = (value) => JSON.parse(JSON.stringify(value, (key, inner) => (key === "box" ? undefined : inner)));
  assert.deepEqual(without(actual), without(expected), `${name}: structure and colours`);
  const [one, other] = [boxes(actual), boxes(expected)];
  one.forEach((box, at) => {
    for (const side of [0, 1]) {
      const difference = Math.abs((box?.[side] ?? 0) - (other[at]?.[side] ?? 0));
      assert.ok(difference <= 2, `${name}: box ${at} is ${box}, not ${other[at]}`);
    }
  });
}

for (const [client, width] of [["desktop", 1280], ["phone", 390]]) {
  for (const scheme of ["light", "dark"]) {
    test(`each type on ${client}, ${scheme}`, async () => {
      const { page, problems, close } = await open(`/?lang=zh&client=${client}`, { width, scheme, height: 2400 });
      compare(await page.evaluate(measured), `${client}-${scheme}`);
      assert.deepEqual(problems, []);
      await close();
    });
  }
}

test("the measures are those of the facts", async () => {
  const { page, close } = await open("/");
  const width = (selector) => page.evaluate((it) => {
    const box = [...document.querySelectorAll(it)].find((element) => element.getClientRects().length);
    return box.getBoundingClientRect().width;
  }, selector);
  assert.equal(await width(".dt-bubble:not(.dt-fit)"), 358);
  await page.click("[data-switch=client] [data-set=phone]");
  assert.equal(await width(".dt-bubble:not(.dt-fit)"), 290, "the switch needs no reload");
  assert.match(page.url(), /client=phone/);
  const style = (selector, property) => page.evaluate(([it, name]) => getComputedStyle(document.querySelector(it))[name], [selector, property]);
  assert.equal(await style(".dt-md h3", "fontWeight"), "400");
  assert.equal(await style("blockquote", "borderInlineStartWidth"), "3px");
  assert.equal(await style(".dt-button", "height"), "36px");
  assert.equal(await style(".dt-single .dt-button", "justifyContent"), "space-between");
  assert.equal(await style(".dt-single .dt-button", "color"), "rgb(23, 26, 29)");
  assert.equal(await style(".dt-horizontal .dt-button", "color"), "rgb(0, 137, 255)");
  assert.equal(await style(".dt-feed-picture", "height"), "200px");
  await close();
});

for (const [name, path, options] of [
  ["the chat", "/?lang=en", {}], ["the chat, dark", "/?lang=zh&theme=dark", {}], ["a phone", "/?client=phone", { width: 390 }],
  ["one request", "/view/2", {}], ["how sure", "/sure?lang=zh", {}], ["320 px", "/", { width: 320 }],
]) {
  test(`axe finds nothing: ${name}`, async () => {
    // The checker is injected as a script, which the policy would refuse.
    const { page, close } = await open(path, { ...options, bypassCSP: true });
    await page.evaluate(() => {
      document.querySelector("#show-connect")?.click();
      document.querySelector("#show-verdict")?.click();
      for (const article of document.querySelectorAll("article")) article.style.contentVisibility = "visible";
      document.querySelector("details.request summary")?.click();
    });
    if (await page.locator("#show-verdict").count()) await page.waitForSelector(".draft-drawn .dt-bubble");
    await page.waitForTimeout(300);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run(document, {
      // Inside bubbles, the colours are DingTalk's own; everything around them has enough contrast.
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }));
    const drawn = /\.dt-|dt-/;
    const found = violations.flatMap(({ id, nodes }) => nodes
      .filter((node) => !(/color-contrast|link-in-text-block/.test(id) && drawn.test(`${node.html} ${node.target}`)))
      .map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary?.split("\n")[1] ?? ""}`));
    assert.deepEqual(found, []);
    await close();
  });
}

test("no page scrolls sideways at 320 px", async () => {
  for (const path of ["/", "/view/2", "/sure", "/?client=phone&lang=zh"]) {
    const { page, close } = await open(path, { width: 320 });
    for (const tab of await page.locator("#show-connect, #show-verdict").all()) await tab.click();
    if (await page.locator("#show-verdict").count()) await page.waitForSelector(".draft-drawn .dt-bubble");
    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(content <= window, `${path}: ${content} > ${window}`);
    await close();
  }
});

test("hostile messages are inert", async () => {
  const { page, problems, close } = await open("/");
  await page.evaluate(() => { window.hit = 0; });
  const hostile = [
    "<script>window.hit=1</script>", "<img src=x onerror=window.hit=1>", "<svg onload=window.hit=1><script>window.hit=1</script></svg>",
    "[x](javascript:window.hit=1)", "[x](JaVaScRiPt:window.hit=1)", "[x](data:text/html,<script>window.hit=1</script>)",
    "![x](data:image/svg+xml,<svg onload=window.hit=1>)", "![x](https://tracker.example/pixel.png)", "![x](javascript:window.hit=1)",
    "[x](https://a.example/\" onmouseover=\"window.hit=1)", "<font color=\"red;background:url(https://tracker.example)\">x</font>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>", "<style>*{display:none}</style>", "<base href=https://tracker.example>",
    "\u202egnp.exe\u2066 [\u202ea](https://a.example)", ">".repeat(10_000) + "deep", "- ".repeat(4_000) + "deep",
    "</pre></article><script>window.hit=1</script>", "\u0000\u0001 x",
  ];
  const count = await page.evaluate(() => document.querySelectorAll("article").length);
  let accepted = 0;
  for (const text of hostile) accepted += (await post(markdown(text))).errcode === 0 ? 1 : 0;
  assert.equal(accepted, hostile.length);
  await page.waitForFunction((n) => document.querySelectorAll("article").length === n, count + hostile.length);
  // Whatever can be pointed at or opened is.
  await page.evaluate(() => {
    for (const element of document.querySelectorAll(".drawn *")) element.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
    for (const details of document.querySelectorAll("article:nth-last-of-type(-n+20) details")) details.open = true;
  });
  await page.waitForTimeout(500);
  const links = await page.evaluate(() => [...document.querySelectorAll(".drawn a")].map((link) => link.protocol));
  assert.deepEqual([...new Set(links)].sort(), ["dingtalk:", "https:"]);
  assert.equal(await page.evaluate(() => document.querySelectorAll(".drawn img, .drawn script, .drawn iframe, .drawn style").length), 0);
  assert.equal(await page.evaluate(() => window.hit), 0);
  const depth = await page.evaluate(() => Math.max(...[...document.querySelectorAll(".drawn *")].map((element) => {
    let steps = 0;
    for (let at = element; at; at = at.parentElement) steps++;
    return steps;
  })));
  assert.ok(depth < 80, `depth ${depth}`);
  // The same from the server, without the script of the page.
  await page.reload();
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.deepEqual(problems, []);
  await close();
});

test("every field of a message is inert, on all pages", async () => {
  const xss = '"><img src=x onerror=window.hit=1><script>window.hit=1</script>';
  const [script, data] = ["javascript:window.hit=1", "data:image/svg+xml,<svg onload=window.hit=1>"];
  const card = (fields) => ({ msgtype: "actionCard", actionCard: { title: xss, text: xss, ...fields } });
  const bodies = [
    { msgtype: "text", text: { content: xss }, at: { atUserIds: [xss] }, msgUuid: xss },
    { msgtype: "link", link: { title: xss, text: xss, messageUrl: script, picUrl: data } },
    card({ singleTitle: xss, singleURL: script }),
    card({ btnOrientation: "1", btns: [{ title: xss, actionURL: data }, { title: xss, actionURL: "//a.example" }] }),
    { msgtype: "feedCard", feedCard: { links: [{ title: xss, messageURL: script, picURL: data }, { title: xss, messageURL: "vbscript:x", picURL: script }] } },
    { msgtype: xss }, { msgtype: "text", text: { content: "x", [xss]: 1 } }, xss,
  ];
  const { page, problems, close } = await open("/?lang=en");
  await page.evaluate(() => { window.hit = 0; });
  const first = await page.evaluate(() => Number(document.querySelector("#log").lastElementChild.dataset.number)) + 1;
  for (const body of bodies) await post(body);
  await page.waitForSelector(`#m${first + bodies.length - 1}`);
  for (let number = first; number < first + bodies.length; number++) await page.click(`#m${number} summary`);
  await page.waitForFunction((n) => document.querySelectorAll(".inspector").length >= n, bodies.length);
  assert.equal(await page.evaluate(() => window.hit), 0);
  const unsafe = () => page.evaluate(() => [...document.querySelectorAll("article a, article img")]
    .map((element) => element.getAttribute("href") ?? element.getAttribute("src"))
    .filter((address) => address && !/^(https?:\/\/|dingtalk:\/\/|\/view\/)/.test(address)));
  assert.deepEqual(await unsafe(), []);
  const paths = ["/?pictures=1", "/?client=phone", ...bodies.map((_, at) => `/view/${first + at}?pictures=1`)];
  for (const path of paths) {
    await page.goto(base + path);
    assert.deepEqual(await unsafe(), [], path);
    assert.equal(await page.evaluate(() => window.hit), undefined, path);
    assert.equal(await page.locator("article script, article iframe, article [onerror]").count(), 0, path);
  }
  assert.deepEqual(problems.filter((problem) => !/example\.com/.test(problem)), []);
  // The tests that follow count messages.
  await page.goto(`${base}/`);
  for (let number = first; number < first + bodies.length; number++) {
    await page.click(`#m${number} [data-action=delete]`);
    await page.waitForSelector(`#m${number}`, { state: "detached" });
  }
  await close();
});

test("the script builds only what its lists have", async () => {
  const { page, problems, close } = await open("/");
  const built = (tree) => page.evaluate((it) => drawTree(it).outerHTML, tree);
  assert.equal(await built(["p", { class: "x", onclick: "alert(1)", style: "color:red" }, "a<b>", ["strong", {}, "c"]]),
    '<p class="x">a&lt;b&gt;<strong>c</strong></p>');
  for (const tag of ["script", "iframe", "style", "object", "form", "base", "link", "meta", "input"]) {
    assert.equal(await built([tag, { src: "https://a.example", href: "https://a.example" }]).then((html) => html.startsWith("<span")), true, tag);
  }
  for (const href of ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "//a.example", "/\\a.example", "vbscript:x", "x"]) {
    assert.equal(await built(["a", { href }, "x"]), "<a>x</a>", href);
  }
  for (const href of ["https://a.example", "HTTP://a.example", "dingtalk://x", "/view/1"]) {
    assert.match(await built(["a", { href }, "x"]), /href=/, href);
  }
  assert.equal(await built(["img", { src: "data:image/png,x" }]), "<img>");
  assert.equal(await built(["span", { "data-colour": "red;background:url(x)" }, "x"]), '<span data-colour="red;background:url(x)">x</span>');
  assert.deepEqual(problems, []);
  await close();
});

test("filters, permalinks, deleting and clearing", async () => {
  const { page, problems, close } = await open("/?lang=en");
  const shown = () => page.evaluate(() => [...document.querySelectorAll("article")].filter((it) => !it.hidden).map((it) => it.dataset.verdict));
  const all = await shown();
  await page.selectOption("#f-verdict", "refused");
  assert.deepEqual(new Set(await shown()), new Set(["refused"]));
  assert.match(page.url(), /verdict=refused/);
  await page.reload();
  assert.deepEqual(new Set(await shown()), new Set(["refused"]), "the server filters alike");
  await page.selectOption("#f-verdict", "");
  await page.fill("#f-q", "WEB-3");
  const matching = (await shown()).length;
  assert.ok(matching > 0 && matching < all.length);
  await page.fill("#f-q", "");
  await page.selectOption("#f-type", "feedCard");
  assert.equal((await shown()).length, 1);
  await page.selectOption("#f-type", "");

  // Live: a message that arrives is shown, and told to screen readers.
  await post({ msgtype: "text", text: { content: "live and well" } });
  await page.waitForFunction(() => document.querySelector("#log").lastElementChild.textContent.includes("live and well"));
  assert.equal(await page.getAttribute("#log", "aria-live"), "polite");
  const number = await page.evaluate(() => document.querySelector("#log").lastElementChild.dataset.number);
  await page.click(`#m${number} [data-action=delete]`);
  await page.waitForFunction((it) => !document.querySelector(`#m${it}`), number);
  assert.equal((await fetch(`${base}/view/${number}`)).status, 404);

  // The request as received has no secret.
  await page.goto(`${base}/view/1?lang=en`);
  const text = await page.textContent(".inspector");
  assert.match(text, /POST \/robot\/send\?access_token=…/);
  assert.match(text, /curl/);
  assert.ok(!/access_token=example|SECexample/.test(await page.content()));
  await page.goto(`${base}/?lang=en`);
  assert.deepEqual(problems, []);
  await close();
});

test("the variables are those that the product reads", async () => {
  const { page, close } = await open("/?lang=en");
  assert.ok(!(await page.content()).includes("SECexample"));
  await page.click("#show-connect");
  await page.waitForSelector("#connect dt");
  const names = await page.$$eval("#connect dt", (terms) => terms.map((term) => term.textContent));
  assert.deepEqual([...new Set(names.filter((name) => name.startsWith("DINGTALK")))],
    ["DINGTALK_BOT_BASE_URL", "DINGTALK_BOT_ACCESS_TOKEN", "DINGTALK_BOT_SECRET"]);
  await close();
});

test("pictures are loaded only where they are asked for", async () => {
  const { page, close } = await open("/");
  assert.equal(await page.evaluate(() => document.querySelectorAll(".drawn img").length), 0);
  const policy = async (path) => (await fetch(base + path)).headers.get("content-security-policy");
  assert.match(await policy("/"), /img-src 'none'/);
  assert.match(await policy("/?pictures=1"), /img-src http: https:;/);
  const document = await (await fetch(`${base}/?pictures=1`)).text();
  assert.match(document, /<img class="dt-thumb" src="https:\/\/example\.com\/picture\.png" alt="" loading="lazy" referrerpolicy="no-referrer">/);
  await close();
});

test("without a script, the page has its messages, filters and links", async () => {
  const { page, close } = await open("/?lang=en", { javaScriptEnabled: false });
  assert.ok(await page.locator("article .dt-bubble").count() > 4);
  assert.ok(await page.locator("noscript").count() === 1);
  await page.selectOption("#f-type", "feedCard");
  await page.click("form button.unscripted");
  assert.match(page.url(), /type=feedCard/);
  assert.equal(await page.locator("article:not([hidden])").count(), 1);
  await page.click("[data-switch=lang] [data-set=zh]");
  assert.equal(await page.getAttribute("html", "lang"), "zh-CN");
  await close();
});

test("the keyboard reaches everything", async () => {
  const { page, close } = await open("/?lang=en");
  const reached = new Set();
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => {
      const at = document.activeElement;
      return at.id || at.dataset.action || at.dataset.set || at.className || at.localName;
    }));
  }
  for (const name of ["phone", "dark", "zh", "f-robot", "f-q", "show-connect", "clear", "conversation", "log", "number", "curl", "delete"]) {
    assert.ok([...reached].some((it) => it.split(" ").includes(name)), `${name} of ${[...reached]}`);
  }
  await close();
});

test("a message is judged as it is typed, by the keyboard alone", async () => {
  const { page, problems, close } = await open("/?lang=en");
  await page.focus("#show-verdict");
  await page.keyboard.press("Enter");
  assert.equal(await page.getAttribute("#show-verdict", "aria-expanded"), "true");
  await page.focus("#draft-source");
  const judged = async (body) => {
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.insertText(JSON.stringify(body));
    await page.waitForTimeout(300);
    await page.waitForFunction(() => document.querySelector(".draft-outcome .chip"));
    return page.textContent(".draft-outcome");
  };
  assert.match(await judged(markdown("### Disk\n\n| a |\n|---|\n| b |")), /^accepted.*of 20,000 bytes.*Table: drawn/s);
  assert.equal(await page.textContent(".draft-drawn .only-desktop td, .draft-drawn td"), "b");
  assert.match(await judged({ msgtype: "text", text: {} }), /^refused.*400202 miss param : text->content/s);
  assert.equal(await page.locator(".draft-drawn *").count(), 0);
  assert.equal(await page.getAttribute(".draft-outcome", "role"), "status");
  assert.deepEqual(problems, []);
  await close();
});

test("nothing moves where less motion is wanted", async () => {
  const { page, close } = await open("/");
  await post({ msgtype: "text", text: { content: "calm" } });
  await page.waitForFunction(() => document.querySelector("#log").lastElementChild.textContent.includes("calm"));
  assert.equal(await page.evaluate(() => document.querySelector("#log").lastElementChild.classList.contains("fresh")), true);
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  await close();
});

test("a thousand messages stay quick, and clearing works", async (t) => {
  const { robots } = await (await fetch(`${base}/robots`)).json();
  const { webhook } = robots.find((robot) => !robot.secret);
  for (let at = 0; at < 1000; at += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, n) => fetch(webhook, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(markdown(`# ${at + n}\n\n- a\n- [b](https://a.example)\n\n> **c**`)),
    })));
  }
  const begun = Date.now();
  const { page, problems, close } = await open("/?lang=en");
  const opened = Date.now() - begun;
  assert.ok(await page.evaluate(() => document.querySelectorAll("article").length) >= 1000);
  const times = await page.evaluate(() => new Promise((resolve) => {
    const times = {};
    const timed = (name, work) => { const start = performance.now(); work(); document.body.offsetHeight; times[name] = Math.round(performance.now() - start); };
    timed("filter", () => { const box = document.querySelector("#f-q"); box.value = "999"; box.dispatchEvent(new Event("input", { bubbles: true })); });
    timed("unfilter", () => { const box = document.querySelector("#f-q"); box.value = ""; box.dispatchEvent(new Event("input", { bubbles: true })); });
    timed("client", () => document.querySelector("[data-switch=client] [data-set=phone]").click());
    timed("theme", () => document.querySelector("[data-switch=theme] [data-set=dark]").click());
    resolve(times);
  }));
  t.diagnostic(`opened in ${opened} ms; ${JSON.stringify(times)} ms`);

  // Fifty more a second for four seconds: the page has all of them, keeps its size, and is not busy with each.
  await page.evaluate(() => {
    window.busy = [];
    new PerformanceObserver((list) => busy.push(...list.getEntries().map((task) => Math.round(task.duration)))).observe({ type: "longtask" });
  });
  let loads = 0;
  page.on("request", (request) => { if (request.url().includes("/articles?")) loads += 1; });
  for (let at = 0; at < 200; at += 5) {
    await Promise.all(Array.from({ length: 5 }, (_, n) => post(markdown(`# live ${at + n}.`))));
    await page.waitForTimeout(100);
  }
  await page.waitForFunction(() => [...document.querySelector("#log").children].slice(-5).some((article) => article.textContent.includes("live 199.")));
  await page.waitForTimeout(600);
  const live = await page.$$eval("article", (articles) => articles.slice(-200).map((article) => article.querySelector("h3, [role=heading], .dt-md").textContent.match(/live (\d+)\./)?.[1]));
  assert.equal(new Set(live).size, 200, "none is missing, none is there twice");
  assert.equal(await page.locator("article").count(), 1000);
  assert.match(await page.textContent("#state"), /the newest 1000/);
  assert.ok(loads <= 100, `${loads} loads for 200 messages`);
  const busy = await page.evaluate(() => busy);
  t.diagnostic(`200 messages in four seconds: ${loads} loads, ${busy.length} long tasks, the longest ${Math.max(0, ...busy)} ms`);
  await page.click("#clear");
  await page.waitForFunction(() => document.querySelectorAll("article").length === 0);
  assert.equal(await page.isVisible("#empty"), true);
  assert.deepEqual(problems, []);
  await close();
});
