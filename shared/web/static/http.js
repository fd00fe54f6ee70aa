// Talks to the server: sends a request, asks for a JSON answer, or asks again and again.

import { find } from "./page.js";
import { gettext } from "./words.js";

const token = () => find("meta[name=csrf-token]", HTMLMetaElement).content;

/**
 * Send one request with the page's CSRF token. Rejects when `timeoutMs` are over and when `signal` aborts; so does
 * reading the answer's body.
 * @param {string} url
 * @param {Omit<RequestInit, "signal" | "headers">
 *   & { headers?: Record<string, string>, signal?: AbortSignal, timeoutMs?: number }} [options]
 */
export async function send(url, { headers, signal, timeoutMs, ...options } = {}) {
  // AbortSignal.any would say this in a line, but phones of 2023 do not know it.
  const aborter = new AbortController();
  const abort = () => aborter.abort();
  // Neither is taken back: they hold for the answer's body too, and end nothing that is over.
  if (timeoutMs) setTimeout(abort, timeoutMs);
  signal?.addEventListener("abort", abort);
  return fetch(url, {
    ...options,
    headers: { Accept: "application/json", "X-CSRFToken": token(), ...headers },
    signal: aborter.signal,
  });
}

/**
 * Return the JSON that the server answers with; with `fields` it is a POST. Throws an Error whose message is a
 * sentence for the person.
 * @param {string} url
 * @param {([string, string] | [string, Blob, string])[]} [fields]
 */
export async function ask(url, fields) {
  let response;
  try {
    response = await send(url, fields && { method: "POST", body: formOf(fields) });
  } catch {
    throw new Error(gettext("The server cannot be reached. Please check the network and try again."));
  }
  if (response.redirected) throw new Error(gettext("You were signed out. Please load the page and sign in again."));
  let answer;
  try {
    answer = await response.json();
  } catch {
    throw new Error(gettext("Something went wrong on our side. Please try again."));
  }
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/** @param {([string, string] | [string, Blob, string])[]} fields */
function formOf(fields) {
  const form = new FormData();
  for (const [name, value, fileName] of fields) {
    if (value instanceof Blob) form.append(name, value, fileName);
    else form.append(name, value);
  }
  return form;
}

/**
 * Ask again and again, as long as somebody can see the page, until `hear` returns true for an answer; return that
 * answer. A failure goes to `fail` and does not end it. `everyMs` is asked before each pause.
 * @param {string} url
 * @param {{ everyMs: () => number, hear: (answer: any) => boolean, fail?: (sentence: string) => void }} how
 */
export async function poll(url, { everyMs, hear, fail }) {
  for (;;) {
    // Nobody is signed in here any more (tabs.js). Besides, an answer on its way could take a new sign-in's cookie.
    if ("emptied" in document.body.dataset) return new Promise(() => {});
    let answer;
    try {
      answer = await ask(url);
    } catch (error) {
      fail?.(/** @type {Error} */ (error).message);
    }
    if (answer && hear(answer)) return answer;
    await pause(everyMs());
  }
}

/**
 * Wait, and go on waiting while nobody can see the page; when it is shown again the wait is over at once.
 * @param {number} ms
 * @returns {Promise<void>}
 */
function pause(ms) {
  return new Promise((resolve) => {
    const end = () => {
      if (document.hidden) return;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    document.addEventListener("visibilitychange", end);
  });
}
