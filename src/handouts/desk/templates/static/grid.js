// A table of data/: shows its cells, has the server say what is wrong with them, and saves them.
// What was typed and not saved stays in the browser until it is saved or taken back: nothing is lost with a closed tab.

import { at, element, told } from "./basics.js";
import { followTheme } from "./theme.js";

const { base, xsrf, name } = document.body.dataset;
const KEPT = `handouts ${base} ${name}`;
const MOST_UNDONE = 200;
const DOORS = { up: ["↑", "grid_up"], down: ["↓", "grid_down"], remove: ["×", "grid_remove"] };
// A row is never changed but replaced by another with the same id; `from` tells which row of the file an id is.
const state = { columns: [], rows: [], from: new Map(), digest: "", saved: [], written: false, done: [], undone: [], problems: [], note: "", next: 0, look: 0 };

async function ask(init = {}) {
  const answer = await fetch(`${base}/cells/${encodeURIComponent(name)}`, { headers: { Accept: "application/json", "X-XSRFToken": xsrf }, ...init });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(said.reason || said.message || `${answer.status}`), { status: answer.status });
  return said;
}

const sent = (more) =>
  ask({ method: "POST", body: JSON.stringify({ digest: state.digest, rows: state.rows.map((row) => ({ from: state.from.get(row.id) ?? null, cells: row.cells })), ...more }) });
const same = (one, other) => one.length === other.length && one.every((row, at) => row.id === other[at].id && row.cells.every((cell, column) => cell === other[at].cells[column]));
const isChanged = () => !same(state.rows, state.saved);

// ---- what is on disk

function take(answer, rows) {
  state.columns = answer.columns;
  state.digest = answer.digest;
  state.written = answer.written;
  state.rows = rows;
  state.from = new Map(rows.map((row, at) => [row.id, answer.rows[at].from]));
  state.saved = rows;
  state.problems = answer.problems;
}

async function open() {
  try {
    const answer = await ask();
    take(answer, answer.rows.map(({ cells }) => ({ id: state.next++, cells })));
    state.done = state.undone = [];
    at("says").textContent = answer.says;
    if (state.written) for (const id of ["save", "undo", "redo", "add"]) at(id).hidden = true;
    fail();
    draw();
    bringBack();
    go();
  } catch (error) {
    fail(error);
  }
}

// What was typed in a tab that is closed, put in as one step that can be undone.
function bringBack() {
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
  if (!kept || state.written) return;
  if (kept.columns.join() !== state.columns.map((one) => one.name).join()) return;
  const current = kept.digest === state.digest;
  const ids = new Map([...state.from].map(([id, from]) => [from, id]));
  change(kept.rows.map(({ from, cells }) => ({ id: (current && ids.get(from)) ?? state.next++, cells })));
  if (!isChanged()) return;
  state.note = told(current ? "grid_back" : "grid_back_older");
  mark();
}

function keep() {
  if (!isChanged()) return localStorage.removeItem(KEPT);
  const rows = state.rows.map((row) => ({ from: state.from.get(row.id) ?? null, cells: row.cells }));
  localStorage.setItem(KEPT, JSON.stringify({ digest: state.digest, columns: state.columns.map((one) => one.name), rows }));
}

// ---- changes

function change(rows) {
  if (same(rows, state.rows)) return;
  state.done = [...state.done.slice(-MOST_UNDONE), state.rows];
  state.undone = [];
  show(rows);
}

function show(rows) {
  state.rows = rows;
  state.note = "";
  keep();
  draw();
  void look();
}

function undo(from, to) {
  const rows = state[from].at(-1);
  if (!rows) return;
  state[from] = state[from].slice(0, -1);
  state[to] = [...state[to], state.rows];
  show(rows);
}

const put = (rows, row, column, text) => rows.map((one, at) => (at === row ? { id: one.id, cells: one.cells.map((cell, at) => (at === column ? text : cell)) } : one));
const empty = () => ({ id: state.next++, cells: state.columns.map(() => "") });

async function look() {
  const turn = ++state.look;
  try {
    const { problems } = await sent({});
    if (turn !== state.look) return;
    state.problems = problems;
    mark();
    fail();
  } catch (error) {
    if (turn === state.look) fail(error);
  }
}

async function save(anyway = false) {
  document.activeElement?.blur?.();
  if (!isChanged()) return;
  const turn = ++state.look;
  const rows = state.rows;
  try {
    const answer = await sent({ save: true, anyway });
    if (answer.saved) {
      const typed = state.rows;
      take(answer, rows);
      if (typed !== rows) show(typed);
      keep();
      fail();
      if (!isChanged()) state.note = told("grid_saved");
    } else if (turn === state.look) {
      state.problems = answer.problems;
      fail({ message: told("grid_not_saved") }, "anyway");
      document.querySelector("td.wrong :is(textarea, select)")?.focus();
    }
    mark();
  } catch (error) {
    fail(error);
  }
}

// ---- what is seen

function fail(error, door) {
  if (error?.status === 409) door = "again";
  at("error").hidden = !error;
  at("why").textContent = error ? (error instanceof TypeError ? told("grid_lost") : error.message) : "";
  for (const id of ["anyway", "again"]) at(id).hidden = id !== door;
}

function draw() {
  const [row, column] = place(document.activeElement);
  if (at("cells").dataset.columns !== JSON.stringify(state.columns)) {
    at("cells").dataset.columns = JSON.stringify(state.columns);
    const head = element("tr");
    head.append(element("th", "#", { scope: "col" }));
    for (const { name, says } of state.columns) {
      const th = element("th", name, { scope: "col" });
      th.append(element("small", says, { title: says }));
      head.append(th);
    }
    const thead = element("thead");
    thead.append(head);
    const widths = element("colgroup");
    widths.append(element("col"));
    state.columns.forEach((_, column) => {
      const longest = Math.max(0, ...state.rows.map((one) => one.cells[column].length));
      widths.append(element("col", "", { className: longest > 80 ? "wide" : longest > 30 ? "middle" : "" }));
    });
    at("cells").replaceChildren(widths, thead, element("tbody"));
  }
  const body = at("cells").tBodies[0];
  const known = new Map([...body.rows].map((tr) => [tr.dataset.id, tr]));
  const rows = state.rows.map((one, number) => fill(known.get(String(one.id)) ?? build(one), one, number));
  if (rows.length !== body.rows.length || rows.some((tr, at) => tr !== body.rows[at])) body.replaceChildren(...rows);
  if (row >= 0 && document.activeElement === document.body) focus(Math.min(row, state.rows.length - 1), column);
  mark();
}

function build(row) {
  const tr = element("tr");
  tr.dataset.id = row.id;
  const th = element("th", "", { scope: "row" });
  th.append(element("span", "", { className: "number" }));
  if (!state.written) for (const [what, [sign]] of Object.entries(DOORS)) {
    const button = element("button", sign, { type: "button" });
    button.dataset.do = what;
    th.append(button);
  }
  tr.append(th);
  state.columns.forEach(({ choices }) => {
    const td = element("td");
    const field = element(choices && !state.written ? "select" : "textarea");
    if (field.tagName === "TEXTAREA") Object.assign(field, { rows: 1, readOnly: state.written, spellcheck: true });
    else for (const choice of choices) field.append(element("option", choice, { value: choice }));
    td.append(field);
    tr.append(td);
  });
  return tr;
}

function fill(tr, row, number) {
  const seen = number + 2; // as a spreadsheet counts them
  tr.cells[0].querySelector(".number").textContent = seen;
  for (const button of tr.cells[0].querySelectorAll("button")) button.setAttribute("aria-label", told(DOORS[button.dataset.do][1], { row: seen }));
  row.cells.forEach((cell, column) => {
    const field = tr.cells[column + 1].firstElementChild;
    if (field.tagName === "SELECT" && ![...field.options].some((one) => one.value === cell)) field.append(element("option", cell, { value: cell }));
    if (field.value !== cell) field.value = cell;
    field.setAttribute("aria-label", told("grid_cell", { column: state.columns[column].name, row: seen }));
    grow(field);
  });
  return tr;
}

// A browser that does not make a field as high as its words is helped.
const GROWS = CSS.supports("field-sizing", "content");
function grow(field) {
  if (GROWS || field.tagName !== "TEXTAREA") return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function mark() {
  for (const td of document.querySelectorAll("td.wrong")) {
    td.classList.remove("wrong");
    td.firstElementChild.removeAttribute("aria-invalid");
    td.firstElementChild.removeAttribute("aria-describedby");
    td.querySelector(".told").remove();
  }
  const whole = [];
  state.problems.forEach(({ row, column, told: text }, number) => {
    const td = row === null || column === null ? null : cellAt(row, state.columns.findIndex((one) => one.name === column))?.parentElement;
    if (!td || td.classList.contains("wrong")) return whole.push(text);
    td.classList.add("wrong");
    td.append(element("p", text, { className: "told", id: `told-${number}` }));
    td.firstElementChild.setAttribute("aria-invalid", "true");
    td.firstElementChild.setAttribute("aria-describedby", `told-${number}`);
  });
  at("save").disabled = !isChanged();
  at("undo").disabled = !state.done.length;
  at("redo").disabled = !state.undone.length;
  const count = state.problems.length;
  const saved = state.written ? told("grid_written") : "";
  const found = count && told(count === 1 ? "grid_problem" : "grid_problems", { count });
  at("status").textContent = [state.note || (isChanged() ? told("grid_changed") : saved), found].filter(Boolean).join(" · ");
  if (whole.length && at("anyway").hidden && at("again").hidden) fail({ message: whole.join("\n") });
}

const cellAt = (row, column) => at("cells").tBodies[0]?.rows[row]?.cells[column + 1]?.firstElementChild;
const focus = (row, column) => cellAt(row, column)?.focus();
function place(field) {
  const tr = field?.closest?.("tbody tr");
  return tr ? [tr.sectionRowIndex, Math.max(0, (field.closest("td")?.cellIndex ?? 1) - 1)] : [-1, 0];
}

// A link to a cell, by its row as a spreadsheet counts it or by what the row is called: #row=7&column=low, #cell=dn-sore.
function go() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const row = wanted.has("row") ? Number(wanted.get("row")) - 2 : state.rows.findIndex((one) => one.cells[0] === wanted.get("cell"));
  if (wanted.has("add") && !state.written) {
    history.replaceState(null, "", location.pathname + location.search);
    state.last = null;
    return at("add").click();
  }
  focus(row, Math.max(0, state.columns.findIndex((one) => one.name === wanted.get("column"))));
}

// ---- what people do

const sheet = at("cells");
sheet.addEventListener("change", ({ target }) => {
  const [row, column] = place(target);
  change(put(state.rows, row, column, target.value.trim()));
});
sheet.addEventListener("input", ({ target }) => grow(target));
sheet.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-do]");
  if (!button) return;
  const [row] = place(button);
  const rows = [...state.rows];
  const [taken] = rows.splice(row, 1);
  const to = { up: row - 1, down: row + 1 }[button.dataset.do];
  if (to < 0 || to > rows.length) return;
  if (to !== undefined) rows.splice(to, 0, taken);
  change(rows);
  (to === undefined ? cellAt(Math.min(row, rows.length - 1), 0) ?? at("add") : button).focus();
});
// Enter goes down as in a spreadsheet, Shift+Enter begins a line in the cell.
sheet.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.target.tagName !== "TEXTAREA") return;
  event.preventDefault();
  const [row, column] = place(event.target);
  event.target.blur();
  if (row + 1 < state.rows.length) focus(row + 1, column);
});
// Cells copied in a spreadsheet fill the cells from here on.
sheet.addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text/plain").replace(/\r\n/g, "\n").replace(/\n$/, "");
  if (state.written || !/[\t\n]/.test(text)) return;
  event.preventDefault();
  const [first, begin] = place(event.target);
  let rows = state.rows;
  text.split("\n").forEach((line, down) => {
    if (first + down === rows.length) rows = [...rows, empty()];
    line.split("\t").forEach((cell, right) => (rows = put(rows, first + down, begin + right, cell.trim())));
  });
  change(rows);
});
at("add").addEventListener("click", () => {
  const [row] = place(state.last);
  const rows = [...state.rows];
  const to = row < 0 ? rows.length : row + 1;
  rows.splice(to, 0, empty());
  change(rows);
  focus(to, 0);
});
sheet.addEventListener("focusin", ({ target }) => (state.last = target));
at("save").addEventListener("click", () => void save());
at("anyway").addEventListener("click", () => void save(true));
at("again").addEventListener("click", () => void open());
at("undo").addEventListener("click", () => undo("done", "undone"));
at("redo").addEventListener("click", () => undo("undone", "done"));
window.addEventListener("keydown", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  const key = event.key.toLowerCase();
  if (key === "s") {
    event.preventDefault();
    void save();
  }
  const [row, column] = place(event.target);
  const typing = event.target.tagName === "TEXTAREA" && row >= 0 && event.target.value.trim() !== state.rows[row].cells[column];
  if (typing || (key !== "z" && key !== "y")) return; // the browser takes back what is being typed
  event.preventDefault();
  if (key === "y" || event.shiftKey) undo("undone", "done");
  else undo("done", "undone");
});
// What is being typed counts, too, where the tab is closed.
window.addEventListener("pagehide", () => document.activeElement?.blur?.());
window.addEventListener("hashchange", go);
window.addEventListener("message", (event) => {
  if (event.origin === location.origin && event.source === window.parent && event.data?.handouts === "save") void save();
});

followTheme();
await open();
