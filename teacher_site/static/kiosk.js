// The check-in: photo and roll id go in one request, the answer fills the screen and clears itself for the next
// student. Nothing is kept in the page longer than its visit.

import { giveHints } from "/shared-static/camera-hints.js";
import { Outline } from "/shared-static/outline.js";
import { find } from "/shared-static/page.js";
import { gettext } from "/shared-static/words.js";
import { text } from "./kiosk-language.js";
import * as screens from "./kiosk-screens.js";
import { NotThisPhone, PassEnded, Server } from "./kiosk-server.js";
import { Stage } from "./kiosk-stage.js";
import { TurnScreen } from "./kiosk-turn.js";
import { Visit } from "./kiosk-visit.js";
import { allowSound, play } from "./sounds.js";

/** @typedef {import("./kiosk-screens.js").Answer} Answer */

const PRESENT_SHOWN_MS = 2000;
const CONFIRMED_SHOWN_MS = 1200; // who has read the name before
const NAME_SHOWN_MS = 3000; // then nobody is marked
const ANSWER_SHOWN_MS = 3000;
const OFFER_SHOWN_MS = 8000; // to read that the teacher can be called, and to do it
const STATUS_EVERY_MS = 10_000;
// A ticket is good for 30 s. It is fetched while somebody types or the camera snaps, so that nobody waits for it.
const TYPING_TICKET_MS = 10_000;
const SNAPPING_TICKET_MS = 20_000;

// After any other refusal the roll id stays for the next try.
const NO_NEXT_TRY = ["not_enrolled", "lecture_closed", "unavailable"];

// After one of these a face that was looked up goes on as usual, with its roll id.
const ASKS_FOR_ROLL_ID = ["not_identified", "turn_failed"];

const typeRollId = () => text("type_roll_id");

const video = find("#camera", HTMLVideoElement);
const outline = new Outline(find("#outline", SVGSVGElement), video);
const stage = new Stage();
const turnScreen = new TurnScreen(stage);
const kiosk = find("#kiosk", HTMLElement);
const findsRollId = "byFace" in kiosk.dataset; // where none is typed, the face is looked up
const server = new Server(kiosk.dataset.pass ?? "");
let visit = new Visit(server, nextTry);

// --- one visit ---

function nextVisit({ keepsRollId = false } = {}) {
  visit.end();
  if (visit.isPageStale) {
    location.reload();
    return;
  }
  visit = new Visit(server, nextTry);
  if (keepsRollId) visit.touch();
  stage.drop();
  screens.showForm({ keepsRollId });
}

// After a refusal the same student tries again, so that the roll id stays.
function nextTry() {
  const isUnsaid = screens.isNameShown(); // its time is over without a Yes
  nextVisit({ keepsRollId: visit.keepsRollId });
  if (isUnsaid) screens.greet(() => gettext("Nobody was marked. Take the photo again, and press Yes."));
}

/** @param {number} [ticketMs] */
async function takePhoto(ticketMs) {
  visit.orderTicket(ticketMs);
  const isTaken = await stage.snap();
  screens.say(() =>
    isTaken ? gettext("Photo taken.") : gettext("The camera is not ready yet. Please wait a moment."),
  );
  return isTaken;
}

async function enter() {
  const { rollId } = screens;
  if (!visit.isTyping || screens.isOver()) return;
  if (findsRollId && !stage.photo && !rollId.value.trim()) {
    await sendPhoto({ isByFace: true });
    return;
  }
  if (!rollId.value.trim()) {
    screens.say(() => text("ask"));
    rollId.focus();
    return;
  }
  await sendPhoto();
}

// Take the photo, if it is not there yet, and send it: with what was typed, or by the face alone.
async function sendPhoto({ isByFace = false } = {}) {
  const signal = visit.send();
  const isSnapping = !stage.photo;
  const hasPhoto = stage.photo || (await takePhoto(SNAPPING_TICKET_MS));
  if (signal.aborted) return;
  if (!hasPhoto) {
    visit.resume();
    return;
  }
  screens.showWaiting(isSnapping ? gettext("Photo taken. Checking…") : gettext("Checking…"));
  await deliver("/kiosk/check-in", signal, { isByFace });
}

// More than one class of the lecture has the roll id: the same photo goes again, with the class that was tapped.
/** @param {Answer} answer */
function askForClass({ sentence }) {
  visit.resume();
  visit.orderTicket();
  screens.showClasses(sentence);
}

/** @param {string} code */
async function chooseClass(code) {
  screens.classCode.value = code;
  visit.orderTicket(SNAPPING_TICKET_MS);
  const signal = visit.send();
  screens.showWaiting(gettext("Checking…"));
  await deliver("/kiosk/check-in", signal);
}

// The name is on the screen: only a Yes marks, and nothing is kept if nobody says it.
/**
 * @param {Answer} answer
 * @param {string} key of the request that was answered so
 */
function askName(answer, key) {
  visit.orderTicket();
  visit.nameKey = key;
  screens.askName(answer);
  play("ask");
  visit.answer(NAME_SHOWN_MS);
}

async function sayYes() {
  const signal = visit.send();
  screens.showWaiting(gettext("Marking…"));
  await deliver("/kiosk/yes", signal, { yesTo: visit.nameKey });
}

// Nobody was found, or somebody else: the photo stays for the roll id that is typed now.
/** @param {() => string} words */
function askRollId(words) {
  visit.resume();
  visit.orderTicket();
  stage.showPhoto();
  turnScreen.hide();
  screens.askRollId(words);
}

// The server asks for a turn of the head: film it, and send it with the photo that it looked at.
/**
 * @param {Answer & { turn: { side: import("./kiosk-screens.js").Side } }} answer
 * @param {string} key of the request that was answered so
 * @param {AbortSignal} signal
 * @param {boolean} isByFace
 */
async function askToTurn({ turn, outcome, sentence, may_call_teacher: mayCall }, key, signal, isByFace) {
  visit.orderTicket();
  visit.isByFace = isByFace;
  screens.showTurn();
  const before = outcome === "turn_again" ? sentence : "";
  const frames = await turnScreen.film(turn.side, { signal, before, mayCall, mayType: isByFace });
  if (!frames || signal.aborted) return;
  screens.showWaiting(gettext("Checking…"));
  await deliver("/kiosk/turn", signal, { turn: { of: key, frames }, isByFace });
}

// The photo that was refused goes to the teacher.
async function callTeacher() {
  const signal = visit.send();
  screens.showWaiting(gettext("Calling the teacher…"));
  await deliver("/kiosk/call", signal);
}

/**
 * @param {string} address
 * @param {AbortSignal} signal aborted when it is given up or the visit is over: the screen is the next student's then
 * @param {{ turn?: import("./kiosk-server.js").Film | null, isByFace?: boolean, yesTo?: string | null }} what
 */
async function deliver(address, signal, { turn = null, isByFace = false, yesTo = null } = {}) {
  const fields = new FormData(screens.form);
  const checkIn = {
    classCode: isByFace ? "" : String(fields.get("class_code")),
    rollId: isByFace ? "" : String(fields.get("roll_id")),
    photo: /** @type {Blob} */ (stage.photo),
    ticket: visit.ticket,
    turn,
    yesTo,
  };
  const onDelay = (/** @type {string} */ words) => signal.aborted || screens.showWaiting(words, { canGiveUp: true });
  try {
    const delivered = await server.deliver(address, checkIn, { signal, onDelay });
    if (!delivered) return;
    if (delivered.status !== 200) showFailure(delivered);
    else if (delivered.answer.outcome === "choose_class") askForClass(delivered.answer);
    else if (delivered.answer.turn) await askToTurn(delivered.answer, delivered.key, signal, isByFace);
    else if (delivered.answer.outcome === "is_it_you") askName(delivered.answer, delivered.key);
    else if (isByFace && ASKS_FOR_ROLL_ID.includes(delivered.answer.outcome)) askRollId(typeRollId);
    else showAnswer(delivered.answer, yesTo ? CONFIRMED_SHOWN_MS : PRESENT_SHOWN_MS);
  } catch (error) {
    if (error instanceof NotThisPhone || error instanceof PassEnded) endWith(error);
    // Without a network nothing is thrown. The camera stopped while it filmed: it was taken away, or the lecture is over.
    else if (!signal.aborted) nextVisit({ keepsRollId: true });
  }
}

/** @param {import("./kiosk-server.js").Delivered} delivered */
function showFailure({ status, answer }) {
  visit.isPageStale = status === 400; // perhaps; a fresh page costs a second
  showAnswer({ outcome: "error", headline: gettext("That did not work"), sentence: answer.error });
}

/**
 * @param {Answer} answer
 * @param {number} [presentMs]
 */
function showAnswer(answer, presentMs = PRESENT_SHOWN_MS) {
  const { outcome, may_call_teacher: mayCall, here, expected } = answer;
  const mood = screens.showAnswer(answer);
  if (mayCall) visit.orderTicket();
  if (here !== undefined && expected !== undefined) screens.showCount(here, expected);
  if (outcome === "lecture_closed") askStatus();
  play(mood);
  visit.keepsRollId = mood === "refused" && !NO_NEXT_TRY.includes(outcome);
  visit.answer(mayCall ? OFFER_SHOWN_MS : mood === "good" ? presentMs : ANSWER_SHOWN_MS);
}

// --- the lecture's state ---

async function askStatus() {
  try {
    const status = await server.status();
    if (status && !server.isLost) showStatus(status);
  } catch (error) {
    endWith(error);
  }
}

/** @param {import("./kiosk-server.js").Status} status */
function showStatus({ here, expected, over }) {
  screens.showCount(here, expected);
  if (Boolean(over) !== screens.isOver()) showOver(over);
  else if (over) screens.showOver(over); // in the school's language, once the turn in which it ended is over
}

/** @param {string | null} sentence */
function showOver(sentence) {
  screens.showOver(sentence);
  if (sentence) stage.stop();
  else stage.start();
  if (visit.isTyping) nextVisit();
}

/** @param {unknown} error */
function endWith(error) {
  if (error instanceof PassEnded) location.reload();
  if (!(error instanceof NotThisPhone)) return; // the network is away; the next round asks again
  showOver(error.message);
  nextVisit();
}

// --- what the person does ---

screens.form.addEventListener("submit", (event) => {
  event.preventDefault();
  allowSound();
  enter();
});

screens.shutter.addEventListener("click", () => {
  visit.touch();
  if (stage.photo) {
    stage.drop();
    screens.greet();
    return;
  }
  if (findsRollId && !screens.rollId.value.trim()) {
    enter();
    return;
  }
  // First the keyboard, which a phone opens only within the tap itself.
  screens.rollId.focus();
  takePhoto();
});

screens.callButton.addEventListener("click", (event) => {
  event.stopPropagation();
  if (visit.mayClear) callTeacher();
});

screens.classesScreen.addEventListener("click", ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  if (target.dataset.class) chooseClass(target.dataset.class);
  else nextVisit({ keepsRollId: true });
});

screens.giveUpButton.addEventListener("click", () => nextVisit());

screens.answerScreen.addEventListener("click", () => visit.mayClear && nextTry());

turnScreen.callButton.addEventListener("click", () => (visit.isByFace ? askRollId(typeRollId) : callTeacher()));

screens.yesButton?.addEventListener("click", () => visit.mayClear && sayYes());

screens.notMeButton?.addEventListener("click", () => visit.mayClear && askRollId(typeRollId));

find("#languages", HTMLElement).addEventListener("click", () => visit.touch());

// The next student's first letter takes the place of what was kept.
screens.rollId.addEventListener("focus", () => screens.rollId.select());

document.addEventListener("keydown", (event) => {
  if (!visit.isAnswered) return;
  if (screens.isNameShown()) {
    if (event.repeat) event.preventDefault(); // a key held since the photo says no Yes
    return;
  }
  const presses = [" ", "Enter"].includes(event.key);
  if (document.activeElement === screens.callButton && presses && !event.repeat) return;
  const isText = event.key.length === 1 && event.key !== " ";
  if (!isText) event.preventDefault();
  // A letter already belongs to the next student's roll id.
  if (visit.mayClear && !event.repeat && (isText || [" ", "Enter", "Escape"].includes(event.key))) nextTry();
});

document.addEventListener("input", () => {
  screens.classCode.value = ""; // another roll id may be in another class
  visit.touch();
  if (!stage.photo && visit.isTyping) visit.orderTicket(TYPING_TICKET_MS);
});

// Back stays here. It is a comfort only: what the phone may see is decided by the server.
history.pushState(null, "");
window.addEventListener("popstate", () => {
  history.pushState(null, "");
  if (visit.isTyping) nextVisit();
});

window.addEventListener("pagehide", () => {
  nextVisit();
  stage.stop();
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) stage.start();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  stayAwake();
  askStatus();
  if (!stage.isRunning && !screens.isOver()) stage.start();
});

async function stayAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // A nearly empty battery says no; then the screen may darken.
  }
}

// The teacher's other tabs in this browser show nothing from now on.
new BroadcastChannel("sign-in").postMessage("ended");

nextVisit();
stage.start();
giveHints({
  video,
  isWanted: () => visit.isTyping && !stage.photo && stage.isRunning && !screens.isOver(),
  show: (hint, words) => {
    outline.show(hint);
    screens.advise(words);
  },
});
stayAwake();
askStatus();
server.bind().then((key) => {
  if (!key.isKept) screens.say(() => gettext("Please do not load this page again: this browser cannot keep its key."));
}, endWith);
setInterval(() => document.hidden || askStatus(), STATUS_EVERY_MS);
