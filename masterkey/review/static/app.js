// The page as a whole: what is opened, chosen and typed, and what is drawn anew for it.

import { byId, make, notify } from "./elements.js";
import { showHelp } from "./help.js";
import { drawPapers, neighbour, refreshRow, showCurrent } from "./papers.js";
import { drawPerformance } from "./performance.js";
import { accept, addDevice, drawRecord, finish, notStated, openAgain, startEditing, undo } from "./record.js";
import { draft, edit, keepDraft, takeUpUnsent } from "./saving.js";
import { ask, paper, remember } from "./server.js";
import { currentDevice, emit, fieldNamed, fullLabel, on, orderedFields, state } from "./state.js";
import { drawText, setText, showField } from "./text.js";
import "./uploads.js";
import { forgetWords, moveWord, offer, takeWords } from "./words.js";

async function begin() {
  const { ok, found } = await ask("/api/start");
  if (!ok) throw new Error(found.detail);
  state.start = found;
  state.rows = found.papers;
  state.order = localStorage.getItem("masterkey-review-order") ?? "layer";
  byId("file").textContent = found.file;
  byId("reviewer").textContent = found.reviewer;
  document.title = `Review ${found.file}`;
  drawLegend();
  drawPapers();
  await open(Number(location.hash.slice(1)) || firstOpen());
  await takeUpUnsent();
  document.body.dataset.ready = "true";
}

const firstOpen = () => Math.max(0, state.rows.findIndex((row) => !row.done));

function drawLegend() {
  byId("legend").replaceChildren(...state.start.layers.map(([layer, title]) => make("li", { data: { layer } }, title)));
}

// --- papers ---

async function open(number) {
  if (!state.rows.length) {
    document.body.dataset.empty = "true";
    byId("text").textContent = "No papers yet. Upload a PDF or a text file, or drop it here: it is read, and its record appears beside it.";
    return;
  }
  delete document.body.dataset.empty;
  const found = await paper(state.rows[number] ? number : 0);
  state.paper = found;
  state.device = found.devices[0].key;
  state.editing = false;
  byId("title").textContent = found.title || found.id;
  byId("about").textContent = [found.doi !== found.title ? found.doi : "", `paper ${found.number + 1} of ${state.rows.length}`, `${found.text.length.toLocaleString("en-US")} characters`].filter(Boolean).join(" · ");
  setText(found.text);
  state.field = nextToCheck(orderedFields()) ?? orderedFields()[0];
  state.editing = draft() !== null;
  drawAll();
  byId("scroll").scrollTop = 0;
  showField();
  showCurrent();
  // Shown at once as it is known; what another page has made of it meanwhile comes behind the picture.
  requestAnimationFrame(() => setTimeout(settle));
}

function settle() {
  history.replaceState(null, "", `#${state.paper.number}`);
  paper(state.paper.number, { fresh: true }).catch(() => {});
  for (const step of [1, -1]) if (neighbour(step) !== null) paper(neighbour(step)).catch(() => {});
}

function go(step) {
  const number = neighbour(step);
  if (number === null) notify(step > 0 ? "This is the last paper of the list." : "This is the first paper of the list.");
  else open(number);
}

function drawAll() {
  drawText();
  forgetWords();
  drawRecord();
  drawPerformance();
}

on("open", (number) => {
  document.body.classList.remove("with-papers"); // a drawer in a narrow window
  byId("show-papers").setAttribute("aria-expanded", "false");
  return open(number);
});
on("remembered", (found) => {
  if (state.paper?.number !== found.number || state.paper.version === found.version) return;
  state.paper = found;
  if (!found.devices.some((device) => device.key === state.device)) state.device = found.devices[0].key;
  drawAll();
});
on("uploaded", async ({ number }) => {
  const found = await paper(number, { fresh: true });
  refreshRow(state.rows[number] ?? { ...found, devices: found.devices.length });
  if (document.body.dataset.empty) open(number);
});
on("conflict", ({ number, changes, paper: newer }) => {
  const who = newer.reviewers.at(-1) ?? "somebody";
  const told = changes.map((change) => (change.field ? `${fullLabel(change.field)}: ${change.value ?? change.status}` : change.action.replace("_", " ")));
  notify(`${newer.title}: this paper was edited on another page (last by ${who}), so it was read anew. Not saved: ${told.join("; ")}.`, {
    kind: "error",
    actions: { "Do it on the newer record": () => open(number).then(() => changes.forEach(({ key, ...change }) => edit(change))) },
  });
});

// What was typed is there to be mended, where it was refused.
on("refused", ({ number, change }) => {
  if (state.paper?.number !== number || !change.value) return;
  Object.assign(state, { device: change.device, field: change.field, editing: !fieldNamed(change.field).choices });
  if (state.editing) keepDraft(change.value);
  drawAll();
});

// --- fields ---

/** The first doubtful field on which nobody has decided, else the first one of these. */
function nextToCheck(fields) {
  const { cells } = currentDevice();
  const open = fields.filter((field) => cells[field].status === "open");
  return open.find((field) => cells[field].level === "doubtful") ?? open[0];
}

function choose({ field, scroll = true }) {
  state.field = field;
  state.editing = draft() !== null;
  drawRecord();
  showField({ scroll });
  offer();
}

function step(by) {
  const fields = orderedFields();
  const n = fields.indexOf(state.field) + by;
  if (fields[n]) choose({ field: fields[n] });
}

function nextDevice(by) {
  const keys = state.paper.devices.map((device) => device.key);
  emit("device", keys[(keys.indexOf(state.device) + by + keys.length) % keys.length]);
}

on("choose", choose);
on("further", () => showField({ further: true }));
on("device", (key) => {
  state.device = key;
  state.editing = false;
  drawAll();
});
on("order", (order) => {
  state.order = order;
  localStorage.setItem("masterkey-review-order", order);
  drawRecord();
});
// The next open field behind this one, as its row is not yet told to be decided.
on("decided", () => {
  const fields = orderedFields();
  const n = fields.indexOf(state.field);
  const next = nextToCheck([...fields.slice(n + 1), ...fields.slice(0, n)]);
  if (next) choose({ field: next });
  else drawRecord();
});

// --- keys ---

const KEYS = {
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  a: accept,
  e: startEditing,
  Enter: startEditing,
  n: notStated,
  r: openAgain,
  g: () => showField({ further: true }),
  t: () => byId("scroll").focus(),
  o: () => emit("order", state.order === "layer" ? "doubt" : "layer"),
  d: () => nextDevice(1),
  D: () => nextDevice(-1),
  "+": addDevice,
  f: finish,
  u: undo,
  "]": () => go(1),
  "[": () => go(-1),
  "/": () => byId("filter").focus(),
  "?": showHelp,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const within = document.activeElement;
  if (event.key === "Escape") {
    window.getSelection().removeAllRanges();
    within.blur();
    return;
  }
  if (within.matches("input, textarea, select")) return;
  if (event.key === "Enter" && takeWords(event.shiftKey)) return void event.preventDefault();
  if (within === byId("scroll") && moveWord(event)) return void event.preventDefault();
  if (event.key === "Enter" && within.matches("button")) return;
  if (!state.paper && !"?/".includes(event.key)) return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

document.addEventListener("selectionchange", () => state.paper && offer());
// What another page has made of the paper meanwhile.
window.addEventListener("focus", () => state.paper && paper(state.paper.number, { fresh: true }).catch(() => {}));
byId("next").addEventListener("click", () => go(1));
byId("previous").addEventListener("click", () => go(-1));
byId("show-help").addEventListener("click", showHelp);
byId("scroll").addEventListener("scroll", () => (byId("take").hidden = true));
byId("show-papers").addEventListener("click", () => {
  const shown = document.body.classList.toggle("with-papers");
  byId("show-papers").setAttribute("aria-expanded", String(shown));
});

begin().catch((error) => notify(`The page could not be begun: ${error.message}`, { kind: "error" }));
