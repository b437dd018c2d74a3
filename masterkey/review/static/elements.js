// Elements of the page. A paper's text reaches the page as text nodes alone, never as markup.

/** An element; `attributes` may hold `class`, `on` (event → listener), `data` and any other attribute. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** A notice under the bar. `actions`: label → what it does; it stays until it is closed where it has some. */
export function notify(words, { kind = "note", actions = {}, stays = false } = {}) {
  const notice = make("div", { class: `notice ${kind}`, role: kind === "error" ? "alert" : "status" }, make("p", {}, words));
  const close = () => notice.remove();
  for (const [label, action] of Object.entries(actions)) {
    notice.append(make("button", { on: { click: () => { close(); action(); } } }, label));
  }
  notice.append(make("button", { class: "quiet close", "aria-label": "Close this notice", on: { click: close } }, "×"));
  byId("notices").append(notice);
  if (!stays && !Object.keys(actions).length && kind !== "error") setTimeout(close, 6000);
  return { close, say: (other) => { notice.firstChild.textContent = other; } };
}

export const counted = (number) => number.toLocaleString("en-US");
