// Talking to review.py, and what it said of each paper last.

import { emit } from "./state.js";

const papers = new Map();

export async function ask(path, options = {}) {
  const response = await fetch(path, { credentials: "same-origin", ...options });
  const found = (response.headers.get("content-type") ?? "").includes("json") ? await response.json() : { detail: await response.text() };
  return { ok: response.ok, status: response.status, found };
}

export const post = (path, value) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });

/** A paper, asked for once; `fresh` asks again. */
export async function paper(number, { fresh = false } = {}) {
  if (!papers.has(number) || fresh) {
    const { ok, found } = await ask(`/api/papers/${number}`);
    if (!ok) throw new Error(found.detail);
    remember(found);
  }
  return papers.get(number);
}

/** Keep what the server says of a paper, unless it is older than what is known. */
export function remember(found) {
  const known = papers.get(found.number);
  if (!known || known.version <= found.version) papers.set(found.number, found);
  emit("remembered", papers.get(found.number));
}
