// Enrolment: guided snaps or files, a verdict for each at once, training by itself, then the self-test.

import { Camera, explain } from "/shared-static/camera.js";
import { giveHints } from "/shared-static/camera-hints.js";
import { ask } from "/shared-static/http.js";
import { Outline } from "/shared-static/outline.js";
import { find } from "/shared-static/page.js";
import { gettext, ngettext } from "/shared-static/words.js";
import { followJob } from "./job.js";

/** @typedef {{ kept: boolean, sentence: string, file_name: string }} Verdict */
/** @typedef {{ id: number, words: string, unlike: boolean }} NearMatch `unlike` is the student's own face so far */
/** @typedef {import("/shared-static/snap-hints.js").Pose} Pose */

/** @type {{ hint: string, pose: Pose }[]} what each photo is asked for; the server looks for a side alone */
const STEPS = [
  { hint: gettext("Look straight at the camera."), pose: "straight" },
  { hint: gettext("Turn the head slightly to the left."), pose: "left" },
  { hint: gettext("Turn the head slightly to the right."), pose: "right" },
  { hint: gettext("Look straight at the camera once more."), pose: "straight" },
  { hint: gettext("Glasses off if worn, else look straight once more."), pose: "straight" },
];
// Of the buttons that a page may propose, one at a time, what the others look like.
const PLAIN_LOOKS = { next: "btn-outline-primary", snap: "btn-outline-primary", "enrol-again": "btn-link" };
// A larger photo gains nothing (the server works at 1,280 pixels) and costs time on the way.
const LONGEST_SIDE = 1280;

const page = find("#enrolment", HTMLElement);
const at = (/** @type {string} */ id) => find(`#${id}`, HTMLElement);
const bar = find("#progress", HTMLProgressElement);
const uploadBar = find("#upload", HTMLProgressElement);
const { photosUrl = "", trainingUrl = "", selfTestUrl = "", jobUrl } = page.dataset;
const guided = Number(page.dataset.guided);
const video = find("#video", HTMLVideoElement);
const outline = new Outline(find("#outline", SVGSVGElement), video);
const camera = new Camera(video);
let waiting = Number(page.dataset.waiting);
let testing = page.dataset.enrolled === "yes" && waiting === 0;
/** What is pressed next once a face is enrolled; after a test that failed it is what mends that. */
let proposed = "next";
let busy = false;
let askedFor = -1; // the step whose pose was asked for already

/**
 * @param {string} text
 * @param {"good" | "bad" | "busy" | ""} mood
 */
function say(text, mood) {
  at("verdict").textContent = text;
  at("verdict").dataset.mood = mood;
}

const stepNow = () => Math.min(waiting, guided - 1);

/** @returns {Pose} to a side at the first try alone; the second one is taken as it comes */
function poseNow() {
  const { pose } = STEPS[stepNow()];
  return pose !== "straight" && askedFor === stepNow() ? "any" : pose;
}

function showStep() {
  const step = stepNow();
  at("step").textContent = testing
    ? gettext("Enrolled")
    : gettext("Photo %(number)s of %(all)s", { number: step + 1, all: guided });
  at("hint").textContent = testing ? "" : STEPS[step].hint;
  at("snap").textContent = testing ? gettext("Take a test photo (T)") : gettext("Take the photo");
  for (const [id, plain] of Object.entries(PLAIN_LOOKS)) {
    const isFirst = id === (testing ? proposed : "snap");
    at(id).classList.toggle("btn-primary", isFirst);
    at(id).classList.toggle(plain, !isFirst);
  }
  at("next").hidden = !testing;
  page.classList.toggle("is-done", testing);
  at("training").hidden = waiting === 0;
  at("count").textContent = ngettext("%(num)s good photo", "%(num)s good photos", waiting);
  at("train").textContent = ngettext("Train with %(num)s photo", "Train with %(num)s photos", waiting);
  at("enrol-again").hidden = !testing;
}

/**
 * Do one thing at a time; a second press meanwhile is ignored, and a failure becomes a sentence.
 * @param {() => unknown} action
 */
async function alone(action) {
  if (busy) return;
  busy = true;
  page.setAttribute("aria-busy", "true");
  try {
    await action();
  } catch (error) {
    say(/** @type {Error} */ (error).message, "bad");
  } finally {
    busy = false;
    page.removeAttribute("aria-busy");
    showStep();
  }
}

/**
 * @param {Blob} blob
 * @param {Verdict} verdict
 */
function listPhoto(blob, verdict) {
  const item = document.createElement("li");
  const picture = document.createElement("img");
  picture.src = URL.createObjectURL(blob);
  picture.alt = "";
  picture.onload = picture.onerror = () => URL.revokeObjectURL(picture.src);
  const words = document.createElement("span");
  words.textContent = verdict.kept
    ? gettext("Good")
    : gettext("Not kept: %(sentence)s", { sentence: verdict.sentence });
  if (verdict.file_name !== "camera.jpg") words.textContent = `${verdict.file_name}: ${words.textContent}`;
  item.dataset.mood = verdict.kept ? "good" : "bad";
  item.append(picture, words);
  at("photos").prepend(item);
}

/**
 * @param {Blob} blob
 * @param {string} name
 * @param {string} pose
 * @returns {Promise<Verdict>}
 */
async function sendPhoto(blob, name, pose = "") {
  const answer = await ask(photosUrl, [
    ["photo", blob, name],
    ["pose", pose],
  ]);
  waiting = answer.waiting;
  const [verdict] = answer.photos;
  listPhoto(blob, verdict);
  return verdict;
}

/**
 * Make a photo small; one that the server would refuse in a zip is refused here in its words.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
async function shrink(file) {
  if (file.size > Number(page.dataset.mostBytes)) throw new Error(page.dataset.tooLarge);
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return file; // the server says what is wrong with it
  }
  const canvas = document.createElement("canvas");
  try {
    if (picture.width * picture.height > Number(page.dataset.mostPixels)) throw new Error(page.dataset.tooManyPixels);
    const scale = LONGEST_SIDE / Math.max(picture.width, picture.height);
    if (scale >= 1) return file;
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  } finally {
    picture.close(); // up to 200 MB, of each of two dozen files
  }
  return new Promise((done) => canvas.toBlob((blob) => done(blob ?? file), "image/jpeg", 0.92));
}

async function snap() {
  const photo = await camera.snap();
  if (testing) {
    await test(photo, "camera.jpg");
    return;
  }
  const pose = poseNow();
  askedFor = stepNow();
  const { sentence, kept } = await sendPhoto(photo, "camera.jpg", pose);
  say(sentence, kept ? "good" : "bad");
  if (waiting >= guided) await train();
}

/** @param {File[]} files at least one */
async function sendFiles(files) {
  const [first] = files;
  if (testing && files.length === 1) {
    await test(await shrink(first), first.name);
    return;
  }
  testing = false; // one is a test photo, several are new ones
  uploadBar.hidden = false;
  uploadBar.max = files.length;
  let kept = 0;
  for (const [index, file] of files.entries()) {
    const place = { name: file.name, number: index + 1, all: files.length };
    say(gettext("Looking at %(name)s, %(number)s of %(all)s …", place), "busy");
    uploadBar.value = index;
    try {
      const verdict = await sendPhoto(await shrink(file), file.name);
      if (verdict.kept) kept += 1;
    } catch (error) {
      listPhoto(file, { kept: false, sentence: /** @type {Error} */ (error).message, file_name: file.name });
    }
  }
  uploadBar.hidden = true;
  say(gettext("%(number)s of %(all)s photos are good.", { number: kept, all: files.length }), kept ? "good" : "bad");
  if (waiting >= guided) await train();
}

/** @param {number[]} accepted the students who look alike and are other people */
async function train(accepted = []) {
  at("near-match").hidden = true;
  say(gettext("Comparing with the other faces of the school …"), "busy");
  const answer = await ask(
    trainingUrl,
    accepted.map((id) => ["accepted", String(id)]),
  );
  if (answer.near_matches) showNearMatches(answer.near_matches);
  else await follow(answer.job);
}

/** @param {NearMatch[]} nearMatches */
function showNearMatches(nearMatches) {
  const alike = nearMatches.filter(({ unlike }) => !unlike);
  const names = alike.map((nearMatch) => {
    const item = document.createElement("li");
    item.textContent = nearMatch.words;
    return item;
  });
  at("alike").replaceChildren(...names);
  at("look-alikes").hidden = alike.length === 0;
  at("unlike").hidden = alike.length === nearMatches.length;
  at("near-match").hidden = false;
  at("accept").onclick = () => alone(() => train(nearMatches.map((nearMatch) => nearMatch.id)));
  const doubt = alike.length
    ? gettext("This face looks like another student’s. Please decide below.")
    : gettext("These photos may show another student. Please decide below.");
  say(doubt, "bad");
  at("near-match").focus();
}

/** @param {string} url */
async function follow(url) {
  bar.hidden = false;
  const job = await followJob(url, { bar, say: (words) => say(words, "busy"), describe: () => gettext("Training …") });
  bar.hidden = true;
  say(job.sentence, job.state === "done" ? "good" : "bad");
  if (job.state === "done") {
    testing = true;
    proposed = "next";
    waiting = 0;
    at("photos").replaceChildren();
    showStep();
    at("next").focus(); // with a queue at the desk, Enter or the space bar calls the next student
  }
}

/**
 * @param {Blob} photo
 * @param {string} name
 */
async function test(photo, name) {
  const result = await ask(selfTestUrl, [["photo", photo, name]]);
  say(result.sentence + marginWords(result.margin), result.passed ? "good" : "bad");
  if (result.passed) proposed = "next";
  else proposed = result.margin === null ? "snap" : "enrol-again"; // without a margin the photo was no good
  at(proposed).focus();
}

/** @param {number | null} margin */
function marginWords(margin) {
  if (margin === null) return "";
  const values = { margin: Math.abs(margin).toFixed(2) };
  const words =
    margin < 0
      ? gettext("(%(margin)s below what is needed)", values)
      : gettext("(%(margin)s above what is needed)", values);
  return ` ${words}`;
}

async function startCamera() {
  try {
    await camera.start();
    at("camera").hidden = false;
    at("refused").hidden = true;
    at("own-camera").hidden = true;
    const first = testing ? proposed : "snap"; // with a queue at the desk, the space bar takes the photos
    at(first).focus({ preventScroll: true });
  } catch (error) {
    const problem = explain(error);
    at("camera").hidden = true;
    at("refused").hidden = false;
    at("refused-title").textContent = problem.title;
    at("refused-text").textContent = problem.text;
    at("own-camera").hidden = false;
    find("#by-file", HTMLDetailsElement).open = true;
  }
}

for (const input of [find("#own", HTMLInputElement), find("#files", HTMLInputElement)]) {
  input.addEventListener("change", () =>
    alone(async () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      if (files.length) await sendFiles(files);
    }),
  );
}
for (const button of page.querySelectorAll(".without-script")) button.setAttribute("hidden", "");
at("snap").addEventListener("click", () => alone(snap));
at("train-form").addEventListener("submit", (event) => {
  event.preventDefault();
  alone(() => train());
});
at("enrol-again").addEventListener("click", () => {
  testing = false;
  askedFor = -1;
  say("", "");
  showStep();
  at("snap").focus();
});
at("next").addEventListener("keydown", (event) => {
  if (event.key !== " ") return;
  event.preventDefault();
  at("next").click();
});
document.addEventListener("keydown", (event) => {
  if (!testing || event.key.toLowerCase() !== "t" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!at("camera").hidden) alone(snap);
});
at("try-camera").addEventListener("click", startCamera);
video.addEventListener("camera-lost", startCamera);
window.addEventListener("pagehide", () => camera.stop());

showStep();
startCamera();
giveHints({
  video,
  isWanted: () => !busy && !testing && !at("camera").hidden,
  pose: poseNow,
  show: (hint, words) => {
    outline.show(hint);
    at("camera-hint").textContent = words();
  },
});
if (jobUrl) alone(() => follow(jobUrl));
