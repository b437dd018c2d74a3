// The keys, and what the marks mean.

import { byId, make } from "./elements.js";

const KEYS = [
  ["J / K or ↓ / ↑", "next / previous field; its sentence is shown in the text"],
  ["A", "accept the value"],
  ["E or Enter", "mend the value; Enter saves, Esc leaves it as it was"],
  ["N", "not stated in the text"],
  ["R", "open the field again"],
  ["G", "next place of the value in the text"],
  ["T", "into the text: arrow keys go from word to word, Shift adds words"],
  ["Enter", "with words selected: they become the value, with their place as its evidence"],
  ["Shift+Enter", "with words selected: they are added to the value"],
  ["O", "fields by layer or by doubt"],
  ["D", "next device"],
  ["+", "another device, as a copy of this one"],
  ["F", "finish the paper: open values are accepted as they stand"],
  ["U", "undo"],
  ["] / [", "next / previous paper"],
  ["/", "filter the list of papers"],
  ["Esc", "leave a field or the text"],
];
const MARKS = [
  ["doubtful 0.31", "the method itself thinks the value more probably wrong than right"],
  ["0.72", "less sure: at least every fifth such value is wrong, as the method believes"],
  ["○ ✓ ✎ ∅", "not looked at, accepted, mended, not stated"],
];

export function showHelp() {
  const help = byId("help");
  const list = (pairs, tag) => make("dl", {}, pairs.flatMap(([left, right]) => [make("dt", {}, make(tag, {}, left)), make("dd", {}, right)]));
  help.replaceChildren(
    make("h2", { id: "help-title" }, "Keys"),
    list(KEYS, "kbd"),
    make("h2", {}, "Marks"),
    list(MARKS, "span"),
    make("p", {}, "Everything is saved at once. Click a value to see its sentence, or marked words to see their field."),
    make("form", { method: "dialog" }, make("button", { class: "main" }, "Close")),
  );
  help.showModal();
}
