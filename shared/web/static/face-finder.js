// Finds faces in a small picture, as face_finder.py does in a photo. It runs in a worker of a page that shows a camera
// (face-worker.js) and serves hints alone: nothing is decided by it.

import { FaceNetwork } from "./face-network.js";

/**
 * In pixels of the picture. The points are the eye on the picture's left, the other eye, the tip of the nose, the
 * corner of the mouth on the picture's left, the other corner.
 * @typedef {{ left: number, top: number, right: number, bottom: number, points: [number, number][], score: number }} Face
 */

// The server asks for 0.7; the network is less sure of faces that are small in a small picture. 0.5 finds 93 in 100 of 60
// pixels of the photo here (two thirds of 45), and sees something in 2 of 100 photos of mere phones.
const MIN_SCORE = 0.5;
const MAX_OVERLAP = 0.3; // as face_finder.py has it
const NUMBERS = 16; // for each place: two probabilities, a box, five points
// The network places the points of a tilted face as if it were nearly upright: they lean by a third of the first 20
// degrees, and by no more beyond. So a face that seems tilted is looked at once more, turned back by as much. Of 133
// photos of LFW, Caltech and webcams turned by 25 degrees the middle estimate is 23, of those not turned 0.
const SHOWN_OF_TILT = 3;
const LOOK_AGAIN_FROM = 10; // degrees; 8 % of the photos not turned seem tilted by so much

export class FaceFinder {
  #network;

  /**
   * Throws where the file is no network.
   * @param {ArrayBuffer} file
   */
  constructor(file) {
    this.#network = new FaceNetwork(file);
  }

  /**
   * Return the faces, the tallest first.
   * @param {import("./face-network.js").Picture} picture
   */
  find(picture) {
    const found = this.#network.run(picture).flatMap(({ stride, table }) => readTable(table, stride));
    return withoutDoubles(found).sort((one, other) => heightOf(other) - heightOf(one));
  }

  /**
   * Return by about how many degrees a face that was found in the picture is tilted with the clock.
   * @param {import("./face-network.js").Picture} picture
   * @param {Face} face
   */
  tilt(picture, face) {
    const first = SHOWN_OF_TILT * leanOf(face);
    if (Math.abs(first) < LOOK_AGAIN_FROM) return first;
    const again = this.find(turnBack(picture, middleOf(face), first)).find((other) => isNear(other, face));
    return again ? first + SHOWN_OF_TILT * leanOf(again) : first;
  }
}

/** @param {Face} face */
export const heightOf = (face) => face.bottom - face.top;

/** @param {Face} face */
export const middleOf = ({ left, top, right, bottom }) => ({ x: (left + right) / 2, y: (top + bottom) / 2 });

/**
 * As face_finder.py's `lean`, in degrees: the way from eye to eye, and from the eyes to the mouth a quarter back.
 * @param {Face} face
 */
function leanOf({ points: [left, right, , one, other] }) {
  const x = right[0] - left[0] + (one[1] + other[1] - left[1] - right[1]) / 2;
  const y = right[1] - left[1] - (one[0] + other[0] - left[0] - right[0]) / 2;
  return (Math.atan2(y, x) * 180) / Math.PI;
}

/**
 * @param {Face} one
 * @param {Face} other
 */
function isNear(one, other) {
  const [{ x, y }, at] = [middleOf(one), middleOf(other)];
  return Math.hypot(x - at.x, y - at.y) < heightOf(other) / 2;
}

/**
 * Return the picture turned against the clock round a place; what comes from outside is black.
 * @param {import("./face-network.js").Picture} picture
 * @param {{ x: number, y: number }} round
 * @param {number} degrees
 */
function turnBack({ width, height, data }, round, degrees) {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const from = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const to = new Uint32Array(width * height);
  for (let row = 0, at = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1, at += 1) {
      const x = Math.round(round.x + (column - round.x) * cos - (row - round.y) * sin);
      const y = Math.round(round.y + (column - round.x) * sin + (row - round.y) * cos);
      if (x >= 0 && x < width && y >= 0 && y < height) to[at] = from[y * width + x];
    }
  return { width, height, data: new Uint8ClampedArray(to.buffer) };
}

/**
 * @param {import("./face-network.js").Plane} table
 * @param {number} stride
 */
function readTable({ rows, columns, values }, stride) {
  /** @type {Face[]} */
  const faces = [];
  for (let place = 0; place < rows * columns; place += 1) {
    const row = values.subarray(place * NUMBERS, (place + 1) * NUMBERS);
    const score = Math.sqrt(squash(row[0]) * squash(row[1]));
    if (!(score >= MIN_SCORE)) continue;
    const at = [(place % columns) * stride, Math.floor(place / columns) * stride];
    const middle = [at[0] + row[2] * stride, at[1] + row[3] * stride];
    const half = [(Math.exp(row[4]) * stride) / 2, (Math.exp(row[5]) * stride) / 2];
    /** @type {[number, number][]} */
    const points = [6, 8, 10, 12, 14].map((x) => [at[0] + row[x] * stride, at[1] + row[x + 1] * stride]);
    faces.push({
      left: middle[0] - half[0],
      top: middle[1] - half[1],
      right: middle[0] + half[0],
      bottom: middle[1] + half[1],
      points,
      score,
    });
  }
  return faces;
}

const squash = (/** @type {number} */ value) => 1 / (1 + Math.exp(-value));

/**
 * Keep the most certain of boxes that overlap.
 * @param {Face[]} faces
 */
function withoutDoubles(faces) {
  /** @type {Face[]} */
  const kept = [];
  for (const face of faces.sort((one, other) => other.score - one.score))
    if (kept.every((other) => overlap(face, other) <= MAX_OVERLAP)) kept.push(face);
  return kept;
}

/**
 * Return the part of both boxes' area that they share.
 * @param {Face} one
 * @param {Face} other
 */
function overlap(one, other) {
  const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  const shared = Math.max(wide, 0) * Math.max(high, 0);
  const area = (/** @type {Face} */ face) => (face.right - face.left) * heightOf(face);
  return shared / (area(one) + area(other) - shared);
}
