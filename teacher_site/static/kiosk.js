// The check-in: photo and roll id go in one request, the answer fills the screen and clears itself for the next
// student. Nothing is kept in the page longer than its turn.

import { Camera, explain } from "/shared-static/camera.js";
import { allowSound, play } from "./sounds.js";

const PRESENT_SHOWN_MS = 2000;
const ANSWER_SHOWN_MS = 3000;
const LEAST_SHOWN_MS = 400; // so that the tap that sent cannot clear the answer too
const STATUS_EVERY_MS = 10_000;
const ONE_TRY_MS = 12_000;
const BETWEEN_TRIES_MS = [1000, 2000, 4000];
const FORGET_AFTER_MS = 45_000; // a turn that was begun and left
const TRY_AGAIN = [408, 502, 503, 504];

const find = (selector) => document.querySelector(selector);
const form = find("#check-in");
const rollId = find("#roll-id");
const classCode = find("#class-code"); // only where the lecture has several
const shutter = find("#shutter");
const shotImage = find("#shot");
const waiting = find("#waiting");
const answerScreen = find("#answer");
const cameraProblem = find("#camera-problem");
const over = find("#over");
const video = find("#camera");
const csrfToken = find("meta[name=csrf-token]").content;
const camera = new Camera(video);

let shot = null; // the photo of this turn
let attempt = null; // the check-in on its way
let shownSince = 0;
let clearing = 0;
let forgetting = 0;
let reloadNext = false;

// While a screen covers the form, keys and screen readers stay with the screen.
function cover(screen = null) {
  for (const each of [waiting, answerScreen]) each.hidden = each !== screen;
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

// --- the camera ---

async function startCamera() {
  cameraProblem.hidden = true;
  try {
    await camera.start();
  } catch (error) {
    showCameraProblem(explain(error));
  }
}

function showCameraProblem({ title, text }) {
  cameraProblem.querySelector(".big").textContent = title;
  cameraProblem.querySelector(".sentence").textContent = text;
  cameraProblem.hidden = false;
}

// The outline is drawn in the video's own pixels, so it lies on the picture however the screen cuts it.
function placeOutline() {
  const { videoWidth: width, videoHeight: height } = video;
  if (!width) return;
  const ry = Math.min(height * 0.34, width * 0.48);
  find("#outline").setAttribute("viewBox", `0 0 ${width} ${height}`);
  const place = { cx: width / 2, cy: height * 0.46, rx: ry * 0.75, ry };
  for (const [name, value] of Object.entries(place)) find("#outline ellipse").setAttribute(name, value);
}

async function takeShot() {
  dropShot();
  try {
    shot = await camera.snap({ width: 640, quality: 0.9 });
  } catch {
    say("The camera is not ready yet. Please wait a moment.");
    return false;
  }
  shotImage.src = URL.createObjectURL(shot);
  shotImage.hidden = false;
  shutter.dataset.again = "";
  shutter.setAttribute("aria-label", "Take the photo again");
  return true;
}

function dropShot() {
  if (shotImage.src) URL.revokeObjectURL(shotImage.src);
  shotImage.removeAttribute("src");
  shotImage.hidden = true;
  shot = null;
  delete shutter.dataset.again;
  shutter.setAttribute("aria-label", "Take the photo");
}

// --- one turn ---

function say(words) {
  find("#hint").textContent = words;
}

function clearTurn() {
  clearTimeout(clearing);
  clearTimeout(forgetting);
  if (reloadNext) return location.reload();
  attempt = null;
  form.reset();
  dropShot();
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
    say("Type your roll id, then Enter.");
    return rollId.focus();
  }
  const mine = (attempt = { aborter: null, givenUp: false });
  const fields = new FormData(form);
  if (!shot && !(await takeShot())) {
    attempt = null;
    return undefined;
  }
  fields.append("photo", shot, "photo.jpg");
  fields.append("idempotency_key", newKey());
  showWaiting("Checking…");
  const answer = await deliver(mine, fields);
  // Given up, or cleared meanwhile: the screen belongs to the next student.
  if (answer && attempt === mine) showAnswer(answer);
  return undefined;
}

// randomUUID needs a secure page, as the camera does; without one nobody gets this far.
const newKey = () => crypto.randomUUID();

// Send until it is answered or given up. The key stays the same, so the register marks once.
async function deliver(mine, fields) {
  for (let tries = 0; !mine.givenUp; tries += 1) {
    let words = "Not sent yet, trying again…";
    try {
      const response = await ask(form.action, { method: "POST", body: fields }, mine);
      if (response.status === 404) return location.reload();
      if (!TRY_AGAIN.includes(response.status)) return await readAnswer(response);
      ({ error: words } = await response.json());
    } catch {
      // No network, or no answer in time; or it came from a proxy.
    }
    if (mine.givenUp || attempt !== mine) break;
    showWaiting(words, { canGiveUp: true });
    await new Promise((done) => setTimeout(done, BETWEEN_TRIES_MS[Math.min(tries, BETWEEN_TRIES_MS.length - 1)]));
  }
  return null;
}

async function ask(address, options = {}, mine = {}) {
  mine.aborter = new AbortController();
  const timer = setTimeout(() => mine.aborter.abort(), ONE_TRY_MS);
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken };
  try {
    return await fetch(address, { ...options, headers, signal: mine.aborter.signal });
  } finally {
    clearTimeout(timer);
  }
}

async function readAnswer(response) {
  const answer = await response.json();
  if (response.ok) return answer;
  reloadNext = response.status === 400; // perhaps this page is stale; a fresh one costs a second
  return { outcome: "error", headline: "That did not work", sentence: answer.error };
}

function showWaiting(words, { canGiveUp = false } = {}) {
  waiting.querySelector("p").textContent = words;
  waiting.querySelector("button").hidden = !canGiveUp;
  cover(waiting);
  if (canGiveUp) waiting.querySelector("button").focus();
}

function showAnswer({ outcome, headline, sentence, name, marked_at: markedAt, here, expected }) {
  const mood = { present: "good", already_marked: "known" }[outcome] ?? "refused";
  answerScreen.dataset.mood = mood;
  cover(answerScreen);
  answerScreen.querySelector(".big").textContent = mood === "known" && markedAt ? `${headline} at ${markedAt}` : headline;
  answerScreen.querySelector(".name").textContent = name ?? "";
  answerScreen.querySelector(".sentence").textContent = sentence;
  if (expected !== undefined) showCount(here, expected);
  if (outcome === "lecture_closed") askStatus();
  play(mood);
  shownSince = performance.now();
  clearing = setTimeout(clearTurn, mood === "good" ? PRESENT_SHOWN_MS : ANSWER_SHOWN_MS);
}

function showCount(here, expected) {
  find("#here").textContent = here;
  find("#expected").textContent = expected;
}

// --- the lecture's state ---

async function askStatus() {
  try {
    const response = await ask(find("#kiosk").dataset.status);
    if (response.status === 404) return location.reload();
    if (response.ok) showStatus(await response.json());
  } catch {
    // The network is away; the next round asks again.
  }
  return undefined;
}

function showStatus({ here, expected, over: sentence }) {
  showCount(here, expected);
  if (Boolean(sentence) === over.hidden) {
    over.querySelector(".big").textContent = sentence ?? "";
    over.hidden = !sentence;
    if (sentence) camera.stop();
    else startCamera();
    if (!attempt) clearTurn();
  }
}

// --- what the person does ---

form.addEventListener("submit", (event) => {
  event.preventDefault();
  allowSound();
  enter();
});

shutter.addEventListener("click", () => {
  forgetLater();
  if (shot) return dropShot();
  // First the keyboard, which a phone opens only within the tap itself.
  (classCode && !classCode.value ? classCode : rollId).focus();
  return takeShot();
});

waiting.querySelector("button").addEventListener("click", () => {
  attempt.givenUp = true;
  attempt.aborter?.abort();
  clearTurn();
});

cameraProblem.querySelector("button").addEventListener("click", startCamera);
video.addEventListener("camera-lost", () => showCameraProblem(explain({ name: "NotFoundError" })));
video.addEventListener("resize", placeOutline);

const mayClear = () => !answerScreen.hidden && performance.now() - shownSince > LEAST_SHOWN_MS;

answerScreen.addEventListener("click", () => mayClear() && clearTurn());

document.addEventListener("keydown", (event) => {
  if (answerScreen.hidden) return;
  const isText = event.key.length === 1 && event.key !== " ";
  if (!isText) event.preventDefault();
  // A letter already belongs to the next student's roll id.
  if (mayClear() && !event.repeat && (isText || [" ", "Enter", "Escape"].includes(event.key))) clearTurn();
});

function forgetLater() {
  clearTimeout(forgetting);
  forgetting = setTimeout(() => attempt || clearTurn(), FORGET_AFTER_MS);
}

document.addEventListener("input", forgetLater);

// Back stays here. It is a comfort only: what the phone may see is decided by the server.
history.pushState(null, "");
window.addEventListener("popstate", () => {
  history.pushState(null, "");
  if (!attempt) clearTurn();
});

window.addEventListener("pagehide", () => {
  clearTurn();
  camera.stop();
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) startCamera();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  stayAwake();
  askStatus();
  if (!video.srcObject && over.hidden) startCamera();
});

async function stayAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // A nearly empty battery says no; then the screen may darken.
  }
}

clearTurn();
if (over.hidden) startCamera();
stayAwake();
setInterval(() => document.hidden || askStatus(), STATUS_EVERY_MS);
