// Papers from this computer: sent to review.py, which reads them one after another.

import { byId, notify } from "./elements.js";
import { ask } from "./server.js";
import { emit } from "./state.js";

const AGAIN = 400; // milliseconds

byId("upload").addEventListener("click", () => byId("upload-file").click());
byId("upload-file").addEventListener("change", (event) => {
  for (const file of event.target.files) send(file);
  event.target.value = "";
});

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  for (const file of event.dataTransfer.files) send(file);
});

async function send(file) {
  const notice = notify(`${file.name}: sending …`, { stays: true });
  try {
    const { ok, found } = await ask("/api/uploads", { method: "POST", headers: { "X-File-Name": encodeURIComponent(file.name) }, body: file });
    if (!ok) throw new Error(found.detail);
    await watch(file.name, found.job, notice);
  } catch (error) {
    notice.close();
    notify(`${error.message}`, { kind: "error" });
  }
}

async function watch(name, job, notice) {
  for (;;) {
    const { found } = await ask(`/api/uploads/${job}`);
    if (found.state === "failed") throw new Error(found.reason);
    if (found.state === "done") {
      notice.close();
      await emit("uploaded", { number: found.number }); // before it is in the list nothing can open it
      notify(`${name} has been read. ${found.note}`, { actions: { "Open it": () => emit("open", found.number) } });
      return;
    }
    notice.say(`${name}: ${found.state} …`);
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}
