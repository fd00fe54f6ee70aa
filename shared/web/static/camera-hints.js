// Helps before the snap: looks at the camera's picture a few times a second, and says one thing at a time that the
// photo would lack. Everything stays in the page and nothing waits for it; where a browser or a phone cannot do it,
// or too slowly, the light alone is told, or nothing.

import { judge, PHOTO_WIDTH } from "./snap-hints.js";
import { gettext } from "./words.js";

/** @typedef {import("./snap-hints.js").Hint} Hint */
/** @typedef {import("./snap-hints.js").Pose} Pose */
/** @typedef {import("./face-finder.js").Look} Look */

// Pixels. The server's 320 take three times as long; fewer would miss those who are to come closer.
const LONGER_SIDE = 192;
const EVERY_MS = 250;
// It rests three times as long as a look took: a quarter of one core at most, so that a phone stays cool.
const REST = 3;
const NOBODY_MS = 500; // while nobody is there, or the light alone is looked at
const BEGIN_AFTER_MS = 1000; // the camera, the key and the ticket come first
// A phone whose looks all take longer has other things to do: it tries again a while later. One look is no sign, and the
// first ones are slower, until the browser has compiled them.
const SLOW_MS = 150;
const TRIAL_LOOKS = 6;
const SLOW_REST_MS = 30_000;
const LOST_MS = 3000;
// A hand that passes the camera is no reason to speak.
const LASTS_MS = 700;

/** @type {Record<Exclude<Hint, "">, () => string>} */
const WORDS = {
  several: () => gettext("One person at a time, please."),
  dark: () => gettext("It is dark here. Turn towards the light."),
  behind: () => gettext("The light is behind you. Turn round a little."),
  closer: () => gettext("Come a little closer."),
  back: () => gettext("A little further away, please."),
  left: () => gettext("Move into the outline, to the left."),
  right: () => gettext("Move into the outline, to the right."),
  up: () => gettext("Move into the outline, further up."),
  down: () => gettext("Move into the outline, further down."),
  tilted: () => gettext("Hold your head straight."),
  turned: () => gettext("Look straight at the camera."),
  good: () => gettext("Ready for the photo."),
};

/**
 * Give hints for as long as the page is there, while `isWanted`.
 * @param {{ video: HTMLVideoElement, isWanted: () => boolean, show: (hint: Hint, words: () => string) => void,
 *   pose?: () => Pose }} how `show` hears of every change; `words` are asked for again when another language is chosen
 */
export async function giveHints({ video, isWanted, show, pose = () => "straight" }) {
  const isLookedAt = () => !document.hidden && isWanted();
  const eyes = new Eyes();
  const calm = new Calm();
  let shown = /** @type {Hint} */ ("");
  const tell = (/** @type {Hint} */ hint) => {
    if (hint === shown) return;
    shown = hint;
    show(hint, hint ? WORDS[hint] : () => "");
  };
  for (await pause(BEGIN_AFTER_MS); ; ) {
    const began = performance.now();
    const picture = isLookedAt() ? copyOf(video) : null;
    const copyMs = performance.now() - began;
    const look = picture && (await eyes.look(picture));
    if (picture && isLookedAt()) {
      const photoWidth = Math.min(PHOTO_WIDTH, video.videoWidth);
      const seen = { picture, ...look, faces: look?.faces ?? null, photoWidth, pose: pose(), before: shown };
      tell(calm.settle(judge(seen)));
    } else tell(calm.forget());
    await pause(look?.faces.length ? Math.max(EVERY_MS, REST * (copyMs + look.ms)) : picture ? NOBODY_MS : EVERY_MS);
  }
}

const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

// What was seen becomes what is said once it has lasted.
class Calm {
  /** @type {Hint} */
  #said = "";
  /** @type {Hint} */
  #seen = "";
  #since = 0;

  /** @param {Hint} hint */
  settle(hint) {
    const now = performance.now();
    if (hint !== this.#seen) [this.#seen, this.#since] = [hint, now];
    if (now - this.#since >= LASTS_MS) this.#said = hint;
    return this.#said;
  }

  forget() {
    this.#said = this.#seen = "";
    return this.#said;
  }
}

// The worker that finds faces; none where it fails, and for a while none where it is too slow.
class Eyes {
  /** @type {Worker | null} */
  #worker = null;
  /** @type {number[]} */
  #took = [];
  #restsUntil = 0;

  constructor() {
    try {
      const worker = new Worker(new URL("face-worker.js", import.meta.url), { type: "module" });
      worker.onmessage = () => {
        this.#worker = worker; // it says when it is ready
      };
    } catch {} // a browser without them
  }

  /**
   * @param {ImageData} picture
   * @returns {Promise<Look | null>} null where nothing can be seen, or not yet
   */
  async look({ width, height, data }) {
    const worker = this.#worker;
    if (!worker || performance.now() < this.#restsUntil) return null;
    /** @type {Look | null} */
    const look = await new Promise((resolve) => {
      setTimeout(resolve, LOST_MS, null);
      worker.onmessage = (message) => resolve(message.data);
      worker.onerror = () => resolve(null);
      worker.postMessage({ width, height, data });
    });
    if (look) this.#note(look.ms);
    else {
      worker.terminate();
      this.#worker = null;
    }
    return look;
  }

  /** @param {number} ms what a look took */
  #note(ms) {
    this.#took = [...this.#took, ms].slice(-TRIAL_LOOKS);
    if (this.#took.length < TRIAL_LOOKS || Math.min(...this.#took) <= SLOW_MS) return;
    this.#took = [];
    this.#restsUntil = performance.now() + SLOW_REST_MS;
  }
}

const canvas = document.createElement("canvas");
const context = canvas.getContext("2d", { willReadFrequently: true });

/**
 * Return a small copy of the picture; null where there is none, or the browser lets nobody read it.
 * @param {HTMLVideoElement} video
 */
function copyOf(video) {
  const { videoWidth: width, videoHeight: height } = video;
  if (!context || !width) return null;
  const scale = LONGER_SIDE / Math.max(width, height);
  const size = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  try {
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  } catch {
    return null;
  }
}
