// The panel of the collection: shows the topics with their state, and has the server do what the command line does.

import { at, element, inLab, openTable, told } from "./basics.js";
import { followTheme } from "./theme.js";

const { base, xsrf } = document.body.dataset;
const EVERY = 700; // milliseconds between two looks at what is at work
const state = { topics: "", job: null, removed: "" };

async function ask(what, init = {}) {
  const answer = await fetch(`${base}/${what}`, { headers: { Accept: "application/json", "X-XSRFToken": xsrf }, ...init });
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 404 && what === "collection") throw new Error(told("panel_none"));
  if (!answer.ok) throw new Error(said.reason || said.message || `${answer.status}`);
  return said;
}
const send = (what, content) => ask(what, { method: "POST", body: JSON.stringify(content) });

function fail(error) {
  at("error").textContent = error ? error.message : "";
  at("error").hidden = !error;
}

// ---- topics

async function load() {
  try {
    const { topics, running, error } = await ask("collection");
    fail(error ? { message: error } : null);
    const now = JSON.stringify(topics);
    if (now !== state.topics) show(topics);
    state.topics = now;
    if (running && !state.job) watch(running);
  } catch (error) {
    fail(error instanceof TypeError ? { message: told("panel_lost") } : error);
  }
}

function show(topics) {
  const focused = document.activeElement?.dataset?.key;
  at("topics").replaceChildren(...topics.map(card));
  if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function card(topic) {
  const one = element("li");
  const head = element("h2", topic.state.title, { id: `topic-${topic.name}` });
  const states = element("ul", "", { className: "state" });
  for (const [kind, text] of statesOf(topic)) states.append(element("li", text, { className: kind }));
  const doors = element("div", "", { className: "doors" });
  const labels = { preview: "panel_preview", review: "panel_review", copy: "panel_copy", rename: "panel_rename", remove: "panel_remove" };
  for (const [what, label] of Object.entries(labels)) {
    const button = element("button", told(label), { type: "button" });
    button.dataset.do = what;
    button.dataset.topic = topic.name;
    button.dataset.path = topic.path;
    button.dataset.key = `${what} ${topic.name}`;
    button.setAttribute("aria-label", told("panel_of", { action: told(label), topic: topic.state.title }));
    button.disabled = !topic.there && what !== "remove";
    doors.append(button);
  }
  one.setAttribute("aria-labelledby", head.id);
  one.append(head, element("p", topic.purpose, { className: "purpose" }), element("p", topic.path, { className: "path" }), states, doors);
  return one;
}

function* statesOf({ state: of, there }) {
  if (!there) return yield ["error", told("panel_gone")];
  if (of.safety) yield ["error", told("panel_safety")];
  if (of.overdue) yield ["error", told("panel_overdue", { day: of.due })];
  else if (of.reviewed === of.pages) yield ["fine", told("panel_reviewed", { day: of.due })];
  else if (of.reviewed) yield ["warning", told("panel_some", { count: of.reviewed, pages: of.pages })];
  else if (!of.changed && (!of.recorded || of.made === of.pages)) yield ["warning", told("panel_draft")];
  if (of.changed) yield ["warning", told("panel_changed_since", { count: of.changed, pages: of.pages })];
  if (of.made < of.pages) yield ["", told("panel_unbuilt", { count: of.pages - of.made, pages: of.pages })];
}

// ---- tables

async function listTables() {
  try {
    const { tables } = await ask("tables");
    const items = tables.map((table) => {
      const one = element("li");
      const link = element("a", table.name, { href: `${base}/table/${encodeURIComponent(table.name)}`, target: "_blank", rel: "noopener" });
      link.addEventListener("click", (event) => {
        event.preventDefault();
        openTable(table.name);
      });
      one.append(link, element("span", ` ${table.says}${table.there ? "" : ` (${told("panel_absent")})`}`));
      return one;
    });
    at("tables").querySelector("ul").replaceChildren(...items);
  } catch (error) {
    fail(error);
  }
}
at("tables").addEventListener("toggle", () => at("tables").open && void listTables());

// ---- work

async function start(content) {
  fail(null);
  try {
    const job = await send("work", content);
    if (job.untrusted) return trusted(job.untrusted, content);
    if (content.do === "remove") state.removed = content.topic;
    await watch(job);
  } catch (error) {
    fail(error);
  }
}

async function trusted(topics, content) {
  if (!(await question(told("panel_ask", { topics: topics.join(", ") }), { go: told("panel_run") }))) return;
  const [first] = JSON.parse(state.topics);
  await ask(`trust/${first.path.split("/").map(encodeURIComponent).join("/")}`, { method: "POST", body: JSON.stringify({ all: true }) });
  await start(content);
}

async function watch(job) {
  state.job = job.id;
  at("work").hidden = false;
  for (const name of ["result", "undo"]) at(name).hidden = true;
  while (job) {
    draw(job);
    if (!job.running) break;
    await new Promise((done) => setTimeout(done, EVERY));
    try {
      job = await ask(`work/${job.id}`);
    } catch (error) {
      fail(error instanceof TypeError ? { message: told("panel_lost") } : error);
      if (!(error instanceof TypeError)) break;
    }
  }
  state.job = null;
  await load();
}

function draw(job) {
  const name = job.what === "try" ? told("panel_letters_try") : job.what === "undo" ? told("panel_undo") : told(`panel_${job.what}`);
  const said = told(job.running ? "panel_working" : job.code ? "panel_failed" : "panel_done", { what: name });
  if (at("status").textContent !== said) at("status").textContent = said;
  at("stop").hidden = !job.running;
  const lines = job.lines.join("\n");
  if (at("lines").textContent !== lines) {
    at("lines").textContent = lines;
    at("lines").scrollTop = at("lines").scrollHeight;
  }
  if (job.running) return;
  const leads = { build: ["panel_open_index", "exports/index.html"], pdf: ["panel_open_index", "exports/index.html"], check: ["panel_open_found", `found/${job.id}`] };
  if (leads[job.what]) {
    const [label, address] = leads[job.what];
    Object.assign(at("result"), { textContent: told(label), href: `${base}/${address}`, hidden: false });
  }
  at("undo").hidden = !(job.what === "remove" && !job.code);
}

// ---- questions

const dialog = at("ask");
function question(text, { go = told("panel_go"), naming = "", name = "", kind = false } = {}) {
  at("question").textContent = text;
  at("naming").textContent = naming;
  at("named").hidden = !naming;
  at("name").required = Boolean(naming);
  at("name").value = name;
  at("kinds").hidden = !kind;
  at("go").textContent = go;
  dialog.returnValue = "";
  dialog.showModal();
  if (naming) at("name").select();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "go" ? { name: at("name").value.trim(), kind: at("kind").value } : null), { once: true }));
}

const actions = {
  preview: ({ path }) => {
    if (inLab) window.parent.postMessage({ handouts: "open", path }, location.origin);
    else window.open(`${base}/preview/${path.split("/").map(encodeURIComponent).join("/")}`, "_blank", "noopener");
  },
  review: ({ topic }) => window.open(`${base}/review/${topic}`, "_blank", "noopener"),
  copy: async ({ topic }) => {
    const asked = await question(told("panel_of", { action: told("panel_copy"), topic }), { naming: told("panel_copy_name"), name: `${topic}-copy` });
    if (asked) await start({ do: "copy", topic, new: asked.name });
  },
  rename: async ({ topic }) => {
    const asked = await question(told("panel_of", { action: told("panel_rename"), topic }), { naming: told("panel_rename_name"), name: topic });
    if (asked && asked.name !== topic) await start({ do: "rename", topic, new: asked.name });
  },
  remove: async ({ topic }) => {
    if (await question(told("panel_remove_sure", { topic }), { go: told("panel_remove") })) await start({ do: "remove", topic });
  },
  new: async () => {
    const asked = await question(told("panel_new"), { naming: told("panel_new_name"), kind: true });
    if (asked) await start({ do: "new", new: asked.name, kind: asked.kind });
  },
  letters: () => letters(),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (!button) return;
  const action = actions[button.dataset.do];
  void (action ? action(button.dataset) : start({ do: button.dataset.do }));
});
at("stop").addEventListener("click", () => state.job && void ask(`work/${state.job}`, { method: "DELETE" }).catch(fail));
at("undo").addEventListener("click", () => void start({ do: "undo", topic: state.removed }));

// ---- letters

const form = at("letters");
function letters() {
  at("roster").value = "";
  ready(null);
  form.returnValue = "";
  form.showModal();
}

function ready(read, error) {
  at("letters-error").textContent = error ? error.message : "";
  at("letters-error").hidden = !error;
  at("rows").hidden = !read;
  for (const name of ["try", "make"]) at(name).disabled = !read;
  if (!read) return;
  at("shown").replaceChildren(
    ...read.rows.map((row) => {
      const { row: number, wrong, ...values } = row;
      const text = wrong ?? Object.values(values).filter(Boolean).join(" · ");
      return element("li", `${told("panel_row", { row: number })}: ${text}`, { className: wrong ? "wrong" : "" });
    }),
  );
  at("unused").textContent = read.unused.length ? told("panel_letters_unused", { columns: read.unused.join(", ") }) : "";
}

at("roster").addEventListener("change", async () => {
  const [file] = at("roster").files;
  ready(null);
  if (!file) return;
  try {
    const read = await ask(`roster?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
    form.dataset.roster = read.name;
    ready(read);
  } catch (error) {
    ready(null, error);
  }
});
form.addEventListener("close", () => {
  const what = { try: "try", make: "letters" }[form.returnValue];
  at("shown").replaceChildren(); // details of persons stand on the screen no longer than they are looked at
  if (what) void start({ do: what, roster: form.dataset.roster, pdf: at("with-pdf").checked ? "yes" : "" });
});

// ----

document.addEventListener("visibilitychange", () => !document.hidden && void load());
setInterval(() => document.hidden || state.job || void load(), 5000);
followTheme();
await load();
