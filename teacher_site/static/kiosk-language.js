// The language of one student's turn at the kiosk: the school's, until somebody taps another one. The page holds its
// words in each, so that nothing is loaded for it.

import { find } from "/shared-static/page.js";
import { speak } from "/shared-static/words.js";

/** @typedef {{ texts: Record<string, string>, words: Record<string, string | string[]> }} Spoken */

/** @type {Record<string, Spoken>} by the language */
const spoken = JSON.parse(find("#spoken", HTMLScriptElement).textContent ?? "{}");
const buttons = find("#languages", HTMLElement);
const usual = document.documentElement.lang;
let chosen = usual;

/** What the server is to answer in. */
export const chosenLanguage = () => chosen;

/**
 * One of the page's own texts, as the template says them.
 * @param {string} key
 */
export const text = (key) => spoken[chosen].texts[key];

/**
 * Let a button be called otherwise, in each language.
 * @param {HTMLElement} element
 * @param {string} key
 */
export function label(element, key) {
  element.dataset.label = key;
  element.setAttribute("aria-label", text(key));
}

/** @param {string} language */
function choose(language) {
  if (language === chosen) return;
  chosen = language;
  document.documentElement.lang = language; // so that it is pronounced as it is written
  speak(spoken[language].words);
  for (const element of document.querySelectorAll("[data-text]"))
    element.textContent = text(element.getAttribute("data-text") ?? "");
  for (const element of document.querySelectorAll("[data-label]"))
    element.setAttribute(
      element instanceof HTMLImageElement ? "alt" : "aria-label",
      text(element.getAttribute("data-label") ?? ""),
    );
  for (const button of buttons.querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(button.value === language));
  for (const listener of listeners) listener();
}

/** @type {(() => void)[]} */
const listeners = [];

/**
 * Call back after every change, for what scripts have written.
 * @param {() => void} listener
 */
export function hearLanguage(listener) {
  listeners.push(listener);
}

/** The next student reads the school's language again. */
export const chooseUsual = () => choose(usual);

buttons.addEventListener("click", ({ target }) => {
  if (target instanceof HTMLButtonElement) choose(target.value);
});
