// Helps before the snap: says where the picture is too dark, or the light is behind the person. By the brightness
// of a tiny copy of the picture alone, which stays in the page; where that cannot be read, nothing is said.

import { find } from "/shared-static/page.js";
import { gettext } from "/shared-static/words.js";

const EVERY_MS = 700;
const WIDTH = 32;
const HEIGHT = 24;
// Mean gray of 0…255 where the face belongs. The server refuses a face below 20, and from 36 down it recognises fewer
// (face_matcher.py); hair and wall are in the outline too, so that it speaks a little before.
const DARK = 40;
// A face that is this much darker than what is round it is lit from behind; a bright one is not told so.
const BEHIND = 2.2;
const LIT = 80;

const canvas = document.createElement("canvas");
canvas.width = WIDTH;
canvas.height = HEIGHT;
const context = canvas.getContext("2d", { willReadFrequently: true });

/**
 * Return what to say of the picture; an empty string where nothing is wrong with its light.
 * @param {HTMLVideoElement} video
 */
function judge(video) {
  if (!context || !video.videoWidth) return "";
  context.drawImage(video, 0, 0, WIDTH, HEIGHT);
  const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
  const sums = { face: [0, 0], round: [0, 0] };
  for (let at = 0; at < data.length; at += 4) {
    const x = ((at / 4) % WIDTH) / WIDTH - 0.5;
    const y = Math.floor(at / 4 / WIDTH) / HEIGHT - 0.46; // as the outline lies (kiosk-stage.js)
    const part = (x / 0.19) ** 2 + (y / 0.34) ** 2 < 1 ? sums.face : sums.round;
    part[0] += 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
    part[1] += 1;
  }
  const face = sums.face[0] / sums.face[1];
  const round = sums.round[0] / sums.round[1];
  if (face < DARK && round < DARK * BEHIND) return gettext("It is dark here. Turn towards the light.");
  return face < LIT && round > face * BEHIND ? gettext("The light is behind you. Turn round a little.") : "";
}

/**
 * Look again and again while `isWanted`, and say it where nothing else is said.
 * @param {() => boolean} isWanted
 */
export function watchLight(isWanted) {
  const video = find("#camera", HTMLVideoElement);
  const hint = find("#hint", HTMLElement);
  let before = "";
  let ours = ""; // what stands there of us
  setInterval(() => {
    if (document.hidden || !isWanted()) return;
    let words = "";
    try {
      words = judge(video);
    } catch {} // a browser that lets nobody read a picture
    const isOurs = ["", ours].includes(hint.textContent ?? "");
    // Twice the same: a hand that passes the camera is no reason to speak.
    if (isOurs && words === before && hint.textContent !== words) hint.textContent = ours = words;
    before = words;
  }, EVERY_MS);
}
