// Edits go to the server one after another, and none is dropped: what is not saved is tried again, kept over
// a reload, and offered once more where another page has edited the paper meanwhile.

import { byId, notify } from "./elements.js";
import { emit, state } from "./state.js";
import { paper, post, remember } from "./server.js";

const RETRY = 1500; // milliseconds
const ID = "masterkey-review-page";
let queue = [];
let sending = false;
let page = null;

const ofFile = () => `masterkey-review:${state.start.file}:`;
const queuePlace = (id) => `${ofFile()}queue:${id}`;
const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("-");

function keep() {
  if (queue.length) localStorage.setItem(queuePlace(page), JSON.stringify(queue));
  else localStorage.removeItem(queuePlace(page));
}

/** Take up the edits that an earlier page could not send, because the server was gone. */
export async function takeUpUnsent() {
  const own = sessionStorage.getItem(ID);
  // A copy of a tab has its original's id, whose lock is held.
  page = own && (await hold(own)) ? own : newKey();
  if (page !== own) await hold(page);
  sessionStorage.setItem(ID, page);
  for (const id of [page, ...(await endedPages())]) takeUp(id);
  keep();
  send();
}

/** Hold a page's lock until it ends; false where another page has it. Without locks every page is alone. */
function hold(id) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks.request(`${ID}:${id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    });
  });
}

async function endedPages() {
  if (!navigator.locks) return [];
  const held = new Set((await navigator.locks.query()).held.map((lock) => lock.name));
  const ids = Object.keys(localStorage).filter((key) => key.startsWith(queuePlace(""))).map((key) => key.slice(queuePlace("").length));
  return ids.filter((id) => id !== page && !held.has(`${ID}:${id}`));
}

function takeUp(id) {
  const kept = JSON.parse(localStorage.getItem(queuePlace(id)) ?? "[]").filter((edit) => state.rows[edit.number]?.id === edit.id);
  if (id !== page) localStorage.removeItem(queuePlace(id));
  if (!kept.length) return;
  notify(`${kept.length === 1 ? "An edit" : `${kept.length} edits`} of an earlier page had not been saved: sent now.`);
  queue.push(...kept);
}

/** Ask for an edit of the paper that is shown. */
export function edit(change) {
  queue.push({ number: state.paper.number, id: state.paper.id, change: { key: newKey(), ...change } });
  keep();
  send();
}

async function send() {
  if (sending) return;
  sending = true;
  while (queue.length) {
    say(queue.length > 1 ? `Saving ${queue.length} edits …` : "Saving …");
    try {
      settle(queue[0], await sent(queue[0]));
    } catch {
      say("Not saved: the server does not answer. Trying again …", "error");
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }
  sending = false;
}

async function sent(edited) {
  const { number, change } = edited;
  // The paper's version as this page knows it, once: a later one is another page's.
  edited.version ??= (await paper(number)).version;
  keep();
  const answer = await post(`/api/papers/${number}/edits`, { version: edited.version, ...change });
  if (answer.status >= 500 && answer.status !== 507) throw new Error(answer.found.detail);
  return answer;
}

function settle({ number, change }, { ok, status, found }) {
  queue.shift();
  if (ok) {
    remember(found);
    say(`Saved ${new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`);
  } else if (status === 409) {
    // What else was asked for on the older record is the reviewer's to decide, too.
    const others = queue.filter((edited) => edited.number === number);
    queue = queue.filter((edited) => edited.number !== number);
    remember(found.paper);
    say("Not saved: edited on another page", "error");
    emit("conflict", { number, changes: [change, ...others.map((edited) => edited.change)], paper: found.paper });
  } else {
    say("Not saved", "error");
    const reason = typeof found.detail === "string" ? found.detail : "the edit was not understood; reload the page.";
    notify(`Not saved: ${reason}`, { kind: "error" });
    emit("refused", { number, change });
  }
  keep();
}

function say(words, kind = "") {
  byId("saved").textContent = words;
  byId("saved").className = `saved ${kind}`;
}

window.addEventListener("beforeunload", (event) => {
  if (queue.length) event.preventDefault();
});

// --- what is typed and not yet entered: there again after a reload ---

const draftPlace = () => `${ofFile()}draft:${state.paper.id}:${state.device}:${state.field}`;
export const keepDraft = (value) => localStorage.setItem(draftPlace(), value);
export const draft = () => localStorage.getItem(draftPlace());
export const dropDraft = () => localStorage.removeItem(draftPlace());
