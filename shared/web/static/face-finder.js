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
// degrees, by no more beyond, and of a small face not at all. So the face is looked at once more by itself, enlarged, and
// where it seems tilted there, again, turned back by as much. models/README.md has what is seen.
const SHOWN_OF_TILT = 3;
const LOOK_AGAIN_FROM = 10; // degrees; 4 % of the faces not turned seem tilted by so much
const CUT_SIDE = 96; // pixels: a third of the time that the picture takes; a multiple of 32 needs no filling up
const FACE_IN_CUT = 72; // with 40 a third as many tilted heads are told
// A phone that needs longer to find the faces is not asked how the head is tilted, which costs up to two thirds as much
// again: with it, camera-hints.js would take the phone for too slow.
const QUICK_MS = 80;

/**
 * What was seen in one picture. `tilt` is the tallest face's in degrees, 0 where it was not looked for, `ms` how long it
 * took.
 * @typedef {{ faces: Face[], tilt: number, ms: number }} Look
 */

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
   * Return all that a hint may go by.
   * @param {import("./face-network.js").Picture} picture
   * @returns {Look}
   */
  look(picture) {
    const began = performance.now();
    const faces = this.find(picture);
    const isQuick = performance.now() - began < QUICK_MS;
    const tilt = faces.length && isQuick ? this.tilt(picture, faces[0]) : 0;
    return { faces, tilt, ms: performance.now() - began };
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
    const first = this.#tiltIn(cutOut(picture, face, 0));
    return Math.abs(first) < LOOK_AGAIN_FROM ? first : first + this.#tiltIn(cutOut(picture, face, first));
  }

  /** @param {import("./face-network.js").Picture} cut */
  #tiltIn(cut) {
    const face = this.find(cut).find(isInTheMiddle);
    return face ? SHOWN_OF_TILT * leanOf(face) : 0;
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

/** @param {Face} face in what `cutOut` gives */
function isInTheMiddle(face) {
  const { x, y } = middleOf(face);
  return Math.hypot(x - CUT_SIDE / 2, y - CUT_SIDE / 2) < heightOf(face) / 2;
}

/**
 * Return a square with the face in its middle, turned against the clock and always as large; what comes from outside the
 * picture is black.
 * @param {import("./face-network.js").Picture} picture
 * @param {Face} face
 * @param {number} degrees
 */
function cutOut({ width, height, data }, face, degrees) {
  const middle = middleOf(face);
  const scale = heightOf(face) / FACE_IN_CUT;
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  const cut = new Uint8ClampedArray(4 * CUT_SIDE * CUT_SIDE);
  for (let row = 0, to = 0; row < CUT_SIDE; row += 1)
    for (let column = 0; column < CUT_SIDE; column += 1, to += 4) {
      const x = middle.x + (column - CUT_SIDE / 2) * cos - (row - CUT_SIDE / 2) * sin;
      const y = middle.y + (column - CUT_SIDE / 2) * sin + (row - CUT_SIDE / 2) * cos;
      if (!(x >= 0 && x < width - 1 && y >= 0 && y < height - 1)) continue;
      // Between the four pixels round the place; the nearest one alone would give a small face stairs.
      const from = 4 * ((y | 0) * width + (x | 0));
      const [across, down] = [x % 1, y % 1];
      for (let part = 0; part < 3; part += 1) {
        const at = from + part;
        const above = data[at] + (data[at + 4] - data[at]) * across;
        const below = data[at + 4 * width] + (data[at + 4 * width + 4] - data[at + 4 * width]) * across;
        cut[to + part] = above + (below - above) * down;
      }
    }
  return { width: CUT_SIDE, height: CUT_SIDE, data: cut };
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
