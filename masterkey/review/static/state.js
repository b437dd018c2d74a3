// What the page shows now, and who wants to know when it changes.

export const state = {
  start: null, // file, reviewer, layers, fields, values
  rows: [], // one of each paper, for the list
  paper: null,
  device: null, // key
  field: null, // name
  order: "layer",
  editing: false,
};

const listeners = {};

export function on(event, listener) {
  (listeners[event] ??= []).push(listener);
}

/** Tells all who listen, at once; done when they are. */
export function emit(event, detail) {
  return Promise.all((listeners[event] ?? []).map((listener) => listener(detail)));
}

export const fieldNamed = (name) => state.start.fields.find((field) => field.name === name);

export function currentDevice() {
  const devices = state.paper?.devices ?? [];
  return devices.find((device) => device.key === state.device) ?? devices[0] ?? null;
}

export const currentCell = () => currentDevice()?.cells[state.field] ?? null;

/** A field's name where its layer's heading does not stand beside it. */
export function fullLabel(name) {
  const field = fieldNamed(name);
  const layer = { substrate: "Substrate", etl: "ETL", perovskite: "Perovskite", htl: "HTL", contact: "Back contact" }[field.layer];
  return layer ? `${layer}: ${field.label.toLowerCase()}` : field.label;
}

export const deviceName = (device) => device.name || device.role || `device ${device.key + 1}`;

const LEVELS = ["doubtful", "unsure", "sure"];

/** The fields in the order shown: [{title, layer, fields}], doubtful ones first. */
export function groupsOf(device) {
  const fields = state.start.fields;
  // By what the method believed, not by what is decided: a row does not run away when it is accepted.
  const level = (field) => LEVELS.indexOf(device.cells[field.name].level);
  if (state.order === "layer") {
    const sorted = (own) => own.sort((a, b) => level(a) - level(b));
    return state.start.layers.map(([layer, title]) => ({ title, layer, fields: sorted(fields.filter((f) => f.layer === layer)) }));
  }
  const doubt = (field) => device.cells[field.name].doubt;
  const sorted = (own) => own.sort((a, b) => doubt(b) - doubt(a));
  const titles = [["doubtful", "Doubtful"], ["unsure", "Less sure"], ["sure", "Sure"]];
  return titles
    .map(([level, title]) => ({ title, layer: null, fields: sorted(fields.filter((f) => device.cells[f.name].level === level)) }))
    .filter((group) => group.fields.length);
}

export const orderedFields = () => (currentDevice() ? groupsOf(currentDevice()).flatMap((group) => group.fields.map((f) => f.name)) : []);
