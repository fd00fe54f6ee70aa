// Follows the page's job, then loads the page again to show its result.

import { find } from "/shared-static/page.js";
import { followJob } from "./job.js";

const bar = find("#progress", HTMLProgressElement);
const line = find("#verdict", HTMLElement);
const say = (/** @type {string} */ words) => (line.textContent = words);

await followJob(bar.dataset.jobUrl ?? "", {
  bar,
  say,
  describe: ({ done, total }) =>
    (bar.dataset.words ?? "").replace("{done}", String(done)).replace("{total}", String(total)),
});
location.reload();
