// Follows a job of the worker on its progress bar.

import { poll } from "/shared-static/http.js";
import { gettext } from "/shared-static/words.js";

const STEP_MS = 500;

/** @typedef {{ state: "queued" | "running" | "done" | "failed", done: number, total: number, sentence: string }} Job */

/**
 * Show a job on the bar until it has ended, and return it. A lost network is waited for. `say` gets its sentence, or
 * while it has none what `describe` makes of it.
 * @param {string} url
 * @param {{ bar: HTMLProgressElement, say: (words: string) => void, describe: (job: Job) => string }} how
 * @returns {Promise<Job>}
 */
export function followJob(url, { bar, say, describe }) {
  return poll(url, {
    everyMs: () => STEP_MS,
    fail: say,
    hear(/** @type {Job} */ job) {
      bar.max = job.total || 1;
      if (job.state === "queued") bar.removeAttribute("value");
      else bar.value = job.done;
      say(job.sentence || (job.state === "queued" ? gettext("Waiting for the worker …") : describe(job)));
      return job.state === "done" || job.state === "failed";
    },
  });
}
