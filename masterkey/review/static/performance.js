// Voc, Jsc, FF and PCE of the device on the page, asked for anew as its record changes.

import { byId, make } from "./elements.js";
import { post } from "./server.js";
import { currentDevice, state } from "./state.js";

const AGAIN = 1500; // milliseconds, while the method learns
const first = new Map(); // device → the values before this page's edits
let asked = 0;
let shownKey = "";

export async function drawPerformance() {
  const device = currentDevice();
  const fields = Object.fromEntries(state.start.fields.filter((field) => field.predicts).map((field) => [field.name, device?.cells[field.name].value ?? ""]));
  const key = JSON.stringify([state.paper?.id, device?.key]);
  const whole = key + JSON.stringify(fields);
  if (!device || whole === shownKey) return;
  const own = ++asked;
  let answer;
  try {
    answer = await post("/api/performance", { fields });
  } catch {
    return; // the server is gone: saving says so
  }
  if (own !== asked) return; // the record has changed meanwhile
  const { state: readiness, reason, targets, sentence, reader } = answer.found;
  if (readiness === "learning") setTimeout(() => own === asked && drawPerformance(), AGAIN);
  if (readiness !== "ready") {
    byId("performance").replaceChildren(make("p", { class: "waiting" }, waiting(readiness, reason)));
    byId("performance").hidden = readiness === "off";
    return;
  }
  shownKey = whole;
  if (!first.has(key)) first.set(key, targets);
  byId("performance").replaceChildren(
    make("dl", {}, targets.map((target, n) => tile(target, first.get(key)[n]))),
    make("p", { class: "sentence", title: `${sentence} Predicted by ${reader}.` }, `Predicted, with 90 % intervals. ${sentence}`),
  );
}

const waiting = (readiness, reason) =>
  ({ learning: "Predicted performance: learning from devices …", failed: `No predicted performance: ${reason}` })[readiness] ?? "";

function tile({ name, unit, value, interval }, before) {
  const change = value !== null && before.value !== null ? (Number(value) - Number(before.value)).toFixed(value.split(".")[1]?.length ?? 0) : "0";
  const moved = Number(change);
  return make(
    "div",
    { class: moved ? "target moved" : "target", data: { target: name } },
    make("dt", {}, name, unit ? make("span", { class: "unit" }, ` ${unit}`) : null),
    make("dd", {}, make("b", {}, value ?? "–"), moved ? make("span", { class: "change", title: "since this page opened the device" }, `${moved > 0 ? "+" : "−"}${Math.abs(moved)}`) : null),
    make("dd", { class: "interval" }, interval ? `${interval[0]} – ${interval[1]}` : "no interval"),
  );
}
