// A thread of its own for the face finder, so that the page stays quick: says when it is ready, then answers each
// picture with its faces. Where the finder cannot be had it says nothing.

import { FaceFinder } from "./face-finder.js";

const thread = /** @type {Worker} */ (/** @type {unknown} */ (self));

const response = await fetch(new URL("face-finder.bin", import.meta.url));
const finder = new FaceFinder(await response.arrayBuffer());

thread.onmessage = ({ data: picture }) => thread.postMessage(finder.look(picture));
thread.postMessage("ready");
