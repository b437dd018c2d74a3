// Words of the text become the value of the chosen field: selected by mouse, or by keys in the text.

import { byId, make } from "./elements.js";
import { currentCell, fieldNamed, fullLabel, state } from "./state.js";
import { set } from "./record.js";
import { select, selectedWords, wholeText } from "./text.js";

let cursor = null; // words [first, last] of the text, by keys
let words = [];

export function forgetWords() {
  cursor = null;
  words = [...wholeText().matchAll(/\S+/g)].map((match) => [match.index, match.index + match[0].length]);
  byId("take").hidden = true;
}

/** Offer the selected words to the chosen field, beside them. */
export function offer() {
  const selected = selectedWords();
  const take = byId("take");
  take.hidden = !selected || !state.field;
  if (take.hidden) return;
  const cell = currentCell();
  const field = fieldNamed(state.field);
  const button = (label, key, action, kind) => make("button", { class: kind, on: { mousedown: (event) => event.preventDefault(), click: action } }, label, " ", make("kbd", {}, key));
  take.replaceChildren(
    button(`→ ${fullLabel(state.field)}`, "Enter", () => takeWords(false), "main"),
    ...(cell.reported && !field.choices ? [button("add to it", "Shift+Enter", () => takeWords(true), "")] : []),
  );
  place(take);
}

function place(take) {
  const own = window.getSelection().getRangeAt(0).getBoundingClientRect();
  const left = Math.max(8, Math.min(own.left, window.innerWidth - take.offsetWidth - 8));
  const above = own.top - take.offsetHeight - 8;
  take.style.setProperty("left", `${left}px`);
  take.style.setProperty("top", `${above > 56 ? above : own.bottom + 8}px`);
}

/** The selected words as the field's value, or behind the value that it has; false where none are selected. */
export function takeWords(further) {
  const selected = selectedWords();
  const cell = currentCell();
  if (!selected || !cell) return false;
  const field = fieldNamed(state.field);
  const own = choice(field, selected.words);
  const value = further && cell.reported && !field.choices ? `${cell.value}${field.joint}${own}` : own;
  const places = [[selected.start, selected.end], ...(further && cell.reported ? cell.places.slice(0, 10) : [])];
  window.getSelection().removeAllRanges();
  byId("take").hidden = true;
  set({ status: "mended", value, places });
  return true;
}

/** Of a field with few values the one that the words name: "n-i-p" is nip; any words of a yes/no field say TRUE. */
function choice(field, own) {
  if (!field.choices) return own;
  const letters = own.toLowerCase().replaceAll(/[^a-z]/g, "");
  const named = field.choices.find((value) => letters.includes(value.toLowerCase()));
  return named ?? (field.choices.includes("TRUE") ? "TRUE" : own);
}

/** Arrow keys in the text go from word to word, with Shift they add words; true where the key was one. */
export function moveWord(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 12, ArrowUp: -12 }[event.key];
  if (!step || !words.length) return false;
  cursor ??= { first: beginning(), last: beginning() - 1 };
  const within = (n) => Math.max(0, Math.min(words.length - 1, n));
  if (event.shiftKey) cursor.last = Math.max(cursor.first, within(cursor.last + step));
  else cursor.first = cursor.last = within(step > 0 ? cursor.last + (cursor.last < cursor.first ? 1 : step) : cursor.first + step);
  select(words[cursor.first][0], words[cursor.last][1]);
  offer();
  return true;
}

/** The first word of the sentence that is marked, else of the text. */
function beginning() {
  const looked = document.querySelector("#text .sentence, #text .looked");
  if (!looked) return 0;
  const start = Number(looked.dataset.start);
  return Math.max(0, words.findIndex(([from]) => from >= start));
}
