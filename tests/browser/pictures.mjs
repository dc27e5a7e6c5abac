// The pictures of the pages: node pictures.mjs FOLDER, where FOLDER is docs.

import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.TOOLS}/node_modules/`);
const { chromium } = require("playwright-core");
const PNG = require("upng-js");
/** Colours of a picture, which make its file a third of the size. */
const COLOURS = 128;
const { CHROMIUM, NOTIFY, SHOW, GALLERY } = process.env;
const folder = process.argv[2];
for (const images of ["images", "zh-CN/images"]) mkdirSync(`${folder}/${images}`, { recursive: true });

/** Starts a program, and returns the address that it prints after everything has arrived. */
function serve(program, args, isReady) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    let printed = "";
    child.stdout.on("data", (text) => {
      printed += text;
      if (isReady(printed)) resolve({ base: printed.match(/http:\/\/[\d.:]+\//)[0], end: () => child.kill() });
    });
    child.once("exit", () => reject(new Error(`${program} ended: ${printed}`)));
  });
}

const browser = await chromium.launch({
  executablePath: CHROMIUM, args: ["--no-sandbox", "--font-render-hinting=none", "--hide-scrollbars"],
});

/** Takes a picture of a page; `height: "all"` is as high as its messages, and `part` is what it ends with. */
async function picture(url, file, { width = 1280, height, part, scheme = "light", prepare = async () => {} }) {
  const context = await browser.newContext({
    viewport: { width, height: height === "all" ? 900 : height }, colorScheme: scheme, locale: "en", timezoneId: "Asia/Shanghai", reducedMotion: "reduce",
  });
  const page = await context.newPage();
  await page.goto(url);
  await page.evaluate(() => document.fonts.ready);
  await prepare(page);
  if (height === "all") {
    const needed = await page.evaluate(() => {
      const log = document.querySelector("#log");
      for (const article of log.children) article.style.contentVisibility = "visible";
      const rest = document.querySelector(".frame").clientHeight - log.clientHeight;
      return Math.ceil(rest + log.lastElementChild.offsetTop + log.lastElementChild.offsetHeight - log.firstElementChild.offsetTop + 24);
    });
    await page.setViewportSize({ width, height: needed });
  }
  await page.waitForTimeout(500);
  const clip = part && await page.locator(part).boundingBox().then(({ y, height: inner }) => ({ x: 0, y: 0, width, height: y + inner }));
  const taken = PNG.decode(await page.screenshot({ clip }));
  const small = PNG.encode(PNG.toRGBA8(taken), taken.width, taken.height, COLOURS);
  writeFileSync(`${folder}/${file}`, Buffer.from(small));
  await context.close();
}

/** Deletes messages of the page by their buttons. */
const without = (...numbers) => async (page) => {
  for (const number of numbers) {
    await page.click(`#m${number} [data-action=delete]`);
    await page.waitForFunction((it) => !document.querySelector(`#m${it}`), number);
  }
};

/** Opens the tab in which a message is tried. */
const tried = (title, template, values) => async (page) => {
  await page.click("#show-verdict");
  await page.click("[data-form=template]");
  await page.fill("#draft-title", title);
  await page.fill("#draft-source", template);
  await page.fill("#draft-values", values);
  await page.waitForFunction(() => document.querySelector(".draft-drawn h3, .draft-drawn [role=heading]"));
  await page.evaluate(() => document.activeElement.blur());
};

const demo = await serve(NOTIFY, ["demo"], (printed) => printed.includes("Press Ctrl-C"));
const show = await serve(SHOW, ["0", "20"], (printed) => printed.includes("http"));
await picture(`${demo.base}?lang=en`, "images/sandbox.png", { height: "all", prepare: without(6) });
await picture(`${show.base}?lang=zh`, "zh-CN/images/sandbox.png", { height: "all", prepare: without(6, 8) });
await picture(`${show.base}?lang=zh&client=phone`, "images/sandbox-phone.png", { width: 390, height: 844, scheme: "dark", prepare: async (page) => {
  await page.evaluate(() => document.querySelector("#m2").scrollIntoView());
} });
await picture(`${demo.base}?lang=en`, "images/verdict.png", { height: 820, part: "#verdict-tab", prepare: tried(
  "Disk of {host}", "### {host}: {percent} % full\n\n> {team}, please make room\n\n- /var: {percent} %\n- /home: 41 %\n\n[Runbook](https://example.com/disks)",
  '{"host": "web-3", "percent": 97, "team": "Storage"}',
) });
await picture(`${demo.base}?lang=zh`, "zh-CN/images/verdict.png", { height: 820, part: "#verdict-tab", prepare: tried(
  "{host} 磁盘告警", "### {host}：已用 {percent} %\n\n> 请{team}尽快清理\n\n- /var：{percent} %\n- /home：41 %\n\n[处理手册](https://example.com/disks)",
  '{"host": "web-3", "percent": 97, "team": "存储组"}',
) });
await picture(pathToFileURL(GALLERY).href, "images/gallery.png", { height: 1180, prepare: (page) => page.evaluate((shown) => {
  const isShown = (text) => shown.includes(text);
  for (const section of document.querySelectorAll("section")) if (!isShown(section.querySelector("h2").textContent)) section.remove();
  for (const item of document.querySelectorAll("nav li")) if (!isShown(item.textContent)) item.remove();
}, ["disk", "cpu", "release", "approval", "news"]) });
demo.end();
show.end();
await browser.close();
