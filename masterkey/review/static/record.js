// The record: devices as tabs, their fields by layer or by doubt, and the tools of the chosen field.

import { byId, make, notify } from "./elements.js";
import { currentCell, currentDevice, deviceName, emit, fieldNamed, fullLabel, groupsOf, state } from "./state.js";
import { draft, dropDraft, edit, keepDraft } from "./saving.js";
import { quoted } from "./text.js";

const STATUS = {
  open: ["○", "not looked at yet"],
  accepted: ["✓", "accepted"],
  mended: ["✎", "mended"],
  "not stated": ["∅", "not stated in the text"],
};
const SOURCES = { deduced: "deduced from other values", default: "the text does not say; what the database mostly has" };

export function drawRecord() {
  drawDevices();
  drawOrder();
  const device = currentDevice();
  const reached = byId("rows").scrollTop;
  byId("rows").replaceChildren(...(device ? groupsOf(device).map((group) => drawGroup(group, device)) : []));
  drawClosing();
  byId("rows").scrollTop = reached;
  byId("rows").querySelector(".current")?.scrollIntoView({ block: "nearest" });
  byId("rows").querySelector("input:not([type=radio]), input:checked, input")?.focus();
}

// --- devices ---

function drawDevices() {
  const { devices } = state.paper;
  const tabs = devices.map((device) =>
    make(
      "button",
      {
        role: "tab",
        class: "tab",
        "aria-selected": String(device.key === state.device),
        tabindex: device.key === state.device ? "0" : "-1",
        title: device.name,
        on: { click: () => emit("device", device.key) },
      },
      make("span", { class: "tab-role" }, device.role || "device"),
      device.name ? make("span", { class: "tab-name" }, device.name) : null,
    ),
  );
  const add = make("button", { class: "quiet add", title: "Another device, as a copy of this one (+)", on: { click: addDevice } }, "+ Device");
  byId("devices").replaceChildren(...tabs, add, ...(devices.length > 1 ? [tools()] : []));
}

function tools() {
  const isTarget = state.paper.devices[0].key === state.device;
  return make(
    "span",
    { class: "device-tools" },
    make("button", { class: "quiet", on: { click: nameDevice } }, "Name"),
    isTarget ? null : make("button", { class: "quiet", title: "The device that a training row tells of", on: { click: () => edit({ action: "target", device: state.device }) } }, "Make it the target"),
    make("button", { class: "quiet", on: { click: removeDevice } }, "Remove"),
  );
}

export const addDevice = () => askName("Another device", "", (name) => edit({ action: "add_device", device: state.device, role: "another", name }));

function nameDevice() {
  const { role, name } = currentDevice();
  askName("The device's name", name, (other) => edit({ action: "name_device", device: state.device, role, name: other }));
}

function removeDevice() {
  edit({ action: "remove_device", device: state.device });
  notify(`Removed the device “${deviceName(currentDevice())}”.`, { actions: { Undo: () => edit({ action: "undo" }) } });
}

function askName(title, value, done) {
  const input = make("input", { "aria-label": "Name", maxlength: "200", placeholder: "such as: control, without additive" });
  input.value = value;
  const dialog = make("dialog", { class: "ask" }, make("form", { method: "dialog" }, make("h2", {}, title), input, make("div", { class: "tools" }, make("button", { value: "ok", class: "main" }, "OK"), make("button", { value: "no", type: "button", on: { click: () => dialog.close("") } }, "Cancel"))));
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue === "ok") done(input.value);
  });
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
}

// --- fields ---

function drawOrder() {
  const button = (order, label) => make("button", { "aria-pressed": String(state.order === order), on: { click: () => emit("order", order) } }, label);
  const open = Object.values(currentDevice()?.cells ?? {}).filter((cell) => cell.status === "open");
  const doubtful = open.filter((cell) => cell.level === "doubtful").length;
  byId("order").replaceChildren(
    make("div", { class: "switch", role: "group", "aria-label": "Order of the fields" }, button("layer", "By layer"), button("doubt", "By doubt")),
    make("span", { class: "open-count" }, open.length ? `${open.length} to check${doubtful ? `, ${doubtful} doubtful` : ""}` : "all checked"),
  );
}

function drawGroup(group, device) {
  const rows = group.fields.map((field) => drawRow(field, device.cells[field.name], !group.layer));
  const heading = make("h3", { data: group.layer ? { layer: group.layer } : {} }, group.title);
  return make("section", { class: "group" }, heading, make("ul", {}, rows));
}

function drawRow(field, cell, withLayer) {
  const isCurrent = field.name === state.field;
  const [sign, meaning] = STATUS[cell.status];
  const row = make(
    "li",
    {
      class: `row ${isCurrent ? "current" : ""} ${cell.reported ? "" : "unreported"}`,
      data: { field: field.name, status: cell.status, level: cell.level, layer: field.layer },
      "aria-current": isCurrent ? "true" : null,
      on: { click: (event) => event.target.closest("button, input, label") || emit("choose", { field: field.name }) },
    },
    make("span", { class: "status", title: meaning, role: "img", "aria-label": meaning }, sign),
    make("span", { class: "label" }, withLayer ? fullLabel(field.name) : field.label, field.unit ? make("span", { class: "unit" }, ` ${field.unit}`) : null),
    isCurrent && state.editing ? editor(field, cell) : make("span", { class: "value" }, cell.reported ? cell.value : "not stated"),
    chip(cell),
  );
  if (isCurrent) row.append(detail(field, cell));
  return row;
}

function chip(cell) {
  if (cell.status !== "open") return make("span", { class: "chip decided" }, cell.status);
  if (!cell.reported && cell.level === "sure") return make("span", { class: "chip" });
  const number = cell.confidence === null ? "no place" : cell.confidence.toFixed(2);
  const words = { doubtful: `doubtful ${number}`, unsure: number, sure: cell.confidence === null ? "" : number }[cell.level];
  const told = cell.confidence === null ? (cell.level === "doubtful" ? words : "") : words;
  return make("span", { class: `chip ${cell.level}`, title: cell.confidence === null ? "the method gave no confidence" : `the method believes in it with ${number}` }, told);
}

function detail(field, cell) {
  const button = (label, key, action, kind = "") => make("button", { class: kind, on: { click: action } }, label, " ", make("kbd", {}, key));
  return make(
    "div",
    { class: "detail" },
    evidence(cell),
    make(
      "div",
      { class: "tools" },
      button("Accept", "A", accept, "main"),
      button("Mend", "E", startEditing),
      button("Not stated", "N", notStated),
      cell.status === "open" ? null : button("Open again", "R", openAgain),
      cell.places.length > 1 && cell.reported ? button(`${cell.places.length} places`, "G", () => emit("further")) : null,
    ),
  );
}

function evidence(cell) {
  if (!cell.reported) return make("p", { class: "evidence none" }, "Select words in the text to give a value.");
  const parts = [];
  if (cell.places.length) {
    const [before, words, behind] = quoted(cell.places[0]);
    parts.push(make("q", {}, before.length > 160 ? `… ${before.slice(-150)}` : before, make("b", {}, words), behind.length > 200 ? `${behind.slice(0, 190)} …` : behind));
  }
  if (cell.missing.length && cell.source !== "deduced") parts.push(make("span", { class: "missing" }, `Not in the text: ${cell.missing.join(", ")}.`));
  const source = SOURCES[cell.source] ?? (cell.places.length || cell.missing.length ? "" : "no words of the text say it");
  if (source) parts.push(make("span", { class: "source" }, `${source[0].toUpperCase()}${source.slice(1)}.`));
  return make("p", { class: "evidence" }, parts.flatMap((part) => [part, " "]));
}

// --- the chosen field's value ---

function editor(field, cell) {
  if (field.choices) return choices(field, cell);
  const id = `known-${field.name}`;
  const input = make("input", { class: "value", "aria-label": `${fullLabel(field.name)}: value`, list: id, spellcheck: "false", autocomplete: "off", on: { input: () => keepDraft(input.value), keydown: typed } });
  input.value = draft() ?? (cell.reported ? cell.value : "");
  const known = make("datalist", { id }, state.start.values[field.name].map((value) => make("option", { value })));
  return make("span", { class: "value editor" }, input, known);
}

function typed(event) {
  if (event.key === "Enter") enter(event.target.value);
  else if (event.key === "Escape") leave();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function choices(field, cell) {
  const option = (value) => {
    const input = make("input", { type: "radio", name: "choice", value, on: { keydown: (event) => typed(event) } });
    input.checked = value === cell.value;
    return make("label", { on: { click: (event) => event.detail > 0 && event.target === input && enter(value) } }, input, value);
  };
  return make("span", { class: "value editor choices", role: "radiogroup", "aria-label": fullLabel(field.name) }, field.choices.map(option));
}

export function startEditing() {
  if (!currentCell()) return;
  state.editing = true;
  drawRecord();
  const input = byId("rows").querySelector(".editor input");
  if (input?.type !== "radio") input?.select();
}

function leave() {
  dropDraft();
  state.editing = false;
  drawRecord();
}

function enter(value) {
  if (value.trim() === "") notStated();
  else set({ status: "mended", value });
}

/** Give the chosen field a status, or words of the text as its value, and go on to the next. */
export function set(change) {
  if (!currentCell()) return;
  dropDraft();
  state.editing = false;
  edit({ action: "cell", device: state.device, field: state.field, ...change });
  emit("decided");
}

export const accept = () => set({ status: "accepted" });
export const notStated = () => set({ status: "not stated" });
export const openAgain = () => edit({ action: "cell", device: state.device, field: state.field, status: "open" });

// --- the end of a paper ---

function drawClosing() {
  const { done, open, can_undo: canUndo, reviewers, time } = state.paper;
  const button = (label, key, action, kind = "") => make("button", { class: kind, on: { click: action } }, label, " ", make("kbd", {}, key));
  byId("closing").replaceChildren(
    make("p", {}, done ? `Reviewed by ${reviewers.join(", ")}, ${time.slice(0, 10)}. It stands in ${state.start.reviewed}.` : open ? `${open} values are still open; finishing accepts them as they stand.` : "Every value has been looked at."),
    make("div", { class: "tools" }, done ? button("Reopen", "F", finish) : button("Finish this paper", "F", finish, "main"), canUndo ? button("Undo", "U", undo) : null),
  );
}

export const undo = () => (state.paper.can_undo ? edit({ action: "undo" }) : notify("There is nothing to undo."));
export const finish = () => edit({ action: state.paper.done ? "reopen" : "finish" });
