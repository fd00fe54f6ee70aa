// What a photo taken now would lack: pure rules, from the faces in a small copy of the camera's picture and from its
// light. They help before the snap and decide nothing; their limits lie inside those by which the server refuses.

import { heightOf, middleOf } from "./face-finder.js";

/** @typedef {import("./face-network.js").Picture} Picture */
/** @typedef {import("./face-finder.js").Face} Face */
/** @typedef {"left" | "right" | "up" | "down"} Direction where to move, as the person and the mirrored picture say it */
/** @typedef {"several" | "dark" | "behind" | "closer" | "back" | Direction | "tilted" | "turned" | "good" | ""} Hint */
/** @typedef {"straight" | "left" | "right" | "any"} Pose how the head is to stand */

export const PHOTO_WIDTH = 640; // what `snap` of camera.js sends at most

// face_matcher.py refuses a face below 60 pixels of the photo. It knows smaller ones too, so a half more is enough.
export const LEAST_FACE_HEIGHT = 60;
const ROOM_ABOVE_LEAST = 1.5;
// Of the outline's height, for a face from brow to chin; a head that fills the outline has one of 0.75. The nearer a face, the
// less of what is round it the spoof check sees: beyond this a seventh, in the middle. Of 446 living people who saw no outline
// 21 are nearer, of whom two in five would be marked at once all the same.
const MOST_OF_OUTLINE = 1.3;
// As face_finder.py has it: a face in the queue behind is no second one.
export const SECOND_FACE_HEIGHT = 0.7;
export const SECOND_FACE_SCORE = 0.8;
// Of the outline, from its middle to its edge. Where in the photo a face is does not matter to the server.
const MOST_ASIDE = 0.75;
// The tip of the nose, in eye distances from the eyes' middle: sideways, and down the face. Enrolment refuses beyond
// 0.5, and outside 0.35 to 1.1; in a picture this small the numbers are 0.1 off at times (19 of 20 within 0.12).
export const MAX_SIDEWAYS = 0.5;
export const NOSE_DROP = [0.35, 1.1];
const UNSURE = 0.1;
// An enrolment's photo to one side has to show this much (poses.py).
export const LEAST_POSE = 0.12;
// Degrees. The server turns a tilted photo upright, so this one is for the look of it: of 143 photos turned by 25
// degrees five in six seem tilted by more, of those not turned none.
const MAX_TILT = 18;
// What was said stays until the picture is better by this much, so that nobody at a limit hears it come and go.
const BETTER_BY = 1.1;

// Mean gray of 0…255. The server refuses a face below 20, and from 36 down it recognises fewer (face_matcher.py). In the
// outline are hair and wall too, so that it speaks a little before; the face itself is measured within a fourth.
export const MIN_BRIGHTNESS = 20;
const ROOM_ABOVE_DARK = 1.25;
const DARK = 40;
// A face that is this much darker than what is round it is lit from behind; a bright one is not told so. It is the
// whole outline that is measured: by the face alone, a fifth of the darkest faces before webcams would be told so.
const BEHIND = 2.2;
const LIT = 80;

/**
 * Where the head belongs in a picture of this size: about as large as at arm's length, so that some of what is round
 * the face is in the photo for the spoof check.
 * @param {number} width
 * @param {number} height
 */
export function outlineIn(width, height) {
  const ry = Math.min(height * 0.27, width * 0.3);
  return { cx: width / 2, cy: height * 0.46, rx: ry * 0.75, ry };
}

/**
 * Return what to say first; "" where there is nothing to say. Without faces to go by (null) it goes by the light.
 * @param {{ picture: Picture, faces: Face[] | null, photoWidth?: number, tilt?: number, pose?: Pose, before?: Hint }} seen
 *   `photoWidth` is how many pixels across the photo will be, `before` what is being said
 * @returns {Hint}
 */
export function judge({ picture, faces, photoWidth = PHOTO_WIDTH, tilt = 0, pose = "straight", before = "" }) {
  const light = judgeLight(picture);
  const face = faces?.[0];
  if (!faces || !face) return light;
  if (faces.slice(1).some((other) => isSecond(other, face))) return "several";
  if (light === "dark" || isDark(picture, face)) return "dark";
  return judgePlace(picture, face, photoWidth, before) || light || judgeHead(face, tilt, pose, before);
}

/**
 * @param {Face} other
 * @param {Face} face
 */
const isSecond = (other, face) =>
  other.score >= SECOND_FACE_SCORE && heightOf(other) >= SECOND_FACE_HEIGHT * heightOf(face);

/**
 * @param {Picture} picture
 * @param {Face} face
 * @param {number} photoWidth
 * @param {Hint} before
 * @returns {Hint}
 */
function judgePlace({ width, height }, face, photoWidth, before) {
  const slack = (/** @type {Hint[]} */ ...hints) => (hints.includes(before) ? BETTER_BY : 1);
  const photoHeight = (heightOf(face) * photoWidth) / width;
  if (photoHeight < LEAST_FACE_HEIGHT * ROOM_ABOVE_LEAST * slack("closer")) return "closer";
  const { cx, cy, rx, ry } = outlineIn(width, height);
  if (heightOf(face) > (MOST_OF_OUTLINE * 2 * ry) / slack("back")) return "back";
  const middle = middleOf(face);
  const [x, y] = [(middle.x - cx) / rx, (middle.y - cy) / ry];
  if (Math.hypot(x, y) * slack("left", "right", "up", "down") < MOST_ASIDE) return "";
  // The picture is shown as in a mirror, where what lies on its left is on the person's right.
  if (Math.abs(x) > Math.abs(y)) return x < 0 ? "left" : "right";
  return y < 0 ? "down" : "up";
}

/**
 * @param {Face} face
 * @param {number} tilt
 * @param {Pose} pose
 * @param {Hint} before
 * @returns {Hint}
 */
function judgeHead({ points: [left, right, nose] }, tilt, pose, before) {
  if (pose === "any") return "good";
  const across = [right[0] - left[0], right[1] - left[1]];
  const from = [nose[0] - (left[0] + right[0]) / 2, nose[1] - (left[1] + right[1]) / 2];
  const square = Math.max(across[0] ** 2 + across[1] ** 2, 1e-6);
  const sideways = (from[0] * across[0] + from[1] * across[1]) / square;
  const drop = (from[1] * across[0] - from[0] * across[1]) / square;
  if (pose !== "straight") {
    const towards = pose === "left" ? sideways : -sideways;
    return towards >= LEAST_POSE && towards <= MAX_SIDEWAYS ? "good" : ""; // the page says already where to turn
  }
  const unsure = before === "turned" ? 2 * UNSURE : UNSURE;
  const isStraight =
    Math.abs(sideways) < MAX_SIDEWAYS - unsure && drop > NOSE_DROP[0] + unsure / 2 && drop < NOSE_DROP[1] - unsure;
  if (!isStraight) return "turned";
  return Math.abs(tilt) * (before === "tilted" ? BETTER_BY : 1) > MAX_TILT ? "tilted" : "good";
}

/**
 * Return what is wrong with the light where the face belongs.
 * @param {Picture} picture
 * @returns {"dark" | "behind" | ""}
 */
function judgeLight(picture) {
  const { inside, round } = grayOf(picture, outlineIn(picture.width, picture.height));
  if (inside < DARK && round < DARK * BEHIND) return "dark";
  return inside < LIT && round > inside * BEHIND ? "behind" : "";
}

/**
 * @param {Picture} picture
 * @param {Face} face
 */
function isDark(picture, face) {
  const { x, y } = middleOf(face);
  const inner = { cx: x, cy: y, rx: 0.4 * (face.right - face.left), ry: 0.4 * heightOf(face) };
  return grayOf(picture, inner).inside < MIN_BRIGHTNESS * ROOM_ABOVE_DARK;
}

/**
 * Return the mean gray inside an ellipse, and of all that is round it.
 * @param {Picture} picture
 * @param {{ cx: number, cy: number, rx: number, ry: number }} ellipse
 */
function grayOf({ width, height, data }, { cx, cy, rx, ry }) {
  const inside = [0, 0];
  const round = [0, 0];
  for (let row = 0, at = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1, at += 4) {
      const part = ((column - cx) / rx) ** 2 + ((row - cy) / ry) ** 2 < 1 ? inside : round;
      part[0] += 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
      part[1] += 1;
    }
  return { inside: inside[0] / inside[1], round: round[0] / round[1] };
}
