// What the kiosk shows over its form: the wait, the answer, the end; and the hint, the counter, the focus.

import { find } from "/shared-static/page.js";
import { gettext } from "/shared-static/words.js";
import { chooseUsual, hearLanguage } from "./kiosk-language.js";

/**
 * What the server answers to a check-in or a call.
 * @typedef {{ outcome: string, headline: string, sentence: string, name?: string | null, marked_at?: string | null,
 *   may_call_teacher?: boolean, here?: number, expected?: number, turn?: { side: Side } | null,
 *   class_code?: string | null, roll_id?: string | null }} Answer
 */
/** @typedef {"good" | "known" | "refused"} Mood */
/** @typedef {"left" | "right"} Side */

/** @type {Record<string, Mood>} */
const MOODS = { present: "good", already_marked: "known", asked_teacher: "known" };

export const form = find("#check-in", HTMLFormElement);
export const rollId = find("#roll-id", HTMLInputElement);
/** Empty until a student was asked, because more than one class of the lecture has the roll id. */
export const classCode = find("#class-code", HTMLInputElement);
export const classesScreen = find("#classes", HTMLElement);
export const shutter = find("#shutter", HTMLButtonElement);
const waitingScreen = find("#waiting", HTMLElement);
export const giveUpButton = find("button", HTMLButtonElement, waitingScreen);
export const answerScreen = find("#answer", HTMLElement);
export const callButton = find("#call", HTMLButtonElement);
const turnScreen = find("#turn", HTMLElement);
const hasSeveralClasses = classesScreen.querySelectorAll("[data-class]").length > 1;
/** @type {HTMLElement | null} only where the lecture finds the roll id by the face */
const nameScreen = document.querySelector("#name");
/** @type {HTMLButtonElement | null} */
export const yesButton = document.querySelector("#yes");
/** @type {HTMLButtonElement | null} */
export const notMeButton = document.querySelector("#not-me");
const over = find("#over", HTMLElement);

/**
 * @param {HTMLElement} screen
 * @param {string} selector
 * @param {string} words
 */
const write = (screen, selector, words) => {
  find(selector, HTMLElement, screen).textContent = words;
};

export const isOver = () => !over.hidden;
export const isNameShown = () => Boolean(nameScreen && !nameScreen.hidden);

/**
 * While a screen covers the form, keys and screen readers stay with the screen.
 * @param {HTMLElement | null} screen
 */
function cover(screen = null) {
  for (const each of [waitingScreen, answerScreen, turnScreen, classesScreen, nameScreen])
    if (each) each.hidden = each !== screen;
  form.inert = find("header", HTMLElement).inert = Boolean(screen) || isOver();
}

/**
 * Empty everything, but the roll id of a student who tries again. The next visit begins with a keyboard at the roll id,
 * on a phone, its keyboard closed, at the shutter.
 */
export function showForm({ keepsRollId = false } = {}) {
  callButton.hidden = true;
  if (!keepsRollId) {
    form.reset();
    classCode.value = "";
    chooseUsual();
  }
  greet();
  for (const line of answerScreen.querySelectorAll("p")) line.textContent = "";
  if (nameScreen) write(nameScreen, "#name-words", "");
  cover();
  if (isOver()) find("a", HTMLElement, over).focus();
  else if (nameScreen) shutter.focus(/** @type {FocusOptions} */ ({ focusVisible: false }));
  else if (matchMedia("(pointer: fine)").matches) rollId.focus();
  else shutter.focus(/** @type {FocusOptions} */ ({ focusVisible: false }));
}

/**
 * Ask whether it is this student; where the lecture has several classes, the class is said too.
 * @param {Answer} answer
 */
export function askName({ name, class_code: code, roll_id: rollIdFound }) {
  if (!nameScreen || !yesButton) return;
  write(nameScreen, "#name-words", `${name} · ${hasSeveralClasses ? `${code} ` : ""}${rollIdFound}`);
  cover(nameScreen);
  yesButton.focus(/** @type {FocusOptions} */ ({ focusVisible: true }));
}

/**
 * Ask for the roll id of the photo that is there.
 * @param {() => string} words
 */
export function askRollId(words) {
  if (nameScreen) write(nameScreen, "#name-words", "");
  cover();
  say(words);
  rollId.focus();
}

/** Uncover the camera and the ring round it, for a turn of the head. */
export function showTurn() {
  cover(turnScreen);
}

let hint = () => "";
let advice = () => "";
let isAdviceHeard = true;

/** @param {() => string} words asked for again when another language is chosen */
export function say(words) {
  hint = words;
  isAdviceHeard = false;
  writeHint();
}

const greeting = () => (nameScreen ? gettext("Take the photo: your name comes by itself.") : "");

/** What stands there until something happens, and while the camera's picture lacks nothing. */
export function greet(words = greeting) {
  hint = words;
  isAdviceHeard = true;
  writeHint();
}

/**
 * Say what the camera's picture lacks, where nothing else was said.
 * @param {() => string} words
 */
export function advise(words) {
  advice = words;
  writeHint();
}

function writeHint() {
  const words = (isAdviceHeard && advice()) || hint();
  // The same words written again would be read out again.
  if (find("#hint", HTMLElement).textContent !== words) write(form, "#hint", words);
}

hearLanguage(writeHint);

/** @param {string} words */
export function showWaiting(words, { canGiveUp = false } = {}) {
  giveUpButton.hidden = !canGiveUp;
  cover(waitingScreen);
  write(waitingScreen, "p", words); // after it is shown: what is written in the dark is not read out
  if (canGiveUp) giveUpButton.focus();
}

/** @param {string} sentence why the class is asked for */
export function showClasses(sentence) {
  cover(classesScreen);
  write(classesScreen, ".sentence", sentence);
  find("[data-class]", HTMLButtonElement, classesScreen).focus();
}

/**
 * @param {Answer} answer
 * @returns {Mood}
 */
export function showAnswer({ outcome, headline, sentence, name, marked_at: markedAt, may_call_teacher: mayCall }) {
  const mood = MOODS[outcome] ?? "refused";
  answerScreen.dataset.mood = mood;
  cover(answerScreen);
  write(
    answerScreen,
    ".big",
    mood === "known" && markedAt ? gettext("%(headline)s at %(time)s", { headline, time: markedAt }) : headline,
  );
  write(answerScreen, ".name", name ?? "");
  write(answerScreen, ".sentence", sentence);
  callButton.hidden = !mayCall;
  if (mayCall) callButton.focus(/** @type {FocusOptions} */ ({ focusVisible: true }));
  return mood;
}

/**
 * @param {number} here
 * @param {number} expected
 */
export function showCount(here, expected) {
  write(document.body, "#here", String(here));
  write(document.body, "#expected", String(expected));
}

/** @param {string | null} sentence why no check-in is taken; null while they are */
export function showOver(sentence) {
  if (find(".big", HTMLElement, over).textContent !== sentence) write(over, ".big", sentence ?? "");
  over.hidden = !sentence;
}
