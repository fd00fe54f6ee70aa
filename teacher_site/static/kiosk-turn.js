// The second lock on the phone: shows which way to turn the head, and films it while the arrow shows.
// What the film proves is decided by the server; this page goes by the clock alone.

import { find } from "/shared-static/page.js";
import { gettext } from "/shared-static/words.js";
import { text } from "./kiosk-language.js";
import { play } from "./sounds.js";

/** @typedef {import("./kiosk-screens.js").Side} Side */
/** @typedef {import("./kiosk-stage.js").Stage} Stage */

const LOOK_STRAIGHT_MS = 700; // the film begins straight
const READ_MS = 2200; // what was wrong with the first film
const FRAMES = 10; // the server takes 8 to 12
const FILM_MS = 1900;
const LONGEST_MS = 2000;
const SLOW_MS = 3500; // for a phone that cannot take as many as the server needs
const LEAST_FRAMES = 8;
const A_LITTLE_MORE_MS = 1000;
const FRAME = { width: 400, quality: 0.85 };

const TURNS = {
  left: () => gettext("Turn your head a little to the <strong>left</strong>"),
  right: () => gettext("Turn your head a little to the <strong>right</strong>"),
};
const MORE = {
  left: () => gettext("A little more to the <strong>left</strong>"),
  right: () => gettext("A little more to the <strong>right</strong>"),
};

const kiosk = find("#kiosk", HTMLElement);
const screen = find("#turn", HTMLElement);
const words = find("#turn-words", HTMLElement);
const ring = find("#turn-ring", SVGSVGElement);
const drawn = find("ellipse", SVGEllipseElement, ring);
const outline = find("#outline", SVGSVGElement);

const wait = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

export class TurnScreen {
  #stage;

  callButton = find("button", HTMLButtonElement, screen);

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage;
  }

  /**
   * Ask for a turn and film it: gives JPEGs in order, or null if `signal` ended it. `before` is said first.
   * Who cannot turn the head may call the teacher at once (`mayCall`), or type the roll id where the face was looked
   * up (`mayType`).
   * @param {Side} side
   * @param {{ signal: AbortSignal, before?: string, mayCall?: boolean, mayType?: boolean }} how
   * @returns {Promise<Blob[] | null>}
   */
  async film(side, { signal, before = "", mayCall = true, mayType = false }) {
    this.#show(side);
    this.callButton.hidden = !mayCall && !mayType;
    this.callButton.textContent = text(mayType ? "type_instead" : "call");
    try {
      words.textContent = before || gettext("Look straight at the camera.");
      await wait(before ? READ_MS : LOOK_STRAIGHT_MS);
      if (signal.aborted) return null;
      screen.dataset.filming = "";
      sayTurn(TURNS[side]());
      play("ask");
      return await this.#takeFrames(side, signal);
    } finally {
      this.hide();
    }
  }

  /** Uncover the form again; a film that is being taken ends by its signal. */
  hide() {
    delete kiosk.dataset.turning;
  }

  /** @param {Side} side */
  #show(side) {
    screen.dataset.side = side;
    delete screen.dataset.filming;
    ring.setAttribute("viewBox", outline.getAttribute("viewBox") ?? "");
    const face = find("ellipse", SVGEllipseElement, outline);
    for (const name of ["cx", "cy", "rx", "ry"]) drawn.setAttribute(name, face.getAttribute(name) ?? "");
    // A stroke that does not scale would measure its dashes on the screen, and the ring would not fill.
    drawn.setAttribute("stroke-width", String(0.06 * Number(drawn.getAttribute("rx"))));
    showProgress(0);
    kiosk.dataset.turning = "";
    this.#stage.showLive();
  }

  /**
   * @param {Side} side
   * @param {AbortSignal} signal
   */
  async #takeFrames(side, signal) {
    const frames = [];
    const begun = performance.now();
    const passed = () => performance.now() - begun;
    let isMoreSaid = false;
    const isLate = () => passed() > (frames.length < LEAST_FRAMES ? SLOW_MS : LONGEST_MS);
    for (let number = 0; number < FRAMES && !isLate(); number += 1) {
      const due = (FILM_MS * number) / (FRAMES - 1);
      while (passed() < due) {
        await wait(Math.min(due - passed(), 50));
        showProgress(passed() / FILM_MS);
        if (signal.aborted) return null;
      }
      if (!isMoreSaid && passed() > A_LITTLE_MORE_MS) sayTurn(MORE[side]());
      isMoreSaid ||= passed() > A_LITTLE_MORE_MS;
      frames.push(await this.#stage.snapFrame(FRAME));
    }
    showProgress(1);
    return signal.aborted ? null : frames;
  }
}

/**
 * The picture is shown as a mirror does, so the person's left is the screen's: arrow, word and face go one way.
 * @param {string} sentence with one part in <strong>
 */
function sayTurn(sentence) {
  const [before, side, after] = sentence.split(/<\/?strong>/);
  const strong = document.createElement("strong");
  strong.textContent = side ?? "";
  words.replaceChildren(before, strong, after ?? "");
}

/** @param {number} share */
function showProgress(share) {
  drawn.setAttribute("stroke-dashoffset", String(100 - 100 * Math.min(1, share)));
}
