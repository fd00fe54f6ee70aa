// Follows the reading of a class's zip, then shows what became of every file.

import { followJob } from "./asking.js";

const bar = document.getElementById("progress");
const words = document.getElementById("verdict");

await followJob(bar.dataset.jobUrl, ({ state, done, total, sentence }) => {
  if (state === "queued") bar.removeAttribute("value");
  else bar.value = done;
  words.textContent = sentence || (state === "queued" ? "Waiting for the worker …" : `${done} of ${total} files`);
});
location.reload();
