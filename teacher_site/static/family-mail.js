// Follows the letters while they are on the way; when all are settled the page shows what is left to do.

import { poll } from "/shared-static/http.js";
import { find } from "/shared-static/page.js";
import { gettext } from "/shared-static/words.js";

const SOON_MS = 1500;
const LATER_MS = 15000; // letters that wait for a mail server may wait for hours
const SOON_FOR_MS = 120_000;

/** @typedef {"queued" | "sending" | "sent" | "refused" | "perhaps_sent"} LetterState */
/** @typedef {{ state: LetterState, label: string, note: string }} Letter */
/** @typedef {{ done: number, total: number, sentence: string, letters: Record<string, Letter> }} Progress */

const STYLES = {
  queued: "text-bg-light border",
  sending: "text-bg-info",
  sent: "text-bg-success",
  refused: "text-bg-danger",
  perhaps_sent: "text-bg-warning",
};

/**
 * @param {HTMLElement} row
 * @param {Letter} letter
 */
function showLetter(row, { state, label, note }) {
  const badge = find("[data-state]", HTMLElement, row);
  if (badge.dataset.state !== state) {
    badge.dataset.state = state;
    badge.className = `badge align-self-start ${STYLES[state]}`;
    badge.textContent = label;
  }
  find("[data-note]", HTMLElement, row).textContent = note;
}

/** @param {HTMLElement} section */
async function follow(section) {
  const bar = find("progress", HTMLProgressElement, section);
  const sentence = find("[data-sentence]", HTMLElement, section);
  if (bar.value >= bar.max) return;
  const begunAt = Date.now();
  let isCutOff = false;
  await poll(section.dataset.progress ?? "", {
    everyMs: () => (isCutOff || Date.now() - begunAt > SOON_FOR_MS ? LATER_MS : SOON_MS),
    hear(/** @type {Progress} */ progress) {
      isCutOff = false;
      bar.value = progress.done;
      bar.max = progress.total;
      sentence.textContent = progress.sentence;
      for (const row of section.querySelectorAll("[data-letter]")) {
        if (!(row instanceof HTMLElement)) continue;
        const letter = progress.letters[row.dataset.letter ?? ""];
        if (letter) showLetter(row, letter);
      }
      return progress.done === progress.total;
    },
    fail() {
      isCutOff = true;
      sentence.textContent = gettext("No connection. The letters go on; this page follows again as soon as it can.");
    },
  });
  location.reload();
}

const section = document.querySelector("[data-progress]");
if (section instanceof HTMLElement) follow(section);
