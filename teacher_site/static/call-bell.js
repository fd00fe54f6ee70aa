// Tells the teacher that a student called: a sound and a shake of the phone, which one press turns off and on.
// A browser lets a page sound only after a tap or a key; until then the button says so.

import { gettext } from "/shared-static/words.js";
import { hearRound } from "./live.js";
import { allowSound, isSoundAllowed, play } from "./sounds.js";

const KEPT = "sound-when-called"; // in this browser: "off", or nothing

/** @type {number | null} of the last answer; null before the first one, which calls nobody */
let waited = null;

// Some browsers forbid a page to keep anything; then the choice lasts as long as the page.
let isOff = false;
try {
  isOff = localStorage.getItem(KEPT) === "off";
} catch {}

function show() {
  const button = document.querySelector("#sound");
  if (!(button instanceof HTMLButtonElement)) return;
  button.classList.remove("invisible");
  if (isOff) button.textContent = gettext("Sound when called: off");
  else if (isSoundAllowed()) button.textContent = gettext("Sound when called: on");
  else button.textContent = gettext("Sound when called: tap once");
}

function ring() {
  if (!isOff) play("call");
}

hearRound(({ waiting }) => {
  if (waited !== null && waiting > waited) ring();
  waited = waiting;
  show();
});

document.addEventListener("click", ({ target }) => {
  if (!(target instanceof Element) || !target.closest("#sound")) return;
  isOff = !isOff;
  try {
    if (isOff) localStorage.setItem(KEPT, "off");
    else localStorage.removeItem(KEPT);
  } catch {}
  show();
  ring(); // so that one hears what was turned on
});

for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => allowSound().then(show), { once: true, capture: true });
}

show();
