// The preview of a topic: asks the server for its page and findings, and shows them. It asks for nothing else.
// The page stands in a frame that may run no script; this script reads and scrolls it from outside.

import { at, element, inLab, openTable, told } from "./basics.js";
import { followTheme } from "./theme.js";

const EVERY = 1000; // milliseconds between two looks at the disk
const { base, path, xsrf } = document.body.dataset;
const state = { latest: 0, stamp: null, html: null, frame: null, known: "", goTo: null, lost: false, loading: false };

const asked = () => new URLSearchParams(location.search);
const address = (what, more = {}) => {
  const query = asked();
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return `${base}/${what}/${path.split("/").map(encodeURIComponent).join("/")}?${query}`;
};
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function get(what, more, init = {}) {
  const answer = await fetch(address(what, more), { headers: { Accept: "application/json", "X-XSRFToken": xsrf }, ...init });
  if (answer.ok) return answer.json();
  if (answer.status === 403 || answer.status === 401) throw new Error(told("preview_logged_out"));
  const why = await answer.json().catch(() => ({}));
  throw new Error(why.reason || why.message || told("preview_answered", { status: answer.status }));
}

// A request takes a second at most; what takes longer is asked for again, so that connections stay free.
async function eventually(what, turn) {
  for (let more = {}; ; more = { wait: "no" }) {
    const answer = await get(what, more);
    if (turn !== state.latest) return null;
    if (!answer.pending) return answer;
    if (what === "page") say(told("preview_still"));
    await sleep(700);
  }
}

const say = (text) => { if (at("status").textContent !== text) at("status").textContent = text; };

async function load() {
  const turn = ++state.latest;
  state.loading = true;
  const slow = setTimeout(() => turn === state.latest && say(told("preview_making")), 400);
  try {
    const answer = await eventually("page", turn);
    clearTimeout(slow);
    if (!answer) return;
    state.stamp = answer.stamp;
    state.lost = false;
    if (answer.switches) offer(answer.switches, answer.values);
    tell(answer);
    at("ask").hidden = !answer.untrusted;
    if (answer.html) await show(answer.html);
    at("review").textContent = answer.review ?? "";
    const made = !answer.error && !answer.untrusted;
    at("stage").classList.toggle("older", !made);
    say(answer.untrusted ? told("preview_not_run") : made ? told("preview_made", { seconds: answer.seconds.toFixed(2) }) : told("preview_not_made"));
    const found = await eventually("findings", turn);
    if (found) list({ ...found, made });
  } catch (error) {
    if (turn === state.latest) lose(error);
  } finally {
    clearTimeout(slow);
    if (turn === state.latest) state.loading = false;
  }
}

async function trust(all) {
  try {
    const { trusted } = await get("trust", {}, { method: "POST", body: JSON.stringify({ all }) });
    at("stage").focus(); // the button goes
    if (inLab) window.parent.postMessage({ handouts: "trusted", paths: trusted }, location.origin);
    await load();
  } catch (error) {
    lose(error);
  }
}
at("run").addEventListener("click", () => trust(false));
at("all").addEventListener("click", () => trust(true));

function lose(error) {
  state.lost = true;
  at("count").textContent = told("preview_not_checked");
  at("count").className = "unmade";
  if (error instanceof TypeError) say(told("preview_lost"));
  else tell({ error: error.message, html: null, cell: null });
}

// What can be chosen comes from data/parameters.csv with each answer: a row added there shows by itself.
function offer(switches, values) {
  const query = asked();
  const wanted = JSON.stringify([switches, values, String(query)]);
  if (wanted === state.known) return;
  state.known = wanted;
  const focused = document.activeElement?.name;
  const labels = switches.map((one) => {
    const select = element("select", "", { name: one.name });
    const label = element("label", one.label);
    label.append(select);
    const usual = one.default_from
      ? values[one.name] && !query.get(one.name)
        ? told("preview_usual_of", { label: labelOf(one, values[one.name]).toLowerCase() })
        : told("preview_usual")
      : null;
    if (usual) select.append(element("option", usual, { value: "" }));
    for (const { value, label } of one.values) select.append(element("option", label, { value }));
    select.value = query.get(one.name) ?? one.default ?? "";
    label.classList.toggle("changed", select.value !== (one.default ?? ""));
    return label;
  });
  at("switches").replaceChildren(...labels);
  if (focused) at("switches").elements[focused]?.focus();
  linkOpen();
}
// A browser says which site asks only where the address is secure.
const linkOpen = () => { at("open").href = address("alone", isSecureContext ? {} : { _xsrf: xsrf }); };
const labelOf = (one, value) => one.values.find((row) => row.value === value)?.label ?? value;

at("switches").addEventListener("submit", (event) => event.preventDefault());
at("switches").addEventListener("change", (event) => {
  const query = asked();
  const { name, value } = event.target;
  if (value) query.set(name, value);
  else query.delete(name);
  history.replaceState(null, "", `${location.pathname}${String(query) && "?"}${query}`);
  if (inLab) window.parent.postMessage({ handouts: "asked", search: location.search }, location.origin);
  linkOpen();
  load();
});

function tell({ error, html, cell }) {
  at("banner").hidden = !error;
  if (!error) return;
  at("failed").textContent = told("preview_failed");
  at("older").textContent = html || state.html ? told("preview_older") : "";
  at("why").textContent = error;
  const table = tableIn(error);
  at("mend").hidden = !table;
  at("mend").onclick = () => openAt(table);
  state.goTo = cell;
  at("go").hidden = !(cell && inLab);
}
at("go").addEventListener("click", () => goTo(state.goTo));
const goTo = (id) => { if (id && inLab) window.parent.postMessage({ handouts: "cell", id }, location.origin); };

// The next page is laid out behind the one that is shown, scrolled to the same place, and only then takes over.
async function show(html) {
  if (html === state.html) return;
  const old = state.frame;
  const next = element("iframe", "", { className: "coming", title: told("preview_page") });
  next.setAttribute("sandbox", "allow-same-origin allow-modals"); // no allow-scripts: nothing written in a notebook can run
  const laidOut = new Promise((done) => next.addEventListener("load", done, { once: true }));
  next.srcdoc = html;
  at("stage").append(next);
  await laidOut;
  for (const stale of at("stage").querySelectorAll("iframe")) if (stale !== next && stale !== old) stale.remove();
  if (!next.isConnected) return;
  if (old?.contentWindow) {
    next.contentWindow.scrollTo(old.contentWindow.scrollX, old.contentWindow.scrollY);
    if (location.search === state.search) seek(old.contentDocument, next.contentDocument);
  }
  state.search = location.search;
  for (const link of next.contentDocument.querySelectorAll("a[href]")) {
    link.target = "_blank"; // no link may put something else in the page's place
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const href = link.getAttribute("href");
      if (href.startsWith("#")) next.contentDocument.getElementById(href.slice(1))?.scrollIntoView({ behavior: "smooth" });
      else if (/^https?:/.test(href)) window.open(href, "_blank", "noopener");
    });
  }
  for (const drawn of next.contentDocument.querySelectorAll("figure[id^='diagram-'], table[id^='table-']")) {
    drawn.title = told("preview_double");
    drawn.addEventListener("dblclick", () => openTable(`${drawn.id.replace(/^(diagram|table)-/, "")}.csv`));
  }
  next.className = "";
  old?.remove();
  state.frame = next;
  state.html = html;
}

// The first words that are new, where they are not in sight.
function seek(before, after) {
  const blocks = (of) => [...of.querySelectorAll("main :is(p, li, h2, h3, h4, td, th, figcaption, svg)")].filter((one) => !one.querySelector("p, li"));
  const known = new Set(blocks(before).map((one) => one.textContent));
  const changed = blocks(after).find((one) => !known.has(one.textContent) && one.getClientRects().length);
  if (!changed) return;
  const { top, bottom } = changed.getBoundingClientRect();
  if (top < 0 || bottom > after.documentElement.clientHeight) changed.scrollIntoView({ block: "center" });
}

at("print").addEventListener("click", () => state.frame?.contentWindow.print());

function list({ findings = [], grade, hardest = [], beside = [], error, made }) {
  compare(beside);
  const errors = findings.filter((one) => one.severity === "error").length;
  const warnings = findings.length - errors;
  const counted = [errors && number(errors, "preview_an_error", "preview_errors"), warnings && number(warnings, "preview_a_warning", "preview_warnings")].filter(Boolean).join(", ");
  const grades = grade ? told("preview_grade", { grade: grade.fkgl }) : "";
  at("count").textContent = [error ? told("preview_not_checked") : counted || told(made ? "preview_nothing" : "preview_nothing_else"), grades].filter(Boolean).join(" · ");
  at("count").className = error || errors ? "errors" : warnings ? "warnings" : made ? "fine" : "unmade";
  at("findings").replaceChildren(...(error ? [entry(error, [])] : findings.map((one) => finding(one))));
  if (!error && !findings.length) at("findings").append(entry(told("preview_fine"), []));
  at("reading").hidden = !grade;
  if (!grade) return;
  at("grade").textContent =
    told("preview_grades", { grade: grade.fkgl, wanted: grade.wanted, smog: grade.smog, wanted_smog: grade.wanted_smog }) +
    (hardest.length ? ` ${told("preview_hardest")}` : "");
  at("hardest").replaceChildren(
    ...hardest.map((one) => entry(null, [element("q", one.sentence), element("span", told("preview_grade_of", { grade: one.grade }), { className: "who" })], one)),
  );
}

// Each block of the page beside its translation; what has none is told first where it stands.
function compare(pairs) {
  const language = asked().get("language") ?? "";
  at("beside").hidden = !pairs.length;
  const lacking = pairs.filter((one) => one.why).length;
  at("whole").textContent = lacking ? number(lacking, "preview_a_lack", "preview_lacks") : told("preview_whole");
  at("whole").className = lacking ? "errors" : "fine";
  at("pairs").replaceChildren(
    ...pairs.map((one) => {
      const target = one.why ? element("span", one.why, { className: "errors" }) : element("span", one.target, { lang: language, dir: "auto" });
      const item = entry(null, [element("span", one.source, { lang: document.documentElement.lang }), target], { sentence: one.target.split("\n")[0], id: one.cell });
      item.firstChild.classList.add("pair");
      return item;
    }),
  );
}

// A table that something is wrong with, and where in it, as words tell it.
const tableIn = (text) => /data\/(?<name>[\w.-]+\.csv)(?: row (?<row>\d+))?(?:,? column (?<column>[\w-]+))?/.exec(text ?? "")?.groups;
const openAt = ({ name, row, column, cell }) => openTable(name, String(new URLSearchParams(Object.entries({ row, column, cell }).filter(([, value]) => value))));
const number = (count, one, many) => told(count === 1 ? one : many, { count });

function finding(one) {
  const kind = element("span", told(one.severity === "error" ? "preview_error" : "preview_warning"), { className: `kind ${one.severity}s` });
  const where = [one.file, one.cell].filter(Boolean).join(", ");
  const parts = [kind, document.createTextNode(" ")];
  if (one.sentence) parts.push(element("q", one.sentence));
  else parts.push(document.createTextNode(where));
  parts.push(element("span", one.told, { className: "what" }));
  parts.push(element("span", [one.sentence && where, one.authority].filter(Boolean).join(" · "), { className: "who" }));
  return entry(null, parts, one);
}

function entry(text, parts, target) {
  const item = document.createElement("li");
  const table = target && !target.id && tableIn(target.file);
  const can = target && (target.sentence || (target.id && inLab) || table);
  const inner = element(can ? "button" : "div", text ?? "", can ? { type: "button" } : {});
  inner.append(...parts);
  if (can) {
    inner.addEventListener("click", () => {
      for (const other of document.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
      inner.setAttribute("aria-current", "true");
      mark(target.sentence);
      if (table) openAt({ ...table, cell: target.cell });
      else goTo(target.id);
    });
  }
  item.append(inner);
  return item;
}

at("toggle").addEventListener("click", () => {
  const open = at("toggle").getAttribute("aria-expanded") !== "true";
  at("toggle").setAttribute("aria-expanded", String(open));
  at("told").hidden = !open;
});

// Highlight a sentence in the page, whatever elements it runs through: compared without spaces and source numbers.
function mark(sentence) {
  const page = state.frame?.contentDocument;
  if (!page || !sentence) return;
  const view = state.frame.contentWindow;
  view.CSS.highlights?.delete("handouts");
  const letters = [];
  const walker = page.createTreeWalker(page.body, view.NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement.closest("sup, style, script, svg, .cite") ? view.NodeFilter.FILTER_REJECT : view.NodeFilter.FILTER_ACCEPT,
  );
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (let offset = 0; offset < node.length; offset++) if (/\S/.test(node.data[offset])) letters.push([node, offset]);
  }
  const text = letters.map(([node, offset]) => node.data[offset]).join("");
  const squeezed = sentence.replace(/\s+/g, "");
  const wanted = [squeezed, squeezed.replace(/[.:]$/, ""), squeezed.slice(0, 40)].find((one) => one && text.includes(one));
  if (!wanted) return;
  const first = text.indexOf(wanted);
  const range = page.createRange();
  range.setStart(...letters[first]);
  const [last, offset] = letters[first + wanted.length - 1];
  range.setEnd(last, offset + 1);
  if (!page.getElementById("handouts-mark")) {
    const style = page.createElement("style");
    style.id = "handouts-mark";
    style.textContent = "::highlight(handouts) { background: #ffe58a; color: #1a1a1a; }";
    page.head.append(style);
  }
  view.CSS.highlights?.set("handouts", new view.Highlight(range));
  const box = range.getBoundingClientRect();
  view.scrollTo({ top: view.scrollY + box.top - view.innerHeight / 3, behavior: "smooth" });
}

// Whatever changes on disk shows by itself; a preview that nobody sees asks for nothing.
async function watch() {
  for (; ; await sleep(EVERY)) {
    if (state.loading || document.hidden || window.innerWidth === 0) continue;
    try {
      const { stamp } = await get("stamp");
      if (!state.loading && (stamp !== state.stamp || state.lost)) {
        state.stamp = stamp;
        await load();
      }
    } catch (error) {
      lose(error);
    }
  }
}

window.addEventListener("message", (event) => {
  if (event.origin === location.origin && event.source === window.parent && event.data?.handouts === "saved") load();
});

window.addEventListener("keydown", (event) => {
  if (!inLab || event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault(); // the browser would save the preview; what is meant is the notebook
  window.parent.postMessage({ handouts: "save" }, location.origin);
});

followTheme();
await load();
watch();
