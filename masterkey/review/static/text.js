// The paper's text with the evidence of the device's values marked, and the places in it.
//
// The server counts characters, JavaScript UTF-16 units: a letter beyond U+FFFF is one there and two here.

import { byId, make } from "./elements.js";
import { currentCell, currentDevice, emit, fieldNamed, fullLabel, state } from "./state.js";

let units = null; // character → unit; null where both are the same
let text = "";
let sentences = [];
let step = 0; // which place of the field is looked at

export const toUnits = (place) => (units ? units[place] : place);

export function toCharacters(place) {
  if (!units) return place;
  let low = 0;
  let high = units.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (units[middle] < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function setText(value) {
  text = value;
  units = null;
  if (/[\ud800-\udfff]/.test(value)) {
    units = [0];
    for (const letter of value) units.push(units.at(-1) + letter.length);
  }
  sentences = [0];
  for (const end of value.matchAll(/\.\s+(?=[A-Z(\[])|\n\s*\n\s*/g)) sentences.push(end.index + end[0].length);
  sentences.push(value.length);
}

const sentenceOf = (place) => sentences.findLastIndex((start) => start <= place);

/** Draw the text anew: pieces between all ends of places and sentences. */
export function drawText() {
  const device = currentDevice();
  const marks = [];
  for (const [field, cell] of Object.entries(device?.cells ?? {})) {
    if (!cell.reported) continue;
    for (const [start, end] of cell.places) marks.push({ field, start: toUnits(start), end: toUnits(end) });
  }
  const cuts = [...new Set([0, text.length, ...sentences, ...marks.flatMap((mark) => [mark.start, mark.end])])].sort((a, b) => a - b);
  const pieces = document.createDocumentFragment();
  for (let n = 0; n + 1 < cuts.length; n++) {
    const [start, end] = [cuts[n], cuts[n + 1]];
    const fields = [...new Set(marks.filter((mark) => mark.start <= start && end <= mark.end).map((mark) => mark.field))];
    pieces.append(piece(text.slice(start, end), start, fields));
  }
  byId("text").replaceChildren(pieces);
  byId("text").classList.toggle("empty", !text);
  if (!text) byId("text").textContent = "This line holds no text of its paper.";
  showField({ scroll: false });
}

function piece(words, start, fields) {
  const data = { start, sentence: sentenceOf(start) };
  if (!fields.length) return make("span", { data }, words);
  const layer = fieldNamed(fields[0]).layer;
  return make(
    "mark",
    { data: { ...data, fields: fields.join(" "), layer }, title: fields.map(fullLabel).join("\n"), on: { click: () => clicked(fields) } },
    words,
  );
}

function clicked(fields) {
  if (!window.getSelection().isCollapsed) return; // words are being selected
  const next = fields[(fields.indexOf(state.field) + 1) % fields.length];
  emit("choose", { field: next, scroll: false });
}

/** Mark the places of the chosen field and their sentence, and bring them into view. */
export function showField({ scroll = true, further = false } = {}) {
  const all = [...byId("text").children];
  const own = state.field && currentCell()?.reported ? all.filter((element) => element.dataset.fields?.split(" ").includes(state.field)) : [];
  step = further && own.length ? (step + 1) % own.length : 0;
  const looked = own[step];
  for (const element of all) {
    element.classList.toggle("current", own.includes(element));
    element.classList.toggle("sentence", looked !== undefined && element.dataset.sentence === looked.dataset.sentence);
    element.classList.toggle("looked", element === looked);
  }
  if (looked && scroll) bringIntoView(looked);
}

function bringIntoView(element) {
  const box = byId("scroll").getBoundingClientRect();
  const own = element.getBoundingClientRect();
  const quiet = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (own.top < box.top + 40 || own.bottom > box.bottom - 60) element.scrollIntoView({ block: "center", behavior: quiet ? "auto" : "smooth" });
}

/** The sentence around a place, in three parts: before, the words, behind. */
export function quoted([start, end]) {
  const [from, to] = [toUnits(start), toUnits(end)];
  const n = sentenceOf(from);
  return [text.slice(sentences[n], from).trimStart(), text.slice(from, to), text.slice(to, Math.max(to, sentences[n + 1])).trimEnd()];
}

/** The selected words of the text, without blanks around them: {start, end, words}, or null. */
export function selectedWords() {
  const selection = window.getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!byId("text").contains(range.startContainer) || !byId("text").contains(range.endContainer)) return null;
  const from = unitsBefore(range.startContainer, range.startOffset);
  const to = unitsBefore(range.endContainer, range.endOffset);
  const words = text.slice(from, to);
  const start = from + (words.length - words.trimStart().length);
  const end = to - (words.length - words.trimEnd().length);
  if (start >= end) return null;
  return { start: toCharacters(start), end: toCharacters(end), words: text.slice(start, end).split(/\s+/).join(" ") };
}

function unitsBefore(node, offset) {
  const range = document.createRange();
  range.selectNodeContents(byId("text"));
  range.setEnd(node, offset);
  return range.toString().length;
}

/** Select units [from, to) of the text, as the mouse would. */
export function select(from, to) {
  const range = document.createRange();
  for (const [edge, place] of [["setStart", from], ["setEnd", to]]) {
    const element = [...byId("text").children].findLast((own) => Number(own.dataset.start) <= (edge === "setEnd" ? place - 1 : place));
    range[edge](element.firstChild, place - Number(element.dataset.start));
  }
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  bringIntoView({ getBoundingClientRect: () => range.getBoundingClientRect(), scrollIntoView: (how) => range.startContainer.parentElement.scrollIntoView(how) });
}

export const wholeText = () => text;
