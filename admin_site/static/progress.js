// Follows long work on its progress bar, then loads the page again to show what became of it.

import { followJob } from "./asking.js";

const bar = document.getElementById("progress");
const words = document.getElementById("verdict");

await followJob(bar.dataset.jobUrl, ({ state, done, total, sentence }) => {
  if (state === "queued") bar.removeAttribute("value");
  else bar.value = done;
  words.textContent =
    sentence || (state === "queued" ? "Waiting for the worker …" : `${done} of ${total} ${bar.dataset.unit}`);
});
location.reload();
