// A thread of its own for the face finder, so that the page stays quick: says when it is ready, then answers each
// picture with its faces. Where the finder cannot be had it says nothing.

import { FaceFinder } from "./face-finder.js";

/**
 * What was seen in one picture. `tilt` is the tallest face's in degrees, `ms` how long it took.
 * @typedef {{ faces: import("./face-finder.js").Face[], tilt: number, ms: number }} Look
 */

const thread = /** @type {Worker} */ (/** @type {unknown} */ (self));

const response = await fetch(new URL("face-finder.bin", import.meta.url));
const finder = new FaceFinder(await response.arrayBuffer());

thread.onmessage = ({ data: picture }) => {
  const began = performance.now();
  const faces = finder.find(picture);
  const tilt = faces.length ? finder.tilt(picture, faces[0]) : 0;
  /** @type {Look} */
  const look = { faces, tilt, ms: performance.now() - began };
  thread.postMessage(look);
};
thread.postMessage("ready");
