// Follows a lecture's round: asks how it stands every few seconds, while somebody can see it, and fills the page in.

import { ask, poll } from "/shared-static/http.js";

const EVERY_MS = 2500;

/** @typedef {Record<string, any> & { here: number, expected: number, waiting: number }} RoundState */

const all = (/** @type {string} */ selector) =>
  /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector));

/** @type {((state: RoundState) => void)[]} */
const listeners = [];

/**
 * Call back with every answer.
 * @param {(state: RoundState) => void} listener
 */
export function hearRound(listener) {
  listeners.push(listener);
}

/**
 * Fill the page in with an answer that came another way; without one, ask now. Rejects where none comes.
 * @param {RoundState | null} state
 */
export async function askNow(state = null) {
  const url = document.querySelector("[data-live]")?.getAttribute("data-live");
  if (state ?? url) fillIn(state ?? (await ask(url ?? "")));
}

/** @param {RoundState} state */
function fillIn(state) {
  for (const place of all("[data-fill]")) {
    const name = place.dataset.fill ?? "";
    if (name === "bar") Object.assign(place, { max: state.expected || 1, value: state.here });
    else if (place.textContent !== String(state[name])) place.textContent = state[name];
  }
  for (const list of all("[data-list]"))
    if (state[list.dataset.list ?? ""]) showList(list, state[list.dataset.list ?? ""]);
  // The list of what waits is not changed under a finger that may be about to press.
  for (const news of all("[data-shown-waiting]")) news.hidden = state.waiting <= Number(news.dataset.shownWaiting);
  for (const listener of listeners) listener(state);
}

/**
 * @param {HTMLElement} list
 * @param {string[]} lines
 */
function showList(list, lines) {
  if (lines.join("\n") !== [...list.children].map((item) => item.textContent).join("\n")) {
    list.replaceChildren(
      ...lines.map((line) => {
        const item = document.createElement("li");
        item.textContent = line;
        return item;
      }),
    );
  }
  const section = list.closest("[data-if-any]");
  if (section instanceof HTMLElement) section.hidden = lines.length === 0;
}

/** @param {boolean} isTold */
function showTrouble(isTold) {
  for (const trouble of all("[data-trouble]")) trouble.hidden = isTold;
}

/** @param {string} url */
const follow = (url) =>
  poll(url, {
    everyMs: () => EVERY_MS,
    hear(/** @type {RoundState} */ state) {
      fillIn(state);
      showTrouble(true);
      return false;
    },
    // No network, or signed out; the page says so and goes on asking.
    fail: () => showTrouble(false),
  });

// An open lecture's page and the second screen have it; that of a closed one has nothing to follow.
const root = document.querySelector("[data-live]:not([data-paused])");
if (root instanceof HTMLElement && root.dataset.live) follow(root.dataset.live);
