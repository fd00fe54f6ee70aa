// The check-in: photo and roll id go in one request, the answer fills the screen and clears itself for the next
// student. Nothing is kept in the page longer than its turn.

import { NotThisPhone, PassEnded, Server } from "./kiosk-server.js";
import { Stage } from "./kiosk-stage.js";
import { TurnScreen } from "./kiosk-turn.js";
import { allowSound, play } from "./sounds.js";

const PRESENT_SHOWN_MS = 2000;
const ANSWER_SHOWN_MS = 3000;
const OFFER_SHOWN_MS = 8000; // to read that the teacher can be called, and to do it
const LEAST_SHOWN_MS = 400; // so that the tap that sent cannot clear the answer too
const STATUS_EVERY_MS = 10_000;
// A ticket is good for 30 s. It is fetched while somebody types or the camera snaps, so that nobody waits for it.
const TYPING_TICKET_MS = 10_000;
const SNAPPING_TICKET_MS = 20_000;
const FORGET_AFTER_MS = 45_000; // a turn that was begun and left
// After any other refusal the roll id stays for the next try, as long as that.
const NO_NEXT_TRY = ["not_enrolled", "lecture_closed", "unavailable"];

const find = (selector) => document.querySelector(selector);
const form = find("#check-in");
const rollId = find("#roll-id");
const classCode = find("#class-code"); // only where the lecture has several
const shutter = find("#shutter");
const waiting = find("#waiting");
const answerScreen = find("#answer");
const callButton = find("#call");
const over = find("#over");
const stage = new Stage();
const turnScreen = new TurnScreen(stage);
const server = new Server({ passId: find("#kiosk").dataset.pass, csrfToken: find("meta[name=csrf-token]").content });

let ticket = null; // a promise of the ticket for this turn's photo; of null if it could not be fetched
let orderedAt = 0;
let attempt = null; // the AbortController of the request on its way; it stays until the turn is cleared
let isLost = false; // this browser is not the phone that was handed round
let shownSince = 0;
let keepsRollId = false;
let clearing = 0;
let forgetting = 0;
let reloadNext = false;

// While a screen covers the form, keys and screen readers stay with the screen.
function cover(screen = null) {
  for (const each of [waiting, answerScreen, turnScreen.element]) each.hidden = each !== screen;
  form.inert = find("header").inert = Boolean(screen) || !over.hidden;
}

// Where the next turn begins: with a keyboard at the roll id, on a phone at the shutter, its keyboard closed.
function beginTurn() {
  cover();
  const withKeys = matchMedia("(pointer: fine)").matches;
  if (!over.hidden) over.querySelector("a").focus();
  else if (withKeys) (classCode ?? rollId).focus();
  else shutter.focus({ focusVisible: false });
}

// --- one turn ---

function orderTicket(olderThanMs = 0) {
  if (ticket && performance.now() - orderedAt < olderThanMs) return;
  orderedAt = performance.now();
  ticket = server.fetchTicket().catch(() => null);
}

async function takePhoto(ticketMs) {
  orderTicket(ticketMs);
  const isTaken = await stage.snap();
  say(isTaken ? "Photo taken." : "The camera is not ready yet. Please wait a moment.");
  return isTaken;
}

function say(words) {
  find("#hint").textContent = words;
}

// `keepsRollId` is for the student who was refused and tries again.
function clearTurn({ keepsRollId = false } = {}) {
  clearTimeout(clearing);
  clearTimeout(forgetting);
  if (reloadNext) return location.reload();
  attempt?.abort();
  attempt = ticket = null;
  callButton.hidden = true;
  if (keepsRollId) forgetLater();
  else form.reset();
  stage.drop();
  say("");
  for (const line of answerScreen.querySelectorAll("p")) line.textContent = "";
  beginTurn();
  return undefined;
}

async function enter() {
  if (attempt || !over.hidden) return;
  if (classCode && !classCode.value) {
    say("Choose your class.");
    return classCode.focus();
  }
  if (!rollId.value.trim()) {
    say(rollId.dataset.ask);
    return rollId.focus();
  }
  const mine = (attempt = new AbortController());
  if (!stage.photo && !(await takePhoto(SNAPPING_TICKET_MS))) {
    attempt = null;
    return undefined;
  }
  showWaiting("Checking…");
  return send("/kiosk/check-in", mine);
}

// The server asks for a turn of the head: film it, and send it with the photo that it looked at.
async function askToTurn({ turn, outcome, sentence, may_call_teacher: mayCall }, key, mine) {
  orderTicket();
  cover(turnScreen.element);
  const before = outcome === "turn_again" ? sentence : "";
  const frames = await turnScreen.film(turn.side, { signal: mine.signal, before, mayCall });
  if (!frames || attempt !== mine) return undefined;
  showWaiting("Checking…");
  return send("/kiosk/turn", mine, { of: key, frames });
}

// The photo that was refused goes to the teacher.
function callTeacher() {
  clearTimeout(clearing);
  attempt?.abort();
  attempt = new AbortController();
  showWaiting("Calling the teacher…");
  return send("/kiosk/call", attempt);
}

async function send(address, mine, turn = null) {
  const fields = new FormData(form);
  const [classCode, rollId] = [fields.get("class_code"), fields.get("roll_id")];
  const sent = { classCode, rollId, photo: stage.photo, ticket, turn };
  const onDelay = (words) => attempt === mine && showWaiting(words, { canGiveUp: true });
  try {
    const delivered = await server.deliver(address, sent, { signal: mine.signal, onDelay });
    // Given up, or cleared meanwhile: the screen belongs to the next student.
    if (!delivered || attempt !== mine) return;
    const answer = readAnswer(delivered);
    if (answer.turn) await askToTurn(answer, delivered.key, mine);
    else showAnswer(answer);
  } catch (error) {
    endWith(error);
  }
}

function endWith(error) {
  if (error instanceof PassEnded) return location.reload();
  if (!(error instanceof NotThisPhone)) return undefined; // the network is away; the next round asks again
  isLost = true;
  showOver(error.message);
  return clearTurn();
}

function readAnswer({ status, answer }) {
  if (status === 200) return answer;
  reloadNext = status === 400; // perhaps this page is stale; a fresh one costs a second
  return { outcome: "error", headline: "That did not work", sentence: answer.error };
}

function showWaiting(words, { canGiveUp = false } = {}) {
  waiting.querySelector("p").textContent = words;
  waiting.querySelector("button").hidden = !canGiveUp;
  cover(waiting);
  if (canGiveUp) waiting.querySelector("button").focus();
}

function showAnswer({ outcome, headline, sentence, name, marked_at: markedAt, may_call_teacher: mayCall, here, expected }) {
  const mood = { present: "good", already_marked: "known", asked_teacher: "known" }[outcome] ?? "refused";
  answerScreen.dataset.mood = mood;
  cover(answerScreen);
  answerScreen.querySelector(".big").textContent = mood === "known" && markedAt ? `${headline} at ${markedAt}` : headline;
  answerScreen.querySelector(".name").textContent = name ?? "";
  answerScreen.querySelector(".sentence").textContent = sentence;
  callButton.hidden = !mayCall;
  if (mayCall) {
    orderTicket();
    callButton.focus({ focusVisible: true });
  }
  if (expected !== undefined) showCount(here, expected);
  if (outcome === "lecture_closed") askStatus();
  play(mood);
  shownSince = performance.now();
  keepsRollId = mood === "refused" && !NO_NEXT_TRY.includes(outcome);
  clearing = setTimeout(nextTry, mayCall ? OFFER_SHOWN_MS : mood === "good" ? PRESENT_SHOWN_MS : ANSWER_SHOWN_MS);
}

const nextTry = () => clearTurn({ keepsRollId });

function showCount(here, expected) {
  find("#here").textContent = here;
  find("#expected").textContent = expected;
}

// --- the lecture's state ---

async function askStatus() {
  try {
    const status = await server.status();
    if (status && !isLost) showStatus(status);
  } catch (error) {
    endWith(error);
  }
}

function showStatus({ here, expected, over: sentence }) {
  showCount(here, expected);
  if (Boolean(sentence) === over.hidden) showOver(sentence);
}

function showOver(sentence) {
  over.querySelector(".big").textContent = sentence ?? "";
  over.hidden = !sentence;
  if (sentence) stage.stop();
  else stage.start();
  if (!attempt) clearTurn();
}

// --- what the person does ---

form.addEventListener("submit", (event) => {
  event.preventDefault();
  allowSound();
  enter();
});

shutter.addEventListener("click", () => {
  forgetLater();
  if (stage.photo) return stage.drop();
  // First the keyboard, which a phone opens only within the tap itself.
  (classCode && !classCode.value ? classCode : rollId).focus();
  return takePhoto();
});

callButton.addEventListener("click", (event) => {
  event.stopPropagation();
  if (mayClear()) callTeacher();
});

waiting.querySelector("button").addEventListener("click", () => {
  attempt.abort();
  clearTurn();
});

const mayClear = () => !answerScreen.hidden && performance.now() - shownSince > LEAST_SHOWN_MS;

answerScreen.addEventListener("click", () => mayClear() && nextTry());

turnScreen.callButton.addEventListener("click", callTeacher);

// The next student's first letter takes the place of what was kept.
rollId.addEventListener("focus", () => rollId.select());

document.addEventListener("keydown", (event) => {
  if (answerScreen.hidden) return;
  const presses = [" ", "Enter"].includes(event.key);
  if (document.activeElement === callButton && presses && !event.repeat) return;
  const isText = event.key.length === 1 && event.key !== " ";
  if (!isText) event.preventDefault();
  // A letter already belongs to the next student's roll id.
  if (mayClear() && !event.repeat && (isText || [" ", "Enter", "Escape"].includes(event.key))) nextTry();
});

function forgetLater() {
  clearTimeout(forgetting);
  forgetting = setTimeout(() => attempt || clearTurn(), FORGET_AFTER_MS);
}

document.addEventListener("input", () => {
  forgetLater();
  if (!stage.photo && !attempt) orderTicket(TYPING_TICKET_MS);
});

// Back stays here. It is a comfort only: what the phone may see is decided by the server.
history.pushState(null, "");
window.addEventListener("popstate", () => {
  history.pushState(null, "");
  if (!attempt) clearTurn();
});

window.addEventListener("pagehide", () => {
  clearTurn();
  stage.stop();
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) stage.start();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  stayAwake();
  askStatus();
  if (!stage.isRunning && over.hidden) stage.start();
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

clearTurn();
stage.start();
stayAwake();
askStatus();
server.bind().then((key) => {
  if (!key.isKept) say("Please do not load this page again: this browser cannot keep its key.");
}, endWith);
setInterval(() => document.hidden || askStatus(), STATUS_EVERY_MS);
