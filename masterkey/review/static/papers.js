// The list of papers, with what is still to be checked in each.

import { byId, counted, make } from "./elements.js";
import { emit, on, state } from "./state.js";

const items = new Map(); // number → element

export function drawPapers() {
  byId("paper-list").replaceChildren();
  items.clear();
  for (const row of state.rows) addRow(row);
  if (!state.rows.length) byId("paper-list").append(make("li", { class: "none" }, "No papers yet."));
  filter();
  drawProgress();
}

function addRow(row) {
  const item = make("li", {}, make("button", { class: "paper", on: { click: () => emit("open", row.number) } }));
  items.set(row.number, item);
  byId("paper-list").append(item);
  fill(row);
}

function fill(row) {
  const item = items.get(row.number);
  const kind = row.done ? "done" : row.touched ? "begun" : "new";
  const words = { done: "reviewed", begun: `${row.open} open`, new: "not begun" }[kind];
  item.dataset.kind = kind;
  item.dataset.search = `${row.id} ${row.title}`.toLowerCase();
  item.firstChild.replaceChildren(
    make("span", { class: "state", "aria-hidden": "true" }, { done: "✓", begun: "◐", new: "○" }[kind]),
    make("span", { class: "name" }, row.title || row.id),
    make("span", { class: "count" }, row.doubtful ? make("b", { title: `${row.doubtful} doubtful values` }, `${row.doubtful} doubtful`) : null, row.doubtful ? " · " : null, words, row.devices > 1 ? ` · ${row.devices} devices` : null),
  );
}

/** A paper's line after an edit, or an upload. */
export function refreshRow(row) {
  state.rows[row.number] = row;
  if (items.has(row.number)) fill(row);
  else drawPapers();
  drawProgress();
}

export function showCurrent() {
  byId("paper-list").querySelector("[aria-current]")?.removeAttribute("aria-current");
  const item = items.get(state.paper.number);
  item.firstChild.setAttribute("aria-current", "page");
  item.scrollIntoView({ block: "nearest" });
}

export function filter() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const onlyOpen = byId("only-open").checked;
  for (const item of items.values()) {
    item.hidden = (onlyOpen && item.dataset.kind === "done") || !words.every((word) => item.dataset.search.includes(word));
  }
}

/** The number of the next paper that the filter shows, `step` 1 or -1; null at the end. */
export function neighbour(step) {
  for (let n = state.paper.number + step; items.has(n); n += step) if (!items.get(n).hidden) return n;
  return null;
}

function drawProgress() {
  const done = state.rows.filter((row) => row.done).length;
  byId("progress").max = state.rows.length || 1;
  byId("progress").value = done;
  byId("progress-words").textContent = `${counted(done)} of ${counted(state.rows.length)} reviewed`;
}

byId("filter").addEventListener("input", filter);
byId("only-open").addEventListener("change", filter);
on("remembered", (paper) => {
  const { number, id, title, devices, open, doubtful, done, touched } = paper;
  refreshRow({ number, id, title, devices: devices.length, open, doubtful, done, touched });
});
