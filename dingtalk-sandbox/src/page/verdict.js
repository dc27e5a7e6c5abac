// ---- The verdict: a message that nobody has sent ---------------------------------------------------

/** Milliseconds without a key before a draft is judged. */
const PAUSE = 200;

const FORMS = {
  body: [say("Body", "请求体"), '{\n  "msgtype": "text",\n  "text": {"content": "Hello"}\n}', ""],
  declaration: [say("Declaration", "声明"),
    'purpose = "Warn that a disk is nearly full."\nmarkdown = { title = "Disk of {host}", text = "### {host}: {percent} %" }\n\n' +
    'fields = [\n  { name = "host", type = "text", description = "Host name.", length = "..=64", example = "web-3" },\n' +
    '  { name = "percent", type = "integer", description = "Used space.", range = "0..=100", example = 97 },\n]',
    '{"host": "web-3", "percent": 97}'],
  template: [say("Template", "模板"), "### {host}\n\n{percent} %", '{"host": "web-3", "percent": 97}'],
};

/** The bar of bytes, as articles have it. */
function sizeGauge(bytes, limit) {
  const [used, most] = [bytes, limit].map((number) => number.toLocaleString("en"));
  const text = say(`${used} of ${most} bytes`, `${used} / ${most} 字节`);
  const level = bytes > limit ? " over" : bytes * 5 >= limit * 4 ? " high" : "";
  const filled = Math.ceil((Math.min(bytes, limit) * 100) / limit);
  const meter = {
    class: `bar${level}`, role: "meter", "aria-valuemin": "0", "aria-valuemax": String(limit), "aria-valuenow": String(bytes),
    "aria-label": `${say("Size", "大小")}: ${text}`,
  };
  return drawTree(["span", { class: "gauge" },
    ["span", meter, ["svg", { viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" }, ["path", { d: `M0 0h${filled}v6H0z` }]]],
    ["span", { class: "amount" }, text]]);
}

function verdictTab(box) {
  let form = "body", round = 0, timer = null;
  const drafts = Object.fromEntries(Object.entries(FORMS).map(([name, [, text, values]]) => [name, { text, values }]));
  const field = (id, label, element) => {
    element.id = id;
    const labelled = make("label", "", label);
    labelled.htmlFor = id;
    return make("div", "draft-field", labelled, element);
  };
  const source = make("textarea"), values = make("textarea"), title = make("input");
  for (const area of [source, values, title]) { area.spellcheck = false; area.autocomplete = "off"; }
  source.rows = 10;
  values.rows = 3;
  const forms = make("div", "draft-forms");
  forms.setAttribute("role", "group");
  forms.setAttribute("aria-label", say("Form of the draft", "草稿的形式"));
  for (const [name, [label]] of Object.entries(FORMS)) {
    const button = make("button", "act", label);
    button.type = "button";
    button.addEventListener("click", () => choose(name));
    button.dataset.form = name;
    forms.append(button);
  }
  const sourceField = field("draft-source", say("Message", "消息"), source);
  const valuesField = field("draft-values", say("Values, as JSON", "字段值（JSON）"), values);
  const titleField = field("draft-title", say("Title", "标题"), title);
  const outcome = make("div", "draft-outcome");
  outcome.setAttribute("role", "status");
  const drawn = make("div", "draft-drawn dt-chat"), release = make("div", "draft-release");
  box.append(make("div", "draft-columns", make("div", "draft", forms, titleField, sourceField, valuesField),
    make("div", "draft-result", outcome, drawn, release)));

  function choose(name) {
    Object.assign(drafts[form], { text: source.value, values: values.value });
    form = name;
    source.value = drafts[form].text;
    values.value = drafts[form].values;
    for (const button of forms.children) button.setAttribute("aria-pressed", String(button.dataset.form === form));
    valuesField.hidden = form === "body";
    titleField.hidden = form !== "template";
    judge();
  }

  /** The draft as the API takes it; throws if the values are not JSON. */
  function draft() {
    const lang = chinese ? "zh" : "en";
    if (form === "body") return { body: source.value, lang };
    const given = values.value.trim() ? JSON.parse(values.value) : {};
    return { [form]: source.value, values: given, lang, ...(form === "template" && title.value ? { title: title.value } : {}) };
  }

  async function post(path, body) {
    const answer = await change("POST", path, body);
    const result = await answer.json();
    if (!answer.ok) throw new Error(result.error);
    return result;
  }

  function tell(chip, label, ...lines) {
    outcome.replaceChildren(make("span", `chip ${chip}`, label), ...lines);
  }

  const lines = (texts, hints = [], isRefused = false) => make("ul", isRefused ? "warnings refused" : "warnings",
    ...texts.map((text) => make("li", "", text)), ...hints.map((text) => make("li", "hint", text)));

  async function judge() {
    const mine = ++round;
    release.replaceChildren();
    let result;
    try {
      result = await post("/verdict", draft());
    } catch (error) {
      if (mine === round) { tell("faulted", say("not judged", "未检查"), lines([error.message])); drawn.replaceChildren(); }
      return;
    }
    if (mine !== round) return;
    const { outcome: verdict, bytes, limit, errcode, errmsg, advice, syntax, faults, warnings, findings, tree } = result;
    if (verdict === "invalid") {
      tell("faulted", say("invalid", "无效"), lines(faults));
    } else {
      const label = verdict === "accepted" ? say("accepted", "已接受") : say("refused", "已拒绝");
      const told = verdict === "refused" ? [`${errcode} ${errmsg}`, syntax, advice && say(advice.en, advice.zh)].filter(Boolean) : warnings;
      const found = (hint) => (findings || []).filter(({ is_hint: isHint }) => isHint === hint)
        .map(({ problem, remedy }) => `${say(problem.en, problem.zh)} ${say(remedy.en, remedy.zh)}`);
      tell(verdict, label, sizeGauge(bytes, limit), lines([...told, ...found(false)], found(true), verdict === "refused"));
    }
    if (tree) { drawTree(tree, drawn); localTimes(drawn); } else drawn.replaceChildren();
    if (verdict === "accepted" && real) offerButton();
  }

  // Sending to a real robot: the target and the people are shown first.
  let real = null;
  function offerButton() {
    const button = make("button", "act", say(`Send to the robot “${real.robot}” …`, `发送到机器人“${real.robot}”…`));
    button.type = "button";
    button.addEventListener("click", async () => {
      try {
        const offer = await post("/release/offer", draft());
        const people = offer.mentions.length ? offer.mentions.map((id) => (offer.names[id] ? `@${offer.names[id]} (${id})` : `@${id}`)).join(" ") : say("nobody", "没有人");
        const text = say(`A real message to “${offer.robot}” at ${offer.host}. It mentions ${people}.`,
          `将向真实的机器人“${offer.robot}”（${offer.host}）发送。@：${people}。`);
        const now = make("button", "act", say("Send now", "立即发送"));
        now.type = "button";
        now.addEventListener("click", async () => {
          now.disabled = true;
          const sent = await post("/release", { nonce: offer.nonce }).then(({ outcome }) => outcome, (error) => error.message);
          release.replaceChildren(make("p", "", sent));
        });
        release.replaceChildren(make("p", "", text), now);
        now.focus();
      } catch (error) {
        release.replaceChildren(make("p", "", error.message));
      }
    });
    release.replaceChildren(button);
  }

  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(judge, PAUSE); });
  source.value = drafts.body.text;
  choose("body");
  fetch("/release").then((answer) => answer.json()).then((release) => { if (release.enabled) { real = release; judge(); } }, () => {});
}

if (byId("verdict-tab")) {
  byId("show-verdict").addEventListener("click", () => verdictTab(byId("verdict-tab")), { once: true });
}
